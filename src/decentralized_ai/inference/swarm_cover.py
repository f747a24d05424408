"""The chance that spans put down at random leave no block out."""

from __future__ import annotations

import math
from functools import cache


@cache
def chance_of_cover(blocks: int, length: int, count: int) -> float:
    """The chance that `count` spans of `length` blocks, each put at random, leave no block out.

    All are covered if and only if some span starts at the first block, some at the last possible
    one, and no two starts in use that follow each other are more than `length` apart. So count the
    sets of starts of each size that fit, and the ways to deal `count` servers onto all of a set.
    Whole numbers throughout: exact.
    """
    last = blocks - length
    if length < 1 or last < 0:
        raise ValueError(f"{length} blocks of {blocks}")
    # sets[i][k]: sets of k starts that begin with 0, end with i, and leave no gap.
    sets: list[list[int]] = []
    for i in range(last + 1):
        row = [0] * (count + 2)
        if i == 0:
            row[1] = 1
        for j in range(max(0, i - length), i):
            for k in range(1, count + 1):
                row[k + 1] += sets[j][k]
        sets.append(row)
    ways = sum(sets[last][k] * _onto(count, k) for k in range(1, count + 1))
    return ways / (last + 1) ** count


def _onto(count: int, k: int) -> int:
    """Ways to deal `count` different things into `k` different boxes, none empty."""
    return sum((-1) ** i * math.comb(k, i) * (k - i) ** count for i in range(k + 1))
