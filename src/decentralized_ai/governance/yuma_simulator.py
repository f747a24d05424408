"""Yuma as a public simulator works it out, which is not quite as the chain does.

bactensor/yuma-simulation (commit 2b976fd, 2025-06-05), functions Yuma and Yuma3, works in 32-bit
floats, adds a millionth to sums that it divides by, makes the consensus sum to 1 in steps of
1/65,535, begins with the first instant bonds instead of none, does not make version 2's bonds sum
to 1 again, and leaves the bonds penalty out of version 3. Its numbers must not be mixed with the
chain's. Here to say how much these choices matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .yuma import Rules

F32 = NDArray[np.float32]
MILLIONTH = np.float32(1e-6)


@dataclass(frozen=True)
class Simulated:
    """One epoch; shapes as in `yuma.Epoch`."""

    consensus: F32
    incentive: F32
    bonds: F32
    dividends: F32


def _shares(values: F32, total: Any) -> F32:
    """Quotients; nought where the simulator would meet 0/0."""
    return np.divide(values, total, out=np.zeros_like(values), where=total != 0)


def _median(stake: F32, weights: F32, kappa: np.float32) -> F32:
    """Ties as 32-bit sums have them; where no support is enough, the highest weight, as there."""
    order = np.argsort(-weights, axis=0, kind="stable")
    enough = np.cumsum(stake[order], axis=0, dtype=np.float32) >= kappa
    first = np.argmax(enough, axis=0)[None]
    found = np.take_along_axis(weights, np.take_along_axis(order, first, axis=0), axis=0)
    return np.asarray(found[0], dtype=np.float32)


def simulated_epoch(
    stake: ArrayLike, weights: ArrayLike, bonds: ArrayLike | None, rules: Rules
) -> Simulated:
    """One epoch as the simulator has it; bonds None at the first. With liquid alpha the first epoch
    still has the ordinary alpha, as there."""
    held = np.asarray(stake, dtype=np.float32)
    held = held / held.sum()
    given = np.asarray(weights, dtype=np.float32)
    given = given / (given.sum(axis=1, keepdims=True) + MILLIONTH)
    level = _median(held, given, np.float32(rules.kappa))
    steps = np.float32(65_535)
    consensus = (np.floor(_shares(level, level.sum()) * steps) / steps).astype(np.float32)
    clipped = np.minimum(given, consensus)
    ranks = (held[:, None] * clipped).sum(axis=0)
    incentive = _shares(ranks, ranks.sum())
    alpha: Any = np.float32(rules.alpha)
    if rules.version == 2:
        beta = np.float32(rules.beta)
        bought = held[:, None] * ((1 - beta) * given + beta * clipped)
        instant = _shares(bought, bought.sum(axis=0))
        after = instant
        if bonds is not None:
            after = alpha * instant + (1 - alpha) * np.asarray(bonds, dtype=np.float32)
        earned = (after * incentive).sum(axis=1)
    else:
        before = np.zeros_like(given) if bonds is None else np.asarray(bonds, dtype=np.float32)
        if rules.liquid is not None and bonds is not None:
            found = rules.liquid.alpha(
                given.astype(float), before.astype(float), consensus.astype(float)
            )
            alpha = found.astype(np.float32)
        kept = (1 - alpha) * before
        after = np.minimum(kept + np.minimum(alpha * given, 1 - kept), np.float32(1))
        share = after / (after.sum(axis=0) + MILLIONTH)
        earned = held * (share * incentive).sum(axis=1)
    return Simulated(consensus, incentive, after, earned / (earned.sum() + MILLIONTH))


def simulated_run(stake: ArrayLike, weights: Sequence[ArrayLike], rules: Rules) -> list[Simulated]:
    """Epoch after epoch."""
    epochs: list[Simulated] = []
    for given in weights:
        before = epochs[-1].bonds if epochs else None
        epochs.append(simulated_epoch(stake, given, before, rules))
    return epochs
