"""The picture of freivalds: how often a change is accepted, and what one round looks at."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from ...contract.figure import CENTRAL, CHEATING, HONEST, READER, THRESHOLD, axis, layout, thin
from ...verification.freivalds_trials import ExactTrial, FloatTrial, look

RUNS = 2_000  # checks of one product, each with challenges of its own
LONGEST = 20  # rounds
STRENGTHS = (*(float(f"{a}e{e}") for e in range(-8, 0) for a in (1, 3)), 1.0)


def _curve(name: str, points: Any, color: str, dash: str, hover: str, **more: Any) -> Any:
    x, y = zip(*points, strict=True)
    return {
        **{"type": "scatter", "mode": "lines", "name": name, "x": thin(x), "y": thin(y)},
        "line": {"color": color, "dash": dash, "width": 2},
        "marker": {"color": color, "size": 7},
        "hovertemplate": hover,
        **more,
    }


def _powers(first: int, last: int, step: int) -> dict[str, Any]:
    """Marks of a log axis."""
    marks = range(first, last + 1, step)
    text = [f"10<sup>\N{MINUS SIGN}{-e}</sup>" if e else "1" for e in marks]
    return {"type": "log", "tickvals": [10.0**e for e in marks], "ticktext": text}


def exact_figure(trial: ExactTrial, rounds: int) -> dict[str, Any]:
    """Above: the share that still accept, by rounds. Below: what one challenge looks at."""
    floor, step = (-7, 1) if trial.bound > Fraction(1, 10**6) else (-12, 3)

    def law(name: str, chance: Fraction, color: str, dash: str) -> Any:
        rows = [(k, float(chance**k)) for k in range(LONGEST + 1) if chance**k >= 10.0**floor]
        return _curve(name, rows, color, dash, "%{x} rounds: %{y:.2g}")

    data = [law("Bound", trial.bound, THRESHOLD, "dash")]
    if trial.chance < trial.bound:
        data.append(law("Exact chance", trial.chance, CENTRAL, "dot"))
    seen = [(k, left / trial.left[0]) for k, left in enumerate(trial.left) if left]
    color = CHEATING if trial.altered.any() else HONEST
    hover = "%{x} rounds: %{y:.2%} accepted"
    data.append(_curve("Accepted", seen, color, "solid", hover, mode="markers"))
    scale = _powers(floor + (1 if step == 1 else 0), 0, step)
    return {
        "data": data + _matrix(trial),
        "layout": layout(
            height=540,
            xaxis=axis("rounds", range=[-0.5, LONGEST + 0.7], dtick=5),
            yaxis=axis("share accepted", range=[floor - 0.3, 0.4], domain=[0.5, 1], **scale),
            **_matrix_axes(trial, rounds),
            shapes=[_upright(rounds)],
            annotations=[] if trial.left[1] else [_note(f"none of {RUNS:,} accepted", 10, -1)],
        ),
    }


def float_figure(tried: FloatTrial, rounds: int, strength: float) -> dict[str, Any]:
    """Above: accepted changes by their size, and honest residuals. Below: as for exact numbers."""
    noise = tried.noise
    keep = np.unique(np.linspace(0, len(noise) - 1, 30).astype(int))
    left = [(1e-8, 100.0), *((max(1e-8, noise[i]), 100 * (1 - i / len(noise))) for i in keep)]
    hover = "%{y:.0f}% of honest rounds leave more than %{x:.1e}"
    edge = [(tried.tolerance, 0), (tried.tolerance, 105)]
    data = [
        _curve("Honest rounding", left, HONEST, "dot", hover),
        _curve("Tolerance", edge, THRESHOLD, "dash", "%{x:.1e}"),
    ]
    if tried.altered.any():
        passed = [(s, 100 * share) for s, share in zip(STRENGTHS, tried.always, strict=True)]
        hover = "changed by %{x:.0e}: %{y:.3g}% accepted"
        data.append(_curve("Your change", passed, CHEATING, "solid", hover, mode="lines+markers"))
    ends = sorted(max(end, 1e-9) for end in (noise[-1], tried.tolerance))
    zone = {"type": "rect", "yref": "y domain", "x0": ends[0], "x1": ends[1], "y0": 0, "y1": 1}
    shapes = [{**zone, "fillcolor": THRESHOLD, "opacity": 0.2, "line": {"width": 0}}]
    shapes += [_upright(strength)] if tried.altered.any() else []
    middle, wide = float(np.log10(ends).mean()), ends[1] > 8 * ends[0]
    what = "room" if noise[-1] < tried.tolerance else "alarms"
    return {
        "data": data + _matrix(tried),
        "layout": layout(
            height=540,
            xaxis=axis("size, in usual entries", range=[-8.2, 0.2], **_powers(-8, 0, 2)),
            yaxis=axis("% of checks", range=[-4, 105], domain=[0.5, 1]),
            **_matrix_axes(tried, rounds),
            shapes=shapes,
            annotations=[_note(what, middle, 50)] if wide else [],
        ),
    }


def _upright(x: float) -> dict[str, Any]:
    """The reader's own setting of the axis above."""
    line = {"color": READER, "width": 2, "dash": "dot"}
    return {"type": "line", "yref": "y domain", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": line}


def _note(text: str, x: float, y: float) -> dict[str, Any]:
    """Words in the upper plot; logarithms where the axis has them."""
    return {"text": text, "x": x, "y": y, "showarrow": False, "xanchor": "center"}


def _matrix(trial: ExactTrial | FloatTrial) -> list[dict[str, Any]]:
    """The matrix C in one round: columns that the challenge sums, entries that are altered, and
    beside each row whether the two sides agree."""
    _, cells, unequal = look(trial)
    n = len(unequal)
    colors = ("rgba(127,127,127,0.07)", "rgba(127,127,127,0.28)", READER, CHEATING)
    data: list[dict[str, Any]] = [
        {
            **{"type": "heatmap", "z": cells.tolist(), "zmin": -0.5, "zmax": 3.5},
            **{"showscale": False, "hoverinfo": "skip", "xaxis": "x2", "yaxis": "y2"},
            "colorscale": [[(i + end) / 4, c] for i, c in enumerate(colors) for end in (0, 1)],
            **{"xgap": 32 / n, "ygap": 16 / n},
        }
    ]
    for name, rows, color, symbol in (
        ("Row differs", np.flatnonzero(unequal), CHEATING, "x"),
        ("Row agrees", np.flatnonzero(~unequal), HONEST, "circle"),
    ):
        marker = {"color": color, "symbol": symbol, "size": 7 if n <= 16 else 4}
        at_right = {"x": [n + 0.4] * len(rows), "y": rows.tolist(), "xaxis": "x2", "yaxis": "y2"}
        plain = {"type": "scatter", "mode": "markers", "hoverinfo": "skip", "showlegend": False}
        data.append({**plain, "name": name, "marker": marker, **at_right})
    return data


def _matrix_axes(trial: ExactTrial | FloatTrial, rounds: int) -> dict[str, Any]:
    at, cells, unequal = look(trial)
    n, verdict = len(cells), "refuses" if unequal.any() else "accepts"
    plain = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    keys = [(CHEATING, "\u25a0 altered, in the sum"), (READER, "\u25a0 altered, left out<br>")]
    keys += [(CHEATING, "\u2715 row differs"), (HONEST, "\u25cf row agrees")]
    words = " ".join(f'<span style="color:{c}">{key[0]}</span>{key[1:]}' for c, key in keys)
    title = f"<b>C in round {at + 1} of {rounds}: {verdict}</b><br>{words}"
    return {
        "xaxis2": axis(title, anchor="y2", range=[-0.6, n + 1.2], **plain),
        "yaxis2": {**plain, "anchor": "x2", "range": [n - 0.4, -0.6], "domain": [0, 0.34]},
    }
