"""The picture of definitions: a system's layers, and all systems on the three axes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from ...contract.figure import CENTRAL, DECENTRALISED, READER, THRESHOLD, axis, layout
from ...definitions.definitions import (
    AXES,
    FROM,
    LAYERS,
    NONE,
    ONE,
    UNKNOWN,
    Grade,
    System,
)

SHORT = {1: "one", 2: "2 to 9", 3: "10 to 99", 4: "100+"}
WIDE, ROW = 6, 4  # of the lower panel: systems beside each other, and lines for each kind
NOT_KNOWN = 0.3  # where a kind of which nothing is known stands


def figure(
    chosen: System, changed: Collection[str], systems: Sequence[System], counted: tuple[str, ...],
    least: int,
) -> dict[str, Any]:  # fmt: skip
    """Above: how many parties each layer takes. Below: every system on the three axes."""
    bar = next(bracket for bracket, number in FROM.items() if number == least)
    others = [system for system in systems if system.id != chosen.id]
    return {
        "data": [_bars(chosen, changed, counted), *_dots(chosen, others, counted)],
        "layout": layout(
            height=520,
            showlegend=False,
            bargap=0.25,
            margin={"l": 84, "r": 8, "t": 22, "b": 48},
            xaxis=axis(
                "parties that it takes to stop it",
                range=[0, 4.95],
                tickvals=[NOT_KNOWN, *SHORT],
                ticktext=["?", *SHORT.values()],
                tickangle=0,
                anchor="y2",
                showgrid=False,
            ),
            yaxis={
                "domain": [0.37, 1],
                "tickvals": list(range(len(LAYERS))),
                "ticktext": [_label(chosen, name, counted) for name in LAYERS],
                "range": [len(LAYERS) - 0.5, -0.5],
                "showgrid": False,
                "zeroline": False,
            },
            yaxis2={
                "domain": [0, 0.32],
                "tickvals": [ROW * row + 1 for row in range(len(AXES))],
                "ticktext": [f"<b>{kind}</b>" for kind in AXES],
                "range": [ROW * len(AXES) - 0.5, -2.2],
                "showgrid": False,
                "zeroline": False,
            },
            shapes=[
                {
                    "type": "line",
                    "yref": "paper",
                    "x0": bar - 0.35,
                    "x1": bar - 0.35,
                    "y0": 0,
                    "y1": 1,
                    "line": {"color": THRESHOLD, "width": 2, "dash": "dash"},
                }
            ],
            annotations=[
                {
                    "text": f"your bar: {least} or more",
                    "x": bar - 0.35,
                    "y": 1,
                    "yref": "paper",
                    "xanchor": "left" if bar < 3 else "right",
                    "yanchor": "bottom",
                    "showarrow": False,
                },
                {
                    "text": f"all {len(systems)} systems; open: not all is known",
                    "x": 4.95,
                    "y": 0.32,
                    "yref": "paper",
                    "xanchor": "right",
                    "yanchor": "top",
                    "showarrow": False,
                },
            ],
        ),
    }


def _label(system: System, name: str, counted: tuple[str, ...]) -> str:
    if name not in counted:
        return f"<i>({LAYERS[name]})</i>"
    return f"<b>{LAYERS[name]}</b>" if name in system.weakest(counted)[1] else LAYERS[name]


def _bars(system: System, changed: Collection[str], counted: tuple[str, ...]) -> dict[str, Any]:
    grades = [system.layers[name].grade for name in LAYERS]
    return {
        "type": "bar",
        "orientation": "h",
        "name": system.name,
        "x": [value or 0 for value in grades],
        "y": list(range(len(LAYERS))),
        "text": [
            _words(system.layers[name].parties, value)
            for name, value in zip(LAYERS, grades, strict=True)
        ],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {
            "color": [
                _colour(name in changed, grade) for name, grade in zip(LAYERS, grades, strict=True)
            ],
            "opacity": [1.0 if name in counted else 0.25 for name in LAYERS],
            "pattern": {"shape": ["/" if name in changed else "" for name in LAYERS]},
        },
        "hovertext": [system.layers[name].why for name in LAYERS],
        "hoverinfo": "text",
    }


def _colour(changed: bool, value: Grade) -> str:
    return READER if changed else CENTRAL if value == ONE else DECENTRALISED


def _words(parties: int | str, value: Grade) -> str:
    if value is NONE:
        return "none"
    if value == UNKNOWN:
        return "unknown"
    if isinstance(parties, int) and parties >= 1_000_000:
        return f"{parties // 1_000_000} million"
    return "one" if parties == 1 else str(parties)


def _dots(
    chosen: System, others: Sequence[System], counted: tuple[str, ...]
) -> list[dict[str, Any]]:
    """A row for each kind. Filled where all that it needs is known, open where a layer that is not
    may lower it yet."""
    found: list[tuple[System, str, float, float]] = []
    for row, kind in enumerate(AXES):
        taken: Counter[int] = Counter()
        for system in (chosen, *others):
            value = system.axis(kind, counted)
            if value is NONE:
                continue
            wide = WIDE if value else WIDE // 2
            across, down = taken[value] % wide, taken[value] // wide
            taken[value] += 1
            x = (value or NOT_KNOWN) + 0.15 * (across - (wide - 1) / 2)
            found.append((system, kind, round(x, 3), ROW * row + down))
    rest = [dot for dot in found if dot[0] is not chosen]
    mine = [dot for dot in found if dot[0] is chosen]
    marks: list[tuple[str, list[tuple[System, str, float, float]], dict[str, Any]]] = [
        ("systems", rest, {"size": 7, "color": [_kind(*dot[:2], counted) for dot in rest]}),
        (chosen.name, mine, {"size": 13, "color": READER, "line": {"width": 1, "color": CENTRAL}}),
    ]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [x for _, _, x, _ in dots],
            "y": [y for _, _, _, y in dots],
            "yaxis": "y2",
            "marker": {
                "symbol": [_symbol(s, kind, counted, s is chosen) for s, kind, _, _ in dots],
                **style,
            },
            "hovertext": [f"{system.name}, {kind}" for system, kind, _, _ in dots],
            "hoverinfo": "text",
        }
        for name, dots, style in marks
    ]


def _kind(system: System, kind: str, counted: tuple[str, ...]) -> str:
    return DECENTRALISED if (system.axis(kind, counted) or ONE) > ONE else CENTRAL


def _symbol(system: System, kind: str, counted: tuple[str, ...], chosen: bool) -> str:
    whole = not system.unknown([name for name in AXES[kind] if name in counted])
    return ("diamond" if chosen else "circle") + ("" if whole else "-open")
