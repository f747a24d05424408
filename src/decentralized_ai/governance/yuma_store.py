"""Bonds as the chain keeps them between epochs: 16-bit whole numbers, rounded down.

Version 2 scales each operator's bonds so that the largest is 65,535; version 3 keeps them as shares
of 65,535. What is rounded off is lost each epoch: subtensor's epoch/math.rs and run_epoch.rs at
commit 14bc6f9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .yuma import Epoch, Floats, Rules, epoch, normalised

U16 = 65_535
STEPS = 2.0**32  # the chain's fixed point has 32 bits after the point
# Our sums carry rounding errors of their own, a thousand times smaller than the chain's step. What
# is within it of a step is that step.
NOISE = 2.0**-10


def shares_as_u16(shares: ArrayLike) -> NDArray[np.int64]:
    """Of shares from 0 to 1: first down to the chain's fixed point, then down to 1/65,535."""
    fixed = np.floor(np.asarray(shares, dtype=float) * STEPS + NOISE)
    return np.floor(fixed * U16 / STEPS).astype(np.int64)


def as_stored(bonds: ArrayLike, rules: Rules) -> NDArray[np.int64]:
    """(V, M) of whole numbers from 0 to 65,535, from the bonds of an `Epoch`."""
    kept = np.asarray(bonds, dtype=float)
    if rules.version == 2:
        most = kept.max(axis=0, initial=0.0)
        kept = np.divide(kept, most, out=np.zeros_like(kept), where=most > 0)
    return shares_as_u16(kept)


def as_read(stored: ArrayLike, rules: Rules) -> Floats:
    """What the next epoch reads: columns that sum to 1 (version 2), or shares (version 3)."""
    kept = np.asarray(stored, dtype=float)
    return normalised(kept, axis=0) if rules.version == 2 else kept / U16


@dataclass(frozen=True)
class StoredEpoch:
    """An epoch as worked out, and what the chain then writes down."""

    worked_out: Epoch
    bonds: NDArray[np.int64]  # (V, M)
    consensus: NDArray[np.int64]  # (M,)
    incentive: NDArray[np.int64]  # (M,)
    dividends: NDArray[np.int64]  # (V,)
    trust: NDArray[np.int64]  # (V,)


def run_stored(
    stake: ArrayLike,
    weights: Sequence[ArrayLike],
    rules: Rules | None = None,
    stored: ArrayLike | None = None,
) -> list[StoredEpoch]:
    """As `run`, with the bonds stored and read between two epochs."""
    rules = rules or Rules()
    epochs: list[StoredEpoch] = []
    for given in weights:
        bonds = None if stored is None else as_read(stored, rules)
        found = epoch(stake, given, bonds, rules)
        kept = as_stored(found.bonds, rules)
        epochs.append(
            StoredEpoch(
                worked_out=found,
                bonds=kept,
                consensus=shares_as_u16(found.consensus),
                incentive=shares_as_u16(found.incentive),
                dividends=shares_as_u16(found.dividends),
                trust=shares_as_u16(found.trust),
            )
        )
        stored = kept
    return epochs
