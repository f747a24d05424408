"""The sum-check protocol: a sum of 2^v terms, checked in v questions and one evaluation.

Lund, Fortnow, Karloff and Nisan 1992; in this form Thaler 2022, section 4.1.

Statement: a polynomial g in v variables, of degree at most d in each, adds up to `total` over all
points of {0, 1}^v. In round j the prover sends the polynomial in one variable

    g_j(X) = sum of g(r_1, ..., r_j-1, X, x_j+1, ..., x_v) over all later x in {0, 1},

as its values at 0, 1, ..., d: two such polynomials that differ agree in at most d points. The
verifier checks that g_j(0) + g_j(1) is the number claimed so far, draws a random r_j, and claims
g_j(r_j) from here on. At the end it evaluates g once, at (r_1, ..., r_v), by itself.

A false total is accepted with probability at most 1 - (1 - d/p)^v, which is at most v d / p.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .fiat_shamir import Transcript
from .field import Elements, Field
from .refusal import CheckFailed, WrongLength, expect, expect_tuple

Message = tuple[int, ...]  # g_j(0), g_j(1), ..., g_j(d)

# What the verifier checks. A verifier that leaves one out can be cheated: sumcheck_cheats.py.
CHECKS = {
    "degree": "the message has one value for each point from 0 to the degree, no more",
    "first_sum": "the first polynomial's values at 0 and 1 add up to the claimed total",
    "later_sums": "each later polynomial's values at 0 and 1 add up to the number claimed before",
    "final": "the last number claimed is what the polynomial is at the challenges",
}


@dataclass(frozen=True)
class Claim:
    """The statement: g, of `degree` at most in each of `rounds` variables, adds up to `total`."""

    field: Field
    rounds: int
    degree: int
    total: int

    def __post_init__(self) -> None:
        if self.rounds < 0 or not 1 <= self.degree < self.field.p:
            raise ValueError("needs rounds >= 0 and a degree from 1 to p - 1")
        self.field.element(self.total, "the total")


class Prover(Protocol):
    """What a verifier talks to: a message, then a challenge, in turns."""

    def message(self) -> Message: ...

    def challenged(self, r: int) -> None: ...


class ProductProver:
    """Honest, for g = the product of d multilinear polynomials, each given by its 2^v values.

    tables: shape (d, ..., 2^v), elements of the field; x_1 is the highest bit of the last index.
    After each challenge the tables are folded to half their length, so that all rounds together
    cost as much as two passes over the tables. Axes in the middle are independent runs.
    """

    def __init__(self, field: Field, tables: Any):
        self.field, self.tables = field, field.array(tables)

    def message(self) -> Message:
        low, high = np.split(self.tables, 2, axis=-1)
        step, at, values = high - low, low, []
        for point in range(len(self.tables) + 1):
            if point:
                at = self.field.add(at, step)
            values.append(self._product_sum(at))
        return tuple(values)

    def challenged(self, r: Any) -> None:
        low, high = np.split(self.tables, 2, axis=-1)
        weight = np.asarray(r, dtype=np.int64)[..., None]
        self.tables = self.field.add(low, self.field.mul(weight, self.field.sub(high, low)))

    def total(self) -> int:
        """The sum that is left to do: at the start, the true total."""
        return self._product_sum(self.tables)

    def _product_sum(self, tables: Elements) -> Any:
        product = tables[0]
        for table in tables[1:]:
            product = self.field.mul(product, table)
        return _plain(product.sum(axis=-1) % self.field.p)  # 2^31 terms would fit


class FunctionProver:
    """Honest, for any g that can be evaluated: 2^(v-j) (d+1) evaluations in round j."""

    def __init__(self, field: Field, g: Callable[..., int], rounds: int, degree: int):
        self.field, self.g, self.rounds, self.degree = field, g, rounds, degree
        self.point: tuple[int, ...] = ()

    def message(self) -> Message:
        return tuple(self._sum((*self.point, x)) for x in range(self.degree + 1))

    def challenged(self, r: int) -> None:
        self.point = (*self.point, r)

    def total(self) -> int:
        return self._sum(self.point)

    def _sum(self, point: tuple[int, ...]) -> int:
        if len(point) == self.rounds:
            return int(self.g(*point)) % self.field.p
        return (self._sum((*point, 0)) + self._sum((*point, 1))) % self.field.p


class Dice:
    """Challenges of a verifier who is present: random, drawn after each message."""

    def __init__(self, field: Field, rng: np.random.Generator):
        self.field, self.rng = field, rng

    def point(self, count: int) -> tuple[int, ...]:
        return tuple(self.field.random(self.rng, count).tolist())

    def answer(self, message: Message) -> int:
        return self.point(1)[0]


class Hashed:
    """Challenges from a hash of all that was said (Fiat and Shamir 1986): no verifier need be
    present. `statement` is its digest; without it (None) forgeries follow, see sumcheck_cheats."""

    def __init__(self, field: Field, protocol: str, statement: bytes | None):
        self.field, self.transcript = field, Transcript(protocol)
        if statement is not None:
            self.transcript.absorb("statement", statement)

    def point(self, count: int) -> tuple[int, ...]:
        return self.transcript.challenge("point", self.field, count)

    def answer(self, message: Message) -> int:
        self.transcript.absorb("round", message)
        return self.transcript.challenge("round", self.field, 1)[0]


class Verifier:
    """One run of the protocol. `claimed` is the number that the rest of the sum must come to;
    `messages`, `challenges` and `claims` record what happened, for who wants to look.

    skip: names of CHECKS left out, to show what each is for. Empty in any real use.
    """

    def __init__(self, claim: Claim, coins: Dice | Hashed, skip: Iterable[str] = ()):
        self.claim, self.field, self.coins = claim, claim.field, coins
        self.skip = frozenset(skip)
        if not self.skip <= CHECKS.keys():
            raise ValueError(f"no check {', '.join(sorted(self.skip - CHECKS.keys()))}")
        self.claimed = claim.total
        self.messages: list[Message] = []
        self.challenges: list[int] = []
        self.claims = [claim.total]

    def receive(self, message: Any) -> int:
        """The challenge that answers a round's message. Raises WrongType, WrongLength, OutOfField
        or CheckFailed."""
        j, p = len(self.messages), self.field.p
        if j == self.claim.rounds:
            raise WrongLength(f"there are {j} rounds, and one message more")
        values = self._values(message, j)
        check = "later_sums" if j else "first_sum"
        if check not in self.skip and (values[0] + values[1]) % p != self.claimed:
            raise CheckFailed(CHECKS[check], j)
        r = self.coins.answer(values)
        self.claimed = int(interpolate(self.field, values, r))
        self.messages.append(values)
        self.challenges.append(r)
        self.claims.append(self.claimed)
        return r

    def conclude(self, evaluate: Callable[[tuple[int, ...]], int]) -> int:
        """The total, now believed. `evaluate(challenges)` is g there, computed by the verifier."""
        if len(self.messages) < self.claim.rounds:
            raise WrongLength(f"{len(self.messages)} of {self.claim.rounds} rounds")
        p, at = self.field.p, tuple(self.challenges)
        if "final" not in self.skip and evaluate(at) % p != self.claimed:
            raise CheckFailed(CHECKS["final"])
        return self.claim.total

    def _values(self, message: Any, j: int) -> Message:
        name = f"the message of round {j}"
        if "degree" not in self.skip:
            expect_tuple(message, self.claim.degree + 1, name)
        elif not 2 <= len(expect(message, tuple, name)) <= self.field.p:
            raise WrongLength(f"{name} must have 2 to {self.field.p} entries")
        return tuple(self.field.element(value, f"a value of {name}") for value in message)


def converse(prover: Prover, verifier: Verifier, evaluate: Callable[[tuple[int, ...]], int]) -> int:
    """All rounds. Returns the total, or raises what the verifier raises."""
    for _ in range(verifier.claim.rounds):
        prover.challenged(verifier.receive(prover.message()))
    return verifier.conclude(evaluate)


def interpolate(field: Field, values: Any, x: Any) -> Any:
    """At `x`, the polynomial of least degree with `values` at 0, 1, ..., d (Lagrange), in O(d).

    x: an element, or an array of them beside a sequence of arrays of values.
    """
    p, last = field.p, len(values) - 1
    before, after, factorial = [1], [1], [1]  # products of x - k from either end; factorials
    for k in range(last):
        before.append(before[-1] * ((x - k) % p) % p)
        after.append(after[-1] * ((x - last + k) % p) % p)
        factorial.append(factorial[-1] * (k + 1) % p)
    total = 0
    for i, value in enumerate(values):
        others = before[i] * after[last - i] % p
        below = factorial[i] * factorial[last - i] * (-1) ** (last - i) % p
        total = (total + value * (others * field.inverse(below) % p)) % p
    return total


def _plain(value: Any) -> Any:
    return int(value) if np.ndim(value) == 0 else value
