"""The market over time against what theory says it comes to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.inference.pricing import ASK_STEP, RULES, SLACK, Market, simulate
from decentralized_ai.inference.pricing_rules import clear
from decentralized_ai.inference.pricing_theory import headroom_price

COUNT = 54
ALONE = np.zeros(COUNT, dtype=bool)


def drawn(seed: int, low: float = 0.5) -> np.ndarray:
    return np.sort(low + 2 * (1 - low) * np.random.default_rng(seed).random(COUNT))


def steady(buyers: int, rounds: int = 400) -> np.ndarray:
    return np.full(rounds, buyers, dtype=np.int64)


@pytest.mark.parametrize("seed", range(5))
def test_without_entry_one_price_for_all_is_the_clearing_price(seed: int) -> None:
    market = Market(drawn(seed), ALONE, entry=0.0)
    buyers = np.random.default_rng(seed).integers(20, 120, 60)
    run = simulate(market, buyers, "uniform", seed)
    inside = market.balance(int(buyers[0]))[0]
    for now, count in enumerate(buyers):
        units, price = clear(0.5 * market.costs[:inside], market.values(int(count)))
        assert (run.sold[now], run.price[now]) == (units, price)
    assert (run.machines == inside).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 999), st.sampled_from([0.03, 0.5, 1.0]), st.integers(10, 150))
def test_where_each_has_one_machine_vickrey_is_one_price_for_all(
    seed: int, running: float, buyers: int
) -> None:
    market = Market(drawn(seed), ALONE, running)
    waves = np.random.default_rng(seed).integers(buyers // 2, 2 * buyers, 60)
    one, two = (simulate(market, waves, rule, seed) for rule in ("vickrey", "uniform"))
    assert (one.price == two.price).all() and (one.sold == two.sold).all()
    assert np.allclose(one.gain, one.possible) and np.allclose(two.gain, two.possible)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("buyers", [36, 60])
def test_paid_what_they_ask_all_come_to_ask_the_same(seed: int, buyers: int) -> None:
    """The law of one price: after 200 quiet rounds the asks that find buyers differ by a few of the
    steps in which asks move, and the mean paid is as near to the clearing price."""
    market = Market(drawn(seed), ALONE, running=1.0, entry=0.0)
    run = simulate(market, steady(buyers), "posted", seed).after(200)
    inside = market.balance(buyers)[0]
    price = clear(market.costs[:inside], market.values(buyers)).price
    assert run.widest.max() <= (1 + ASK_STEP) ** 3
    assert abs(run.price.mean() / price - 1) <= 3 * ASK_STEP


@pytest.mark.parametrize("running", [0.03, 0.5, 0.75])
@pytest.mark.parametrize("rule", ["uniform", "base_fee"])
def test_entry_brings_the_price_to_the_cost(rule: str, running: float) -> None:
    """All machines cost 1. Where income is a rent more or less, someone moves: the price stays as
    near to the closed form as owners do not bother, and one machine more or less changes it."""
    market = Market(np.ones(300), np.zeros(300, dtype=bool), running, target=0.75)
    buyers = 200
    run = simulate(market, steady(buyers, 600), rule, 1).after(300)
    aim = headroom_price(1.0, running, 0.75 if rule == "base_fee" else 1.0)
    lump = market.top / buyers  # from one buyer's value to the next
    assert abs(run.price.mean() - aim) <= SLACK * aim + lump


def test_the_fixed_point_of_the_base_fee() -> None:
    market = Market(drawn(3), ALONE, running=1.0, entry=0.0, target=0.5)
    run = simulate(market, steady(200), "base_fee", 1).after(300)
    use = run.sold / run.machines
    assert np.ptp(run.price) <= 0.02 * run.price.mean()
    assert abs(use.mean() - 0.5) <= 0.5 / run.machines[0]


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_gains_more_than_is_possible(rule: str) -> None:
    for seed in range(4):
        own = np.arange(COUNT) % 3 == 1
        market = Market(drawn(seed), own, running=0.25)
        waves = np.random.default_rng(seed).integers(10, 120, 80)
        run = simulate(market, waves, rule, seed)
        assert (run.gain <= run.possible + 1e-9).all()
        assert (run.sold <= run.machines - run.withheld).all() and (run.sold <= waves).all()
        assert (run.price > 0).all()


def test_keeping_machines_out_pays_at_one_price_and_never_in_a_vickrey_auction() -> None:
    own = np.arange(COUNT) % 2 == 0
    market = Market(drawn(1), own, entry=0.0)
    runs = {rule: simulate(market, steady(72, 40), rule, 1) for rule in ("uniform", "vickrey")}
    assert runs["uniform"].withheld.min() >= 1 and runs["uniform"].extra.min() > 0
    inside = market.balance(72)[0]
    honest = clear(0.5 * market.costs[:inside], market.values(72)).price
    # Honesty is not cheap: the auction pays the owner what its machines are worth to the others.
    assert min(runs["uniform"].price.min(), runs["vickrey"].price.min()) > honest
    assert (runs["uniform"].gain < runs["uniform"].possible).all()
    assert np.allclose(runs["vickrey"].gain, runs["vickrey"].possible)


def test_an_empty_market_fills_again() -> None:
    for rule in RULES:
        market = Market(drawn(2), ALONE)
        buyers = np.concatenate([steady(0, 60), steady(40, 120)])
        run = simulate(market, buyers, rule, 1)
        assert run.sold[:60].sum() == 0 and run.sold[-20:].min() > 10
