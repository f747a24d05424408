"""inference/pricing*.py against theorems on grids, closed forms, and other people's numbers."""

from __future__ import annotations

import itertools
import math

import numpy as np

from ..inference.pricing import ASK_STEP, SLACK, Market, simulate
from ..inference.pricing_rules import clear, next_base_fee, vickrey
from ..inference.pricing_sellers import SELLERS, spread
from ..inference.pricing_theory import (
    first_price_ask,
    headroom_price,
    overshoot,
    rejected_mean,
)
from .check import Check

TESTS, MARKET = "tests/inference/test_pricing.py", "tests/inference/test_pricing_market.py"
# fee, used, limit, next fee: the test of go-ethereum, then that of alloy with 250 and 6.
GETH = ((9_000_000, 987_500_000), (11_000_000, 1_012_500_000), (20_000_000, 1_125_000_000))
ALLOY = (
    (1_000_000_000, 10_000_000, 10_000_000, 1_020_000_009),
    (1_072_671_875, 9_000_000, 10_000_000, 1_091_550_909),
    (1_049_238_967, 0, 2_000_000, 1_045_042_012),
)


def best_lie() -> float:
    """The most that any ask but the true costs earns an owner of two machines in a Vickrey auction,
    over all costs and rivals' asks on a grid of four."""
    worst = -math.inf
    grid, values = (0.0, 1.0, 2.0, 3.0), np.array([4.0, 3.0, 2.0])

    def earned(
        costs: tuple[float, ...], asks: tuple[float, ...], rivals: tuple[float, ...]
    ) -> float:
        line = sorted(
            [(ask, cost, True) for ask, cost in zip(asks, costs, strict=True)]
            + [(rival, rival, False) for rival in rivals],
            key=lambda bid: bid[0],
        )
        own = np.array([bid[2] for bid in line])
        units, _, paid = vickrey(np.array([bid[0] for bid in line]), own, values)
        return paid - math.fsum(bid[1] for bid in line[:units] if bid[2])

    pairs = list(itertools.combinations_with_replacement(grid, 2))
    for costs, rivals in itertools.product(pairs, pairs):
        honest = earned(costs, costs, rivals)
        for asks in itertools.product(grid, repeat=2):
            worst = max(worst, earned(costs, asks, rivals) - honest)
    return worst


def balance_error() -> float:
    """Machine by machine over 200 markets: how far the price of `clear` lies outside the interval
    between the last cost needed and the next, or sells to who would not buy."""
    rng, worst = np.random.default_rng(1), 0.0
    for _ in range(200):
        costs, values = np.sort(rng.random(30)), np.sort(rng.random(30))[::-1]
        units, price = clear(costs, values)
        if price is None:
            continue
        after = costs[units] if units < len(costs) else math.inf
        worst = max(worst, costs[units - 1] - price, price - after, price - values[units - 1])
    return worst


def entry_errors() -> tuple[float, float]:
    """All machines cost 1: mean price less the closed form, at one price and under a base fee."""
    market = Market(np.ones(300), np.zeros(300, dtype=bool), running=0.5, target=0.75)
    buyers = np.full(600, 200, dtype=np.int64)
    found = []
    for rule, target in (("uniform", 1.0), ("base_fee", 0.75)):
        price = simulate(market, buyers, rule, 1).after(300).price
        found.append(abs(float(price.mean()) / headroom_price(1.0, 0.5, target) - 1))
    return found[0], found[1]


def posted_error() -> float:
    costs = np.sort(0.5 + np.random.default_rng(1).random(54))
    market = Market(costs, np.zeros(54, dtype=bool), running=1.0, entry=0.0)
    run = simulate(market, np.full(400, 36, dtype=np.int64), "posted", 1).after(200)
    price = clear(costs[: market.balance(36)[0]], market.values(36)).price
    assert price is not None
    return abs(float(run.price.mean()) / price - 1)


def checks() -> list[Check]:
    """About a second on one core."""
    rng = np.random.default_rng(2)
    costs = np.sort(rng.random((20_000, 5)), axis=1)
    first, second = first_price_ask(costs[:, 0], 5), costs[:, 1]  # type: ignore[arg-type]
    gap = first - second
    three = np.array([clear(row, np.full(3, 2.0)).price for row in costs[:4000]], dtype=float)
    geth = max(abs(next_base_fee(10**9, used, 20_000_000) - fee) for used, fee in GETH)
    alloy = max(abs(next_base_fee(f, u, m, 250, 6) - after) for f, u, m, after in ALLOY)
    uniform, fee = entry_errors()
    steady = Market(costs=np.ones(54), own=np.zeros(54, dtype=bool), running=1.0, entry=0.0)
    run = simulate(steady, np.full(400, 200, dtype=np.int64), "base_fee", 1).after(300)
    blended = {s.name: s.blended(3) for s in SELLERS}
    return [
        Check(
            model="pricing: the most that a false ask gains in a Vickrey auction",
            against="theorem: nothing; an owner of two machines, all asks on a grid",
            source="vickrey1961",
            error=max(0.0, best_lie()),
            tolerance=1e-12,
            why="exhaustive; sums of whole numbers",
            test=f"{TESTS}::test_no_asks_beat_the_true_costs_in_a_vickrey_auction_even_with_two_machines",
        ),
        Check(
            model="pricing: one price for all, outside the marginal operator's interval",
            against="competitive equilibrium by sorting: between the last cost needed and the next",
            source="vickrey1961",
            error=max(0.0, balance_error()),
            tolerance=0.0,
            why="comparisons only; 200 markets of 30 sellers and 30 buyers",
            test=f"{TESTS}::test_the_price_clears_the_market_and_is_the_marginal_operators",
        ),
        Check(
            model="pricing: mean price of 3 units from 5 sellers with costs drawn from 0 to 1",
            against="mean of an order statistic, 4/6",
            source="krishna2010",
            error=abs(float(three.mean()) - rejected_mean(5, 3)),
            tolerance=4.5 * float(three.std()) / math.sqrt(len(three)),
            why="4.5 standard errors of 4,000 draws",
            test=f"{TESTS}::test_the_mean_price_of_drawn_costs",
        ),
        Check(
            model="pricing: paid its own ask against paid the next ask, 5 sellers",
            against="revenue equivalence: the same on average",
            source="myerson1981",
            error=abs(float(gap.mean())),
            tolerance=4.5 * float(gap.std()) / math.sqrt(len(gap)),
            why="4.5 standard errors of 20,000 draws",
            test=f"{TESTS}::test_revenue_equivalence",
        ),
        Check(
            model="pricing: EIP-1559's base fee in whole units, denominator 8, elasticity 2",
            against="go-ethereum's own test cases",
            source="geth",
            error=float(geth),
            tolerance=0.0,
            why="integers",
            test=f"{TESTS}::test_base_fees_of_two_implementations",
        ),
        Check(
            model="pricing: the same rule with denominator 250, elasticity 6",
            against="alloy's own test cases",
            source="alloy_eips",
            error=float(alloy),
            tolerance=0.0,
            why="integers",
            test=f"{TESTS}::test_base_fees_of_two_implementations",
        ),
        Check(
            model="pricing: how far mean use under a base fee can lie above its target",
            against="published bound, about 6%",
            source="leonardos2023",
            error=abs(overshoot() - 0.06),
            tolerance=0.005,
            why="the bound is published in whole percent",
            test=f"{TESTS}::test_the_published_bound_on_the_mean_use",
        ),
        Check(
            model="pricing: use where the base fee comes to rest",
            against="fixed point: the target, one half",
            source="eip1559",
            error=abs(float((run.sold / run.machines).mean()) - 0.5),
            tolerance=0.5 / float(run.machines[0]),
            why="half a machine of those in the market",
            test=f"{MARKET}::test_the_fixed_point_of_the_base_fee",
        ),
        Check(
            model="pricing: after entry and exit, one price for all, equal machines",
            against="the lowest average cost",
            source="marshall1890",
            error=uniform,
            tolerance=SLACK + 4 / 200,
            why="relative; owners stay put within 5%, and one machine moves the price by 4/200",
            test=f"{MARKET}::test_entry_brings_the_price_to_the_cost",
        ),
        Check(
            model="pricing: after entry and exit, base fee with a target of 75%",
            against="running cost + rent / target",
            source="eip1559",
            error=fee,
            tolerance=SLACK + 4 / 200,
            why="relative; as above",
            test=f"{MARKET}::test_entry_brings_the_price_to_the_cost",
        ),
        Check(
            model="pricing: mean of posted prices after 200 quiet rounds",
            against="law of one price: the clearing price",
            source="marshall1890",
            error=posted_error(),
            tolerance=3 * ASK_STEP,
            why="relative; asks move in steps of 3%",
            test=f"{MARKET}::test_paid_what_they_ask_all_come_to_ask_the_same",
        ),
        Check(
            model="pricing: price of three tokens read and one written, of 18 sellers",
            against="the data's own blend: DeepInfra 0.5813, Cerebras 1.1150, Reka 1.1054",
            source="silybench",
            error=max(
                abs(blended["DeepInfra"] - 0.5813),
                abs(blended["Cerebras"] - 1.1150),
                abs(blended["Reka"] - 1.1054),
            ),
            tolerance=0.5e-4 + 1e-9,
            why="dollars; printed with four decimals",
            test=f"{TESTS}::test_the_sellers_are_those_of_the_data",
        ),
        Check(
            model="pricing: dearest over cheapest price asked for tokens read, 18 sellers",
            against="41, as collected",
            source="silybench",
            error=abs(spread([s.input for s in SELLERS]) - 41),
            tolerance=0.5,
            why="stated in whole numbers",
            test=f"{TESTS}::test_the_spread_of_prices",
        ),
    ]
