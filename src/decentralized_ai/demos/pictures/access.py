"""The picture of access: what stops whom, country by country, and how many get through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...contract.figure import CENTRAL, DECENTRALISED, READER, SERIES, THRESHOLD, axis, layout, thin
from ...quantities import digits
from ...resilience.access import OPEN, SHUT, Country, Route, cell, first
from ...resilience.access_reach import Setting, reached

COLOUR = {"closed": CENTRAL, "own": SERIES[1]["color"], "market": DECENTRALISED, "any": READER}
SHORT = {"provider": "rule", "law": "law", "network": "net"}
SHAPES = {"open": "circle", "unknown": "circle-open", "shut": "x-thin"}


def figure(
    chosen: Mapping[str, Route],
    where: Sequence[Country],
    setting: Setting,
    bound: int,
    metrics: Mapping[str, float],
) -> dict[str, Any]:
    """Above: a cell for each country and route. Below: shares of all people, sure and possible."""
    names = list(chosen)
    return {
        "data": [
            *_cells(chosen, where, setting),
            *_bars(chosen, setting, where, metrics),
        ],
        "layout": layout(
            height=520,
            showlegend=False,
            barmode="stack",
            bargap=0.3,
            margin={"l": 92, "r": 8, "t": 26, "b": 44},
            xaxis={
                "side": "top",
                "range": [-0.32, len(names) - 0.32],
                "tickvals": [i + 0.12 for i in range(len(names))],
                "ticktext": [f"<b>{chosen[name].name}</b>" for name in names],
                "tickangle": 0,
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
                "anchor": "y",
            },
            yaxis={
                "domain": [0.36, 1],
                "range": [len(where) - 0.4, -0.6],
                "tickvals": list(range(len(where))),
                "ticktext": [country.name for country in where],
                "showgrid": True,
                "zeroline": False,
                "fixedrange": True,
            },
            xaxis2=axis(
                "% of all people (hatched: perhaps)",
                range=[0, 100],
                anchor="y2",
                fixedrange=True,
            ),
            yaxis2={
                "domain": [0, 0.31],
                "range": [len(names) + (0.6 if len(names) > 1 else -0.4), -0.6],
                "tickvals": list(range(len(names) + (len(names) > 1))),
                "ticktext": [chosen[name].name for name in names]
                + (["<b>any of them</b>"] if len(names) > 1 else []),
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
        ),
    }


def _cells(
    chosen: Mapping[str, Route], where: Sequence[Country], setting: Setting
) -> list[dict[str, Any]]:
    """One trace a route: how many pass, or which gate does not open."""
    traces = []
    for column, (name, route) in enumerate(chosen.items()):
        text, size, symbol, colour, hover = [], [], [], [], []
        for country in where:
            offer, state = route.best(country.id, setting.gates)
            share = route.reach(country, setting.bar, setting.unequal, setting.gates)[1]
            symbol.append(SHAPES[state])
            if state == OPEN:
                text.append(f"{digits(100 * share, 2)}%" if share >= 0.01 else "price")
                size.append(5 + 9 * share**0.5)
                colour.append(COLOUR[name])
                hover.append("")  # the text says it
                continue
            gate = first(offer, country.id, state, setting.gates)
            text.append(SHORT[gate] + ("" if state == SHUT else "?"))
            size.append(8)
            colour.append(CENTRAL if state == SHUT else THRESHOLD)
            hover.append(cell(offer, gate, country.id).why)
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "name": route.name,
                "x": [column] * len(where),
                "y": list(range(len(where))),
                "text": [f"\N{NO-BREAK SPACE}{word}" for word in text],
                "textposition": "middle right",
                "textfont": {"size": 11},
                "cliponaxis": False,
                "marker": {
                    "symbol": symbol,
                    "size": thin(size, 3),
                    "color": colour,
                    "line": {"width": 2, "color": colour},
                },
                "hovertext": hover,
                "hoverinfo": "text",
            }
        )
    return traces


def _bars(
    chosen: Mapping[str, Route],
    setting: Setting,
    where: Sequence[Country],
    metrics: Mapping[str, float],
) -> list[dict[str, Any]]:
    """What is sure, and on top of it, hatched, what may be."""
    found = {name: (metrics[f"low.{name}"], metrics[f"up.{name}"]) for name in chosen}
    if len(chosen) > 1:
        found["any"] = reached(list(chosen.values()), where, setting)
    rows = list(range(len(found)))
    sure = [100 * low for low, _ in found.values()]
    more = [100 * (up - low) for low, up in found.values()]
    words = [_span(100 * low, 100 * up) for low, up in found.values()]
    colours = [COLOUR[name] for name in found]
    common = {"type": "bar", "orientation": "h", "y": rows, "xaxis": "x2", "yaxis": "y2"}
    return [
        {**common, "name": "sure", "x": thin(sure), "marker": {"color": colours}, "hoverinfo": "x"},
        {
            **common,
            "name": "possible",
            "x": thin(more),
            "marker": {"color": colours, "opacity": 0.55, "pattern": {"shape": "/"}},
            "text": words,
            "textposition": "outside",
            "cliponaxis": False,
            "hoverinfo": "text",
        },
    ]


def _span(low: float, up: float) -> str:
    first, last = digits(low, 2), digits(up, 2)
    return f"{first}%" if first == last else f"{first} to {last}%"
