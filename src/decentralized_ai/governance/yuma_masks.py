"""Who is heard: the chain's own masks, for a square table in which everybody can be both.

On the chain every place of a subnet can hold stake, give weights and be given some. Before the
consensus it strikes out what does not count. From run_epoch.rs, `epoch_mechanism`, at commit
14bc6f9. Blocks are numbers that only have an order here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .yuma import Epoch, Floats, Rules, epoch, normalised

Bools = NDArray[np.bool_]


def permits(stake: ArrayLike, most: int) -> Bools:
    """Who may validate: the `most` largest stakes above nought; of equal ones the later places."""
    held = np.asarray(stake, dtype=float)
    allowed = held > 0
    if len(held) >= most:
        allowed[np.argsort(held, kind="stable")[: len(held) - most]] = False
    return allowed


@dataclass(frozen=True)
class Register:
    """What the chain knows of n places, when an epoch begins. None: the mask does not apply.

    permits: who may validate, (n,). updated: block of each one's last weights, (n,). registered:
    block at which each place was last taken over, (n,). block: now. cutoff: who set no weights for
    so many blocks is inactive. last_epoch: block of the epoch before. owner: place of the subnet's
    owner, who may validate whatever it holds, and may weight itself. least_stake: who holds less
    counts as holding nothing. committed: block of each one's oldest commitment that is still
    hidden, (n,), infinity for none; weights may not fall on whoever took a place after it.
    """

    permits: ArrayLike | None = None
    updated: ArrayLike | None = None
    registered: ArrayLike | None = None
    block: float = 0
    cutoff: float = 5000
    last_epoch: float | None = None
    owner: int | None = None
    least_stake: float = 0
    committed: ArrayLike | None = None


@dataclass(frozen=True)
class Heard:
    """What is left: stake in shares of all and of the active, and the tables, (n, n)."""

    stake: Floats
    active: Floats
    weights: Floats
    bonds: Floats


def masked(
    stake: ArrayLike, weights: ArrayLike, bonds: ArrayLike | None, register: Register
) -> Heard:
    """Strikes out what does not count. ValueError unless the tables are square."""
    held = np.array(stake, dtype=float)
    given = np.array(weights, dtype=float)
    kept = np.zeros_like(given) if bonds is None else np.array(bonds, dtype=float)
    n = len(held)
    if given.shape != (n, n) or kept.shape != (n, n):
        raise ValueError(f"{n} places need tables of {n} by {n}; got {given.shape} {kept.shape}")
    owner = np.arange(n) == (-1 if register.owner is None else register.owner)
    held[(np.floor(held) < register.least_stake) & ~owner] = 0.0
    held = normalised(held)

    allowed = np.ones(n, dtype=bool)
    if register.permits is not None:
        allowed = np.asarray(register.permits, dtype=bool) | owner
    active = np.where(allowed, held, 0.0)
    given[~allowed] = 0.0
    given[np.eye(n, dtype=bool) & ~owner] = 0.0
    if register.updated is not None:
        updated = np.asarray(register.updated, dtype=float)
        active[updated + register.cutoff < register.block] = 0.0
        if register.registered is not None:
            given[updated[:, None] <= np.asarray(register.registered, dtype=float)] = 0.0
    if register.registered is not None:
        taken = np.asarray(register.registered, dtype=float)
        if register.committed is not None:
            given[np.asarray(register.committed, dtype=float)[:, None] < taken] = 0.0
        if register.last_epoch is not None:
            kept[:, register.last_epoch <= taken] = 0.0
    return Heard(held, normalised(active), given, kept)


def chain_epoch(
    stake: ArrayLike,
    weights: ArrayLike,
    bonds: ArrayLike | None = None,
    rules: Rules | None = None,
    register: Register | None = None,
) -> Epoch:
    """An epoch after the masks. If nobody active holds stake, all stakes are paid."""
    heard = masked(stake, weights, bonds, register or Register())
    found = epoch(heard.active, heard.weights, heard.bonds, rules)
    if not heard.active.any():
        found = replace(found, validator_pay=heard.stake)
    return found
