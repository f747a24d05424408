"""The picture of sync: one round as a timeline, and the speed of all nodes against their number."""

from __future__ import annotations

from math import log10
from typing import Any

from ...contract.figure import (
    CENTRAL,
    DECENTRALISED,
    READER,
    THRESHOLD,
    axis,
    layout,
    thin,
)
from ...quantities import duration, time_unit
from ...training.sync import Round, Training
from ...training.sync_ring import schedule

RINGS = 16  # nodes that an animation can show one by one
SKY = "#56B4E9"


def figure(
    training: Training, nodes: int, now: Round, counts: list[int], speeds: list[float], best: int
) -> dict[str, Any]:
    """Above: one round. Below: times as fast as one node alone, for each of `counts` nodes."""
    size, name = time_unit(now.total_s)
    late = training.overlap and training.every > 1  # the last round's exchange: runs from the start
    start = 0.0 if late else now.compute_s - now.hidden_s
    rows = ["computing", "latency", "bytes"]
    lengths = [now.compute_s, now.latency_s, now.bandwidth_s]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "y": rows,
            "x": thin(length / size for length in lengths),
            "base": thin([0.0, start / size, (start + now.latency_s) / size]),
            "marker": {
                "color": [DECENTRALISED, THRESHOLD, SKY],
                "pattern": {"shape": ["", "/", "x"], "solidity": 0.3},
            },
            "text": [duration(length) for length in lengths],
            "textposition": "none",
            "hovertemplate": "%{y}: %{text}<extra></extra>",
            "showlegend": False,
        },
        _speed("if exchanges were free", counts, counts, color=CENTRAL, dash="dash", width=2),
        _speed("with exchanges", counts, speeds, color=DECENTRALISED, dash="solid", width=3),
        {
            **_speed("your choice", [nodes], [speeds[counts.index(nodes)]]),
            "mode": "markers",
            "marker": {
                "color": READER,
                "symbol": "diamond",
                "size": 13,
                "line": {"width": 1, "color": CENTRAL},
            },
        },
    ]
    low = min(0.0, log10(min(speeds))) - 0.25
    decades = range(int(low) - 1, 4)
    return {
        "data": data,
        "layout": layout(
            height=500,
            bargap=0.25,
            margin={"l": 76, "r": 14, "t": 30, "b": 48},
            legend={"orientation": "h", "x": 0, "y": 0.53, "yanchor": "bottom"},
            xaxis=axis(
                f"one round, {name}",
                anchor="y",
                range=thin([0.0, now.total_s / size * 1.02]),
                nticks=6,
            ),
            yaxis=axis("", domain=[0.74, 1], autorange="reversed"),
            xaxis2=axis(
                "nodes",
                anchor="y2",
                type="log",
                range=[0, 3.05],
                tickvals=[1, 4, 16, 64, 256, 1024],
                ticktext=["1", "4", "16", "64", "256", "1,024"],
            ),
            yaxis2=axis(
                "times one alone",
                anchor="x2",
                type="log",
                range=thin([low, 3.1]),
                tickvals=[10.0**e for e in decades],
                ticktext=[f"{10.0**e:,g}" for e in decades],
                domain=[0, 0.5],
            ),
            shapes=[*_waiting(now, size), *_best(best, max(counts))],
            annotations=[*_lengths(now, start, size), *_words(now, size, best, max(counts))],
        ),
    }


def refused(training: Training, busy: float) -> dict[str, Any]:
    """Only the computing: this exchange does not exist."""
    size, name = time_unit(busy)
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": ["computing"],
                "x": thin([busy / size]),
                "marker": {"color": [DECENTRALISED]},
                "showlegend": False,
            }
        ],
        "layout": layout(
            height=220, xaxis=axis(f"one round, {name}"), yaxis=axis(""), margin={"l": 76, "b": 48}
        ),
    }


def scene(training: Training, nodes: int) -> dict[str, Any] | None:
    """The ring, message by message: which piece each node sends in each step, and for how long."""
    if training.scheme != "ring" or nodes > RINGS:
        return None
    link = training.link
    piece = training.message_bytes / nodes
    fast = piece / link.both_ways_bytes_s
    return {
        "kind": "ring",
        "nodes": nodes,
        "adding": nodes - 1,
        "pieces": schedule(nodes),
        "slow": nodes // 2 if training.slow > 1 else -1,
        "hop": thin([link.latency_s + fast, link.latency_s + fast * training.slow], 6),
        "latency": thin([link.latency_s], 6)[0],
        "bytes": thin([piece], 6)[0],
    }


def _speed(name: str, x: list[int], y: Any, **line: Any) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(x),
        "y": thin(y),
        "xaxis": "x2",
        "yaxis": "y2",
        "line": line,
        "hovertemplate": "%{x:,} nodes: %{y:.3g} times one",
    }


def _waiting(now: Round, size: float) -> list[dict[str, Any]]:
    """A tint over the time in which the machines stand still."""
    if now.wait_s <= 0:
        return []
    ends = thin([now.compute_s / size, now.total_s / size])
    across = {"x0": ends[0], "x1": ends[1], "yref": "y domain", "y0": 0, "y1": 1}
    fill = {"fillcolor": CENTRAL, "opacity": 0.16, "line": {"width": 0}, "layer": "below"}
    return [{"type": "rect", "xref": "x", **across, **fill}]


def _best(best: int, most: int) -> list[dict[str, Any]]:
    if best in (1, most):
        return []
    line = {"color": THRESHOLD, "width": 2, "dash": "dot"}
    upright = {"x0": best, "x1": best, "yref": "y2 domain", "y0": 0, "y1": 1}
    return [{"type": "line", "xref": "x2", **upright, "line": line}]


def _lengths(now: Round, start: float, size: float) -> list[dict[str, Any]]:
    """The length of each bar, beside it where there is room, else on it."""
    ends = {
        "computing": (0.0, now.compute_s),
        "latency": (start, now.latency_s),
        "bytes": (start + now.latency_s, now.bandwidth_s),
    }
    notes = []
    for row, (begin, length) in ends.items():
        after = begin + length <= 0.72 * now.total_s
        before = not after and begin >= 0.3 * now.total_s
        at = begin if before else begin + length
        on = not after and not before
        note = {
            "xref": "x",
            "yref": "y",
            "x": thin([at / size])[0],
            "y": row,
            "text": f"<b>{duration(length)}</b>" if on else duration(length),
            "showarrow": False,
            "xanchor": "left" if after else "right",
            "xshift": 4 if after else -4,
        }
        if on:
            note |= {"font": {"color": "#000"}, "bgcolor": "rgba(255,255,255,0.8)", "borderpad": 1}
        notes.append(note)
    return notes


def _words(now: Round, size: float, best: int, most: int) -> list[dict[str, Any]]:
    notes = []
    if now.wait_s > 0.15 * now.total_s:
        middle, side = (now.compute_s + now.total_s) / 2 / size, "center"
        if now.compute_s > 0.5 * now.total_s:  # a narrow place: the words end with it
            middle, side = now.total_s / size, "right"
        notes.append(_note("x", middle, "y domain", 1.02, "machines wait", side))
    if best == 1:
        corner = _note("x2 domain", 0.02, "y2 domain", 0.98, "one alone is fastest", "left")
        notes.append(corner | {"yanchor": "top"})
    elif best < most:
        side = "right" if best > 20 else "left"
        notes.append(_note("x2", log10(best), "y2 domain", 0.02, f" best: {best:,} ", side))
    return notes


def _note(xref: str, x: float, yref: str, y: float, text: str, side: str) -> dict[str, Any]:
    place = {"xref": xref, "x": thin([x])[0], "yref": yref, "y": y}
    return {"text": text, **place, "xanchor": side, "yanchor": "bottom", "showarrow": False}
