"""The demo of goodhart: its takeaway against the formula written out again, its picture."""

from __future__ import annotations

import itertools
import math
import re
from statistics import NormalDist

import pytest
from hypothesis import given, settings

from decentralized_ai import demos

from .. import every

DEMO = demos.get("goodhart")

SOLUTIONS = {
    "luck": {"tie": 0, "gaming": 0, "keep": 1},
    "nearly": {"tie": 0.9, "keep": 1, "rounds": 10, "gaming": 100, "harm": 1},
    "loose": {"tie": 0.5, "gaming": 0, "rounds": 8},
    "stop": {"keep": 50, "rounds": 7},
}


def worths(p: dict, rounds: int) -> list[float]:
    """Of those kept in each round: means of quality and gaming, and the mean square of gaming,
    carried from round to round. Not by the model's closed form."""
    kept = p["keep"] / 100
    z = NormalDist().inv_cdf(1 - kept)
    i = NormalDist().pdf(z) / kept
    k = math.sqrt((1 - p["tie"] ** 2) * p["gaming"] / 100)
    x = y = 0.0
    found = []
    for _ in range(rounds):
        # y = its mean + k s + what the score does not see, of variance 1 - k^2
        square = y * y + 2 * y * k * i + k * k * (1 + z * i) + 1 - k * k
        x, y = x + p["tie"] * i, y + k * i
        found.append(x - p["harm"] / 2 * (square - 1))
    return found


def read(text: str) -> float:
    return float(text.replace(",", ""))


def near(said: str, true: float, count: int = 3) -> bool:
    """Within half a unit of the last of `count` digits."""
    if not true:
        return read(said) == 0
    unit = 10.0 ** (math.floor(math.log10(abs(true))) - count + 1)
    return abs(read(said) - true) <= 0.51 * min(unit, 1) + 1e-9


@settings(max_examples=120, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    rounds = p["rounds"]
    quality = worths(p, rounds + 1)
    now, then = quality[rounds - 1], quality[rounds]
    z = NormalDist().inv_cdf(1 - p["keep"] / 100)
    i = NormalDist().pdf(z) / (p["keep"] / 100)
    lasting = p["tie"] ** 2 + (1 - p["tie"] ** 2) * p["gaming"] / 100
    score = (rounds - 1) * lasting * i + i

    said = re.match(
        r"After (one|\d+) rounds? of keeping the best ([\d.]+)%, their score is up by ([\d.,]+) "
        r"and their quality is (where it was|(up|down) by ([\d.,]+))\. (.+)$",
        takeaway,
    )
    assert said, takeaway
    assert (1 if said[1] == "one" else int(said[1])) == rounds and read(said[2]) == p["keep"]
    assert near(said[3], score)
    if said[5]:
        assert (said[5] == "up") == (now > 0) and near(said[6], abs(now))
    else:
        assert abs(now) < 1e-8

    played, rest = quality[:rounds], said[7]
    best = max(played)
    if rest.startswith("This score says nothing"):
        assert max(abs(q) for q in quality) < 1e-8
    elif rest.startswith("In no round"):
        assert best < 1e-8
    elif told := re.match(r"It was best in round (\d+), at ([\d.,]+); since then every", rest):
        at = int(told[1])
        assert played[at - 1] == pytest.approx(best, abs=1e-8) and near(told[2], best)
        falling = played[at - 1 :]
        assert len(falling) > 1
        assert all(b < a + 1e-9 for a, b in itertools.pairwise(falling))
    else:
        each = re.match(
            r"That is (-?[\d.]+) of quality for each point of score, and another round would "
            r"(raise|lower|not change) it\.$",
            rest,
        )
        assert each, takeaway
        assert near(each[1], now / score, 2) and now == pytest.approx(best, abs=1e-8)
        moved = "raise" if then - now > 1e-8 else "lower" if then - now < -1e-8 else "not change"
        assert each[2] == moved


def test_the_picture_holds_the_table() -> None:
    view = DEMO.view({"rounds": 5})
    traces = {trace["name"]: trace for trace in view.figure["data"]}
    for column, name, first in ((1, "score", 1), (3, "quality", 1), (4, "quality, simulated", 0)):
        drawn = traces[name]["y"][first:]
        assert drawn == pytest.approx([row[column] for row in view.table.rows], rel=1e-3, abs=1e-3)
    kept, rest = traces["kept"]["x"], traces["last round"]["x"]
    assert min(kept) >= max(rest)


def test_simulated_operators_are_near_the_formula() -> None:
    """At the defaults, over seeds: 4.5 standard errors of the mean of 25 runs."""
    views = [DEMO.view({"seed": seed}) for seed in range(25)]
    found = [view.metrics["simulated"] for view in views]
    mean = sum(found) / len(found)
    spread = math.sqrt(sum((f - mean) ** 2 for f in found) / (len(found) - 1))
    assert abs(mean - views[0].metrics["quality"]) <= 4.5 * spread / 5 + 0.03


PUBLISHED = {"small": (0.490, 0.120), "middle": (0.599, 0.106), "large": (0.662, 0.090)}


@pytest.mark.parametrize("preset", PUBLISHED)
def test_presets_are_near_the_published_law(preset: str) -> None:
    """The stops of the sliders are round numbers: 2% off in alpha, 4% in beta, at most."""
    alpha, beta = PUBLISHED[preset]
    found = DEMO.view(next(p.params for p in DEMO.presets if p.id == preset)).metrics
    assert found["alpha"] == pytest.approx(alpha, rel=0.02)
    assert found["beta"] == pytest.approx(beta, rel=0.04)
    pushed = (found["rounds"] * found["intensity"]) ** 2 / 2
    assert 9 < pushed < 12  # nats: the paper went to about 10


def test_presets_say_what_their_notes_say() -> None:
    views = {preset.id: DEMO.view(preset.params).metrics for preset in DEMO.presets}
    assert views["small"]["best_round"] < views["small"]["rounds"]
    assert views["large"]["next"] > views["large"]["quality"] > views["middle"]["quality"]
    assert views["arena"]["quality"] == 0 and views["arena"]["score"] > 2
    assert round(1 / views["arena"]["kept"]) == 27
    assert views["judge"]["next"] < views["judge"]["quality"]
