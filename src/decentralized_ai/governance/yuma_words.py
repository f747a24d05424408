"""What a few epochs of Yuma paid, in numbers and in a sentence or two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..quantities import digits, listed, percent
from .yuma import Epoch, Floats

VALIDATORS, OPERATORS = ("1", "2", "3", "4"), ("A", "B", "C", "D")
SURE = 1e-9  # closer shares are the same, on every machine
CABALS: dict[int | float, str] = {
    0: "nobody",
    1: "validator 4, operator D",
    2: "validators 3 and 4, operators C and D",
    3: "validators 2 to 4, operators B to D",
}


@dataclass(frozen=True)
class Season:
    """Some epochs, and what they paid on average."""

    epochs: list[Epoch]
    cabal: int  # how many of each kind, from the last on

    @property
    def stake(self) -> Floats:
        return self.epochs[0].stake

    @property
    def earned(self) -> Floats:
        """(V,) of what validators get."""
        return _mean([found.validator_pay for found in self.epochs])

    @property
    def paid(self) -> Floats:
        """(M,) of what operators get."""
        return _mean([found.operator_pay for found in self.epochs])

    @property
    def clipped(self) -> float:
        """Of the weight that stake gives."""
        lost = [found.stake @ (found.weights - found.clipped).sum(axis=1) for found in self.epochs]
        return float(np.mean(lost))

    def times(self) -> Floats:
        """(V,) pay over stake, both as shares of all validators'; 1 is what stake alone brings."""
        share, total = self.earned, self.earned.sum()
        held = np.where(self.stake > 0, self.stake, 1.0)
        return np.where(self.stake > 0, share / (total if total > 0 else 1.0) / held, 0.0)


def takeaway(season: Season, metrics: Mapping[str, float], kappa: int, scene: str, lag: int) -> str:
    if not season.stake.any():
        return "Nobody holds any stake, so nobody is heard and nobody is paid."
    if metrics["operators"] <= SURE:
        first = (
            f"For no operator does {kappa}% of the stake support any weight, so no operator is "
            "paid and the validators are paid for their stake."
        )
    else:
        most = max(metrics[f"paid_{name}"] for name in OPERATORS)
        best = [name for name in OPERATORS if metrics[f"paid_{name}"] > most - SURE]
        who = f"Operator {best[0]} gets most"
        if len(best) > 1:
            who = f"Operators {listed(best)} get most"
        each = " each" if len(best) > 1 else ""
        first = (
            f"{who}, {percent(most)} of the operators' pay{each}; {percent(metrics['clipped'])} of "
            "the weight that stake gives is clipped."
        )
    return f"{first} {_who_gains(season, metrics, scene, lag)}"


def _who_gains(season: Season, metrics: Mapping[str, float], scene: str, lag: int) -> str:
    times = {name: metrics.get(f"gain_{name}") for name in VALIDATORS}
    if season.cabal:
        held, got = metrics["cabal_stake"], metrics["cabal_pay"]
        share = "just its share"
        if abs(got - held) > SURE:
            share = "more than its share" if got > held else "less than its share"
        return (
            f"The league ({CABALS[season.cabal]}) holds {percent(held)} of the stake and gets "
            f"{percent(got)} of all pay, {share}."
        )
    if scene == "copy" and times["4"] is not None and any(times[n] is not None for n in "123"):
        others = [value for name, value in times.items() if value is not None and name != "4"]
        range_ = f"{_times(min(others))} to {_times(max(others))}"
        if _times(min(others)) == _times(max(others)):
            range_ = _times(min(others))
        late = "at once" if lag == 0 else f"{lag} epoch{'s' if lag > 1 else ''} late"
        return (
            f"Validator 4 copies {late} and earns {_times(times['4'])} times what its stake alone "
            f"would bring; who does the work earns {range_} times."
        )
    paid = {name: value for name, value in times.items() if value is not None}
    high, low = max(paid.values()), min(paid.values())
    if high - low <= SURE:
        return "Each validator earns just what its stake alone would bring."
    top = [name for name, value in paid.items() if value > high - SURE]
    end = [name for name, value in paid.items() if value < low + SURE]
    return (
        f"For its stake, validator {listed(top, 'or')} earns most, {_times(high)} times its "
        f"share, and validator {listed(end, 'or')} least, {_times(low)} times."
    )


def tidy(value: float) -> float:
    """Without what rounding leaves: nought and one are just that, on every machine."""
    return round(float(value), 12) + 0.0


def _times(value: float) -> str:
    return digits(value, 3) if value >= 0.01 or value <= SURE else "less than 0.01"


def _mean(rows: list[Floats]) -> Floats:
    return np.asarray(np.sum(rows, axis=0) / len(rows), dtype=float)
