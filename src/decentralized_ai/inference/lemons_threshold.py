"""The least share of batches to check, in closed form, and the most that honest work can bear.

While the others are honest, an operator with cost c gains by quantising if

    saving c > q (detection - alarm) (p + stake),

so with a check that never errs and costs nothing the threshold is q* = gain / (stake + fee).
"""

from __future__ import annotations

import math

import numpy as np

from .lemons import NEEDED, Floats, Market


def smaller_root(square: float, linear: float, constant: float) -> float:
    """The smaller root of square q^2 - linear q + constant = 0 (all at least 0); inf if none."""
    inside = linear * linear - 4 * square * constant
    if inside < 0 or linear == 0:
        return 0.0 if constant == 0 else math.inf
    return 2 * constant / (linear + math.sqrt(inside))


def simple_rate(
    gain: float, stake: float, fee: float = 1.0, detection: float = 1.0, alarm: float = 0.0
) -> float:
    """q* = gain / ((detection - alarm) (stake + fee)), for one operator at a given fee."""
    return gain / ((detection - alarm) * (stake + fee))


def honest_price(market: Market, rate: float, costs: Floats) -> float:
    """What buyers pay while everybody is honest: a batch's worth less the checks, or, if they take
    the lowest asks, the lowest ask that they do not need."""
    price = 1 - rate * market.check
    if not market.lowest:
        return price
    false = rate * market.alarm
    return min(price, (float(costs[NEEDED]) + false * market.stake) / (1 - false))


def earns(market: Market, rate: float, costs: Floats, price: float) -> tuple[Floats, Floats]:
    """Fees a batch at this price (honest, quantised)."""
    false, found = rate * market.alarm, rate * market.detection
    honest = price - false * (price + market.stake) - costs
    cheap = price - found * (price + market.stake) - (1 - market.saving) * costs
    return honest, cheap


def extra(market: Market, rate: float, costs: Floats) -> float:
    """Fees a batch that cheating brings the most tempted operator, over the best that it could do
    otherwise (honest work or none), while the others are honest."""
    honest, cheap = earns(market, rate, costs, honest_price(market, rate, costs))
    return float(np.max(cheap - np.maximum(honest, 0.0)))


def threshold(market: Market, costs: Floats) -> float | None:
    """q*: the least share of batches to check at which nobody gains by cheating while the others
    are honest. None if there is none up to 1, or if nobody could live by honest work there.

    An operator stops gaining where honest work brings as much, q (detection - alarm)(1 - q check +
    stake) = saving c, or where cheating brings nothing, which is the ceiling of a cheat. The last
    one to stop decides. If buyers take the lowest asks and the price is the ask of the operator at
    the margin, that one decides, and the equation is a line.
    """
    m, apart = market, market.detection - market.alarm
    if m.lowest:
        gain = m.saving * float(costs[NEEDED])
        line = gain / (apart * (float(costs[NEEDED]) + m.stake) + m.alarm * gain)
        if line <= 1 and honest_price(m, line, costs) < 1 - line * m.check:
            return _if_lived(m, line, costs)
    least = max(
        min(
            smaller_root(m.check, 1 + m.stake, m.saving * cost / apart),
            bearable(m, m.detection, (1 - m.saving) * cost),
        )
        for cost in costs.tolist()
    )
    if least > 1 or honest_price(m, least, costs) < 1 - least * m.check:
        return None
    return _if_lived(m, least, costs)


def _if_lived(market: Market, rate: float, costs: Floats) -> float | None:
    """The rate, if the cheapest operator can live by honest work there (but for the last bits)."""
    return rate if rate <= ceiling(market, float(costs[0])) * (1 + 1e-12) else None


def ceiling(market: Market, cost: float) -> float:
    """The largest share of batches to check at which an honest operator with this cost can still
    sell. Above 1: never too much."""
    return bearable(market, market.alarm, cost)


def bearable(market: Market, flagged: float, cost: float) -> float:
    """The largest share q of batches to check that leaves an operator a living at the full price,
    if a check flags it with chance `flagged`: (1 - q check)(1 - q flagged) - q flagged stake =
    cost."""
    if cost >= 1:
        return 0.0
    linear = market.check + flagged * (1 + market.stake)
    return smaller_root(market.check * flagged, linear, 1 - cost)
