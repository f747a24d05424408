"""The cheap answer that looks the same: a market for lemons, and the check that mends it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..contract import (
    Challenge,
    Choice,
    Column,
    Demo,
    Guess,
    Preset,
    Slider,
    Table,
    View,
    linear,
)
from ..inference.lemons import (
    NEEDED,
    OPERATORS,
    ROUNDS,
    Market,
    Run,
    best_surplus,
    operators,
    simulate,
)
from ..inference.lemons_threshold import ceiling, extra, threshold
from ..quantities import percent
from .pictures.lemons import figure

# Shares of batches checked, in %, at which the lower picture is worked out.
GRID = (
    *(0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8.5),
    *(10, 12, 15, 20, 25, 30, 40, 50, 60, 70, 85, 100),
)
SHOWN = (0, 1, 2, 3, 5, 10, 20, 40, 80)  # rounds in the table
SURE = 1e-9  # fees; closer to nought than this is nought
PAY = {"worth": "what they expect it to be worth", "lowest": "the lowest price asked"}
START = {"honest": "honest", "spoiled": "cheating, but for the principled"}


def compute(
    rate: float,
    stake: float,
    saving: int,
    loss: int,
    detection: int,
    alarm: float,
    check: int,
    cost: int,
    spread: int,
    principled: int,
    pay: str,
    start: str,
    seed: int,
) -> View:
    """One market at the reader's check rate, and the same market at many others."""
    market = Market(
        cost / 100,
        spread / 100,
        principled,
        saving / 100,
        loss / 100,
        stake,
        detection / 100,
        alarm / 100,
        check / 100,
        lowest=pay == "lowest",
    )
    costs, _ = operators(market, seed)
    least = threshold(market, costs)
    near = () if least is None else (99.5 * least, 100.5 * least)
    shown = sorted({*(float(q) for q in GRID), *(q for q in near if GRID[0] < q < 100)})
    mine = rate / 100
    # Rows: the reader's rate from both starts, no checks at all, and the picture's rates from both.
    rates = np.array([mine, mine, 0.0, *(q / 100 for q in shown), *(q / 100 for q in shown)])
    spoiled = [start == "spoiled", start == "honest", start == "spoiled"]
    run = simulate(market, rates, spoiled + [False] * len(shown) + [True] * len(shown), seed)
    metrics = _metrics(market, run, costs, mine, least)
    # The other side of the threshold, for comparison, from the reader's own start.
    other: tuple[int, str] | None = (2, "no checks")
    if metrics["extra"] > SURE:
        above = [i for i, q in enumerate(shown) if least is not None and q > 100 * least]
        first = 3 + (len(shown) if start == "spoiled" else 0)
        other = (first + above[0], "just above q*") if above else None
    most = ceiling(market, _dearest(market, costs))
    return View(
        figure=figure(run, shown, rate, least, most, other),
        takeaway=_takeaway(metrics, rate),
        metrics=metrics,
        table=_table(run, shown),
    )


def _dearest(market: Market, costs: Any) -> float:
    """The largest cost among the operators whom an honest market needs."""
    return float(costs[NEEDED - 1] if market.lowest else costs[-1])


def _metrics(
    market: Market, run: Run, costs: Any, rate: float, least: float | None
) -> dict[str, float]:
    """Operators, shares between 0 and 1, fees. What does not exist is left out."""
    honest, bad = int(run.honest[0, -1]), int(run.quantised[0, -1])
    open_book = best_surplus(market, costs)
    found = {
        "honest": float(honest),
        "quantised": float(bad),
        "nothing": float(OPERATORS - honest - bad),
        "honest_other_start": float(run.honest[1, -1]),
        "honest_unchecked": float(run.honest[2, -1]),
        "price": float(run.price[0, -1]),
        "extra": extra(market, rate, costs),
        "gain": market.saving * _dearest(market, costs),
        "surplus": float(run.surplus[0]),
        "surplus_unchecked": float(run.surplus[2]),
        "surplus_open": open_book,
        "kept": float(run.surplus[0]) / open_book,
        "check_cost": rate * market.check,
        "alarm_cost": rate * market.alarm * (1 + market.stake),
        "ceiling": min(1.0, ceiling(market, _dearest(market, costs))),
    }
    if least is not None:
        found["threshold"] = least
    return found


def _takeaway(metrics: dict[str, float], rate: float) -> str:
    honest, bad, none = (round(metrics[k]) for k in ("honest", "quantised", "nothing"))
    least = metrics.get("threshold")
    pays = metrics["extra"] > SURE
    first = (
        f"With {percent(rate / 100, 1e-4)} of batches checked, after {ROUNDS} rounds {honest} of "
        f"{OPERATORS} operators serve the full model, {bad} secretly serve the cheaper one and "
        f"{none} sell nothing."
    )
    now = f"If all were honest, cheating would pay {'somebody' if pays else 'nobody'} at this rate"
    if least is not None:
        return f"{first} {now}; it stops paying at {percent(least, 1e-4)}."
    if pays:
        return f"{first} {now}, and no rate both stops it and leaves honest operators a living."
    return f"{first} {now}, but honest work pays nobody either."


def _table(run: Run, shown: list[float]) -> Table:
    def row(name: str, i: int, now: int) -> tuple[str | float, ...]:
        honest, bad = int(run.honest[i, now]), int(run.quantised[i, now])
        counts = (f"{honest}", f"{bad}", f"{OPERATORS - honest - bad}")
        return (name, *counts, 100 * float(run.price[i, now]))

    rows = [row(f"your market, round {now}", 0, now) for now in SHOWN]
    for first, words in ((3, "all start honest"), (3 + len(shown), "most start as cheats")):
        rows += [
            row(f"{percent(q / 100, 1e-4)} checked, {words}", first + i, ROUNDS)
            for i, q in enumerate(shown)
            if q in GRID[::2]
        ]
    return Table(
        f"{OPERATORS} operators. Your market by rounds; then the same market with every second one "
        f"of the picture's shares of batches checked, after {ROUNDS} rounds.",
        (
            Column("market"),
            Column("serve the full model"),
            Column("secretly the cheaper one"),
            Column("sell nothing"),
            Column("price, of a full batch's worth", "%", 1),
        ),
        tuple(rows),
    )


def _mended(view: View) -> bool:
    return view.metrics["nothing"] == 0 and view.metrics["quantised"] == 0


def _too_much(view: View) -> bool:
    return view.metrics["extra"] < -SURE and view.metrics["honest"] <= OPERATORS // 2


def _two_ends(view: View) -> bool:
    here, there = view.metrics["honest"], view.metrics["honest_other_start"]
    return abs(here - there) >= OPERATORS / 2


def _harmless(view: View) -> bool:
    m = view.metrics
    return m["quantised"] > OPERATORS / 2 and m["surplus"] >= 0.98 * m["surplus_open"]


DEMO = Demo(
    id="lemons",
    title="The cheap answer that looks the same",
    part="inference",
    question=(
        "A marketplace sells answers of one model. Some operators could serve a cheaper one in its "
        "name, and nobody would see it in the answer. Who is left after a while, and how many "
        "checks does it take to keep the full model in the market?"
    ),
    guess=Guess(
        "All 60 operators start honest. One batch in a hundred is checked; who is caught loses the "
        "fee and a stake of ten fees. How many still serve the full model after 80 rounds?",
        ("Nearly all of them", "About half of them", "Hardly any"),
        lambda view: 0 if view.metrics["honest"] > 45 else 1 if view.metrics["honest"] > 15 else 2,
        "Cheating saves a third of a fee and risks one hundredth of eleven fees. So those who can "
        "cheat, do. Buyers learn what they get on average and pay less, and at that price the "
        "honest ones cannot live.",
    ),
    controls=(
        Slider(
            "rate",
            "Batches checked",
            1,
            (
                *(0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 5, 7, 10),
                *(15, 20, 30, 50, 70, 100),
            ),
            "%",
        ),
        Slider(
            "stake",
            "Stake, lost with the fee if flagged",
            10,
            (0, 1, 2, 5, 10, 20, 50, 100),
            "fees",
            words={1: "1 fee"},
        ),
        Slider(
            "saving",
            "The cheaper model saves",
            40,
            (5, 10, 13, 20, 30, 40, 43, 50, 59, 70, 80),
            "% of cost",
        ),
        Slider(
            "loss",
            "Its answers are worth less by",
            40,
            (0, 2, 5, 7, 10, 15, 20, 30, 40, 60, 78, 100),
            "%",
        ),
        Slider("detection", "A check finds a cheat", 100, (50, 77, 90, 95, 99, 100), "%"),
        Slider(
            "alarm",
            "A check flags an honest batch",
            0.0,
            (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
            "%",
            "the same model does not always give the same answer",
        ),
        Slider(
            "check",
            "A check costs buyers",
            20,
            (0, 1, 2, 5, 10, 20, 30, 50),
            "% of a fee",
            "much, if the batch is run again; little, for a fingerprint",
        ),
        Slider(
            "cost",
            "Serving the full model costs",
            80,
            (30, 40, 50, 60, 70, 80, 90),
            "% of a fee",
            "the operator in the middle",
        ),
        Slider("spread", "Costs differ by up to", 20, (0, 2, 5, 10, 20, 30), "% each way"),
        Slider("principled", "Operators that would never cheat", 20, (0, 10, 20, 30, 50, 80), "%"),
        Choice("pay", "Buyers pay", "worth", PAY),
        Choice("start", "Operators start", "honest", START),
        Slider("seed", "Random seed", 1, linear(0, 99, 1), help="other operators"),
    ),
    main="rate",
    presets=(
        Preset(
            "four_bits",
            "Four bits",
            "Measured by llama.cpp: Llama 3.1 8B wrote 29.17 tokens a second at 16 bits and 71.93 "
            "as Q4_K_M, so a token takes 59% less time. Worth less by 7%: see the chapter.",
            "llamacpp_quantize",
            {"saving": 59, "loss": 7, "rate": 0},
        ),
        Preset(
            "three_bits",
            "Three bits, done badly",
            "From the GPTQ authors: LLaMA-7B rounded plainly to 3 bits has a perplexity of 25.54, "
            "not 5.68. The right word gets 78% less probability on average.",
            "gptq_readme",
            {"saving": 59, "loss": 78, "rate": 0},
        ),
        Preset(
            "declared",
            "What the price says",
            "Two sellers of Qwen3-14B on 7 October 2026: int4 for $0.13 and fp8 for $0.15 per "
            "million tokens (3 in, 1 out). If prices follow costs, the lower precision saves 13%.",
            "silybench",
            {"saving": 13, "loss": 7, "rate": 0},
        ),
        Preset(
            "ask",
            "Only asking questions",
            "A statistical test of answers, 10 a prompt, found altered models with a median chance "
            "of 77%. In 2024 it flagged 11 of 31 commercial endpoints.",
            "gao2025",
            {"detection": 77, "rate": 4},
        ),
        Preset(
            "seeds",
            "The same seed",
            "Token-DiFR tells 4-bit models apart with an AUC of 0.999 in 300 tokens. At 1% false "
            "alarms that means at least 90% found. The innocent pay for the 1%.",
            "karvonen2025",
            {"detection": 90, "alarm": 1.0, "saving": 59, "loss": 7, "rate": 7, "check": 50},
        ),
        Preset(
            "fingerprint",
            "A fingerprint",
            "TOPLOC found every altered model in its tests, with no false alarm; its README says "
            "that checking is up to 100 times faster than answering.",
            "ong2025",
            {"detection": 100, "alarm": 0.0, "check": 1, "rate": 4},
        ),
        Preset(
            "pocket",
            "One in a hundred",
            "Pocket Network's documentation: one claim in a hundred must be proven, and a missing "
            "proof costs 2,000 tokens where a claim is worth up to 20.",
            "pocket_proofs",
            {"rate": 1, "stake": 100},
        ),
    ),
    challenges=(
        Challenge(
            "mended",
            "Let no operator cheat and none give up.",
            "Enough checks, and not so many that paying for them drives the dearest away.",
            _mended,
        ),
        Challenge(
            "too_much",
            "Deter every cheat, and end with at most half of the honest operators.",
            "Somebody pays for each check. And some checks flag the innocent.",
            _too_much,
        ),
        Challenge(
            "two_ends",
            "Find a market that ends well if it starts well and badly if it starts badly: a "
            "difference of 30 honest operators or more.",
            "The fee that a cheat puts at risk is smaller in a spoiled market. Make it matter: "
            "little stake, a large loss, operators that are much alike.",
            _two_ends,
        ),
        Challenge(
            "harmless",
            "Find a market full of cheats that creates at least 98% of what an open one would.",
            "What if the cheaper model is nearly as good?",
            _harmless,
        ),
    ),
    compute=compute,
    shown=(simulate, threshold),
)
