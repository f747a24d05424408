"""Many steps alone, one step together: DiLoCo, its streaming form, and local SGD as a special case.

Every worker trains its own copy for H inner steps. How far the copies have moved on average, with
the sign turned, is the outer gradient; an outer optimiser applies it to the common model, and the
copies start again from there (Douillard et al. 2023, arXiv 2311.08105, algorithm 1):

    outer gradient = start - mean of the workers' weights

- DiLoCo: outer SGD with Nesterov momentum 0.9 and step 0.7.
- Local SGD (federated averaging): outer step 1, no momentum; the new model is the plain mean.
- Streaming DiLoCo (Douillard et al. 2025, arXiv 2501.18512): the model goes in fragments, one after
  the other; what is sent at one step is applied `delay` steps later, and the new local weights are
  a mixture. Written after torchft's local_sgd.py (BSD-3-Clause); held against its test data.

The outer step is computed in float64, whatever the workers hold: for one worker, step 1 and no
momentum it then gives back the worker's own float32 weights, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from .optimisers import SGD, Array

DILOCO_STEP, DILOCO_MOMENTUM = 0.7, 0.9  # Douillard et al. 2023, "Outer optimizers"


def nesterov() -> SGD:
    """DiLoCo's outer optimiser."""
    return SGD(DILOCO_STEP, DILOCO_MOMENTUM, nesterov=True)


def averaging() -> SGD:
    """Local SGD's: the new common model is the mean of the workers'."""
    return SGD(1)


def fragments(size: int, count: int) -> list[slice]:
    """A vector of `size` weights in `count` pieces of nearly equal length, in order."""
    if not 1 <= count <= size:
        raise ValueError(f"{size} weights cannot go in {count} fragments")
    bounds = [size * i // count for i in range(count + 1)]
    return [slice(a, b) for a, b in pairwise(bounds)]


def outer_gradient(start: Array, workers: Array, arrived: Array | None = None) -> Array:
    """start (p,) less the mean of those rows of workers (k, p) that arrived (k,), all by default.
    Zero if none did."""
    if arrived is not None:
        workers = workers[np.asarray(arrived, dtype=bool)]
    if len(workers) == 0:
        return start - start
    return start - workers.sum(axis=0, dtype=start.dtype) / len(workers)


class DiLoCo:
    """The common model of k workers. Call `after_step` after every inner step of all of them.

    start: (p,) where all begin. every: H, inner steps until all of the model has been exchanged.
    outer: makes the outer optimiser, one for each fragment. pieces: the fragments, exchanged in
    turn, one each H / len(pieces) steps. delay: inner steps that an exchange takes; the weights are
    sent that much earlier. alpha: how much of its own weights a worker keeps when the new ones
    come, 0 none, 1 all. Raises ValueError where H is no multiple of the fragments, where an
    exchange would outlast its turn, and for an alpha outside 0 to 1.
    """

    def __init__(
        self,
        start: Array,
        every: int,
        outer: Callable[[], SGD] = nesterov,
        pieces: Sequence[slice] = (slice(None),),
        delay: int = 0,
        alpha: float = 0.0,
    ) -> None:
        if not pieces or every < len(pieces) or every % len(pieces):
            raise ValueError(f"{len(pieces)} fragments do not share {every} steps evenly")
        self.turn = every // len(pieces)
        if not 0 <= delay < self.turn:
            raise ValueError(f"an exchange of {delay} steps, but the next begins after {self.turn}")
        if not 0 <= alpha <= 1:
            raise ValueError(f"alpha must be between 0 and 1, not {alpha}")
        self.common = np.array(start, dtype=np.result_type(start.dtype, np.float64))
        self.pieces, self.delay, self.alpha = list(pieces), delay, alpha
        self._outer = [outer() for _ in self.pieces]
        self._now, self._count = 0, 0
        self._sent = self.common[:0]
        self._arrived = np.zeros(0, dtype=bool)

    def after_step(self, workers: Array, arrived: Array | None = None) -> None:
        """workers (k, p): changed in place when an exchange ends. arrived (k,): whose outer
        gradient is not lost, read at the step that sends. A worker whose outer gradient is lost
        hears nothing either: it goes on from its own weights, and what it has learnt meanwhile is
        in its next outer gradient."""
        self._count += 1
        piece = self.pieces[self._now]
        if self._count == self.turn - self.delay:
            everybody = np.ones(len(workers), dtype=bool)
            self._arrived = everybody if arrived is None else np.asarray(arrived, dtype=bool)
            self._sent = outer_gradient(self.common[piece], workers[:, piece], self._arrived)
        if self._count == self.turn:
            self._receive(workers, piece)
            self._now, self._count = (self._now + 1) % len(self.pieces), 0

    def _receive(self, workers: Array, piece: slice) -> None:
        if not self._arrived.any():
            return
        self._outer[self._now].step(self.common[piece], self._sent)
        new = self.common[piece]
        if self.alpha == 0:
            workers[self._arrived, piece] = new
        else:
            own = workers[self._arrived, piece]
            workers[self._arrived, piece] = new + self.alpha * (own - new)
