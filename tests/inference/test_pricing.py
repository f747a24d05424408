"""The rules of pricing against theorems, brute force, and other people's numbers."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.inference.pricing_rules import (
    FLOOR,
    clear,
    next_base_fee,
    next_fee,
    sell_posted,
    surplus,
    vickrey,
    withhold,
)
from decentralized_ai.inference.pricing_sellers import SELLERS, rank, ranked, spread
from decentralized_ai.inference.pricing_theory import (
    first_price_ask,
    overshoot,
    rejected_mean,
    rounds_to_multiply,
)

DATA = Path(__file__).parents[1] / "data"
FEES = json.loads((DATA / "pricing_base_fee.json").read_text(encoding="utf-8"))
OFFERS = json.loads((DATA / "pricing_offers.json").read_text(encoding="utf-8"))
BUYERS = ([9.0, 9.0], [4.0, 2.0], [3.0, 3.0, 1.0], [4.0, 3.0, 2.0, 1.0, 0.0])
prices = st.lists(st.integers(0, 12).map(float), min_size=0, max_size=7)


def line_up(bids: list[tuple[float, float, bool]]) -> tuple[np.ndarray, list[float], np.ndarray]:
    """(bid, cost, own) sorted by bid: bids, costs, own."""
    ranked_ = sorted(bids, key=lambda bid: bid[0])
    asks = np.array([bid[0] for bid in ranked_])
    return asks, [bid[1] for bid in ranked_], np.array([bid[2] for bid in ranked_], dtype=bool)


def test_no_ask_beats_the_true_cost_at_one_price_for_all() -> None:
    """Every cost, own ask and pair of rivals' asks on a grid; ties broken either way."""
    grid = [0.0, 1.0, 2.0, 3.0, 4.0]
    for values, (cost, *rivals), first in itertools.product(
        BUYERS, itertools.product(grid, repeat=3), (True, False)
    ):
        earned = {}
        for ask in grid:
            bids = [(rival, rival, False) for rival in rivals]
            bids = [(ask, cost, True), *bids] if first else [*bids, (ask, cost, True)]
            asks, _, own = line_up(bids)
            units, price = clear(asks, np.array(values))
            earned[ask] = price - cost if price is not None and own[:units].any() else 0.0
        assert max(earned.values()) == earned[cost]


def test_no_asks_beat_the_true_costs_in_a_vickrey_auction_even_with_two_machines() -> None:
    grid = [0.0, 1.0, 2.0, 3.0]
    for values in BUYERS[1:]:
        keen = np.array(values)
        for c1, c2, r1, r2 in itertools.product(grid, repeat=4):
            if c1 > c2 or r1 > r2:
                continue
            earned = {}
            for a1, a2 in itertools.product(grid, repeat=2):
                bids = [(r1, r1, False), (a1, c1, True), (r2, r2, False), (a2, c2, True)]
                asks, costs, own = line_up(bids)
                units, _, paid = vickrey(asks, own, keen)
                earned[a1, a2] = paid - sum(costs[i] for i in range(units) if own[i])
            assert max(earned.values()) <= earned[c1, c2] + 1e-12


def best_subset(asks: list[float], values: list[float]) -> float:
    """The largest gain of all together, tried out: any sellers with any buyers."""
    return max(
        sum(some_values) - sum(some_asks)
        for count in range(min(len(asks), len(values)) + 1)
        for some_asks in itertools.combinations(asks, count)
        for some_values in itertools.combinations(values, count)
    )


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9).map(float), st.booleans()), min_size=1, max_size=5),
    st.lists(st.integers(0, 9).map(float), max_size=5),
)
def test_vickrey_pays_what_being_there_is_worth_to_the_others(bids: list, values: list) -> None:
    asks, _, own = line_up([(ask, ask, mine) for ask, mine in bids])
    keen = np.array(sorted(values, reverse=True))
    units, price, paid = vickrey(asks, own, keen)
    whole, cost = best_subset(list(asks), values), sum(asks[:units][own[:units]])
    assert math.isclose(surplus(asks, keen), whole, abs_tol=1e-9)
    without = best_subset([float(a) for a in asks[~own]], values)
    assert math.isclose(paid, whole + cost - without, abs_tol=1e-9)
    for i in range(units):  # as if each machine were an owner of its own
        alone = best_subset([float(a) for j, a in enumerate(asks) if j != i], values)
        assert price is not None
        assert math.isclose(price, whole + asks[i] - alone, abs_tol=1e-9)


@settings(max_examples=200, deadline=None)
@given(prices, prices)
def test_the_price_clears_the_market_and_is_the_marginal_operators(
    asks: list, values: list
) -> None:
    line, keen = np.array(sorted(asks)), np.array(sorted(values, reverse=True))
    units, price = clear(line, keen)
    if price is None:
        assert not asks or not values or min(asks) > max(values)
        return
    # Everyone who would sell for less does, everyone who would pay more buys, and as many of each.
    assert sum(a < price for a in asks) <= units <= sum(a <= price for a in asks)
    assert sum(v > price for v in values) <= units <= sum(v >= price for v in values)
    assert line[units - 1] <= price
    assert units == len(line) or price <= line[units]


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12).map(float), st.booleans()), min_size=1, max_size=7),
    prices,
)
def test_the_best_withholding_is_the_best_of_all_subsets(bids: list, values: list) -> None:
    asks, _, own = line_up([(ask, ask, mine) for ask, mine in bids])
    keen = np.array(sorted(values, reverse=True))
    found = withhold(asks, own, keen)
    earned = {}
    mine = np.flatnonzero(own)
    for size in range(len(mine) + 1):
        for out in itertools.combinations(mine, size):
            kept = np.ones(len(asks), dtype=bool)
            kept[list(out)] = False
            units, price = clear(asks[kept], keen)
            used = asks[kept][:units][own[kept][:units]]
            earned[out] = sum(price - used) if price is not None else 0.0
    assert math.isclose(found.gain, max(earned.values()) - earned[()], abs_tol=1e-9)
    if found.machines == 0:
        assert (found.units, found.price) == clear(asks, keen)


def test_withholding_can_pay_at_one_price_for_all() -> None:
    """Three machines that cost nothing, a rival at 1, three buyers who would pay 10. With all three
    offered the rival's 1 is the first ask not needed: 3 in all. With two, the rival is needed too,
    and the buyers' 10 is the price: 20."""
    asks, own = np.array([0.0, 0.0, 0.0, 1.0]), np.array([True, True, True, False])
    found = withhold(asks, own, np.array([10.0, 10.0, 10.0]))
    assert (found.machines, found.units, found.price, found.gain) == (1, 3, 10.0, 17.0)


@pytest.mark.parametrize(("sellers", "units"), [(2, 1), (5, 1), (5, 3), (20, 10)])
def test_the_mean_price_of_drawn_costs(sellers: int, units: int) -> None:
    """(k + 1) / (n + 1), the mean of an order statistic; within 4.5 standard errors."""
    rng = np.random.default_rng(4)
    keen = np.full(units, 2.0)
    paid = [clear(np.sort(rng.random(sellers)), keen).price for _ in range(4000)]
    error = abs(np.mean(paid) - rejected_mean(sellers, units))
    assert error <= 4.5 * np.std(paid) / math.sqrt(len(paid))


@pytest.mark.parametrize("sellers", [2, 3, 5, 10])
def test_revenue_equivalence(sellers: int) -> None:
    """One unit: the winner paid its own ask and the winner paid the next ask get the same on
    average; the buyer keeps (n - 1) / (n + 1) of a ceiling of 1."""
    rng = np.random.default_rng(5)
    costs = np.sort(rng.random((20_000, sellers)), axis=1)
    first = first_price_ask(costs[:, 0], sellers)
    gap = first - costs[:, 1]
    assert abs(gap.mean()) <= 4.5 * gap.std() / math.sqrt(len(gap))
    kept = 1 - first
    error = abs(kept.mean() - (sellers - 1) / (sellers + 1))
    assert error <= 4.5 * kept.std() / math.sqrt(len(kept))


def test_the_first_price_ask_is_the_best_answer_to_itself() -> None:
    """Rivals ask by the formula: an ask of a then wins with a chance of (1 - c(a))^(n - 1)."""
    asks = np.linspace(0, 1, 2001)
    for sellers, cost in itertools.product((2, 3, 6), (0.0, 0.3, 0.8)):
        rival = np.clip((asks * sellers - 1) / (sellers - 1), 0, 1)  # the cost that asks `asks`
        earned = (asks - cost) * (1 - rival) ** (sellers - 1)
        assert abs(asks[np.argmax(earned)] - first_price_ask(cost, sellers)) <= 5e-4 + 1e-9


@pytest.mark.parametrize("name", ["geth", "alloy_ethereum", "alloy_optimism_canyon"])
def test_base_fees_of_two_implementations(name: str) -> None:
    group = FEES[name]
    rule = {"denominator": group["denominator"], "elasticity": group["elasticity"]}
    for fee, used, limit, after in group["rows"]:
        assert next_base_fee(fee, used, limit, **rule) == after
        if fee > 10 and limit % group["elasticity"] == 0:
            # The rule for shares, in units in which this fee is 1: whole units lose less than 1.
            share = next_fee(1.0, used / limit, 1 / group["elasticity"], 1 / group["denominator"])
            assert abs(share * fee - after) <= 1


@given(st.floats(0.02, 50), st.floats(0.1, 0.9), st.floats(0.001, 1))
def test_the_base_fee_rests_at_its_target(fee: float, target: float, step: float) -> None:
    assert next_fee(fee, target, target, step) == fee
    assert next_fee(fee, 1.0, target, step) > fee
    assert FLOOR <= next_fee(fee, 0.0, target, step) < fee
    rise = next_fee(fee, 1.0, target, step) / fee - 1
    assert math.isclose(rise, step * (1 - target) / target, rel_tol=1e-9)


def test_at_most_one_eighth_a_block() -> None:
    assert next_fee(1.0, 1.0, 0.5, 0.125) == 1.125
    assert next_fee(1.0, 0.0, 0.5, 0.125) == 0.875
    assert rounds_to_multiply(2) == math.ceil(math.log(2) / math.log(1.125)) == 6


def test_the_published_bound_on_the_mean_use() -> None:
    """Leonardos et al. state about 6% above target at most."""
    assert round(100 * overshoot()) == 6


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.3, 1.0, 5.0]))
def test_mean_use_lies_between_target_and_the_bound(seed: int, wild: float) -> None:
    """Buyers come in numbers that nobody foresees, capacity is fixed. What is left of the log of
    the fee, at most log(60 / 0.01), is spread over all rounds."""
    rng = np.random.default_rng(seed)
    fee, uses, blocks = 1.0, [], 4000
    for keen in np.exp(wild * rng.standard_normal(blocks)):
        use = min(1.0, max(0.0, keen * (1 - fee / 4)))
        uses.append(use)
        fee = next_fee(fee, use, 0.5, 0.125)
    over = float(np.mean(uses)) / 0.5 - 1
    rest = math.log(400) / 0.125 / blocks
    assert -rest <= over <= overshoot() + 2 * rest


def test_buyers_take_the_cheapest_machine_that_is_free() -> None:
    assert sell_posted([1.0, 2.0, 3.0], [5.0, 1.5, 2.5, 9.0]) == (3, 16.5)
    assert sell_posted([1.0], [0.5, 0.9]) == (0, 0.0)
    assert sell_posted([], [1.0]) == (0, 0.0)


def test_the_sellers_are_those_of_the_data() -> None:
    said = {
        o["provider"]: (o["usd_per_1m_input"], o["usd_per_1m_output"], o["quantization"] or "")
        for o in OFFERS["offers"]
    }
    assert {s.name: (s.input, s.output, s.precision) for s in SELLERS} == said
    assert len(SELLERS) == 18
    for offer, seller in zip(OFFERS["offers"], SELLERS, strict=True):
        # The data's own blend, three tokens read for one written, printed with four decimals.
        assert abs(seller.blended(3) - offer["blended_3to1"]) <= 0.5e-4 + 1e-9


def test_the_spread_of_prices() -> None:
    """41-fold for tokens read and 2.9-fold for tokens written, as collected with the data."""
    assert round(spread([s.input for s in SELLERS])) == 41
    assert round(spread([s.output for s in SELLERS]), 1) == 2.9


@given(st.floats(0, 1000))
def test_who_is_cheapest_depends_on_the_mix(mix: float) -> None:
    """Two asks a x + b are equal at x = (b2 - b1) / (a1 - a2)."""
    cheapest = ranked(mix)[0].name
    if mix < 0.385 / 0.84 - 1e-6:
        assert cheapest == "Cerebras"
    elif 0.385 / 0.84 + 1e-6 < mix < 0.325 / 0.1 - 1e-6:
        assert cheapest in ("DeepInfra", "Phala")
    elif 0.325 / 0.1 + 1e-6 < mix < 2.15 / 0.0261 - 1e-6:
        assert cheapest == "Darkbloom"
    elif mix > 2.15 / 0.0261 + 1e-6:
        assert cheapest == "Reka"
    # One seller asks less than these two for tokens of both kinds.
    assert rank("AkashML", mix) > 1 and rank("Chutes", mix) > 2
