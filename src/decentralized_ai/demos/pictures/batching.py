"""The picture of batching: what a million tokens costs, and why a batch is nearly free."""

from __future__ import annotations

import math
from typing import Any

from ...contract.figure import CENTRAL, DECENTRALISED, READER, THRESHOLD, axis, layout, thin
from ...inference.batching_market import Side
from ...quantities import digits, settled

STEPS = (1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.3, 8.0)
DEMANDS = [step * size for size in (10.0, 100.0, 1e3, 1e4, 1e5) for step in STEPS] + [1e6]
JUMPS = 5  # machines that are drawn as stairs; more make a step too small to see
NAMES = {1.0: "1", 10.0: "10", 100.0: "100", 1e3: "1k", 1e4: "10k", 1e5: "100k", 1e6: "1M"}
BATCHES = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384)
LEAST = 0.1  # answers in work at a time; with fewer, a mark stands at the edge
BELOW = {"xaxis": "x2", "yaxis": "y2"}
DEMAND, BATCH = "tokens/s asked for (log scale)", "answers at a time, each machine (log scale)"


def figure(
    central: Side | None, market: Side | None, demand: float, even: float | None, pace: float
) -> dict[str, Any]:
    """Above: dollars a million tokens. Below: how long a step takes with so many answers in it."""
    blue = {"color": DECENTRALISED, "width": 3}
    grey = {"color": CENTRAL, "width": 3, "dash": "dash"}
    # The provider's dashes lie on top, so that both show where the two agree.
    both = ((market, _name(market), blue), (central, "one provider", grey))
    sides = [(side, name, line) for side, name, line in both if side is not None]
    data: list[dict[str, Any]] = []
    prices: list[float] = []
    for side, name, line in sides:
        at = _demands(side)
        cost = [side.cost(x) for x in at]
        prices += cost
        data.append(_trace(name, at, cost, mode="lines", line=line))
        data.append(_step(name, side, line))
    data += _marks(central, market, demand)
    if even and central is not None:
        marker = {"color": THRESHOLD, "symbol": "x", "size": 12, "line": {"width": 1}}
        price = [central.cost(even * (1 + 1e-9))]
        data.append(_trace("break-even", [even], price, mode="markers", marker=marker))
    low, high = (min(prices), max(prices)) if prices else (0.1, 1.0)
    ends = [math.log10(low) - 0.15, math.log10(high) + 0.15]
    slowest = max((1e3 * float(side.curve.times[-1]) for side, *_ in sides), default=1000 / pace)
    top = 1.25 * slowest
    limit = 1000 / pace
    return {
        "data": data,
        "layout": layout(
            height=520,
            xaxis=_log(DEMAND, [0.95, 6.05]),
            yaxis={**_log("$ a million tokens", ends, "$"), "domain": [0.54, 1]},
            xaxis2={**_log(BATCH, [math.log10(LEAST), 3.0]), "anchor": "y2"},
            yaxis2=axis("ms a step", anchor="x2", range=thin([-0.12 * top, top]), domain=[0, 0.38]),
            shapes=[_upright(demand), *([_level(limit)] if limit < top else [])],
            annotations=[_note("idle at times")] + ([_patience(limit)] if limit < top else []),
        ),
    }


def _marks(central: Side | None, market: Side | None, demand: float) -> list[dict[str, Any]]:
    """Where the two stand now. The slower one's words go above, so that they keep apart; two that
    stand in one place have one word."""
    style = {"marker": _diamond(), "showlegend": False}
    sides = {"operators": market, "provider": central}
    at = {
        who: (side.curve.in_progress(side.rate(demand)), 1e3 * side.curve.step(side.rate(demand)))
        for who, side in sides.items()
        if side is not None
    }
    said = {who: digits(inside, 2) for who, (inside, _) in at.items()}
    slower = max(at, key=lambda who: settled(at[who][1]), default="")
    together = len({(said[who], digits(took)) for who, (_, took) in at.items()}) < len(at)
    marks = []
    for who, (inside, took) in at.items():
        side = sides[who]
        assert side is not None
        price = [side.cost(demand)]
        marks.append(_trace(f"{who}, now", [demand], price, mode="markers", **style))
        edge = "left" if inside > 20 else "right" if inside < 0.5 else "center"
        words = f"both: {said[who]}" if together else f"{who}: {said[who]}"
        if together and who != slower:
            words = ""
        place = f"{'top' if who == slower else 'bottom'} {edge}"
        text = {"mode": "markers+text", "text": [words], "textposition": place, **style, **BELOW}
        mark = _trace(f"{who}, now", [max(inside, LEAST)], [took], **text)
        mark["hovertemplate"] = f"{said[who]} at a time: {digits(took)} ms a step"
        marks.append(mark)
    return marks


def _name(market: Side | None) -> str:
    if market is None:
        return ""
    return "1 operator" if market.operators == 1 else f"{market.operators} operators"


def _demands(side: Side) -> list[float]:
    """Where the curve is drawn: evenly, and on both sides of its first jumps."""
    full = side.operators * side.curve.capacity
    jumps = [full * (k + 1) * near for k in range(JUMPS) for near in (1 - 1e-9, 1 + 1e-9)]
    return sorted([*DEMANDS, *(x for x in jumps if DEMANDS[0] < x < DEMANDS[-1])])


def _step(name: str, side: Side, line: dict[str, Any]) -> dict[str, Any]:
    """A step's length by the answers in it. Below one answer the machine is idle part of the time,
    and a step is as long as with one."""
    times = side.curve.times
    batches = [b for b in BATCHES if b < len(times)] + [len(times)]
    took = [1e3 * float(times[b - 1]) for b in batches]
    x, y = [LEAST, *(float(b) for b in batches)], [took[0], *took]
    trace = _trace(name, x, y, mode="lines", line=line, showlegend=False, **BELOW)
    return {**trace, "hovertemplate": "%{x:.3g} at a time: %{y:.3g} ms a step"}


def _trace(name: str, x: list[float], y: list[float], **style: Any) -> dict[str, Any]:
    hover = "%{x:,.3s} tokens/s: $%{y:.3g}"
    points = {"x": thin(x), "y": thin(y), "hovertemplate": hover}
    return {"type": "scatter", "name": name, **points, **style}


def _diamond() -> dict[str, Any]:
    outline = {"width": 1, "color": CENTRAL}
    return {"color": READER, "symbol": "diamond", "size": 12, "line": outline}


def _log(title: str, ends: list[float], unit: str = "") -> dict[str, Any]:
    """Powers of ten alone: there are five of them on the way from 10 to a million."""
    marks = [10.0**e for e in range(-3, 7)]
    text = [f"{unit}{NAMES.get(mark, f'{mark:g}')}" for mark in marks]
    return axis(title, type="log", range=thin(ends), tickvals=marks, ticktext=text)


def _upright(demand: float) -> dict[str, Any]:
    line = {"color": READER, "width": 1, "dash": "dot"}
    ends = {"xref": "x", "x0": demand, "x1": demand, "yref": "y domain", "y0": 0, "y1": 1}
    return {"type": "line", **ends, "line": line, "layer": "below"}


def _level(limit: float) -> dict[str, Any]:
    line = {"color": THRESHOLD, "width": 2, "dash": "dot"}
    ends = {"xref": "x2 domain", "x0": 0, "x1": 1, "yref": "y2", "y0": limit, "y1": limit}
    return {"type": "line", **ends, "line": line, "layer": "below"}


def _patience(limit: float) -> dict[str, Any]:
    place = {"xref": "x2 domain", "x": 0.99, "xanchor": "right", "yref": "y2", "y": limit}
    return {"text": "no reader waits longer", **place, "yanchor": "bottom", "showarrow": False}


def _note(text: str) -> dict[str, Any]:
    place = {
        "xref": "x2 domain",
        "x": 0.01,
        "xanchor": "left",
        "yref": "y2 domain",
        "y": 0.98,
        "yanchor": "top",
    }
    return {"text": text, **place, "showarrow": False}
