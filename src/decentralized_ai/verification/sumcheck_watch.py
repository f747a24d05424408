"""A run of the matrix protocol seen from outside, by someone who knows the true product.

Neither prover nor verifier needs this: it is for looking at what happened, and for trying cheats.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .refusal import CheckFailed, Refused
from .sumcheck import CHECKS, Dice, Hashed, Message, interpolate
from .sumcheck_matmul import Play, Product, ProductVerifier, make_prover


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
