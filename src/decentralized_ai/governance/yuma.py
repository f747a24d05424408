"""Yuma consensus as it stands on Bittensor's chain: who is paid, from stakes and weights.

Validators (rows, V) hold stake and give weights to operators (columns, M). One epoch makes of them
the consensus, what is clipped, and what everybody is paid. Written from the definition, subtensor's
docs/consensus.md, equations (3) to (7), and held to its code, epoch/run_epoch.rs, at commit 14bc6f9
of 2026-06-30: what happens with ties and with sums of nought. Rows and columns need not be the same
people; the chain's own rules about that stand in yuma_masks.py, and how it stores bonds in
yuma_store.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

KAPPA = 32_767 / 65_535  # the chain's default, "0.5": runtime/src/lib.rs
# The chain counts in steps of 2^-32: shares of stake that differ by less are equal there, and here.
TIE = 2.0**-32


@dataclass(frozen=True)
class Liquid:
    """Bonds that move faster the farther a weight is from the consensus (when it rises) or from
    the bond (when it falls): alpha between `low` and `high`. The chain's defaults; there the
    steepness is kept times a hundred."""

    low: float = 45_875 / 65_535
    high: float = 58_982 / 65_535
    steepness: float = 10.0

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 1:
            raise ValueError(
                f"liquid alpha needs 0 <= low <= high <= 1; got {self.low} {self.high}"
            )

    def alpha(self, weights: Floats, bonds: Floats, consensus: Floats) -> Floats:
        """One alpha for each bond, (V, M)."""
        rise = np.clip(weights - consensus, 0.0, 1.0)
        fall = np.clip(bonds - weights, 0.0, 1.0)
        apart = np.where(weights >= bonds, rise, fall)
        power = np.clip(-self.steepness * (apart - 0.5), -20.0, 20.0)  # as exp_safe in math.rs
        alpha = self.low + (self.high - self.low) / (1.0 + np.exp(power))
        return np.clip(alpha, self.low, self.high)


@dataclass(frozen=True)
class Rules:
    """A subnet's rules; the defaults are the chain's.

    version: 2, bonds are bought with stake and weights; or 3, bonds with weights only, and stake
        counts when they pay.
    kappa: share of stake that has to support a weight. alpha: share of a new bond in the moving
        average. beta: bonds penalty, how much of what is clipped does not count for bonds either.
    liquid: the alpha of each bond for itself; the chain knows it in version 3 only.
    """

    version: int = 2
    kappa: float = KAPPA
    alpha: float = 0.1
    beta: float = 1.0
    liquid: Liquid | None = None

    def __post_init__(self) -> None:
        if self.version not in (2, 3):
            raise ValueError(f"there is Yuma 2 and Yuma 3; got {self.version}")
        for name in ("kappa", "alpha", "beta"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share from 0 to 1; got {getattr(self, name)}")
        if self.liquid is not None and self.version == 2:
            raise ValueError("the chain has liquid alpha in version 3 only")


@dataclass(frozen=True)
class Epoch:
    """What one epoch made. Shapes: (V,) of validators, (M,) of operators, (V, M)."""

    stake: Floats  # (V,) shares
    weights: Floats  # (V, M) each row sums to 1, or to 0
    consensus: Floats  # (M,)
    clipped: Floats  # (V, M) weights that count
    incentive: Floats  # (M,) sums to 1, or to 0
    trust: Floats  # (V,) how much of each validator's weight counts
    operator_trust: Floats  # (M,) how much of each operator's weight counts
    bonds: Floats  # (V, M) version 2: each column sums to 1, or to 0
    dividends: Floats  # (V,) sums to 1, or to 0
    validator_pay: Floats  # (V,) with operator_pay sums to 1
    operator_pay: Floats = field(repr=False)  # (M,)


def normalised(values: Floats, axis: int | None = None) -> Floats:
    """Divided by the sum; all noughts stay noughts."""
    total = values.sum(axis=axis, keepdims=axis is not None)
    return np.divide(values, total, out=np.zeros_like(values), where=total > 0)


def weighted_median(stake: ArrayLike, scores: ArrayLike, kappa: float = KAPPA) -> Floats:
    """The highest score that at least a share `kappa` of the stake supports, supporting meaning to
    give this score or more; with (V,) scores one number, with (V, M) one for each column.

    Who has no stake does not count; without any stake the answer is 0. A share of exactly kappa is
    enough. With kappa 0 it is the highest score, with 1 the lowest.
    """
    held = np.asarray(stake, dtype=float)
    table = np.asarray(scores, dtype=float)
    _check(held, table)
    flat = table.ndim == 1
    table = table[:, None] if flat else table
    rows = held > 0
    held, table = held[rows], table[rows]
    if not len(held):
        median = np.zeros(table.shape[1])
    else:
        # Scores falling; the support of each is the stake down to it.
        order = np.argsort(-table, axis=0, kind="stable")
        support = np.cumsum((held / held.sum())[order], axis=0)
        enough = support >= kappa - TIE
        enough[-1] = True  # all of them support the lowest
        first = np.argmax(enough, axis=0)[None]
        median = np.take_along_axis(table, np.take_along_axis(order, first, axis=0), axis=0)[0]
    return median[0] if flat else median


def epoch(
    stake: ArrayLike, weights: ArrayLike, bonds: ArrayLike | None = None, rules: Rules | None = None
) -> Epoch:
    """One epoch. Stake (V,) and weights (V, M) in any unit: both are made shares first, the weights
    row by row. `bonds` (V, M) as the epoch before left them (in any unit in version 2, between 0
    and 1 in version 3); None at the start. A validator without stake is not heard but keeps its
    bonds. ValueError for what is negative, not finite, or of another shape."""
    rules = rules or Rules()
    held, given = np.asarray(stake, dtype=float), np.asarray(weights, dtype=float)
    before = np.zeros_like(given) if bonds is None else np.asarray(bonds, dtype=float)
    if given.ndim != 2:
        raise ValueError(f"weights need rows and columns; got the shape {given.shape}")
    _check(held, given)
    _check(held, before)
    if before.shape != given.shape:
        raise ValueError(f"bonds {before.shape} and weights {given.shape} differ in shape")
    if rules.version == 3 and (before > 1).any():
        raise ValueError("bonds of version 3 lie between 0 and 1")
    held, given = normalised(held), normalised(given, axis=1)

    consensus = weighted_median(held, given, rules.kappa)
    clipped = np.minimum(given, consensus)
    ranks = (held[:, None] * clipped).sum(axis=0)
    incentive = normalised(ranks)
    bought = given + rules.beta * (clipped - given)

    if rules.version == 2:
        instant = normalised(held[:, None] * bought, axis=0)
        mixed = rules.alpha * instant + (1 - rules.alpha) * normalised(before, axis=0)
        after = normalised(mixed, axis=0)
        dividends = normalised((after * incentive).sum(axis=1))
    else:
        alpha: float | Floats = rules.alpha
        if rules.liquid is not None and consensus.any():
            alpha = rules.liquid.alpha(bought, before, consensus)
        after = np.minimum((1 - alpha) * before + alpha * bought, 1.0)
        dividends = normalised((normalised(after, axis=0) * incentive).sum(axis=1) * held)

    paid = incentive.sum() + dividends.sum()
    if paid > 0:
        validator_pay, operator_pay = dividends / paid, incentive / paid
    else:  # nobody earned anything: the stakes are paid
        validator_pay, operator_pay = held, incentive
    before_clip = (held[:, None] * given).sum(axis=0)
    return Epoch(
        stake=held,
        weights=given,
        consensus=consensus,
        clipped=clipped,
        incentive=incentive,
        trust=clipped.sum(axis=1),
        operator_trust=np.divide(
            ranks, before_clip, out=np.zeros_like(ranks), where=before_clip > 0
        ),
        bonds=after,
        dividends=dividends,
        validator_pay=validator_pay,
        operator_pay=operator_pay,
    )


def run(
    stake: ArrayLike,
    weights: Sequence[ArrayLike],
    rules: Rules | None = None,
    bonds: ArrayLike | None = None,
) -> list[Epoch]:
    """Epoch after epoch, one for each matrix of `weights`, the bonds carried on."""
    epochs: list[Epoch] = []
    for given in weights:
        epochs.append(epoch(stake, given, bonds, rules))
        bonds = epochs[-1].bonds
    return epochs


def _check(stake: Floats, table: Floats) -> None:
    if stake.ndim != 1 or table.ndim not in (1, 2) or len(stake) != len(table):
        raise ValueError(f"stake {stake.shape} and weights {table.shape} need the same rows")
    if not (np.isfinite(stake).all() and np.isfinite(table).all()):
        raise ValueError("stakes and weights must be finite")
    if (stake < 0).any() or (table < 0).any():
        raise ValueError("stakes and weights must not be negative")
