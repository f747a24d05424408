"""Freivalds' check: is A B = C? Answered without computing A B.

The verifier draws a random vector r and compares A (B r) with C r. Both cost three products of a
matrix and a vector, about 3 n^2 multiplications, where computing A B costs n^3. If C is right, the
two are equal for every r. If C is wrong, D = C - A B has a nonzero row d, and the round accepts
only if d . r = 0. Fix all of r but one number, at a place where d is not 0: then at most one value
of that number makes the sum 0. So a round accepts a wrong C with chance at most

    1/2 for r of zeros and ones (Freivalds 1977), 1/p for r uniform over the field of p elements,

and k rounds with chances of their own at most 2^-k and p^-k. See `soundness`.

The prover must send C before it can know any r: see `freivalds_cheats.fitted`.
Cheating provers are in freivalds_cheats, floating-point numbers in freivalds_float.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from . import wire
from .fiat_shamir import Transcript
from .field import Elements, Field, kept
from .refusal import CheckFailed, WrongLength, WrongStatement, WrongType, expect, expect_tuple

KINDS = ("binary", "field")  # what a challenge is made of: {0, 1}, or the whole field


@dataclass(frozen=True)
class Statement:
    """What both sides know: a is (m, l), b is (l, n), both over `field`. Kept as copies."""

    a: Elements
    b: Elements
    field: Field

    def __post_init__(self) -> None:
        for name in ("a", "b"):
            object.__setattr__(self, name, kept(getattr(self, name), name))
        if self.a.ndim != 2 or self.b.ndim != 2 or self.a.shape[1] != self.b.shape[0]:
            raise WrongLength(f"no product of {self.a.shape} and {self.b.shape}")
        self.field.elements(self.a, self.a.shape, "a")
        self.field.elements(self.b, self.b.shape, "b")

    @property
    def shape(self) -> tuple[int, int]:
        """Of the product: (m, n)."""
        return self.a.shape[0], self.b.shape[1]

    @cached_property
    def digest(self) -> bytes:
        """What a claim names, so that a good answer to another question is no answer to this."""
        return wire.digest("freivalds statement", self.field.p, self.a, self.b)


@dataclass(frozen=True)
class Claim:
    """All that the prover says: `product`, (m, n), is the product of the statement named."""

    statement: bytes
    product: Elements

    def encode(self) -> bytes:
        return wire.encode(("freivalds claim", self.statement, self.product))

    @staticmethod
    def read(message: bytes) -> Claim:
        """A claim out of untrusted bytes. Raises Malformed for anything that is none."""
        label, statement, product = expect_tuple(wire.decode(message), 3, "a claim")
        if expect(label, str, "the label") != "freivalds claim":
            raise WrongType("this message is no Freivalds claim")
        return Claim(statement, product)


@dataclass(frozen=True)
class Round:
    """One challenge r, and the two vectors compared: A (B r) and C r."""

    challenge: Elements
    through: Elements
    direct: Elements

    @property
    def equal(self) -> bool:
        return bool(np.array_equal(self.through, self.direct))


def prove(statement: Statement) -> Claim:
    """The honest prover: it computes the product, m l n multiplications."""
    return Claim(statement.digest, statement.field.matmul(statement.a, statement.b))


def verify(
    statement: Statement, claim: Any, rounds: int, rng: np.random.Generator, kind: str = "field"
) -> tuple[Round, ...]:
    """The rounds, all of them equal, or a Refused. `rng` must be one that the prover cannot
    foresee: here, as in all of this book, a seeded one makes the run repeatable."""
    product = well_formed(statement, claim)
    asked = challenges(statement.field, statement.shape[1], rounds, rng, kind)
    return examine(statement, product, asked)


def well_formed(statement: Statement, claim: Any) -> Elements:
    """The product out of an untrusted claim. Raises Malformed or WrongStatement."""
    expect(claim, Claim, "a claim")
    if expect(claim.statement, bytes, "the statement's digest") != statement.digest:
        raise WrongStatement("the claim is about another product")
    return statement.field.elements(claim.product, statement.shape, "the product")


def challenges(
    field: Field, length: int, rounds: int, rng: np.random.Generator, kind: str
) -> Elements:
    """One challenge in each column: (length, rounds)."""
    return _numbers(field, rounds, kind).random(rng, (length, rounds))


def examine(statement: Statement, product: Elements, asked: Elements) -> tuple[Round, ...]:
    """Ask every column of `asked`. Rounds do not depend on each other, so all are asked at once:
    the matrices are read from memory once instead of once a round."""
    through, direct = both_sides(statement, product, asked)
    rounds = tuple(Round(asked[:, i], through[:, i], direct[:, i]) for i in range(asked.shape[1]))
    for i, this in enumerate(rounds):
        if not this.equal:
            raise CheckFailed("A (B r) = C r", i)
    return rounds


def both_sides(
    statement: Statement, product: Elements, asked: Elements
) -> tuple[Elements, Elements]:
    """A (B R) and C R for a matrix R of challenges: (m, rounds) each. The brackets are the point:
    (A B) R would cost what the check is there to save."""
    matmul = statement.field.matmul
    return matmul(statement.a, matmul(statement.b, asked)), matmul(product, asked)


def soundness(field: Field, rounds: int, kind: str) -> Fraction:
    """The most that a wrong product can be accepted with: 2^-k, or p^-k."""
    return Fraction(1, 2 if kind == "binary" else field.p) ** rounds


def derived(statement: Statement, claim: Claim | None, rounds: int, kind: str) -> Elements:
    """Challenges from a hash of statement and claim (Fiat-Shamir), for a verifier that is not
    there when the claim is made. Without the claim in it, the hash can be computed before the
    product is chosen: then `freivalds_cheats.fitted` passes every round.
    Raises as `well_formed`."""
    transcript = Transcript("freivalds")
    transcript.absorb("statement", statement.digest)
    if claim is not None:
        well_formed(statement, claim)
        transcript.absorb("claim", claim.encode())
    field, length = _numbers(statement.field, rounds, kind), statement.shape[1]
    transcript.absorb("what is asked", (kind, rounds))
    drawn = transcript.challenge("r", field, length * rounds)
    return np.array(drawn, dtype=np.int64).reshape(length, rounds)


def _numbers(field: Field, rounds: int, kind: str) -> Field:
    """What the numbers of a challenge are drawn from."""
    if kind not in KINDS or rounds < 1:
        raise ValueError(f"at least one round, and a kind out of {KINDS}")
    return field if kind == "field" else Field(2)


def survivors(
    statement: Statement,
    product: Elements,
    runs: int,
    rounds: int,
    rng: np.random.Generator,
    kind: str,
) -> list[int]:
    """How many of `runs` checks still accept `product` after 0, 1, .., `rounds` rounds. A check
    that has refused asks nothing more."""
    left = [runs]
    for _ in range(rounds):
        if left[-1]:
            asked = challenges(statement.field, statement.shape[1], left[-1], rng, kind)
            through, direct = both_sides(statement, product, asked)
            left.append(int(np.count_nonzero((through == direct).all(axis=0))))
        else:
            left.append(0)
    return left
