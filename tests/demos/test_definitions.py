"""The demo of definitions: its takeaway against the file of systems, its picture, its presets."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from hypothesis import given, settings

from decentralized_ai import demos

from .. import every
from ..bibliography import ENTRIES

DEMO = demos.get("definitions")
ROOT = Path(__file__).parents[2]
FILE = yaml.safe_load((ROOT / "book" / "systems.yml").read_text(encoding="utf-8"))
LAYERS, SYSTEMS = FILE["layers"], FILE["systems"]

SOLUTIONS = {
    "one_change": {"system": "local", "governance": 3},
    "no_help": {"system": "openai", "training": 4, "routing": 4, "payment": 4},
    "drawn": {"counted": ["hardware", "hosting", "weights"]},
    "yours": {"system": "yours", **dict.fromkeys(LAYERS, 3)},
}


def parties(found: object) -> float | None:
    """At least how many, by the file: infinity for anyone, None for none and unknown."""
    return {"anyone": float("inf"), "none": None, "unknown": None}.get(found, found)  # type: ignore


def least_of(p: dict) -> dict[str, float | None]:
    """Of each layer that counts, the smallest number that its bracket allows."""
    record = SYSTEMS.get(p["system"], {name: {"parties": "unknown"} for name in LAYERS})
    found = {}
    for name in p["counted"]:
        count = parties(record[name]["parties"])
        if p[name]:
            count = (1, 2, 10, 100)[p[name] - 1]
        found[name] = count
    return found


def clears(record: dict, p: dict) -> bool:
    known = [n for name in p["counted"] if (n := parties(record[name]["parties"])) is not None]
    return bool(known) and min(known) >= p["least"]


@settings(max_examples=250, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    first, second = re.match(r"(.+?[.]) (Of \d+ real systems, .+[.])$", takeaway).groups()

    told = re.match(
        r"Of (\d+) real systems, (\d+) takes? (\d+) parties or more in (every layer(?: that you "
        r"count)?), as far as it is known\.",
        second,
    )
    assert int(told[1]) == len(SYSTEMS) and int(told[3]) == p["least"]
    assert int(told[2]) == sum(clears(record, p) for record in SYSTEMS.values())
    assert (told[4] == "every layer") == (len(p["counted"]) == len(LAYERS))

    name, rest = re.match(r"(.+?)(?:, with \d answers? of your own)?: (.+)$", first).groups()
    assert name == SYSTEMS.get(p["system"], {"name": "Your system"})["name"]
    known = {layer: n for layer, n in least_of(p).items() if n is not None}
    if not known:
        assert "nothing is known of the layers that you count" in rest
        return
    low = min(known.values())
    bracket = next(i for i, most in enumerate((1, 9, 99, float("inf"))) if low <= most)
    words = ("one party can", "2 to 9 parties together can", "10 to 99 parties together can")
    if bracket == 3:
        assert rest.startswith(
            "to stop a layer of it, or change it for everybody, takes 100 parties, if anybody can"
        )
    else:
        assert rest.startswith(f"{words[bracket]} stop a layer of it, or change it for everybody: ")
        at = re.search(r"everybody: ([^.;]+)", rest)[1]
        limit = (1, 9, 99)[bracket]
        weakest = [layer.replace("_", " ") for layer, n in known.items() if n <= limit]
        assert at == "every layer" or re.split(r", | and ", at) == weakest
        assert at != "every layer" or len(weakest) == len(LAYERS)
    record = SYSTEMS.get(p["system"], {name: {"parties": "unknown"} for name in LAYERS})
    unknown = sum(record[x]["parties"] == "unknown" and not p[x] for x in p["counted"])
    said = re.search(r"(\d) unknown layers? may lower that", rest)
    assert (int(said[1]) if said else 0) == (unknown if bracket else 0)


@settings(max_examples=80, deadline=None)
@given(every.setting(DEMO))
def test_the_picture_shows_each_layer_and_each_system_once(raw: dict) -> None:
    p = DEMO.parse(raw)
    view = DEMO.view(raw)
    bars, *dots = view.figure["data"]
    assert len(bars["x"]) == len(LAYERS) == len(view.table.rows)
    for name, length in zip(LAYERS, bars["x"], strict=True):
        if name in p["counted"]:
            assert length == view.metrics.get(f"layer.{name}", 0)
    names = [name for trace in dots for name in trace["hovertext"]]
    assert len(names) == len(set(names))
    for kind in ("inference", "training"):
        shown = {name for name in names if name.endswith(f", {kind}")}
        does = {
            f"{record['name']}, {kind}" for record in SYSTEMS.values() if kind in record["does"]
        }
        # Those that offer it, unless no layer that counts is one that it needs or that they have.
        assert shown - {f"Your system, {kind}"} <= does
        assert shown >= does or len(p["counted"]) < len(LAYERS)
    where = [(x, y) for trace in dots for x, y in zip(trace["x"], trace["y"], strict=True)]
    assert len(where) == len(set(where))
    high, low = view.figure["layout"]["yaxis2"]["range"]
    assert all(low < y < high for _, y in where)
    assert all(0.1 < x < 4.6 for x, _ in where)


def test_a_bar_of_the_picture_is_as_long_as_its_bracket() -> None:
    bars = DEMO.view({"system": "intellect1"}).figure["data"][0]
    shown = dict(zip(LAYERS, zip(bars["x"], bars["text"], strict=True), strict=True))
    assert shown["hardware"] == (3, "30")
    assert shown["governance"] == (1, "one")
    assert shown["payment"] == (0, "unknown")
    assert shown["front_end"] == (0, "none")


def test_presets_say_what_their_notes_say() -> None:
    views = {preset.id: DEMO.view(preset.params) for preset in DEMO.presets}
    assert views["swarm"].metrics["layer.hardware"] == 4
    assert views["swarm"].metrics["layer.routing"] == 1
    assert views["chain"].metrics["layer.governance"] == 1
    assert SYSTEMS["gboard"]["hardware"]["parties"] == 10_000_000
    assert SYSTEMS["intellect1"]["hardware"]["parties"] == 30
    assert views["central"].metrics["inference"] == views["central"].metrics["training"] == 1
    for preset in DEMO.presets:
        record = SYSTEMS[preset.params["system"]]
        assert preset.source in {record[layer]["source"] for layer in LAYERS}


def test_each_source_of_the_table_is_a_key_of_the_bibliography() -> None:
    for system in SYSTEMS:
        for row in DEMO.view({"system": system}).table.rows:
            assert row[3] in ENTRIES
