"""Many checks of one altered product: what the demo and the tests count.

A known challenge is one that the prover could foresee (a seed that everybody knows). Such a prover
keeps the rows that it wants to alter, and fits what it adds to them so that no round sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from . import freivalds_float as floats
from .field import Elements, Field
from .freivalds import Statement, both_sides, challenges, prove, soundness, survivors
from .freivalds_cheats import change, fitted, rank, survival

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ExactTrial:
    """altered: (m, n), which entries are wrong. left: checks that still accept after 0, 1, ..
    rounds. bound, chance: of one round accepting, for any change, and for this one. asked,
    unequal: one run to look at, (n, rounds) and (m, rounds)."""

    altered: Bools
    left: list[int]
    bound: Fraction
    chance: Fraction
    asked: Elements
    unequal: Bools
    known: bool

    def metrics(self, rounds: int) -> dict[str, float]:
        """Chances and shares of checks of so many rounds, 0 to 1, and counts of entries."""
        share = self.left[rounds] / self.left[0]
        return {
            "exact": 1.0,
            "rounds": float(rounds),
            "altered": float(self.altered.sum()),
            "known": float(self.known),
            "share": share,
            "accepted": float(self.left[rounds]),
            "alarm": 0.0 if self.altered.any() else 1 - share,
            "bound": float(self.bound**rounds),
            "bound_round": float(self.bound),
            "chance": float(self.chance**rounds),
            "chance_round": float(self.chance),
            **_work(rounds, self.altered),
        }


def exact_trial(
    field: Field,
    size: int,
    kind: str,
    what: str,
    known: bool,
    rounds: int,
    runs: int,
    longest: int,
    seed: int,
) -> ExactTrial:
    """`runs` checks of up to `longest` rounds, of a square product changed as `what` says, one of
    freivalds_cheats.CHANGES or "none". A prover that knows the challenges prepares for `rounds`;
    `left` says for each number of rounds whether a prover prepared for that number passes."""
    rng = np.random.default_rng([seed, size])
    about = Statement(field.random(rng, (size, size)), field.random(rng, (size, size)), field)
    asked = challenges(field, size, longest, rng, kind)
    product, chance = prove(about).product, Fraction(1)
    altered = np.zeros(about.shape, dtype=bool)
    if what != "none":
        left, right = change(what, about.shape, field, rng)
        if known:
            left, right = left[:, :1], _fit(asked[:, :rounds], field)[None, :]
        else:
            chance = survival(right, field, kind)
        moved = field.matmul(left, right)
        product, altered = field.add(product, moved), moved != 0
    if known and what != "none":
        counts = [runs * (rank(asked[:, :k], field) < size) for k in range(longest + 1)]
    else:
        # Nothing stops a check of a right product early: ask about as many rounds in all.
        checks = runs if what != "none" else max(1, runs // longest)
        counts = survivors(about, product, checks, longest, rng, kind)
    through, direct = both_sides(about, product, asked[:, :rounds])
    return ExactTrial(
        altered=altered,
        left=counts,
        bound=soundness(field, 1, kind),
        chance=chance,
        asked=asked[:, :rounds],
        unequal=through != direct,
        known=known and what != "none",
    )


def _fit(asked: Elements, field: Field) -> Elements:
    """A row that no challenge sees; if there is none, one that as many as possible miss."""
    while asked.shape[1]:
        v = fitted(asked, field)
        if v is not None:
            return v
        asked = asked[:, :-1]
    return np.ones(asked.shape[0], dtype=np.int64)


@dataclass(frozen=True)
class FloatTrial:
    """Sizes are relative to the usual size of an entry of the product, sqrt(n).

    once, always: for each strength, the share of rounds, and of checks of `rounds` rounds, that
    accept. noise: the largest residual of each honest round, ascending. tolerance: the median.
    alarm: the share of honest rounds refused. altered, asked, unequal: see ExactTrial, at the
    reader's strength.
    """

    once: list[float]
    always: list[float]
    noise: list[float]
    tolerance: float
    alarm: float
    altered: Bools
    asked: Any
    unequal: Bools
    known: bool

    def metrics(self, rounds: int, at: int, factor: float) -> dict[str, float]:
        """As for exact numbers, at the strength of index `at`; noise, tolerance and room (what can
        be hidden in every entry, by a formula) relative to a usual entry."""
        return {
            "exact": 0.0,
            "rounds": float(rounds),
            "altered": float(self.altered.sum()),
            "known": float(self.known),
            "share": self.always[at],
            "share_round": self.once[at],
            "alarm": 1 - (1 - self.alarm) ** rounds,
            "alarm_round": self.alarm,
            "noise": self.noise[-1],
            "tolerance": self.tolerance,
            "room": floats.typical_room(len(self.altered), factor),
            "room_4096": floats.typical_room(4096, factor),
            **_work(rounds, self.altered),
        }


def float_trial(
    size: int,
    kind: str,
    what: str,
    known: bool,
    rounds: int,
    strengths: tuple[float, ...],
    chosen: float,
    factor: float,
    asks: int,
    seed: int,
) -> FloatTrial:
    """One square product of normal numbers in 32-bit floats, changed in the way `what` by each of
    `strengths`, and `asks` rounds of each. Rounds do not depend on each other, so a check of k
    rounds accepts with the k-th power of the share of one."""
    rng = np.random.default_rng([seed, size])
    a, b = (rng.standard_normal((size, size)).astype(np.float32) for _ in range(2))
    about = floats.FloatStatement(a, b)
    honest = floats.prove(about).product
    usual = float(np.sqrt(size))
    asked = floats.challenges(size, asks, rng, kind)
    moved = _direction(what, size, rng)
    known = known and what != "none"
    if known:
        asked = asked[:, :rounds]
        v = floats.fitted(asked)
        if v is None:
            v = np.ones(size)
        moved = np.any(moved != 0, axis=1)[:, None] * v[None, :]

    through, weight = floats.through(about, asked), floats.weight(about, asked)

    def unequal(product: Any) -> Bools:
        found = np.abs(through - floats.in_order(product.astype(np.float64), asked))
        return np.asarray(found > factor * floats.allowed(weight, size, product, asked))

    def changed(strength: float) -> Any:
        return (honest + strength * usual * moved).astype(np.float32)

    once, always = [], []
    for strength in strengths:
        passed = ~unequal(changed(strength)).any(axis=0)
        once.append(float(passed.mean()))
        always.append(float(passed.all()) if known else once[-1] ** rounds)
    noise = np.sort(np.abs(floats.residuals(about, honest, asked)).max(axis=0)) / usual
    allowed = factor * floats.tolerance(about, honest, asked) / usual
    return FloatTrial(
        once=once,
        always=always,
        noise=noise.tolist(),
        tolerance=float(np.median(allowed)),
        alarm=float(unequal(honest).any(axis=0).mean()),
        altered=moved != 0,
        asked=asked[:, :rounds],
        unequal=unequal(changed(chosen))[:, :rounds],
        known=known,
    )


def _direction(what: str, size: int, rng: np.random.Generator) -> Any:
    """The change at strength 1, in usual entries: (n, n)."""
    i, j = int(rng.integers(size)), int(rng.integers(size))
    signs = rng.permutation(np.arange(size) % 2) * 2.0 - 1
    moved = np.zeros((size, size))
    if what == "entry":
        moved[i, j] = 1
    elif what == "column":
        moved[:, j] = signs
    elif what == "row":
        moved[i] = 1
    elif what == "pattern":
        moved = signs[:, None] * signs[None, :]
    elif what == "every":
        moved = rng.standard_normal((size, size))
    return moved


def look(trial: ExactTrial | FloatTrial) -> tuple[int, npt.NDArray[np.int64], Bools]:
    """The first round that refuses, or else the last: its number from 0; (m, n), 1 where the
    challenge sums an entry, plus 2 where it is altered; (m,), where the two sides differ."""
    refused = np.flatnonzero(trial.unequal.any(axis=0))
    at = int(refused[0]) if refused.size else trial.unequal.shape[1] - 1
    return at, 2 * trial.altered + (trial.asked[:, at] != 0)[None, :], trial.unequal[:, at]


def _work(rounds: int, altered: Bools) -> dict[str, float]:
    """Multiplications: of the check, and of the product."""
    n = len(altered)
    return {"check_work": 3.0 * rounds * n**2, "product_work": float(n**3)}
