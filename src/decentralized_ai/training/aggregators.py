"""Rules that make one vector of many, some of which may be lies.

Every rule takes the vectors (n, d) of n workers, a row each, and f, the number of attackers that it
is to withstand; it returns (d,). Which rows are the attackers' nobody knows. Each rule has a formal
limit: the largest f for which its authors promise anything. More is refused with TooManyAttackers.
A vector with a number that is not finite is refused too: a server throws such a vector away first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.floating]
SURE = 1e-12  # weights closer than this have settled


class TooManyAttackers(ValueError):
    """More attackers than a rule's authors promise to withstand. The message states the limit."""


def mean(vectors: Vectors, f: int = 0) -> Vectors:
    """The plain average. It withstands nobody: one vector moves it anywhere (Blanchard et al. 2017,
    as any linear rule). f is not used."""
    return _finite(vectors).mean(axis=0)


def median(vectors: Vectors, f: int) -> Vectors:
    """Each coordinate's median by itself (Yin et al. 2018). For an even n the mean of the two in
    the middle, as numpy does; torch takes the lower one."""
    _check("median", vectors, f)
    n = len(vectors)
    ordered = np.sort(vectors, axis=0)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2


def trimmed_mean(vectors: Vectors, f: int) -> Vectors:
    """Each coordinate without its f largest and its f smallest values (Yin et al. 2018)."""
    _check("trimmed", vectors, f)
    return np.sort(vectors, axis=0)[f : len(vectors) - f].mean(axis=0)


def krum(vectors: Vectors, f: int, spare: int = 2) -> Vectors:
    """The vector whose n - f - spare nearest others are nearest (Blanchard et al. 2017).

    The paper and Flower have spare=2. byzfl 0.0.11 has spare=1, and may choose another vector.
    """
    _check("krum", vectors, f)
    scores = krum_scores(squared_distances(vectors), len(vectors) - f - spare)
    return vectors[int(np.argmin(scores))].copy()


def multi_krum(vectors: Vectors, f: int, spare: int = 2, keep: int | None = None) -> Vectors:
    """The mean of the `keep` vectors with the best scores of Krum. Blanchard et al. leave `keep`
    free between 1 (Krum) and n (the mean); left out it is n - f, as in byzfl."""
    _check("multi_krum", vectors, f)
    n = len(vectors)
    keep = n - f if keep is None else keep
    if not 1 <= keep <= n:
        raise ValueError(f"Multi-Krum can keep 1 to {n} of {n} vectors, not {keep}")
    scores = krum_scores(squared_distances(vectors), n - f - spare)
    return vectors[np.argsort(scores, kind="stable")[:keep]].mean(axis=0)


def geometric_median(vectors: Vectors, f: int, nu: float = 1e-6, most: int = 2000) -> Vectors:
    """The point with the smallest sum of distances to all vectors, by Weiszfeld's iteration as
    smoothed by Pillutla et al. 2022 (no distance counts as less than nu).

    The point is a weighted mean of the vectors, and its distance to each of them follows from the
    distances between them, so that a step costs n^2 whatever d is. At most `most` steps.
    """
    _check("geometric_median", vectors, f)
    squared = squared_distances(vectors)
    n, weights = len(vectors), np.full(len(vectors), 1 / len(vectors))
    for _ in range(most):
        to_all = squared @ weights
        away = np.sqrt(np.maximum(to_all - 0.5 * (weights @ to_all), nu * nu))
        closer = 1 / away
        closer /= closer.sum()
        moved, weights = np.abs(closer - weights).max(), closer
        if moved < SURE * n:
            break
    return (weights.astype(vectors.dtype)[:, None] * vectors).sum(axis=0)


def centered_clipping(
    vectors: Vectors,
    f: int,
    center: Vectors | None = None,
    radius: float = 1.0,
    rounds: int = 1,
) -> Vectors:
    """The mean of the vectors, each first pulled to within `radius` of `center` (Karimireddy et al.
    2021, algorithm 1): center + mean(clip(vector - center)). The answer is the next round's center,
    and, in training, the next step's: the rule remembers. Without a center it starts at zero.
    """
    _check("clipping", vectors, f)
    here = np.zeros_like(vectors[0]) if center is None else center
    for _ in range(rounds):
        away = vectors - here
        length = np.sqrt(np.einsum("nd,nd->n", away, away))
        factor = radius / np.maximum(length, radius)
        here = here + (factor.astype(vectors.dtype)[:, None] * away).mean(axis=0)
    return here


def bulyan(vectors: Vectors, f: int, spare: int = 2) -> Vectors:
    """Krum picks n - 2f vectors, one after the other, each among those still there; then in each
    coordinate the mean of the n - 4f picked values nearest to their median (El Mhamdi et al. 2018,
    as Flower's aggregate_bulyan with Krum). Needs n >= 4f + 3. Where the nearest one decides, two
    that are nearest to each other have the same score: the first of them is picked."""
    _check("bulyan", vectors, f)
    squared, left = squared_distances(vectors), list(range(len(vectors)))
    picked: list[int] = []
    while len(picked) < len(vectors) - 2 * f:
        # The last ones have no more than f + spare others: then the nearest one decides.
        among = krum_scores(squared[np.ix_(left, left)], max(1, len(left) - f - spare))
        picked.append(left.pop(int(np.argmin(among))))
    chosen, keep = np.sort(vectors[picked], axis=0), len(vectors) - 4 * f
    middle = (chosen[(len(chosen) - 1) // 2] + chosen[len(chosen) // 2]) / 2
    nearest = np.argpartition(np.abs(chosen - middle), keep - 1, axis=0)[:keep]
    return np.take_along_axis(chosen, nearest, axis=0).mean(axis=0)


def squared_distances(vectors: Vectors) -> NDArray[np.float64]:
    """(n, n): the squared distance of each two vectors, by differences (a Gram matrix would lose
    the small ones beside an attacker far away)."""
    squared = np.zeros((len(vectors), len(vectors)))
    for i in range(len(vectors) - 1):
        away = vectors[i + 1 :] - vectors[i]
        squared[i, i + 1 :] = squared[i + 1 :, i] = np.einsum("nd,nd->n", away, away)
    return squared


def krum_scores(squared: NDArray[np.float64], nearest: int) -> NDArray[np.float64]:
    """For each vector the sum of squared distances to its `nearest` nearest others."""
    # A vector's distance to itself, nought, stands first in its row.
    return np.sort(squared, axis=1)[:, 1 : nearest + 1].sum(axis=1)


@dataclass(frozen=True)
class Rule:
    """limit: the largest f of n workers with a promise, or None for a rule that promises nothing.
    needs: the condition behind the limit, as its authors write it. remembers: takes a center."""

    name: str
    combine: Callable[..., Vectors]
    limit: Callable[[int], int | None]
    needs: str
    remembers: bool = False


def _half(n: int) -> int:
    return (n - 1) // 2


RULES = {
    "mean": Rule("Mean", mean, lambda n: None, "nothing"),
    "median": Rule("Median", median, _half, "2f < n"),
    "trimmed": Rule("Trimmed mean", trimmed_mean, _half, "2f < n"),
    "geometric_median": Rule("Geometric median", geometric_median, _half, "2f < n"),
    "clipping": Rule("Centered clipping", centered_clipping, _half, "2f < n", remembers=True),
    "krum": Rule("Krum", krum, lambda n: (n - 3) // 2, "2f + 2 < n"),
    "multi_krum": Rule("Multi-Krum", multi_krum, lambda n: (n - 3) // 2, "2f + 2 < n"),
    "bulyan": Rule("Bulyan", bulyan, lambda n: (n - 3) // 4, "4f + 3 <= n"),
}


def refusal(rule: str, n: int, f: int) -> str | None:
    """Why a rule does not work with f attackers among n workers, or None if it does."""
    limit = RULES[rule].limit(n)
    if limit is None or f <= limit:
        return None
    most = f"at most {limit}" if limit > 0 else "no"
    one = "" if limit == 1 else "s"
    return f"{RULES[rule].name} needs {RULES[rule].needs}: with {n} workers {most} attacker{one}"


def _check(rule: str, vectors: Vectors, f: int) -> None:
    _finite(vectors)
    if f < 0:
        raise ValueError(f"there cannot be {f} attackers")
    if words := refusal(rule, len(vectors), f):
        raise TooManyAttackers(f"{words}, not {f}")


def _finite(vectors: Vectors) -> Vectors:
    if vectors.ndim != 2 or not vectors.size:
        raise ValueError(f"vectors must be an array (n, d), not of shape {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("a vector holds a number that is not finite")
    return vectors
