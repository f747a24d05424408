"""Poisoned training as recorded, and one poisoned step in the plane.

The recorded runs (experiments/byzantine.py) are real: each number of a curve is a measured one. The
plane is a model: honest gradients drawn around one true gradient, so that an attack can be looked
at. The very same rules and attacks work in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..recorded import load
from .aggregators import RULES, refusal
from .attacks import ATTACKS

Floats = NDArray[np.floating]
WORKERS = 15
# Of a worker's gradient about the true one, in each direction; the true one has length 1.
SPREAD, OWN_SPREAD = 1.5, 0.5
MOMENTUM = 0.9


@dataclass(frozen=True)
class Curve:
    """steps: 0, 10, 20 ... losses: held-out nats a character after them, a row a seed; a run that
    had to stop has a shorter row. ended: the step at which a seed's run had to stop, or None."""

    steps: tuple[int, ...]
    losses: tuple[tuple[float, ...], ...]
    ended: tuple[int | None, ...]

    @property
    def final(self) -> float | None:
        """Mean loss at the end; None if a run did not get there."""
        if any(step is not None for step in self.ended):
            return None
        return sum(run[-1] for run in self.losses) / len(self.losses)

    @property
    def apart(self) -> int:
        """How many of the runs had to stop."""
        return sum(step is not None for step in self.ended)

    @property
    def last_end(self) -> int | None:
        """The step by which each run that had to stop had stopped, or None."""
        return max((step for step in self.ended if step is not None), default=None)

    @property
    def fell(self) -> str:
        """What became of the runs, in words; empty if all of them came to the end."""
        if not self.apart:
            return ""
        if self.apart == len(self.ended):
            return "fell apart"
        return f"{_number(self.apart)} of {_number(len(self.ended))} runs fell apart"


def _number(count: int) -> str:
    return {1: "one", 2: "two", 3: "three"}.get(count, str(count))


def steps() -> int:
    return int(load("byzantine")["setting"]["steps"])


def curve(rule: str, attack: str, f: int, momentum: str, shards: str = "same") -> Curve | None:
    """The recorded runs of a setting, all seeds; None where there are none. Without attackers all
    attacks are one."""
    return _curves().get((rule, attack if f else "none", f, momentum, shards))


@cache
def _curves() -> dict[tuple[str, str, int, str, str], Curve]:
    recorded = load("byzantine")
    gap, names = recorded["setting"]["measured_every"], ("rule", "attack", "attackers", "momentum")
    runs: dict[tuple[str, str, int, str, str], list[dict]] = {}
    for cell in recorded["cells"]:
        runs.setdefault((*(cell[n] for n in names), cell["shards"]), []).append(cell)  # type: ignore
    return {
        key: Curve(
            tuple(gap * i for i in range(max(len(cell["loss"]) for cell in cells))),
            tuple(tuple(cell["loss"]) for cell in cells),
            tuple(cell["diverged"] for cell in cells),
        )
        for key, cells in runs.items()
    }


@dataclass(frozen=True)
class Step:
    """One step in the plane. honest (15 - f, 2) and sent (f, 2): what arrives. true (2,): the mean
    of the honest vectors, which a good rule would return. center (2,): the answer of the step
    before, for the rule that remembers. answers: what each rule returns, None where it refuses."""

    honest: Floats
    sent: Floats
    true: Floats
    center: Floats
    answers: dict[str, Floats | None]

    def away(self, rule: str) -> float | None:
        """Distance of a rule's answer from the honest mean, in lengths of the true gradient."""
        answer = self.answers[rule]
        return None if answer is None else _length(answer - self.true)

    def progress(self, rule: str) -> float | None:
        """The answer's part along the honest mean, of that mean: 1 is full speed downhill, below 0
        is uphill."""
        answer = self.answers[rule]
        if answer is None:
            return None
        return float((answer * self.true).sum() / (self.true * self.true).sum())


def step(
    rules: tuple[str, ...],
    attack: str,
    f: int,
    strength: float,
    momentum: str,
    shards: str,
    seed: int,
) -> Step:
    """Fifteen workers, f of them attackers, one step. The true gradient is (1, 0).

    A worker's momentum of b leaves sqrt((1 - b) / (1 + b)) of its gradients' noise (their spread is
    SPREAD); what sets a worker's own shard apart (OWN_SPREAD) no momentum takes away.
    """
    rng = np.random.default_rng((seed, 3))
    # All honest workers are drawn even if some turn attacker: the others stay where they were.
    noise, before, own = (rng.normal(size=(WORKERS, 2)) for _ in range(3))
    kept = SPREAD * float(np.sqrt((1 - MOMENTUM) / (1 + MOMENTUM)))
    spread = kept if momentum == "workers" else SPREAD
    middle = np.array([1.0, 0.0]) + (OWN_SPREAD * own if shards == "own" else 0.0)
    honest = (middle + spread * noise)[: WORKERS - f]
    sent = ATTACKS[attack].make(honest, f, strength, rng)
    vectors = np.concatenate([honest, sent])
    center = (middle + spread * before)[: WORKERS - f].mean(axis=0)
    # As in the recorded runs: about as far as honest vectors lie apart.
    radius = float(np.sqrt(2 * (spread**2 + (OWN_SPREAD**2 if shards == "own" else 0.0))))
    answers: dict[str, Floats | None] = {}
    for name in rules:
        extra = {"center": center, "radius": radius} if RULES[name].remembers else {}
        refused = refusal(name, WORKERS, f) is not None
        answers[name] = None if refused else RULES[name].combine(vectors, f, **extra)
    return Step(honest, sent, honest.mean(axis=0), center, answers)


def _length(vector: Floats) -> float:
    return float(np.sqrt((vector * vector).sum()))
