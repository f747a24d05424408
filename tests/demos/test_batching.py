"""The batching demo: its takeaway worked out by hand, its presets against their sources."""

import math
import re

import pytest
from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.inference.batching_hardware import GPUS, MODELS, RENTS, WORKS
from decentralized_ai.inference.batching_measured import FP8, RUN_COST

from .. import every

DEMO = demos.get("batching")

SOLUTIONS = {
    "scattered": {
        "demand": 5000,
        "operator_gpu": "rtx4090",
        "operator_rent": "community",
        "provider_rent": "spot",
    },
    "crowded": {"demand": 16_500},
    "cheap_cards": {"operator_gpu": "a100", "operator_rent": "community"},
}


def machine(p: dict, side: str) -> tuple[int, float] | None:
    """(cards for a copy, tokens/s of it), batch by batch, from the formulas of the chapter."""
    gpu, model, work = GPUS[p[f"{side}_gpu"]], MODELS[p["model"]], WORKS[p["work"]]
    flops = gpu.flops.get(8, gpu.flops[16])
    share = 0.397 if 8 in gpu.flops else 0.73
    token = 2 * (model.active + model.head)
    token += 4 * model.layers * model.heads * model.size * work.context
    first = 2 * model.active + 4 * model.layers * model.heads * model.size * work.coming / 2
    for cards in (1, 2, 4, 8):
        best, spared = 0.0, 1.0
        room = (0.9 * cards * gpu.memory - model.stored) / (model.kv * (work.coming + work.going))
        for batch in range(1, min(512, math.floor(room)) + 1):
            spared *= 1 - model.used / model.experts
            weights = model.attention + model.feed * model.experts * (1 - spared)
            read = model.layers * weights + 2 * model.head + batch * work.context * model.kv
            read /= cards * gpu.bandwidth
            sums = batch * (token + first * work.coming / work.going) / (cards * flops)
            took = max(read, sums) if p["speed"] == "roof" else 0.00207 + read + sums / share
            if took * p["pace"] <= 1:
                best = max(best, batch / took)
        if best:
            return cards, best
    return None


def bill(cards: int, capacity: float, operators: int, rent: float, demand: float) -> float:
    return operators * max(1, math.ceil(demand / operators / capacity)) * cards * rent


def number(text: str) -> float:
    return float(text.replace(",", ""))


@settings(max_examples=120, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    found = {}
    for side, part in (("provider", 100), ("operator", p["discount"])):
        rent = RENTS[p[f"{side}_rent"]].get(p[f"{side}_gpu"])
        can = machine(p, side)
        if rent is None or can is None:
            assert f"The {'provider' if side == 'provider' else 'operators'} cannot" in takeaway
            assert ("names no" in takeaway) or ("do not" in takeaway)
        else:
            found[side] = (*can, 1 if side == "provider" else p["operators"], rent * part / 1e6)
    if len(found) < 2:
        assert "Choose another" in takeaway
        return
    said = re.match(
        r"For ([\d,]+) tokens/s one provider rents ([\d,]+) ([\w ]+?)s? and pays \$([\d,.]+) a "
        r"million tokens; (one operator rents|(\d+) operators rent) ([\d,]+) ([\w ]+?)s? and "
        r"pays? \$([\d,.]+), (the same|([\d.,]+) times as much|(less than )?([\d.]+)% (more|less))"
        r"\. (.*)$",
        takeaway,
    )
    assert said, takeaway
    assert number(said[1]) == p["demand"]
    demand = p["demand"]
    bills = {side: bill(*values, demand) for side, values in found.items()}
    for side, count, name, price in (
        ("provider", said[2], said[3], said[4]),
        ("operator", said[7], said[8], said[9]),
    ):
        rent = found[side][3]
        assert number(count) == pytest.approx(bills[side] / rent)
        assert GPUS[p[f"{side}_gpu"]].name in (name, name + "s")
        assert number(price) == pytest.approx(bills[side] / 3600 / demand * 1e6, rel=6e-3)
    assert int(said[6] or 1) == p["operators"]
    ratio = bills["operator"] / bills["provider"]
    if said[10] == "the same":
        assert ratio == pytest.approx(1, abs=1e-9)
    elif said[11]:
        assert ratio > 1.99 and number(said[11]) == pytest.approx(ratio, rel=6e-3)
    else:
        assert (ratio > 1) == (said[14] == "more") and ratio < 2.001
        change = 100 * abs(ratio - 1)
        assert (
            change < float(said[13]) + 1e-9 if said[12] else abs(change - float(said[13])) < 0.051
        )
    check_break_even(found, said[15])


def check_break_even(found: dict, words: str) -> None:
    """Walks up from nothing to a million, one stair of either bill at a time."""
    edges = {0.0}
    for cards, capacity, operators, _ in found.values():
        del cards
        full = capacity * operators
        edges |= {k * full for k in range(1 + min(int(1e6 / full), 100_000))}
    first = next(
        (
            edge
            for edge in sorted(edges)
            if edge < 1e6
            and bill(*found["operator"], edge * (1 + 1e-9) + 1e-9)
            <= bill(*found["provider"], edge * (1 + 1e-9) + 1e-9) * (1 + 1e-12)
        ),
        None,
    )
    if "dearer at every demand" in words:
        assert first is None
    elif "smallest demand" in words:
        assert first == 0.0
    else:
        stated = re.match(r"(They first cost|It first costs) no more at about ([\d,.]+) ", words)
        assert stated and number(stated[2]) == pytest.approx(first, rel=6e-3)


def test_the_table_is_the_figure() -> None:
    view = DEMO.view({"operators": 8, "operator_gpu": "l40s"})
    lines = [t for t in view.figure["data"] if t["mode"] == "lines" and "yaxis" not in t]
    assert [line["name"] for line in lines] == ["8 operators", "one provider"]
    for row in view.table.rows:
        for line, cost in zip(lines, (row[6], row[3]), strict=True):
            demand = number(row[0])
            if demand in line["x"]:
                assert line["y"][line["x"].index(demand)] == pytest.approx(cost, rel=1e-3)


def test_a_side_that_cannot_leaves_the_other_standing() -> None:
    view = DEMO.view({"operator_gpu": "l40s", "operator_rent": "akash"})
    assert "central.cost" in view.metrics and "market.cost" not in view.metrics
    assert all(row[4:] == (None, None, None) for row in view.table.rows)
    assert {t["name"] for t in view.figure["data"]} == {"one provider", "provider, now"}


def test_presets_come_near_what_their_sources_say() -> None:
    views = {preset.id: DEMO.view(preset.params).metrics for preset in DEMO.presets}
    # One user: 213 tokens/s and $8.56; we say 219, and the same bill at the same demand.
    assert views["alone"]["central.alone"] == pytest.approx(FP8["chat"][0], rel=0.03)
    assert views["alone"]["central.cost"] == pytest.approx(RUN_COST[1], rel=2e-3)
    # 512 users: 16,542 tokens/s and $0.11; we say 18,380.
    assert views["crowd"]["central.capacity"] == pytest.approx(FP8["chat"][-1], rel=0.12)
    assert views["crowd"]["central.cost"] == pytest.approx(RUN_COST[512], rel=5e-3)
    # Where $2.69 an hour is worth the $0.40 a million (128 in and 128 out, $0.20 each).
    assert views["rent_or_buy"]["central.cost"] == pytest.approx(0.40, rel=0.02)
    # Long talks: 4,344 tokens/s and $0.42.
    assert views["talks"]["central.capacity"] == pytest.approx(FP8["talk"][-1], rel=0.06)
    assert views["talks"]["central.floor"] == pytest.approx(0.42, rel=0.06)
    # Prices of the list, in dollars an hour.
    assert views["gamers"]["market.rent"] == pytest.approx(0.39, rel=1e-12)
    assert views["gamers"]["central.rent"] == pytest.approx(2.71, rel=1e-12)
