"""The same demand at one provider or scattered over operators: machines, money, break-even."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .batching import Curve, Floats

TICKS = 10_000 * 100  # rents are in 0.0001 dollars, times a discount in whole percent


@dataclass(frozen=True)
class Side:
    """`operators` alike, each with an equal part of the demand and machines enough for it.

    rent: of one card, in ticks of 1/TICKS dollars an hour; a whole number, so that bills compare
    exactly.
    """

    curve: Curve
    operators: int
    rent: int

    @property
    def machine_rent(self) -> int:
        return self.rent * self.curve.machine.cards

    def machines(self, demand: float) -> int:
        """How many run, over all operators: each needs at least one."""
        return self.operators * max(1, _up(demand / self.operators / self.curve.capacity))

    def bill(self, demand: float) -> int:
        """Ticks an hour."""
        return self.machines(demand) * self.machine_rent

    def cost(self, demand: float) -> float:
        """Dollars a million tokens."""
        return self.bill(demand) / TICKS / 3600 / demand * 1e6

    def costs(self, demands: Floats) -> Floats:
        return np.array([self.cost(float(demand)) for demand in demands])

    def floor(self) -> float:
        """Dollars a million tokens with every machine full: nothing is cheaper here."""
        return self.machine_rent / TICKS / 3600 / self.curve.capacity * 1e6

    def rate(self, demand: float) -> float:
        """Tokens/s of one machine."""
        return demand / self.machines(demand)


def _up(value: float) -> int:
    return -int(-value // 1)


def break_even(provider: Side, market: Side, most: float) -> float | None:
    """The demand above which the market first costs no more than the provider; None if there is
    none below `most`. The bills are stairs: the market's j-th stair ends where its machines are
    full, and the provider's bill reaches it with its k-th machine.
    """
    full = market.operators * market.curve.capacity
    stairs = np.arange(1, 2 + int(most / full), dtype=np.int64)
    bills = stairs * (market.operators * market.machine_rent)
    k = -(-bills // provider.machine_rent)
    start = np.maximum((k - 1) * provider.curve.capacity, (stairs - 1) * full)
    found = np.flatnonzero((start < stairs * full) & (start < most))
    return float(start[found[0]]) if found.size else None


def closed_form(provider: Side, market: Side) -> float | None:
    """The same if the provider could rent parts of a machine: the market's smallest bill buys that
    much from the provider. None if full machines are dearer in the market than there."""
    if market.floor() > provider.floor():
        return None
    smallest = market.operators * market.machine_rent
    return smallest / provider.machine_rent * provider.curve.capacity
