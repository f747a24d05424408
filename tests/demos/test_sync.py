"""The demo of a training step: its takeaway by hand, its picture, its challenges and presets."""

import math
import re

import pytest
from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.demos.sync import COUNTS, FLOPS, MOST
from decentralized_ai.training.links import LINKS

from .. import every

DEMO = demos.get("sync")

SOLUTIONS = {
    "many": {"nodes": 64, "every": 500, "sent": "int8"},
    "light": {"nodes": 256, "parameters": 0.01},
    "rescued": {"slow": 10, "scheme": "weighted"},
    "alone": {"link": "hall", "parameters": 72.0, "tokens": 1024, "machine": "h100s"},
}

BITS = {"fp32": 32, "bf16": 16, "int8": 8, "int4": 4, "sparse": 14 / 64, "distro": 22.4 / 1200}


def step(p: dict, n: int) -> tuple[float, float, float, float]:
    """(computing, latency, bytes, wait) in seconds, written out for each scheme anew."""
    link, many = LINKS[p["link"]], n - 1
    work = 6e9 * p["parameters"] * p["tokens"] * p["every"] / (1 if p["batch"] == "own" else n)
    busy = work / (FLOPS[p["machine"]] * p["utilisation"] / 100)
    if n == 1:
        return busy, 0.0, 0.0, 0.0
    size, slow = p["parameters"] * 1e9 * BITS[p["sent"]] / 8, p["slow"]
    up, down = link.up_bytes_s, link.down_bytes_s
    whole = size / min(up, down)
    levels = math.ceil(math.log2(n) - 1e-9)
    hops, flow = {
        "ring": (2 * many, 2 * many / n * slow * whole),
        "tree": (2 * levels, 2 * (levels - 1 + slow) * whole),
        "server": (
            2,
            max(many * size / down, slow * size / up) + max(many * size / up, slow * size / down),
        ),
        "all_to_all": (1, many * slow * whole),
        "butterfly": (2, 2 * many / n * slow * whole),
        "weighted": (2, max(slow, 2 * many / (many + 1 / slow)) * whole),
        "bucket": (2, slow * (size / up + many * size / down)),
    }[p["scheme"]]
    room = 0.0
    if p["overlap"]:
        room = busy if p["every"] > 1 else busy * 2 / 3
    took = hops * link.latency_s + flow
    return busy, hops * link.latency_s, flow, max(0.0, took - room)


def share(p: dict, n: int) -> float:
    busy, _, _, wait = step(p, n)
    return busy / (busy + wait)


def read(text: str) -> float:
    return float(text.replace(",", ""))


def near(said: str, true: float) -> bool:
    """Three digits, or whole numbers from 100 on."""
    half = 0.5 if true >= 100 else 0.5 * 10 ** (math.floor(math.log10(true)) - 2)
    return abs(read(said) - true) <= half * 1.0001 + 1e-12


@settings(max_examples=150, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    adding = p["scheme"] not in ("all_to_all", "bucket")
    if adding and p["sent"] in ("sparse", "distro"):
        assert takeaway.startswith("This exchange does not exist: ")
        return
    said = re.fullmatch(
        r"([\d,]+) nodes compute (less than |more than )?([\d.]+)% of the time, the bottleneck is "
        r"(computing|latency|bandwidth), and together they are (.+?)\. (.+)\.",
        takeaway,
    )
    assert said, takeaway
    n = p["nodes"]
    busy, latency, flow, wait = step(p, n)
    part = busy / (busy + wait)
    assert read(said[1]) == n
    if said[2]:
        assert part < 0.001 if said[2].startswith("less") else 0.999 < part < 1
    else:
        assert near(said[3], 100 * part)
    if said[4] == "computing":
        assert part >= 0.5 - 1e-9
    else:
        assert part <= 0.5 + 1e-9
        assert (latency >= flow) if said[4] == "latency" else (flow >= latency)

    # Nothing but waiting is lost, so n nodes are worth n times the share that they compute.
    speed = n * part
    if times := re.fullmatch(r"([\d.,]+) times as fast as one alone", said[5]):
        assert near(times[1], speed) and speed > 1
    elif said[5] == "slower than one alone, at less than a thousandth of its speed":
        assert speed < 0.001
    elif slower := re.fullmatch(r"slower than one alone, at ([\d.e-]+) of its speed", said[5]):
        assert near(slower[1], speed) and speed < 1
    else:
        assert said[5] == "about as fast as one alone" and abs(speed - 1) < 0.0051

    parts = [share(p, m) for m in range(1, MOST + 1)]
    speeds = [m * part for m, part in enumerate(parts, start=1)]
    top = max(speeds)
    if said[6].startswith("No number"):
        assert said[6] == "No number of nodes up to 1,024 is faster than one alone"
        assert top <= 1 + 1e-8
    elif best := re.fullmatch(
        r"([\d,]+) nodes are the fastest, ([\d.,]+) times one: one more no longer helps", said[6]
    ):
        m = round(read(best[1]))
        assert 1 < m < MOST and near(best[2], top)
        assert speeds[m - 1] >= top * (1 - 1e-8) and speeds[m] <= speeds[m - 1] * (1 + 1e-8)
    else:
        most = re.fullmatch(
            r"Of up to 1,024 nodes 1,024 are the fastest, ([\d.,]+) times one"
            r"(?:; but more than ([\d,]+) wait longer than they compute)?",
            said[6],
        )
        assert most and near(most[1], top) and speeds[-1] >= top * (1 - 1e-8)
        if most[2]:
            half = round(read(most[2]))
            assert parts[half - 1] >= 0.5 - 1e-9
            assert max(parts[half:]) <= 0.5 + 1e-9
        else:
            assert parts[-1] >= 0.5 - 1e-9


@settings(max_examples=40, deadline=None)
@given(every.setting(DEMO))
def test_the_bars_are_the_step_and_the_line_is_the_table(raw: dict) -> None:
    p, view = DEMO.parse(raw), DEMO.view(raw)
    if not view.metrics["possible"]:
        return
    busy, latency, flow, wait = step(p, p["nodes"])
    bars = view.figure["data"][0]
    end = view.figure["layout"]["xaxis"]["range"][1]
    for x, seconds in zip(bars["x"], (busy, latency, flow), strict=True):
        assert x / end == pytest.approx(seconds / (busy + wait) / 1.02, rel=2e-3, abs=1e-9)
    ends = [base + x for base, x in zip(bars["base"], bars["x"], strict=True)]
    assert max(ends) * 1.02 <= end * 1.002
    line = next(t for t in view.figure["data"] if t.get("name") == "with exchanges")
    assert [read(row[0]) for row in view.table.rows] == line["x"]
    for n, y, row in zip(line["x"], line["y"], view.table.rows, strict=True):
        assert y == pytest.approx(n * share(p, n), rel=1e-3)
        assert row[-2] == pytest.approx(100 * share(p, n), abs=1e-6)


def test_the_ring_of_the_animation_ends_with_everything_everywhere() -> None:
    """Replayed as the page does: who sends which piece in which step."""
    for n in (n for n in COUNTS if n <= 16):
        scene = DEMO.view({"nodes": n, "slow": 4}).scene
        held = [[{i} for _ in range(n)] for i in range(n)]
        for number, pieces in enumerate(scene["pieces"]):
            moving = [held[i][piece] for i, piece in enumerate(pieces)]
            for i, piece in enumerate(pieces):
                after, adds = held[(i + 1) % n], number < scene["adding"]
                after[piece] = moving[i] | after[piece] if adds else set(moving[i])
        assert all(piece == set(range(n)) for node in held for piece in node)
        # The slow link sets the pace of the whole round.
        took = step(DEMO.parse({"nodes": n, "slow": 4}), n)
        assert len(scene["pieces"]) * scene["hop"][1] == pytest.approx(took[1] + took[2], rel=1e-4)
    assert DEMO.view({"nodes": 20}).scene is None
    assert DEMO.view({"scheme": "tree"}).scene is None


def test_presets_say_what_their_notes_say() -> None:
    m = {preset.id: DEMO.view(preset.params).metrics for preset in DEMO.presets}
    assert m["intellect"]["compute_s"] / 60 == pytest.approx(38, rel=0.01)
    assert 0.83 < m["intellect"]["share"] < 0.96
    assert m["covenant"]["exchange_s"] == pytest.approx(10 * 70, rel=0.1)
    assert m["covenant8"]["exchange_s"] == pytest.approx(70, rel=0.35)
    assert m["chips"]["wait_s"] == 0
    assert DEMO.view({**DEMO.presets[3].params, "tokens": 1024}).metrics["wait_s"] > 0
    assert m["uplink"]["exchange_s"] / 60 == pytest.approx(10, rel=0.01)
    assert m["distro"]["bandwidth_s"] == pytest.approx(2.24 + 6.94, abs=0.01)
