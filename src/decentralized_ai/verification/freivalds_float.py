"""Freivalds' check for floating-point numbers: equality is not to be had, so a tolerance decides.

Even an honest product in 32-bit floats is not A B: each of its sums of l products is off by up to

    |C - A B| <= g(l, u) |A| |B|,  g(l, u) = l u / (1 - l u),  u = 2^-24 for 32-bit floats

entry by entry, in whatever order it is summed (Higham 2002, section 3.5), and up to l 2^-150 more
where products are too small for a 32-bit float. So A (B r) - C r is not
0 for honest work. `tolerance` bounds it; what is smaller is forgiven, to a cheat too, and not with
some probability but every time: see `hidden`.

All sums run in a fixed order, one term after the other, on whole arrays: the result is the same,
bit for bit, wherever floats are IEEE 754. A BLAS would be faster and would not promise that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from . import wire
from .field import kept
from .refusal import (
    CheckFailed,
    Malformed,
    WrongLength,
    WrongStatement,
    WrongType,
    expect,
    expect_tuple,
)

Single = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]
KINDS = ("binary", "normal")
UNIT32, UNIT64 = 2.0**-24, 2.0**-53  # half the gap between 1 and the next number
SMALLEST32 = 2.0**-149  # a smaller number is rounded to this or to 0


@dataclass(frozen=True)
class FloatStatement:
    """a is (m, l), b is (l, n), of float32. Kept as copies."""

    a: Single
    b: Single

    def __post_init__(self) -> None:
        for name in ("a", "b"):
            object.__setattr__(self, name, kept(getattr(self, name), name))
        if self.a.ndim != 2 or self.b.ndim != 2 or self.a.shape[1] != self.b.shape[0]:
            raise WrongLength(f"no product of {self.a.shape} and {self.b.shape}")
        _floats(self.a, self.a.shape, "a")
        _floats(self.b, self.b.shape, "b")

    @property
    def shape(self) -> tuple[int, int]:
        return self.a.shape[0], self.b.shape[1]

    @cached_property
    def digest(self) -> bytes:
        return wire.digest("freivalds float statement", self.a, self.b)


@dataclass(frozen=True)
class FloatClaim:
    statement: bytes
    product: Single

    def encode(self) -> bytes:
        return wire.encode(("freivalds float claim", self.statement, self.product))

    @staticmethod
    def read(message: bytes) -> FloatClaim:
        label, statement, product = expect_tuple(wire.decode(message), 3, "a claim")
        if expect(label, str, "the label") != "freivalds float claim":
            raise WrongType("this message is no Freivalds claim of floats")
        return FloatClaim(statement, product)


@dataclass(frozen=True)
class FloatRound:
    """residual: A (B r) - C r, (m,). allowed: the tolerance of each row, (m,)."""

    challenge: Double
    residual: Double
    allowed: Double


def in_order(a: Any, b: Any) -> Any:
    """The product of (m, l) and (l, n) in their own precision, terms added from first to last."""
    total = np.zeros((a.shape[0], b.shape[1]), dtype=a.dtype)
    for k in range(a.shape[1]):
        total += a[:, k : k + 1] * b[k]
    return total


def prove(statement: FloatStatement) -> FloatClaim:
    """The honest prover, in 32-bit floats."""
    return FloatClaim(statement.digest, in_order(statement.a, statement.b))


def verify(
    statement: FloatStatement,
    claim: Any,
    rounds: int,
    rng: np.random.Generator,
    kind: str = "normal",
    factor: float = 1.0,
) -> tuple[FloatRound, ...]:
    """The rounds, all within `factor` times the tolerance, or a Refused. With factor 1 no honest
    product is ever refused that fits into 32-bit floats (one that does not holds infinities, and
    is Malformed); with less, the share that is refused has to be measured."""
    expect(claim, FloatClaim, "a claim")
    if expect(claim.statement, bytes, "the statement's digest") != statement.digest:
        raise WrongStatement("the claim is about another product")
    product = _floats(claim.product, statement.shape, "the product")
    asked = challenges(statement.shape[1], rounds, rng, kind)
    found = residuals(statement, product, asked)
    within = factor * tolerance(statement, product, asked)
    done = tuple(FloatRound(asked[:, i], found[:, i], within[:, i]) for i in range(rounds))
    for i, this in enumerate(done):
        if not np.all(np.abs(this.residual) <= this.allowed):
            raise CheckFailed("A (B r) = C r within the tolerance", i)
    return done


def challenges(length: int, rounds: int, rng: np.random.Generator, kind: str) -> Double:
    """One challenge in each column. normal: Ji, Mascagni and Li 2020, who show that in exact
    arithmetic every wrong product is then found, but for a set of r of probability 0."""
    if kind not in KINDS or rounds < 1:
        raise ValueError(f"at least one round, and a kind out of {KINDS}")
    if kind == "binary":
        return rng.integers(0, 2, (length, rounds)).astype(np.float64)
    return rng.standard_normal((length, rounds))


def residuals(statement: FloatStatement, product: Single, asked: Double) -> Double:
    """A (B R) - C R, (m, rounds). The verifier affords 64-bit floats: its own rounding is then
    2^29 times smaller than the prover's."""
    return np.asarray(through(statement, asked) - in_order(product.astype(np.float64), asked))


def through(statement: FloatStatement, asked: Double) -> Double:
    """A (B R), (m, rounds), in 64-bit floats."""
    a, b = statement.a.astype(np.float64), statement.b.astype(np.float64)
    return np.asarray(in_order(a, in_order(b, asked)))


def tolerance(statement: FloatStatement, product: Single, asked: Double) -> Double:
    """The most that |A (B r) - C r| can be for an honest product, (m, rounds)."""
    return allowed(weight(statement, asked), statement.a.shape[1], product, asked)


def weight(statement: FloatStatement, asked: Double) -> Double:
    """|A| |B| |R|, (m, rounds): the sizes of all that is summed."""
    a, b = (np.abs(x.astype(np.float64)) for x in (statement.a, statement.b))
    return np.asarray(in_order(a, in_order(b, np.abs(asked))))


def allowed(weight: Double, terms: int, product: Single, asked: Double) -> Double:
    """The prover's rounding, g(l, 2^-24) |A| |B| |r|, and the verifier's own in its three products,
    at most 2 g(l + n, 2^-53) (|A| |B| |r| + |C| |r|), and as much again for rounding this bound.
    Besides, each product may be off by half of the smallest number: l 2^-150 an entry, doubled."""
    own = 4 * growth(terms + asked.shape[0] + 2, UNIT64)
    direct = in_order(np.abs(product.astype(np.float64)), np.abs(asked))
    tiny = terms * SMALLEST32 * in_order(np.ones((1, len(asked))), np.abs(asked))
    return np.asarray(growth(terms, UNIT32) * weight + own * (weight + direct) + tiny)


def growth(terms: int, unit: float) -> float:
    """Higham's gamma: how much a sum of `terms` products may be off, relative to the sum of their
    sizes."""
    if terms * unit >= 1:
        raise ValueError(f"{terms} terms are too many for a unit of {unit}")
    return terms * unit / (1 - terms * unit)


def hidden(statement: FloatStatement, factor: float = 1.0) -> Single:
    """A cheat that no round can find: every entry is moved by nearly all that is forgiven.

    |C - A B| <= factor g |A| |B|, so |(C - A B) r| <= factor g |A| |B| |r| for every r: within the
    tolerance, whatever the challenge. What is left free is for rounding the entries to 32 bits.
    """
    a, b = statement.a.astype(np.float64), statement.b.astype(np.float64)
    weight = in_order(np.abs(a), np.abs(b))
    room = (factor * growth(a.shape[1], UNIT32) - 2 * UNIT32) * weight
    return np.asarray(in_order(a, b) + np.maximum(room, 0)).astype(np.float32)


def fitted(asked: Double) -> Double | None:
    """A row v of largest number 1 with v . r = 0, up to rounding, for every column r of `asked`,
    (n, rounds): for a prover that knows the challenges. None if they leave no such row."""
    work = asked.T.copy()
    pivots: list[int] = []
    for j in range(work.shape[1]):
        at = len(pivots)
        if at == work.shape[0]:
            break
        best = at + int(np.argmax(np.abs(work[at:, j])))
        if abs(work[best, j]) < 1e-9:
            continue
        work[[at, best]] = work[[best, at]]
        work[at] /= work[at, j]
        others = work[:, j].copy()
        others[at] = 0
        work -= others[:, None] * work[at][None, :]
        pivots.append(j)
    free = [j for j in range(asked.shape[0]) if j not in pivots]
    if not free:
        return None
    v = np.zeros(asked.shape[0])
    v[free[0]] = 1
    v[pivots] = -work[: len(pivots), free[0]]
    return np.asarray(v / np.abs(v).max())


def typical_room(terms: int, factor: float = 1.0) -> float:
    """What can be hidden in an entry, relative to its usual size, when the numbers multiplied are
    independent and normal: g(l, u) times the mean of |A| |B|, 2 l / pi, over sqrt(l)."""
    return factor * growth(terms, UNIT32) * (2 / np.pi) * float(np.sqrt(terms))


def _floats(value: Any, shape: tuple[int, ...], name: str) -> Any:
    expect(value, np.ndarray, name)
    if value.dtype != np.float32:
        raise WrongType(f"{name} must hold 32-bit floats, not {value.dtype}")
    if value.shape != shape:
        raise WrongLength(f"{name} must have the shape {shape}, not {value.shape}")
    if not np.isfinite(value).all():
        # A NaN is neither within nor beyond a tolerance: comparisons with it must not decide.
        raise Malformed(f"{name} must hold finite numbers")
    return value
