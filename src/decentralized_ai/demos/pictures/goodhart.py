"""The picture of goodhart: operators by score and worth, and the rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...contract.figure import (
    CENTRAL,
    DECENTRALISED,
    HONEST,
    READER,
    THRESHOLD,
    axis,
    layout,
    thin,
)
from ...governance.goodhart import Contest
from ...governance.goodhart_rounds import Round

EARLY, LATE, WON = 110, 140, 50  # operators drawn: of the first round, of the last, of those kept


def figure(contest: Contest, played: Sequence[Round], expected: Sequence[float]) -> dict[str, Any]:
    """Above: the operators of the first and the last round. Below: what the winners are worth."""
    rounds = len(played)
    scores = [0.0, *(contest.score(t) for t in range(1, rounds + 1))]
    worths = [0.0, *expected]
    simulated = [one.of_kept(one.worth) for one in played]
    best = max(range(rounds), key=lambda t: round(expected[t], 9)) + 1
    shown = [*scores, *worths, *simulated]
    low, high = min(shown), max(shown)
    room = 0.12 * (high - low)
    marks = _marks(contest, rounds, worths, best, high + room)
    return {
        "data": [
            *_cloud(played),
            _line("score", scores, {"color": CENTRAL, "width": 2, "dash": "dash"}),
            _line("quality", worths, {"color": HONEST, "width": 3}),
            {
                "type": "scatter",
                "mode": "markers",
                "name": "quality, simulated",
                "x": list(range(1, rounds + 1)),
                "y": thin(simulated),
                "xaxis": "x2",
                "yaxis": "y2",
                "showlegend": False,
                "marker": {"color": HONEST, "symbol": "circle-open", "size": 9},
                "hovertemplate": "round %{x}: %{y:.3g}",
            },
        ],
        "layout": layout(
            height=520,
            xaxis=axis("score", anchor="y", zeroline=False),
            yaxis=axis("what it is worth", domain=[0.52, 1], zeroline=True, nticks=6),
            xaxis2=axis(
                "round of keeping and copying",
                anchor="y2",
                domain=[0, 0.84],
                range=[-0.15, rounds + 0.15],
                tickvals=list(range(rounds + 1)),
                showgrid=False,
            ),
            yaxis2=axis(
                "of those kept",
                anchor="x2",
                domain=[0, 0.36],
                range=thin([low - room, high + 2 * room]),
                nticks=6,
            ),
            shapes=marks[0],
            annotations=marks[1],
        ),
    }


def _cloud(played: Sequence[Round]) -> list[dict[str, Any]]:
    first, last = played[0], played[-1]
    rest = np.flatnonzero(~last.kept)[:LATE]
    won = np.flatnonzero(last.kept)[:WON]
    dots = []
    if len(played) > 1:
        faint = {"color": CENTRAL, "symbol": "x-thin", "size": 5}
        faint["line"] = {"color": CENTRAL, "width": 1}
        dots.append(_dots("first round", first, np.arange(EARLY), faint))
    blue = {"color": DECENTRALISED, "symbol": "circle", "size": 5, "opacity": 0.6}
    orange = {"color": THRESHOLD, "symbol": "triangle-up", "size": 8}
    dots.append(_dots("last round" if len(played) > 1 else "not kept", last, rest, blue))
    dots.append(_dots("kept", last, won, orange))
    mean = {"color": READER, "symbol": "diamond", "size": 14}
    mean["line"] = {"color": CENTRAL, "width": 1}
    centre = _dots("mean of kept", last, won[:0], mean)
    centre["x"], centre["y"] = thin([last.of_kept(last.score)]), thin([last.of_kept(last.worth)])
    return [*dots, centre]


def _dots(name: str, one: Round, which: Any, marker: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": thin(one.score[which], 3),
        "y": thin(one.worth[which], 3),
        "marker": marker,
        "hovertemplate": "score %{x:.3g}, worth %{y:.3g}",
    }


def _line(name: str, values: Sequence[float], line: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(range(len(values))),
        "y": thin(values),
        "xaxis": "x2",
        "yaxis": "y2",
        "line": line,
        "showlegend": False,
        "hovertemplate": f"{name}, round %{{x}}: %{{y:.3g}}",
    }


def _marks(
    contest: Contest, rounds: int, worths: Sequence[float], best: int, top: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Names beside the lines, and the best round if it is not the last."""
    ends = sorted([(contest.score(rounds), "score"), (worths[-1], "quality")])
    near = ends[1][0] - ends[0][0] < 0.15 * top
    words = [
        {
            "text": text,
            "x": rounds,
            "xshift": 8,
            "y": thin([y])[0],
            "xref": "x2",
            "yref": "y2",
            "xanchor": "left",
            "yanchor": edge if near else "middle",
            "showarrow": False,
        }
        for (y, text), edge in zip(ends, ("top", "bottom"), strict=True)
    ]
    if best == rounds:
        return [], words
    shape = {
        "type": "line",
        "xref": "x2",
        "yref": "y2 domain",
        "x0": best,
        "x1": best,
        "y0": 0,
        "y1": 1,
        "line": {"color": THRESHOLD, "width": 2, "dash": "dot"},
    }
    label = {"text": f"best: round {best}", "xref": "x2", "yref": "y2", "x": best, "y": top}
    # On the side with room for it: the names of the lines stand at the right end.
    side = ("left", 3) if 2 * best <= rounds else ("right", -3)
    label |= {"xanchor": side[0], "yanchor": "middle", "xshift": side[1], "showarrow": False}
    return [shape], [*words, label]
