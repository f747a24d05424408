"""The compression demo: its takeaway against the recorded file, its challenges, its presets."""

import re

import numpy as np
import pytest
from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.recorded import load
from decentralized_ai.training.compression_published import PUBLISHED

from .. import every
from .units import SIZES, TIMES

DEMO = demos.get("compression")

SOLUTIONS = {
    "free": {"methods": ["demo"], "ratio": 30},
    "trap": {"nodes": 128},
    "hurts": {"methods": ["sign"], "ratio": 30},
    "minute": {"model": "b72", "methods": ["demo"], "ratio": 30, "down": 10_000, "nodes": 8},
}
NAMES = {
    "top-k": "topk",
    "random-k": "randk",
    "few bits": "quantise",
    "sign": "sign",
    "PowerSGD": "powersgd",
    "DeMo": "demo",
}
WEIGHTS = {"33 thousand": 32_736, "1.2 billion": 1.2e9, "10 billion": 10e9, "72 billion": 72e9}
SIDES = {"1.2 billion": 2048, "10 billion": 4096, "72 billion": 8192}


def runs() -> dict[tuple, tuple[float, float]]:
    """(bytes, mean final loss) of each setting, straight from the file."""
    found: dict[tuple, list] = {}
    for cell in load("compression")["cells"]:
        key = (cell["method"], cell["feedback"], cell["strength"])
        found.setdefault(key, []).append((cell["bytes"], cell["loss"][-1]))
    return {
        key: (cells[0][0], float(np.mean([c[1] for c in cells]))) for key, cells in found.items()
    }


def strength(words: str) -> float:
    """`3%`, `4 bits`, `rank 2`, `16 a chunk`."""
    value = float(re.search(r"[\d.]+", words)[0])
    return value / 100 if "%" in words else value


def bits_a_weight(method: str, value: float, weights: float, side: float) -> float:
    """Counted by hand: places as wide as needed, values of 32 bits, scales of 32 in 512."""
    places = int(np.ceil(np.log2(weights)))
    return {
        "topk": value * (32 + places),
        "randk": value * 32,
        "quantise": value + 32 / 512,
        "sign": 1 + 32 / 512,
        "powersgd": 32 * value / side,
        "demo": value * (32 + 12) / 4096,
    }[method]


def near(said: str, units: dict[str, float], true: float) -> bool:
    number, unit = said.rsplit(" ", 1)
    return float(number.replace(",", "")) * units[unit] == pytest.approx(true, rel=0.0051)


@settings(max_examples=200, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    every = runs()
    (dense,) = [value for key, value in every.items() if key[0] == "plain"]
    within = {
        method: max(
            (size, loss, key[2])
            for key, (size, loss) in every.items()
            if key[:2] == (method, p["feedback"]) and dense[0] / size >= p["ratio"]
        )
        for method in p["methods"]
        if any(
            key[:2] == (method, p["feedback"]) and dense[0] / size >= p["ratio"]
            for key, (size, _) in every.items()
        )
    }
    if p["published"] != "none":
        item = PUBLISHED[p["published"]]
        assert f" {item.figure:g} {item.unit} published, " in takeaway
        assert takeaway.endswith(f"{100 * (item.ours / item.figure - 1):+.1f}%.")
    if not within:
        assert takeaway.startswith("None of the methods shown was recorded with messages ")
        assert f" {p['ratio']:,} times smaller: " in takeaway
        return
    said = re.match(
        r"With (no limit on the messages|"
        r"messages at least ([\d,]+) times smaller in the recorded model), (.+?) "
        r"\((.+?)\) gets furthest: ([\d.]+) nats where sending everything reaches ([\d.]+)\. ",
        takeaway,
    )
    assert said, takeaway
    assert (said[2] is None) == (p["ratio"] == 1)
    method = NAMES[said[3]]
    best = within[method]
    assert best[1] == min(loss for _, loss, _ in within.values())
    assert best[2] == pytest.approx(strength(said[4]))
    assert abs(float(said[5]) - best[1]) <= 0.0051 and abs(float(said[6]) - dense[1]) <= 0.0051
    if p["published"] != "none":
        return
    rest = re.match(
        r"With (.+) weights its messages are ([\d.,]+) times smaller and (can|cannot) be added on "
        r"the way: each of ([\d,]+) nodes receives (.+) a step, and (.+) "
        r"if everything is added on a ring \((.+) against (.+)\)\.$",
        takeaway[said.end() :],
    )
    assert rest, takeaway
    added, n = rest[3] == "can", int(rest[4].replace(",", ""))
    assert added == (method in ("randk", "powersgd")) and n == p["nodes"]
    weights = WEIGHTS[rest[1]]
    # The recorded model is one that was asked for: its messages are in the file.
    message = best[0]
    if weights > 1e9:
        message = weights * bits_a_weight(method, best[2], weights, SIDES[rest[1]]) / 8
    assert near(rest[2] + " times", {"times": 1}, 4 * weights / message)
    mine = message * (2 * (n - 1) / n if added else n - 1)
    theirs = weights * 4 * 2 * (n - 1) / n
    assert near(rest[5], SIZES, mine) and near(rest[6], SIZES, theirs)
    rate = p["down"] * 1e6 / 8
    assert near(rest[7], TIMES, mine / rate) and near(rest[8], TIMES, theirs / rate)


def test_the_ratio_said_is_that_of_the_model_named() -> None:
    """Top-k's places take 15 bits in the recorded model, 31 in one of 1.2 billion weights; a rank
    is a smaller share of a larger matrix."""
    assert "With 1.2 billion weights its messages are 16.9 times smaller" in DEMO.view().takeaway
    for method, ratio, model, times in (
        ("topk", 20, "small", "22.7"),
        ("powersgd", 5, "small", "5.14"),
        ("powersgd", 5, "b1", "256"),
        ("demo", 30, "small", "38.2"),
    ):
        view = DEMO.view({"methods": [method], "ratio": ratio, "model": model})
        assert f" weights its messages are {times} times smaller" in view.takeaway


def test_the_guess_is_about_what_the_default_view_shows() -> None:
    metrics = DEMO.view().metrics
    assert DEMO.guess.answer(DEMO.view()) == 2
    # "about 17 times smaller", "the largest 3%", "32 nodes".
    assert 16 < metrics["message_plain"] / metrics["message_topk"] < 18
    assert DEMO.parse({})["nodes"] == 32 and 22 < metrics["ratio_topk"] < 23


def test_the_table_is_the_figure() -> None:
    view = DEMO.view({"methods": ["topk", "sign"]})
    names = {"top-k": "with", "top-k, no feedback": "without"}
    drawn = {
        (names[t["name"]], x): y
        for t in view.figure["data"]
        if t["name"] in names
        for x, y in zip(t["x"], t["y"], strict=True)
    }
    rows = [row for row in view.table.rows if row[0].startswith("top-k")]
    assert len(drawn) == 2 * len(rows)
    for row in rows:
        for name, column in (("with", 3), ("without", 4)):
            size = float(f"{row[1]:.4g}")
            assert drawn[name, size] == pytest.approx(row[column], rel=1e-3)


def test_lower_picture_follows_the_choice() -> None:
    curves, nodes = (DEMO.view({"below": below}).figure for below in ("curves", "nodes"))
    assert curves["layout"]["xaxis2"]["title"]["text"] == "step"
    flat = next(t for t in nodes["data"] if t["name"] == "everything, added")
    assert max(flat["y"]) < 2 * min(flat["y"])
    steep = next(t for t in nodes["data"] if t["name"].startswith("top-k,") and "xaxis" in t)
    assert steep["y"][-1] / steep["y"][0] == pytest.approx(1023, rel=1e-2)


def test_presets_say_what_their_notes_say() -> None:
    views = {preset.id: DEMO.view(preset.params).metrics for preset in DEMO.presets}
    assert views["distro"]["ours"] == pytest.approx(74.4)
    assert views["distro"]["ring"] == pytest.approx(4.65)
    assert views["home"]["ours"] == pytest.approx(6.94, abs=0.005)
    assert views["demo"]["ours"] == pytest.approx(85, rel=0.005)
    assert views["covenant"]["ours"] > 146
    assert views["sign"]["ours"] == 32
    assert views["dgc"]["error"] < 0
