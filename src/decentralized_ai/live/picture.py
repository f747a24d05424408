"""A Plotly figure in a notebook: painted in place, readable on light and on dark."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import plotly.graph_objects as go

# The colours of text and grid are in notebook.css: they follow JupyterLab's theme by themselves.
_CLEAR = "rgba(0,0,0,0)"
_TEMPLATE = {"layout": {"paper_bgcolor": _CLEAR, "plot_bgcolor": _CLEAR}}
_KEPT = {"type", "uid", "visible"}  # of a trace: what it is, and what a click on the legend set
_OURS = {"template": _TEMPLATE, "height": 380}


class Picture(go.FigureWidget):
    """A FigureWidget that takes a whole plain figure at once."""

    data: Any  # plotly's own property, which has no type

    def __init__(self, figure: dict[str, Any]) -> None:
        figure = deepcopy(figure)  # plotly takes keys out of what it is given
        super().__init__(data=figure["data"], layout=_dressed(figure["layout"]))
        self._config = {"displayModeBar": False, "responsive": True}
        self.add_class("dai-picture")

    def paint(self, figure: dict[str, Any]) -> None:
        """Show `figure` instead: in one message where the traces are of the same kinds."""
        figure = deepcopy(figure)
        kinds = [trace.get("type", "scatter") for trace in figure["data"]]
        with self.batch_update():
            layout = _dressed(figure["layout"])
            gone = {key: None for key in self.layout.to_plotly_json() if key not in layout}
            self.update_layout({**gone, **layout}, overwrite=True)
            if kinds == [trace.type for trace in self.data]:
                for trace, new in zip(self.data, figure["data"], strict=True):
                    gone = {key: None for key in trace.to_plotly_json() if key not in new}
                    trace.update(_without({**gone, **new}, _KEPT), overwrite=True)
                return
        self.data = ()
        self.add_traces(figure["data"])


def _dressed(layout: dict[str, Any]) -> dict[str, Any]:
    # Plotly makes room for a legend above only at its second drawing: make it beforehand.
    margin = layout.get("margin", {})
    return {**_OURS, **layout, "margin": {**margin, "t": max(40, margin.get("t", 0))}}


def _without(mapping: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in names}
