"""The picture of spotcheck: what faking brings, and how soon one is caught."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...contract.figure import CENTRAL, CHEATING, HONEST, READER, axis, layout, thin
from ...verification.spotcheck_game import Floats, Rules


def figure(rules: Rules, fakes: int, shown: Any, gain: Floats, caught: Floats) -> dict[str, Any]:
    """Above: what faking brings, in % of the batch's fees. Below: how soon one is caught."""
    n = rules.answers
    scale = 100 / n
    line = np.unique(np.rint(np.linspace(0, n, 61))).astype(np.int64)
    early = line[line > 0] if n <= 60 else np.unique(np.rint(np.geomspace(1, n, 40)))
    mode = "lines+markers" if n <= 5 else "lines"
    expected, simulated = rules.gain(line) * scale, gain * scale
    honest, mine = float(rules.gain(0)) * scale, float(rules.gain(fakes)) * scale
    # What is lost can be a hundred times what is gained: the picture is about the line in between.
    top = 100 * rules.saving
    low = max(min(float(expected.min()), honest, float(simulated.min())), honest - 1.5 * top)
    span = [min(low - 0.12 * top, honest - 0.4 * top), max(honest, 0.0) + 1.3 * top]
    below = mine < span[0] + 0.04 * top
    at = span[0] + 0.35 * top if below else mine  # above the words at the edge
    fake = {"color": CHEATING, "width": 3}
    middle, spread = simulated.mean(axis=0), np.quantile(simulated, [0.1, 0.9], axis=0)
    error = {
        "type": "data",
        "symmetric": False,
        "array": thin(spread[1] - middle),
        "arrayminus": thin(middle - spread[0]),
        "color": CHEATING,
        "thickness": 1,
        "width": 3,
    }
    dots = {"mode": "markers", "marker": {"color": CHEATING, "symbol": "circle", "size": 6}}
    dashed = {"color": HONEST, "width": 2, "dash": "dash"}
    data = [
        _trace("faking, expected", line * scale, expected, mode=mode, line=fake),
        _trace("simulated (8 of 10 operators)", shown * scale, middle, **dots, error_y=error),
        _trace("honest work", [0, 100], [honest, honest], mode="lines", line=dashed),
        _trace("your choice", [fakes * scale], [at], **_reader("triangle-down" if below else "")),
    ]
    if below:
        data[-1]["hovertemplate"] = f"%{{x:.3g}}% faked: {mine:.3g}% of fees"
    if rules.draw != "after":
        fair = replace(rules, draw="after")
        style = {"color": CENTRAL, "width": 2, "dash": "dot"}
        data.append(_caught("unforeseen draw", early, fair.caught(early), mode=mode, line=style))
        data[-1]["showlegend"] = True
    risky, tossed = shown > 0, caught.mean(axis=0)
    data += [
        _caught("caught", early, rules.caught(early), mode=mode, line=fake),
        _caught("caught, simulated", shown[risky], tossed[risky], **dots),
        _caught("your choice", [fakes], [float(rules.caught(fakes))], **_reader("")),
    ]
    marks = sorted({mark for mark in (1, 10, 100, 1000) if mark < n} | {n})
    return {
        "data": data,
        "layout": layout(
            height=520,
            xaxis=axis("% of answers faked", range=[-3, 103]),
            yaxis=axis("% of fees, beyond honest pay", range=thin(span), domain=[0.5, 1]),
            xaxis2=axis(
                "answers faked (log scale)",
                anchor="y2",
                type="log",
                range=thin([-0.06, float(np.log10(n)) + 0.06]),
                tickvals=marks,
                ticktext=[f"{mark:,}" for mark in marks],
            ),
            yaxis2=axis("% caught", anchor="x2", range=[-4, 106], domain=[0, 0.32]),
            shapes=[_side(honest, span[1], CHEATING), _side(span[0], honest, HONEST)],
            annotations=[
                _words("cheating pays", span[1], "top"),
                _words("honest work pays more", span[0], "bottom"),
            ],
        ),
    }


def _trace(name: str, x: Any, y: Any, **style: Any) -> dict[str, Any]:
    hover = "%{x:.3g}% faked: %{y:.3g}% of fees"
    points = {"x": thin(x), "y": thin(y), "hovertemplate": hover}
    return {"type": "scatter", "name": name, **points, **style}


def _caught(name: str, x: Any, chance: Any, **style: Any) -> dict[str, Any]:
    below = {"xaxis": "x2", "yaxis": "y2", "showlegend": False}
    hover = {"hovertemplate": "%{x:,.0f} faked: %{y:.3g}%"}
    return _trace(name, x, 100 * np.asarray(chance), **below, **hover, **style)


def _reader(symbol: str) -> dict[str, Any]:
    outline = {"width": 1, "color": CENTRAL}
    marker = {"color": READER, "symbol": symbol or "diamond", "size": 14, "line": outline}
    return {"mode": "markers", "legendgroup": "mine", "marker": marker}


def _side(low: float, high: float, color: str) -> dict[str, Any]:
    """A tint over one side of the line that honest work draws."""
    ends = {"y0": thin([low])[0], "y1": thin([high])[0]}
    fill = {"fillcolor": color, "opacity": 0.08, "line": {"width": 0}, "layer": "below"}
    return {"type": "rect", "xref": "x domain", "x0": 0, "x1": 1, **ends, **fill}


def _words(text: str, at: float, edge: str) -> dict[str, Any]:
    place = {"xref": "x domain", "x": 0.99, "xanchor": "right", "y": thin([at])[0]}
    return {"text": text, **place, "yanchor": edge, "showarrow": False}
