"""The picture of localsgd: the same runs by steps and by the clock; their table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ...contract import Column, Table
from ...contract.figure import CENTRAL, DECENTRALISED, THRESHOLD, axis, layout, thin
from ...quantities import duration, settled
from ...training.localsgd import Curve, Point

STYLES = (
    {"color": CENTRAL, "dash": "solid", "symbol": "circle"},
    {"color": "#56B4E9", "dash": "dash", "symbol": "square"},
    {"color": DECENTRALISED, "dash": "solid", "symbol": "diamond"},
)
MARKS = (
    *((1e-3, "1 ms"), (1e-2, "10 ms"), (0.1, "0.1 s"), (1, "1 s"), (10, "10 s"), (60, "1 min")),
    *((600, "10 min"), (3600, "1 h"), (36_000, "10 h"), (345_600, "4 days")),
    *((3_456_000, "40 days"), (31_557_600, "1 year"), (315_576_000, "10 years")),
    *((3_155_760_000, "100 years"), (31_557_600_000, "1,000 years")),
)


@dataclass(frozen=True)
class Line:
    """name: as in the legend. points: (seconds, loss)."""

    name: str
    curve: Curve
    points: list[Point]


def figure(lines: list[Line], metrics: dict[str, float]) -> dict[str, Any]:
    """Above: loss by steps. Below: the same points by the clock, with where the order turns."""
    styles = (STYLES[0], *STYLES[3 - len(lines) + 1 :]) if len(lines) < 3 else STYLES
    data = []
    low = min(min(line.curve.losses) for line in lines)
    high = max(max(line.curve.losses) for line in lines)
    earliest = min(line.points[1][0] for line in lines)
    latest = max(line.points[-1][0] for line in lines)
    for line, style in zip(lines, styles, strict=True):
        data += _traces(line, style, latest)
    span = [low - 0.06 * (high - low), high + 0.06 * (high - low)]
    shapes, notes = [], []
    cross = metrics.get("cross")
    if cross is not None and cross >= earliest:
        shapes.append(_upright(cross))
        side = cross * cross > earliest * latest  # right half of a logarithmic axis
        notes.append(_words("they cross", cross, "right" if side else "left"))
    return {
        "data": data,
        "layout": layout(
            height=520,
            xaxis=axis("steps of each worker (recorded)", range=[-40, 2040], dtick=500),
            yaxis=axis("loss, nats", range=thin(span), domain=[0.6, 1], nticks=4),
            xaxis2=axis(
                "time (computed; log scale)",
                anchor="y2",
                type="log",
                range=thin([_log(0.8 * earliest), _log(1.25 * latest)]),
                tickvals=[at for at, _ in MARKS],
                ticktext=[text for _, text in MARKS],
            ),
            yaxis2=axis("loss, nats", anchor="x2", range=thin(span), domain=[0, 0.42], nticks=4),
            shapes=shapes,
            annotations=notes,
        ),
    }


def _traces(line: Line, style: dict[str, str], latest: float) -> list[dict[str, Any]]:
    drawn = {"color": style["color"], "width": 3, "dash": style["dash"]}
    dots = {"color": style["color"], "symbol": style["symbol"], "size": 6}
    common = {"type": "scatter", "mode": "lines+markers", "line": drawn, "marker": dots}
    common |= {"name": line.name, "legendgroup": line.name}
    losses = thin(line.curve.losses)
    below = {"xaxis": "x2", "yaxis": "y2", "showlegend": False}
    by_steps = {"x": list(line.curve.steps), "y": losses, "hovertemplate": "%{x:,} steps: %{y:.3f}"}
    seconds = thin(t for t, _ in line.points[1:])
    by_clock = {"x": seconds, "y": losses[1:], "hovertemplate": f"{line.name}: %{{y:.3f}}"}
    found = [{**common, **by_steps}, {**common, **by_clock, **below}]
    if line.points[-1][0] < latest:
        # The run is over; its model stays as good as it is.
        rest = {"x": [seconds[-1], thin([latest])[0]], "y": [losses[-1]] * 2, "mode": "lines"}
        faint = {"line": {"color": style["color"], "width": 1, "dash": "dot"}, "hoverinfo": "skip"}
        found.append({"type": "scatter", "name": line.name, **rest, **faint, **below})
    return found


def _log(value: float) -> float:
    return settled(math.log10(value))


def _upright(at: float) -> dict[str, Any]:
    x = thin([at])[0]
    line = {"color": THRESHOLD, "width": 2, "dash": "dash"}
    return {
        "type": "line",
        "xref": "x2",
        "yref": "y2 domain",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "line": line,
    }


def _words(text: str, at: float, anchor: str) -> dict[str, Any]:
    # A note on a logarithmic axis is placed by its logarithm.
    place = {"xref": "x2", "x": thin([_log(at)])[0], "yref": "y2 domain", "y": 1.0}
    return {"text": text, **place, "xanchor": anchor, "yanchor": "top", "showarrow": False}


def table(lines: list[Line]) -> Table:
    """The measured points: a row for each number of steps at which some run was measured."""
    columns = [Column("steps", digits=0)]
    for line in lines:
        columns += [Column(f"{line.name}: loss", "nats", 3), Column(f"{line.name}: time")]
    rows = []
    for step in sorted({step for line in lines for step in line.curve.steps}):
        row: list[str | float | None] = [float(step)]
        for line in lines:
            points = dict(zip(line.curve.steps, line.points, strict=True))
            seconds, loss = points.get(step, (None, None))
            row += [loss, None if seconds is None else duration(seconds, 2)]
        rows.append(tuple(row))
    return Table(
        "Held-out loss a character (recorded) and time (computed), by steps of each worker.",
        tuple(columns),
        tuple(rows),
    )
