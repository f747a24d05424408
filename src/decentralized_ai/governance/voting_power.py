"""How often one vote decides: the indices of Banzhaf and of Shapley and Shubik, counted exactly.

Both count swings: coalitions that win with a player and lose without it. Coalitions are grouped by
their weight, so that the count of 51 states takes thousands of steps and not 2^51.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction


def swings(weights: Sequence[int], quota: int, player: int) -> dict[int, int]:
    """For each size, the number of coalitions of the others that win only with `player`."""
    counts: dict[tuple[int, int], int] = {(0, 0): 1}  # (members, weight) -> coalitions
    for at, weight in enumerate(weights):
        if at == player:
            continue
        grown: defaultdict[tuple[int, int], int] = defaultdict(int, counts)
        for (members, total), count in counts.items():
            if total + weight < quota:  # heavier ones win anyway
                grown[members + 1, total + weight] += count
        counts = dict(grown)
    found: defaultdict[int, int] = defaultdict(int)
    for (members, total), count in counts.items():
        if total < quota <= total + weights[player]:
            found[members] += count
    return dict(found)


def decides(weights: Sequence[int], quota: int, player: int) -> Fraction:
    """The chance that a player's vote changes the outcome when all others toss coins."""
    return Fraction(sum(swings(weights, quota, player).values()), 2 ** (len(weights) - 1))


def banzhaf(weights: Sequence[int], quota: int) -> tuple[Fraction, ...]:
    """The normalised index: each player's part of all swings."""
    counts = [sum(swings(weights, quota, i).values()) for i in range(len(weights))]
    return tuple(Fraction(count, sum(counts)) for count in counts)


def shapley_shubik(weights: Sequence[int], quota: int) -> tuple[Fraction, ...]:
    """The chance of being the one whose vote decides when all come in random order."""
    n = len(weights)
    orders = math.factorial(n)

    def of(player: int) -> Fraction:
        found = swings(weights, quota, player)
        return Fraction(
            sum(
                count * math.factorial(size) * math.factorial(n - size - 1)
                for size, count in found.items()
            ),
            orders,
        )

    return tuple(of(i) for i in range(n))


def oceanic(share: float, quota: float) -> float:
    """Shapley and Shubik's index of one holder among infinitely many small ones: where in the line
    of the others its vote decides (Milnor and Shapley)."""
    if not 0 <= share < 1 or not 0 < quota <= 1:
        raise ValueError("share must be from 0 to below 1, quota above 0 and at most 1")
    low, high = (quota - share) / (1 - share), quota / (1 - share)
    return max(0.0, min(1.0, high) - max(0.0, low))
