"""The picture of sumcheck: what was sent and what is true, what was claimed, who gets through."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...contract.figure import CENTRAL, CHEATING, HONEST, READER, THRESHOLD, axis, layout, thin
from ...verification.field import Field
from ...verification.sumcheck_cheats import product_bound, product_chance
from ...verification.sumcheck_watch import Round, Watched, measured, values_at

DRAWN = 101  # up to this size of field every point is drawn; above, the points sent and one more
FIELDS = {
    "5": "5",
    "13": "13",
    "31": "31",
    "101": "101",
    "1009": "1,009",
    "65537": "65,537",
    "2147483647": "2,147,483,647",
}
MARKS: dict[str, tuple[str, str, int]] = {  # colour, symbol, size
    "true": (HONEST, "circle-open", 9),
    "sent": (CHEATING, "x", 7),
    "meet": (THRESHOLD, "square-open", 16),
    "held": (HONEST, "circle", 11),
    "broken": (CHEATING, "x", 11),
    "accepted": (HONEST, "circle-open", 24),
    "refused": (THRESHOLD, "octagon-open", 24),
    "here": (READER, "diamond-open", 15),
}
MEASURED, RUNS = (5, 13, 31, 101), 400
END = 0.7  # room for the word below the verdict


def figure(seen: Watched, shown: int, p: int, bits: tuple[int, int, int]) -> dict[str, Any]:
    """Above: what was sent and what is true. Then: what was claimed. Below: who gets through."""
    step = seen.rounds[shown - 1]
    small, high = p <= DRAWN, p if p <= DRAWN else 1
    last = {None: "accepted", "final": "refused"}.get(seen.caught, "end")
    steps = ["C", "x,y", *(str(j + 1) for j in range(seen.total_rounds)), last]
    frame = {"x0": shown + 0.6, "x1": shown + 1.4, "y0": 0, "y1": 1}
    box = {"type": "rect", "xref": "x2", "yref": "y2 domain", "line": {"color": READER, "width": 2}}
    shapes: list[dict[str, Any]] = [{**box, **frame}]
    notes = [
        _note("✕ measured", 3.5, 0.9, CHEATING),
        _note("- - bound", 3.5, 0.65, THRESHOLD),
        _note("◇ this field", 3.5, 0.4, READER),
    ]
    if step.challenge is not None:
        at = step.challenge if small else 3
        dash = {"color": THRESHOLD, "width": 2, "dash": "dash"}
        shapes.append(
            {"type": "line", "x0": at, "x1": at, "yref": "y domain", "y0": 0, "y1": 1, "line": dash}
        )
        side = "right" if at > (0.6 * p if small else 2) else "left"
        top = {"xref": "x", "yref": "y domain", "yanchor": "bottom", "xanchor": side}
        notes.append(
            {"text": f"challenge {step.challenge:,}", "x": at, "y": 1, "showarrow": False, **top}
        )
    four = {"tickvals": [0, 1, 2, 3], "ticktext": ["0", "1", "2", "challenge"]}
    points = "every point of the field" if small else f"4 of {p:,} points"
    return {
        "data": [*_polynomials(step, p), *_strip(seen), *_soundness(p, bits)],
        "layout": layout(
            height=540,
            margin={"l": 50, "r": 14, "t": 8, "b": 44},
            xaxis=axis(
                f"round {shown} of {seen.total_rounds}: {points}",
                range=[-0.04 * p, 1.04 * p - 1] if small else [-0.4, 3.4],
                zeroline=False,
                **({} if small else four),
            ),
            yaxis=axis(
                "value" if small else "value / p",
                **{"domain": [0.6, 0.95], "range": [-0.06 * high, 1.06 * high], "zeroline": False},
            ),
            xaxis2=_ticks("claims: C, C at (x, y), each round", "y2", steps, END),
            yaxis2=axis(
                "",
                **{"anchor": "x2", "domain": [0.34, 0.47], "range": [-0.6, 1.6], "zeroline": False},
                **{"tickvals": [0, 1], "ticktext": ["false", "true"]},
            ),
            xaxis3=_ticks(
                "numbers in the field", "y3", ["5", "13", "31", "101", "1,009", "", "2 bn"]
            ),
            yaxis3=axis(
                "% believed",
                **{"anchor": "x3", "domain": [0, 0.2], "range": [-6, 112], "zeroline": False},
                **{"tickvals": [0, 50, 100]},
            ),
            shapes=shapes,
            annotations=notes,
        ),
    }


def _ticks(title: str, anchor: str, names: list[str], room: float = 0.0) -> dict[str, Any]:
    places = [*range(len(names) - 1), len(names) - 1 + room]
    ends = {"range": [-0.6, places[-1] + 0.6], "zeroline": False, "tickangle": 0}
    return axis(title, anchor=anchor, tickvals=places, ticktext=names, **ends)


def _note(text: str, x: float, y: float, colour: str) -> dict[str, Any]:
    where = {"xref": "x3", "yref": "y3 domain", "xanchor": "left", "showarrow": False}
    where["yanchor"] = "middle"
    return {"text": text, "x": x, "y": y, "font": {"color": colour}, **where}


def _dots(panel: str, x: Any, y: Any, kind: str, said: str, **more: Any) -> dict[str, Any]:
    colour, symbol, size = MARKS[kind]
    look: dict[str, Any] = {"color": colour, "symbol": symbol, "size": size}
    look |= {"line": {"width": 2.5}} if "open" in symbol else {}
    axes = {"xaxis": f"x{panel}", "yaxis": f"y{panel}", "showlegend": not panel}
    base = {"type": "scatter", "mode": "markers", "x": x, "y": y, "marker": look}
    return {**base, **axes, "hovertemplate": said, **more}


def _line(y: Any, colour: str, dash: str, said: str) -> dict[str, Any]:
    look = {"mode": "lines", "line": {"color": colour, "dash": dash, "width": 2}}
    return _dots("3", list(range(len(FIELDS))), y, "sent", said, **look)


def _polynomials(step: Round, p: int) -> list[dict[str, Any]]:
    """The true polynomial and the one sent, at every point, or at those sent and the challenge."""
    points, places, scale = [0, 1, 2], [0, 1, 2], p
    if p <= DRAWN:
        points, places, scale = list(range(p)), list(range(p)), 1
    elif step.challenge is not None:
        points, places = [*points, step.challenge], [*places, 3]
    true, sent = (values_at(Field(p), each, np.array(points)) for each in (step.true, step.sent))
    said = "at %{x}: %{y}"
    data = [_dots("", places, thin(true / scale), "true", said, name="true")]
    if step.lied:
        meet = [i for i in range(len(points)) if true[i] == sent[i]]
        x, y = [places[i] for i in meet], thin(true[meet] / scale)
        data.append(_dots("", places, thin(sent / scale), "sent", said, name="sent"))
        data.append(_dots("", x, y, "meet", "they meet at %{x}", name="they meet"))
    return data


def _strip(seen: Watched) -> list[dict[str, Any]]:
    """What was claimed after each step: true or false, and where it was refused."""
    claims = [int(truth) for truth in seen.truths]
    true, false = ([i for i, claim in enumerate(claims) if claim == kind] for kind in (1, 0))
    end = seen.total_rounds + 2 + END if seen.caught in (None, "final") else len(claims)
    verdict, sign = ("accepted", "✓") if seen.caught is None else ("refused", "✗")
    chain = {"mode": "lines", "line": {"color": CENTRAL, "width": 1}, "hoverinfo": "skip"}
    return [
        _dots("2", list(range(len(claims))), claims, "held", "", **chain),
        _dots("2", true, [1] * len(true), "held", "true"),
        _dots("2", false, [0] * len(false), "broken", "false"),
        _dots("2", [end], [0.5], verdict, verdict, mode="markers+text", text=[sign]),
    ]


def _soundness(p: int, bits: tuple[int, int, int]) -> list[dict[str, Any]]:
    """The best liar's chance by size of the field: exact, its bound, and as it came out."""
    sizes = [int(name) for name in FIELDS]
    law, bound = ([100 * f(size, bits) for size in sizes] for f in (product_chance, product_bound))
    passed = np.array([measured(size, bits[1], RUNS) for size in MEASURED])
    spread = thin(200 * np.sqrt(passed * (1 - passed) / RUNS))  # two standard errors: 95%
    bars = {"error_y": {"array": spread, "color": CHEATING}}
    places, here = [sizes.index(size) for size in MEASURED], sizes.index(p)
    return [
        _line(thin(bound), THRESHOLD, "dash", "bound %{y:.3g}%"),
        _line(thin(law), CHEATING, "solid", "exact %{y:.3g}%"),
        _dots("3", places, thin(100 * passed), "sent", f"%{{y:.1f}}% of {RUNS} lies", **bars),
        _dots("3", [here], thin([law[here]]), "here", "this field: %{y:.3g}%"),
    ]
