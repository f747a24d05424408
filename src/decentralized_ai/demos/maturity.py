"""A product, an experiment, a dispute: how far each kind of decentralised AI has come."""

from __future__ import annotations

from ..contract import Challenge, Choice, Column, Demo, Guess, Preset, Slider, Table, Toggle, View
from ..contract.controls import linear
from ..definitions.maturity import (
    CONSTRAINTS,
    KINDS,
    MEASURED,
    PAPER,
    RUN,
    SERVICE,
    WORDS,
    Cell,
    Evidence,
    cells,
    count,
)
from .pictures.maturity import figure

FIRST, LAST = 2017, 2026


def compute(year: int, bar: int, kind: str, constraint: str, makers: bool, strict: bool) -> View:
    """Keep the evidence that counts, grade each cell by the best of it, and compare with the
    bar."""
    found = cells(year, makers)
    chosen = next(c for c in found if (c.kind, c.constraint) == (kind, constraint))
    return View(
        figure=figure(found, bar, strict, kind, constraint),
        takeaway=_takeaway(found, chosen, year, bar, makers, strict),
        metrics=_metrics(found, chosen, year, bar, makers, strict),
        table=_table(found, bar, strict),
    )


def _metrics(
    found: list[Cell], chosen: Cell, year: int, bar: int, makers: bool, strict: bool
) -> dict[str, float]:
    mature = count(found, bar, strict)
    return {
        **mature,
        "total": sum(mature.values()),
        "cells": len(found),
        "contested": sum(cell.contested for cell in found),
        "grade": chosen.grade,
        "bar": bar,
        "year": year,
        "makers": float(makers),
        "lost": sum(count(cells(year), bar, strict).values()) - sum(mature.values()),
        "findings": sum(len(cell.evidence) for cell in found),
        **{f"{cell.kind}.{cell.constraint}": cell.grade for cell in found},
        **{
            f"contested.{kind}": sum(c.contested for c in found if c.kind == kind) for kind in KINDS
        },
    }


def _takeaway(
    found: list[Cell], chosen: Cell, year: int, bar: int, makers: bool, strict: bool
) -> str:
    mature = count(found, bar, strict)
    contested = sum(cell.contested for cell in found)
    rule = " and do not count" if strict else ""
    word = "cell is" if contested == 1 else "cells are"
    if strict and contested == 1:
        rule = " and does not count"
    heard = "" if makers else " and on the word of others alone"
    best = chosen.best
    known = f"; {best.what} ({best.year})" if best else ""
    return (
        f"By the end of {year}{heard}, with \N{LEFT DOUBLE QUOTATION MARK}{WORDS[bar]}"
        f"\N{RIGHT DOUBLE QUOTATION MARK} as the bar, inference passes {mature['inference']} of "
        f"{len(CONSTRAINTS)} constraints, training {mature['training']} and governance "
        f"{mature['governance']}; {contested} {word} contested{rule}. "
        f"{chosen.kind.capitalize()}, {chosen.constraint}: {WORDS[chosen.grade]}"
        f"{', but contested' if chosen.contested else ''}{known}."
    )


def _table(found: list[Cell], bar: int, strict: bool) -> Table:
    def row(cell: Cell) -> tuple[str | None, ...]:
        best, against = cell.best, [e for e in cell.evidence if e.finding == "against"]
        return (
            cell.kind,
            cell.constraint,
            WORDS[cell.grade],
            f"{best.what} ({best.year}; {best.source})" if best else None,
            "; ".join(f"{e.what} ({e.year}; {e.source})" for e in against) or None,
            "yes" if cell.mature(bar, strict) else "no",
        )

    return Table(
        "The latest finding that reaches each cell's grade, and what speaks against. Year and key "
        "of the source, as in the bibliography; every finding stands in book/maturity.yml.",
        (
            Column("kind"),
            Column("constraint"),
            Column("shown"),
            Column("by"),
            Column("against"),
            Column("reaches your bar"),
        ),
        tuple(row(cell) for cell in found),
    )


def _first(view: View) -> bool:
    return view.metrics["bar"] == SERVICE and view.metrics["total"] == 1


def _one_left(view: View) -> bool:
    return view.metrics["year"] == LAST and view.metrics["total"] == 1


def _word(view: View) -> bool:
    return not view.metrics["makers"] and view.metrics["lost"] >= 10


def _equal(view: View) -> bool:
    return len({view.metrics[kind] for kind in KINDS}) == 1 and view.metrics["total"] > 0


DEMO = Demo(
    id="maturity",
    title="A product, an experiment, a dispute",
    part="definitions",
    question=(
        "Three kinds of decentralised AI, six things that hold them back. For which has somebody "
        "shown that it can be done: on paper, in a run over the internet, or as a service that "
        "anyone may use?"
    ),
    guess=Guess(
        "Decentralised training has been in the news for years. For how many of the six "
        "constraints is there a service, open to anyone, that meets it?",
        ("for none", "for 1 or 2", "for 3 or 4", "for 5 or 6"),
        lambda view: sum(view.metrics["training"] >= least for least in (1, 3, 5)),
        "There are impressive runs, by those who built the system. The one service that we found "
        "is a keyboard, whose phones drop in and out of a company's training.",
    ),
    controls=(
        Slider(
            "year",
            "Evidence up to the end of",
            LAST,
            linear(FIRST, LAST, 1),
            words={year: str(year) for year in range(FIRST, LAST + 1)},
        ),
        Slider(
            "bar",
            "Mature means at least",
            SERVICE,
            (PAPER, RUN, SERVICE, MEASURED),
            words={bar: WORDS[bar] for bar in (PAPER, RUN, SERVICE, MEASURED)},
        ),
        Choice("kind", "Look at", "training", {kind: kind for kind in KINDS}),
        Choice("constraint", "against", "verification", {c: c for c in CONSTRAINTS}),
        Toggle("makers", "Believe the makers", True, "off: only what others measured or proved"),
        Toggle("strict", "A contested cell does not count", False),
    ),
    main="year",
    presets=(
        Preset(
            "keyboard",
            "2019: a keyboard",
            "Federated learning in production: tens of millions of phones train a keyboard's "
            "model; a phone that does not report in time is left out of the round.",
            "bonawitz2019",
            {"year": 2019, "kind": "training", "constraint": "synchronisation"},
        ),
        Preset(
            "swarm",
            "2023: a swarm",
            "Petals: 1.23 steps a second with a model of 176 billion weights on three servers, "
            "100 ms apart; a run by its authors.",
            "petals_readme",
            {"year": 2023, "kind": "inference", "constraint": "latency"},
        ),
        Preset(
            "ten",
            "2024: ten billion weights",
            "INTELLECT-1: 30 providers on three continents, 83 to 96% of the time spent "
            "computing, 400 times fewer bytes.",
            "intellect1",
            {"year": 2024, "bar": RUN, "kind": "training", "constraint": "bandwidth"},
        ),
        Preset(
            "votes",
            "2025: who holds the votes",
            "A study of all 64 subnets of Bittensor, by a rival's staff, found stake and rewards "
            "considerably concentrated.",
            "lui2025",
            {"year": 2025, "kind": "governance", "constraint": "trust", "strict": True},
        ),
        Preset(
            "market",
            "2026: a market",
            "18 sellers of one open model on one router, prices collected on 7 October 2026 by "
            "somebody who sells nothing there.",
            "silybench",
            {"bar": MEASURED, "kind": "inference", "constraint": "pricing"},
        ),
    ),
    challenges=(
        Challenge(
            "first",
            "Find the time when a single cell of all had come into service.",
            "Long before the tokens.",
            _first,
        ),
        Challenge(
            "one_left",
            "With all the evidence up to 2026, set rules that leave exactly one mature cell.",
            "Raise the bar. Then let no contested cell count.",
            _one_left,
        ),
        Challenge(
            "word",
            "Show that ten mature cells or more rest on the makers' own word.",
            "Stop believing them.",
            _word,
        ),
        Challenge(
            "equal",
            "Make all three kinds look equally far along.",
            "A low bar is a generous judge.",
            _equal,
        ),
    ),
    compute=compute,
    shown=(cells, Cell, Evidence),
)
