"""The pictures of byzantine: recorded curves, what each number of liars does, and one step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...contract.figure import (
    CENTRAL,
    CHEATING,
    HONEST,
    READER,
    THRESHOLD,
    axis,
    layout,
    thin,
)
from ...training.aggregators import RULES
from ...training.byzantine import WORKERS, Curve, Floats, Step

# A rule looks alike wherever it is drawn: colour, dash and symbol.
BLUE, SKY, PINK = "#0072B2", "#56B4E9", "#CC79A7"
STYLES = {
    "mean": (CENTRAL, "solid", "circle"),
    "median": (BLUE, "solid", "square"),
    "trimmed": (BLUE, "dash", "diamond"),
    "geometric_median": (SKY, "solid", "triangle-up"),
    "clipping": (PINK, "solid", "star"),
    "krum": (SKY, "dot", "triangle-down"),
    "multi_krum": (SKY, "dash", "hexagon"),
    "bulyan": (BLUE, "dot", "pentagon"),
}
FLOOR = 2.36  # nats: a little below the best recorded run
BLIND = 4.564  # nats: ln 96, all letters alike
CALM = 3.2  # nats


def runs(curves: dict[str, Curve | None], clean: Curve | None, attackers: int) -> dict[str, Any]:
    """Loss against steps. Each line is one recorded run; the second seed's is thinner. A run that
    fell apart leaves at the top, with a cross."""
    top = _top([max(map(max, run.losses)) for run in curves.values() if run])
    data: list[dict[str, Any]] = []
    if clean is not None and attackers:
        style = {"color": HONEST, "dash": "dash", "width": 2}
        data += _lines("mean, nobody lies", clean, top, style, "circle")
    for name, run in curves.items():
        if run is not None:
            color, dash, symbol = STYLES[name]
            style = {"color": color, "dash": dash, "width": 2.5}
            data += _lines(RULES[name].name, run, top, style, symbol)
    return {
        "data": data,
        "layout": layout(
            height=440,
            showlegend=True,
            xaxis=axis("steps", range=[-4, 156], dtick=50),
            yaxis=axis("loss, nats a character", range=thin([FLOOR, top])),
            **_blind(top),
        ),
    }


def _lines(
    name: str, run: Curve, top: float, style: dict[str, Any], symbol: str
) -> list[dict[str, Any]]:
    found = []
    for i, (losses, ended) in enumerate(zip(run.losses, run.ended, strict=True)):
        width = style["width"] if i == 0 else 1
        line = {**style, "width": width}
        marks: dict[str, Any] = {"mode": "lines+markers" if i == 0 else "lines", "line": line}
        if i == 0:
            marks["marker"] = {
                "color": style["color"],
                "symbol": symbol,
                "size": 7,
                "maxdisplayed": 5,
            }
        x, y = list(run.steps[: len(losses)]), list(losses)
        if ended is not None:
            x, y = [*x, ended], [*y, 2 * top]  # it left through the top
        found.append(
            {
                "type": "scatter",
                "name": name,
                "legendgroup": name,
                "showlegend": i == 0,
                "x": x,
                "y": thin(y),
                "hovertemplate": f"{name}: %{{y:.3f}} after %{{x}} steps",
                **marks,
            }
        )
        if ended is not None:
            cross = {"color": style["color"], "symbol": "x", "size": 11}
            found.append(
                {
                    "type": "scatter",
                    "name": name,
                    "legendgroup": name,
                    "showlegend": False,
                    "x": thin([_leaves(x, y, top)]),
                    "y": thin([top - 0.03 * (top - FLOOR)]),
                    "mode": "markers",
                    "marker": cross,
                    "hovertemplate": f"{name}: fell apart by step {ended}",
                }
            )
    return found


def _leaves(x: list[int], y: list[float], top: float) -> float:
    """Where a line first reaches the top of the picture."""
    i = next(i for i, value in enumerate(y) if value >= top)
    return x[i - 1] + (x[i] - x[i - 1]) * (top - y[i - 1]) / (y[i] - y[i - 1])


def counts(every: dict[str, dict[int, Curve | None]], attackers: int) -> dict[str, Any]:
    """Loss at the end against the number of liars, with each rule's formal limit."""
    finals = [run.final for runs in every.values() for run in runs.values() if run and run.final]
    apart = any(run and run.final is None for runs in every.values() for run in runs.values())
    top = 4.9 if apart else _top(finals)
    data: list[dict[str, Any]] = []
    for name, by_count in every.items():
        color, dash, symbol = STYLES[name]
        x, y, low, high, words = [], [], [], [], []
        for f, run in by_count.items():
            if run is None:
                continue
            x.append(f)
            if run.final is None:
                y.append(top - 0.12)
                low.append(0.0)
                high.append(0.0)
                words.append(run.fell)
            else:
                ends = [losses[-1] for losses in run.losses]
                y.append(min(run.final, top - 0.12))
                low.append(run.final - min(ends))
                high.append(max(ends) - run.final)
                words.append(f"{run.final:.3f}")
        marks = ["x" if "fell apart" in word else symbol for word in words]
        error = {"type": "data", "symmetric": False, "array": thin(high), "arrayminus": thin(low)}
        data.append(
            {
                "type": "scatter",
                "name": RULES[name].name,
                "x": x,
                "y": thin(y),
                "text": words,
                "mode": "lines+markers",
                "line": {"color": color, "dash": dash, "width": 2.5},
                "marker": {"color": color, "symbol": marks, "size": 9},
                "error_y": {**error, "color": color, "thickness": 1, "width": 3},
                "hovertemplate": f"{RULES[name].name}, %{{x}} liars: %{{text}}",
            }
        )
    limits: dict[int, list[str]] = {}
    for name in every:
        limit = RULES[name].limit(WORKERS)
        if limit is not None:
            limits.setdefault(limit, []).append(RULES[name].name)
    shapes = [_upright(limit + 0.4, THRESHOLD, "dash") for limit in limits]
    shapes.append(_upright(attackers, READER, "dot"))  # the reader's own setting
    notes = [
        {
            "text": f"limit: {', '.join(names) if len(names) < 3 else f'{len(names)} rules'}",
            "x": limit + 0.4,
            "xanchor": "left",
            "y": 0.02,
            "yref": "y domain",
            "yanchor": "bottom",
            "textangle": -90,
            "showarrow": False,
        }
        for limit, names in limits.items()
    ]
    if apart:
        notes.append(_note("a run fell apart", 0.01, top - 0.12, "left"))
    return {
        "data": data,
        "layout": layout(
            height=440,
            showlegend=True,
            xaxis=axis("workers that lie, of 15", range=[-0.3, 8.1], dtick=1),
            yaxis=axis("loss at the end, nats a character", range=thin([FLOOR, top])),
            shapes=shapes,
            annotations=notes,
        ),
    }


def plane(one: Step, rules: tuple[str, ...]) -> dict[str, Any]:
    """What arrives and what each rule answers. Poison far outside is marked at the edge."""
    answers = {name: answer for name in rules if (answer := one.answers[name]) is not None}
    inside = np.concatenate([one.honest, np.zeros((1, 2)), one.true[None]])
    reach = float(np.abs(inside - inside.mean(axis=0)).max()) * 1.15
    middle = inside.mean(axis=0)
    # Answers and poison widen the picture, up to twice its size.
    rest = np.concatenate([one.sent, *(answer[None] for answer in answers.values())])
    if len(rest):
        reach = min(2 * reach, max(reach, 1.1 * float(np.abs(rest - middle).max())))
    box = (middle, reach)
    data = [
        _points("honest gradients", one.honest, box, HONEST, "circle-open", 8),
        _points("their mean", one.true[None], box, HONEST, "cross", 13),
    ]
    for name, answer in answers.items():
        color, _, symbol = STYLES[name]
        data.append(_pulled(RULES[name].name, one.true, answer, box, color, symbol))
    if len(one.sent):  # on top: a rule may have chosen it
        data.append(_points("poison", one.sent, box, CHEATING, "x", 9))
    span = [thin([m - reach, m + reach]) for m in middle]
    return {
        "data": data,
        "layout": layout(
            height=500,
            showlegend=True,
            xaxis=axis("true gradient points this way", range=span[0], nticks=5, zeroline=True),
            yaxis=axis("", range=span[1], scaleanchor="x", nticks=5, zeroline=True),
        ),
    }


def _pulled(
    name: str, start: Floats, answer: Floats, box: tuple[Floats, float], color: str, symbol: str
) -> dict[str, Any]:
    """A rule's answer, and how far the poison has pulled it from the honest mean."""
    found = _points(name, np.stack([start, answer]), box, color, symbol, 13)
    found["mode"] = "lines+markers"
    found["line"] = {"color": color, "width": 1.5}
    found["marker"].update(size=[0, 13], opacity=1)
    return found


def _points(
    name: str, places: Floats, box: tuple[Floats, float], color: str, symbol: str, size: int
) -> dict[str, Any]:
    """Points; one outside the box is drawn at its edge, and its hover says where it really is."""
    middle, reach = box
    away = places - middle
    far = np.abs(away).max(axis=1)
    factor = np.minimum(1.0, 0.97 * reach / np.maximum(far, 1e-12))
    shown = middle + factor[:, None] * away
    symbols = ["triangle-up" if f < 1 and symbol == "x" else symbol for f in factor]
    outline = {"width": 1, "color": CENTRAL}
    return {
        "type": "scatter",
        "name": name,
        "mode": "markers",
        "x": thin(shown[:, 0]),
        "y": thin(shown[:, 1]),
        "text": [f"{x:.3g}, {y:.3g}" for x, y in places],
        "marker": {"color": color, "symbol": symbols, "size": size, "line": outline},
        "hovertemplate": f"{name}: %{{text}}",
    }


def _top(highest: list[float]) -> float:
    """Just above the highest line while all are calm, else a little above blind guessing."""
    highest_of_all = max(highest, default=0.0)
    if highest_of_all > CALM:
        return 4.9
    return math.ceil(10 * max(highest_of_all, 2.75) + 0.3) / 10


def _blind(top: float) -> dict[str, Any]:
    if top < BLIND:
        return {}
    line = {"color": CENTRAL, "dash": "dot", "width": 1}
    shape = {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "y0": BLIND, "y1": BLIND}
    return {
        "shapes": [{**shape, "line": line}],
        "annotations": [_note("blind guessing", 0.01, BLIND, "left")],
    }


def _note(text: str, x: float, y: float, side: str) -> dict[str, Any]:
    place = {"xref": "x domain", "x": x, "xanchor": side, "y": thin([y])[0], "yanchor": "top"}
    return {"text": text, **place, "showarrow": False}


def _upright(x: float, color: str, dash: str) -> dict[str, Any]:
    ends = {"yref": "y domain", "y0": 0, "y1": 1, "x0": x, "x1": x}
    return {"type": "line", **ends, "line": {"color": color, "dash": dash, "width": 1.5}}
