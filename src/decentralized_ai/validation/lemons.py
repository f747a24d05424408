"""inference/lemons*.py against Akerlof's example, published conditions and closed forms."""

from __future__ import annotations

import numpy as np

from ..inference.lemons import OPERATORS, Market, operators, simulate, unravel
from ..inference.lemons_published import (
    ASKED,
    PLAN,
    POWER,
    blended,
    probability_lost,
    time_saved,
)
from ..inference.lemons_threshold import simple_rate, threshold
from ..verification.spotcheck_game import Inspection, smallest_rate
from .check import Check

MARKET, LINE = "tests/inference/test_lemons.py", "tests/inference/test_lemons_threshold.py"


def turning_point() -> float:
    """Where sixty operators that are alike turn honest in the simulation, against q* in closed
    form: half the width of the bracket that holds both, in parts of q*."""
    market = Market(0.8, 0.0, 0, 0.4, 0.4, 10.0)
    costs, _ = operators(market, 1)
    least = threshold(market, costs)
    assert least is not None
    shares = np.linspace(0.99, 1.01, 41)
    run = simulate(market, shares * least, [False] * len(shares), 1)
    bad = run.quantised.max(axis=1) > 0
    low, high = shares[bad].max(initial=0.0), shares[~bad].min(initial=2.0)
    return float(max(abs(low - 1), abs(high - 1)))


def one_by_one() -> float:
    """Unequal operators without exit: the final number of honest ones against the fixed point."""
    worst, loss, stake, never = 0.0, 0.2, 10.0, 0.2
    market = Market(0.6, 0.2, 20, 0.5, loss, stake)
    for rate in (0.02, 0.025, 0.03, 0.035):
        pull = rate / 0.5
        share = (pull * (1 - loss * (1 - never) + stake) - 0.48) / (
            0.24 - pull * loss * (1 - never)
        )
        expected = OPERATORS * (never + (1 - never) * min(1.0, max(0.0, share)))
        for seed in range(5):
            run = simulate(market, [rate], [False], seed)
            worst = max(worst, abs(float(run.honest[0, -1]) - expected))
    return worst


def checks() -> list[Check]:
    """A tenth of a second on one core."""
    cars = (np.arange(200_000) + 0.5) / 100_000
    prices = np.array(unravel(cars, 1.5, 2.0, 20))
    game = Inspection(0.32, 11.0, cost=0.2, bounty=1.0, detection=0.9)
    bisected = smallest_rate(11.0, 0.32, 1, detection=0.9, alarm=0.01)
    assert bisected is not None
    plan = simple_rate(PLAN["cost"], PLAN["slash"], PLAN["reward"], 1 - PLAN["collude"])
    lower = 1 - blended(ASKED["Qwen3-14B", "int4"]) / blended(ASKED["Qwen3-14B", "fp8"])
    return [
        Check(
            model="lemons: price of Akerlof's cars, round by round",
            against="quality uniform on [0, 2], valued 3/2: 2 (3/4)^t, no trade at any price",
            source="akerlof1970",
            error=float(np.max(np.abs(prices - 2 * 0.75 ** np.arange(21)))),
            tolerance=1e-4,
            why="a grid of 200,000 cars for the uniform law",
            test=f"{MARKET}::test_akerlofs_cars_no_trade_at_any_price",
        ),
        Check(
            model="lemons: check rate at which the simulated market turns honest",
            against="q* = gain / (stake + fee), operators alike",
            source="akerlof1970",
            error=turning_point(),
            tolerance=6e-4,
            why="parts of q*; the simulation is run at steps of 5 in 10,000",
            test=f"{LINE}::test_the_market_turns_at_the_threshold",
        ),
        Check(
            model="lemons: honest operators in the end, costs unequal",
            against="fixed point of a continuum of operators, four check rates",
            source="akerlof1970",
            error=one_by_one(),
            tolerance=2.0,
            why="operators of 60: whole numbers for a continuum",
            test=f"{LINE}::test_unequal_operators_turn_one_by_one",
        ),
        Check(
            model="lemons: threshold for one operator",
            against="equilibrium of the inspection game; the stake there holds the fee too",
            source="avenhaus2002",
            error=abs(simple_rate(0.32, 10.0, 1.0, 0.9) - game.equilibrium()[1]),
            tolerance=1e-12,
            why="closed forms on both sides",
            test=f"{LINE}::test_the_inspection_game_has_the_same_threshold",
        ),
        Check(
            model="lemons: threshold with false alarms",
            against="smallest check rate of a batch of one answer, by bisection",
            source="avenhaus2002",
            error=abs(simple_rate(0.32, 10.0, 1.0, 0.9, 0.01) - bisected),
            tolerance=1e-12,
            why="60 halvings of an interval below 1",
            test=f"{LINE}::test_the_spot_check_with_false_alarms_has_it_too",
        ),
        Check(
            model="lemons: threshold at a plan's own numbers",
            against="p > C / ((1 - r)(R + S)): 9.92%, where the plan checks 8%",
            source="splitup_plan",
            error=abs(plan - 1 / (0.9 * 11.2)),
            tolerance=1e-12,
            why="closed forms on both sides",
            test=f"{LINE}::test_the_published_condition_of_proof_of_sampling",
        ),
        Check(
            model="lemons: what 4 bits save (preset: 59% of cost)",
            against="29.17 against 71.93 tokens a second",
            source="llamacpp_quantize",
            error=100 * abs(time_saved("Q4_K_M") - 0.59),
            tolerance=0.5,
            why="percentage points; the stops of a slider are whole",
            test="tests/demos/test_lemons.py::test_presets_hold_the_numbers_of_their_sources",
        ),
        Check(
            model="lemons: what answers of 3 bits are worth less (preset: 78%)",
            against="perplexity 25.54 against 5.68, as probability of the right token",
            source="gptq_readme",
            error=100 * abs(probability_lost("LLaMa-7B", "rtn3") - 0.78),
            tolerance=0.5,
            why="percentage points; the stops of a slider are whole",
            test="tests/demos/test_lemons.py::test_presets_hold_the_numbers_of_their_sources",
        ),
        Check(
            model="lemons: what a lower declared precision saves (preset: 13%)",
            against="int4 and fp8 sellers of one model, 3 tokens in for 1 out",
            source="silybench",
            error=100 * abs(lower - 0.13),
            tolerance=0.5,
            why="percentage points; the stops of a slider are whole",
            test="tests/demos/test_lemons.py::test_presets_hold_the_numbers_of_their_sources",
        ),
        Check(
            model="lemons: share of cheats that a test of answers finds (preset: 77%)",
            against="median power 77.4%",
            source="gao2025",
            error=100 * abs(POWER - 0.77),
            tolerance=0.5,
            why="percentage points; the stops of a slider are whole",
            test="tests/demos/test_lemons.py::test_presets_hold_the_numbers_of_their_sources",
        ),
    ]
