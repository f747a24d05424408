"""The market for lemons: Akerlof's own example, a second simulator, laws, closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.inference.lemons import (
    LEARNS,
    LOOKS,
    NEEDED,
    OPERATORS,
    ROUNDS,
    Market,
    asks,
    best_surplus,
    operators,
    simulate,
    unravel,
)

markets = st.builds(
    Market,
    cost=st.sampled_from((0.3, 0.6, 0.8, 0.9)),
    spread=st.sampled_from((0.0, 0.05, 0.2, 0.3)),
    principled=st.sampled_from((0, 10, 20, 50)),
    saving=st.sampled_from((0.05, 0.13, 0.4, 0.8)),
    loss=st.sampled_from((0.0, 0.07, 0.4, 0.78, 1.0)),
    stake=st.sampled_from((0.0, 1.0, 10.0, 100.0)),
    detection=st.sampled_from((0.5, 0.9, 1.0)),
    alarm=st.sampled_from((0.0, 0.01, 0.05)),
    check=st.sampled_from((0.0, 0.2, 0.5)),
    lowest=st.booleans(),
)
rates = st.sampled_from((0.0, 0.002, 0.01, 0.03, 0.05, 0.1, 0.3, 1.0))
seeds = st.integers(0, 99)


# --- Akerlof's own example


def test_akerlofs_cars_no_trade_at_any_price() -> None:
    """Quality uniform on [0, 2], buyers value it 3/2: at a price p the average quality on offer is
    p / 2, so they pay 3/4 p. A fine grid of cars stands for the uniform law."""
    cars = (np.arange(200_000) + 0.5) / 100_000
    for first in (2.0, 1.5, 0.4):
        prices = unravel(cars, 1.5, first, 20)
        law = [first * 0.75**t for t in range(21)]
        assert prices == pytest.approx(law, abs=1e-4)  # ten times the grid of 1e-5
    assert unravel(cars, 1.5, 2.0, 60)[-1] < 1e-4


@settings(max_examples=30, deadline=None)
@given(st.floats(0.2, 1.95))
def test_the_market_dies_whenever_buyers_value_less_than_twice(valued: float) -> None:
    cars = (np.arange(20_000) + 0.5) / 10_000
    prices = unravel(cars, valued, 2.0, 8)
    assert prices[1:] == pytest.approx([2 * (valued / 2) ** t for t in range(1, 9)], abs=2e-3)


def test_it_lives_if_buyers_value_more_than_twice() -> None:
    cars = (np.arange(20_000) + 0.5) / 10_000
    assert unravel(cars, 2.5, 2.0, 8)[-1] == pytest.approx(2.5, abs=1e-9)


# --- a second simulator, operator by operator


def loop(market: Market, rate: float, spoiled: bool, seed: int) -> tuple[list, list, list]:
    """The rules in words, one operator at a time. The dice are those of the model."""
    costs, principled = operators(market, seed)
    dice = np.random.default_rng([seed, 52]).random((ROUNDS, OPERATORS))
    mode = [spoiled and not p for p in principled]
    belief = 1 - market.loss * (sum(mode) / OPERATORS)
    full, cheap, prices = [], [], []
    found, false = rate * market.detection, rate * market.alarm

    def ask(i: int) -> float:
        if not mode[i]:
            return (costs[i] + false * market.stake) / (1 - false)
        if found >= 1:
            return math.inf
        return ((1 - market.saving) * costs[i] + found * market.stake) / (1 - found)

    for now in range(ROUNDS + 1):
        price = belief - rate * market.check
        queue = sorted(range(OPERATORS), key=ask)
        if market.lowest:
            price = min(price, ask(queue[NEEDED]))
            queue = queue[:NEEDED]
        selling = [i for i in queue if ask(i) <= price]
        bad = sum(mode[i] for i in selling)
        full.append(len(selling) - bad)
        cheap.append(bad)
        prices.append(price)
        if now == ROUNDS:
            break
        if selling:
            belief += LEARNS * (1 - market.loss * (bad / len(selling)) - belief)
        for i in range(OPERATORS):
            if dice[now, i] < LOOKS and not principled[i]:
                risk = rate * (market.detection - market.alarm) * (price + market.stake)
                mode[i] = market.saving * costs[i] > risk
    return full, cheap, prices


@settings(max_examples=40, deadline=None)
@given(markets, rates, st.booleans(), seeds)
def test_equal_to_a_loop_over_operators(m: Market, rate: float, spoiled: bool, seed: int) -> None:
    run = simulate(m, [rate], [spoiled], seed)
    full, cheap, prices = loop(m, rate, spoiled, seed)
    assert run.honest[0].tolist() == full and run.quantised[0].tolist() == cheap
    assert run.price[0] == pytest.approx(prices, abs=1e-12)


# --- laws


@settings(max_examples=60, deadline=None)
@given(markets, st.lists(rates, min_size=1, max_size=4), seeds)
def test_operators_are_neither_made_nor_lost(m: Market, several: list, seed: int) -> None:
    run = simulate(m, several, [False] * len(several), seed)
    most = NEEDED if m.lowest else OPERATORS
    assert (run.honest >= 0).all() and (run.quantised >= 0).all()
    assert (run.honest + run.quantised <= most).all()
    _, principled = operators(m, seed)
    assert (run.quantised <= OPERATORS - principled.sum()).all()
    costs, _ = operators(m, seed)
    assert (run.surplus <= best_surplus(m, costs) + 1e-9).all()
    # A row does not depend on the rows beside it.
    alone = simulate(m, several[:1], [False], seed)
    assert (alone.honest[0] == run.honest[0]).all() and (alone.price[0] == run.price[0]).all()


@settings(max_examples=40, deadline=None)
@given(markets, seeds)
def test_without_checks_nobody_who_could_cheat_is_honest(m: Market, seed: int) -> None:
    """After 80 rounds in which a quarter look again: all have, but with a chance below 1e-8."""
    run = simulate(m, [0.0], [False], seed)
    _, principled = operators(m, seed)
    assert run.honest[0, -1] <= principled.sum()


@settings(max_examples=100, deadline=None)
@given(markets, rates.filter(lambda q: q < 1))
def test_at_its_ask_an_operator_earns_nothing(m: Market, rate: float) -> None:
    cost = m.cost
    honest, cheap = (float(ask) for ask in asks(m, rate, cost))
    false, found = rate * m.alarm, rate * m.detection
    assert honest * (1 - false) - false * m.stake == pytest.approx(cost, abs=1e-9)
    assert cheap * (1 - found) - found * m.stake == pytest.approx((1 - m.saving) * cost, abs=1e-9)


def test_costs_are_spread_evenly_and_the_principled_over_them() -> None:
    market = Market(0.8, 0.2, 20, 0.4, 0.4, 10.0)
    for seed in range(20):
        costs, principled = operators(market, seed)
        assert (np.diff(costs) > 0).all() and costs[0] >= 0.64 and costs[-1] <= 0.96
        assert principled.sum() == 12
        assert np.diff(np.flatnonzero(principled)).max() <= 6


def test_the_best_an_open_market_could_do() -> None:
    """Two prices, no secrets: whoever sells openly what brings more. By trying all choices."""
    market = Market(0.6, 0.3, 0, 0.4, 0.2, 0.0)
    costs, _ = operators(market, 3)
    each = [max(0.0, 1 - c, 1 - 0.2 - 0.6 * c) for c in costs]
    assert best_surplus(market, costs) == pytest.approx(sum(each), abs=1e-9)


def test_a_market_that_is_not_one_is_refused() -> None:
    good = {"cost": 0.8, "spread": 0.2, "principled": 20, "saving": 0.4, "loss": 0.4, "stake": 1.0}
    Market(**good)
    for wrong in (
        {"alarm": 0.5, "detection": 0.5},
        {"saving": 1.0},
        {"loss": 1.2},
        {"cost": 0.0},
        {"stake": -1.0},
        {"stake": 0.0, "check": 0.6},
        {"principled": 101},
    ):
        with pytest.raises(ValueError, match=r"not|must"):
            Market(**{**good, **wrong})
