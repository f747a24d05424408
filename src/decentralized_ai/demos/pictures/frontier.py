"""The picture of frontier: every method at its two costs, and the limit of what the reader pays."""

from __future__ import annotations

import math
from typing import Any

from ...contract.figure import CENTRAL, HONEST, THRESHOLD, axis, layout, thin
from ...verification.frontier import Cost, Method, Needs
from ...verification.frontier_words import Judged

# Of the map, in powers of ten: costs below the axis stand in bands of their own.
LEFT, RIGHT, NO_FIGURE = -9.0, 7.0, 6.1
TOP, FREE, BOTTOM = 7.7, -2.4, -5.6  # FREE: below it, no extra work
ROWS = {"freivalds": -3.0, "spotcheck": -3.7, "fingerprint": -4.4, "tokens": -5.1}
SYMBOLS = {
    "measured": "circle",
    "published": "square",
    "vendor": "diamond",
    "closed form": "triangle-up",
}
SIDES = {
    "quorum": "top right",
    "tee": "bottom center",
    "dispute": "top right",
    "optimistic": "middle left",
    "audit": "middle left",
    "freivalds": "middle left",
    "sumcheck": "bottom right",
    "fingerprint": "middle left",
    "ezkl": "middle left",
    "deepprove": "top left",
    "zkllm": "bottom left",
}


def _place(method: Method, cost: Cost) -> tuple[float, float]:
    x = math.log10(cost.check.typical) if cost.check else NO_FIGURE
    y = math.log10(cost.extra.typical) if cost.extra.typical else ROWS[method.id]
    return x, y


def figure(judged: Judged, needs: Needs) -> dict[str, Any]:
    """Every method at its two costs; crossed out where it fails; the reader's limit dashed."""
    data = [_limit(needs.budget), _key("left", "circle", HONEST), _key("ruled out", "x", CENTRAL)]
    for kind, symbol in SYMBOLS.items():
        data.append(_key("vendor's claim" if kind == "vendor" else kind, symbol, CENTRAL))
    for alive in (False, True):
        some = [(method, reasons) for method, reasons in judged if (not reasons) == alive]
        if some:
            data.append(_points(some, needs, alive))
        if some and not alive:
            data.append(_crosses(data[-1]))
    return {
        "data": data,
        "layout": layout(
            height=520,
            xaxis=axis(
                "your own check, over running it again",
                type="log",
                range=[LEFT, RIGHT],
                tickvals=[1e-8, 1e-6, 1e-4, 1e-2, 1, 1e2, 1e4, 10**NO_FIGURE],
                ticktext=["10<sup>-8</sup>", "", "0.01%", "", "all", "", "10<sup>4</sup>", "?"],
                tickangle=0,
            ),
            yaxis=axis(
                "extra work for the other side, in runs",
                type="log",
                range=[BOTTOM, TOP],
                tickvals=[10 ** ((FREE + BOTTOM) / 2), 0.01, 0.1, 1, 10, 100, 1e4, 1e6],
                ticktext=[
                    "none",
                    "1%",
                    "10%",
                    "1",
                    "10",
                    "100",
                    "10<sup>4</sup>",
                    "10<sup>6</sup>",
                ],
            ),
            shapes=[
                {
                    "type": "rect",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": 10**BOTTOM,
                    "y1": 10**FREE,
                    "fillcolor": CENTRAL,
                    "opacity": 0.12,
                    "line": {"width": 0},
                    "layer": "below",
                }
            ],
        ),
    }


def _points(some: Judged, needs: Needs, alive: bool) -> dict[str, Any]:
    costs = [method.cost(needs) for method, _ in some]
    places = [_place(method, cost) for (method, _), cost in zip(some, costs, strict=True)]
    symbols = [SYMBOLS[method.evidence] + ("" if alive else "-open") for method, _ in some]
    colour = HONEST if alive else CENTRAL
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": thin(10**x for x, _ in places),
        "y": thin(10**y for _, y in places),
        "text": [f"<b>{method.short}</b>" if alive else method.short for method, _ in some],
        "textposition": [SIDES.get(method.id, "middle right") for method, _ in some],
        "textfont": {"size": 12 if alive else 11},
        "marker": {"symbol": symbols, "size": 13 if alive else 10, "color": colour},
        "error_x": _bar([cost.check for cost in costs], colour),
        "error_y": _bar([cost.extra for cost in costs], colour),
        "hovertemplate": "%{text}<extra></extra>",
        "cliponaxis": False,
        "showlegend": False,
    }


def _bar(ranges: list[Any], colour: str) -> dict[str, Any]:
    known = [(r.high - r.typical, r.typical - r.low) if r and r.typical else (0, 0) for r in ranges]
    return {
        "type": "data",
        "symmetric": False,
        "array": thin(up for up, _ in known),
        "arrayminus": thin(down * 0.999 for _, down in known),
        "color": colour,
        "thickness": 1,
        "width": 0,
    }


def _crosses(points: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": points["x"],
        "y": points["y"],
        "marker": {"symbol": "x-thin-open", "size": 9, "color": CENTRAL, "line": {"width": 1.5}},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _key(name: str, symbol: str, colour: str) -> dict[str, Any]:
    """An entry of the legend alone."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [None],
        "y": [None],
        "marker": {"symbol": symbol, "size": 9, "color": colour},
    }


def _limit(budget: float) -> dict[str, Any]:
    """Where plain run, extra work and check together cost just `budget`."""
    most = budget - 1
    part = [10**LEFT / most, 0.1, 0.3, 0.6, 0.8, 0.9, 0.97, 0.99, 0.999, 0.9999]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "your limit",
        "x": thin([*(most * p for p in part), most]),
        "y": thin([*(most * (1 - p) for p in part), 10**BOTTOM]),
        "line": {"color": THRESHOLD, "width": 2, "dash": "dash"},
        "hoverinfo": "skip",
    }
