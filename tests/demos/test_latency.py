"""The latency demo: its takeaway against a second computation, its challenges, its presets."""

import math
import re

import pytest
from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.demos.latency import RTTS
from decentralized_ai.inference.latency_answer import engines
from decentralized_ai.quantities import TIMES

from .. import every

DEMO = demos.get("latency")

SOLUTIONS = {
    "as_one_room": {"servers": 14, "warm": True, "drafts": 7, "accept": 90},
    "thin_line": {"bandwidth": 5, "warm": True, "drafts": 5},
    "too_clever": {"drafts": 3, "accept": 30},
    "too_fast": {"model": "qwen", "servers": 14},
}
SIZES = {name: size for size, name in TIMES}
NETWORK = {"packing messages": 0, "sending bytes": 1, "distance": 2}


def arrives(size: float, rtt: float, rate: float, warm: bool) -> tuple[float, float]:
    """(waiting, sending) of one message, window by window in a list rather than by the model."""
    windows = [14_600 * 2**i for i in range(40)]
    waits = 0.0
    while not warm and size > windows[0] and 8 * windows[0] / rate < rtt:
        size, waits = size - windows.pop(0), waits + rtt
    return rtt / 2 + waits, 8 * size / rate


def told(p: dict, drafts: int) -> dict:
    """The times once more, hop by hop, and the passes by a chain of coin tosses' chances."""
    engine = engines()[p["model"]]
    m, rtt, rate = engine.machines, p["rtt"] / 1000, p["bandwidth"] * 1e6
    hops = p["servers"] + 1 if p["path"] == "chain" else 2 * p["servers"]
    wait = 1 + p["busy"] / (200 - 2 * p["busy"])
    middle = p["prompt"] + p["answer"] / 2

    def one(tokens: int, context: float) -> tuple[float, list[float]]:
        work = (m.base_s + m.context_s * context + m.extra_s * (tokens - 1)) * wait
        far, line = arrives(tokens * engine.width, rtt, rate, p["warm"])
        return work, [0.018 * p["servers"], hops * line, hops * far]

    # left[n]: chance that n tokens are still to come; one pass after the other.
    accept, left, passes = p["accept"] / 100, {p["answer"] - 1: 1.0}, 0.0
    while left:
        passes += math.fsum(left.values())
        after: dict[int, float] = {}
        for n, chance in left.items():
            for got in range(1, drafts + 2):
                last = got == drafts + 1
                share = accept ** (got - 1) * (1 if last else 1 - accept)
                if n > got:
                    after[n - got] = after.get(n - got, 0.0) + chance * share
        left = after
    work, net = one(p["prompt"], 0)
    first, reading = rtt + work + sum(net), work
    work, net = one(drafts + 1, middle)
    each = work + sum(net) + 0.010 * drafts
    room, _ = one(1, middle)
    later = p["answer"] - 1
    return {
        "token": each * passes / later,
        "share": sum(net) / each,
        "net": net,
        "first": first,
        "total": first + passes * each,
        "room_first": 2 * rtt + reading,
        "room": 2 * rtt + reading + later * room,
    }


def near(text: str, true: float) -> bool:
    """Three digits, or all before the point: half of the last one, and the last bits."""
    number, unit = re.fullmatch(r"([\d.,]+) (\S+)", text).groups()
    size = SIZES[unit]
    digit = 10.0 ** max(-9, min(0, math.floor(math.log10(true / size)) - 2))
    return abs(float(number.replace(",", "")) - true / size) <= 0.5001 * digit


@settings(max_examples=40, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    said = re.fullmatch(
        r"Over (\d+) servers? ([\d.]+) ms (?:apart|away) a token takes (.+?), ([\d.]+)% of it in "
        r"the network, mostly on (.+?)\. An answer of ([\d,]+) tokens starts after (.+?) and "
        r"ends after (.+?), in one room after (.+?) and (.+?)(?:; (\d+) drafts? a pass (.+))?\.",
        takeaway,
    )
    assert said, takeaway
    true = told(p, p["drafts"])
    assert (int(said[1]), float(said[2])) == (p["servers"], p["rtt"])
    assert near(said[3], true["token"])
    assert abs(float(said[4]) - 100 * true["share"]) <= 0.0501 * (
        1 if true["share"] >= 0.1 else 0.1
    )
    assert true["net"][NETWORK[said[5]]] >= max(true["net"]) * (1 - 1e-12)
    assert int(said[6].replace(",", "")) == p["answer"]
    for words, key in zip(
        said.groups()[6:10], ("first", "total", "room_first", "room"), strict=True
    ):
        assert near(words, true[key]), key
    assert (said[11] is None) == (p["drafts"] == 0)
    if said[11]:
        assert int(said[11]) == p["drafts"]
        gain = told(p, 0)["total"] / true["total"]
        if fast := re.fullmatch(r"makes? it ([\d.]+) times as fast", said[12]):
            assert abs(float(fast[1]) - gain) <= 0.00501 * max(1, gain)
            assert gain > 1
        elif slow := re.fullmatch(r"makes? it take ([\d.]+) times as long", said[12]):
            assert abs(float(slow[1]) - 1 / gain) <= 0.00501 * max(1, 1 / gain)
            assert gain < 1
        else:
            assert said[12] in ("change nothing", "changes nothing")
            assert abs(gain - 1) < 0.0051


@settings(max_examples=40, deadline=None)
@given(every.setting(DEMO))
def test_farther_is_later_and_other_laws(raw: dict) -> None:
    p = DEMO.parse(raw)
    here = DEMO.view(p).metrics
    if p["rtt"] != RTTS[-1]:
        farther = DEMO.view({**p, "rtt": RTTS[RTTS.index(p["rtt"]) + 1]}).metrics
        assert farther["total_s"] >= here["total_s"]
    hub, chain = (DEMO.view({**p, "path": path}).metrics["total_s"] for path in ("hub", "chain"))
    assert hub >= chain - 1e-12
    assert DEMO.view({**p, "warm": True}).metrics["total_s"] <= here["total_s"] + 1e-9
    # Nothing is as quick as the room, unless drafts are allowed here and not there.
    assert here["plain_token_s"] > here["room_token_s"]
    assert here["room_token_s"] == pytest.approx(here["token_s"] - here["network"]) or p["drafts"]


def test_the_bars_end_where_the_token_does_and_the_table_is_the_figure() -> None:
    view = DEMO.view({"drafts": 4, "busy": 50})
    bars = view.figure["data"][0]
    for start, length, following in zip(bars["base"], bars["x"], bars["base"][1:], strict=False):
        assert start + length == pytest.approx(following, rel=1e-3, abs=1e-3)
    end = bars["base"][-1] + bars["x"][-1]
    assert end == pytest.approx(1000 * view.metrics["token_s"], rel=1e-3)  # in ms
    line = next(trace for trace in view.figure["data"] if trace.get("name") == "split")
    assert line["x"] == [row[0] for row in view.table.rows]
    for y, row in zip(line["y"], view.table.rows, strict=True):
        assert y * 60 == pytest.approx(row[-2], rel=1e-3)


def test_presets_say_what_their_notes_say() -> None:
    m = {preset.id: DEMO.view(preset.params).metrics for preset in DEMO.presets}
    assert m["near"]["tokens_per_s"] == pytest.approx(1.71, rel=0.001)  # read off this row
    assert m["far"]["tokens_per_s"] == pytest.approx(1.23, rel=0.08)
    assert m["far"]["tokens_per_s"] < 1.23
    chain = DEMO.view({**DEMO.presets[1].params, "path": "chain"}).metrics["tokens_per_s"]
    assert 1.23 < chain < 1.23 * 1.06
    assert m["world"]["tokens_per_s"] == pytest.approx(0.83, rel=0.25)
    assert m["llama"]["tokens_per_s"] == pytest.approx(6, rel=0.04)
    assert m["node"]["room_token_s"] == pytest.approx(0.04402)
    assert m["data_centre"]["room_tokens_per_s"] == pytest.approx(213.32, rel=0.005)
    assert m["drafts"]["tokens_a_pass"] == pytest.approx((1 - 0.75**8) / 0.25)
