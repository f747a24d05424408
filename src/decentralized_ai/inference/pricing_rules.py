"""Four ways to set the price of a unit of work, each for one round.

A unit is what one machine does in a round. `asks` are the sellers' asks, ascending; `values` the
most that each buyer would pay, descending. All prices are in one currency a unit.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
FLOOR = 0.01  # the base fee never falls below it, so that it can rise again


class Cleared(NamedTuple):
    """units: how many are sold, the cheapest asks to the highest values. price: what each of the
    sellers gets; None if nothing is sold."""

    units: int
    price: float | None


def clear(asks: Floats, values: Floats) -> Cleared:
    """One price for all: that of the first ask that is not needed, or the lowest value served if
    that is less.

    No seller with one machine can gain by an ask other than its cost: its own ask never sets the
    price that it is paid. `price` lies between the last cost needed and the next.
    """
    most = min(len(asks), len(values))
    units = int(np.count_nonzero(asks[:most] <= values[:most]))
    if not units:
        return Cleared(0, None)
    lowest = float(values[units - 1])
    return Cleared(units, min(float(asks[units]), lowest) if units < len(asks) else lowest)


def surplus(asks: Floats, values: Floats) -> float:
    """The most that all together can gain: values served less costs used."""
    units = clear(asks, values).units
    return math.fsum([*values[:units].tolist(), *(-asks[:units]).tolist()])


def vickrey(asks: Floats, own: Bools, values: Floats) -> tuple[int, float | None, float]:
    """(units sold, what a seller with one machine gets, what the owner of the machines `own` gets
    in all). Each owner gets what its being there is worth to all the others."""
    units, price = clear(asks, values)
    mine = own[:units]
    if not mine.any():
        return units, price, 0.0
    costs = math.fsum(asks[:units][mine].tolist())
    without = surplus(asks[~own], values)
    return units, price, math.fsum([surplus(asks, values), costs, -without])


class Withheld(NamedTuple):
    """machines: how many the owner keeps out. gain: what it earns more than by offering all."""

    machines: int
    units: int
    price: float | None
    gain: float


def withhold(asks: Floats, own: Bools, values: Floats) -> Withheld:
    """The best that an owner of several machines can do under one price for all, if all others ask
    for their costs: keep its dearest machines out, and be paid more for the others."""
    where = np.flatnonzero(own)
    if not len(values) or not len(where):
        units, price = clear(asks, values)
        return Withheld(0, units, price, 0.0)
    outs = np.arange(len(where) + 1)
    # A row for each number kept out: which asks stay, and the place in the line of each of them.
    stay = ~own | (np.cumsum(own) <= (len(where) - outs)[:, None])
    place = np.cumsum(stay, axis=1)
    facing = values[np.minimum(place, len(values)) - 1]
    needed = stay & (asks <= facing) & (place <= len(values))
    units = np.count_nonzero(needed, axis=1)
    refused = np.where(stay & ~needed, asks, np.inf).min(axis=1)
    prices = np.minimum(refused, values[np.maximum(units, 1) - 1])
    # Only dearer machines are kept out, so those that stay keep their places in the line.
    used = np.minimum(np.searchsorted(where, units), len(where) - outs)
    spent = np.concatenate([[0.0], np.cumsum(asks[where])])
    earned = used * prices - spent[used]
    best = int(np.flatnonzero(earned >= earned.max() - 1e-9)[0])
    sold = int(units[best])
    price = float(prices[best]) if sold else None
    return Withheld(best, sold, price, float(earned[best] - earned[0]) if best else 0.0)


def next_fee(fee: float, use: float, target: float, step: float) -> float:
    """The rule of EIP-1559 for shares of capacity: at target use the fee stays, at no use it falls
    by `step`, at full use it rises by `step` (1 - target) / target."""
    return max(FLOOR, fee * (1 + step * (use - target) / target))


def next_base_fee(
    fee: int, used: int, limit: int, denominator: int = 8, elasticity: int = 2
) -> int:
    """EIP-1559's own rule, in whole units as the chain computes it: the next block's base fee."""
    goal = limit // elasticity
    if used == goal:
        return fee
    if used > goal:
        return fee + max(1, fee * (used - goal) // goal // denominator)
    return fee - fee * (goal - used) // goal // denominator


def sell_posted(asks: list[float], arriving: list[float]) -> tuple[int, float]:
    """Buyers come one after another; each takes the cheapest free machine if its ask is not above
    what the buyer would pay. (units sold, the sum of the values served); `asks` ascending."""
    sold, served = 0, []
    for value in arriving:
        if sold == len(asks):
            break
        if asks[sold] <= value:
            served.append(value)
            sold += 1
    return sold, math.fsum(served)
