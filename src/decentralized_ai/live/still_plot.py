"""A plot of `plotting.py` as inline SVG: what a book page, a print and a notebook at rest show.

It takes its text colour from around it, so that it suits light and dark, and needs no script.
"""

from __future__ import annotations

import math
from html import escape
from typing import Any

WIDTH, HEIGHT = 480, 320
LEFT, RIGHT, BOTTOM = 56, 12, 48
ROW, LETTER = 20, 7.2  # of the legend: a row's height, and a letter's width, roughly
DASHES = {"solid": "", "dash": "8 4", "dot": "2 4", "dashdot": "8 4 2 4", "longdash": "14 5"}
MARKS = {  # half the size of a marker is 4
    "circle": '<circle cx="{x}" cy="{y}" r="4"/>',
    "square": '<path d="M{x} {y}m-4-4h8v8h-8z"/>',
    "diamond": '<path d="M{x} {y}m0-5l5 5l-5 5l-5-5z"/>',
    "triangle-up": '<path d="M{x} {y}m0-5l5 9h-10z"/>',
    "x": '<path d="M{x} {y}m-4-4l8 8m0-8l-8 8" stroke-width="2.5"/>',
}


def svg(figure: dict[str, Any], title: str) -> str:
    """`figure` (lines with markers; y linear or logarithmic, then above 0) with `title` as its
    name for screen readers."""
    traces, layout = figure["data"], figure["layout"]
    log = layout["yaxis"].get("type") == "log"
    xs = [x for trace in traces for x in trace["x"]]
    ys = [y for trace in traces for y in trace["y"]]
    x_ticks = ticks(min(xs), max(xs))
    y_ticks = decades(min(ys), max(ys)) if log else ticks(0.0, max(ys))

    keys, top = legend([trace["name"] for trace in traces])

    def across(x: float) -> float:
        low, high = x_ticks[0], x_ticks[-1]
        return round(LEFT + (x - low) / (high - low) * (WIDTH - LEFT - RIGHT), 1)

    def up(y: float) -> float:
        at, low, high = (math.log10(v) if log else v for v in (y, y_ticks[0], y_ticks[-1]))
        return round(HEIGHT - BOTTOM - (at - low) / (high - low) * (HEIGHT - top - BOTTOM), 1)

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}" '
        'style="width:100%;max-width:34rem" fill="currentColor" font-size="13">'
    ]
    for y in y_ticks:
        parts.append(
            f'<path d="M{LEFT} {up(y)}H{WIDTH - RIGHT}" stroke="currentColor" opacity=".2"/>'
            f'<text x="{LEFT - 8}" y="{up(y) + 4:.1f}" text-anchor="end">{y:g}</text>'
        )
    for x in x_ticks:
        parts.append(
            f'<text x="{across(x)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x:g}</text>'
        )
    middle = (top + HEIGHT - BOTTOM) / 2
    parts.append(
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"{escape(layout['xaxis']['title']['text'])}</text>"
        f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">'
        f"{escape(layout['yaxis']['title']['text'])}</text>"
    )
    for trace, (x, y) in zip(traces, keys, strict=True):
        points = [(across(a), up(b)) for a, b in zip(trace["x"], trace["y"], strict=True)]
        parts.append(_line(trace, points) + _line(trace, [(x, y - 4), (x + 28, y - 4)], key=True))
        parts.append(f'<text x="{x + 34:g}" y="{y}">{escape(trace["name"])}</text>')
    return "\n".join([*parts, "</svg>"])


def legend(names: list[str]) -> tuple[list[tuple[float, int]], int]:
    """Where each name's line begins, in as many rows as are needed, and where the plot begins."""
    places = []
    x, y = float(LEFT), ROW - 4
    for name in names:
        wide = 50 + LETTER * len(name)
        if x + wide > WIDTH and x > LEFT:
            x, y = float(LEFT), y + ROW
        places.append((round(x, 1), y))
        x += wide
    return places, y + ROW


def ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Round numbers from at most `low` to at least `high`, in steps of 1, 2 or 5 times 10**k."""
    span = (high - low) or abs(high) or 1.0
    power = 10 ** math.floor(math.log10(span / about))
    step = power * next(m for m in (1, 2, 5, 10) if m * power >= span / about * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 12) for k in range(first, max(last, first + 1) + 1)]


def decades(low: float, high: float) -> list[float]:
    """Powers of ten from at most `low` to at least `high`, both above 0."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10.0**k for k in range(first, max(last, first + 1) + 1)]


def _line(trace: dict[str, Any], points: list[tuple[float, float]], key: bool = False) -> str:
    """A line through `points` with a marker on each; of the legend, one in the middle."""
    style, mark = trace["line"], MARKS[trace["marker"]["symbol"]]
    dash = DASHES[style["dash"]]
    dash = f' stroke-dasharray="{dash}"' if dash else ""
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
    shown = points if not key else [((points[0][0] + points[-1][0]) / 2, points[0][1])]
    drawn = "".join(mark.format(x=f"{x:g}", y=f"{y:g}") for x, y in shown)
    color = style["color"]
    return (
        f'<path d="{path}" fill="none" stroke="{color}" stroke-width="2"{dash}/>'
        f'<g fill="{color}" stroke="{color}">{drawn}</g>'
    )
