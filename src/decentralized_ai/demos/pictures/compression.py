"""The picture of compression: loss against bytes; below, how it was learned or who receives."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...contract.figure import CENTRAL, READER, SERIES, THRESHOLD, axis, layout, thin
from ...training.compression import (
    METHODS,
    SUMMABLE,
    Model,
    Recorded,
    family,
    plain,
    received_bytes,
    sent_bytes,
    steps_between,
)

NODES = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
TICKS = {
    100: "100 B",
    1e3: "1 kB",
    1e4: "10 kB",
    1e5: "100 kB",
    1e6: "1 MB",
    1e7: "10 MB",
    1e8: "100 MB",
    1e9: "1 GB",
    1e10: "10 GB",
    1e11: "100 GB",
    1e12: "1 TB",
    1e13: "10 TB",
    1e14: "100 TB",
    1e15: "1 PB",
}


def figure(
    chosen: list[Recorded],
    methods: tuple[str, ...],
    feedback: bool,
    ratio: int,
    below: str,
    nodes: int,
    model: Model,
) -> dict[str, Any]:
    """Above: every recorded setting of the methods shown. Below: the chosen ones."""
    styles = {method: SERIES[i] for i, method in enumerate(methods)}
    data = [_everything()]
    for method in methods:
        for fed in (True, False):
            data.append(_family(method, fed, styles[method], fed == feedback))
    if chosen:
        data.append(_picked(chosen))
    lower, x2, y2, shapes = (
        _curves(chosen, styles) if below == "curves" else _received(chosen, styles, nodes, model)
    )
    limit = float(np.log10(plain().size / ratio))
    return {
        "data": data + lower,
        "layout": layout(
            height=560,
            xaxis=axis(
                "sent by each worker in a step (log scale)",
                type="log",
                range=[2.0, 5.35],
                **_ticks(2, 5.2),
            ),
            yaxis=axis("loss at the end, nats", domain=[0.52, 1], range=_losses(methods)),
            xaxis2=x2 | {"anchor": "y2"},
            yaxis2=y2 | {"anchor": "x2", "domain": [0, 0.34]},
            shapes=[
                {
                    "type": "line",
                    "xref": "x",
                    "yref": "y domain",
                    "x0": thin([10**limit])[0],
                    "x1": thin([10**limit])[0],
                    "y0": 0,
                    "y1": 1,
                    "line": {"color": THRESHOLD, "width": 2, "dash": "dash"},
                },
                *shapes,
            ],
            annotations=[
                {
                    "text": "your limit",
                    "xref": "x",
                    "yref": "y domain",
                    "x": round(limit, 4),
                    "y": 1,
                    "xanchor": "right",
                    "yanchor": "top",
                    "showarrow": False,
                },
                _note("filled: feedback<br>open: no feedback", 0.02, 0.28),
            ],
        ),
    }


def _note(text: str, x: float, y: float) -> dict[str, Any]:
    place = {"xref": "x domain", "x": x, "yref": "y domain", "y": y}
    edge = {"xanchor": "left", "yanchor": "top", "align": "left"}
    return {"text": text, "showarrow": False, **place, **edge}


def _losses(methods: tuple[str, ...]) -> list[float]:
    every = [run.final for m in methods for fed in (True, False) for run in family(m, fed)]
    low = plain().final
    return thin([low - 0.05, min(max([*every, low + 0.3]) + 0.06, low + 1.2)])


def _everything() -> dict[str, Any]:
    run = plain()
    return {
        "type": "scatter",
        "name": "everything",
        "x": thin([100, run.size]),
        "y": thin([run.final] * 2),
        "mode": "lines+markers",
        "line": {"color": CENTRAL, "width": 2},
        "marker": {"color": CENTRAL, "symbol": "star", "size": [0, 13]},
        "hovertemplate": "everything: %{y:.3f} nats",
    }


def _family(method: str, fed: bool, style: dict[str, str], main: bool) -> dict[str, Any]:
    runs = family(method, fed)
    low = [run.final - run.spread[0] for run in runs]
    high = [run.spread[1] - run.final for run in runs]
    error = {
        "type": "data",
        "symmetric": False,
        "array": thin(high, 2),
        "arrayminus": thin(low, 2),
        "color": style["color"],
        "thickness": 1,
        "width": 3,
    }
    name = METHODS[method]
    return {
        "type": "scatter",
        "name": name if fed else f"{name}, no feedback",
        "showlegend": fed,
        "legendgroup": method,
        "x": thin([run.size for run in runs]),
        "y": thin([run.final for run in runs]),
        "text": [f"{name}, {run.words()}{'' if fed else ', no feedback'}" for run in runs],
        "hovertemplate": "%{text}<br>%{x:,.0f} bytes, %{y:.3f} nats",
        "mode": "lines+markers",
        "line": {
            "color": style["color"],
            "width": 2 if main else 1,
            "dash": "solid" if fed else "dot",
        },
        "marker": {
            "color": style["color"],
            "symbol": style["symbol"] + ("" if fed else "-open"),
            "size": 9 if main else 7,
        },
        "error_y": error,
    }


def _picked(chosen: list[Recorded]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": "within your limit",
        "x": thin([run.size for run in chosen]),
        "y": thin([run.final for run in chosen]),
        "mode": "markers",
        "hoverinfo": "skip",
        "marker": {
            "symbol": "circle-open",
            "size": 18,
            "color": READER,
            "line": {"width": 3, "color": READER},
        },
    }


def _curves(chosen: list[Recorded], styles: dict[str, Any]) -> tuple[Any, ...]:
    """Loss against steps of what is within the limit, and of everything."""
    every = steps_between()
    data = [_line([plain()], "everything", {"color": CENTRAL, "width": 3}, every)]
    for run in chosen:
        style = styles[run.method]
        line = {"color": style["color"], "width": 2, "dash": style["dash"]}
        data.append(_line([run], f"{METHODS[run.method]}, {run.words()}", line, every))
    steps = every * (len(plain().curve) - 1)
    x = axis("step", range=[0, steps * 1.02])
    y = axis("loss, nats", range=thin([plain().final - 0.1, 3.6]))
    return data, x, y, []


def _line(runs: list[Recorded], name: str, line: dict[str, Any], every: int) -> dict[str, Any]:
    curve = runs[0].curve
    return {
        "type": "scatter",
        "name": name,
        "showlegend": False,
        "x": [every * i for i in range(len(curve))],
        "y": thin(curve),
        "xaxis": "x2",
        "yaxis": "y2",
        "mode": "lines",
        "line": line,
        "hovertemplate": f"{name}, step %{{x}}: %{{y:.3f}} nats",
    }


def _received(
    chosen: list[Recorded], styles: dict[str, Any], nodes: int, model: Model
) -> tuple[Any, ...]:
    """Bytes that each node receives against the number of nodes."""
    data = [_growth("everything, added", plain(), {"color": CENTRAL, "width": 3}, model)]
    data[0] |= {"mode": "lines+text", "textposition": "bottom left"}
    data[0] |= {"text": [""] * (len(NODES) - 1) + ["everything, on a ring"]}
    for run in chosen:
        style = styles[run.method]
        line = {"color": style["color"], "width": 2, "dash": style["dash"]}
        label = f"{METHODS[run.method]}, {run.words()}"
        data.append(_growth(label, run, line, model))
    every = [y for trace in data for y in trace["y"]]
    low, high = np.log10(min(every)) - 0.2, np.log10(max(every)) + 0.2
    marks = [2, 8, 32, 128, 1024]
    x = axis("nodes (log scale)", type="log", range=[0.2, 3.1], tickvals=marks, ticktext=marks)
    y = axis("received a step", type="log", range=thin([low, high]), **_ticks(low, high))
    line = {
        "type": "line",
        "xref": "x2",
        "yref": "y2 domain",
        "x0": nodes,
        "x1": nodes,
        "y0": 0,
        "y1": 1,
        "line": {"color": READER, "width": 2, "dash": "dash"},
    }
    return data, x, y, [line]


def _growth(name: str, run: Recorded, line: dict[str, Any], model: Model) -> dict[str, Any]:
    message = sent_bytes(run, model)
    return {
        "type": "scatter",
        "name": name,
        "showlegend": False,
        "x": list(NODES),
        "y": thin([received_bytes(message, n, run.method in SUMMABLE) for n in NODES]),
        "xaxis": "x2",
        "yaxis": "y2",
        "mode": "lines",
        "line": line,
        "hovertemplate": f"{name}, %{{x}} nodes: %{{y:.3s}}B",
    }


def _ticks(low: float, high: float) -> dict[str, Any]:
    """Marks at powers of ten, at most five of them."""
    inside = [mark for mark in TICKS if low <= np.log10(mark) <= high]
    kept = inside[:: -(-len(inside) // 5)] if inside else list(TICKS)[:1]
    return {"tickvals": kept, "ticktext": [TICKS[mark] for mark in kept]}
