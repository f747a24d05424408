"""How concentrated one distribution is, in four numbers; and a system by its layers.

Gini and Herfindahl-Hirschman are exact fractions, and so is what decides the Nakamoto coefficient:
B. Srinivasan and L. Lee, "Quantifying decentralization" (2017), the least number of entities that
together hold more than a threshold; of a system, the smallest of its subsystems'. The evenness is
Pielou's: Shannon's entropy over the largest that as many holders could have.

Amounts need not sum to one. All functions see accounts: who owns them is not in the numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

Share = int | float | Fraction
HALF = Fraction(1, 2)


def amounts(held: Sequence[Share]) -> list[int]:
    """Whole numbers in the same proportion. ValueError unless there is at least one, none is below
    zero or no number, and some are above zero."""
    try:
        exact = [x if type(x) is int else Fraction(x) for x in held]
    except (ValueError, OverflowError) as error:  # NaN and infinity
        raise ValueError("every amount must be a finite number") from error
    if not exact or min(exact) < 0 or not sum(exact) > 0:
        raise ValueError("amounts must be at least one number above zero, and none below")
    unit = math.lcm(*{x.denominator for x in exact})
    return [x.numerator * (unit // x.denominator) for x in exact]


def gini(held: Sequence[Share]) -> Fraction:
    """Half the mean difference between two holders, over the mean: 0 if all hold the same, and
    (n - 1) / n if one of n holds everything. Who holds nothing counts, if it is listed."""
    ranked = sorted(amounts(held))
    n = len(ranked)
    return Fraction(sum((2 * i - n + 1) * x for i, x in enumerate(ranked)), n * sum(ranked))


def herfindahl(held: Sequence[Share]) -> Fraction:
    """Sum of squared shares: 1 / n for n equal holders, 1 for a single one. One over it is the
    number of equal holders that are as concentrated. Times 10,000 it is in merger guidelines."""
    exact = amounts(held)
    return Fraction(sum(x * x for x in exact), sum(exact) ** 2)


def coefficient(held: Sequence[Share], threshold: Share = HALF) -> int:
    """Nakamoto: the least number of holders with more than `threshold` of all. ValueError if there
    is nothing to hold, or if even all of them have no more than that."""
    exact = sorted(amounts(held), reverse=True)
    needed = Fraction(threshold) * sum(exact)
    for count, reached in enumerate(itertools.accumulate(exact), 1):
        if reached > needed:
            return count
    raise ValueError(f"all shares together are no more than {threshold} of themselves")


def evenness(held: Sequence[Share]) -> float:
    """Shannon's entropy over ln n: 1 if all hold the same, near 0 if one has nearly everything.
    ValueError for a single holder, of whom it says nothing: ln 1 is zero."""
    exact = amounts(held)
    if len(exact) < 2:
        raise ValueError("evenness takes at least two holders")
    total = sum(exact)
    shares = [x / total for x in exact if x]
    return abs(math.fsum(p * math.log(p) for p in shares)) / math.log(len(exact))


def lorenz(held: Sequence[Share]) -> list[tuple[Fraction, Fraction]]:
    """Corners of the Lorenz curve: (share of holders, the poorest first; share of all that they
    hold). One point where the slope changes; from (0, 0) to (1, 1)."""
    ranked = sorted(amounts(held))
    n, total = len(ranked), sum(ranked)
    corners, at, reached = [(Fraction(0), Fraction(0))], 0, 0
    for amount, same in itertools.groupby(ranked):
        count = len(list(same))
        at, reached = at + count, reached + count * amount
        corners.append((Fraction(at, n), Fraction(reached, total)))
    return corners


def minimum(subsystems: Mapping[str, int]) -> int:
    """Of a system that fails when any of its subsystems is stopped."""
    return min(subsystems.values())


def redundant(subsystems: Mapping[str, int]) -> int:
    """Of a system that fails only when all its subsystems are stopped, such as copies and forks
    that have no party in common."""
    return sum(subsystems.values())


def smallest_cut(layers: Sequence[Mapping[str, int]], needed: Sequence[int]) -> int:
    """By trying every set of parties: the least number whose leaving stops some layer.

    layers: for each layer, the votes (or machines) of each party that it has; a party may stand in
    several. needed: the votes that each layer needs to work. For tests; exponential in parties.
    """
    parties = sorted({party for layer in layers for party in layer})
    for size in range(len(parties) + 1):
        for gone in itertools.combinations(parties, size):
            for layer, least in zip(layers, needed, strict=True):
                if sum(votes for party, votes in layer.items() if party not in gone) < least:
                    return size
    raise ValueError("no set of parties stops any layer")
