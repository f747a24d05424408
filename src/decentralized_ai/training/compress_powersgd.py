"""PowerSGD (Vogels, Karimireddy and Jaggi 2019): a matrix as the product of two thin ones.

One multiplication a step, as in the authors' package epfml/powersgd: all workers hold the same thin
matrix `a`, with orthonormal columns. Each sends b = M^T a and keeps M - a b^T. The mean of the b's
is the next step's `a`, for the other side. What is sent is linear in M, so messages can be added.
(The paper's algorithm 1 sends both sides in each step: two such rounds, and twice the bytes.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from .compress_bits import Floats, as_float32, sendable
from .compressors import State

Shapes = tuple[tuple[int, ...], ...]
LEAST = 1e-16  # a shorter matrix points nowhere


def vectors_and_matrices(shapes: Shapes) -> None:
    """Raises ValueError for other shapes, and for empty ones."""
    for shape in shapes:
        if len(shape) not in (1, 2) or min(shape) < 1:
            raise ValueError(f"shapes must be of vectors or matrices, not {shape}")


def total(shapes: Shapes) -> int:
    return sum(math.prod(shape) for shape in shapes)


def tensors(x: Floats, shapes: Shapes) -> list[Floats]:
    """The parts of a flat vector (d,), each as a view of its shape. Raises ValueError for another
    length."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    if len(x) != sum(sizes):
        raise ValueError(f"{len(x)} values for shapes of {sum(sizes)}")
    cuts = np.cumsum([0, *sizes])
    return [x[a:b].reshape(shape) for a, b, shape in zip(cuts, cuts[1:], shapes, strict=False)]


def orthonormal(a: Floats) -> Floats:
    """(n, r) with the same span and orthonormal columns."""
    if a.shape[1] == 1:
        return a / max(float(np.linalg.norm(a)), LEAST)
    return np.linalg.qr(a)[0]


@dataclass(frozen=True)
class PowerSGD:
    """shapes: of the tensors in the vector. Matrices are sent with `rank` columns (or fewer, if a
    side is shorter); what has one dimension, and is small, is sent whole. Message: float32, all
    b's of this step's side, then the vectors; (n + m) r / 2 values a matrix on average.

    start: both sides drawn from a normal distribution by `seed`, the same for all workers."""

    shapes: Shapes
    rank: int
    seed: int = 0
    summable: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        vectors_and_matrices(self.shapes)
        if self.rank < 1:
            raise ValueError(f"rank must be at least 1; got {self.rank}")

    def start(self) -> State:
        rng = np.random.default_rng(self.seed)
        sides = [
            [rng.standard_normal((shape[side], min(self.rank, *shape))) for shape in self.matrices]
            for side in (0, 1)
        ]
        return self.begun([[a.astype(np.float32) for a in side] for side in sides], 0)

    @staticmethod
    def begun(sides: list[list[Floats]], step: int) -> State:
        """The state before round `step`, from the thin matrices of both sides (0: rows). Even
        rounds multiply with those of side 0, made orthonormal."""
        side = step % 2
        return {
            "sides": sides,
            "round": step,
            "side": side,
            "bases": list(map(orthonormal, sides[side])),
        }

    @property
    def matrices(self) -> Shapes:
        return tuple(shape for shape in self.shapes if len(shape) == 2)

    def compress(self, x: Floats, state: State, rng: np.random.Generator) -> tuple[bytes, Floats]:
        side, bases = state["side"], state["bases"]
        x = sendable(x, total(self.shapes))
        parts = tensors(x, self.shapes)
        matrices = [part for part in parts if part.ndim == 2]
        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            thin = [(m if side else m.T) @ a for m, a in zip(matrices, bases, strict=True)]
        vectors = [part for part in parts if part.ndim == 1]
        message = as_float32(np.concatenate([part.ravel() for part in (*thin, *vectors)]))
        return message.tobytes(), self.decode(message.tobytes(), state).astype(x.dtype)

    def decode(self, message: bytes, state: State) -> Floats:
        side, bases = state["side"], state["bases"]
        thin, vectors = self._split(message, side)
        products = (b @ a.T if side else a @ b.T for a, b in zip(bases, thin, strict=True))
        whole = iter(vectors)
        parts = [next(products) if len(shape) == 2 else next(whole) for shape in self.shapes]
        return np.concatenate([part.ravel() for part in parts])

    def agree(self, messages: list[bytes], state: State) -> State:
        """The mean of the b's is the next round's start for the other side. Where it is zero (all
        gradients were) the other side keeps what it had: from zero no round would come back."""
        side = state["side"]
        every = [self._split(message, side)[0] for message in messages]
        means = [np.mean(bs, axis=0, dtype=np.float32) for bs in zip(*every, strict=True)]
        sides = list(state["sides"])
        sides[1 - side] = [
            mean if np.linalg.norm(mean) > LEAST else old
            for mean, old in zip(means, sides[1 - side], strict=True)
        ]
        return self.begun(sides, state["round"] + 1)

    def _split(self, message: bytes, side: int) -> tuple[list[Floats], list[Floats]]:
        thin = [(shape[1 - side], min(self.rank, *shape)) for shape in self.matrices]
        vectors = [shape for shape in self.shapes if len(shape) == 1]
        parts = tensors(np.frombuffer(message, dtype="<f4"), (*thin, *vectors))
        return parts[: len(thin)], parts[len(thin) :]
