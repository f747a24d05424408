"""Provers that lie, and the forgeries that a verifier with a gap lets through.

`Liar` plays the best strategy there is: while its claim is false, it sends a polynomial that meets
the true one in as many points as the degree allows. A challenge on one of them makes its claim true
and saves it. No lie can do better in any round (two polynomials of degree d that differ meet in at
most d points), so its chance, 1 - (1 - d/p)^v, is the most that any prover has.
"""

from __future__ import annotations

import dataclasses
from itertools import combinations
from math import expm1, log1p
from typing import Any

import numpy as np

from .field import Elements, Field
from .refusal import Refused
from .sumcheck import CHECKS, Claim, Hashed, Message, ProductProver, Prover, interpolate
from .sumcheck_matmul import DEGREE, PROTOCOL, Play, Product, Proof, prove, verify, weights


def chance(p: int, rounds: int, degree: int) -> float:
    """Of a false total, against the best liar. Exact where `meeting_points` finds some."""
    return -expm1(rounds * log1p(-degree / p))


def product_chance(p: int, bits: tuple[int, int, int]) -> float:
    """Of one false entry in a matrix product, against the best liar. bits: Product.bits."""
    rows, rounds, columns = bits
    return -expm1((rows + columns) * log1p(-1 / p) + rounds * log1p(-DEGREE / p))


def product_bound(p: int, bits: tuple[int, int, int]) -> float:
    """Rounds times degree over the size of the field, the point included (Schwartz and Zippel)."""
    rows, rounds, columns = bits
    return min(1.0, (rows + columns + DEGREE * rounds) / p)


def meeting_points(field: Field, degree: int, choice: int = 0) -> tuple[int, ...]:
    """`degree` points at which a lie can meet the truth: not such that it would meet it in the sum
    at 0 and 1 as well. The first that fit, counting from `choice`. Raises ValueError if none do."""
    ring = [(choice + i) % field.p for i in range(min(field.p, degree + 4))]
    for points in combinations(ring, degree):
        if sum(_vanishing(field, points, x) for x in (0, 1)) % field.p:
            return points
    raise ValueError(f"no lie of degree {degree} meets the truth {degree} times modulo {field.p}")


class Liar:
    """Its claim is off by `off` from the truth that `honest` knows; keeps the lie consistent.

    stop: from this round on, it sends the truth. slip: for a true total, the round in which it
    starts to lie all the same, with a message that is false and keeps the sum at 0 and 1.
    Axes in the middle of the honest prover's tables are independent runs, as there.
    """

    def __init__(
        self,
        field: Field,
        honest: Prover,
        degree: int,
        off: Any,
        choice: int = 0,
        stop: int | None = None,
        slip: int | None = None,
    ):
        self.field, self.honest, self.degree, self.off = field, honest, degree, off
        self.points = meeting_points(field, degree, choice)
        self.stop, self.slip, self.round = stop, slip, 0
        self.truth: Message = ()
        self.sent: Message = ()

    def message(self) -> Message:
        self.truth = self.honest.message()
        shape, off = self.shape()
        p = self.field.p
        lie = zip(self.truth, shape, strict=True)
        self.sent = tuple((true + off * part) % p for true, part in lie)
        return self.sent

    def challenged(self, r: Any) -> None:
        self.honest.challenged(r)
        false, true = (interpolate(self.field, v, r) for v in (self.sent, self.truth))
        self.off = (false - true) % self.field.p
        self.round += 1

    def shape(self) -> tuple[Message, Any]:
        """What is added to the truth: a polynomial, as its values, and a factor for it."""
        nodes = range(self.degree + 1)
        if self.round == self.slip:
            return tuple((1 - 2 * x) % self.field.p for x in nodes), 1  # 1 at 0, -1 at 1
        if self.stop is not None and self.round >= self.stop:
            return (0,) * len(nodes), 0
        lie = [_vanishing(self.field, self.points, x) for x in nodes]
        scale = self.field.inverse(lie[0] + lie[1])
        return tuple(value * scale % self.field.p for value in lie), self.off


class HighDegree:
    """Keeps a lie consistent with one polynomial of too high a degree: it meets the truth in every
    point but 0. In a field above 1,024, where that would take too many numbers, it sends 16 and
    gains little. slip: as for Liar."""

    def __init__(
        self,
        field: Field,
        honest: Prover,
        degree: int,
        off: int,
        slip: int | None = None,
    ):
        self.field, self.honest, self.degree, self.off = field, honest, degree, off
        self.values = field.p if field.p <= 1024 else 16
        self.slip, self.round = slip, 0
        self.truth: Message = ()
        self.sent: Message = ()

    def message(self) -> Message:
        self.truth = self.honest.message()
        self.sent = self.truth
        if self.off or self.round == self.slip:
            every = np.arange(self.values, dtype=np.int64)
            longer = interpolate(self.field, self.truth, every).tolist()
            # At 0 the lie that was claimed; at 2, where no sum looks, the one that begins.
            at, add = (2, 1) if self.round == self.slip else (0, self.off)
            longer[at] = (longer[at] + add) % self.field.p
            self.sent = tuple(longer)
        return self.sent

    def challenged(self, r: int) -> None:
        self.honest.challenged(r)
        false, true = (interpolate(self.field, v, r) for v in (self.sent, self.truth))
        self.off = int(false - true) % self.field.p
        self.round += 1


def off_by(prover: ProductProver, claim: Claim) -> int:
    return int(claim.total - prover.total()) % claim.field.p


def liar(choice: int = 0, stop: int | None = None, slip: int | None = None) -> Play:
    """Plays for a false product, or slips in a round of a true one."""

    def play(prover: ProductProver, claim: Claim) -> Prover:
        off = off_by(prover, claim)
        return Liar(claim.field, prover, claim.degree, off, choice, stop, slip)

    return play


def high_degree(slip: int | None = None) -> Play:
    def play(prover: ProductProver, claim: Claim) -> Prover:
        off = off_by(prover, claim)
        return HighDegree(claim.field, prover, claim.degree, off, slip)

    return play


# The play that each gap lets through. In brackets: how often.
FORGERIES: dict[str, Play] = {
    "degree": high_degree(),  # p - 1 times in p
    "first_sum": liar(stop=0),  # always: true polynomials, false total
    "later_sums": liar(stop=1),  # always: one false polynomial, then true ones
    "final": liar(),  # always: a consistent lie to the end
}


def forge(statement: Product, gap: str) -> Proof:
    """For a false statement, a proof that a verifier with skip=[gap] accepts. Raises KeyError for
    no such check, ValueError where it finds none (gap "degree" in a field above 1,024)."""
    proof = prove(statement, FORGERIES[gap])
    try:
        verify(statement, proof, skip=[gap])
    except Refused as error:
        raise ValueError(f"no luck with this statement: {error}") from error
    return proof


def forge_unbound(statement: Product, row: int, column: int, add: int) -> tuple[Product, Proof]:
    """From a true statement, a false one with a proof that convinces where the hash leaves the
    statement out: entry (row, column) of c grows by `add`, and another entry makes up for it."""
    false = unnoticed(statement, row, column, add)
    return false, prove(false, bound=False)


def unnoticed(statement: Product, row: int, column: int, add: int) -> Product:
    """A false statement that claims the same number at the point that an unbound hash gives. That
    point is the same for every c, and known before c is chosen. ValueError if there is none."""
    field, (rows, _, columns) = statement.field, statement.bits
    point = Hashed(field, PROTOCOL, None).point(rows + columns)
    n, m = statement.c.shape
    weight = field.mul(weights(field, point[:rows])[:n, None], weights(field, point[rows:])[:m])
    c = statement.c.copy()
    c[row, column] = (c[row, column] + add) % field.p
    if change := add * int(weight[row, column]) % field.p:
        weight[row, column] = 0
        if not weight.any():
            raise ValueError("no other entry weighs anything at this point")
        i, j = np.argwhere(weight)[-1]
        c[i, j] = (c[i, j] - change * field.inverse(int(weight[i, j]))) % field.p
    return dataclasses.replace(statement, c=c)


def grind(
    statement: Product, row: int, column: int, tries: int, rng: np.random.Generator
) -> tuple[int, Product, Proof]:
    """Alone with the hash, a liar tries false entries until one is accepted: (tries spent, false
    statement, its proof), the last tried if none was. Works in proportion to tries / p."""
    false, proof, spent = statement, prove(statement), 0
    while spent < tries:
        spent += 1
        c = statement.c.copy()
        c[row, column] = (c[row, column] + rng.integers(1, statement.field.p)) % statement.field.p
        false = dataclasses.replace(statement, c=c)
        proof = prove(false, liar())
        if _convinces(false, proof):
            break
    return spent, false, proof


def measure(
    field: Field, rounds: int, degree: int, runs: int, rng: np.random.Generator, point: int = 0
) -> int:
    """How many of `runs` false totals the best liar gets accepted: all runs at once, on random
    polynomials, with the same arithmetic as sumcheck.Verifier. point: for a matrix product, how
    many coordinates are drawn first; the last entry of c weighs their product there."""
    tables = field.random(rng, (degree, runs, 2**rounds))
    honest = ProductProver(field, tables)
    off = rng.integers(1, field.p, runs)
    for _ in range(point):
        off = field.mul(off, field.random(rng, runs))
    claimed = field.add(honest.total(), off)
    prover, ok = Liar(field, honest, degree, off), np.ones(runs, dtype=bool)
    at: Elements = np.ones((runs, 1), dtype=np.int64)
    for _ in range(rounds):
        message = prover.message()
        ok &= field.add(message[0], message[1]) == claimed
        r = field.random(rng, runs)
        claimed = interpolate(field, message, r)
        prover.challenged(r)
        pair = np.stack([(1 - r) % field.p, r], axis=-1)
        at = field.mul(at[:, :, None], pair[:, None, :]).reshape(runs, -1)
    value = np.ones(runs, dtype=np.int64)
    for table in tables:
        value = field.mul(value, field.mul(table, at).sum(axis=-1) % field.p)
    return int(np.count_nonzero(ok & (value == claimed)))


def _convinces(statement: Product, proof: Proof) -> bool:
    try:
        verify(statement, proof)
    except Refused:
        return False
    return True


def _vanishing(field: Field, points: tuple[int, ...], x: int) -> int:
    value = 1
    for point in points:
        value = value * (x - point) % field.p
    return value


assert FORGERIES.keys() == CHECKS.keys()
