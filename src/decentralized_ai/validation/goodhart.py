"""governance/goodhart*.py against tables, closed forms, and a published law of overoptimisation."""

from __future__ import annotations

import math

import numpy as np

from ..governance.goodhart import (
    NORMAL,
    Contest,
    distortion,
    expected_best,
    intensity,
    kl_best_of,
)
from ..governance.goodhart_rounds import play
from .check import Check

TESTS = "tests/governance/test_goodhart.py"
SEEDS, OPERATORS = 60, 3000
# Gao, Schulman and Hilton (2022), figure 3, read off by others: (model, alpha, beta).
LAW = (("3M", 0.490, 0.120), ("85M", 0.599, 0.106), ("3B", 0.662, 0.090))
# Standardised selection differential by share kept: lecture notes on animal breeding.
BREEDERS = ((0.05, 2.063), (0.1, 1.755), (0.2, 1.4), (0.5, 0.798), (0.9, 0.195))


def fitted(alpha: float, beta: float, kept: float = 0.3) -> Contest:
    """The contest, all gaming and no luck, whose worth follows that law."""
    tie = alpha / math.sqrt(2)
    return Contest(tie, 1.0, beta / (1 - tie * tie), kept)


def best_of(contest: Contest, n: int) -> float:
    """Expected worth of the best of n by score, in one round, by summing over its density."""
    width, total = 0.01, 0.0
    for j in range(-900, 901):
        s = j * width
        chance = n * NORMAL.pdf(s) * NORMAL.cdf(s) ** (n - 1) * width
        worth = contest.tie * s - contest.harm / 2 * contest.gaming_weight * (s * s - 1)
        total += chance * worth
    return total


def simulated(contest: Contest, rounds: int) -> tuple[float, float]:
    """(Mean worth of those kept in the last round over SEEDS runs, its standard error)."""
    last = [play(contest, rounds, OPERATORS, seed)[-1] for seed in range(SEEDS)]
    worths = np.array([one.of_kept(one.worth) for one in last])
    return float(worths.mean()), float(worths.std(ddof=1) / math.sqrt(SEEDS))


def checks() -> list[Check]:
    """About half a second."""
    contest = Contest(0.7, 0.5, 0.5, 0.1)
    mean, error = simulated(contest, 4)
    small, large = fitted(*LAW[0][1:]), fitted(*LAW[2][1:])
    law = max(
        abs(best_of(fitted(alpha, beta), n) - d * (alpha - beta * d))
        for _, alpha, beta in LAW
        for n in (2, 10, 100, 1000)
        for d in (math.sqrt(kl_best_of(n)),)
    )
    pay, part = distortion((1.0, 0.0), (0.6, 0.8))
    return [
        Check(
            model="goodhart: lead in score of those kept, by share kept",
            against="the table of breeders, shares of 5 to 90%",
            source="selection_table",
            error=max(abs(intensity(kept)[0] - s) for kept, s in BREEDERS),
            tolerance=5e-4,
            why="printed with three digits",
            test=f"{TESTS}::test_the_breeders_table",
        ),
        Check(
            model="goodhart: worth of those kept in the fourth round, drawn operators",
            against="the closed form",
            source="manheim2018",
            error=abs(mean - contest.quality(4)),
            tolerance=4.5 * error + 0.03,
            why=f"4.5 standard errors of {SEEDS} runs, and 0.03 for {OPERATORS:,} operators only",
            test=f"{TESTS}::test_drawn_operators_land_on_the_closed_form",
        ),
        Check(
            model="goodhart: where more push makes a judge of 3 million parameters worse",
            against="a measured peak of 0.50 near 4.2 nats, read off a figure",
            source="gao2022",
            error=abs(small.worth(small.turn()) - 0.50),
            tolerance=0.01,
            why="the peak as two digits of a plot; coefficients read off another to 0.003",
            test=f"{TESTS}::test_the_plotted_scores",
        ),
        Check(
            model="goodhart: a judge of 3 billion parameters at 10 nats",
            against="1.24, read off a figure",
            source="gao2022",
            error=abs(large.worth(math.sqrt(20)) - 1.24),
            tolerance=0.06,
            why="the authors' law itself is 0.05 below their plot there",
            test=f"{TESTS}::test_the_plotted_scores",
        ),
        Check(
            model="goodhart: the best of n in one round, n up to 1,000, three judges",
            against="the published law in the root of log n - (n - 1) / n",
            source="gao2022",
            error=law,
            tolerance=0.1,
            why="the law is exact for shifted operators; a best of n is not quite a shift",
            test=f"{TESTS}::test_the_best_of_n_is_near_the_law",
        ),
        Check(
            model="goodhart: mean of the best of two, three, four and five",
            against="closed forms",
            source=TESTS,
            error=max(
                abs(expected_best(n) - exact)
                for n, exact in (
                    (2, 1 / math.sqrt(math.pi)),
                    (3, 1.5 / math.sqrt(math.pi)),
                    (4, 6 / math.sqrt(math.pi) * (0.25 + math.asin(1 / 3) / (2 * math.pi))),
                    (5, 10 / math.sqrt(math.pi) * (0.125 + 0.75 * math.asin(1 / 3) / math.pi)),
                )
            ),
            tolerance=1e-9,
            why="a sum over the density",
            test=f"{TESTS}::test_the_mean_of_the_best_of_a_few",
        ),
        Check(
            model="goodhart: what paying for a measure at an angle is worth",
            against="squared cosine, by trying every pay",
            source="baker2002",
            error=max(abs(pay - 0.6), abs(part - 0.36)),
            tolerance=1e-12,
            why="closed forms on both sides",
            test=f"{TESTS}::test_pay_by_trying_it",
        ),
    ]
