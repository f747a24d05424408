"""verification/quorum.py: its laws against published tables and another sampler, and its runs
against its laws."""

from __future__ import annotations

from fractions import Fraction
from math import comb, log2

import numpy as np

from ..verification.quorum_committee import WRONG, draw, play
from ..verification.quorum_laws import (
    Habits,
    binomial,
    chances,
    colluders_in,
    colluders_seated,
    tail,
)
from .check import Check

TESTS = "tests/verification/test_quorum_laws.py"
PLAYED = 4000


def checks() -> list[Check]:
    """About two seconds on one core."""
    return [*_published(), _sampler(), *_played()]


def redundancy(bound: float) -> int:
    """The smallest M for which M-first voting, 35% colluding, keeps wrong answers below `bound`."""
    m = 2
    while chances(2 * m - 1, m, "commit", Habits(), 35).wrong > bound:
        m += 1
    return m


def _published() -> list[Check]:
    exact = Fraction(
        sum(comb(12, i) * comb(18, 9 - i) for i in range(5, 10)), comb(30, 9)
    )  # 12 of 30 collude, 9 are drawn, 5 must agree
    ours = tail(colluders_seated(9, 40, 30), 5)
    safety = -log2(tail(binomial(111, 1 / 3), 74))
    return [
        *(
            Check(
                model="quorum: how many must agree when 35% collude",
                against=f"M = {m} for an error below {bound}",
                source="vc_voting",
                error=float(abs(redundancy(bound) - m)),
                tolerance=0.0,
                why="a whole number, as printed there",
                test=f"{TESTS}::test_m_first_voting_has_the_published_redundancy",
            )
            for bound, m in ((0.05, 15), (0.01, 29))
        ),
        Check(
            model="quorum: a committee of 111, a third attack, two thirds are needed",
            against="Ethereum's bound for this committee, 2 to the -40",
            source="liang2019",
            error=max(0.0, 40 - safety),
            tolerance=0.0,
            why=f"bits short of the bound; the law gives {safety:.2f} bits, and 39.22 for the next "
            "smaller committee of which two thirds are a whole number, 108",
            test=f"{TESTS}::test_the_committee_of_111_is_safe_to_two_to_the_minus_40",
        ),
        Check(
            model="quorum: committee drawn from a small pool",
            against="the hypergeometric sum in whole numbers",
            source="tests/verification/test_quorum_laws.py",
            error=abs(ours / float(exact) - 1),
            tolerance=1e-12,
            why="relative; nine doubles are added",
            test=f"{TESTS}::test_colluders_alone_give_the_binomial_and_the_hypergeometric_tail",
        ),
    ]


def _sampler() -> Check:
    n, pool, percent, draws = 9, 18, 30, 200_000
    marked = colluders_in(pool, percent)
    drawn = np.random.default_rng(1).hypergeometric(marked, pool - marked, n, draws)
    law = colluders_seated(n, percent, pool)
    spread = np.sqrt(law * (1 - law) / draws)
    apart = np.abs(np.bincount(drawn, minlength=n + 1) / draws - law)
    return Check(
        model="quorum: colluders in a committee of 9 from a pool of 18",
        against="numpy's hypergeometric sampler",
        source="numpy.random.Generator.hypergeometric",
        error=float((apart[law > 0] / spread[law > 0]).max()),
        tolerance=4.5,
        why=f"standard errors of {draws:,} draws, the largest of ten frequencies",
        test=f"{TESTS}::test_the_pool_against_another_sampler",
    )


def _played() -> list[Check]:
    found = []
    habits = Habits(0.3, 0.05, 0.05)
    for mode, words in (("rush", "in turn, colluders first"), ("commit", "committed first")):
        rng = np.random.default_rng(1)
        kinds = draw(rng, PLAYED, 5, 20, habits)
        wrong = sum(play(row, 3, mode, rng).outcome == WRONG for row in kinds) / PLAYED
        law = chances(5, 3, mode, habits, 20).wrong
        found.append(
            Check(
                model=f"quorum: messages sent and checked, {words}",
                against=f"the exact law of a wrong answer, {law:.4f}",
                source="tests/verification/test_quorum_laws.py",
                error=abs(wrong - law) / (law * (1 - law) / PLAYED) ** 0.5,
                tolerance=4.5,
                why=f"standard errors of {PLAYED:,} committees",
                test=f"{TESTS}::test_committees_played_message_by_message_follow_the_law",
            )
        )
    return found
