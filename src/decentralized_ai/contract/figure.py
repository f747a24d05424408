"""The book's one palette and the few layout habits that all figures share.

Colours are Okabe and Ito's colour-blind-safe set, with one meaning each across the book. Text,
grid and background are left out on purpose: the page and the notebook paint those for light or
dark, so a figure never carries a theme.
"""

from __future__ import annotations

from typing import Any

from ..quantities import settled

DECENTRALISED = "#0072B2"  # blue
CENTRAL = "#7F7F7F"  # grey
HONEST = "#009E73"  # green
CHEATING = "#D55E00"  # vermilion
THRESHOLD = "#E69F00"  # orange
READER = "#CC79A7"  # purple

# Several things of one kind side by side: told apart by dash and marker as well as by colour.
SERIES = (
    {"color": "#0072B2", "dash": "solid", "symbol": "circle"},
    {"color": "#56B4E9", "dash": "dash", "symbol": "square"},
    {"color": "#009E73", "dash": "dot", "symbol": "diamond"},
    {"color": "#E69F00", "dash": "dashdot", "symbol": "triangle-up"},
    {"color": "#CC79A7", "dash": "longdash", "symbol": "x"},
)


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis with a title; `more` is Plotly's own vocabulary."""
    return {"title": {"text": title}, "automargin": True, **more}


def log_axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis of powers of ten, marked at 1, 2 and 5 of each from 0.01 to 50,000."""
    marks = [a * 10.0**e for e in range(-2, 5) for a in (1, 2, 5)]
    text = [f"{mark:,g}" for mark in marks]
    return axis(title, type="log", tickvals=marks, ticktext=text, **more)


def layout(**more: Any) -> dict[str, Any]:
    """Legend above the plot, tight margins: reads on a phone as on a desk."""
    return {
        "margin": {"l": 56, "r": 12, "t": 8, "b": 48},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hovermode": "closest",
        **more,
    }


def thin(values: Any, digits: int = 4) -> list[float]:
    """Plot coordinates as a short list: `digits` significant digits are more than a pixel shows."""
    return [float(f"{settled(float(v)):.{digits}g}") for v in values]
