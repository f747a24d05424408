"""Lines over a common x, for labs: a live figure in a notebook, its numbers wherever it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..contract import Column, Table
from ..contract.figure import CENTRAL, SERIES, axis, layout, thin
from .still import plot_html


def plot(
    x: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    *,
    xlabel: str,
    ylabel: str,
    caption: str,
    digits: int = 2,
    log: bool = False,
) -> Plot:
    """A line for each name in `lines`, over the shared `x`. Numbers print with `digits` decimals.

    log: a logarithmic y axis; all values must then be above 0. A line named "Central" takes the
    grey that means the central provider in the whole book.

    ValueError if a line is not as long as `x`, or if there are more lines than the book's
    palette can tell apart.
    """
    if len(lines) > len(SERIES):
        raise ValueError(f"at most {len(SERIES)} lines can be told apart; got {len(lines)}")
    for name, ys in lines.items():
        if len(ys) != len(x):
            raise ValueError(f"{name!r} has {len(ys)} values; x has {len(x)}")
        if log and min(ys) <= 0:
            raise ValueError(f"{name!r} has a value of 0 or less; a logarithmic axis has no place")
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": thin(x),
            "y": thin(ys),
            "line": {
                "color": CENTRAL if name == "Central" else style["color"],
                "dash": style["dash"],
                "width": 2,
            },
            "marker": {"symbol": style["symbol"], "size": 7},
        }
        for (name, ys), style in zip(lines.items(), SERIES, strict=False)
    ]
    columns = (Column(xlabel), *(Column(name, digits=digits) for name in lines))
    rows: tuple[tuple[str | float, ...], ...] = tuple(
        (f"{at:g}", *(float(ys[i]) for ys in lines.values())) for i, at in enumerate(map(float, x))
    )
    scale = {"type": "log", "dtick": 1} if log else {"rangemode": "tozero"}
    figure = {
        "data": traces,
        "layout": layout(xaxis=axis(xlabel), yaxis=axis(ylabel, **scale)),
    }
    return Plot(figure, caption, Table(ylabel, columns, rows))


class Plot:
    """A figure as plain dicts, its caption and its table."""

    def __init__(self, figure: dict[str, Any], caption: str, table: Table) -> None:
        self.figure = figure
        self.caption = caption
        self.table = table

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        import ipywidgets as w

        from .frame import Frame, view_of
        from .picture import Picture

        table = {
            "caption": self.table.caption,
            "columns": [{"label": c.label, "unit": c.unit} for c in self.table.columns],
            "rows": self.table.cells(),
        }
        box = w.VBox([Picture(self.figure), w.HTML(self.caption), Frame()])
        box.add_class("dai-live")
        return {
            **view_of(box),
            "text/html": plot_html(self.figure, self.caption, table),
            "text/plain": self.caption,
        }
