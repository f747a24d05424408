"""How a demo is shown: in a notebook, on a page of the book, in the browser.

`show` and `plot` need ipywidgets and plotly. They load on first use, so that the page's Python,
which has neither, can import this package too.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {"show": "notebook", "plot": "plotting"}

__all__ = ["plot", "show"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
