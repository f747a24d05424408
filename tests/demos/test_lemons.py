"""The demo of the market for lemons: its takeaway against plain loops, its presets and picture."""

import re

import numpy as np
import pytest
from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.inference.lemons import NEEDED, OPERATORS, Market, operators
from decentralized_ai.inference.lemons_published import (
    ASKED,
    AUC,
    POWER,
    blended,
    found_at_least,
    probability_lost,
    time_saved,
)

from .. import every
from ..inference.test_lemons import loop

DEMO = demos.get("lemons")

SOLUTIONS = {
    "mended": {"rate": 4},
    "too_much": {"rate": 50, "check": 50},
    "two_ends": {"rate": 7, "stake": 2, "spread": 2, "cost": 50, "loss": 60},
    "harmless": {"saving": 59, "loss": 5, "principled": 0, "rate": 0},
}


def market(p: dict) -> Market:
    return Market(
        cost=p["cost"] / 100,
        spread=p["spread"] / 100,
        principled=p["principled"],
        saving=p["saving"] / 100,
        loss=p["loss"] / 100,
        stake=p["stake"],
        detection=p["detection"] / 100,
        alarm=p["alarm"] / 100,
        check=p["check"] / 100,
        lowest=p["pay"] == "lowest",
    )


def gains(p: dict, rate: float, costs: np.ndarray) -> tuple[bool, bool]:
    """Among honest others: (does anybody gain by cheating, can anybody live by honest work).
    In fees, from the words on the controls."""
    stake, found, false = p["stake"], rate * p["detection"] / 100, rate * p["alarm"] / 100
    price = 1 - rate * p["check"] / 100
    if p["pay"] == "lowest":
        price = min(price, (sorted(costs)[NEEDED] + false * stake) / (1 - false))
    best = -1.0
    lives = False
    for cost in costs:
        honest = price * (1 - false) - stake * false - cost
        cheap = price * (1 - found) - stake * found - cost * (1 - p["saving"] / 100)
        best = max(best, cheap - max(honest, 0.0))
        lives = lives or honest >= -1e-9
    return best > 1e-9, lives


@settings(max_examples=150, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    said = re.fullmatch(
        r"With ([\d.]+)% of batches checked, after 80 rounds (\d+) of 60 operators "
        r"serve the full model, (\d+) secretly serve the cheaper one and (\d+) sell nothing\. If "
        r"all were honest, cheating would pay (somebody|nobody) at this rate"
        r"(; it stops paying at ([\d.]+)%\.|, and no rate both stops it and leaves honest "
        r"operators a living\.|, but honest work pays nobody either\.)",
        takeaway,
    )
    assert said, takeaway
    rate = p["rate"] / 100
    assert float(said[1]) == p["rate"]
    full, cheap, _ = loop(market(p), rate, p["start"] == "spoiled", p["seed"])
    counts = [int(said[i]) for i in (2, 3, 4)]
    assert counts == [full[-1], cheap[-1], OPERATORS - full[-1] - cheap[-1]]

    costs, _ = operators(market(p), p["seed"])
    pays, lives = gains(p, rate, costs)
    assert pays == (said[5] == "somebody")
    if said[7]:
        least = float(said[7]) / 100  # three digits: half of the last one is half a percent of it
        assert not gains(p, least * 1.006, costs)[0]
        assert gains(p, least * 0.994, costs)[0]
    elif pays:
        tried = [gains(p, q, costs) for q in np.linspace(0, 1, 401)]
        assert all(somebody or not living for somebody, living in tried)
    else:
        assert not lives


def test_the_table_is_the_figure() -> None:
    view = DEMO.view({"rate": 3})
    data = {trace["name"]: trace for trace in view.figure["data"]}
    rows = {row[0]: row for row in view.table.rows}
    for now in (0, 5, 20, 80):
        row = rows[f"your market, round {now}"]
        for column, name in ((1, "the full model"), (2, "secretly cheaper")):
            assert data[name]["y"][now] == pytest.approx(int(row[column]) / 0.6, abs=0.06)
        assert data["price, % of full"]["y"][now] == pytest.approx(row[4], rel=1e-2)
    line = data["after an honest start"]
    for x, y in zip(line["x"], line["y"], strict=True):
        name = f"{x:g}% checked, all start honest"
        if name in rows:
            assert y == pytest.approx(int(rows[name][1]) / 0.6, abs=0.06)
    assert sum("all start honest" in name for name in rows) == 16  # every second of 31 rates


def test_the_threshold_stands_where_the_simulated_line_jumps() -> None:
    view = DEMO.view({"spread": 0})
    line = next(t for t in view.figure["data"] if t["name"] == "after an honest start")
    mark = next(s for s in view.figure["layout"]["shapes"] if s["line"]["dash"] == "dash")
    jump = [x for x, y in zip(line["x"], line["y"], strict=True) if y > 90]
    assert min(jump) == pytest.approx(mark["x0"], rel=0.006)  # the picture looks 0.5% beside it
    assert mark["x0"] == pytest.approx(100 * 0.4 * 0.8 / (11 - 0.2 * mark["x0"] / 100), rel=1e-3)


def test_a_reader_without_checks_stands_at_the_edge_of_the_picture() -> None:
    view = DEMO.view({"rate": 0})
    mine = next(t for t in view.figure["data"] if t["name"] == "your choice")
    assert mine["x"] == [0.05]


def test_presets_hold_the_numbers_of_their_sources() -> None:
    """Each stop is the source's figure to half a percentage point."""
    set_ = {preset.id: DEMO.parse(preset.params) for preset in DEMO.presets}
    int4, fp8 = (blended(ASKED["Qwen3-14B", kind]) for kind in ("int4", "fp8"))
    for ours, theirs in (
        (set_["four_bits"]["saving"], time_saved("Q4_K_M")),
        (set_["four_bits"]["loss"], probability_lost("LLaMa-7B", "gptq4")),
        (set_["three_bits"]["loss"], probability_lost("LLaMa-7B", "rtn3")),
        (set_["declared"]["saving"], 1 - int4 / fp8),
        (set_["ask"]["detection"], POWER),
        (set_["seeds"]["detection"], found_at_least(AUC, 0.01)),
        (set_["fingerprint"]["detection"], 1.0),
        (set_["fingerprint"]["check"], 1 / 100),
        (set_["pocket"]["stake"] / 100, 2000 / 20 / 100),
    ):
        assert abs(ours - 100 * theirs) <= 0.5 or ours == theirs


def test_presets_say_what_their_notes_say() -> None:
    views = {preset.id: DEMO.view(preset.params).metrics for preset in DEMO.presets}
    assert views["three_bits"]["honest"] == 0
    assert views["four_bits"]["surplus"] > 0.8 * views["four_bits"]["surplus_open"]
    assert views["ask"]["extra"] > 0 > views["fingerprint"]["extra"]
    assert views["seeds"]["threshold"] < views["seeds"]["ceiling"]
    assert views["pocket"]["quantised"] == 0
