"""governance/yuma*.py against the chain's own tests, a simulator, loops, and a published figure."""

from __future__ import annotations

import numpy as np

from ..governance.yuma import Liquid, Rules, run, weighted_median
from ..governance.yuma_plain import plain_epoch
from ..governance.yuma_retention import Setting, draw, honest_pay
from ..governance.yuma_simulator import simulated_run
from ..governance.yuma_store import run_stored
from ..recorded import load
from .check import Check

TESTS, LAWS = "tests/governance/test_yuma.py", "tests/governance/test_yuma_laws.py"
RETENTION = "tests/governance/test_yuma_retention.py"
FULL = (16_383, 32_767, 49_149, 65_535)
NONE = (0, 0, 0, 0)
# Asserted by the chain's test of bonds: of operator 1 after three epochs, of operator 4 after each
# of the five that follow (validators 1 to 4).
FIRST = ((16_383, 32_767, 49_151, 65_535), (14_582, 32_767, 49_151, 65_535),
         (12_603, 28_321, 49_151, 65_535))  # fmt: skip
FOURTH = ((12_602, 28_320, 49_150, 65_535), (10_951, 24_609, 49_150, 65_535),
          (9_559, 21_482, 49_150, 65_535), (8_376, 18_824, 49_150, 65_535))  # fmt: skip
LAST = (0.053130352, 0.1194037423, 0.3546237142, 0.472842191)  # dividends, printed beside them
# Yuma 3, dividends after six epochs of two of the chain's scenarios.
FIRST_MOVES = (0.8418, 0.0884, 0.0697)
ONE_SWITCH = (0.3487, 0.3487, 0.3026)
# The simulator's case 1, dividends of the tenth epoch.
SIMULATED = (0.8209932, 0.0938403, 0.0851648)


def bonds_test() -> tuple[int, float]:
    """Largest difference of a stored bond, in units of 65,535, and of the last dividends."""
    late = (NONE, NONE, (0, 0, 0, 65_535), FULL)
    weights = [(FULL,) * 4, (NONE, *(FULL,) * 3), (NONE, NONE, FULL, FULL),
               (NONE, NONE, NONE, FULL), *(late,) * 4]  # fmt: skip
    found = run_stored((1, 2, 3, 4), weights)
    ours = [x.bonds[:, 0] for x in found[:3]] + [x.bonds[:, 3] for x in found[3:7]]
    units = int(np.abs(np.array(ours) - np.array(FIRST + FOURTH)).max())
    return units, float(np.abs(found[-1].worked_out.dividends - LAST).max())


def scenarios() -> float:
    """Largest difference of dividends in two scenarios of Yuma 3."""
    one, two = (65_535, 0), (0, 65_535)
    rules = Rules(3, alpha=0.025, beta=0.0, liquid=Liquid(0.1, 0.3))
    moves = [(one,) * 3, (two, one, one), (two, two, one), *((two,) * 3,) * 3]
    switch = [(one,) * 3, (one,) * 3, (one, one, two), *((one,) * 3,) * 3]
    apart = [
        np.abs(run_stored(stake, weights, rules)[-1].dividends / 65_535 - told).max()
        for stake, weights, told in (
            ((8, 1, 1), moves, FIRST_MOVES),
            ((33, 33, 34), switch, ONE_SWITCH),
        )
    ]
    return float(max(apart))


def simulator() -> float:
    one, two = (1, 0), (0, 1)
    weights = [(one,) * 3, (two, one, one), (two, two, one), *((two,) * 3,) * 7]
    found = simulated_run((0.8, 0.1, 0.1), weights, Rules(kappa=0.5))[-1]
    return float(np.abs(found.dividends - SIMULATED).max())


def loops() -> float:
    """Largest difference from the plain loops: both versions, 40 by 60, three epochs."""
    rng = np.random.default_rng(11)
    stake, weights = rng.random(40), rng.integers(0, 5, (40, 60)).astype(float)
    weights[3] = 0
    worst = 0.0
    for rules in (Rules(), Rules(kappa=0.6, beta=0.5), Rules(3, beta=0.5, liquid=Liquid(0.1, 0.3))):
        bonds = None
        for found in run(stake, [weights, weights[::-1], weights], rules):
            plain = plain_epoch(stake.tolist(), found.weights.tolist(), bonds, rules)
            for name in ("consensus", "incentive", "dividends", "bonds", "trust"):
                gap = np.abs(getattr(found, name) - np.array(plain[name])).max()
                worst = max(worst, float(gap))
            bonds = found.bonds.tolist()
    return worst


def checks() -> list[Check]:
    """About a second on one core."""
    units, dividends = bonds_test()
    settings = load("yuma")["settings"]
    needs = load("yuma_documented")["needs"]
    drawn = max(abs(settings[x["setting"]]["needed"] - x["drawn"]) for x in needs if "told" in x)
    pairs = [(settings[x["setting"]], x["drawn"]) for x in needs]
    outside = max(max(ours["lowest"] - told, told - ours["highest"], 0.0) for ours, told in pairs)
    game = Setting(deviation=0.0)
    ranks = 0.6 + 0.4 * 0.4
    rng = np.random.default_rng(2)
    stakes, scores = rng.integers(0, 4, (300, 7)), rng.integers(0, 4, (300, 7))
    missed = sum(
        bool(weighted_median(s, x, 0.5) != by_words(s, x))
        for s, x in zip(stakes, scores, strict=True)
    )
    return [
        Check(
            model="Yuma 2: bonds as the chain stores them",
            against="28 bonds that the chain's own test asserts, eight epochs",
            source="subtensor_epoch_tests",
            error=float(units),
            tolerance=0.0,
            why="units of 65,535; exact",
            test=f"{TESTS}::test_the_test_of_bonds_as_stored",
        ),
        Check(
            model="Yuma 2: dividends after eight epochs",
            against="printed beside the chain's test",
            source="subtensor_epoch_tests",
            error=dividends,
            tolerance=2.5e-9,
            why="ten steps of the chain's fixed point, 2^-32 each",
            test=f"{TESTS}::test_the_test_of_bonds_as_stored",
        ),
        Check(
            model="Yuma 3 with liquid alpha: dividends",
            against="the chain's scenarios: who moves first; a switch for one epoch",
            source="subtensor_epoch_tests",
            error=scenarios(),
            tolerance=1e-4,
            why="named with four digits there, which its test allows to be off by 1e-3",
            test=f"{TESTS}::test_the_scenarios_of_yuma_3",
        ),
        Check(
            model="Yuma: weighted median, ties included",
            against="equation (3) by its words: how many of 300 random cases differ",
            source="subtensor_consensus",
            error=float(missed),
            tolerance=0.0,
            why="exact",
            test=f"{LAWS}::test_ties_are_those_of_exact_arithmetic",
        ),
        Check(
            model="Yuma 2 and 3: an epoch, all that it makes",
            against="the definition, loop by loop",
            source="subtensor_consensus",
            error=loops(),
            tolerance=1e-12,
            why="rounding of sums in another order",
            test=f"{LAWS}::test_the_fast_epoch_is_the_plain_one",
        ),
        Check(
            model="Yuma as a simulator has it: dividends of the tenth epoch",
            against="the simulator, run: its case 1",
            source="yuma_simulation",
            error=simulator(),
            tolerance=1e-6,
            why="32-bit floats",
            test=f"{LAWS}::test_the_simulators_case_to_a_millionth",
        ),
        Check(
            model="Yuma: pay of the honest, no scatter, the league gives all to itself",
            against="closed form, honest stake and utility 60%",
            source="subtensor_consensus",
            error=abs(honest_pay(game, draw(game, 0), 0.6, 1.0) - (0.36 / ranks + 0.6 / ranks) / 2),
            tolerance=1e-9,
            why="closed form on one side, an epoch of 512 places on the other",
            test=f"{RETENTION}::test_without_scatter_it_is_a_closed_form",
        ),
        Check(
            model="Yuma: honest work that keeps 60% of the stake, mean of 40 networks",
            against="the documentation's figures: 60.0, 66.7, 73.3; 78.8, 76.8; 82.4, 78.5%",
            source="subtensor_consensus",
            error=drawn,
            tolerance=0.004,
            why="theirs is one network: two standard deviations of ours, 0.002 each",
            test="tests/demos/test_yuma.py::test_the_numbers_of_the_recorded_run_are_the_documented_ones",
        ),
        Check(
            model="Yuma: the same, theirs as one of our 40 networks",
            against="how far theirs is outside of the range of ours",
            source="subtensor_consensus",
            error=outside,
            tolerance=0.001,
            why="their line is drawn between points 0.02 apart",
            test=f"{RETENTION}::test_the_documented_figure_is_one_of_our_draws",
        ),
    ]


def by_words(stake: np.ndarray, scores: np.ndarray) -> int:
    """The largest score such that at least half of the stake is with those who give it or more."""
    held = [int(s) for s, x in zip(stake, scores, strict=True) if s]
    given = [int(x) for s, x in zip(stake, scores, strict=True) if s]
    enough = [
        w
        for w in given
        if 2 * sum(s for s, x in zip(held, given, strict=True) if x >= w) >= sum(held)
    ]
    return max(enough, default=0)
