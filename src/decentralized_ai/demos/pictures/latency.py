"""The picture of latency: a token's time part by part, and a whole answer against the distance."""

from __future__ import annotations

from typing import Any

from ...contract.figure import CENTRAL, DECENTRALISED, READER, axis, layout, thin
from ...inference.latency import Pass
from ...quantities import duration, time_unit

SKY = "#56B4E9"
ROOM = 1.36  # times the longest bar: so that the words behind it fit
# (field of Pass, its name, colour, pattern), in the order in which they are stacked.
PARTS = (
    ("compute", "computing", CENTRAL, ""),
    ("queue", "queueing", CENTRAL, "x"),
    ("drafting", "drafting", READER, "."),
    ("packing", "packing", SKY, "/"),
    ("wire", "sending", SKY, "x"),
    ("distance", "distance", DECENTRALISED, ""),
)


def figure(
    token: Pass, room_token_s: float, rtts_ms: list[float], now_ms: float, totals: dict[str, Any]
) -> dict[str, Any]:
    """Above: one token, after the first. Below: the whole answer, for each of `rtts_ms`; `totals`
    holds lists of seconds: "split", "first" (until its first token), "plain" (split without drafts;
    may be missing) and "room"."""
    shown = [part for part in PARTS if part[0] != "drafting" or token.drafting > 0]
    lengths = [float(getattr(token, part[0])) for part in shown]
    starts = [0.0]
    for length in lengths[:-1]:
        starts.append(starts[-1] + length)
    longest = max(token.total, room_token_s)
    size, unit = time_unit(longest)
    most = max(max(values) for values in totals.values())
    whole, whole_unit = time_unit(most)
    at = rtts_ms.index(now_ms)
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "y": [part[1] for part in shown],
            "x": thin(length / size for length in lengths),
            "base": thin(start / size for start in starts),
            "marker": {
                "color": [part[2] for part in shown],
                "pattern": {"shape": [part[3] for part in shown], "solidity": 0.3},
                "line": {"width": 1, "color": [part[2] for part in shown]},
            },
            "text": [duration(length) for length in lengths],
            "textposition": "none",
            "hovertemplate": "%{y}: %{text}<extra></extra>",
            "showlegend": False,
        }
    ]
    if "plain" in totals:
        data.append(_line("split, no drafts", rtts_ms, totals["plain"], whole, SKY, "dash", 2))
    data += [
        _line("in one room", rtts_ms, totals["room"], whole, CENTRAL, "dot", 3),
        _line("split", rtts_ms, totals["split"], whole, DECENTRALISED, "solid", 3),
        _line("its first token", rtts_ms, totals["first"], whole, SKY, "dashdot", 2),
        {
            **_line("your choice", [now_ms], [totals["split"][at]], whole, READER, "solid", 1),
            "mode": "markers",
            "marker": {
                "color": READER,
                "symbol": "diamond",
                "size": 13,
                "line": {"width": 1, "color": CENTRAL},
            },
        },
    ]
    return {
        "data": data,
        "layout": layout(
            height=500,
            bargap=0.2,
            margin={"l": 78, "r": 14, "t": 26, "b": 48},
            xaxis=axis(
                f"one token, {unit}",
                anchor="y",
                range=thin([0.0, longest / size * ROOM]),
                nticks=6,
            ),
            yaxis=axis("", domain=[0.64, 1], autorange="reversed"),
            xaxis2=axis(
                "round trip between machines, ms",
                anchor="y2",
                range=[-6, 306],
                tickvals=[0, 100, 200, 300],
            ),
            yaxis2=axis(
                f"wait, {whole_unit}",
                anchor="x2",
                range=thin([0.0, most / whole * 1.06]),
                nticks=5,
                domain=[0, 0.47],
            ),
            shapes=[_room(room_token_s / size)],
            annotations=[
                _room_words(room_token_s / size, longest / size),
                *_lengths(lengths, starts, size),
            ],
        ),
    }


def _line(
    name: str, x: list[float], y: list[float], size: float, color: str, dash: str, width: int
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": thin(x),
        "y": thin(value / size for value in y),
        "text": [duration(value) for value in y],
        "xaxis": "x2",
        "yaxis": "y2",
        "line": {"color": color, "dash": dash, "width": width},
        "hovertemplate": "%{x} ms: %{text}",
    }


def _room(at: float) -> dict[str, Any]:
    """Until then a token takes in one room."""
    ends = {"x0": thin([at])[0], "x1": thin([at])[0], "y0": 0, "y1": 1, "yref": "y domain"}
    return {
        "type": "line",
        "xref": "x",
        **ends,
        "line": {"color": CENTRAL, "width": 2, "dash": "dot"},
    }


def _room_words(at: float, longest: float) -> dict[str, Any]:
    left = at > 0.5 * longest
    return {
        "text": "in one room" if left else "in one room: to here",
        "xref": "x",
        "yref": "y domain",
        "x": thin([at])[0],
        "y": 1,
        "xanchor": "right" if left else "left",
        "yanchor": "bottom",
        "showarrow": False,
    }


def _lengths(lengths: list[float], starts: list[float], size: float) -> list[dict[str, Any]]:
    """How long each part is, in words behind its bar."""
    return [
        {
            "text": duration(length),
            "xref": "x",
            "yref": "y",
            "x": thin([(start + length) / size])[0],
            "y": row,
            "xanchor": "left",
            "xshift": 4,
            "showarrow": False,
        }
        for row, (length, start) in enumerate(zip(lengths, starts, strict=True))
    ]
