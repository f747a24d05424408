"""Turns of the processes that share a test run: what is measured against a clock runs alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock


class Turns:
    """Any number of tests at once, one of each process, or one test alone.

    A test holds its own process's lock; one that must be alone holds those of all. Everybody
    passes the gate first, so a test that waits to be alone is not overtaken for ever.
    """

    def __init__(self, folder: Path, mine: int, processes: int) -> None:
        self.gate = FileLock(folder / "gate.lock")
        self.all = [FileLock(folder / f"turn-{i}.lock") for i in range(processes)]
        self.mine = self.all[mine]

    @contextmanager
    def taken(self, alone: bool) -> Iterator[None]:
        with ExitStack() as held:
            with self.gate:
                for lock in self.all if alone else [self.mine]:
                    held.enter_context(lock)
            yield


def of_this_run(basetemp: Path) -> Turns | None:
    """None where one process runs all tests. `basetemp`: pytest's folder of this process."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return None
    count = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    return Turns(basetemp.parent, int(worker.removeprefix("gw")), count)
