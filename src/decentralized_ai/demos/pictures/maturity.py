"""The picture of maturity: three kinds against six constraints, a gauge in each cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...contract.figure import CENTRAL, DECENTRALISED, READER, axis, layout
from ...definitions.maturity import CONSTRAINTS, KINDS, MEASURED, WORDS, Cell

KEY = (
    "\N{BLACK CIRCLE} on paper, \N{BLACK CIRCLE}\N{BLACK CIRCLE} run over the internet,<br>"
    "\N{BLACK CIRCLE}\N{BLACK CIRCLE}\N{BLACK CIRCLE} in service, "
    "\N{BLACK CIRCLE}\N{BLACK CIRCLE}\N{BLACK CIRCLE}\N{BLACK CIRCLE} and measured by others<br>"
    "blue: reaches your bar; dashed: contested"
)


def figure(cells: Sequence[Cell], bar: int, strict: bool, kind: str, constraint: str) -> Any:
    """A gauge for each cell; tinted where it is mature, framed where the reader looks."""
    at = [(KINDS.index(cell.kind), CONSTRAINTS.index(cell.constraint)) for cell in cells]
    shapes = [
        _box(x, y, fillcolor=DECENTRALISED, opacity=0.2, line={"width": 0})
        for cell, (x, y) in zip(cells, at, strict=True)
        if cell.mature(bar, strict)
    ]
    shapes += [
        _box(x, y, line={"width": 1.5, "dash": "dash", "color": CENTRAL})
        for cell, (x, y) in zip(cells, at, strict=True)
        if cell.contested
    ]
    here = (KINDS.index(kind), CONSTRAINTS.index(constraint))
    shapes.append(_box(*here, line={"width": 3, "color": READER}))
    return {
        "data": [
            _text(
                "evidence",
                at,
                -0.16,
                [_gauge(cell) for cell in cells],
                15,
                [_hover(cell) for cell in cells],
            ),
            _text("latest", at, 0.22, [_year(cell) for cell in cells], 11),
        ],
        "layout": layout(
            height=500,
            showlegend=False,
            margin={"l": 108, "r": 6, "t": 30, "b": 66},
            xaxis=axis(
                "",
                side="top",
                range=[-0.5, 2.5],
                tickvals=[0, 1, 2],
                ticktext=list(KINDS),
                tickfont={"size": 12},
                tickangle=0,
                showgrid=False,
                zeroline=False,
                showline=False,
                ticks="",
            ),
            yaxis={
                "range": [len(CONSTRAINTS) - 0.5, -0.5],
                "tickvals": list(range(len(CONSTRAINTS))),
                "ticktext": list(CONSTRAINTS),
                "showgrid": False,
                "zeroline": False,
                "showline": False,
                "ticks": "",
            },
            shapes=shapes,
            annotations=[
                {
                    "text": KEY,
                    "xref": "paper",
                    "yref": "paper",
                    "x": 0.5,
                    "xshift": -50,
                    "y": 0,
                    "yshift": -6,
                    "yanchor": "top",
                    "showarrow": False,
                    "font": {"size": 11},
                }
            ],
        ),
    }


def _text(
    name: str,
    at: Sequence[tuple[int, int]],
    down: float,
    text: list[str],
    size: int,
    words: Sequence[str] = (),
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "text",
        "name": name,
        "x": [x for x, _ in at],
        "y": [y + down for _, y in at],
        "text": text,
        "textfont": {"size": size},
        **({"hovertext": list(words), "hoverinfo": "text"} if words else {"hoverinfo": "skip"}),
    }


def _gauge(cell: Cell) -> str:
    return "\N{BLACK CIRCLE}" * cell.grade + "\N{WHITE CIRCLE}" * (MEASURED - cell.grade)


def _year(cell: Cell) -> str:
    """Of the latest finding that reaches the grade."""
    return "contested" if cell.contested else str(cell.best.year) if cell.best else "nothing"


def _hover(cell: Cell) -> str:
    return f"{cell.kind}, {cell.constraint}: {WORDS[cell.grade]}"


def _box(x: int, y: int, **style: Any) -> dict[str, Any]:
    place = {
        "x0": round(x - 0.46, 2),
        "x1": round(x + 0.46, 2),
        "y0": round(y - 0.44, 2),
        "y1": round(y + 0.44, 2),
    }
    return {"type": "rect", **place, "layer": "below", **style}
