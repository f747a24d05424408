"""governance/concentration.py against closed forms, others' code and published figures."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

from ..governance.concentration import coefficient, evenness, gini, herfindahl
from ..governance.concentration_accounts import layer
from .check import Check

TESTS = "tests/governance/test_concentration.py"
SLICES = 4000
# Asserted by the University of Edinburgh's consensus-decentralization, tests/test_metrics.py.
GINI, INDEX = ([368, 156, 20, 7, 10, 49, 22, 1], 0.67792), ([8, 6, 3, 3], 2950)
EVENNESS = ([3, 2, 1], 0.921)


def pareto_gini(a: float) -> float:
    """Of a Pareto law with exponent a, cut into slices of equal probability, each at its mean."""

    def above(u: float) -> float:  # the part of the mean that lies above quantile u
        return float((1 - u) ** (1 - 1 / a))

    means = [above(i / SLICES) - above((i + 1) / SLICES) for i in range(SLICES)]
    return float(gini(means))


def programs(shares: list[int], published: float) -> int:
    """How long a list must be, at least, for the Gini to be the published one to two digits: the
    rest of 100% with one more holder, and all others at nearly nothing, gives the largest Gini."""
    rest = 100 - sum(shares)
    n = len(shares) + 1
    while round(float(gini([*shares, rest, *[0] * (n - len(shares) - 1)])), 2) < published:
        n += 1
    return n


def checks() -> list[Check]:
    """Well below a second."""
    rng = random.Random(4)
    drawn = [[rng.randint(0, 99) for _ in range(rng.randint(2, 12))] + [1] for _ in range(200)]
    two_ways = max(
        abs(
            gini(held)
            - Fraction(
                sum(abs(a - b) for a, b in itertools.product(held, repeat=2)),
                2 * len(held) * sum(held),
            )
        )
        for held in drawn
    )
    compute = layer("compute")
    top = sum(sorted(compute, reverse=True)[:5]) / sum(compute)
    return [
        Check(
            model="concentration: Gini by ranks, 200 drawn distributions",
            against="the mean difference over all pairs, by definition",
            source=TESTS,
            error=float(two_ways),
            tolerance=0.0,
            why="fractions on both sides",
            test=f"{TESTS}::test_the_gini_is_the_mean_difference_and_the_area",
        ),
        Check(
            model="concentration: Gini of Pareto's law, a = 1.5 to 6",
            against="1 / (2 a - 1)",
            source=TESTS,
            error=max(abs(pareto_gini(a) - 1 / (2 * a - 1)) for a in (1.5, 2.0, 3.0, 6.0)),
            tolerance=1e-4,
            why=f"{SLICES} slices of the law, each at its mean",
            test=f"{TESTS}::test_paretos_law",
        ),
        Check(
            model="concentration: Gini of eight holders",
            against=f"{GINI[1]}, asserted in others' code",
            source="edinburgh_metrics",
            error=abs(float(gini(GINI[0])) - GINI[1]),
            tolerance=5e-6,
            why="printed with five digits",
            test=f"{TESTS}::test_the_gini_of_others",
        ),
        Check(
            model="concentration: Herfindahl-Hirschman index of 40, 30, 15 and 15%",
            against=f"{INDEX[1]:,}, asserted in others' code",
            source="edinburgh_metrics",
            error=abs(float(10_000 * herfindahl(INDEX[0])) - INDEX[1]),
            tolerance=0.0,
            why="whole numbers on both sides",
            test=f"{TESTS}::test_the_index_of_others",
        ),
        Check(
            model="concentration: evenness of 3, 2 and 1",
            against=f"{EVENNESS[1]}, asserted in others' code",
            source="edinburgh_metrics",
            error=abs(evenness(EVENNESS[0]) - EVENNESS[1]),
            tolerance=5e-4,
            why="printed with three digits",
            test=f"{TESTS}::test_the_entropy_of_others",
        ),
        Check(
            model="concentration: index of 30, 30, 20 and 20%",
            against="2,600, the example of the US Department of Justice",
            source="hhi2023",
            error=abs(float(10_000 * herfindahl([30, 30, 20, 20])) - 2600),
            tolerance=0.0,
            why="whole numbers on both sides",
            test=f"{TESTS}::test_the_guidelines_example",
        ),
        Check(
            model="concentration: clients of Ethereum in 2017, how many pass half",
            against="1, from shares of 76% and 16%",
            source="srinivasan2017",
            error=abs(coefficient([76, 16, 8]) - 1),
            tolerance=0.0,
            why="their Gini of 0.92 takes a list of 20 programs or more, which they do not print",
            test=f"{TESTS}::test_the_gini_of_ethereums_clients_hangs_on_how_many_are_listed",
        ),
        Check(
            model="concentration: share of the five largest owners of AI chips, April 2026",
            against="Epoch AI's 71%, from shares that a press report rounds",
            source="epoch_erratum",
            error=abs(top - 0.71),
            tolerance=0.005,
            why="the rest was set by that total; each share is rounded to 100,000 chips",
            test="tests/demos/test_concentration.py::test_presets_say_what_was_published",
        ),
    ]
