"""The picture of yuma: what counts of each weight, and what each validator earns for its stake."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...contract.figure import (
    CENTRAL,
    CHEATING,
    DECENTRALISED,
    SERIES,
    THRESHOLD,
    axis,
    layout,
    thin,
)
from ...governance.yuma import Epoch, Floats

GAP = 0.18  # between two operators; each is 1 wide, its validators as wide as their stakes
NAMES = "ABCD"
LEAST = 0.13  # of the stake: narrower bars carry no number


def figure(epochs: list[Epoch], kappa: float, cabal: int) -> dict[str, Any]:
    """Above: each operator's weights, the largest first, as wide as the stake behind them. Below:
    pay over stake, epoch by epoch."""
    last = epochs[-1]
    bars = _bars(last)
    lines, labels, span = _lines(epochs)
    m = len(last.consensus)
    starts = [j * (1 + GAP) for j in range(m)]
    top = max(0.1, float(last.weights.max(initial=0.0))) if last.stake.any() else 1.0
    marks = [_mark(start + kappa) for start in starts]
    return {
        "data": [*bars, _consensus(last, starts), *lines],
        "layout": layout(
            height=500,
            barmode="overlay",
            margin={"l": 52, "r": 40, "t": 8, "b": 44},
            xaxis={
                "range": thin([-0.06, m + (m - 1) * GAP + 0.06]),
                "tickvals": thin([start + 0.5 for start in starts]),
                "ticktext": [_paid(last, j, cabal) for j in range(m)],
                "tickangle": 0,
                "showgrid": False,
                "zeroline": False,
                "anchor": "y",
            },
            yaxis=axis("% of weight", range=thin([0, 108 * top]), domain=[0.53, 1]),
            xaxis2=axis(
                "epoch",
                range=thin([0.5, max(len(epochs), 2) + 0.5]),
                anchor="y2",
                dtick=1 if len(epochs) <= 10 else 5,
                tickformat="d",
            ),
            yaxis2=axis("pay / stake", range=thin(span), domain=[0, 0.33], anchor="x2"),
            shapes=[*marks, _one()],
            annotations=[*labels, _word(starts[0] + kappa, kappa)],
        ),
    }


def _bars(last: Epoch) -> list[dict[str, Any]]:
    kept: dict[str, list[Any]] = {"x": [], "y": [], "width": [], "text": [], "customdata": []}
    lost: dict[str, list[Any]] = {"x": [], "y": [], "width": [], "base": [], "customdata": []}
    for j in range(len(last.consensus)):
        column = last.weights[:, j]
        at = j * (1 + GAP)
        for i in sorted(range(len(column)), key=lambda i: (-round(float(column[i]), 9), i)):
            wide = float(last.stake[i])
            if wide > 0:
                counts = 100 * float(last.clipped[i, j])
                over = 100 * float(column[i]) - counts
                who = f"validator {i + 1}, {NAMES[j]}"
                kept["x"].append(at + wide / 2)
                kept["width"].append(wide)
                kept["y"].append(counts)
                kept["text"].append(str(i + 1) if wide >= LEAST else "")
                kept["customdata"].append(who)
                if over > 1e-7:
                    lost["x"].append(at + wide / 2)
                    lost["width"].append(wide)
                    lost["y"].append(over)
                    lost["base"].append(counts)
                    lost["customdata"].append(who)
            at += wide
    outline = {"width": 1, "color": "rgba(255,255,255,0.7)"}
    return [
        {
            "type": "bar",
            "name": "counts",
            **{key: thin(kept[key]) for key in ("x", "y", "width")},
            "text": kept["text"],
            "textposition": "inside",
            "insidetextanchor": "start",
            "textangle": 0,
            "constraintext": "none",
            "textfont": {"color": "#ffffff", "size": 11},
            "customdata": kept["customdata"],
            "hovertemplate": "%{customdata}: %{y:.3g}% counts<extra></extra>",
            "marker": {"color": DECENTRALISED, "line": outline},
        },
        {
            "type": "bar",
            "name": "clipped",
            **{key: thin(lost[key]) for key in ("x", "y", "width", "base")},
            "customdata": lost["customdata"],
            "hovertemplate": "%{customdata}: %{y:.3g}% clipped<extra></extra>",
            "marker": {
                "color": "rgba(213,94,0,0.25)",
                "line": {"width": 1, "color": CHEATING},
                "pattern": {"shape": "/", "fgcolor": CHEATING, "size": 6, "solidity": 0.35},
            },
        },
    ]


def _consensus(last: Epoch, starts: list[float]) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[float | None] = []
    for start, level in zip(starts, last.consensus, strict=True):
        x += [*thin([start - 0.04, start + 1.04]), None]
        y += [*thin([100 * level, 100 * level]), None]
    line = {"color": THRESHOLD, "width": 3}
    hover = "consensus %{y:.3g}%<extra></extra>"
    style = {"mode": "lines", "line": line, "hovertemplate": hover}
    return {"type": "scatter", "name": "consensus", "x": x, "y": y, **style}


def _lines(epochs: list[Epoch]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[float]]:
    """The lines, their labels at the right end (together where they meet), and the axis."""
    stake = epochs[0].stake
    shown = [i for i in range(len(stake)) if stake[i] > 0]
    pay = np.array([_over_stake(found) for found in epochs])
    x = list(range(1, len(epochs) + 1))
    high = float(max(1.2, pay.max(initial=0.0))) * 1.06
    lines = []
    for i in shown:
        look = SERIES[i]
        lines.append(
            {
                "type": "scatter",
                "name": f"validator {i + 1}",
                "x": x,
                "y": thin(pay[:, i]),
                "mode": "lines+markers" if len(x) <= 10 else "lines",
                "line": {"color": look["color"], "dash": look["dash"], "width": 2},
                "marker": {"symbol": look["symbol"], "size": 7},
                "xaxis": "x2",
                "yaxis": "y2",
                "showlegend": False,
                "hovertemplate": f"validator {i + 1}, epoch %{{x}}: %{{y:.3g}}<extra></extra>",
            }
        )
    groups: list[tuple[float, list[int]]] = []
    for i in sorted(shown, key=lambda i: (round(float(pay[-1, i]), 9), i)):
        value = float(pay[-1, i])
        if groups and value - groups[-1][0] < 0.09 * high:
            groups[-1][1].append(i)
        else:
            groups.append((value, [i]))
    labels = [
        {
            "text": ",".join(str(i + 1) for i in sorted(who)),
            "xref": "paper",
            "x": 1.01,
            "xanchor": "left",
            "yref": "y2",
            "y": thin([np.mean([pay[-1, i] for i in who])])[0],
            "showarrow": False,
            "font": {"size": 11},
        }
        for _, who in groups
    ]
    return lines, labels, [0.0, high]


def _over_stake(found: Epoch) -> Floats:
    total = float(found.validator_pay.sum())
    held = np.where(found.stake > 0, found.stake, 1.0)
    share = found.validator_pay / (total if total > 0 else 1.0)
    return np.where(found.stake > 0, share / held, 0.0)


def _paid(last: Epoch, j: int, cabal: int) -> str:
    own = j >= len(last.consensus) - cabal
    pay = f"{round(100 * float(last.incentive[j]), 6):.0f}%"
    return f"<b>{NAMES[j]}</b>{' *' if own else ''}<br>{pay}"


def _mark(at: float) -> dict[str, Any]:
    line = {"color": CENTRAL, "width": 1, "dash": "dot"}
    ends = {"x0": thin([at])[0], "x1": thin([at])[0], "yref": "y domain", "y0": 0, "y1": 1}
    return {"type": "line", **ends, "line": line}


def _one() -> dict[str, Any]:
    line = {"color": CENTRAL, "width": 1, "dash": "dash"}
    ends = {"xref": "x2 domain", "x0": 0, "x1": 1, "yref": "y2", "y0": 1, "y1": 1}
    return {"type": "line", **ends, "line": line}


def _word(at: float, kappa: float) -> dict[str, Any]:
    place = {"x": thin([at])[0], "xanchor": "left", "yref": "y domain", "y": 1, "yanchor": "top"}
    return {"text": f"{100 * kappa:.0f}%", **place, "showarrow": False, "font": {"size": 10}}
