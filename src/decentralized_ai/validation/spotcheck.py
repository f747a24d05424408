"""verification/spotcheck*.py against counted draws, published formulas, and tossed coins."""

from __future__ import annotations

import math
import random

import numpy as np

from ..verification.refusal import CheckFailed
from ..verification.spotcheck import Operator, Statement, draw, verify
from ..verification.spotcheck_cheats import answers_with
from ..verification.spotcheck_game import (
    Inspection,
    Rules,
    checks_needed,
    missed,
    play,
    simulate,
    smallest_rate,
)
from .check import Check

PROTOCOL, GAME = "tests/verification/test_spotcheck.py", "tests/verification/test_spotcheck_game.py"
TRANSCRIPTS = 2500


def accepted(answers: int, fakes: int, checks: int) -> int:
    """Of TRANSCRIPTS tampered ones, how many the verifier of the real protocol accepts."""
    rng = random.Random(7)
    requests = tuple(b"request %d" % i for i in range(answers))
    statement = Statement(b"validation", requests, checks)
    right, wrong = answers_with(statement, ()), answers_with(statement, range(answers))
    table = dict(zip(requests, right, strict=True))
    count = 0
    for _ in range(TRANSCRIPTS):
        where = set(rng.sample(range(answers), fakes))
        claimed = tuple(wrong[i] if i in where else right[i] for i in range(answers))
        operator, coins = Operator(statement, claimed, rng.randbytes(8)), rng.randbytes(32)
        proof = operator.open(draw(statement, operator.commitment, coins))
        try:
            verify(statement, coins, proof, table.__getitem__)
        except CheckFailed:
            continue
        count += 1
    return count


def rule_of_three() -> tuple[list[tuple[int, int]], int]:
    """Rivest's estimate n (1 - exp(-3 / b)) of a 95% audit against the exact number of checks:
    ((n, b) where it is too small, by how many it is too large at most)."""
    small, largest = [], 0
    for n in (10, 50, 100, 200, 500, 1000, 2000, 4999):
        for b in {1, 2, 3, 5, 8, 13, n // 20, n // 10, n // 4, n // 2} - {0}:
            estimate = math.ceil(n * (1 - math.exp(-3 / b)))
            exact = checks_needed(n, b, 0.05)
            if estimate < exact:
                small.append((n, b))
            largest = max(largest, estimate - exact)
    return small, largest


def checks() -> list[Check]:
    """About three seconds on one core."""
    trials, law = TRANSCRIPTS, missed(20, 4, 5)
    share = accepted(20, 4, 5) / trials
    rules = Rules(0.02, 50.0, 0.5, 100, detection=0.9, alarm=0.002)
    fakes = np.array([0, 1, 20, 100])
    _, flagged, _ = simulate(rules, fakes, 500, 20, seed=1)
    game = Inspection(0.5, 100.0, cost=1.0, bounty=10.0)
    small, largest = rule_of_three()
    plan = smallest_rate(11.2, 1.0, 1, detection=0.9)
    assert plan is not None  # a stake of 11 savings is enough at some rate
    return [
        Check(
            model="spot check: tampered transcripts accepted",
            against=f"hypergeometric law, 4 of 20 faked, 5 checked: {law:.4f}",
            source="rivest2006",
            error=abs(share - law),
            tolerance=4.5 * math.sqrt(law * (1 - law) / trials),
            why=f"share of {trials:,}; 4.5 standard deviations of the binomial",
            test=f"{PROTOCOL}::test_a_cheat_is_missed_exactly_as_often_as_the_law_says",
        ),
        Check(
            model="spot check: checks that find b fakes of n with 95%",
            against="n (1 - exp(-3/b)), n up to 4,999: too large by at most",
            source="rivest2006",
            error=float(largest if all(b == 1 for _, b in small) else math.inf),
            tolerance=4.0,
            why="checks; the author's own statement, and too small only for some b = 1",
            test=f"{GAME}::test_the_number_of_checks_against_rivests_estimate",
        ),
        Check(
            model="spot check: smallest check rate",
            against="p > C / ((1 - r)(R + S)) with r = 0.1, R = 1.2, S = 10",
            source="splitup_plan",
            error=abs(plan - 1 / (0.9 * 11.2)),
            tolerance=1e-12,
            why="closed forms on both sides",
            test=f"{GAME}::test_the_condition_of_proof_of_sampling",
        ),
        Check(
            model="spot check: stake at which a cheat gains nothing",
            against="Pocket Network's example, reward 10, 1 in 5 proven: penalty 40",
            source="pocket_proofs",
            error=abs(Rules(0.2, 0.0, 10.0, 1).smallest_stake() - 10 - 40),  # type: ignore[operator]
            tolerance=1e-9,
            why="tokens; their penalty leaves the unpaid reward out",
            test=f"{GAME}::test_pocket_networks_example",
        ),
        Check(
            model="spot check: chance that the stake is lost, false alarms included",
            against="coins tossed for 10,000 batches",
            source="avenhaus2002",
            error=float(np.max(np.abs(flagged.mean(axis=0) - rules.flagged(fakes)))),
            tolerance=4.5 * math.sqrt(0.25 / 10_000),
            why="4.5 standard deviations of the binomial, at most",
            test=f"{GAME}::test_tossed_coins_land_on_the_closed_form",
        ),
        Check(
            model="spot check: cheating at the equilibrium of the inspection game",
            against="cost of a check over the reward for a catch, whatever the stake",
            source="ishikawa2025",
            error=max(
                abs(Inspection(0.5, stake, 1.0, 10.0).equilibrium()[0] - 0.1)
                for stake in (1.0, 10.0, 1000.0)
            ),
            tolerance=1e-12,
            why="closed forms on both sides",
            test=f"{GAME}::test_the_published_paradox",
        ),
        Check(
            model="spot check: sides that learn by fictitious play",
            against="the equilibrium, 10% cheating and 0.5% checks",
            source="miyasawa1961",
            error=max(
                abs(a - b) for a, b in zip(play(game, 100_000), game.equilibrium(), strict=True)
            ),
            tolerance=0.01,
            why="shares of 100,000 rounds; they come closer ever more slowly",
            test=f"{GAME}::test_sides_that_learn_come_to_the_equilibrium",
        ),
    ]
