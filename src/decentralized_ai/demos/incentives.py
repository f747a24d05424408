"""Half the pay, and most of them stay: who runs a network when its subsidy shrinks or ends."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ..contract import Challenge, Choice, Column, Demo, Guess, Preset, Slider, Table, View, linear
from ..quantities import digits, percent, settled
from ..resilience.incentives import (
    MONTHS,
    OPERATORS,
    Habits,
    Pool,
    cost_curve,
    elasticity,
    equilibrium,
    run,
    staying,
)
from ..resilience.incentives_measured import cuts, fee_share, told
from ..resilience.incentives_threshold import thresholds
from .pictures.incentives import figure

RULE = {
    "work": "real work only (as hashing proves it)",
    "presence": "whoever is there",
    "orders": "whoever has orders",
}
YEAR = 12


def compute(
    fees: float,
    growth: int,
    keep: int,
    every: int,
    price: int,
    swing: int,
    spread: int,
    patience: int,
    entry: int,
    volunteers: int,
    rule: str,
    fake: int,
    seed: int,
) -> View:
    """Eight years of a network: what it pays, who is there, and who would be with fees only."""
    elastic = elasticity(spread / 100)
    costs = cost_curve(elastic, volunteers)
    pools = _pools(fees, growth, keep, every, price, swing, rule, fake, seed)
    minted = pools[0].emission / OPERATORS
    stay, enter = thresholds(float(entry), settled(swing / 100 * minted / math.sqrt(YEAR)))
    there = run(pools, costs, Habits(patience, stay, enter))
    start = equilibrium(pools[0], costs)
    unpaid = equilibrium(Pool(pools[0].fees, 0.0), costs)
    metrics = {
        "start": float(start),
        "stay": float(unpaid),
        "end": float(there[-1]),
        "after_cut": float(there[min(MONTHS, 2 * every) - 1]),
        "income_after_cut": settled((pools[0].fees + pools[0].emission * keep / 100) / OPERATORS),
        "cuts": float((MONTHS - 1) // every) if keep < 100 else 0.0,
        "closed": 100 * settled(staying(fees / 100, elastic)),
        "elastic": settled(elastic),
        "exponent": settled(elastic / (1 + elastic)),
        "fakes": settled(pools[0].faked(start)),
        "taken": settled(pools[0].taken(start)),
        "leave_at": stay,
        "join_at": enter,
        "fee_share": fees / 100,
        "volunteers": float(volunteers),
        "fake_cost": fake / 100,
        "halved": float(keep <= 50),
        **_reported(),
    }
    return View(
        figure=figure(pools, there, costs, unpaid, every if keep < 100 else MONTHS, cuts()),
        takeaway=_takeaway(metrics, pools[0]),
        metrics=metrics,
        table=_table(pools, there),
    )


def _pools(
    fees: float,
    growth: int,
    keep: int,
    every: int,
    price: int,
    swing: int,
    rule: str,
    fake: int,
    seed: int,
) -> list[Pool]:
    """Month by month. The token's price drifts for a year and keeps its level; it swings around
    that as a geometric Brownian motion, whose mean is that level."""
    walk = np.cumsum(np.random.default_rng(seed).standard_normal(MONTHS))
    sigma = swing / 100 / math.sqrt(YEAR)
    found = []
    for t in range(MONTHS):
        level = math.exp(math.log(price / 100) * min(t, YEAR) / YEAR)
        if swing and t:
            level *= math.exp(sigma * float(walk[t - 1]) - sigma * sigma * t / 2)
        bought = fees * math.exp(math.log(1 + growth / 100) * t / YEAR)
        minted = (OPERATORS - fees) * (keep / 100) ** (t // every) * level
        found.append(Pool(settled(bought), settled(minted), rule, fake / 100))
    return found


@lru_cache(maxsize=1)
def _reported() -> dict[str, float]:
    """What the chapter sets beside the model: shares between 0 and 1."""
    found: dict[str, float] = {}
    for cut in cuts():
        name = cut.name.lower().replace(" ", "_")
        found |= {
            f"{name}_pay": settled(cut.pay),
            f"{name}_income": settled(cut.income),
            f"{name}_stayed": settled(cut.stayed),
            f"{name}_elastic": settled(cut.elastic),
        }
    io_net, helium = told()["fakes"]["io_net_2024"], told()["hotspots"]["helium_2023"]
    return {
        **found,
        "helium_share": settled(fee_share("helium_2022")),
        "bittensor_share": settled(fee_share("bittensor_compute")),
        "helium_stayed": settled(helium["after"] / helium["before"]),
        "io_net_real": settled(io_net["real"] / io_net["shown"]),
    }


def _takeaway(of: dict[str, float], pool: Pool) -> str:
    start, stay, end = (round(of[name]) for name in ("start", "stay", "end"))
    fees = "Customers pay nothing"
    if of["fee_share"]:
        fees = f"Customers pay {percent(of['fee_share'], 1e-4)} of the income"
    if not start:
        first = f"{fees}, and faking is so cheap that nobody real is there at all"
    elif not pool.emission:
        first = f"{fees}, so no subsidy can end for these {start} operators"
    else:
        first = (
            f"{fees}: if the subsidy ended today, {stay or 'none'} of {start} "
            f"{'operator' if start == 1 else 'operators'} would stay"
        )
    second = f"after the eight years shown, {_count(end)} left"
    if of["taken"]:
        what = (
            f"{_round(of['fakes'])} fake machines" if pool.rule == "presence" else "made-up orders"
        )
        second += f"; at the start {what} take {percent(of['taken'])} of the emission"
    return f"{first}. {second[0].upper()}{second[1:]}."


def _count(number: int) -> str:
    return f"{number or 'none'} {'is' if number == 1 else 'are'}"


def _round(number: float) -> str:
    return digits(number) if number >= 1 else "less than one"


def _table(pools: list[Pool], there: list[int]) -> Table:
    rows = []
    for t in (*range(0, MONTHS, YEAR), MONTHS - 1):
        pool, n = pools[t], there[t]
        taken = pool.taken(n) if n else float(pool.rule != "work" and pool.emission > 0)
        rows.append(
            (
                str(round(t / YEAR)),
                pool.fees,
                pool.emission,
                100 * taken,
                float(n),
                100 * pool.pay(n) if n else None,
            )
        )
    return Table(
        "Year by year, after the cuts. Income at the start: 100. Pay: of one real operator, in % "
        "of what the dearest costs to run.",
        (
            Column("year"),
            Column("fees", "", 1),
            Column("emission", "", 1),
            Column("of it to fakes", "%", 1),
            Column("operators", "", 0),
            Column("pay", "%", 1),
        ),
        tuple(rows),
    )


def _loyal(view: View) -> bool:
    of = view.metrics
    return of["fee_share"] <= 0.01 and of["stay"] >= 50 and not of["volunteers"]


def _unpaid(view: View) -> bool:
    return view.metrics["fee_share"] == 0 and view.metrics["stay"] >= 20


def _outnumbered(view: View) -> bool:
    of = view.metrics
    return of["fake_cost"] >= 0.25 and of["start"] > 0 and of["fakes"] > 2 * of["start"]


def _grown(view: View) -> bool:
    of = view.metrics
    return of["halved"] == 1 and of["cuts"] >= 3 and of["end"] >= of["start"] == OPERATORS


DEMO = Demo(
    id="incentives",
    title="Half the pay, and most of them stay",
    part="resilience",
    question=(
        "A network pays its operators mostly in tokens that it mints, and mints fewer and fewer of "
        "them. Customers pay the rest. Who is still there when the subsidy shrinks, and who when "
        "it ends?"
    ),
    guess=Guess(
        "100 operators share one income. A tenth of it comes from customers, the rest is minted. "
        "Minting stops. How many can go on?",
        ("about 1", "about 10", "about half", "about 90"),
        lambda view: sum(view.metrics["stay"] >= least for least in (4, 30, 75)),
        "The dearest leave first, and each one that leaves leaves its share to the others. So more "
        "stay than a tenth; how many more depends on how unequal their costs are.",
    ),
    controls=(
        Slider(
            "fees",
            "Customers pay, of all income",
            10,
            (0, 0.05, 0.1, 0.5, 1, 2, 4, 7, 10, 13, 16, 20, 30, 40, 50, 60, 70, 80, 90, 100),
            "%",
            "at the start; the rest is minted",
        ),
        Slider("growth", "What customers pay grows by", 0, (-20, -10, 0, 10, 20, 50), "% a year"),
        Slider(
            "keep",
            "A cut leaves of the emission",
            50,
            (0, 25, 50, 75, 89, 100),
            "%",
            words={0: "nothing: it ends", 50: "half", 100: "all: no cuts"},
        ),
        Slider(
            "every",
            "A cut comes every",
            24,
            (12, 24, 48),
            "months",
            words={12: "year", 24: "two years", 48: "four years"},
        ),
        Slider(
            "price",
            "Token's price after a year",
            100,
            (10, 25, 50, 75, 100, 150, 200),
            "% of today's",
            "a what-if, not a forecast; then it stays there",
        ),
        Slider(
            "swing",
            "Its swings, in a year",
            0,
            (0, 20, 50, 80, 100),
            "%",
            "at random",
            words={0: "none"},
        ),
        Slider(
            "spread",
            "If pay falls by a tenth, cannot cover running costs",
            4,
            (1, 2, 4, 7, 10, 20, 40, 65, 90),
            "% of operators",
            "few: costs are very unequal. Many: all cost about the same",
        ),
        Slider(
            "patience",
            "They sit out a loss for",
            0,
            (0, 1, 3, 6, 12, 24),
            "months",
            words={0: "no time", 1: "1 month"},
        ),
        Slider(
            "entry",
            "Setting up a machine costs",
            0,
            (0, 3, 6, 12, 24, 48),
            "months of running it",
            "lost when it is switched off for good",
            words={0: "nothing"},
        ),
        Slider(
            "volunteers",
            "Would run unpaid",
            0,
            (0, 1, 4, 10, 20, 50),
            "of 100",
            words={0: "nobody"},
        ),
        Choice("rule", "The emission goes to", "work", RULE),
        Slider(
            "fake",
            "Faking costs",
            25,
            (1, 2, 5, 7, 10, 25, 50, 100),
            "%",
            "a fake machine: of the dearest real one's costs; a made-up order: of its value",
        ),
        Slider("seed", "Random seed", 1, linear(0, 99, 1), help="other swings"),
    ),
    main="fees",
    presets=(
        Preset(
            "bitcoin20",
            "A halving, measured",
            "Bitcoin, 11 May 2020: the subsidy of a block fell from 12.5 to 6.25 coins, fees had "
            "been 4% of the whole. Reported: blocks came 19% more slowly than before.",
            "btc_halving_2020",
            {"fees": 4, "keep": 50, "every": 48, "spread": 4},
        ),
        Preset(
            "bitcoin24",
            "The next halving",
            "Bitcoin, 20 April 2024: fees of about 0.95 coins a block beside a subsidy of 6.25, "
            "then 3.125. Reported two weeks later: some 50 of 655 EH/s gone, 8%.",
            "btc_fees_2024",
            {"fees": 13, "keep": 50, "every": 48, "spread": 4},
        ),
        Preset(
            "helium",
            "Antennas and customers",
            "Helium, June 2022: data fees of $6,500 in a month in which about $14 million of "
            "tokens were minted for hotspots; halving every two years; the token fell by over 90%.",
            "helium_stacey",
            {"fees": 0.05, "keep": 50, "every": 24, "price": 10, "spread": 4},
        ),
        Preset(
            "bittensor",
            "Three subnets",
            "Compute subnets of Bittensor, 2025, as an investor in them reports: sales of $20 "
            "million a year, beside a fifth of an emission of $2.25 million a day. TAO halves "
            "about every four years.",
            "unsupervised_subnets",
            {"fees": 10, "keep": 50, "every": 48, "spread": 4},
        ),
        Preset(
            "ionet",
            "Paid for being there",
            "io.net, April 2024: a rewards programme before there were many customers; half a "
            "million nodes shown, about 12,000 found real. The cost of a fake, 7%, is our guess.",
            "protos_ionet",
            {"fees": 0, "keep": 100, "rule": "presence", "fake": 7, "spread": 4},
        ),
    ),
    challenges=(
        Challenge(
            "loyal",
            "Customers pay 1% or less, nobody works unpaid, and half would stay without subsidy.",
            "Very unequal costs: somewhere power is next to free.",
            _loyal,
        ),
        Challenge(
            "unpaid",
            "No customer pays anything, and at least 20 operators stay when the subsidy ends.",
            "Not everybody is there for the pay.",
            _unpaid,
        ),
        Challenge(
            "outnumbered",
            "Let fakes outnumber real operators two to one, though a fake costs a quarter as much "
            "as the dearest real machine, or more.",
            "Who gets the emission?",
            _outnumbered,
        ),
        Challenge(
            "grown",
            "Cut the emission by half or more at least three times, and lose nobody in the end.",
            "Something else has to grow.",
            _grown,
        ),
    ),
    compute=compute,
    shown=(Pool, equilibrium, run, thresholds),
)
