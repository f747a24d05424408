"""How many parties it takes: of one layer by their shares, and of a system by its layers.

B. Srinivasan and L. Lee, "Quantifying decentralization" (2017): the Nakamoto coefficient of a
subsystem is the least number of entities that together hold more than a threshold of it; that of
a system is the smallest of its subsystems'.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

Share = float | Fraction


def coefficient(shares: Sequence[Share], threshold: Share = Fraction(1, 2)) -> int:
    """The least number of holders with more than `threshold` of all. Shares need not sum to one;
    ValueError if there is nothing to hold, or if even all of them have no more than that."""
    held = sorted(shares, reverse=True)
    if not held or held[-1] < 0 or not sum(held) > 0:
        raise ValueError("shares must be at least one number above zero, and none below")
    total = math.fsum(held) if any(isinstance(share, float) for share in held) else sum(held)
    reached: Share = 0
    for count, share in enumerate(held, 1):
        reached += share
        if reached > threshold * total:
            return count
    raise ValueError(f"all shares together are no more than {threshold} of themselves")


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
