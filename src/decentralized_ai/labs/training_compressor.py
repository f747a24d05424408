"""Exercise 3 of the lab "Train together": a learner's compressor, with made-up gradients first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .attempt import Wrong, accept, attempt, short
from .together_message import Vector, pack, unpack
from .training_bytes import WEIGHTS
from .training_launch import Training
from .verdict import Verdict, not_yet, right

Watch = Callable[[Mapping[str, Training]], None]
BUDGET = 2_800  # bytes; uncompressed it is 135,040
NEAR = 0.1  # nats above the uncompressed run
RUN: dict[str, Any] = {"steps": 120, "every": 20, "inner": "sgd", "rate": 0.5}
ROUNDS = 12


def check_3(compress: Any, expand: Any, watch: Watch | None = None) -> Verdict:
    """compress(vector, residual) -> (arrays, new residual); expand(arrays, size) -> vector."""
    try:
        accept(compress, "compress", "vector, residual")
        accept(expand, "expand", "arrays, size")
        size, arrays = _bookkeeping(compress, expand)
        if size > BUDGET:
            raise Wrong(
                f"For {WEIGHTS:,} weights you send {size:,} bytes; uncompressed it would be "
                f"{4 * WEIGHTS:,}, and the budget is {BUDGET:,}. {_thrift(arrays)}"
            )
        plain = Training("sync", **RUN)
        yours = Training("sync", rules={"compress": compress, "expand": expand}, **RUN)
        watch_or_wait(watch, {"uncompressed": plain, "your compressor": yours})
        for run in (plain, yours):
            if not run.ok:
                raise Wrong(f"The real run did not get to its end. {run.story()}")
        if not yours.loss <= plain.loss + NEAR:
            raise Wrong(
                f"Books are right, but in a real run of {yours.steps} steps the held-out loss is "
                f"{yours.loss:.2f}, and {plain.loss:.2f} uncompressed; at most {NEAR} more is the "
                "goal. Which entries of the vector are worth sending first?"
            )
    except Wrong as error:
        return not_yet(str(error))
    return right(
        f"Nothing is lost (a restart would lose the residual: it is not in the checkpoint), and "
        f"{size:,} bytes a step instead of {4 * WEIGHTS:,}. After "
        f"{yours.steps} steps the real run has sent {yours.sent / 1e6:.2f} MB and reached a loss "
        f"of {yours.loss:.2f}; uncompressed, {plain.sent / 1e6:.1f} MB and {plain.loss:.2f}."
    )


def gradients(rng: np.random.Generator, size: int) -> Vector:
    """(size,) float32: few large entries and many small ones, as gradients have them."""
    return (rng.normal(size=size) * rng.gamma(0.3, 1.0, size)).astype(np.float32)


def _bookkeeping(
    compress: Callable[..., Any], expand: Callable[..., Any]
) -> tuple[int, list[Vector]]:
    """What the largest message of WEIGHTS weights has in bytes, and what was in it; Wrong if
    anything got lost on the way."""
    rng = np.random.default_rng(303)
    largest: tuple[int, list[Vector]] = 0, []
    for size in (WEIGHTS, 1_000):
        residual = np.zeros(size, dtype=np.float32)
        for turn in range(ROUNDS if size == WEIGHTS else 2):
            vector = gradients(rng, size)
            whole = vector + residual
            given = vector.copy(), residual.copy()
            found = attempt("compress", compress, *given)
            if not isinstance(found, tuple) or len(found) != 2:
                raise Wrong("compress must return two things: a list of arrays, the new residual.")
            arrays, new = found
            if not isinstance(arrays, list | tuple) or not all(
                isinstance(a, np.ndarray) and a.dtype.kind in "fiub" for a in arrays
            ):
                raise Wrong(
                    f"What is sent must be a list of numpy arrays of numbers, not {short(arrays)}."
                )
            new = _vector("compress", "a new residual", new, size)
            message = pack(arrays)
            sent = _vector(
                "expand", "a vector", attempt("expand", expand, unpack(message), size), size
            )
            _kept(whole, sent, new, vector, turn)
            if size == WEIGHTS and len(message) > largest[0]:
                largest = len(message), list(arrays)
            residual = new
    return largest


def _kept(whole: Vector, sent: Vector, new: Vector, vector: Vector, turn: int) -> None:
    missing = float(np.linalg.norm(sent + new - whole) / np.linalg.norm(whole))
    if missing <= 1e-4:
        return
    if turn and np.linalg.norm(sent + new - vector) <= 1e-4 * np.linalg.norm(vector):
        raise Wrong(
            "The residual that compress is given is not used: what was kept back last time must "
            "be added to the vector before you choose what to send."
        )
    if not new.any():
        raise Wrong(
            f"What is not sent is lost: {missing:.0%} of the vector's length is neither in the "
            "message nor in the new residual. Return what you kept back: it may go next time."
        )
    raise Wrong(
        f"Sent plus new residual must be vector plus old residual; here {missing:.1%} of the "
        "length is missing. Let the new residual be the whole minus what expand will make of the "
        "message, rounding included."
    )


def array_of(value: Any) -> Vector:
    """`value` as an array; one without a shape, if rows of unequal length make none."""
    try:
        return np.asarray(value)
    except ValueError:
        return np.zeros(())


def _vector(name: str, what: str, value: Any, size: int) -> Vector:
    """`value` as (size,) float32; else Wrong."""
    vector = array_of(value)
    if vector.dtype.kind not in "fiu" or vector.shape != (size,):
        raise Wrong(f"{name} must return {what} of {size:,} numbers, not {short(value)}.")
    if not np.isfinite(vector).all():
        raise Wrong(f"{name} returned {what} with a number that is none (nan or infinite).")
    return vector.astype(np.float32)


def _thrift(arrays: list[Vector]) -> str:
    wide = [a.dtype.name for a in arrays if a.dtype.itemsize == 8]
    if wide and sum(a.size for a in arrays) < WEIGHTS:
        return (
            f"One of your arrays has 8 bytes a number ({wide[0]}). Numbers below 65,536 fit in "
            'two: .astype("uint16").'
        )
    return "Most entries of a gradient are small: send the few largest, and where they belong."


def watch_or_wait(watch: Watch | None, runs: Mapping[str, Training]) -> None:
    if watch:
        watch(runs)
    for run in runs.values():
        run.wait()
