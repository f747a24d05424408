"""verification/dispute*.py against a scan of all states, other people's search and closed forms."""

from __future__ import annotations

import random

import numpy as np

from ..verification.dispute import settle, state_of
from ..verification.dispute_costs import rounds_needed
from ..verification.dispute_machines import ORDERS, Training, Update
from ..verification.dispute_parties import CHEATS, Honest, make_liar, run
from ..verification.dispute_transformer import Transformer
from .check import Check

TESTS = "tests/verification/test_dispute.py"
MESSAGES = "tests/verification/test_dispute_messages.py"
ATTACKS = "tests/verification/test_dispute_attacks.py"
DISPUTES = 600


def opml_rounds(steps: int, first: int) -> int:
    """Rounds of the search of opML's contracts/Challenge.sol (getStepNumber, respondState,
    isSearching), in our words. `first`: the first state on which the two differ."""
    left, right, rounds = 0, steps, 0
    while left + 1 != right:
        middle = (left + right) // 2
        left, right = (middle, right) if middle < first else (left, middle)
        rounds += 1
    return rounds


def disputes() -> tuple[float, float, float]:
    """Over DISPUTES disputes, all cheats, both computations: honest parties convicted; liars with
    another answer who get away; found steps that are not where a scan of all states sees the two
    part."""
    rng = random.Random(19)
    framed = escaped = elsewhere = 0
    for number in range(DISPUTES):
        kind = list(CHEATS)[number % len(CHEATS)]
        make = (Training, Transformer)[number // len(CHEATS) % 2]
        steps, seed, side = rng.choice((1, 2, 5, 16, 33)), rng.randrange(1000), rng.choice("AB")
        machine, coarse = make(steps, seed), make(steps, seed, coarse=True)
        truth = run(machine, machine.start())
        statement = state_of(machine, truth[0])
        at = rng.randint(1, steps)
        liar = make_liar(kind, statement, machine, coarse, truth, at, rng.randrange(1024))
        parties = {name: Honest(statement, machine, truth) for name in "AB"} | {side: liar}
        verdict = settle(statement, machine, parties, rng.choice((2, 3, 8, 40)))
        framed += len(set(verdict.guilty) - {side})
        escaped += side not in verdict.guilty and not np.array_equal(liar.states[-1], truth[-1])
        if verdict.at is not None:
            apart = [not np.array_equal(a, b) for a, b in zip(liar.states, truth, strict=False)]
            elsewhere += apart[verdict.at[0]] or not apart[verdict.at[0] + 1]
    return float(framed), float(escaped), float(elsewhere)


def rounds() -> float:
    """Largest difference of our rounds from the contract's over all steps to 2^12, powers of 2."""
    return float(
        max(
            abs(rounds_needed(2**power) - opml_rounds(2**power, first))
            for power in range(13)
            for first in range(1, 2**power + 1, max(1, 2**power // 64))
        )
    )


def operations() -> float:
    """Updates, of 24, whose multiply-adds do not give the update to the last bit."""
    wrong = 0
    for seed in range(4):
        for floats in (False, True):
            machine = Training(3, seed, floats)
            truth = run(machine, machine.start())
            wrong += sum(
                run(Update(machine, i), truth[i])[-1].tobytes() != truth[i + 1].tobytes()
                for i in range(3)
            )
    return float(wrong)


def summation() -> float:
    """Largest error of a float32 sum over Higham's bound for its order."""
    rng = np.random.default_rng(8)
    worst = 0.0
    for _ in range(200):
        x = rng.normal(size=256).astype(np.float32)
        exact, size = float(x.astype(float).sum()), float(np.abs(x.astype(float)).sum())
        for name, add in ORDERS.items():
            deep = {"pairwise": 8, "blocked": 38}.get(name, 255)
            worst = max(worst, abs(float(add(x)) - exact) / (deep * 2.0**-24 * size))
    return worst


def checks() -> list[Check]:
    """About six seconds on one core."""
    framed, escaped, elsewhere = disputes()
    every = f"{TESTS}::test_every_cheat_at_every_step_loses_and_never_the_honest_party"
    none = "disputes; what the protocol promises, up to a collision of SHA-256. The tests try "
    return [
        Check(
            "dispute: an honest party is never convicted",
            f"{DISPUTES} disputes, every cheat, both computations",
            "canetti2013",
            framed,
            0.0,
            none + "more than 10,000, at every step of every length to 22",
            every,
        ),
        Check(
            "dispute: a liar with another answer always is",
            f"the same {DISPUTES}",
            "canetti2013",
            escaped,
            0.0,
            none + "10,500 more with a spoilt message each",
            f"{MESSAGES}::test_a_spoilt_message_loses_and_the_other_party_never_does",
        ),
        Check(
            "dispute: the step found",
            "comparing all states, the two neighbours at which the runs part",
            "canetti2013",
            elsewhere,
            0.0,
            "disputes; exact",
            every,
        ),
        Check(
            "dispute: rounds",
            "the search of opML's contract, its rules in our words, up to 4,096 steps",
            "opml_code",
            rounds(),
            0.0,
            "rounds; both are the base-2 logarithm",
            f"{TESTS}::test_rounds_against_opmls_search",
        ),
        Check(
            "dispute: an update and its 1,024 multiply-adds",
            "each other, to the last bit, whole numbers and float32",
            "arun2025",
            operations(),
            0.0,
            "updates of 24; the same order of sums gives the same bits",
            f"{ATTACKS}::test_an_update_is_its_operations",
        ),
        Check(
            "dispute: float32 sums in four orders",
            "Higham's bound for each order",
            "higham1993",
            summation(),
            1.001,
            "error over the bound; first order in 2^-24, a thousandth covers the rest",
            f"{ATTACKS}::test_error_bounds_of_the_orders",
        ),
    ]
