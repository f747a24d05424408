"""What a score makes of operators that it selects: quality, gaming and luck, all standard normal.

An operator's score is S = r x + k y + l e: x is real quality, y what pleases the score and nothing
else (gaming), e luck, new in every measurement; r^2 + k^2 + l^2 = 1, so r is the correlation of
score and quality among those whom nobody has selected yet. What an operator is worth is
v = x - h (y^2 - 1) / 2: gaming does no harm near the usual, and the more the further from it.

Each round the best share p by score is kept, and then everybody becomes like the average of those
kept, with variations of their own. All of it has closed forms: the mean of a normal above its
quantile (N. L. Johnson and S. Kotz), and its square. They are the regressional and the extremal
case of D. Manheim and S. Garrabrant, "Categorizing variants of Goodhart's law" (2018).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NORMAL = NormalDist()


def intensity(kept: float) -> tuple[float, float]:
    """(mean of a standard normal in its upper share `kept`, the quantile where that begins)."""
    if not 0 < kept < 1:
        raise ValueError("the share that is kept lies between 0 and 1")
    z = NORMAL.inv_cdf(1 - kept)
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / kept, z


@dataclass(frozen=True)
class Contest:
    """tie: correlation of score and quality. gaming: of the rest of the score's variance, the part
    that is gaming; what is left is luck. harm: h above. kept: share that is kept each round."""

    tie: float
    gaming: float
    harm: float
    kept: float

    def __post_init__(self) -> None:
        if not (0 <= self.tie <= 1 and 0 <= self.gaming <= 1 and self.harm >= 0):
            raise ValueError("tie and gaming are shares, harm is not below zero")
        intensity(self.kept)

    @cached_property
    def gaming_weight(self) -> float:
        """Of gaming in the score, squared."""
        return (1 - self.tie * self.tie) * self.gaming

    @cached_property
    def pull(self) -> float:
        """Standard deviations of score by which those kept are ahead of all."""
        return intensity(self.kept)[0]

    def score(self, rounds: int) -> float:
        """Of those kept in that round, in the first operators' standard deviations. What was luck
        is not inherited."""
        lasting = self.tie * self.tie + self.gaming_weight
        return ((rounds - 1) * lasting + 1) * self.pull

    def games(self, rounds: int) -> float:
        """Mean gaming of those kept in that round."""
        return rounds * math.sqrt(self.gaming_weight) * self.pull

    def quality(self, rounds: int) -> float:
        """Expected worth of those kept in that round; the first operators are worth nought."""
        i, z = intensity(self.kept)
        before, k2 = rounds - 1, self.gaming_weight
        square = k2 * i * (before * before * i + 2 * before * i + z)
        return rounds * self.tie * i - self.harm / 2 * square

    def worth(self, push: float) -> float:
        """Of operators moved by `push` standard deviations along the score's slope, whether by
        copying or because they are paid for it (G. Baker, 2002)."""
        return self.tie * push - self.harm / 2 * self.gaming_weight * push * push

    def turn(self) -> float:
        """The push after which more of it makes things worse; infinite if none does."""
        bend = self.harm * self.gaming_weight
        return self.tie / bend if bend else math.inf

    def bends(self) -> tuple[float, float]:
        """(alpha, beta) of worth = d (alpha - beta d) in d = push / sqrt(2), the root of the
        divergence (in nats) of moved operators from the first: the law of L. Gao, J. Schulman and
        J. Hilton (2022)."""
        return math.sqrt(2) * self.tie, self.harm * self.gaming_weight


def kl_best_of(n: int) -> float:
    """Divergence, in nats, of the best of n draws from one draw: log n - (n - 1) / n."""
    if n < 1:
        raise ValueError("the best of at least one")
    return math.log(n) - (n - 1) / n


def expected_best(n: int, points: int = 400) -> float:
    """Mean of the largest of n standard normals: the mean of its quantile at u^(1/n), u uniform."""
    if n < 1:
        raise ValueError("the best of at least one")
    width = (
        20 / points
    )  # the trapezium rule on [-10, 10] is exact to rounding for such smooth tails
    at = [-10 + width * (j + 0.5) for j in range(points)]
    return math.fsum(
        width * x * n * NORMAL.pdf(x) * math.exp((n - 1) * math.log(max(NORMAL.cdf(x), 1e-300)))
        for x in at
    )


def distortion(value: tuple[float, ...], measure: tuple[float, ...]) -> tuple[float, float]:
    """Pay for a measure, when what counts is a value, both linear in several efforts whose costs
    are half their squares: (best pay per point, value less cost there as a part of what paying for
    the value itself would give). The part is the squared cosine of the angle between the two
    (Baker, 2002); ValueError if one of them depends on no effort."""
    both = math.fsum(a * b for a, b in zip(value, measure, strict=True))
    mine, theirs = math.fsum(a * a for a in value), math.fsum(b * b for b in measure)
    if not mine or not theirs:
        raise ValueError("both must depend on some effort")
    return both / theirs, both * both / (mine * theirs)
