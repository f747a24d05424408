"""A run of the matrix protocol seen from outside, by someone who knows the true product.

Neither prover nor verifier needs this: it is for looking at what happened, and for trying cheats.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from .field import Elements, Field
from .refusal import CheckFailed, Refused
from .sumcheck import CHECKS, Dice, Hashed, Message, interpolate
from .sumcheck_cheats import high_degree, liar, measure, unnoticed
from .sumcheck_matmul import (
    DEGREE,
    PROTOCOL,
    Play,
    Product,
    ProductVerifier,
    honest,
    make_prover,
)


@dataclass(frozen=True)
class Round:
    """sent: the prover's message. true: what an honest one would have sent. challenge: None if the
    message was refused. claim, true_claim: the number claimed after the challenge, and the true
    one."""

    sent: Message
    true: Message
    challenge: int | None
    claim: int | None
    true_claim: int | None

    @property
    def lied(self) -> bool:
        return self.sent != self.true


@dataclass(frozen=True)
class Watched:
    """product_true: a b = c. claim, true_claim: of the sum, at the point drawn first. caught: the
    name in CHECKS of the check that failed, or None for a run that was accepted."""

    product_true: bool
    claim: int
    true_claim: int
    rounds: tuple[Round, ...]
    total_rounds: int
    caught: str | None

    @property
    def truths(self) -> tuple[bool, ...]:
        """Is it true: the product, the claim at the point, the claim after each round played."""
        after = (
            step.claim == step.true_claim for step in self.rounds if step.challenge is not None
        )
        return (self.product_true, self.claim == self.true_claim, *after)


def watch(
    statement: Product, true: Product, coins: Dice | Hashed, play: Play, skip: Iterable[str] = ()
) -> Watched:
    """One run. true: the same a and b with their product. Raises nothing on a refusal."""
    verifier = ProductVerifier(statement, coins, skip)
    run = verifier.run
    prover = play(make_prover(statement, verifier.left, verifier.right), run.claim)
    honest = make_prover(true, verifier.left, verifier.right)
    true_claim, rounds, caught = honest.total(), [], None
    try:
        for _ in range(run.claim.rounds):
            sent, truth = prover.message(), honest.message()
            rounds.append(Round(sent, truth, None, None, None))
            r = verifier.receive(sent)
            value = int(interpolate(statement.field, truth, r))
            rounds[-1] = Round(sent, truth, r, run.claimed, value)
            prover.challenged(r)
            honest.challenged(r)
        verifier.conclude()
    except Refused as error:
        caught = named(error)
    same = np.array_equal(statement.c, true.c)
    return Watched(same, run.claim.total, true_claim, tuple(rounds), run.claim.rounds, caught)


def named(error: Refused) -> str:
    """The check in CHECKS that a refusal comes from."""
    if not isinstance(error, CheckFailed):
        return "degree"
    return next(name for name, words in CHECKS.items() if words == error.check)


def strategy(prover: str, start: int, choice: int) -> Play:
    """How a prover plays: "honest"; "consistent", a lie kept up to the end; "once" or "twice", as
    many lies and then the truth; "degree", a lie hidden in too high a degree.

    start: 0 for a false product; else the round, counted from 1, of a true product in which the
    first lie is told. choice: which points of the field a lie meets the truth at.
    """
    slip = start - 1 if start else None
    if prover == "honest":
        return honest
    if prover == "degree":
        return high_degree(slip)
    return liar(choice, {"consistent": None, "once": start, "twice": start + 1}[prover], slip)


@lru_cache(maxsize=64)
def stage(
    size: int, p: int, prover: str, start: int, forgets: str, coins: str, tries: int, seed: int
) -> tuple[Watched, int]:
    """A run on random matrices, and how many false products the prover tried before it.

    coins: "dice", "hash", or "unbound", a hash that leaves out the statement; there a false product
    is made to fit. forgets: a name in CHECKS, or "nothing". tries: more than one are made only with
    "hash", where a cheat can be alone, and only of false products.
    """
    field, rng = Field(p), np.random.default_rng([seed, size, p])
    a, b = field.random(rng, (size, size)), field.random(rng, (size, size))
    true = Product(field, a, b, field.matmul(a, b))
    row, column = (int(i) for i in rng.integers(0, size, 2))
    play = strategy(prover, start, int(rng.integers(p)))
    false_product = prover != "honest" and start == 0
    spent, most, accepted = 0, tries if coins == "hash" and false_product else 1, False
    while spent < most and not accepted:
        spent += 1
        statement, add = true, int(rng.integers(1, p))
        if false_product and coins == "unbound":
            statement = unnoticed(true, row, column, add)
        elif false_product:
            c = true.c.copy()
            c[row, column] = (c[row, column] + add) % p
            statement = replace(true, c=c)
        source: Dice | Hashed = Dice(field, rng)
        if coins != "dice":
            source = Hashed(field, PROTOCOL, statement.digest if coins == "hash" else None)
        seen = watch(statement, true, source, play, () if forgets == "nothing" else (forgets,))
        accepted = seen.caught is None
    return seen, spent


def values_at(field: Field, message: Message, points: Elements) -> Elements:
    """The polynomial of a message, at points of the field. In 64 bits, on any machine: products of
    two elements do not fit the 32 of a browser's default."""
    points = points.astype(np.int64)
    return np.asarray(interpolate(field, [np.int64(value) for value in message], points))


def meetings(step: Round, p: int) -> int:
    """At how many points of the field the polynomial sent meets the true one.

    In a field above 1,024 a difference of degree 2 is solved. A longer message there differs from
    the truth at one of its own points, and meets it at all others: no polynomial has more roots
    than its degree.
    """
    field = Field(p)
    if not step.lied:
        return p
    if len(step.sent) == p or p > 1024:
        true = values_at(field, step.true, np.arange(len(step.sent)))
        differ = [(s - t) % p for s, t in zip(step.sent, true.tolist(), strict=True)]
        return _roots(differ, p) if len(differ) == DEGREE + 1 < p else differ.count(0)
    every = np.arange(p)
    met = values_at(field, step.sent, every) == values_at(field, step.true, every)
    return int(np.count_nonzero(met))


def _roots(values: list[int], p: int) -> int:
    """How many roots in the field the polynomial of degree 2 with these values at 0, 1, 2 has;
    not all may be 0. A quadratic has two if its discriminant is a square (Euler's criterion)."""
    square = (values[2] - 2 * values[1] + values[0]) * pow(2, -1, p) % p
    linear = (values[1] - values[0] - square) % p
    if not square:
        return int(linear != 0)
    inside = (linear**2 - 4 * square * values[0]) % p
    return 1 if not inside else 2 * (pow(inside, (p - 1) // 2, p) == 1)


@lru_cache(maxsize=64)
def measured(p: int, rounds: int, runs: int) -> float:
    """The share of `runs` false entries in products of 2^rounds rows that the best liar gets
    accepted, seed fixed."""
    rng = np.random.default_rng([p, rounds])
    return measure(Field(p), rounds, DEGREE, runs, rng, point=2 * rounds) / runs
