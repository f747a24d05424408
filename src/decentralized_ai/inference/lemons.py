"""A market in which buyers cannot see which model answers (Akerlof 1970).

Money is in fees: one fee is what a batch of answers from the full model is worth to buyers.
Operator i pays c_i to serve a batch with the full model and (1 - saving) c_i with a quantised one,
whose answers are worth 1 - loss. Buyers see neither; they learn what a batch was worth on average,
and pay that, less what the checks cost them. Of each operator's batches a share q is checked. A
check flags a quantised batch with chance `detection` and an honest one with chance `alarm`; who is
flagged loses the fee and the stake. So at a price p

    honest     p - q alarm (p + stake) - c
    quantised  p - q detection (p + stake) - (1 - saving) c

and who would lose money either way sells nothing. Each round some operators look again and do what
pays better. Only + - x / and comparisons: the same bits on every machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

OPERATORS = 60
NEEDED = 45  # batches that buyers take at a time if they buy from the lowest asks
ROUNDS = 80
LOOKS = 0.25  # of the operators look again in a round
LEARNS = 0.3  # of the way from what buyers believed to what they got


@dataclass(frozen=True)
class Market:
    """cost: of a batch with the full model, the middle of the operators. spread: the dearest and
    the cheapest differ from it by this share. principled: of 100 operators, how many never cheat.
    check: what buyers pay for one check, at most half of stake and fee: else more checks would
    leave less at risk. lowest: buyers take the lowest asks, NEEDED of them."""

    cost: float
    spread: float
    principled: int
    saving: float
    loss: float
    stake: float
    detection: float = 1.0
    alarm: float = 0.0
    check: float = 0.0
    lowest: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.alarm < self.detection <= 1:
            raise ValueError("a check must flag a cheat more often than an honest operator")
        if not (0 < self.saving < 1 and 0 <= self.loss <= 1 and 0 <= self.spread < 1):
            raise ValueError(f"not shares: {self}")
        if 2 * self.check > 1 + self.stake:
            raise ValueError("a check must not cost half of what a flagged operator loses")
        if self.cost <= 0 or self.stake < 0 or self.check < 0 or not 0 <= self.principled <= 100:
            raise ValueError(f"not a market: {self}")


@dataclass(frozen=True)
class Run:
    """Of each row (a check rate and a start) at each round: numbers of operators, and the price.

    honest, quantised, price: (rows, ROUNDS + 1). surplus: (rows,), fees of all operators together
    in the last round: worth to buyers, less the cost of serving and of checking.
    """

    honest: npt.NDArray[np.int64]
    quantised: npt.NDArray[np.int64]
    price: Floats
    surplus: Floats


def operators(market: Market, seed: int) -> tuple[Floats, Bools]:
    """(costs, ascending; who never cheats), each (OPERATORS,). One cost in each of OPERATORS equal
    steps, at a random place in it; those who never cheat are spread evenly over the costs."""
    rng = np.random.default_rng([seed, 51])
    steps = (np.arange(OPERATORS) + rng.random(OPERATORS)) / OPERATORS
    first = int(rng.integers(100))
    counted = (np.arange(OPERATORS + 1, dtype=np.int64) * market.principled + first) // 100
    return market.cost * (1 + market.spread * (2 * steps - 1)), np.diff(counted) > 0


def asks(market: Market, rates: Any, costs: Any) -> tuple[Floats, Floats]:
    """The lowest prices at which it pays to sell (honest, quantised), rates and costs broadcast."""
    q = np.asarray(rates, dtype=np.float64)
    found, false = q * market.detection, q * market.alarm
    honest = (costs + false * market.stake) / (1 - false)
    kept = np.where(found < 1, 1 - found, 1.0)
    cheap = ((1 - market.saving) * costs + found * market.stake) / kept
    return np.asarray(honest), np.where(found < 1, cheap, math.inf)


def tempted(market: Market, rates: Any, costs: Any, price: Any) -> Bools:
    """Does it bring more to quantise than to be honest, if one sells at this price?"""
    risk = np.asarray(rates) * (market.detection - market.alarm) * (price + market.stake)
    return np.asarray(market.saving * costs > risk)


def average_worth(worth: Floats, selling: Bools, before: Any) -> Floats:
    """What a batch is worth on average, over the operators (last axis) that sell; `before` where
    nobody does."""
    number = selling.sum(axis=-1)
    total = np.where(selling, worth, 0.0).sum(axis=-1)
    return np.where(number > 0, total / np.maximum(number, 1), before)


def unravel(quality: Floats, valued: float, price: float, rounds: int) -> list[float]:
    """Akerlof's own example, round by round: owners who value their cars at `quality` sell if the
    price is at least that; buyers value a car `valued` times as much, and pay the average."""
    prices = [price]
    for _ in range(rounds):
        selling = quality <= prices[-1]
        prices.append(float(average_worth(valued * quality, selling, 0.0)))
    return prices


def simulate(market: Market, rates: Any, spoiled: Any, seed: int) -> Run:
    """Row by row: a check rate, and whether all start as cheats (but for those who never do). Each
    row has the same operators, who look again in the same rounds."""
    rates, spoiled = np.asarray(rates, dtype=np.float64), np.asarray(spoiled, dtype=np.bool_)
    costs, principled = operators(market, seed)
    looks = np.random.default_rng([seed, 52]).random((ROUNDS, OPERATORS)) < LOOKS
    q = rates[:, None]
    honest_ask, cheap_ask = asks(market, q, costs)
    cheats = spoiled[:, None] & ~principled
    belief = 1 - market.loss * (cheats.sum(axis=1) / OPERATORS)
    numbers = np.zeros((2, len(rates), ROUNDS + 1), dtype=np.int64)
    prices = np.zeros((len(rates), ROUNDS + 1))
    for now in range(ROUNDS + 1):
        price = belief - rates * market.check
        ask = np.where(cheats, cheap_ask, honest_ask)
        if market.lowest:
            order = np.argsort(ask, axis=1, kind="stable")
            place = np.argsort(order, axis=1, kind="stable")
            price = np.minimum(price, np.take_along_axis(ask, order[:, [NEEDED]], 1)[:, 0])
            selling = (place < NEEDED) & (ask <= price[:, None])
        else:
            selling = ask <= price[:, None]
        bad = (selling & cheats).sum(axis=1)
        sold = selling.sum(axis=1)
        numbers[:, :, now] = sold - bad, bad
        prices[:, now] = price
        if now < ROUNDS:
            got = np.where(sold > 0, 1 - market.loss * (bad / np.maximum(sold, 1)), belief)
            belief = belief + LEARNS * (got - belief)
            better = tempted(market, q, costs, price[:, None]) & ~principled
            cheats = np.where(looks[now], better, cheats)
    value = np.where(cheats, 1 - market.loss - (1 - market.saving) * costs, 1 - costs)
    value = value - q * market.check
    surplus = [math.fsum(row[sells].tolist()) for row, sells in zip(value, selling, strict=True)]
    return Run(numbers[0], numbers[1], prices, np.array(surplus))


def best_surplus(market: Market, costs: Floats) -> float:
    """Fees, if everybody could see which model answers: each operator serves what is worth more
    than it costs, or nothing, and there is nothing to check."""
    full, cheap = 1 - costs, 1 - market.loss - (1 - market.saving) * costs
    value = np.sort(np.maximum(np.maximum(full, cheap), 0.0))
    return math.fsum(value[-NEEDED:].tolist() if market.lowest else value.tolist())
