"""resilience/censorship*.py against closed forms, published sums, and tossed coins."""

from __future__ import annotations

import math

from ..resilience.censorship import ABROAD, CHANCE, CLOUD, LAW, OPEN, Network, World, company
from ..resilience.censorship_exact import (
    beta_factor,
    consecutive,
    cut_off,
    parallel,
    series,
    too_few,
)
from ..resilience.censorship_facts import happened, longer
from ..resilience.censorship_toss import MOMENTS, toss
from .check import Check

EXACT = "tests/resilience/test_censorship_exact.py"
CHAIN = "tests/resilience/test_censorship.py"
# Microsoft's list, commit 00500b3: % of the time that each service promises, and their sum.
PROMISED = (99.99, 99.99, 99.95, 99.9, 99.995, 99.9, 99.99, 99.9)
PUBLISHED, TWO_REGIONS = 99.616, 99.9779
SHARED, REGION = 99.98, 99.546
BRIDGE = (("s", "a"), ("s", "b"), ("a", "b"), ("a", "t"), ("b", "t"))


def bridge() -> float:
    """Largest distance of the bridge circuit from 2p^2 + 2p^3 - 5p^4 + 2p^5."""
    worst = 0.0
    for step in range(101):
        p = step / 100
        found = 1 - cut_off([(a, b, 1 - p) for a, b in BRIDGE], "s", "t")
        worst = max(worst, abs(found - (2 * p**2 + 2 * p**3 - 5 * p**4 + 2 * p**5)))
    return worst


def fibonacci() -> float:
    """Largest distance of 2^n times a row without two neighbours away from F(n + 2)."""
    worst, below, above = 0.0, 1, 1  # F(1), F(2)
    for parts in range(25):
        worst = max(worst, abs((1 - consecutive(2, parts, 0.5)) * 2**parts - above))
        below, above = above, below + above
    return worst


def tossed() -> tuple[float, float]:
    """(largest distance in standard errors of tossed networks from the exact share, settings)."""
    worst, count = 0.0, 0
    for share in (0, 50, 75):
        for doors in (1, 4):
            for happens in ({CHANCE}, {CHANCE, CLOUD}, {CHANCE, LAW}):
                network = Network(32, share, 25, 50, doors, ABROAD, copies=True, rails=2)
                world = World(0.02, 0.2, frozenset(happens))
                exact = network.away(world)
                error = math.sqrt(exact * (1 - exact) / MOMENTS)
                found = toss(network, world, OPEN, (32,), seed=9)[0].away
                if error > 0 and exact * MOMENTS > 5:
                    worst, count = max(worst, abs(found - exact) / error), count + 1
    return worst, float(count)


def checks() -> list[Check]:
    """A fraction of a second."""
    development = 100 * (1 - series(1 - promise / 100 for promise in PROMISED))
    regions = parallel([1 - REGION / 100] * 2)
    two = 100 * (1 - series([1 - SHARED / 100, regions]))
    demo = company(World(1e-4, 0.1), clouds=2)
    beta = beta_factor(2, 3, 0.001, 0.05)
    host, sanction = happened("host"), happened("sanction")
    need = 100 - host["stake_to_stop"]
    out = World(0.00166, 0.01, frozenset({CLOUD}))
    wrong = sum(
        Network(128, stake, need=need, doors=8).links(out)["operators"] != stops
        for stake, stops in ((host["stake"], 0.0), (host["stake_of_three_hosts"], 1.0))
    )
    spread, settings = tossed()
    exact = sum(math.comb(40, up) * 9**up for up in range(20)) / 10**40
    return [
        Check(
            model="availability: a chain of eight services",
            against=f"Microsoft's combined service level of {PUBLISHED}%",
            source="azure_sla",
            error=abs(development - PUBLISHED),
            tolerance=5e-4,
            why="percentage points; half a unit of the last printed digit",
            test=f"{EXACT}::test_microsofts_sums_of_service_levels",
        ),
        Check(
            model="availability: two regions behind one door",
            against=f"Microsoft's combined service level of {TWO_REGIONS}%",
            source="azure_sla",
            error=abs(two - TWO_REGIONS),
            tolerance=1e-4,
            why="percentage points; one unit of the last printed digit",
            test=f"{EXACT}::test_microsofts_two_regions_behind_one_door",
        ),
        Check(
            model="availability: the demo's company in two clouds",
            against="the same, with regions as good as the front door",
            source="azure_sla",
            error=abs(100 * (1 - demo) - TWO_REGIONS) / (100 - TWO_REGIONS),
            tolerance=0.1,
            why="relative, of the time away; their regions are worse than their door",
            test=f"{CHAIN}::test_two_regions_of_microsofts_example",
        ),
        Check(
            model="availability: two of three with a common cause",
            against="a published example of the beta-factor model, 5.3e-5",
            source="fta_beta",
            error=abs(beta / 5.3e-5 - 1),
            tolerance=0.01,
            why="relative; printed with two digits",
            test=f"{EXACT}::test_the_beta_factor_of_a_published_example",
        ),
        Check(
            model="availability: two ends of a bridge circuit",
            against="2p^2 + 2p^3 - 5p^4 + 2p^5",
            source="moore_shannon1956",
            error=bridge(),
            tolerance=1e-12,
            why="closed form; the last bits of sums",
            test=f"{EXACT}::test_the_polynomials_of_small_circuits",
        ),
        Check(
            model="availability: rows in which no two neighbours are away",
            against="Fibonacci numbers, up to 24 parts",
            source="triantafyllou2015",
            error=fibonacci(),
            tolerance=1e-6,
            why="counts of up to 121,393; the last bits of sums",
            test=f"{EXACT}::test_consecutive_pairs_of_even_chance_are_fibonacci_numbers",
        ),
        Check(
            model="availability: 20 of 40 operators there, each away 10%",
            against=f"the binomial sum in whole numbers, {exact:.3e}",
            source="moore_shannon1956",
            error=abs(too_few(20, 40, 0.1) / exact - 1),
            tolerance=1e-12,
            why="relative; the last bits of sums",
            test=f"{EXACT}::test_k_of_n_in_exact_arithmetic",
        ),
        Check(
            model=f"availability: {settings:.0f} networks tossed part by part",
            against="the exact share of the time away",
            source="src/decentralized_ai/resilience/censorship.py",
            error=spread,
            tolerance=4.0,
            why=f"standard errors of {MOMENTS:,} moments, the largest of {settings:.0f}",
            test=f"{CHAIN}::test_tossed_coins_land_on_the_exact_share",
        ),
        Check(
            model="availability: a host takes 20% of a chain, or three hosts 65%",
            against="reported: it went on; it would have stopped",
            source="decrypt_hetzner",
            error=float(wrong),
            tolerance=0.0,
            why="wrong answers of two; 39% had to go, as reported",
            test=f"{CHAIN}::test_a_host_that_leaves_takes_only_its_share",
        ),
        Check(
            model="availability: the wait if 46% of block-makers refuse",
            against="85% longer, measured on Ethereum",
            source="wahrstatter2023",
            error=abs(longer(sanction["blocks"] / 100) - sanction["longer"] / 100),
            tolerance=0.005,
            why="shares; published as a whole per cent, and no number of ours is free",
            test=f"{CHAIN}::test_the_wait_for_a_block_maker_that_does_not_refuse",
        ),
    ]
