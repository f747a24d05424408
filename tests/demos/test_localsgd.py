"""The local SGD demo: its takeaway against the recorded file and the formula of a ring."""

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings

from decentralized_ai import demos, recorded

from .. import every
from .units import TIMES

DEMO = demos.get("localsgd")
CELLS = json.loads((Path(recorded.__file__).parent / "localsgd.json").read_text())["cells"]

SOLUTIONS = {
    "cheap": {"link": 50_000},
    "sync_first": {"link": 400_000},
    "free": {"every": 100, "run": "stream", "outer_bits": 8, "link": 2000},
}
NAMES = {
    "the synchronous run": "sync",
    "DiLoCo": "main",
    "streaming DiLoCo": "main",
    "DiLoCo with half of its updates lost": "main",
}


def losses(method: str, p: dict, data: str, lost: float = 0.0) -> tuple[int, list[float]] | None:
    """Straight from the file: (steps between two points, the points)."""
    if p["workers"] == 1:
        data = "same"
    every = 1 if method == "sync" else p["every"]
    want = {"method": method, "workers": p["workers"], "every": every, "data": data, "lost": lost}
    want["seed"] = 1
    found = [c for c in CELLS if all(c[key] == value for key, value in want.items())]
    return (found[0]["gap"], found[0]["loss"]) if found else None


def shown(p: dict) -> tuple[dict, str, str, float, str]:
    """(setting, text, method, share lost, refusal) of the run that the takeaway must speak of: the
    one asked for if the file holds it, else the whole text, else eight workers too."""
    kinds = {
        "same": ("same", "diloco", 0.0),
        "own": ("own", "diloco", 0.0),
        "lost": ("own", "diloco", 0.5),
        "stream": ("same", "stream", 0.0),
    }
    for run, workers, words in (
        (p["run"], p["workers"], ""),
        ("same", p["workers"], "was recorded. With the whole text and nothing lost, all waiting: "),
        ("same", 8, "was recorded. With eight workers and the whole text, all waiting: "),
    ):
        data, method, lost = kinds[run]
        q = {**p, "workers": workers}
        if losses("sync", q, data) and losses(method, q, data, lost):
            return q, data, method, lost, words
    raise AssertionError(p)


def step_seconds(p: dict, method: str, mbit: float) -> float:
    """Time of an inner step: computing, and its share of the waiting. Written anew."""
    size, tokens, speed = {
        "tiny": (32_736, 128, 25e9),
        "m150": (0.15e9, 2**19, 8 * 989e12 * 0.4),
        "b1": (1e9, 2**19, 8 * 989e12 * 0.4),
        "b10": (1e10, 2**19, 8 * 989e12 * 0.4),
        "b70": (7e10, 2**19, 8 * 989e12 * 0.4),
    }[p["size"]]
    compute = 6 * size * tokens / speed
    n = p["workers"]
    bits = p["sync_bits"] if method == "sync" else p["outer_bits"]
    share = 1 / 5 if method == "stream" else 1.0
    seconds = 2 * (n - 1) * (p["latency"] / 1000 + share * size * bits / n / (mbit * 1e6))
    if method == "sync":
        return compute + seconds
    if method == "stream":
        turn = p["every"] // 5
        return compute + max(0.0, seconds - turn // 2 * compute) / turn
    return compute + seconds / p["every"]


def steps_to(run: tuple[int, list[float]], loss: float) -> float:
    gap, points = run
    after = next(i for i, value in enumerate(points) if value <= loss)
    high, low = points[after - 1], points[after]
    return gap * (after - 1 + (high - loss) / (high - low))


def near(said: str, true: float) -> bool:
    """Whole numbers from 10 on, one decimal from 1, two from 0.1, four below."""
    half = next(
        h for least, h in ((9.94, 0.5), (0.99, 0.05), (0.099, 0.005), (0, 5e-5)) if true >= least
    )
    return abs(float(said.replace(",", "")) - true) <= half * (1 + 1e-6)


@settings(max_examples=200, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    text = DEMO.view(raw).takeaway
    p, data, method, lost, refusal = shown(p)
    sync, main = losses("sync", p, data), losses(method, p, data, lost)
    assert text.startswith("No run with") == bool(refusal) and refusal in text
    assert ("half of its updates lost" in text) == (lost > 0)
    assert ("treaming DiLoCo" in text) == (method == "stream")
    target = max(min(sync[1][1:]), min(main[1][1:]))
    if target >= sync[1][0]:
        said = re.search(
            r"never gets below ([\d.]+) nats a character, where it began, and ends at ([\d.]+)\.",
            text,
        )
        assert float(said[1]) == pytest.approx(main[1][0], abs=5e-4)
        assert float(said[2]) == pytest.approx(main[1][-1], abs=5.01e-4)
        assert f"The synchronous run ends at {sync[1][-1]:.3f}." in text
        return
    n, m = steps_to(sync, target), steps_to(main, target)
    times = {
        "sync": n * step_seconds(p, "sync", p["link"]),
        "main": m * step_seconds(p, method, p["link"]),
    }
    said = re.search(
        r"To reach ([\d.]+) nats a character, which both do, (.+?) takes ([\d,.]+) (\w+) and (.+?) "
        r"([\d,.]+) (\w+), (?:about as long|([\d,.]+) times as long)\. ",
        text,
    )
    assert said, text
    assert float(said[1]) == pytest.approx(target, abs=5.01e-4)
    first, second = times[NAMES[said[2]]], times[NAMES[said[5]]]
    assert near(said[3], first / TIMES[said[4]]) and near(said[6], second / TIMES[said[7]])
    assert first <= second * (1 + 1e-9)
    if said[8]:
        assert near(said[8], second / first)
    else:
        assert second / first < 1.0501
    rest = text[said.end() :]
    if p["workers"] == 1:
        assert rest == "One worker alone exchanges nothing, so no link matters."
        return

    def ahead(mbit: float) -> bool:
        return n * step_seconds(p, "sync", mbit) < m * step_seconds(p, method, mbit)

    trials = [10 ** (e / 20) for e in range(-80, 221)]
    order = [ahead(mbit) for mbit in trials]
    turns = [i for i in range(len(order) - 1) if order[i] != order[i + 1]]
    stated = re.findall(r"([\d,.]+) ([MG])b/s", rest)
    if "same at any bandwidth" in rest:
        assert not turns and not stated
    elif "below it" in rest:
        ((number, unit),) = stated
        turn = float(number.replace(",", "")) * (1000 if unit == "G" else 1)
        assert len(turns) <= 1
        for i in turns:
            assert trials[i] * 0.94 <= turn <= trials[i + 1] * 1.06
        low, high = re.search(r"below it (.+) is first, above it (.+)\.$", rest).groups()
        assert ahead(turn * 0.9) == (NAMES[low] == "sync")
        assert ahead(turn * 1.1) == (NAMES[high] == "sync")
    else:
        assert len(stated) >= 2 and len(turns) <= len(stated)


def test_the_table_is_the_figure() -> None:
    view = DEMO.view()
    above = [t for t in view.figure["data"] if t.get("xaxis") is None]
    assert len(above) == 3
    for i, trace in enumerate(above):
        column = [(row[0], row[1 + 2 * i]) for row in view.table.rows if row[1 + 2 * i] is not None]
        assert [x for x, _ in column] == trace["x"]
        assert [y for _, y in column] == trace["y"]


def test_presets_against_what_was_published() -> None:
    views = {preset.id: DEMO.view(preset.params).metrics for preset in DEMO.presets}
    assert views["diloco"]["saving"] == 500  # Douillard et al. 2023, abstract
    assert views["intellect"]["saving"] == 400  # INTELLECT-1, abstract
    assert 0.83 <= views["intellect"]["busy_main"] <= 0.96  # the same
    # "two orders of magnitude", Douillard et al. 2025, abstract
    assert 2 <= math.log10(views["streaming"]["saving"]) < 3


def test_losses_against_what_was_published() -> None:
    """Per cent of perplexity: of the published sign. The sizes cannot be compared: ours counts
    characters and theirs pieces of words, and ours has a tenth of the meetings."""
    views = {preset.id: DEMO.view(preset.params).metrics for preset in DEMO.presets}
    rarely = views["diloco"]["against_50"]  # H = 50 to 500; theirs to 1000: +2.9
    meetings = views["often"]["against_10"]  # 200 to 40 meetings; theirs 1,280 to 64: +2.9
    lost = views["dropped"]["lost_cost"]  # theirs +2.1
    assert rarely > 0 and meetings > 0 and lost > 0


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ({"run": "stream", "every": 1}, "DiLoCo"),
        ({"run": "lost", "workers": 1}, "DiLoCo"),
        ({"run": "own", "workers": 16}, "DiLoCo"),
    ],
)
def test_what_was_not_recorded_is_refused_in_words(setting: dict, name: str) -> None:
    view, p = DEMO.view(setting), DEMO.parse(setting)
    workers = "one worker" if p["workers"] == 1 else f"{p['workers']} workers"
    assert view.takeaway.startswith(f"No run with {workers}, H = {p['every']} and ")
    assert view.figure["data"][-1]["name"] == name


def test_the_bandwidth_that_keeps_workers_busy_does() -> None:
    for setting in ({}, {"run": "stream"}, {"size": "b70", "outer_bits": 4}):
        p = DEMO.parse(setting)
        method = "stream" if p["run"] == "stream" else "diloco"
        need = 1000 * DEMO.view(setting).metrics["need_main"]
        computing = step_seconds({**p, "workers": 1}, "sync", 1.0)
        assert computing / step_seconds(p, method, need) == pytest.approx(0.95, rel=1e-9)
