"""The picture of censorship: who still gets answers, and what more operators change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...contract.figure import CENTRAL, DECENTRALISED, READER, THRESHOLD, axis, layout, thin
from ...resilience.censorship import FIRST, LISTED, OPEN
from ...resilience.censorship_toss import MOMENTS, Tossed
from ...resilience.censorship_words import yearly

PLACES = {OPEN: "nothing<br>blocked", FIRST: "first way<br>closed", LISTED: "all listed<br>blocked"}
LEAST = 1e-7  # of the time, three seconds a year: the edge of the picture
MIDDLE = 3e-4  # right of it, a dot's words stand at its left
TICKS = {1: "always", 0.1: "37 days", 0.01: "3.7 days", 1e-3: "8.8 h", 1e-4: "53 min",
         1e-5: "5 min", 1e-6: "32 s", 1e-7: "less"}  # fmt: skip
FEW = {at: TICKS[at] for at in (1, 1e-3, 1e-6)}
DASHES = ("solid", "dash", "dot", "dashdot")
RIGHT = 150.0  # operators, at the right edge: room for labels


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
        *_dots(places),
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
            margin={"l": 74, "r": 10, "t": 8, "b": 48},
            xaxis=axis("", type="log", anchor="y2", tickvals=list(FEW), ticktext=list(FEW.values()),
                       range=thin([math.log10(LEAST) - 0.3, 1.0])),
            yaxis2={"domain": [0.7, 1], "anchor": "x", "tickvals": [0, 1, 2], "ticktext": names,
                    "range": [2.6, -0.6], "showgrid": False, "zeroline": False},
            xaxis2=axis("operators", type="log", anchor="y", tickvals=marks,
                        ticktext=[str(n) for n in marks],
                        range=thin([math.log10(0.9), math.log10(RIGHT)])),
            yaxis=axis("away, a year", type="log", anchor="x2", domain=[0, 0.56],
                       tickvals=list(TICKS), ticktext=list(TICKS.values()),
                       range=thin([math.log10(LEAST) - 0.2, 0.3])),
            annotations=labels,
        ),
    }  # fmt: skip


def _dots(places: Mapping[str, tuple[float, float]]) -> list[dict[str, Any]]:
    """How long a user in each kind of place gets no answer, on the scale of the lower panel."""
    traces = []
    for which, (name, color) in enumerate((("network", DECENTRALISED), ("company", CENTRAL))):
        values = [pair[which] for pair in places.values()]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "name": name,
                "showlegend": False,
                "x": thin([max(value, LEAST) for value in values]),
                "y": [row + (0.22 if which else -0.22) for row in range(len(places))],
                "xaxis": "x",
                "yaxis": "y2",
                "text": [f"{name} {away_words(value)}" for value in values],
                "textposition": [
                    "middle left" if value > MIDDLE else "middle right" for value in values
                ],
                "hoverinfo": "text",
                "marker": {"color": color, "symbol": "square" if which else "circle", "size": 11},
            }
        )
    return traces


def away_words(share: float) -> str:
    """A share of the time away, in the fewest words."""
    if share <= 0:
        return "never away"
    words = "no answer" if share >= 1 else yearly(share, count=2).removesuffix(" a year")
    return words.replace(" hours", " h").replace("less than a second", "under 1 s")


def _alone(
    sizes: Sequence[int], alone: Mapping[int, Sequence[float]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A thin line for each share of operators in one cloud, as far as it is in the picture."""
    traces: list[dict[str, Any]] = []
    ends: list[tuple[int, float, str]] = []
    for dash, (share, values) in zip(DASHES, alone.items(), strict=True):
        below = next((i for i, value in enumerate(values) if value < LEAST), len(values) - 1)
        style = {"color": DECENTRALISED, "width": 2, "dash": dash}
        x, y = sizes[: below + 1], values[: below + 1]
        traces.append(_line("operators alone, % in one cloud", x, y, mode="lines", line=style))
        traces[-1]["showlegend"] = not ends
        traces[-1]["hovertemplate"] = f"{share}% in one cloud, " + traces[-1]["hovertemplate"]
        ends.append((x[-1], max(y[-1], LEAST), str(share)))
    labels = [_label(*end, last=end[0] == sizes[-1]) for end in _merged(ends)]
    return traces, labels


def _merged(ends: Sequence[tuple[int, float, str]]) -> list[tuple[int, float, str]]:
    """Ends of lines that lie close together get one label."""
    found: list[tuple[int, float, str]] = []
    for x, y, text in ends:
        for at, (x_other, y_other, before) in enumerate(found):
            if abs(math.log2(x / x_other)) < 1.3 and abs(math.log10(y / y_other)) < 0.6:
                many = "," in before or " to " in before
                joined = f"{before.split(',')[0].split(' ')[0]} to" if many else f"{before},"
                found[at] = (max(x, x_other), y, f"{joined} {text}")
                break
        else:
            found.append((x, y, text))
    return found


def _label(x: int, y: float, text: str, last: bool) -> dict[str, Any]:
    """At the end of a line: beside it, or where the picture ends, above or below it."""
    low = y < 1e-5
    return {
        "text": f"{text}%",
        "x": thin([math.log10(x)])[0],
        "y": thin([math.log10(y)])[0],
        "xref": "x2",
        "yref": "y",
        "xanchor": "right" if last else "left",
        "yanchor": ("bottom" if low else "top") if last else "middle",
        "xshift": 0 if last else 3,
        "showarrow": False,
    }


def _simulated(sizes: Sequence[int], tossed: Sequence[Tossed]) -> list[dict[str, Any]]:
    """Tossed shares with two standard errors; where nothing was seen, the rule of three."""
    seen = [(n, t) for n, t in zip(sizes, tossed, strict=True) if t.away > 0]
    never = [n for n, t in zip(sizes, tossed, strict=True) if t.away == 0]
    marker = {"color": READER, "symbol": "circle-open", "size": 8, "line": {"width": 2}}
    points = _line(
        "simulated", [n for n, _ in seen], [t.away for _, t in seen], mode="markers", marker=marker
    )
    points["error_y"] = {
        "type": "data",
        "symmetric": False,
        "array": thin([2 * t.error for _, t in seen]),
        "arrayminus": thin([min(2 * t.error, 0.9 * t.away) for _, t in seen]),
        "color": READER,
        "thickness": 1,
    }
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
