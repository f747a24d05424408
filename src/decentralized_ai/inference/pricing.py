"""A market for units of work over time: prices, operators that come and go, a wave of buyers.

    market = Market(costs, running=0.5)
    run = simulate(market, buyers, "uniform", seed=1)
    run.price, run.machines

Each operator brings machines of one unit a round. A machine has a full cost a unit: a share
`running` of it is spent only when it works, the rest (its rent) in every round that it is in the
market. So the least that a machine in the market works for is its running cost.

An operator outside comes in when it would have earned its rent lately, one inside leaves when it
did not. The running average of income that it looks at is that of a machine with its cost, at the
prices that were paid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .pricing_rules import (
    Bools,
    Floats,
    clear,
    next_fee,
    sell_posted,
    surplus,
    vickrey,
    withhold,
)

Ints = npt.NDArray[np.int64]
RULES = ("posted", "vickrey", "uniform", "base_fee")
MEMORY = 0.1  # weight of the last round in the average income that operators look at
SLACK = 0.05  # an operator moves only for five percent of its rent
ASK_STEP = 0.03  # how much an operator with a posted price asks more or less from round to round


@dataclass(frozen=True)
class Market:
    """costs: full cost a unit of every machine that could be there, ascending. own: which of them
    belong to the largest operator; each other machine has an owner of its own. top: no buyer pays
    more. entry: share of machines whose owners think again in a round. step, target: of the base
    fee."""

    costs: Floats
    own: Bools
    running: float = 0.5
    top: float = 4.0
    entry: float = 0.1
    step: float = 0.125
    target: float = 0.5

    def values(self, buyers: int) -> Floats:
        """What each of the buyers would pay at most, evenly spread from 0 to `top`, descending."""
        return self.top * (1 - (np.arange(buyers) + 0.5) / max(1, buyers))

    def balance(self, buyers: int) -> tuple[int, float]:
        """The competitive equilibrium in the long run, by sorting: (machines needed, the full cost
        of the dearest of them)."""
        units = clear(self.costs, self.values(buyers)).units
        return units, float(self.costs[max(0, units - 1)])


@dataclass(frozen=True)
class Run:
    """One row a round. price: mean paid a unit (the last one paid, where nothing is sold). sold:
    units. machines: in the market. gain: values served less running costs. possible: the most that
    these could have been with those machines. withheld, extra: machines that the largest operator
    keeps out, and what that brings it. widest: dearest over cheapest ask that found a buyer, where
    each is paid its own."""

    price: Floats
    sold: Ints
    machines: Ints
    gain: Floats
    possible: Floats
    withheld: Ints
    extra: Floats
    own_income: Floats
    widest: Floats

    def after(self, start: int) -> Run:
        return Run(*(getattr(self, name)[start:] for name in self.__dataclass_fields__))


def simulate(market: Market, buyers: Ints, rule: str, seed: int) -> Run:
    """From the long-run balance of the first round on. The same luck for every rule."""
    rng = np.random.default_rng([seed, 15])
    rounds, count = len(buyers), len(market.costs)
    thinks = rng.random((rounds, count)) < market.entry
    orders = np.random.default_rng([seed, 59])
    costs = market.running * market.costs
    rents = market.costs - costs
    first, price = market.balance(int(buyers[0]))
    inside = np.arange(count) < first
    income = rents.copy()
    asks = np.maximum(costs, price)
    fee = price
    known = {int(count): market.values(int(count)) for count in np.unique(buyers)}
    rows: list[tuple[float, ...]] = []
    for now in range(rounds):
        values = known[int(buyers[now])]
        here = np.flatnonzero(inside)
        open_, own = costs[here], market.own[here]
        out, extra, mine, use, widest = 0, 0.0, 0.0, 1.0, 1.0
        possible = surplus(open_, values)
        gain = possible
        if rule == "posted":
            ranked = here[np.argsort(asks[here], kind="stable")]
            lined = asks[ranked]
            arriving = values[np.argsort(orders.random(len(values)), kind="stable")]
            units, served = sell_posted(lined.tolist(), arriving.tolist())
            gain = served - math.fsum(costs[ranked[:units]].tolist())
            if units:
                price = math.fsum(lined[:units].tolist()) / units
                widest = float(lined[units - 1] / lined[0])
            use = units / max(1, len(here))
            asks = _new_asks(asks, costs, ranked, units)
        elif rule == "base_fee":
            willing = int(np.count_nonzero(open_ <= fee))
            wanted = int(np.count_nonzero(values >= fee))
            units = min(willing, wanted)
            price = fee
            use = units / willing if willing else float(wanted > 0)
            gain = _shared(values, open_, wanted, willing, units)
            fee = next_fee(fee, use, market.target, market.step)
        elif rule == "vickrey":
            units, paid, total = vickrey(open_, own, values)
            if paid is not None:
                used = int(np.count_nonzero(own[:units]))
                price = (paid * (units - used) + total) / units if used else paid
                mine = total - math.fsum(open_[:units][own[:units]].tolist()) if used else 0.0
        else:
            if np.count_nonzero(own) > 1:
                out, units, paid, extra = withhold(open_, own, values)
            else:
                units, paid = clear(open_, values)
            price = price if paid is None else paid
            if out:
                kept = np.ones(len(here), dtype=bool)
                kept[np.flatnonzero(own)[-out:]] = False
                open_, own = open_[kept], own[kept]
                gain = math.fsum([*values[:units].tolist(), *(-open_[:units]).tolist()])
            if paid is not None:
                mine = math.fsum((paid - open_[:units][own[:units]]).tolist())
        rows.append((price, units, len(here), gain, possible, out, extra, mine, widest))
        # Where nobody is left, the first to come would be paid what the keenest buyer has.
        seen = price if len(here) or not len(values) else float(values[0])
        use = use if len(here) else 1.0
        income += MEMORY * (use * np.maximum(0.0, seen - costs) - income)
        joins = ~inside & (income > rents * (1 + SLACK)) & thinks[now]
        leaves = inside & (income < rents * (1 - SLACK)) & thinks[now]
        asks = np.where(joins, np.maximum(costs, price), asks)
        inside = (inside | joins) & ~leaves
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    for i in (1, 2, 5):
        columns[i] = columns[i].astype(np.int64)
    return Run(*columns)


def _new_asks(asks: Floats, costs: Floats, ranked: Ints, units: int) -> Floats:
    """If all sold, all ask a step more. Else who sold goes half-way to the dearest ask that found a
    buyer, or to a step below it if someone idle could undercut it; who did not sell goes there at
    once. Nobody asks less than its running cost."""
    sold, idle = ranked[:units], ranked[units:]
    asks = asks.copy()
    if not len(idle):
        asks[sold] *= 1 + ASK_STEP
        return asks
    best = float(asks[ranked[max(0, units - 1)]])
    goal = best * (1 - ASK_STEP) if float(costs[idle].min()) < best * (1 - ASK_STEP) else best
    asks[sold] = np.maximum(costs[sold], asks[sold] + 0.5 * (goal - asks[sold]))
    asks[idle] = np.maximum(costs[idle], np.minimum(asks[idle], goal))
    return asks


def _shared(values: Floats, costs: Floats, wanted: int, willing: int, units: int) -> float:
    """At a fixed fee: the work is spread over all who would do it, over all who would pay."""
    if not units:
        return 0.0
    value = math.fsum(values[:wanted].tolist()) / wanted
    cost = math.fsum(costs[:willing].tolist()) / willing
    return units * (value - cost)
