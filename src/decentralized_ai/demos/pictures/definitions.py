"""The picture of definitions: a system's layers, and where all systems stand by their weakest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ...contract.figure import CENTRAL, DECENTRALISED, READER, THRESHOLD, axis, layout
from ...definitions.definitions import FROM, LAYERS, NONE, ONE, UNKNOWN, Grade, System

SHORT = {1: "one", 2: "2 to 9", 3: "10 to 99", 4: "100+"}
ROW = 5  # systems beside each other in the lower panel


def figure(
    chosen: System, changed: Collection[str], systems: Sequence[System], counted: tuple[str, ...],
    least: int,
) -> dict[str, Any]:  # fmt: skip
    """Above: how many parties each layer takes. Below: every system, by its weakest layer."""
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
                tickvals=list(SHORT),
                ticktext=list(SHORT.values()),
                tickangle=0,
                anchor="y2",
                showgrid=False,
            ),
            yaxis={
                "domain": [0.36, 1],
                "tickvals": list(range(len(LAYERS))),
                "ticktext": [_label(chosen, name, counted) for name in LAYERS],
                "range": [len(LAYERS) - 0.5, -0.5],
                "showgrid": False,
                "zeroline": False,
            },
            yaxis2={
                "domain": [0, 0.29],
                "tickvals": [1.1],
                "ticktext": [f"all {len(systems)}<br>by their<br>weakest"],
                "range": [-0.7, 3.7],
                "showgrid": False,
                "zeroline": False,
            },
            shapes=[
                {
                    "type": "line",
                    "yref": "paper",
                    "x0": bar - 0.5,
                    "x1": bar - 0.5,
                    "y0": 0,
                    "y1": 1,
                    "line": {"color": THRESHOLD, "width": 2, "dash": "dash"},
                }
            ],
            annotations=[
                {
                    "text": f"your bar: {least} or more",
                    "x": bar - 0.5,
                    "y": 1,
                    "yref": "paper",
                    "xanchor": "left" if bar < 3 else "right",
                    "yanchor": "bottom",
                    "showarrow": False,
                }
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
        return "there is none"
    if value == UNKNOWN:
        return "? not known"
    if isinstance(parties, int) and parties >= 1_000_000:
        return f"{parties // 1_000_000} million"
    return str(parties)


def _dots(
    chosen: System, others: Sequence[System], counted: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Filled where every layer is known, open where a layer may lower it yet."""
    places: dict[int, int] = {}

    def place(system: System) -> tuple[float, float] | None:
        low = system.weakest(counted)[0]
        if not low:
            return None
        at = places.get(low, 0)
        places[low] = at + 1
        return low + 0.16 * (at % ROW - (ROW - 1) / 2), float(at // ROW)

    mine = place(chosen)
    found = [(system, where) for system in others if (where := place(system))]
    marks: list[tuple[str, list[tuple[System, tuple[float, float]]], dict[str, Any]]] = [
        (
            "systems",
            found,
            {
                "symbol": ["circle-open" if s.unknown(counted) else "circle" for s, _ in found],
                "color": [
                    CENTRAL if (s.weakest(counted)[0] == ONE) else DECENTRALISED for s, _ in found
                ],
                "size": 10,
            },
        ),
        (
            chosen.name,
            [(chosen, mine)] if mine else [],
            {
                "symbol": "diamond",
                "color": READER,
                "size": 14,
                "line": {"width": 1, "color": CENTRAL},
            },
        ),
    ]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [round(where[0], 3) for _, where in some],
            "y": [where[1] for _, where in some],
            "yaxis": "y2",
            "marker": marker,
            "hovertext": [system.name for system, _ in some],
            "hoverinfo": "text",
        }
        for name, some, marker in marks
    ]
