"""The demo of concentration: its takeaway against counting by hand, its picture, its presets."""

from __future__ import annotations

import itertools
import math
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import yaml
from hypothesis import given, settings

from decentralized_ai import demos

from .. import every

DEMO = demos.get("concentration")
ROOT = Path(__file__).parents[2]
FILE = yaml.safe_load((ROOT / "book" / "concentration.yml").read_text(encoding="utf-8"))
SHARES = {33: Fraction(1, 3), 50: Fraction(1, 2), 67: Fraction(2, 3)}
WORDS = {33: "a third", 50: "half", 67: "two thirds"}

SOLUTIONS = {
    "disguise": {"stakes": [60, 10, 10, 10, 10, 10, 10, 0, 0, 0], "parts": 20},
    "twins": {"stakes": [12] * 10, "tail": 8},
    "crowd": {"stakes": [100, 100, 100, 100, 100, 100, 0, 0, 0, 0], "tail": 50},
    "cap": {"stakes": [100, 1, 1, 1, 1, 1, 1, 1, 1, 1], "parts": 20, "cap": 10},
}


def accounts_of(p: dict) -> list[list[Fraction]]:
    """For each owner its accounts, in fractions of a stake: not by the model's whole numbers."""
    held = sorted([x for x in [*p["stakes"], *[1] * p["tail"]] if x], reverse=True)
    total = Fraction(sum(held))
    found = [[Fraction(x)] for x in held]
    if found:
        found[0] = [Fraction(held[0], p["parts"])] * p["parts"]
    return [[min(x, total * p["cap"] / 100) for x in own] for own in found]


def fewest(weights: list[Fraction], threshold: Fraction) -> int:
    """By trying sizes from above: the largest number that can be left out, plus one."""
    smallest_first = sorted(weights)
    total = sum(weights)
    out = 0
    while out < len(weights) and total - sum(smallest_first[: out + 1]) > threshold * total:
        out += 1
    return len(weights) - out


@settings(max_examples=120, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    owned = accounts_of(p)
    if not owned:
        assert takeaway.startswith("Nobody holds anything")
        return
    threshold = SHARES[p["threshold"]]
    weights = [x for own in owned for x in own]
    accounts, owners = fewest(weights, threshold), fewest([sum(o) for o in owned], threshold)

    first = re.match(
        r"(?:(\d+) of (\d+) holders (together pass|alone passes) (.+?)"
        r"|(One) holder has everything"
        r"|By accounts it takes (\d+) of (\d+) to pass (.+?), by owners (\d+) of (\d+); the "
        r"measures see accounts): Gini ([\d.]+), HHI ([\d,]+), "
        r"(?:evenness ([\d.]+)|no evenness): as concentrated as ([\d,.]+) equal holders\. ",
        takeaway,
    )
    assert first, takeaway
    if first[1]:
        assert (int(first[1]), int(first[2])) == (accounts, len(owned)) == (owners, len(weights))
        assert (first[3] == "alone passes") == (accounts == 1) and first[4] == WORDS[p["threshold"]]
    elif first[5]:
        assert len(weights) == 1
    else:
        assert p["parts"] > 1
        assert (int(first[6]), int(first[7])) == (accounts, len(weights))
        assert (int(first[9]), int(first[10])) == (owners, len(owned))
        assert first[8] == WORDS[p["threshold"]]

    x = np.array([float(w) for w in weights])
    n, share = len(x), x / x.sum()
    pairs = np.abs(x[:, None] - x[None, :]).sum() / (2 * n * n * x.mean())
    assert abs(float(first[11]) - pairs) <= 0.0051
    assert abs(float(first[12].replace(",", "")) - 1e4 * (share**2).sum()) <= 0.51
    if first[13]:
        assert abs(float(first[13]) + (share * np.log(share)).sum() / math.log(n)) <= 0.0051
    else:
        assert n == 1
    equal = 1 / (share**2).sum()
    assert abs(float(first[14].replace(",", "")) - equal) <= 0.0051 * max(1, equal)

    second = re.match(
        r"Of (\d) layers, the narrowest takes? (one party|(\d+) parties): (.+)\.$",
        takeaway[first.end() :],
    )
    assert second, takeaway
    counts = {"your own": accounts}
    for name in p["under"]:
        held = [
            Fraction(1 if record.get("others") else record["share"])
            for record in FILE["layers"][name]
            for _ in range(record["share"] if record.get("others") else 1)
        ]
        counts[FILE["words"][name]["name"]] = fewest(held, threshold)
    low = min(counts.values())
    assert int(second[1]) == len(counts) and int(second[3] or 1) == low
    told = re.split(r", | and ", second[4])
    assert told == [name for name, count in counts.items() if count == low]


@settings(max_examples=60, deadline=None)
@given(every.setting(DEMO))
def test_the_marked_bars_are_those_that_pass_and_no_fewer_would(raw: dict) -> None:
    p = DEMO.parse(raw)
    view = DEMO.view(raw)
    passing, others = view.figure["data"][0]["y"], view.figure["data"][1]["y"]
    bars = [*passing, *others]
    assert bars == sorted(bars, reverse=True)
    if len(bars) < 30 and bars:
        assert abs(sum(bars) - 100) < 0.1
        goal = 100 * float(SHARES[p["threshold"]])
        assert sum(passing) > goal - 0.05 and sum(passing[:-1]) <= goal + 0.05


def test_the_coefficient_by_trying_every_set_of_owners() -> None:
    for preset in DEMO.presets:
        if preset.params.get("tail", 0) > 10:
            continue
        held = [x for x in (*preset.params["stakes"], *[1] * preset.params.get("tail", 0)) if x]
        least = next(
            size
            for size in range(1, len(held) + 1)
            if any(2 * sum(some) > sum(held) for some in itertools.combinations(held, size))
        )
        assert DEMO.view(preset.params).metrics["owners"] == least


def test_a_preset_holds_the_shares_of_the_record() -> None:
    for name, preset in (("pools", 0), ("clouds", 1), ("compute", 2), ("clients", 4)):
        params = DEMO.presets[preset].params
        named = [r["share"] for r in FILE["layers"][name] if not r.get("others")]
        rest = sum(r["share"] for r in FILE["layers"][name] if r.get("others"))
        assert [x for x in params["stakes"] if x] == named and params["tail"] == rest
        assert {r["source"] for r in FILE["layers"][name]} >= {DEMO.presets[preset].source}


def test_presets_say_what_was_published() -> None:
    views = {preset.id: DEMO.view(preset.params).metrics for preset in DEMO.presets}
    assert views["textbook"]["hhi"] == 2600
    assert views["geth"]["needed"] == 1
    assert views["clients"]["needed"] == 2
    shares = [r["share"] for r in FILE["layers"]["compute"]]
    assert abs(sum(shares[:5]) / sum(shares) - 0.71) < 0.005  # Epoch: five hyperscalers hold 71%
    clouds = [r["share"] for r in FILE["layers"]["clouds"]]
    assert sum(clouds) == 100 and sum(clouds[:3]) == 63  # the three largest together, as published
    pools = [r["share"] for r in FILE["layers"]["pools"]]
    assert sum(pools) == 200 and sum(pools[:-1]) / 200 > 0.95


def test_an_empty_grid_is_answered_in_words() -> None:
    view = DEMO.view({"stakes": [0] * 10})
    assert "nothing to measure" in view.takeaway and view.metrics == {"holders": 0.0}
    one = DEMO.view({"stakes": [0, 7, 0, 0, 0, 0, 0, 0, 0, 0]})
    assert one.takeaway.startswith("One holder has everything: Gini 0, HHI 10,000, no evenness")
