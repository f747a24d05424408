"""What attackers send instead of a gradient.

Every attack knows the honest vectors (h, d) of one step, a row a worker, and makes one vector (d,)
that all attackers send; `noise` draws one for each attacker. The vectors are made as in byzfl
(LPD-EPFL, MIT licence).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.floating]


def sign_flip(honest: Vectors, strength: float = 1.0) -> Vectors:
    """Minus `strength` times the honest mean: loud, and uphill. byzfl's SignFlipping has 1."""
    return -strength * honest.mean(axis=0)


def inner_product(honest: Vectors, strength: float = 0.1) -> Vectors:
    """Minus `strength` times the honest mean: the same arrow, but short. It is not far from anybody
    and still turns the inner product of the honest mean and the combined vector negative, where a
    rule trusts it (Xie, Koyejo, Gupta 2020; 0.1 in Karimireddy et al.'s code, 2.0 in byzfl)."""
    return -strength * honest.mean(axis=0)


def little(honest: Vectors, strength: float = 1.5) -> Vectors:
    """A little is enough (Baruch, Baruch, Goldberg 2019): in each coordinate the honest mean minus
    `strength` standard deviations of the honest values (with h - 1 in the divisor), and always to
    the same side. Their code has 1.5, at the edge of what honest workers send: with normal values
    it lies below all of them in 34% of the coordinates for 12 honest workers, in 56% for 8. byzfl's
    adds instead of taking away. Raises ValueError for a single honest vector, which has no spread.
    """
    if len(honest) < 2:
        raise ValueError("the spread of honest vectors needs at least two of them")
    return honest.mean(axis=0) - strength * honest.std(axis=0, ddof=1)


def noise(honest: Vectors, f: int, strength: float, rng: np.random.Generator) -> Vectors:
    """(f, d): normal noise, `strength` times as long as the honest mean, on average. byzfl's
    Gaussian attack gives the standard deviation of a coordinate instead."""
    size = honest.shape[1]
    length = strength * float(np.sqrt(np.square(honest.mean(axis=0)).sum()))
    return (length / size**0.5 * rng.normal(size=(f, size))).astype(honest.dtype)


def quiet_enough(n: int, f: int) -> float:
    """z of "a little is enough": the largest shift, in standard deviations, at which attackers and
    honest workers beyond them still are a majority, if honest values are normal.

    With s = floor(n/2 + 1) - f honest supporters wanted, z is where the normal distribution reaches
    (n - f - s) / (n - f) (the code of Karimireddy et al. 2021; Baruch et al. 2019, algorithm 3).
    Raises ValueError without attackers, or if they are half of the workers or more.
    """
    if not 1 <= f < n / 2:
        raise ValueError(f"attackers must be at least 1 and fewer than half of {n}, not {f}")
    honest = n - f
    wanted = n // 2 + 1 - f
    return NormalDist().inv_cdf((honest - wanted) / honest)


@dataclass(frozen=True)
class Attack:
    """make(honest, f, strength, rng) -> (f, d): what the f attackers send."""

    name: str
    strength: float
    make: Callable[[Vectors, int, float, np.random.Generator], Vectors]


def _all_alike(attack: Callable[[Vectors, float], Vectors]) -> Callable[..., Vectors]:
    def make(honest: Vectors, f: int, strength: float, rng: np.random.Generator) -> Vectors:
        return np.repeat(attack(honest, strength)[None, :], f, axis=0)

    return make


ATTACKS = {
    "sign_flip": Attack("Sign flip", 10.0, _all_alike(sign_flip)),
    "noise": Attack("Large noise", 100.0, noise),
    "little": Attack("A little is enough", 1.5, _all_alike(little)),
    "inner_product": Attack("Inner product", 0.1, _all_alike(inner_product)),
}
