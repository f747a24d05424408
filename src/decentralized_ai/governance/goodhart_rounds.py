"""The contest of goodhart.py with operators that are drawn, round by round."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .goodhart import Contest, Floats


@dataclass(frozen=True)
class Round:
    """score and worth of every operator; kept: whether it is among the best by score; mean: the
    operators' quality and gaming before that round."""

    score: Floats
    worth: Floats
    games: Floats
    kept: np.ndarray
    mean: tuple[float, float]

    def of_kept(self, what: Floats) -> float:
        """Mean over those kept."""
        return math.fsum(what[self.kept].tolist()) / int(self.kept.sum())


def play(contest: Contest, rounds: int, operators: int, seed: int) -> list[Round]:
    """At least one operator is kept. Sums are exact, so that the same operators win everywhere."""
    rng = np.random.default_rng(seed)
    r, k = contest.tie, math.sqrt(contest.gaming_weight)
    luck = math.sqrt((1 - r * r) * (1 - contest.gaming))
    count = max(1, round(contest.kept * operators))
    quality, gaming = 0.0, 0.0
    found = []
    for _ in range(rounds):
        x = quality + rng.standard_normal(operators)
        y = gaming + rng.standard_normal(operators)
        e = rng.standard_normal(operators)
        score = r * x + k * y + luck * e
        kept = np.zeros(operators, dtype=bool)
        kept[np.argsort(-score, kind="stable")[:count]] = True
        worth = x - contest.harm / 2 * (y * y - 1)
        found.append(Round(score, worth, y, kept, (quality, gaming)))
        quality = math.fsum(x[kept].tolist()) / count
        gaming = math.fsum(y[kept].tolist()) / count
    return found
