"""The picture of censorship: who still gets answers, and what more operators change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...contract.figure import CENTRAL, DECENTRALISED, READER, THRESHOLD, axis, layout, thin
from ...quantities import percent
from ...resilience.censorship import FIRST, LISTED, OPEN
from ...resilience.censorship_toss import MOMENTS, Tossed

PLACES = {OPEN: "nothing<br>blocked", FIRST: "first way<br>closed", LISTED: "all listed<br>blocked"}
LEAST = 1e-7  # of the time, three seconds a year: the edge of the picture
TICKS = {1: "always", 0.1: "37 days", 0.01: "3.7 days", 1e-3: "8.8 h", 1e-4: "53 min",
         1e-5: "5 min", 1e-6: "32 s", 1e-7: "less"}  # fmt: skip
DASHES = ("solid", "dash", "dot", "dashdot")
RIGHT = 200.0  # operators, at the right edge: room for labels


def figure(
    places: Mapping[str, tuple[float, float]], region: str, sizes: Sequence[int], at: int,
    network: Sequence[float], tossed: Sequence[Tossed], company: float, floor: float,
    alone: Mapping[int, Sequence[float]],
) -> dict[str, Any]:  # fmt: skip
    """places: network and company, away by region. network, tossed: by number of operators, in the
    reader's region. alone: the operators without the other links, by % in the largest cloud."""
    lines, labels = _alone(sizes, alone)
    ends = [sizes[0], RIGHT]
    grey = {"color": CENTRAL, "width": 3, "dash": "dash"}
    bound = {"color": THRESHOLD, "width": 3, "dash": "dot"}
    mine = [(n, u) for n, u in zip(sizes, network, strict=True) if n == at]
    data = [
        *_bars(places),
        *lines,
        _line("company", ends, [company] * 2, mode="lines", line=grey),
        _line("perfect operators", ends, [floor] * 2, mode="lines", line=bound),
        _line("your network", sizes, network, mode="lines", line={"color": READER, "width": 3}),
        *_simulated(sizes, tossed),
        _line("here", *zip(*mine, strict=True), mode="markers", showlegend=False,
              marker={"color": READER, "symbol": "diamond", "size": 13,
                      "line": {"width": 1, "color": CENTRAL}}),
    ]  # fmt: skip
    names = [f"<b>{text}</b>" if place == region else text for place, text in PLACES.items()]
    marks = [n for n in (1, 2, 4, 8, 16, 32, 64, 128) if n <= sizes[-1]]
    return {
        "data": data,
        "layout": layout(
            height=520,
            bargap=0.3,
            margin={"l": 74, "r": 10, "t": 8, "b": 48},
            legend={"orientation": "h", "x": 0, "y": 0.66, "yanchor": "top"},
            xaxis=axis("", range=[0, 100], domain=[0, 1], anchor="y2", showticklabels=False,
                       showgrid=False, zeroline=False),
            yaxis2={"domain": [0.7, 1], "anchor": "x", "tickvals": [0, 1, 2], "ticktext": names,
                    "range": [2.5, -0.5], "showgrid": False, "zeroline": False},
            xaxis2=axis("operators", type="log", anchor="y", tickvals=marks,
                        ticktext=[str(n) for n in marks],
                        range=thin([math.log10(0.9), math.log10(RIGHT)])),
            yaxis=axis("away, a year", type="log", anchor="x2", domain=[0, 0.5],
                       tickvals=list(TICKS), ticktext=list(TICKS.values()),
                       range=thin([math.log10(LEAST) - 0.2, 0.3])),
            annotations=labels,
        ),
    }  # fmt: skip


def _bars(places: Mapping[str, tuple[float, float]]) -> list[dict[str, Any]]:
    """How much of the time a user in each kind of place gets an answer."""
    traces = []
    for which, (name, color) in enumerate((("network", DECENTRALISED), ("company", CENTRAL))):
        there = [100 * (1 - pair[which]) for pair in places.values()]
        words = [
            f"{name}: {percent(1 - pair[which]) if pair[which] < 1 else 'no answer'}"
            for pair in places.values()
        ]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "showlegend": False,
                "x": thin(there),
                "y": list(range(len(places))),
                "xaxis": "x",
                "yaxis": "y2",
                "text": words,
                "textposition": ["inside" if value > 60 else "outside" for value in there],
                "insidetextanchor": "start",
                "textangle": 0,
                "hoverinfo": "text",
                "marker": {"color": color, "pattern": {"shape": "/" if which else ""}},
            }
        )
    return traces


def _alone(
    sizes: Sequence[int], alone: Mapping[int, Sequence[float]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A thin line for each share of operators in one cloud, as far as it is in the picture."""
    traces: list[dict[str, Any]] = []
    ends: list[tuple[int, float, str]] = []
    for dash, (share, values) in zip(DASHES, alone.items(), strict=True):
        below = next((i for i, value in enumerate(values) if value < LEAST), len(values) - 1)
        style = {"color": DECENTRALISED, "width": 1.5, "dash": dash}
        x, y = sizes[: below + 1], values[: below + 1]
        traces.append(_line("operators alone", x, y, mode="lines", line=style))
        traces[-1]["showlegend"] = not ends
        traces[-1]["hovertemplate"] = f"{share}% in one cloud, " + traces[-1]["hovertemplate"]
        ends.append((x[-1], max(y[-1], LEAST), str(share)))
    merged: list[tuple[int, float, str]] = []
    for x_end, y_end, text in ends:
        near = [m for m in merged if m[0] == x_end and abs(math.log10(m[1] / y_end)) < 0.4]
        if near:
            merged.remove(near[0])
            text = f"{near[0][2]}, {text}"
        merged.append((x_end, y_end, text))
    labels = [
        {
            "text": f"{text}%",
            "x": thin([math.log10(x_end)])[0],
            "y": thin([math.log10(y_end)])[0],
            "xref": "x2",
            "yref": "y",
            "xanchor": "left",
            "xshift": 3,
            "showarrow": False,
            "font": {"color": DECENTRALISED, "size": 11},
        }
        for x_end, y_end, text in merged
    ]
    return traces, labels


def _simulated(sizes: Sequence[int], tossed: Sequence[Tossed]) -> list[dict[str, Any]]:
    """Tossed shares with two standard errors; where nothing was seen, the rule of three."""
    seen = [(n, t) for n, t in zip(sizes, tossed, strict=True) if t.away > 0]
    never = [n for n, t in zip(sizes, tossed, strict=True) if t.away == 0]
    marker = {"color": READER, "symbol": "circle-open", "size": 8, "line": {"width": 2}}
    points = _line(
        "simulated", [n for n, _ in seen], [t.away for _, t in seen], mode="markers", marker=marker
    )
    error = thin([2 * t.error for _, t in seen])
    points["error_y"] = {"type": "data", "array": error, "color": READER, "thickness": 1}
    if not seen:
        return [points] if not never else [_none(never, True)]
    return [points, _none(never, False)] if never else [points]


def _none(sizes: Sequence[int], legend: bool) -> dict[str, Any]:
    marker = {"color": READER, "symbol": "triangle-down-open", "size": 8}
    trace = _line("simulated: none", sizes, [3 / MOMENTS] * len(sizes), mode="markers")
    trace |= {"marker": marker, "showlegend": legend}
    trace["hovertemplate"] = f"never in {MOMENTS:,} moments: below 3/{MOMENTS:,} with 95%"
    return trace


def _line(name: str, x: Sequence[Any], y: Sequence[float], **style: Any) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": name,
        "x": list(x),
        "y": thin([max(value, LEAST) for value in y]),
        "xaxis": "x2",
        "yaxis": "y",
        "hovertemplate": "%{x} operators: away %{y:.2%} of the time",
        **style,
    }
