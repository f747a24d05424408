"""The picture of lemons: who serves what, round by round; and how it ends, for each check rate."""

from __future__ import annotations

import math
from typing import Any

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
from ...inference.lemons import OPERATORS, ROUNDS, Run
from ...quantities import percent

LOW = 0.05  # %, the left end of the lower picture; no checks at all stand there too


def figure(
    run: Run,
    shown: list[float],
    rate: float,
    least: float | None,
    most: float,
    other: tuple[int, str] | None,
) -> dict[str, Any]:
    """shown, rate: % of batches checked. least, most: shares, the threshold and where the dearest
    honest operator gives up. other: a row of `run` to compare with, and its name. The rows are
    those of demos/lemons.py."""
    scale = 100 / OPERATORS
    honest, bad = run.honest * scale, run.quantised * scale
    good_start, bad_start = honest[3 : 3 + len(shown), -1], honest[3 + len(shown) :, -1]
    at = max(rate, LOW)
    diamond = {"symbol": "diamond", "size": 13, "line": {"width": 1, "color": CENTRAL}}
    dots = {"mode": "lines+markers", "marker": {"symbol": "circle", "size": 4}}
    data = [
        _area("the full model", honest[0], HONEST, "solid"),
        _area("secretly cheaper", bad[0], CHEATING, "dot", width=2 if bad[0].max() > 0 else 0),
        _line("price, % of full", 100 * run.price[0], color=CENTRAL, width=2, dash="dash"),
        _below(
            "after a bad start",
            shown,
            bad_start,
            mode="lines",
            line={"color": CHEATING, "width": 4, "dash": "dot"},
        ),
        _below(
            "after an honest start", shown, good_start, line={"color": HONEST, "width": 2}, **dots
        ),
        _below(
            "your choice", [at], [honest[0, -1]], mode="markers", marker=diamond | {"color": READER}
        ),
    ]
    for trace in data[3:5]:
        trace["showlegend"] = False
    words = _marks(least, most) + _apart(shown, good_start, bad_start)
    if other is not None:
        row, name = other
        style = {"color": HONEST, "width": 2, "dash": "longdash"}
        data.insert(3, _line(f"full model, {name}", honest[row], **style) | {"showlegend": False})
        words.append(_at_the_end(f"full model, {name}", float(honest[row, -1])))
    selling = float(honest[0, -1] + bad[0, -1])
    if selling < 70:
        words.append(_at_the_end("sells nothing", (selling + 100) / 2, "middle"))
    ticks = [0.1, 1, 10, 100]
    return {
        "data": data,
        "layout": layout(
            height=500,
            xaxis=axis("round", range=[0, ROUNDS], nticks=5),
            yaxis=axis("% of operators", range=[0, 112], domain=[0.58, 1], nticks=4),
            xaxis2=axis(
                "% of batches checked (log scale)",
                anchor="y2",
                type="log",
                range=[-1.36, 2.05],
                tickvals=ticks,
                ticktext=[f"{tick:g}" for tick in ticks],
            ),
            yaxis2=axis("% honest in the end", anchor="x2", range=[-5, 112], domain=[0, 0.38]),
            shapes=_thresholds(least, most),
            annotations=words,
        ),
    }


def _area(name: str, y: Any, color: str, dash: str, width: int = 2) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": name,
        "y": thin(y, 3),
        "mode": "lines",
        "stackgroup": "operators",
        "line": {"color": color, "width": width, "dash": dash},
        "hovertemplate": "round %{x}: %{y:.3g}% of operators",
    }


def _line(name: str, y: Any, **line: Any) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": name,
        "y": thin(y, 3),
        "mode": "lines",
        "line": line,
        "hovertemplate": f"round %{{x}}: {name.partition(',')[0]} %{{y:.3g}}%",
    }


def _below(name: str, x: Any, y: Any, **style: Any) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": name,
        "x": thin(x, 4),
        "y": thin(y, 3),
        "xaxis": "x2",
        "yaxis": "y2",
        "hovertemplate": f"{name}: %{{y:.3g}}% honest with %{{x:.3g}}% checked",
        **style,
    }


def _at_the_end(text: str, y: float, anchor: str = "bottom") -> dict[str, Any]:
    """Words at the right end of the upper picture, above a line or in the middle of a gap."""
    place = {"x": ROUNDS * 0.99, "xanchor": "right", "y": thin([y])[0], "yanchor": anchor}
    return {"text": text, "showarrow": False, **place}


def _in_the_picture(share: float | None) -> bool:
    return share is not None and LOW / 100 < share <= 1


def _thresholds(least: float | None, most: float) -> list[dict[str, Any]]:
    """Lines in the lower picture: q*, and where honest operators begin to give up."""
    found = []
    for share, color, dash in ((least, THRESHOLD, "dash"), (most, CENTRAL, "dot")):
        if share is not None and _in_the_picture(share):
            x = thin([100 * share])[0]
            line = {"color": color, "width": 2, "dash": dash}
            ends = {"x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "y2 domain"}
            found.append({"type": "line", "xref": "x2", **ends, "line": line})
    return found


def _lower(text: str, share: float, y: float, anchor: str, **more: Any) -> dict[str, Any]:
    x = thin([math.log10(100 * share)])[0]
    place = {"xref": "x2", "yref": "y2", "x": x, "y": y, "xanchor": anchor, "yanchor": "bottom"}
    return {"text": text, "showarrow": False, **place, **more}


def _marks(least: float | None, most: float) -> list[dict[str, Any]]:
    """Names of the two lines, above them, if there is room; words are about a decade wide."""
    words, ends = [], -math.inf
    if least is not None and _in_the_picture(least):
        left = least <= 0.0008  # no room to the left of the line
        words.append(
            _lower(f"q* = {percent(least, 1e-4)}", least, 112, "left" if left else "right")
        )
        ends = math.log10(100 * least) + (1 if left else 0)
    if _in_the_picture(most):
        right = most > 0.3  # no room to the right of it
        if math.log10(100 * most) - (0.8 if right else 0) >= ends:
            words.append(_lower("too dear", most, 112, "right" if right else "left"))
    return words


def _apart(shown: list[float], good: Any, bad: Any) -> list[dict[str, Any]]:
    """A name for the line after a bad start, where it runs far below the other."""
    far = [i for i in range(len(shown)) if good[i] - bad[i] > 30]
    if not far:
        return []
    i = far[-1]
    y, share = float(bad[i]), 1.1 if i == len(shown) - 1 else shown[i] / 100
    place = {"yanchor": "top" if y > 60 else "bottom", "font": {"size": 11}}
    return [_lower("bad start", share, thin([y - 3 if y > 60 else y + 3])[0], "right", **place)]
