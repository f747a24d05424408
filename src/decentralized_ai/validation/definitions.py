"""definitions/: the smallest layer against every set of parties, and numbers others published."""

from __future__ import annotations

import itertools
import random

from ..governance.concentration import coefficient, minimum, smallest_cut
from .check import Check

TESTS = "tests/definitions/test_definitions.py"
CHAINS = 400
# Srinivasan and Lee, July 2017: Ethereum's clients, and commits to the larger of them.
CLIENTS, GETH_DEVELOPERS, PUBLISHED = (76, 16, 8), 2, 1


def drawn(seed: int = 3) -> list[tuple[list[dict[str, int]], list[int]]]:
    """Systems of one to three layers among seven parties, who may stand in several."""
    rng = random.Random(seed)
    found = []
    for _ in range(CHAINS):
        layers = [
            {party: rng.randint(1, 4) for party in rng.sample("abcdefg", rng.randint(1, 5))}
            for _ in range(rng.randint(1, 3))
        ]
        found.append((layers, [rng.randint(1, sum(layer.values())) for layer in layers]))
    return found


def alone(layer: dict[str, int], needed: int) -> int:
    """The least number of parties to stop one layer: the largest leave first."""
    votes = sorted(layer.values(), reverse=True)
    gone = itertools.accumulate(votes)
    return next(n for n, lost in enumerate(gone, 1) if sum(votes) - lost < needed)


def checks() -> list[Check]:
    """Well below a second."""
    wrong = sum(
        smallest_cut(layers, needed)
        != minimum(
            {str(i): alone(*pair) for i, pair in enumerate(zip(layers, needed, strict=True))}
        )
        for layers, needed in drawn()
    )
    equal = max(abs(coefficient([3] * n) - (n // 2 + 1)) for n in range(1, 301))
    ethereum = minimum({"clients": coefficient(CLIENTS), "geth developers": GETH_DEVELOPERS})
    return [
        Check(
            model=f"definitions: the weakest layer decides, {CHAINS} drawn systems",
            against="the smallest set of parties that stops them, by trying every set",
            source=TESTS,
            error=float(wrong),
            tolerance=0.0,
            why="systems in which the two differ; parties may stand in several layers",
            test=f"{TESTS}::test_the_smallest_layer_is_the_smallest_cut_by_trying_every_set",
        ),
        Check(
            model="definitions: parties that hold more than half, up to 300 equal ones",
            against="n // 2 + 1",
            source="srinivasan2017",
            error=float(equal),
            tolerance=0.0,
            why="whole numbers on both sides",
            test=f"{TESTS}::test_equal_holders",
        ),
        Check(
            model="definitions: smallest number over Ethereum's clients and developers of 2017",
            against=f"the authors' {PUBLISHED}, from shares of 76% and 16%",
            source="srinivasan2017",
            error=float(abs(ethereum - PUBLISHED)),
            tolerance=0.0,
            why="two of their six subsystems; the shares of the others stand in pictures",
            test=f"{TESTS}::test_what_srinivasan_and_lee_published",
        ),
    ]
