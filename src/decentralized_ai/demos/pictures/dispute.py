"""The picture of dispute: what is still in dispute, round by round, and what settling it costs."""

from __future__ import annotations

import math
from typing import Any

from ...contract.figure import CENTRAL, CHEATING, DECENTRALISED, HONEST, READER, axis, layout, thin
from ...verification.dispute import Round, Verdict
from ...verification.dispute_case import Case

STOPS = (4, 8, 16, 32, 64, 128, 256, 512, 1024)


def figure(
    case: Case,
    verdict: Verdict,
    metrics: dict[str, float],
    curve: list[tuple[int, int]],
    computation: str,
) -> dict[str, Any]:
    """Above: round by round, what is still in dispute, each level of steps from 0 to 100%. Below:
    what the referee does against re-running everything."""
    bars: dict[str, list[Any]] = {"x": [], "y": []}
    marks: dict[bool, dict[str, list[Any]]] = {
        same: {"x": [], "y": [], "text": []} for same in (True, False)
    }
    ticks: list[tuple[int, str]] = []
    inside = case.sizes[-1] if len(case.sizes) > 1 else 1
    row, zoom = 0, None

    def bar(low: int, high: int, steps: int, each: int) -> None:
        bars["x"] += [*thin((100 * low / steps, 100 * high / steps)), None]
        bars["y"] += [row, row, None]
        ticks.append((row, f"{(high - low) * each:,}"))

    def mark(same: bool, at: int, steps: int) -> None:
        marks[same]["x"].append(thin([100 * at / steps])[0])
        marks[same]["y"].append(row)
        marks[same]["text"].append(f"state {at:,} of {steps:,}")

    for depth, steps in enumerate(case.sizes):
        turns: list[Round] = [turn for turn in verdict.rounds if len(turn.path) == depth]
        if depth and not turns:
            break
        each = 1 if depth else inside
        mark(True, 0, steps)
        mark(not turns and not verdict.guilty, steps, steps)
        if not turns:
            bar(0, steps, steps, each)
        low, high = 0, steps
        for number, turn in enumerate(turns):
            row += number > 0
            bar(turn.low, turn.high, steps, each)
            for at, same in zip(turn.points, turn.same, strict=False):
                mark(same, at, steps)
                low, high = (max(low, at), high) if same else (low, min(high, at))
        if depth + 1 < len(case.sizes) and any(len(turn.path) > depth for turn in verdict.rounds):
            zoom = (row, 100 * low / steps)
            row += 3
    ending = _ending(case, verdict)
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "still in dispute",
            **bars,
            "line": {"color": DECENTRALISED, "width": 5},
            "opacity": 0.55,
            "hoverinfo": "skip",
        }
    ]
    for same, name, colour, symbol in (
        (True, "both say the same", HONEST, "circle"),
        (False, "they differ", CHEATING, "x"),
    ):
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                **marks[same],
                "marker": {"color": colour, "symbol": symbol, "size": 8},
                "hovertemplate": "%{text}: " + name + "<extra></extra>",
            }
        )
    data += _costs(case, verdict, curve, inside)
    shown = ticks[:: 1 if len(ticks) <= 12 else 2]
    shapes = [
        {
            "type": "line",
            **{"x0": zoom[1], "y0": zoom[0] + 0.4, "x1": edge, "y1": zoom[0] + 2.6},
            "line": {"color": CENTRAL, "width": 1, "dash": "dot"},
        }
        for edge in (0, 100)
        if zoom is not None
    ]
    notes = [{"x": 50, "y": row + 1.5, "text": ending, "showarrow": False, "yanchor": "middle"}]
    if zoom is not None:
        notes.append(
            {"x": 50, "y": zoom[0] + 1.9, "text": "inside that one step", "showarrow": False}
        )
    word = "operators" if computation == "transformer" else "multiply-adds"
    top = math.log10(STOPS[-1] * inside) + 0.4
    decades = {"type": "log", "dtick": 1, "tickformat": "~s"}
    return {
        "data": data,
        "layout": layout(
            height=520,
            xaxis=axis("position, % of the steps searched", range=[-3, 103], anchor="y"),
            yaxis=axis(
                f"{word} in dispute",
                range=[row + 2.6, -0.8],
                domain=[0.4, 1],
                tickvals=[at for at, _ in shown],
                ticktext=[text for _, text in shown],
                showgrid=False,
                zeroline=False,
            ),
            xaxis2=axis(f"{word} in the run (log)", anchor="y2", **decades),
            yaxis2=axis("count (log)", anchor="x2", domain=[0, 0.22], range=[-0.7, top], **decades),
            shapes=shapes,
            annotations=notes,
        ),
    }


def _costs(
    case: Case, verdict: Verdict, curve: list[tuple[int, int]], inside: int
) -> list[dict[str, Any]]:
    """Below: re-running everything, the hashes that the referee checks, the steps it re-runs."""
    x = [steps * inside for steps, _ in curve]
    below = {"type": "scatter", "xaxis": "x2", "yaxis": "y2", "showlegend": False}
    above = "top center" if inside == 1 else "bottom center"  # where the other line is not

    def line(label: str, where: str, y: list[int], style: dict[str, Any]) -> dict[str, Any]:
        words = [label if place == 3 else "" for place in range(len(x))]
        more = {"text": words, "textposition": where, "hovertemplate": "%{y:,}"}
        return {**below, "mode": "lines+text", "name": label, "x": x, "y": y, "line": style, **more}

    return [
        line(
            "steps, if all re-run",
            "bottom right",
            x,
            {"color": CENTRAL, "width": 2, "dash": "dash"},
        ),
        line("hashes checked", above, [h for _, h in curve], {"color": DECENTRALISED, "width": 2}),
        {
            **below,
            "mode": "markers+text",
            "name": "this dispute",
            "x": [x[0] * case.sizes[0] // curve[0][0]] * 2,
            "y": [verdict.spent.hashes, max(verdict.spent.steps, 0.5)],
            "text": ["", f"steps re-run: {verdict.spent.steps}"],
            "textposition": "middle left" if case.sizes[0] > 64 else "middle right",
            "marker": {"color": READER, "symbol": "diamond", "size": 10},
            "hoverinfo": "skip",
        },
    ]


def _ending(case: Case, verdict: Verdict) -> str:
    """The verdict in a few words, under the last round."""
    if not verdict.guilty:
        return "same answer: no dispute"
    how = "1 step re-run" if verdict.spent.steps else "nothing re-run"
    names = [n if n in case.liars else f"honest {n}" for n in sorted(verdict.guilty)]
    return f"{how}: {' and '.join(names)} {'loses' if len(names) == 1 else 'lose'}"
