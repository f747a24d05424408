"""What a demo answers: a picture, a sentence, numbers, and the table behind the picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..quantities import settled


@dataclass(frozen=True)
class Column:
    """A column of a table; numbers in it are printed with `digits` decimals."""

    label: str
    unit: str = ""
    digits: int = 2


@dataclass(frozen=True)
class Table:
    """The data behind the figure, for a reader who cannot see it. A cell None prints as a dash."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | float | None, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"table {self.caption!r}: each row needs {len(self.columns)} cells")

    def cells(self) -> list[list[str]]:
        """The rows as text, the way every surface prints them."""
        return [
            [_cell(cell, column) for cell, column in zip(row, self.columns, strict=True)]
            for row in self.rows
        ]


@dataclass(frozen=True)
class View:
    """The answer of a demo to one setting.

    figure: a Plotly figure as plain lists and dicts: {"data": [...], "layout": {...}}.
    takeaway: one sentence computed from the result; a screen reader hears it after each change.
    metrics: named numbers, SI units; challenges, prose and tests read these.
    scene: what an animation plays, {"kind": renderer's name, ...}, or None.
    """

    figure: dict[str, Any]
    takeaway: str
    metrics: Mapping[str, float]
    table: Table
    scene: dict[str, Any] | None = field(default=None)

    def to_json(self) -> dict[str, Any]:
        """Plain lists, dicts, strings and finite numbers; ValueError if a number is not finite."""
        view = {
            "figure": self.figure,
            "takeaway": self.takeaway,
            "metrics": dict(self.metrics),
            "table": {
                "caption": self.table.caption,
                "columns": [{"label": c.label, "unit": c.unit} for c in self.table.columns],
                "rows": self.table.cells(),
            },
            "scene": self.scene,
        }
        _plain(view, "view")
        return view


def _cell(cell: str | float | None, column: Column) -> str:
    if cell is None:
        return "\N{EN DASH}"
    if isinstance(cell, str):
        return cell
    return f"{settled(cell):,.{column.digits}f}"


def _plain(node: Any, path: str) -> None:
    # numpy scalars would pass json.dumps on some versions and not on others: refuse them here.
    if node is None or type(node) in (str, bool, int):
        return
    if type(node) is float:
        if not math.isfinite(node):
            raise ValueError(f"{path} is {node}: a view holds finite numbers only")
    elif type(node) in (list, tuple):
        for i, item in enumerate(node):
            _plain(item, f"{path}[{i}]")
    elif type(node) is dict:
        for key, item in node.items():
            _plain(item, f"{path}.{key}")
    else:
        raise ValueError(f"{path} is a {type(node).__name__}: a view holds plain JSON only")
