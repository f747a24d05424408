"""The censorship demo: its takeaway against every state of what is shared, challenges, presets."""

import itertools
import math
import re

from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.quantities import TIMES
from decentralized_ai.resilience.censorship_facts import happened

from .. import every

DEMO = demos.get("censorship")

SOLUTIONS = {
    "crowd": {"operators": 128},
    "hour": {"doors": 4, "spares": "both", "share": 20},
    "without": {
        "share": 40, "operators": 128, "doors": 4, "spares": "both", "away": 1.0,
        "happens": ["chance", "cloud"],
    },
    "reached": {
        "happens": ["chance", "law"], "region": "listed", "doors": 4, "apart": "hidden",
        "spares": "both", "share": 20, "need": 25,
    },
}  # fmt: skip
SECONDS = dict((name, size) for size, name in TIMES)


def tail(needed: int, parts: int, p: float) -> float:
    """Fewer than `needed` of `parts` there, from the other end of the sum."""
    if parts < needed:
        return 1.0
    there = 1 - p
    return 1 - math.fsum(
        math.comb(parts, up) * there**up * p ** (parts - up) for up in range(needed, parts + 1)
    )


def told(p: dict) -> dict[str, float]:
    """Every state of everything shared, one by one: chances of being away."""
    happens = p["happens"]
    chance = "chance" in happens
    q, single = (p["outage"] / 100, p["away"] / 100) if chance else (0.0, 0.0)
    law, n = "law" in happens, p["operators"]
    inside = int(p["share"] * n / 100 + 0.5)
    under = int(p["law"] * (n - inside) / 100 + 0.5)
    needed = max(1, math.ceil(p["need"] * n / 100 - 1e-9))
    copies, second = p["spares"] in ("copies", "both"), p["spares"] in ("rails", "both")
    places = ["cloud"] + [p["apart"]] * (p["doors"] - 1)
    reach = []  # ways in that neither an order nor the user's network closes
    for i, place in enumerate(places):
        closed = law and place in ("cloud", "country")
        closed |= i == 0 and ("door" in happens or p["region"] == "first")
        closed |= p["region"] == "listed" and place != "hidden"
        if not closed:
            reach.append(place)
    found = dict.fromkeys(("network", "floor", "ways", "hub", "rail", "operators"), 0.0)
    for state in itertools.product((False, True), repeat=4):
        cloud, hub, rail, spare = state
        weight = math.prod(q if down else 1 - q for down in state)
        if "cloud" in happens:
            weight = 0.0 if not cloud else weight / q if q else float(not any(state[1:]))
        if not weight:
            continue
        open_ways = sum(not (place == "cloud" and cloud) for place in reach)
        left = n - (inside if law or cloud else 0) - (under if law else 0)
        ways = q**open_ways if open_ways else 1.0
        hosts = tail(needed, left, single)
        hub_gone = not copies and (hub or law or "hub" in happens)
        rail_gone = (rail or law or "rail" in happens) and (spare or not second)
        found["ways"] += weight * ways
        found["hub"] += weight * hub_gone
        found["rail"] += weight * rail_gone
        found["operators"] += weight * hosts
        fixed = hub_gone or rail_gone
        found["network"] += weight * (1 - (1 - ways) * (1 - hosts) * (not fixed))
        found["floor"] += weight * (1 - (1 - ways) * (not fixed))
    stops = law or p["region"] != "open" or {"door", "rail"} & set(happens)
    first = 1.0 if "cloud" in happens else q
    machines = first * q ** (p["clouds"] - 1)
    found["company"] = 1.0 if stops else 1 - (1 - q) ** 2 * (1 - machines)
    return found


def near(said: str, true: float) -> None:
    """A time a year in three digits: half a per cent, and what `1 - x` above loses."""
    if said == "nearly all the time":
        assert 0.999 <= true <= 1
        return
    if said == "less than a second a year":
        assert true * SECONDS["years"] < 1.0001
        return
    number, unit = re.fullmatch(r"([\d.,]+) (\S+) a year", said).groups()
    assert unit in SECONDS
    share = float(number.replace(",", "")) * SECONDS[unit] / SECONDS["years"]
    assert abs(share - true) <= 0.0051 * true + 1e-12


def holds(said: str, true: float) -> None:
    """What is said of one side: always answers, never answers, or is away so long."""
    if said == "always answers":
        assert true < 1e-12
    elif said == "never answers":
        assert true > 1 - 1e-12
    else:
        near(said.removeprefix("is away "), true)


@settings(max_examples=400, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    view = DEMO.view(raw)
    true = told(p)
    ours = rf"the network of {p['operators']} operators?"
    if neither := re.search(rf"neither {ours} nor the company answers\. ", view.takeaway):
        assert true["network"] > 1 - 1e-12 and true["company"] > 1 - 1e-12
        rest = view.takeaway[neither.end() :]
    else:
        said = re.search(rf"{ours} (.+?) and the company (.+?)\. (?=[A-Z])", view.takeaway)
        assert said, view.takeaway
        holds(said[1], true["network"])
        holds(said[2], true["company"])
        rest = view.takeaway[said.end() :]
    for name, words in (
        ("cloud", "the largest cloud"), ("law", "everything under the home law"),
        ("hub", "the model hub"), ("rail", "the first payment rail"),
        ("door", "the best-known front end"),
    ):  # fmt: skip
        lead = view.takeaway.split("here ", 1)[0]
        assert (words in lead) == (name in p["happens"])
    assert ("nothing else fails" in view.takeaway) == ("chance" not in p["happens"])
    links = {name: true[name] for name in ("ways", "hub", "rail", "operators")}
    if rest == "None of the network's four links is ever away.":
        assert max(links.values()) < 1e-12
        return
    named = re.fullmatch(
        r"Its weakest links? (?:is|are) (.+) \((?:gone|(?:each )?away (.+?))\); (.+)\.", rest
    )
    assert named, rest
    most = max(links.values())
    marks = {
        "ways": "way in" if p["doors"] == 1 else "ways in",
        "hub": "model hub",
        "rail": "payment rail",
        "operators": "operators",
    }
    for name, words in marks.items():
        if words in named[1]:
            assert links[name] >= most * (1 - 1e-6) - 1e-12, name
        else:
            assert links[name] <= most * (1 + 1e-9) + 1e-12, name
    if named[2]:
        near(named[2], most)
    else:
        assert most > 1 - 1e-12
    if "would change nothing" in named[3]:
        assert true["floor"] > 1 - 1e-12
    elif named[3].endswith("always answer"):
        assert true["floor"] < 1e-12
    else:
        near(named[3].split("still be away ")[1], true["floor"])


@settings(max_examples=60, deadline=None)
@given(every.setting(DEMO))
def test_the_numbers_behind_it_too(raw: dict) -> None:
    p = DEMO.parse(raw)
    metrics, true = DEMO.view(raw).metrics, told(p)
    for name in ("network", "company", "floor"):
        assert math.isclose(metrics[name], true[name], rel_tol=1e-6, abs_tol=1e-12)
    for region in ("open", "first", "listed"):
        there = told({**p, "region": region})["network"]
        assert math.isclose(metrics[f"in.{region}"], there, rel_tol=1e-6, abs_tol=1e-12)


def test_the_table_is_the_figure() -> None:
    view = DEMO.view({"share": 65, "doors": 4, "spares": "both"})
    line = next(t for t in view.figure["data"] if t["name"] == "your network")
    rows = view.table.rows[3:]
    assert [f"{n} operators" for n in line["x"]] == [row[0] for row in rows]
    for y, row in zip(line["y"], rows, strict=True):
        assert math.isclose(100 * y, max(row[1], 1e-5), rel_tol=1e-3)
    dots = [t for t in view.figure["data"] if t["mode"] == "markers+text"]
    for trace, column in zip(dots, (1, 4), strict=True):
        for x, row in zip(trace["x"], view.table.rows[:3], strict=True):
            assert math.isclose(100 * x, max(row[column], 1e-5), rel_tol=1e-3)


def test_presets_say_what_their_sources_say() -> None:
    views = {preset.id: DEMO.view(preset.params).metrics for preset in DEMO.presets}
    assert views["region"]["company"] == 1.0 == views["region"]["network"]
    assert abs(views["clouds"]["company"] / 0.000221 - 1) < 0.1  # Microsoft: 99.9779%
    assert views["router"]["link.operators"] < 1e-12 and views["router"]["link.ways"] == 1.0
    assert views["wallets"]["link.operators"] < 1e-12 and views["wallets"]["link.ways"] == 1.0
    assert views["host"]["network"] < 1e-5  # the chain went on
    assert views["sanction"]["network"] == 0.0 and views["sanction"]["company"] == 1.0
    longer = happened("sanction")["longer"]
    assert abs(views["sanction"]["tries"] - 1 - longer / 100) < 0.01
    assert views["bridges"]["network"] < 1e-5 and views["bridges"]["company"] == 1.0
    assert views["nothing"]["link.operators"] < 1e-7


def test_the_stops_are_the_published_figures() -> None:
    year = 365.25 * 24 * 60
    stops = DEMO.control("outage").values()
    for events in (("region",), ("router_first", "router_second")):
        minutes = sum(happened(event)["minutes"] for event in events)
        assert any(abs(stop / 100 - minutes / year) < 0.01 * minutes / year for stop in stops)
    assert {happened("host")["stake"], 65} <= set(DEMO.control("share").values())
    assert 100 - happened("host")["stake_to_stop"] in DEMO.control("need").values()
    assert happened("sanction")["blocks"] in DEMO.control("law").values()
