"""Validators that change what they say: epochs of Yuma in which somebody moves, or copies.

What changes is always the same: the first two operators trade places in somebody's weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .yuma import Epoch, Floats, Rules, epoch, weighted_median

KINDS = ("steady", "blink", "turn", "copy")


@dataclass(frozen=True)
class Scene:
    """kind: steady, nobody changes anything; blink, the third validator changes its mind after
    `when` epochs, for one; turn, the first validator does after `when` epochs for good, and each
    other one epoch after the one before; copy, the first two operators trade places every `when`
    epochs, all validators see it at once but the last, which gives the others' consensus of `lag`
    epochs ago."""

    kind: str = "steady"
    when: int = 2
    lag: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.when < 1 or self.lag < 0:
            raise ValueError(f"no such scene: {self}")

    def weights(self, stake: Floats, weights: Floats, at: int, rules: Rules) -> Floats:
        """What everybody gives in epoch `at`, from 0 on."""
        table = weights.copy()
        if self.kind == "blink" and at == self.when:
            table[2:3] = _traded(table[2:3])
        elif self.kind == "turn":
            moved = max(0, at - self.when + 1)
            table[:moved] = _traded(table[:moved])
        elif self.kind == "copy":
            seen = self._seen(weights, max(0, at - self.lag))[:-1]
            table[:-1] = self._seen(weights, at)[:-1]
            table[-1] = consensus_of(stake[:-1], seen, rules.kappa)
        return table

    def _seen(self, weights: Floats, at: int) -> Floats:
        return _traded(weights) if (at // self.when) % 2 else weights


def consensus_of(stake: Floats, weights: Floats, kappa: float) -> Floats:
    """What somebody who reads the others' weights takes for the consensus."""
    sums = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)
    return weighted_median(stake, shares, kappa)


def play(
    stake: ArrayLike, weights: ArrayLike, epochs: int, rules: Rules, scene: Scene | None = None
) -> list[Epoch]:
    """So many epochs, from no bonds on. Stake (V,), weights (V, M) with M at least 2."""
    held, given = np.asarray(stake, dtype=float), np.asarray(weights, dtype=float)
    scene = scene or Scene()
    found: list[Epoch] = []
    for at in range(epochs):
        before = found[-1].bonds if found else None
        found.append(epoch(held, scene.weights(held, given, at, rules), before, rules))
    return found


def _traded(rows: Floats) -> Floats:
    order = [1, 0, *range(2, rows.shape[1])]
    return rows[:, order]
