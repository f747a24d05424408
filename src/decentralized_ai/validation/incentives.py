"""resilience/incentives*.py against closed forms, schedules that others run, and reports."""

from __future__ import annotations

import itertools
import math

import numpy as np

from ..resilience.incentives import (
    Habits,
    Pool,
    cost_curve,
    elasticity,
    equilibrium,
    run,
    staying,
)
from ..resilience.incentives_emission import (
    bitcoin_supply,
    filecoin_minted,
    livepeer_inflation,
    tao_supply,
)
from ..resilience.incentives_measured import cuts, told
from ..resilience.incentives_threshold import DISCOUNT, roots, thresholds
from .check import Check

MODEL = "tests/resilience/test_incentives.py"
EMISSION = "tests/resilience/test_incentives_emission.py"
THRESHOLD = "tests/resilience/test_incentives_threshold.py"
DEMO = "tests/demos/test_incentives.py"
SPREAD = 0.04  # the demo's default


def drawn() -> float:
    """Shares that stay of 20,000 operators with costs drawn at random, against the closed form."""
    rng = np.random.default_rng(11)
    n, worst = 20_000, 0.0
    for elastic, left in itertools.product((0.2, 1.0, 4.0), (0.01, 0.1, 0.5)):
        costs = np.sort(rng.random(n) ** (1 / elastic))
        able = left * n / np.arange(1, n + 1) >= costs
        worst = max(worst, abs((np.max(np.nonzero(able)[0]) + 1) / n - staying(left, elastic)))
    return float(worst)


def touching() -> float:
    """How far the thresholds miss smooth pasting, in months of running costs."""
    worst = 0.0
    for setup, swing in itertools.product((3.0, 48.0), (0.06, 0.29)):
        low, high = thresholds(setup, swing)
        alpha, beta = roots(0.0, swing, DISCOUNT)
        powers = np.array([[low**-alpha, -(low**beta)], [high**-alpha, -(high**beta)]])
        values = np.array([-(low - 1) / DISCOUNT, setup - (high - 1) / DISCOUNT])
        a, b = np.linalg.solve(powers, values)
        for pay in (low, high):
            slope = -alpha * a * pay ** (-alpha - 1) - beta * b * pay ** (beta - 1) + 1 / DISCOUNT
            worst = max(worst, abs(float(slope)) * DISCOUNT)
    return worst


def livepeer() -> float:
    """Inflation of a round after 545 rounds below the target, of what was reported."""
    rate = 200_000
    for _ in range(545):
        rate = livepeer_inflation(rate, 0.45)
    return abs(rate / 490_000 - 1)


def helium() -> float:
    """Hotspots left of 100: a tenth of the price, and one halving."""
    months = [Pool(0.05, 99.95 * (0.1 if t else 1.0) * 0.5 ** (t // 24)) for t in range(48)]
    left = run(months, cost_curve(elasticity(SPREAD), 0), Habits())[-1]
    hotspots = told()["hotspots"]["helium_2023"]
    return abs(left / 100 - hotspots["after"] / hotspots["before"])


def io_net() -> float:
    """Share of real machines, if a fake costs 7% of the dearest real one."""
    pool = Pool(0.0, 100.0, "presence", 0.07)
    n = equilibrium(pool, cost_curve(elasticity(SPREAD), 0))
    fakes = told()["fakes"]["io_net_2024"]
    return abs(n / (n + pool.faked(n)) - fakes["real"] / fakes["shown"])


def checks() -> list[Check]:
    elastic = elasticity(SPREAD)
    reported = [
        Check(
            model=f"incentives: share that stays, {cut.name}",
            against="the share reported, of the income that the report implies",
            source=cut.source,
            error=abs(staying(cut.income, elastic) - cut.stayed),
            tolerance=tolerance,
            why=why,
            test=f"{MODEL}::test_reported_operators_against_the_default_curve",
        )
        for cut, tolerance, why in zip(
            cuts(),
            (0.01, 0.05, 0.18),
            (
                "fitted: the demo's default spread of costs is the nearest stop to this report",
                "not fitted; the model expects too many to leave, who had promised to store",
                "not fitted, and not good: in 2024 most could still pay their power, and stayed",
            ),
            strict=True,
        )
    ]
    return [
        Check(
            model="incentives: free entry among 20,000 drawn operators",
            against="the closed form R^(e / (1 + e))",
            source="tests/resilience/test_incentives.py",
            error=drawn(),
            tolerance=4.5 * math.sqrt(0.25 / 20_000) + 1 / 20_000,
            why="4.5 standard deviations of a binomial share, and one operator",
            test=f"{MODEL}::test_the_share_that_stays_against_drawn_costs",
        ),
        Check(
            model="incentives: thresholds of switching on and off",
            against="smooth pasting, with value matching solved apart",
            source="dixit1989",
            error=touching(),
            tolerance=2e-5,
            why="thresholds have six digits, so that two machines print the same",
            test=f"{THRESHOLD}::test_the_two_thresholds_solve_the_published_equations",
        ),
        Check(
            model="incentives: all bitcoin ever minted, in satoshi",
            against="the number in Bitcoin Core's own test",
            source="bitcoin_core_tests",
            error=float(abs(bitcoin_supply() - 2_099_999_997_690_000)),
            tolerance=0.0,
            why="whole numbers",
            test=f"{EMISSION}::test_all_bitcoin_ever_to_the_satoshi",
        ),
        Check(
            model="incentives: TAO after a hundred halvings, in rao",
            against="the number in the chain's own test (and all 43 rows of another)",
            source="subtensor_halving",
            error=float(abs(tao_supply() - 20_999_999_989_500_000)),
            tolerance=0.0,
            why="whole numbers",
            test=f"{EMISSION}::test_all_forty_three_rows_of_bittensors_halving",
        ),
        Check(
            model="incentives: FIL minted by time in the first second, relative",
            against="the decay rate in the specification",
            source="filecoin_minting",
            error=abs(filecoin_minted(1 / 31_536_000) / (1.1e9 * 3.663258818e-9) - 1),
            tolerance=1e-6,
            why="a difference of nearly equal numbers",
            test=f"{EMISSION}::test_filecoins_decay",
        ),
        Check(
            model="incentives: Livepeer's inflation after 18 months, relative",
            against="the rate reported for the end of June 2024, from that of January 2023",
            source="messari_livepeer_2024",
            error=livepeer(),
            tolerance=0.05,
            why="a round is about a day; the reported rates have two and three digits",
            test=f"{EMISSION}::test_livepeers_inflation_of_eighteen_months",
        ),
        *reported,
        Check(
            model="incentives: hotspots that stay at a tenth of the price, and after a halving",
            against="40% of a million, as summed up from a report",
            source="helium_bytetree",
            error=helium(),
            tolerance=0.04,
            why="partly luck: price, emission and hotspots were not reported for the same months",
            test=f"{DEMO}::test_presets_say_what_their_notes_say",
        ),
        Check(
            model="incentives: real machines among those paid for being there",
            against="about 12,000 of half a million, as reported of io.net",
            source="protos_ionet",
            error=io_net(),
            tolerance=0.002,
            why="fitted: the cost of a fake, 7%, was chosen for it",
            test=f"{DEMO}::test_presets_say_what_their_notes_say",
        ),
    ]
