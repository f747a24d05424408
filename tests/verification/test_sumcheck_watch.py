"""Staged runs: what they say about themselves, recomputed point by point."""

import itertools

import numpy as np
import pytest

from decentralized_ai.verification.field import Field
from decentralized_ai.verification.sumcheck import CHECKS
from decentralized_ai.verification.sumcheck_cheats import product_chance
from decentralized_ai.verification.sumcheck_watch import (
    _roots,
    measured,
    meetings,
    stage,
    values_at,
)

LIES = ("consistent", "once", "twice", "degree")


@pytest.mark.parametrize("p", [5, 7, 101])
def test_roots_against_trying_every_point(p: int) -> None:
    rng, field, every = np.random.default_rng(p), Field(p), np.arange(p)
    triples = (
        [t for t in itertools.product(range(p), repeat=3) if any(t)]
        if p < 10
        else [tuple(t) for t in rng.integers(0, p, (500, 3)).tolist() if any(t)]
    )
    for values in triples:
        tried = int(np.count_nonzero(values_at(field, values, every) == 0))
        assert _roots(list(values), p) == tried


def test_meetings_of_each_lie_in_a_large_field() -> None:
    """Where every point cannot be tried, what is known of the lie: its degree, and where it meets
    the truth by design."""
    for prover, start, least, most in (
        ("consistent", 0, 2, 2),
        ("once", 2, 1, 1),
        ("degree", 0, 15, 15),
        ("degree", 2, 15, 15),
    ):
        for seed in range(10):
            seen, _ = stage(16, 2**31 - 1, prover, start, "degree", "dice", 1, seed)
            lies = [step for step in seen.rounds if step.lied]
            assert lies
            assert all(least <= meetings(step, 2**31 - 1) <= most for step in lies)


@pytest.mark.parametrize("p", [5, 31, 1009])
def test_meetings_in_a_small_field(p: int) -> None:
    field, every = Field(p), np.arange(p)
    for prover, start, seed in itertools.product(LIES, (0, 1, 2), range(4)):
        seen, _ = stage(8, p, prover, start, "degree", "dice", 1, seed)
        for step in seen.rounds:
            sent, true = (values_at(field, each, every) for each in (step.sent, step.true))
            assert meetings(step, p) == np.count_nonzero(sent == true)


def test_what_is_said_of_the_product_and_of_the_tries() -> None:
    for prover, start, coins, tries in itertools.product(
        ("honest", *LIES), (0, 1, 9), ("dice", "hash", "unbound"), (1, 10)
    ):
        seen, spent = stage(4, 31, prover, start, "nothing", coins, tries, 1)
        assert seen.product_true == (prover == "honest" or start > 0)
        assert 1 <= spent <= (tries if coins == "hash" and not seen.product_true else 1)
        assert seen.truths[0] == seen.product_true
        if prover == "honest" or start == 9:
            assert seen.caught is None
            assert all(seen.truths)
            assert not any(step.lied for step in seen.rounds)
        if seen.caught is None:
            assert seen.truths[-1]
        else:
            assert seen.caught in CHECKS
        if coins == "unbound":
            assert seen.truths[1]


def test_a_thousand_seeds_follow_the_law() -> None:
    """Staged runs with dice are believed about as often as the law says: 3.3 standard errors."""
    believed = sum(
        stage(16, 31, "consistent", 0, "nothing", "dice", 1, seed)[0].caught is None
        for seed in range(1000)
    )
    law = product_chance(31, (4, 4, 4))
    assert abs(believed - 1000 * law) <= 3.3 * np.sqrt(1000 * law * (1 - law))


def test_the_measured_share_follows_the_law() -> None:
    for p, rounds in ((5, 2), (13, 4), (31, 6), (101, 6)):
        law, runs = product_chance(p, (rounds,) * 3), 5000
        assert abs(measured(p, rounds, runs) - law) <= 3.3 * np.sqrt(law * (1 - law) / runs)
