"""The demo of the map: its takeaway against the methods themselves, its picture, its challenges."""

import math
import re

import pytest
from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.verification.frontier import BELIEFS, CHEATS, OWNERS, Needs, fails
from decentralized_ai.verification.frontier_methods import METHODS

from .. import every

DEMO = demos.get("frontier")

SOLUTIONS = {
    "alone": {"wait": 1.0, "owner": "cloud", "hidden": "prompt"},
    "nothing": {"hidden": "prompt"},
    "proof": {"wait": 3600.0, "budget": 1e4},
    "chip": {"wait": 1.0, "owner": "cloud"},
}
AMOUNT = r"([\d.,]+)(%| billionths| millionths)? ?(?:of a )?runs?"
UNITS = {None: 1.0, "%": 0.01, " billionths": 1e-9, " millionths": 1e-6}


def needs_of(params: dict) -> Needs:
    return Needs(**params)


@settings(max_examples=150, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    """It names exactly the methods that fail nowhere, and of these the one with the least check."""
    needs = needs_of(DEMO.parse(raw))
    left = [method for method in METHODS if not fails(method, needs)]
    takeaway = DEMO.view(raw).takeaway
    head = re.match(r"Final within (.+?), (.+) to catch, the machine in the hands of (.+?): (.+)$",
                    takeaway)  # fmt: skip
    assert head and head[2] == CHEATS[needs.cheat] and head[3] == OWNERS[needs.owner]
    number, unit = re.match(r"([\d.]+) (s|minute|hour|day)s?$", head[1]).groups()
    units = {"s": 1, "minute": 60, "hour": 3600, "day": 86_400}
    assert float(number) * units[unit] == pytest.approx(needs.wait)

    if not left:
        told = re.match(r"none of (\d+) methods is left\. Nearest is ([^:]+): (.+)\.$", head[4])
        assert int(told[1]) == len(METHODS)
        reasons = {method.name: len(fails(method, needs)) for method in METHODS}
        assert reasons[told[2]] == min(reasons.values()) == told[3].count("; ") + 1
        return
    told = re.match(r"(\d+) of (\d+) methods (?:is|are) left \(([^)]+)\)\.(.*)$", head[4])
    assert (int(told[1]), int(told[2])) == (len(left), len(METHODS))
    assert told[3].split(", ") == [method.short for method in left]
    checks = {m.name: m.cost(needs).check.typical for m in left if m.cost(needs).check}
    if not checks:
        assert told[4] == ""
        return
    best = min(checks, key=checks.get)
    who = "(?:Your own check is|The lightest check is (.+):)"
    said = re.match(rf" {who} {AMOUNT}\. It rests on: (.+)\.$", told[4])
    assert said, told[4]
    assert said[1] == (best if len(left) > 1 else None)
    # Printed to two digits.
    assert float(said[2].replace(",", "")) * UNITS[said[3]] == pytest.approx(checks[best], rel=0.05)
    method = next(m for m in left if m.name == best)
    assert set(said[4].split("; ")) == {BELIEFS[belief] for belief in method.believes}


@settings(max_examples=60, deadline=None)
@given(every.setting(DEMO))
def test_the_picture_shows_every_method_once_at_its_costs(raw: dict) -> None:
    needs = needs_of(DEMO.parse(raw))
    points = {}
    for trace in DEMO.view(raw).figure["data"]:
        if trace["mode"] == "markers+text":
            alive = trace["marker"]["color"] == "#009E73"
            for x, y, text in zip(trace["x"], trace["y"], trace["text"], strict=True):
                points[re.sub("</?b>", "", text)] = (x, y, alive)
    assert set(points) == {method.short for method in METHODS}
    for method in METHODS:
        x, y, alive = points[method.short]
        cost = method.cost(needs)
        assert alive == (not fails(method, needs))
        if cost.check:
            assert x == pytest.approx(cost.check.typical, rel=1e-3)
        else:
            assert x > 1e6  # the column without a figure
        if cost.extra.typical:
            assert y == pytest.approx(cost.extra.typical, rel=1e-3)
            assert y > 10**-2.4  # above the band of those without extra work
        else:
            assert y < 10**-2.4


@settings(max_examples=60, deadline=None)
@given(every.setting(DEMO))
def test_the_limit_is_where_all_work_together_costs_what_was_said(raw: dict) -> None:
    params = DEMO.parse(raw)
    line = DEMO.view(raw).figure["data"][0]
    assert line["name"] == "your limit"
    for x, y in list(zip(line["x"], line["y"], strict=True))[:-1]:
        assert 1 + x + y == pytest.approx(params["budget"], rel=1e-3)
    assert line["x"][-1] == pytest.approx(params["budget"] - 1, rel=1e-3)


def test_nothing_is_drawn_outside_the_map() -> None:
    for setting in DEMO.prepared().values():
        figure = DEMO.view(setting).figure
        low, high = figure["layout"]["xaxis"]["range"]
        bottom, top = figure["layout"]["yaxis"]["range"]
        for trace in figure["data"][1:]:
            for x, y in zip(trace["x"], trace["y"], strict=True):
                assert x is None or low < math.log10(x) < high
                assert y is None or bottom < math.log10(y) < top
