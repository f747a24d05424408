"""A learner's code that never comes back is stopped, and named."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Any

from .attempt import Wrong, attempt

SECONDS = 3.0  # for one call: computing a few weights takes far less
LOOK = 0.05  # s between two looks at the clock
AGAIN = 1.0  # s until a call that swallowed the interruption gets another one


class TooLong(BaseException):
    """Raised inside a call that takes too long. No Exception, so that no `except Exception` in
    the learner's code can swallow it."""


class Patience:
    """`with Patience() as patience: patience.call(name, function, ...)`, as often as you like.

    Each call is an `attempt`; one that takes longer than `seconds` is interrupted, and Wrong says
    so. A call into compiled code cannot be interrupted before it returns to Python.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._since: float | None = None
        self._raised = False
        self._thread = 0
        self._lock = threading.Lock()
        self._over = threading.Event()

    def __enter__(self) -> Patience:
        self._thread = threading.get_ident()
        self._over.clear()
        threading.Thread(target=self._watch, name="patience", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()

    def call(self, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """function(*arguments); Wrong if it raises, or does not come back."""
        self._since = time.monotonic()
        try:
            try:
                return attempt(name, function, *arguments)
            finally:
                if self._stop():
                    time.sleep(2 * LOOK)  # raised, but it may not have arrived yet: it does here
        except TooLong:
            self._stop()
            raise Wrong(
                f"{name} did not come back within {self.seconds:g} seconds: is there a loop that "
                "never ends?"
            ) from None

    def _stop(self) -> bool:
        """The watch ends. Whether it has interrupted."""
        with self._lock:
            self._since = None
            raised, self._raised = self._raised, False
        return raised

    def _watch(self) -> None:
        while not self._over.wait(LOOK):
            with self._lock:
                now = time.monotonic()
                if self._since is not None and now - self._since > self.seconds:
                    self._raised = True
                    self._since = now - self.seconds + AGAIN
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(self._thread), ctypes.py_object(TooLong)
                    )
