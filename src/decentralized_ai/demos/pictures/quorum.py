"""The picture of quorum: how often a wrong answer is accepted, and committees, seat by seat."""

from __future__ import annotations

from collections import Counter
from math import log10
from typing import Any

from ...contract.figure import CENTRAL, CHEATING, HONEST, READER, axis, layout, thin
from ...verification import quorum_words as words
from ...verification.quorum_committee import COLLUDER, LAZY, NONE, RIGHT, WRONG, Played

SHARES = tuple(range(61))  # percent who collude
SHOWN = 5  # committees drawn


def figure(
    curves: dict[str, list[float]],
    ones: list[float],
    hits: dict[int, tuple[int, int]],
    shown: list[Played],
    colluders: int,
    here: float,
    reveal: str,
) -> dict[str, Any]:
    """Above: how often a wrong answer is accepted. Below: a few committees, seat by seat."""
    # Two axes only, so that the picture jumps at most once as a slider moves.
    lowest = 1e-3 if curves["commit"][5] > 1e-3 and here > 1e-3 else words.LEAST

    def line(name: str, values: list[float], style: dict[str, Any]) -> dict[str, Any]:
        kept = [
            (share, p) for share, p in zip(SHARES, values, strict=True) if p >= words.LEAST / 10
        ]
        return {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": [share for share, _ in kept],
            "y": thin([p for _, p in kept]),
            "line": style,
            "hovertemplate": "%{x}% collude: %{y:.2~%}",
        }

    solid = {"color": HONEST, "width": 3}
    dashed = {"color": CHEATING, "width": 3, "dash": "dash"}
    data = [
        line("Ask one", ones, {"color": CENTRAL, "width": 2, "dash": "dot"}),
        *(
            line(words.SHORT[mode], values, solid if mode == "commit" else dashed)
            for mode, values in curves.items()
        ),
        _dots(hits, reveal),
        {
            "type": "scatter",
            "mode": "markers",
            "name": "Your setting",
            "x": [colluders],
            "y": [max(1.4 * lowest, float(f"{here:.4g}"))],
            "marker": {
                "color": READER,
                "size": 14,
                "symbol": "diamond" if here >= lowest else "triangle-down",
            },
            "hovertemplate": words.percent(here) + " accepted wrongly",
        },
        *_seats(shown),
    ]
    seats = max(7, len(shown[0].kinds))
    return {
        "data": data,
        "layout": layout(
            height=520,
            xaxis=axis("% of operators who collude", range=[0, 61], dtick=10),
            yaxis=axis(
                "wrong answer accepted",
                type="log",
                range=[round(log10(lowest)), 0.1],
                tickvals=[10.0**e for e in range(-5, 1)],
                ticktext=["0.001%", "0.01%", "0.1%", "1%", "10%", "100%"],
                domain=[0.47, 1],
            ),
            xaxis2={"anchor": "y2", "range": [0.4, 0.8 + 1.34 * seats], "visible": False},
            yaxis2={"anchor": "x2", "domain": [0, 0.23], "range": [5.6, 0.4], "visible": False},
            annotations=_captions(shown),
        ),
    }


def _dots(hits: dict[int, tuple[int, int]], reveal: str) -> dict[str, Any]:
    """Simulated committees with intervals; a share without a hit has no place on a log axis."""
    found = [(share, *seen) for share, seen in hits.items() if seen[1]]
    shares = [wrong / tries for _, tries, wrong in found]
    ends = [words.interval(tries, wrong) for _, tries, wrong in found]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Simulated",
        "x": [share for share, _, _ in found],
        "y": thin(shares),
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": thin([high - p for (_, high), p in zip(ends, shares, strict=True)]),
            "arrayminus": thin([p - low for (low, _), p in zip(ends, shares, strict=True)]),
            "thickness": 1.5,
            "color": HONEST if reveal == "commit" else CHEATING,
        },
        "marker": {"color": HONEST if reveal == "commit" else CHEATING, "size": 8},
        "hovertemplate": "%{y:.2~%} of the simulated committees",
    }


COLOURS = {WRONG: CHEATING, RIGHT: HONEST, NONE: CENTRAL}
SYMBOLS = dict(zip(words.KINDS, ("x", "diamond", "circle", "circle", "circle-open"), strict=True))


def _seats(shown: list[Played]) -> list[dict[str, Any]]:
    """A row of seats for each committee, in the order in which they answer, and what came out."""
    seats = len(shown[0].kinds)
    at = {"type": "scatter", "xaxis": "x2", "yaxis": "y2", "showlegend": False}
    size = 11 if seats <= 11 else 8 if seats <= 21 else 6
    traces: list[dict[str, Any]] = []
    for kind, symbol in SYMBOLS.items():
        places = [
            (seat + 1, row + 1, COLOURS[played.votes[seat]])
            for row, played in enumerate(shown)
            for seat in range(seats)
            if played.kinds[seat] == kind
        ]
        x, y, colours = ([place[i] for place in places] for i in range(3))
        marker = {"size": size, "symbol": symbol, "color": colours}
        told = {"hovertemplate": words.KINDS[kind] + "<extra></extra>"}
        traces.append({**at, **told, "mode": "markers", "x": x, "y": y, "marker": marker})
    return [
        *traces,
        {
            **at,
            "mode": "text",
            "x": [seats + 0.7] * len(shown),
            "y": list(range(1, len(shown) + 1)),
            "text": [words.RESULTS[played.outcome] for played in shown],
            "textposition": "middle right",
            "textfont": {"color": [COLOURS[played.outcome] for played in shown]},
            "hoverinfo": "skip",
        },
    ]


def _captions(shown: list[Played]) -> list[dict[str, Any]]:
    """Above the seats: what the marks mean. Below: who was caught, in the protocol's own words."""

    def paint(colour: str, text: str) -> str:
        return f'<span style="color:{colour}">{text}</span>'

    caught = Counter(
        fault
        for played in shown
        for kind, fault in zip(played.kinds, played.faults, strict=True)
        if fault and kind in (LAZY, COLLUDER) and not fault.endswith("never came")
    )
    colludes = paint(CHEATING, "\u2715")
    right, wrong = paint(HONEST, "right"), paint(CHEATING, "wrong")
    reasons = [f"Caught {times}: {fault}" for fault, times in caught.items()]
    lines = (
        (0.295, f"{SHOWN} committees: \u25cf works, {colludes} colludes, \u25c6 copies"),
        (0.245, f"Answer: {right}, {wrong}, {paint(CENTRAL, 'not counted')}. First at left."),
        (-0.07, "; ".join(reasons) or "Caught: nobody"),
    )
    place: dict[str, Any] = {"xref": "paper", "yref": "paper", "x": 0, "xshift": -58}
    place |= {"xanchor": "left", "align": "left", "showarrow": False}
    return [
        {**place, "y": y, "yanchor": "bottom", "text": text, "font": {"size": 12 if y > 0 else 11}}
        for y, text in lines
    ]
