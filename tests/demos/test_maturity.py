"""The demo of maturity: its takeaway against the file of evidence, its picture, its presets."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from hypothesis import given, settings

from decentralized_ai import demos

from .. import every

DEMO = demos.get("maturity")
FILE = yaml.safe_load((Path(__file__).parents[2] / "book" / "maturity.yml").read_text("utf-8"))
STEPS = (
    "nothing found",
    "shown on paper",
    "run over the internet",
    "in service",
    "in service, and measured by others",
)

SOLUTIONS = {
    "first": {"year": 2019},
    "one_left": {"bar": 4, "strict": True},
    "word": {"makers": False},
    "equal": {"bar": 2},
}


def heard(p: dict, kind: str, constraint: str) -> list[dict]:
    return [
        piece
        for piece in FILE["evidence"][kind][constraint]
        if piece["year"] <= p["year"] and (p["makers"] or piece["by"] == "others")
    ]


def step(piece: dict) -> int:
    if piece["finding"] == "against":
        return 0
    return {"paper": 1, "run": 2, "service": 3}[piece["stage"]] + (
        piece["stage"] == "service" and piece["by"] == "others"
    )


@settings(max_examples=250, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    said = re.match(
        r"By the end of (\d{4})( and on the word of others alone)?, with \u201c(.+?)\u201d as the "
        r"bar, inference passes (\d) of 6 constraints, training (\d) and governance (\d); (\d+) "
        r"cells? (?:is|are) contested( and do(?:es)? not count)?\. (\w+), (\w+): (.+)\.$",
        DEMO.view(raw).takeaway,
    )
    assert said
    assert (int(said[1]), said[2] is None) == (p["year"], p["makers"])
    assert STEPS.index(said[3]) == p["bar"] and (said[8] is not None) == p["strict"]
    disputed = 0
    for kind, told in zip(FILE["evidence"], (said[4], said[5], said[6]), strict=True):
        passed = 0
        for constraint in FILE["constraints"]:
            found = heard(p, kind, constraint)
            against = any(piece["finding"] == "against" for piece in found)
            disputed += against
            best = max((step(piece) for piece in found), default=0)
            passed += best >= p["bar"] and not (p["strict"] and against)
        assert passed == int(told)
    assert disputed == int(said[7])

    assert (said[9].lower(), said[10]) == (p["kind"], p["constraint"])
    found = heard(p, p["kind"], p["constraint"])
    best = max((step(piece) for piece in found), default=0)
    words, _, rest = said[11].partition("; ")
    contested = any(piece["finding"] == "against" for piece in found)
    assert words == STEPS[best] + (", but contested" if contested else "")
    if best:
        what, year = re.match(r"(.+) \((\d{4})\)$", rest).groups()
        reach = [piece for piece in found if step(piece) == best]
        assert {"what": what, "year": int(year)} in [
            {key: piece[key] for key in ("what", "year")} for piece in reach
        ]
        assert int(year) == max(piece["year"] for piece in reach)
    else:
        assert rest == ""


@settings(max_examples=60, deadline=None)
@given(every.setting(DEMO))
def test_the_picture_and_the_table_show_the_same_cells(raw: dict) -> None:
    p = DEMO.parse(raw)
    view = DEMO.view(raw)
    gauges, words = (trace["text"] for trace in view.figure["data"])
    assert len(gauges) == len(words) == len(view.table.rows) == 18
    tinted = [s for s in view.figure["layout"]["shapes"] if "fillcolor" in s]
    dashed = [s for s in view.figure["layout"]["shapes"] if s["line"].get("dash")]
    for row, gauge, word in zip(view.table.rows, gauges, words, strict=True):
        best = max((step(piece) for piece in heard(p, row[0], row[1])), default=0)
        assert gauge.count("\N{BLACK CIRCLE}") == best == STEPS.index(row[2])
        assert (row[4] is not None) == (word == "contested")
    assert len(tinted) == sum(row[5] == "yes" for row in view.table.rows) == view.metrics["total"]
    assert len(dashed) == view.metrics["contested"]


def test_presets_say_what_their_notes_say() -> None:
    views = {preset.id: DEMO.view(preset.params) for preset in DEMO.presets}
    assert views["keyboard"].metrics["grade"] == 3
    assert views["swarm"].metrics["grade"] == 2
    assert views["ten"].metrics["grade"] == 2
    assert views["market"].metrics["grade"] == 4
    assert views["votes"].metrics["governance.trust"] == 3
    assert "contested" in views["votes"].takeaway
    for preset in DEMO.presets:
        p = DEMO.parse(preset.params)
        assert preset.source in {e["source"] for e in heard(p, p["kind"], p["constraint"])}
