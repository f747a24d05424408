"""The swarm demo: its takeaway against a life told by hand, its challenges, its presets."""

import itertools
import json
import math
import re

import pytest
from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.inference.regions import RTT_MS
from decentralized_ai.inference.swarm_join import Habits, distances, make_machines
from decentralized_ai.inference.swarm_life import live

from .. import every

DEMO = demos.get("swarm")

SOLUTIONS = {
    "spare": {"servers": 16},
    "quick": {"servers": 4, "holds": 40, "rate": 600, "place": "lab"},
    "storm": {"leaves": 144, "seed": 2},
    "uneven": {"servers": 24, "rule": "front"},
}
BLOCKS = {"bloom7": 30, "bloom176": 70, "llama70": 80}
BACK = {"never": None, "hour": 3600.0, "quarter": 900.0, "minute": 60.0}
NUMBER = r"([\d,]+)"


def told(p: dict):
    machines = make_machines(
        p["servers"], BLOCKS[p["model"]], p["holds"], p["mixed"], p["rate"], p["place"], p["seed"]
    )
    habits = Habits(
        86_400 / p["leaves"] if p["leaves"] else None,
        BACK[p["back"]],
        p["rule"],
        p["recovery"] == "replay",
    )
    far = distances(machines, p["place"])
    return live(machines, BLOCKS[p["model"]], habits, far, p["tokens"], p["seed"]), far


def shortest(life, far, blocks: int) -> float:
    """Bellman and Ford instead of Dijkstra: rounds over all edges until nothing changes."""
    servers = {server.name: server for server in life.servers}
    # best[name]: least time until that server has done its last block, entered where it was.
    best: dict[tuple[str, int], float] = {}

    def work(name: str, at: int) -> tuple[int, float]:
        server = servers[name]
        last = min(server.end, blocks)
        return last, 0.018 + (last - at) / server.rate

    for name, server in servers.items():
        if server.start == 0:
            last, seconds = work(name, 0)
            best[name, last] = far.client[name] / 2 + seconds
    changed = True
    while changed:
        changed = False
        for (a, at), until in list(best.items()):
            for b, server in servers.items():
                if server.start <= at < server.end:
                    last, seconds = work(b, at)
                    new = until + far.between[a, b] / 2 + seconds
                    if new < best.get((b, last), math.inf) - 1e-15:
                        best[b, last] = new
                        changed = True
    return min(t + far.client[a] / 2 for (a, at), t in best.items() if at == blocks)


def seconds(words: str) -> float:
    value, unit = words.split()
    return float(value.replace(",", "")) * {"ms": 1e-3, "s": 1, "min": 60, "hours": 3600}[unit]


def near(words: str, true: float) -> bool:
    return abs(seconds(words) / true - 1) <= 0.0051


@settings(max_examples=400, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    life, far = told(p)
    blocks, count = BLOCKS[p["model"]], p["servers"]
    held = [sum(s.start <= block < s.end for s in life.servers) for block in range(blocks)]
    if not all(held):
        said = re.match(
            r"No answer: nobody holds (.*)\. The (\d+) servers have room for (\d+) blocks; the "
            r"model has (\d+)\.$",
            takeaway,
        )
        assert said, takeaway
        gaps = [block + 1 for block in range(blocks) if not held[block]]
        numbers = [int(n) for n in re.findall(r"\d+", said[1])]
        ends = [gaps[0], gaps[-1]] if len(gaps) > 1 else gaps
        if gaps[-1] - gaps[0] + 1 != len(gaps):
            ends = [len(gaps), *ends]
        assert numbers == ends
        room = sum(s.end - s.start for s in life.servers)
        assert [int(said[i]) for i in (2, 3, 4)] == [count, room, blocks]
        return

    said = re.match(
        r"Each token passes through (?:(\d+)|one) of the (\d+) servers, in ([\d.]+ \w+) at the "
        r"start; (.*)\. (Every block|Each server|One server|\d+ of the)(.*)$",
        takeaway,
    )
    assert said, takeaway
    assert int(said[1] or 1) == len(life.chain.spans) and int(said[2]) == count
    assert near(said[3], shortest(life, far, blocks))
    what = said[4]
    computed, kept = len(life.token_s), len(life.token_s) - life.lost
    if gone := re.match(r"(\d+) left the chain", what):
        assert int(gone[1]) == life.left > 0
    else:
        assert life.left == 0
        assert ("nobody leaves" in what) == (p["leaves"] == 0)
    if stop := re.search(r"stopped at (\d+) of (\d+) tokens: (.*)", what):
        assert int(stop[1]) == kept < p["tokens"] == int(stop[2])
        if stop[3].startswith("nobody is left to hold "):
            assert life.repairs[-1].found == ()
        elif "again too often" in stop[3]:
            assert computed >= 4 * p["tokens"] and p["recovery"] == "restart"
        else:
            assert stop[3] == "an hour was over" and sum(life.token_s) > 3500 - 700
    else:
        assert kept == p["tokens"]
        if thrown := re.search(rf"{NUMBER} tokens were thrown away", what):
            assert int(thrown[1].replace(",", "")) == computed - kept > 0
        elif life.left:
            assert computed == kept
            assert f"the last of {kept} tokens" in what and what.endswith("none was lost")
            assert near(re.search(r"slowest token took ([\d.,]+ \w+)", what)[1], max(life.token_s))
    alone = sum(any(held[block] == 1 for block in range(s.start, s.end)) for s in life.servers)
    if said[5] == "Every block":
        assert alone == 0 and said[6] == f" is on {min(held)} servers or more."
    elif said[5] == "Each server":
        assert alone == count
    else:
        assert alone == (1 if said[5] == "One server" else int(said[5].split()[0])) < count


@settings(max_examples=60, deadline=None)
@given(every.setting(DEMO))
def test_the_picture_and_the_table_tell_the_same(raw: dict) -> None:
    view = DEMO.view(raw)
    life, _ = told(DEMO.parse(raw))
    assert len(json.dumps(view.to_json())) < 20_000
    spans = {row[0]: row[1] for row in view.table.rows}
    assert spans == {str(int(s.name)): f"{s.start + 1} to {s.end}" for s in life.servers}
    by_name = {trace["name"]: trace for trace in view.figure["data"]}
    bars = by_name["blocks it holds"]
    assert len(bars["x"]) == 3 * len(life.servers) and bars["x"][2::3] == [None] * len(life.servers)
    if life.chain:
        path = by_name["your chain"]
        assert path["x"][0] == 0 and path["x"] == sorted(path["x"])
        in_chain = {row[0] for row in view.table.rows if row[2] is not None}
        assert in_chain == {str(y) for y in path["y"]}
    if life.token_s:
        drawn = by_name["seconds for a token"]
        # What is left out between two points is a run of equal times.
        for (x0, y0), (x1, y1) in itertools.pairwise(zip(drawn["x"], drawn["y"], strict=True)):
            if x1 > x0 + 1:
                assert len(set(life.token_s[x0 - 1 : x1])) == 1 and y0 == y1


@settings(max_examples=150, deadline=None)
@given(every.setting(DEMO))
def test_each_token_of_the_scene_passes_through_all_blocks(raw: dict) -> None:
    view = DEMO.view(raw)
    life, _ = told(DEMO.parse(raw))
    scene = view.scene
    assert (scene is None) == (not life.token_s)
    if scene is None:
        return
    assert scene["servers"][0] == [life.servers[0].start, life.servers[0].end]
    ways = [act["hops"] for act in scene["acts"] if act["what"] == "token"]
    for hops in ways:
        assert hops[0][1] == 0 and hops[-1][2] == scene["blocks"] == BLOCKS[view_model(raw)]
        assert all(a[2] == b[1] for a, b in itertools.pairwise(hops))
    first = next(act for act in scene["acts"] if act["what"] == "token")
    total = sum(enter + work for *_, enter, work in first["hops"]) + first["back"]
    if not life.repairs or life.repairs[0].token:
        assert total == pytest.approx(life.chain.seconds, rel=1e-3)  # four digits a hop
    for i, act in enumerate(scene["acts"]):
        if act["what"] == "read":
            assert scene["acts"][i - 1]["what"] == "gone"


def view_model(raw: dict) -> str:
    return str(DEMO.parse(raw)["model"])


def test_presets_say_what_their_notes_say() -> None:
    views = {preset.id: DEMO.view(preset.params) for preset in DEMO.presets}
    assert round(views["three"].metrics["speed"], 2) == 1.71
    # Measured 1.23 at 100 Mbit/s, 0.83, and "up to 6": ours 5% above, 2% below (in this draw of
    # cities; 6% above in the mean of twenty), 22% below.
    assert abs(views["apart"].metrics["speed"] / 1.23 - 1.05) < 0.01
    assert abs(views["fourteen"].metrics["speed"] / 0.83 - 0.98) < 0.01
    assert abs(views["forty"].metrics["speed"] / 6 - 0.78) < 0.01
    fourteen = views["fourteen"].metrics
    assert 1 < fourteen["copies"] < 1.1 and fourteen["irreplaceable"] >= 12
    assert fourteen["left"] == 1 and fourteen["waited"] > 60
    assert RTT_MS[3][4] == 13  # London and Frankfurt: what the real distances are made of
