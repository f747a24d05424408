"""A matrix product, proved with sum-check: the special-purpose protocol of Thaler 2013.

Statement: matrices a (n, k), b (k, m) and c (n, m) over a prime field, with a b = c. The entries of
a matrix are the values, at points of 0s and 1s, of one polynomial of degree 1 in each bit of the
row's and of the column's number: its multilinear extension, written a~. At any point,

    c~(x, y) = sum of a~(x, t) b~(t, y) over the k rows t of b.

The verifier picks x and y at random and evaluates c~(x, y). Sum-check does the sum on the right:
log2(k) rounds of degree 2. At the end the verifier needs a~(x, r) and b~(r, y), once each. All that
it does takes O(n^2); nobody but the prover ever multiplies the matrices.

If a b is not c, it accepts with probability at most 1 - (1 - 1/p)^(log2 n + log2 m)
(1 - 2/p)^log2 k, at most (log2 n + log2 m + 2 log2 k) / p. Numbers of rows are rounded up to a
power of two; the rows that this adds are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from . import wire
from .field import EXACT, Elements, Field, kept
from .refusal import OutOfField, WrongLength, WrongStatement, expect, expect_tuple
from .sumcheck import Claim, Dice, Hashed, Message, ProductProver, Prover, Verifier

PROTOCOL = "sum-check of a matrix product"
DEGREE = 2
Point = tuple[int, ...]
# How a prover is made: from the honest one and what it will have to claim.
Play = Callable[[ProductProver, Claim], Prover]


@dataclass(frozen=True, eq=False)
class Product:
    """The statement: a b = c, over a field of 3 elements or more. Kept as copies. Raises
    WrongType, WrongLength or OutOfField for what is none."""

    field: Field
    a: Elements
    b: Elements
    c: Elements

    def __post_init__(self) -> None:
        if self.field.p <= DEGREE:
            raise OutOfField(f"a message needs {DEGREE + 1} points, the field has {self.field.p}")
        for name in ("a", "b", "c"):
            matrix = kept(getattr(self, name), name)
            object.__setattr__(self, name, matrix)
            if matrix.ndim != 2 or not matrix.size:
                raise WrongLength(f"{name} must be a matrix")
        (n, k), m = self.a.shape, self.b.shape[1]
        self.field.elements(self.a, (n, k), "a")
        self.field.elements(self.b, (k, m), "b")
        self.field.elements(self.c, (n, m), "c")

    @property
    def bits(self) -> tuple[int, int, int]:
        """Bits of the number of a row of a, of a row of b (the rounds), of a column of b."""
        (n, k), m = self.a.shape, self.b.shape[1]
        return (n - 1).bit_length(), (k - 1).bit_length(), (m - 1).bit_length()

    @cached_property
    def digest(self) -> bytes:
        """32 bytes that stand for field, sizes and all entries."""
        matrices = (wire.digest("matrix", matrix) for matrix in (self.a, self.b, self.c))
        return wire.digest(PROTOCOL, self.field.p, *matrices)


class ProductVerifier:
    """One run, with dice or with a hash. `left` and `right` are the point drawn first."""

    def __init__(self, statement: Product, coins: Dice | Hashed, skip: Iterable[str] = ()):
        self.statement, field = statement, statement.field
        rows, rounds, columns = statement.bits
        point = coins.point(rows + columns)
        self.left, self.right = point[:rows], point[rows:]
        total = extension(field, statement.c, self.left, self.right)
        self.run = Verifier(Claim(field, rounds, DEGREE, total), coins, skip)

    def receive(self, message: Any) -> int:
        return self.run.receive(message)

    def conclude(self) -> int:
        """c~(left, right), now believed. Raises CheckFailed or WrongLength."""
        return self.run.conclude(self.product_at)

    def product_at(self, r: Point) -> int:
        s = self.statement
        a = extension(s.field, s.a, self.left, r)
        return a * extension(s.field, s.b, r, self.right) % s.field.p


def honest(prover: ProductProver, claim: Claim) -> Prover:
    return prover


def make_prover(statement: Product, left: Point, right: Point) -> ProductProver:
    """The honest prover, once it knows the point: 2 n^2 products, then tables of length k."""
    field, length = statement.field, 2 ** statement.bits[1]
    tables = np.zeros((DEGREE, length), dtype=np.int64)
    rows = len(statement.b)
    tables[0, :rows] = weigh(field, weights(field, left)[: len(statement.a)], statement.a)
    tables[1, :rows] = weigh(field, weights(field, right)[: statement.b.shape[1]], statement.b.T)
    return ProductProver(field, tables)


def converse(statement: Product, verifier: ProductVerifier, play: Play = honest) -> int:
    """Prover and verifier in one room. Raises what the verifier raises."""
    prover = play(make_prover(statement, verifier.left, verifier.right), verifier.run.claim)
    for _ in range(verifier.run.claim.rounds):
        prover.challenged(verifier.receive(prover.message()))
    return verifier.conclude()


@dataclass(frozen=True)
class Proof:
    """All messages of a run whose challenges came from the hash. statement: the digest of what is
    proved, 32 bytes. rounds: for each round, values at 0, 1 and 2."""

    statement: bytes
    rounds: tuple[Message, ...]


def prove(statement: Product, play: Play = honest, bound: bool = True) -> Proof:
    """`play` makes a cheat of the honest prover. bound=False leaves the statement out of the hash:
    the mistake that sumcheck_cheats.forge_unbound exploits."""
    coins = _coins(statement, bound)
    rows, rounds, columns = statement.bits
    point = coins.point(rows + columns)
    left, right = point[:rows], point[rows:]
    total = extension(statement.field, statement.c, left, right)
    prover = play(
        make_prover(statement, left, right), Claim(statement.field, rounds, DEGREE, total)
    )
    messages = []
    for _ in range(rounds):
        messages.append(prover.message())
        prover.challenged(coins.answer(messages[-1]))
    return Proof(statement.digest, tuple(messages))


def verify(
    statement: Product, proof: Any, skip: Iterable[str] = (), bound: bool = True
) -> ProductVerifier:
    """The run that the proof holds, if it convinces. Raises a Refused otherwise."""
    expect(proof, Proof, "a proof")
    if expect(proof.statement, bytes, "the statement's digest") != statement.digest:
        raise WrongStatement("a proof of something else")
    expect_tuple(proof.rounds, statement.bits[1], "the rounds")
    verifier = ProductVerifier(statement, _coins(statement, bound), skip)
    for message in proof.rounds:
        verifier.receive(message)
    verifier.conclude()
    return verifier


def to_bytes(proof: Proof) -> bytes:
    return wire.encode((proof.statement, proof.rounds))


def from_bytes(data: Any) -> Proof:
    """Raises Malformed for bytes that hold no proof. What it proves, if anything, `verify` says."""
    statement, rounds = expect_tuple(wire.decode(data), 2, "a proof")
    return Proof(
        expect(statement, bytes, "the statement's digest"), expect(rounds, tuple, "rounds")
    )


def _coins(statement: Product, bound: bool) -> Hashed:
    return Hashed(statement.field, PROTOCOL, statement.digest if bound else None)


def weights(field: Field, point: Point) -> Elements:
    """What each of the 2^len(point) rows weighs in the extension at `point`: the product over the
    bits of r (bit 1) or 1 - r (bit 0), the first bit the highest. They add up to 1."""
    found = np.ones(1, dtype=np.int64)
    for r in point:
        pair = np.array([(1 - r) % field.p, r], dtype=np.int64)
        found = field.mul(found[:, None], pair).ravel()
    return found


def extension(field: Field, matrix: Elements, left: Point, right: Point) -> int:
    """matrix~(left, right), in one pass over the matrix."""
    rows, columns = matrix.shape
    row = weigh(field, weights(field, left)[:rows], matrix)
    return int(field.mul(row, weights(field, right)[:columns]).sum() % field.p)


def weigh(field: Field, w: Elements, matrix: Elements) -> Elements:
    """w times the matrix, exact. The weights are cut into limbs so short that a sum of limb times
    entry over all rows stays below 2^53: BLAS then multiplies whole numbers without rounding, and
    the matrix is read once. Up to 2^20 rows."""
    top = max(1, int(matrix.max()))
    size = ((EXACT - 1) // (len(matrix) * top)).bit_length() - 1
    if size < 1:
        raise ValueError(f"a sum of {len(matrix)} products would not be exact")
    shifts = range(0, max(1, (field.p - 1).bit_length()), size)
    limbs = np.array([w >> shift & ((1 << size) - 1) for shift in shifts], dtype=np.float64)
    parts = (limbs @ matrix.astype(np.float64)).astype(np.int64) % field.p
    scale = np.array([pow(2, shift, field.p) for shift in shifts], dtype=np.int64)
    return np.asarray(field.mul(parts, scale[:, None]).sum(axis=0) % field.p)
