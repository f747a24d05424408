"""The demo of control: its takeaway against the file of set-ups, its picture, its presets."""

from __future__ import annotations

import math
import re
from pathlib import Path

import yaml
from hypothesis import given, settings

from decentralized_ai import demos

from .. import every
from ..bibliography import ENTRIES

DEMO = demos.get("control")
ROOT = Path(__file__).parents[2]
FILE = yaml.safe_load((ROOT / "book" / "control.yml").read_text(encoding="utf-8"))
WORDS = {
    "weights": "weights",
    "data": "data",
    "compute": "compute",
    "rules and code": "keys",
    "treasury": "treasury",
    "front end": "front_end",
}

SOLUTIONS = {
    "survives": {"setup": "tornado", "how": "leave", "who": ["makers"], "share": 100},
    "ordered": {"setup": "eleuther", "how": "compelled", "who": ["hosts"], "share": 100},
    "third": {"setup": "bittensor", "who": ["deciders"], "share": 33, "trustees": 5},
    "take_along": {"how": "leave", "who": ["makers"], "share": 95, "copies": True},
}


def met(text: str, have: dict[str, float]) -> bool:
    """A rule in the file's words."""
    if text in {"anyone", "nobody"}:
        return text == "anyone"
    return any(
        all(have.get(g, 0) >= int(n) for g, n in re.findall(r"(\w+) (\d+)", way))
        for way in text.split(" or ")
    )


def as_chosen(p: dict) -> tuple[dict[str, int], dict[str, str], dict[str, dict[str, str]]]:
    """Seats and roles by group, and the rules, after what the reader changed: on the words."""
    record = FILE["setups"][p["setup"]]
    groups = record["groups"]
    seats = {g: found["seats"] for g, found in groups.items() if found["seats"] != "open"}
    roles = {g: found["role"] for g, found in groups.items()}
    of = {role: g for g, role in roles.items()}
    rules = {
        key: {name: asset[name] for name in ("change", "run", "copy")}
        for key, asset in record["assets"].items()
    }
    for key, rule in rules.items():
        if p["trustees"]:
            decider, need = of["deciders"], p["trustees"]
            seats[decider] = 9
            if re.search(rf"\b{decider} \d", rule["change"]):
                rule["change"] = f"{decider} {need}"
            rule["run"] = re.sub(rf"\b{decider} \d+", f"{decider} {need}", rule["run"])
        if p["doors"]:
            seats[of["hosts"]] = p["doors"]
            for name, need in (("change", p["doors"]), ("run", 1)):
                rule[name] = re.sub(rf"\b{of['hosts']} \d+", f"{of['hosts']} {need}", rule[name])
        if p["copies"] and key not in {"compute", "treasury"}:
            rule["copy"] = "anyone"
    return seats, roles, rules


def fate(rule: dict[str, str], how: str, acting: dict, rest: dict, seats: dict) -> tuple[str, bool]:
    """What becomes of an asset, and whether those who are left can carry a copy on."""
    if "unknown" in (rule["change"], rule["run"]):
        return "unknown", False
    power = how != "leave" and any(acting.values()) and met(rule["change"], acting)
    if power and (how == "disagree" or met(rule["run"], rest)):
        return "taken", met(rule["copy"], rest)
    if not met(rule["run"], rest):
        return "stopped", met(rule["copy"], rest)
    if met(rule["change"], seats) and not met(rule["change"], rest):
        return "frozen", met(rule["copy"], rest)
    return "runs", False


NAMES = rf"the ({'|'.join(WORDS)})"
SENTENCE = {
    "taken": r"(?:is|are) changed for everybody",
    "stopped": r"stops?",
    "frozen": r"can no longer be changed",
    "unknown": r"(?:is|are) not known",
}


@settings(max_examples=300, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    record = FILE["setups"][p["setup"]]
    seats, roles, rules = as_chosen(p)
    acting = {
        g: math.ceil(p["share"] * n / 100) if roles[g] in p["who"] else 0 for g, n in seats.items()
    }
    rest = {g: n - acting[g] for g, n in seats.items()}
    found = {key: fate(rule, p["how"], acting, rest, seats) for key, rule in rules.items()}

    first, second = re.match(r"(.+?\.) ([A-Z0-9].+\.)$", takeaway[len(record["name"]) :]).groups()
    assert takeaway.startswith(f"{record['name']}, {record['when']}: ")
    if not any(acting.values()):
        assert "everything stays as it is" in first
        strangers = all(g not in seats for g in roles if roles[g] in p["who"])
        assert ("nobody in particular" in first) == strangers
    else:
        for group, count in acting.items():
            if roles[group] in p["who"] and seats[group] > 1:
                assert re.search(rf"\b{count} of {seats[group]}\b", first)
        told = {}
        said = re.sub(r"^.*?(?:against the rest|leaves?|ordered to stop), ", "", first)
        for part in said.rstrip(".").split("; "):
            for state, words in SENTENCE.items():
                if re.search(rf" {words}$", part):
                    told |= {WORDS[name]: state for name in re.findall(NAMES, part)}
        assert told == {key: state for key, (state, _) in found.items() if state != "runs"}
        assert ("everything goes on" in first) == (not told)
        assert ("the rest goes on" in first) == (0 < len(told) < 6)

    gone = [copied for state, copied in found.values() if state in {"taken", "stopped"}]
    if gone:
        many = (
            "None of it" if not any(gone) else "All of it" if all(gone)
            else f"{sum(gone)} of these {len(gone)}"
        )  # fmt: skip
        assert second.startswith(f"{many} can be carried on elsewhere as a copy; it takes ")
    else:
        assert second.startswith("It takes ")
    numbers = re.search(
        r"takes (\d+) to change the rules and (\d+) to block every change, and (?:(\d+)|nobody)",
        second,
    )
    least = [
        sum(int(n) for n in re.findall(r" (\d+)", way))
        for way in rules["keys"]["change"].split(" or ")
    ]
    assert int(numbers[1]) == min(least)
    # In each way one group falls short; here no group stands in two ways.
    short = [
        min(seats[g] - int(n) + 1 for g, n in re.findall(r"(\w+) (\d+)", way))
        for way in rules["keys"]["change"].split(" or ")
    ]
    assert int(numbers[2]) == sum(short)
    known = [r for r in rules.values() if "unknown" not in r.values()]
    free = any(r["change"] == "nobody" and r["run"] == "anyone" for r in known)
    assert (numbers[3] is None) == free


@settings(max_examples=100, deadline=None)
@given(every.setting(DEMO))
def test_the_picture_shows_who_acts_and_every_asset(raw: dict) -> None:
    p = DEMO.parse(raw)
    view = DEMO.view(raw)
    holders, fates = view.figure["data"]
    assert len(fates["y"]) == 6
    told = [event for event in FILE["events"] if event["setup"] == p["setup"]]
    assert [row[-2:] for row in view.table.rows[6:]] == [(e["date"], e["source"]) for e in told]
    assert ("x" in holders["marker"]["symbol"]) <= (view.metrics["acting"] > 0)
    low, high = view.figure["layout"]["xaxis"]["range"]
    assert all(low < x < high for x in holders["x"])
    texts = [note["text"] for note in view.figure["layout"]["annotations"]]
    for row in view.table.rows[:6]:
        assert any(text.startswith(f"<b>{row[2].split(';')[0]}") for text in texts)
    assert view.metrics["share"] == p["share"]


def test_presets_say_what_their_notes_say() -> None:
    views = {preset.id: DEMO.view(preset.params) for preset in DEMO.presets}
    assert views["board"].metrics["acting"] == 4
    assert views["board"].metrics["taken"] == 5
    assert 700 < views["staff"].metrics["acting"] < 770
    assert views["staff"].metrics["stopped"] == 3
    for name in ("page", "archive", "sanctioned", "team"):
        assert views[name].metrics["stopped"] == views[name].metrics["copied"] == 1
        assert not views[name].metrics["lost"]
    assert views["bought"].metrics["taken"] == 3
    groups = FILE["setups"]["steem"]["groups"]
    assert groups["exchanges"]["seats"] == 3 and groups["witnesses"]["seats"] == 20


def test_no_number_of_trustees_protects_from_half_of_them() -> None:
    """At half, the rules are changed or frozen, whatever the threshold."""
    for needed in range(1, 10):
        view = DEMO.view({"trustees": needed, "share": 50})
        assert not view.metrics["keys_run"]


def test_each_source_of_the_table_is_a_key_of_the_bibliography() -> None:
    for setup in FILE["setups"]:
        for row in DEMO.view({"setup": setup}).table.rows:
            assert row[-1] in ENTRIES
