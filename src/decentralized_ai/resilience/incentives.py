"""Who stays when the pay changes: operators with unequal running costs share one income.

Costs and pay are in units of what the dearest operator of the start costs to run for a month. All
hardware is paid for: what counts for staying is the running cost (the shut-down rule).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from ..quantities import settled

OPERATORS = 100
MONTHS = 96  # shown; a cut at their end is not
TENTH = 0.9  # pay after a cut by a tenth
SURE = 1 + 1e-9  # a tie is no loss, whatever the last bits say
RULES = ("work", "presence", "orders")


def elasticity(share: float) -> float:
    """Of the number that can live on a given pay, from the share (0 to 1) that cannot cover its
    running costs if the pay falls by a tenth: 0.9^e = 1 - share."""
    if not 0 < share < 1:
        raise ValueError(f"a share between 0 and 1, not {share}")
    return math.log(1 - share) / math.log(TENTH)


@lru_cache(maxsize=64)
def cost_curve(elastic: float, volunteers: int, operators: int = OPERATORS) -> tuple[float, ...]:
    """Running costs, ascending. The first `volunteers` would run for nothing. Of the others the
    share with costs up to c is c^elastic, and the dearest costs 1."""
    if not 0 <= volunteers <= operators or operators < 1 or elastic <= 0:
        raise ValueError(f"no cost curve of {operators} with {volunteers} unpaid and {elastic}")
    paid = operators - volunteers
    return (0.0,) * volunteers + tuple(
        settled(math.exp(math.log(i / paid) / elastic)) for i in range(1, paid + 1)
    )


@dataclass(frozen=True)
class Pool:
    """What a month pays. fees: from customers, for work done. emission: new tokens, at their
    price. rule: who gets the emission. fake: what faking costs, see `faked`."""

    fees: float
    emission: float
    rule: str = "work"
    fake: float = 1.0

    def __post_init__(self) -> None:
        if self.fees < 0 or self.emission < 0 or self.fake <= 0 or self.rule not in RULES:
            raise ValueError(f"no such pay: {self}")

    def pay(self, operators: int) -> float:
        """A real operator's month, if so many share it.

        Fakes come as long as they gain. Paid for presence, at `fake` a month each, they press the
        emission of a machine down to that. Paid for orders, a made-up order of 1 loses `fake` and
        earns emission / orders, so orders grow to emission / fake, of which `fees` are real.
        """
        emission = self.emission
        if self.rule == "presence":
            emission = min(emission, self.fake * operators)
        elif self.rule == "orders":
            emission = min(emission, self.fake * self.fees)
        return (self.fees + emission) / operators

    def faked(self, operators: int) -> float:
        """How many fake machines join so many real ones, or the size of all made-up orders."""
        if self.rule == "presence":
            return max(0.0, self.emission / self.fake - operators)
        if self.rule == "orders":
            return max(0.0, self.emission / self.fake - self.fees)
        return 0.0

    def taken(self, operators: int) -> float:
        """The share of the emission that fakes take."""
        if self.rule == "work" or not self.emission:
            return 0.0
        real = operators if self.rule == "presence" else self.fees
        return max(0.0, 1 - self.fake * real / self.emission)


def equilibrium(pool: Pool, costs: tuple[float, ...]) -> int:
    """Free entry: the largest n whose dearest operator still covers its running cost. The pay of
    each falls with n and the costs rise, so it is found by halving."""
    low, high = 0, len(costs)
    while low < high:
        middle = (low + high + 1) // 2
        if pool.pay(middle) * SURE >= costs[middle - 1]:
            low = middle
        else:
            high = middle - 1
    return low


def staying(income_left: float, elastic: float) -> float:
    """The share that stays where this share of all income is left, for many operators:
    n c(n) = R with c(n) = n^(1/e), so n = R^(e / (1 + e))."""
    if income_left <= 0:
        return 0.0
    return math.exp(math.log(income_left) * elastic / (1 + elastic))


@dataclass(frozen=True)
class Habits:
    """patience: months of loss that an operator sits out. stay, enter: pay over running cost at
    which it leaves and at which a new one joins (see incentives_threshold)."""

    patience: int = 0
    stay: float = 1.0
    enter: float = 1.0

    def __post_init__(self) -> None:
        if self.patience < 0 or not 0 < self.stay <= self.enter:
            raise ValueError(f"no such habits: {self}")


def run(pools: list[Pool], costs: tuple[float, ...], habits: Habits) -> list[int]:
    """How many operators there are, month after month, from free entry on.

    In a month the dearest leave first, one by one, if they have lost for longer than their
    patience, as long as they still lose; then the cheapest outsiders join while it pays them. So
    those who are there are always the cheapest, and a number says all.
    """
    there = equilibrium(pools[0], costs)
    lost = [0] * len(costs)  # months in a row
    path = []
    for pool in pools:
        pay = pool.pay(there) * SURE if there else 0.0
        for i in range(there):
            lost[i] = lost[i] + 1 if pay < habits.stay * costs[i] else 0
        while (
            there
            and lost[there - 1] > habits.patience
            and pool.pay(there) * SURE < habits.stay * costs[there - 1]
        ):
            there -= 1
            lost[there] = 0
        while there < len(costs) and pool.pay(there + 1) * SURE >= habits.enter * costs[there]:
            there += 1
        path.append(there)
    return path
