"""Rules that make one vector of many, some of which may be lies.

Every rule takes the vectors (n, d) of n workers, a row each, and f, the number of attackers that it
is to withstand; it returns (d,). Which rows are the attackers' nobody knows. Each rule has a formal
limit: the largest f for which its authors promise anything. More is refused with TooManyAttackers.
The limit of centered clipping, less than half, is this book's own: we have not read its theorem.
A vector with a number that is not finite is refused too: a server throws such a vector away first.
Whole numbers count as float64; single precision in is single precision out. Distances are float64,
as a liar may be so far away that its square is too large for single precision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.floating]
SURE = 1e-12  # weights closer than this have settled
SETTLED = 1e-9  # of a typical distance: a point that moves by less has settled


class TooManyAttackers(ValueError):
    """More attackers than a rule's authors promise to withstand. The message states the limit."""


def mean(vectors: Vectors, f: int = 0) -> Vectors:
    """The plain average. It withstands nobody: one vector moves it anywhere (Blanchard et al. 2017,
    as any linear rule). f is not used."""
    return _mean(_finite(vectors))


def median(vectors: Vectors, f: int) -> Vectors:
    """Each coordinate's median by itself (Yin et al. 2018). For an even n the mean of the two in
    the middle, as numpy does; torch takes the lower one."""
    vectors = _check("median", vectors, f)
    return _middle(np.sort(vectors, axis=0))


def trimmed_mean(vectors: Vectors, f: int) -> Vectors:
    """Each coordinate without its f largest and its f smallest values (Yin et al. 2018)."""
    vectors = _check("trimmed", vectors, f)
    return _mean(np.sort(vectors, axis=0)[f : len(vectors) - f])


def krum(vectors: Vectors, f: int, spare: int = 2) -> Vectors:
    """The vector whose n - f - spare nearest others are nearest (Blanchard et al. 2017).

    The paper and Flower have spare=2. byzfl 0.0.11 has spare=1, and may choose another vector.
    """
    vectors = _check("krum", vectors, f)
    scores = krum_scores(squared_distances(vectors), _nearest(len(vectors), f, spare))
    return vectors[int(np.argmin(scores))].copy()


def multi_krum(vectors: Vectors, f: int, spare: int = 2, keep: int | None = None) -> Vectors:
    """The mean of the `keep` vectors with the best scores of Krum. Blanchard et al. leave `keep`
    free between 1 (Krum) and n (the mean); left out it is n - f, as in byzfl."""
    vectors = _check("multi_krum", vectors, f)
    n = len(vectors)
    keep = n - f if keep is None else keep
    if not 1 <= keep <= n:
        raise ValueError(f"Multi-Krum can keep 1 to {n} of {n} vectors, not {keep}")
    scores = krum_scores(squared_distances(vectors), _nearest(n, f, spare))
    return vectors[np.argsort(scores, kind="stable")[:keep]].mean(axis=0)


def geometric_median(vectors: Vectors, f: int, nu: float = 1e-6, most: int = 2000) -> Vectors:
    """The point with the smallest sum of distances to all vectors, by Weiszfeld's iteration as
    smoothed by Pillutla et al. 2022 (no distance counts as less than nu, which is absolute: vectors
    that are themselves not much longer than nu want a smaller one). At most `most` steps.

    The point is computed anew in each step: distances that follow from those between the vectors
    would be lost beside a liar far away.
    """
    vectors = _check("geometric_median", vectors, f)
    wide = vectors.astype(np.float64)
    n, weights = len(wide), np.full(len(wide), 1 / len(wide))
    here = np.einsum("n,nd->d", weights, wide)
    for _ in range(most):
        away = wide - here
        length = np.maximum(np.sqrt(np.einsum("nd,nd->n", away, away)), nu)
        closer = 1 / length
        closer /= closer.sum()
        moved, weights = np.abs(closer - weights).max(), closer
        there = np.einsum("n,nd->d", weights, wide)
        step, here = np.abs(there - here).max(), there
        # A liar far away moves the point much by little weight: the point must have settled, too.
        if moved < SURE * n and step < SETTLED * np.median(length):
            break
    return here.astype(vectors.dtype)


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
    vectors = _check("clipping", vectors, f)
    if not radius > 0:
        raise ValueError(f"the radius of clipping must be above 0, not {radius}")
    if rounds < 1:
        raise ValueError(f"clipping needs at least one round, not {rounds}")
    here = np.zeros_like(vectors[0]) if center is None else center
    for _ in range(rounds):
        away = vectors - here
        length = np.sqrt(np.einsum("nd,nd->n", away, away, dtype=np.float64))
        factor = radius / np.maximum(length, radius)
        here = here + (factor.astype(vectors.dtype)[:, None] * away).mean(axis=0)
    return here


def bulyan(vectors: Vectors, f: int, spare: int = 2) -> Vectors:
    """Krum picks n - 2f vectors, one after the other, each among those still there; then in each
    coordinate the mean of the n - 4f picked values nearest to their median (El Mhamdi et al. 2018,
    as Flower's aggregate_bulyan with Krum). Needs n >= 4f + 3. Where the nearest one decides, two
    that are nearest to each other have the same score: the first of them is picked."""
    vectors = _check("bulyan", vectors, f)
    _nearest(len(vectors), f, spare)
    squared, left = squared_distances(vectors), list(range(len(vectors)))
    picked: list[int] = []
    while len(picked) < len(vectors) - 2 * f:
        # The last ones have no more than f + spare others: then the nearest one decides.
        among = krum_scores(squared[np.ix_(left, left)], max(1, len(left) - f - spare))
        picked.append(left.pop(int(np.argmin(among))))
    chosen, keep = np.sort(vectors[picked], axis=0), len(vectors) - 4 * f
    nearest = np.argpartition(np.abs(chosen - _middle(chosen)), keep - 1, axis=0)[:keep]
    return np.take_along_axis(chosen, nearest, axis=0).mean(axis=0)


def squared_distances(vectors: Vectors) -> NDArray[np.float64]:
    """(n, n): the squared distance of each two vectors, by differences (a Gram matrix would lose
    the small ones beside an attacker far away)."""
    squared = np.zeros((len(vectors), len(vectors)))
    for i in range(len(vectors) - 1):
        away = vectors[i + 1 :] - vectors[i]
        squared[i, i + 1 :] = squared[i + 1 :, i] = np.einsum(
            "nd,nd->n", away, away, dtype=np.float64
        )
    return squared


def krum_scores(squared: NDArray[np.float64], nearest: int) -> NDArray[np.float64]:
    """For each vector the sum of squared distances to its `nearest` nearest others."""
    # A vector's distance to itself, nought, stands first in its row.
    return np.sort(squared, axis=1)[:, 1 : nearest + 1].sum(axis=1)


def _mean(vectors: Vectors) -> Vectors:
    with np.errstate(over="ignore"):
        plain = vectors.mean(axis=0)
    # A sum too large for its numbers: the mean itself is not.
    return plain if np.isfinite(plain).all() else (vectors / len(vectors)).sum(axis=0)


def _middle(ordered: Vectors) -> Vectors:
    """The median of sorted values. Halves are added, as the sum of two may be too large."""
    n = len(ordered)
    return ordered[(n - 1) // 2] / 2 + ordered[n // 2] / 2


def _nearest(n: int, f: int, spare: int) -> int:
    """How many others Krum looks at."""
    if not 1 <= n - f - spare <= n - 1:
        raise ValueError(
            f"Krum can look at 1 to {n - 1} others, not {n - f - spare}: spare must be "
            f"{1 - f} to {n - f - 1}, not {spare}"
        )
    return n - f - spare


@dataclass(frozen=True)
class Rule:
    """limit: the largest f of n workers with a promise, or None for a rule that promises nothing.
    needs: the condition behind the limit, as its authors write it (that of clipping is this book's
    own). remembers: takes a center."""

    name: str
    combine: Callable[..., Vectors]
    limit: Callable[[int], int | None]
    needs: str
    remembers: bool = False


def _half(n: int) -> int:
    return (n - 1) // 2


OWN = "2f < n (this book's own limit)"
RULES = {
    "mean": Rule("Mean", mean, lambda n: None, "nothing"),
    "median": Rule("Median", median, _half, "2f < n"),
    "trimmed": Rule("Trimmed mean", trimmed_mean, _half, "2f < n"),
    "geometric_median": Rule("Geometric median", geometric_median, _half, "2f < n"),
    "clipping": Rule("Centered clipping", centered_clipping, _half, OWN, remembers=True),
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


def _check(rule: str, vectors: Vectors, f: int) -> Vectors:
    vectors = _finite(vectors)
    if f < 0:
        raise ValueError(f"there cannot be {f} attackers")
    if words := refusal(rule, len(vectors), f):
        raise TooManyAttackers(f"{words}, not {f}")
    return vectors


def _finite(vectors: Vectors) -> Vectors:
    if vectors.ndim != 2 or not vectors.size:
        raise ValueError(f"vectors must be an array (n, d), not of shape {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("a vector holds a number that is not finite")
    return vectors if np.issubdtype(vectors.dtype, np.floating) else vectors.astype(np.float64)
