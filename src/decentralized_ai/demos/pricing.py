"""Pay each what it asks, and all ask the same: four ways to set the price of a token."""

from __future__ import annotations

from ..contract import (
    Challenge,
    Choice,
    Demo,
    Guess,
    MultiChoice,
    Preset,
    Slider,
    View,
    linear,
)
from ..inference.pricing import simulate
from ..inference.pricing_rules import clear, next_fee, withhold
from ..inference.pricing_sellers import ranked
from ..inference.pricing_setting import (
    MACHINES,
    START,
    USUAL,
    WARM,
    asked,
    in_wave,
    make_buyers,
    make_market,
    measure,
)
from ..inference.pricing_words import NAMES, TIMES, line_takeaway, takeaway
from .pictures.pricing import line_table, lined_up, over_time, time_table

COSTS = {
    "wide": "from $0.50 to $1.50",
    "near": "from $0.90 to $1.10",
    "equal": "$1.00 for each",
    "sellers": "as 18 sellers asked in October 2026",
}


def compute(
    shock: float,
    lasts: int,
    rules: tuple[str, ...],
    picture: str,
    costs: str,
    mix: float,
    running: int,
    entry: int,
    step: float,
    target: float,
    largest: int,
    seed: int,
) -> View:
    """One market, one wave of buyers, each rule in turn."""
    line = ranked(mix) if costs == "sellers" else None
    market = make_market(line, costs, mix, running, entry, step, target, largest, seed)
    buyers = make_buyers(shock, lasts, seed)
    runs = {rule: simulate(market, buyers, rule, seed).after(WARM) for rule in rules}
    shown = buyers[WARM:]
    wave = (START, START + lasts)
    metrics = measure(market, runs, shock, lasts)
    label = "no wave" if shock == 1 else f"buyers: {TIMES[shock]}"
    if line:
        metrics |= asked(line, mix)
        sellers = tuple(seller for seller in line for _ in range(MACHINES // len(line)))
    else:
        sellers = None
    if picture == "line":
        figure = lined_up(market, USUAL, in_wave(shock), sellers)
        words = line_takeaway(market, shock, line, mix)
        table = line_table(market, in_wave(shock), line, mix)
    else:
        figure = over_time(market, shown, runs, wave, label)
        words = takeaway(metrics, rules, shock, lasts)
        table = time_table(shown, runs)
    return View(figure=figure, takeaway=words, metrics=metrics, table=table)


def _withholds(view: View) -> bool:
    return view.metrics.get("uniform.extra", 0.0) >= 0.2


def _gentle(view: View) -> bool:
    m = view.metrics
    return (
        m["shock"] >= 2
        and m["lasts"] >= 20
        and any(
            m.get(f"{r}.high", 9.0) <= 1.15 * m[f"{r}.before"] for r in NAMES if f"{r}.high" in m
        )
    )


def _no_rest(view: View) -> bool:
    return view.metrics["shock"] == 1 and view.metrics.get("base_fee.swing", 0.0) >= 0.5


def _fee_cheaper(view: View) -> bool:
    m = view.metrics
    return "base_fee.paid" in m and "uniform.paid" in m and m["base_fee.paid"] < m["uniform.paid"]


DEMO = Demo(
    id="pricing",
    title="Pay each what it asks, and all ask the same",
    part="inference",
    question=(
        "Many operators serve the same model at different costs. Who should set the price of a "
        "token: each operator, an auction, or a rule that follows demand? Send a wave of buyers "
        "and see who pays, who joins, and how long it lasts."
    ),
    guess=Guess(
        "In quiet times one price is paid to all operators, and it is the dearest one's cost. Now "
        "each is paid only what it asks. How much less do buyers pay on average?",
        (
            "About a quarter less: what the operators cost on average",
            "About a tenth less",
            "No less",
        ),
        lambda view: sum(
            view.metrics["posted.before"] > factor * view.metrics["uniform.before"]
            for factor in (0.85, 0.95)
        ),
        "An operator that is paid what it asks has no reason to ask for its cost. It asks for as "
        "much as the dearest one that still finds a buyer.",
    ),
    controls=(
        Slider(
            "shock",
            "Buyers in the wave",
            2,
            tuple(TIMES),
            words=TIMES,
            help="36 a round in quiet times",
        ),
        Slider("lasts", "The wave lasts", 60, (2, 5, 10, 20, 40, 60, 80), "rounds"),
        MultiChoice(
            "rules", "The price is set by", ("posted", "uniform", "base_fee"), NAMES, most=4
        ),
        Choice(
            "picture",
            "Picture",
            "time",
            {"time": "over time", "line": "operators lined up by cost"},
        ),
        Choice("costs", "What a million tokens cost an operator", "wide", COSTS),
        Slider(
            "mix",
            "Tokens read for each one written",
            3,
            (0, 0.1, 0.3, 1, 3, 10, 30, 100),
            help="counts for the 18 sellers only",
        ),
        Slider(
            "running",
            "Share of cost that an idle machine saves",
            50,
            (3, 10, 25, 50, 75, 100),
            "%",
            "the rest is rent, due in every round",
        ),
        Slider(
            "entry",
            "Owners who think again in a round",
            10,
            (0, 1, 2, 5, 10, 20, 50),
            "%",
            "they bring a machine in, or take it out",
        ),
        Slider(
            "step",
            "Step of the base fee",
            12.5,
            (0.4, 2, 6.25, 12.5, 25, 50, 100),
            "%",
            "how far it falls at most in a round",
            words={12.5: "12.5%, one eighth"},
        ),
        Slider(
            "target",
            "Use that the base fee aims at",
            50,
            (16.67, 25, 50, 60, 75, 90),
            "%",
            words={16.67: "one sixth"},
        ),
        Slider(
            "largest",
            "Machines of the largest operator",
            1,
            (1, 3, 6, 9, 13, 18, 27),
            "of 54",
            "every other machine has an owner of its own",
        ),
        Slider("seed", "Random seed", 0, linear(0, 99, 1), help="other costs, other luck"),
    ),
    main="shock",
    presets=(
        Preset(
            "ethereum",
            "Ethereum's rule",
            "EIP-1559: blocks aim at half of what they can hold, and the fee moves by one eighth "
            "at most from block to block. (There it is burned; here operators get it.)",
            "eip1559",
            {"rules": ("uniform", "base_fee"), "shock": 4, "lasts": 20},
        ),
        Preset(
            "optimism",
            "A slower, wider rule",
            "The same rule as a network on top of Ethereum set it: aim at a sixth, and rise by 2% "
            "at most (denominator 250, elasticity 6).",
            "alloy_eips",
            {"rules": ("uniform", "base_fee"), "step": 0.4, "target": 16.67, "shock": 4},
        ),
        Preset(
            "sellers",
            "Eighteen sellers",
            "What was asked for one open model through one router on 7 October 2026. Input prices "
            "differ 41-fold, output prices 2.9-fold. Change the mix: who is cheapest changes.",
            "silybench",
            {"costs": "sellers", "running": 100, "picture": "line", "rules": ("uniform",)},
        ),
        Preset(
            "rented",
            "Rented by the hour",
            "An H100 was offered at $2.69 an hour and drew 647 W at full load. At 12 cents a "
            "kilowatt-hour, an idle machine saves 3% of its cost.",
            "silybench",
            {"running": 3, "shock": 0.5},
        ),
        Preset(
            "steady",
            "Does it hit its target?",
            "Under Ethereum's rule the blocks were 2 to 2.9% fuller than their target, and theory "
            "allows up to 6%. Here nobody comes or goes, and there is no wave.",
            "leonardos2023",
            {"rules": ("base_fee",), "shock": 1, "entry": 0},
        ),
    ),
    challenges=(
        Challenge(
            "withhold",
            "Let the largest operator earn at least a fifth more by leaving machines idle, under "
            "one price for all.",
            "It needs many machines. It pays if others cannot step in for them.",
            _withholds,
        ),
        Challenge(
            "gentle",
            "Twice the buyers or more, for 20 rounds or more: find a rule under which the price "
            "never rises 15% above what it was before.",
            "Which rule may change its price only a little in each round? Who then waits?",
            _gentle,
        ),
        Challenge(
            "no_rest",
            "Without any wave, make the base fee swing by half of its mean or more, to the end.",
            "A large step, and buyers or operators who answer strongly to the price.",
            _no_rest,
        ),
        Challenge(
            "fee_cheaper",
            "Let buyers pay less on average under a base fee than at one price for all.",
            "Machines kept idle have to be paid for. Keep fewer. A fee that lags has another side.",
            _fee_cheaper,
        ),
    ),
    compute=compute,
    shown=(simulate, clear, next_fee, withhold),
)
