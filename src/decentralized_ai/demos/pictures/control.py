"""The picture of control: each asset with the seats of its holders, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...contract.figure import CENTRAL, DECENTRALISED, READER, layout
from ...governance.control_events import (
    FROZEN,
    RUNS,
    STOPPED,
    TAKEN,
    UNKNOWN,
    Outcome,
    stoppers,
)
from ...governance.control_setups import ASSETS, Asset, Group, Setup

# In words: by the acting side, or by order.
STATES = {
    RUNS: ("goes on", "goes on"),
    FROZEN: ("goes on, frozen", "goes on, frozen"),
    TAKEN: ("one side changes it", "the order changes it"),
    STOPPED: ("stops", "stops"),
    UNKNOWN: ("not known", "not known"),
}
MARKS = {
    RUNS: ("circle", DECENTRALISED),
    FROZEN: ("square-open", CENTRAL),
    TAKEN: ("triangle-up", READER),
    STOPPED: ("x", CENTRAL),
    UNKNOWN: ("circle-open-dot", CENTRAL),
}
CROSS, COPY = "\N{MULTIPLICATION X}", "\N{WHITE DIAMOND}"
# (a, b): of up to a seats each is drawn, of more only b, each for an equal part. The first of these
# with which the line is not too long.
DOTS = ((9, 4), (9, 3), (6, 3), (6, 2))
STEP, LETTER, GAP = 3.75, 2.6, 5.0  # widths of a dot and a letter where a picture is 230 px wide
WIDE = 108.0  # a little more than there is: short letters make up for it
RIGHT = (81.0, 97.0)  # where the two numbers stand


def figure(
    setup: Setup, acting: Mapping[str, int], found: Mapping[str, Outcome], how: str
) -> dict[str, Any]:
    """A row for each asset: seats of its holders (crosses: those who act), then its fate, the
    fewest who can change it and the fewest who can stop it."""
    dots: dict[str, list[Any]] = {"x": [], "y": [], "symbol": [], "color": [], "text": []}
    notes: list[dict[str, Any]] = []
    for row, (key, asset) in enumerate(setup.assets.items()):
        _holders(setup, asset, acting, row - 0.2, dots, notes)
        one = found[key]
        words = STATES[one.state][how == "compelled"] + f" {COPY}" * one.copied
        notes.append(_note(f"<b>{words}</b>", 5.2, row + 0.2))
        least = (
            asset.change.least() if asset.change else None,
            rule.least() if (rule := stoppers(asset, setup.seats())) else None,
        )
        for x, number in zip(RIGHT, least, strict=True):
            text = "?" if not asset.known else "\N{EN DASH}" if number is None else f"{number:,}"
            notes.append(_note(text, x, row + 0.2, xanchor="center"))
    small = {"font": {"size": 11}}
    for x, text in zip(RIGHT, ("change", "stop"), strict=True):
        notes.append(_note(text, x, -0.72, xanchor="center", **small))
    notes.append(_note("fewest who can:", RIGHT[0] - 10, -0.72, xanchor="right", **small))
    notes.append(_note(f"{CROSS} acts   {COPY} a copy goes on", 0, -1.05, **small))
    states = [found[key].state for key in ASSETS]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "markers",
                "name": "holders",
                "x": dots["x"],
                "y": dots["y"],
                "marker": {"symbol": dots["symbol"], "color": dots["color"], "size": 7},
                "hovertext": dots["text"],
                "hoverinfo": "text",
            },
            {
                "type": "scatter",
                "mode": "markers",
                "name": "what becomes of it",
                "x": [1.9] * len(states),
                "y": [round(row + 0.2, 2) for row in range(len(states))],
                "marker": {
                    "symbol": [MARKS[state][0] for state in states],
                    "color": [MARKS[state][1] for state in states],
                    "size": 12,
                },
                "hovertext": [asset.why for asset in setup.assets.values()],
                "hoverinfo": "text",
            },
        ],
        "layout": layout(
            height=480,
            showlegend=False,
            margin={"l": 76, "r": 8, "t": 6, "b": 6},
            xaxis={"range": [-1, 103], "visible": False, "fixedrange": True},
            yaxis={
                "tickvals": list(range(len(ASSETS))),
                "ticktext": [f"<b>{_broken(name)}</b>" for name in ASSETS.values()],
                "range": [len(ASSETS) - 0.5, -1.3],
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
            shapes=[
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": row - 0.5,
                    "y1": row - 0.5,
                    "line": {"color": CENTRAL, "width": 0.5},
                }
                for row in range(len(ASSETS))
            ],
            annotations=notes,
        ),
    }


def _broken(name: str) -> str:
    return name.replace(" and ", "<br>and ")


def _note(text: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    return {
        "text": text,
        "x": round(x, 1),
        "y": round(y, 2),
        "xanchor": "left",
        "yanchor": "middle",
        "showarrow": False,
        **more,
    }


def _holders(
    setup: Setup, asset: Asset, acting: Mapping[str, int], y: float,
    dots: dict[str, list[Any]], notes: list[dict[str, Any]],
) -> None:  # fmt: skip
    """Seats of all who have a say in it, group by group; or in a word who has."""
    named = [rule.groups() for rule in (asset.change, asset.run) if rule is not None]
    ids = list(dict.fromkeys(group for groups in named for group in groups))
    if not ids:
        notes.append(_note("not known" if not asset.known else asset.holds, 0, y))
        return
    groups = [setup.groups[name] for name in ids]
    most = next((dots_ for dots_ in DOTS if _length(groups, dots_) <= WIDE), DOTS[-1])
    x = 1.9
    for group in groups:
        shown = _shown(group, most)
        count = -(-acting.get(group.id, 0) * shown // group.seats)
        for seat in range(shown):
            acts = seat < count
            dots["x"].append(round(x, 1))
            dots["y"].append(round(y, 2))
            dots["symbol"].append("x" if acts else "circle")
            dots["color"].append(READER if acts else CENTRAL)
            dots["text"].append(f"{acting.get(group.id, 0)} of {group.seats} {group.name}")
            x += STEP
        notes.append(_note(_label(group, most), x - 1.6, y, font={"size": 11}))
        x += LETTER * len(_label(group, most)) + GAP


def _label(group: Group, most: tuple[int, int]) -> str:
    """The name, and where not every seat is drawn, how many there are."""
    return group.short if group.seats == _shown(group, most) else f"{group.seats} {group.short}"


def _shown(group: Group, most: tuple[int, int]) -> int:
    """How many dots stand for the group."""
    return group.seats if group.seats <= most[0] else most[1]


def _length(groups: list[Group], most: tuple[int, int]) -> float:
    """Of the line, with at most so many dots for a group."""
    return 1.9 + sum(
        STEP * _shown(group, most) + LETTER * len(_label(group, most)) + GAP for group in groups
    )
