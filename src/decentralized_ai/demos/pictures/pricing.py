"""The pictures of pricing: prices and machines over time, or the operators lined up by cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...contract import Column, Table
from ...contract.figure import (
    CENTRAL,
    DECENTRALISED,
    READER,
    SERIES,
    THRESHOLD,
    axis,
    layout,
    thin,
)
from ...inference.pricing import Market, Run
from ...inference.pricing_sellers import Seller
from ...inference.pricing_setting import MACHINES, USUAL
from ...inference.pricing_words import NAMES
from ...quantities import settled

STYLES = dict(zip(NAMES, (SERIES[0], SERIES[2], SERIES[1], SERIES[4]), strict=True))
EVERY = 2  # rounds from one point drawn to the next


def over_time(
    market: Market, buyers: Any, runs: dict[str, Run], wave: tuple[int, int], words: str
) -> dict[str, Any]:
    """Above: the mean price paid. Below: machines in the market. Orange: where full costs meet
    the buyers."""
    rounds = np.arange(0, len(buyers), EVERY)
    start, end = wave
    usual, high = market.balance(int(np.median(buyers))), market.balance(int(buyers[start]))
    steps = [0, start, start, end, end, len(buyers) - 1]
    data = []
    for name, run in runs.items():
        style = STYLES[name]
        line = {"color": style["color"], "dash": style["dash"], "width": 2.5}
        moves = np.flatnonzero(np.diff(run.machines)) + 1
        turns = np.concatenate([[0], moves, [len(buyers) - 1]])
        data += [
            _line(NAMES[name], rounds, run.price[rounds], line, "$%{y:.2f}"),
            _line(NAMES[name], turns, run.machines[turns], line, "%{y} machines", below=True),
        ]
    bound = {"color": THRESHOLD, "dash": "dashdot", "width": 2}
    for row, below in ((1, False), (0, True)):
        y = [usual[row], usual[row], high[row], high[row], usual[row], usual[row]]
        data.append(_line("balance of the long run", steps, y, bound, "%{y}", below=below))
    top = 1.12 * max(max(float(run.price.max()) for run in runs.values()), high[1])
    most = max(max(int(run.machines.max()) for run in runs.values()), high[0])
    band = {"type": "rect", "xref": "x", "yref": "paper", "x0": start, "x1": end, "y0": 0, "y1": 1}
    return {
        "data": data,
        "layout": layout(
            height=500,
            xaxis=axis("round", anchor="y2", range=[0, len(buyers) - 1]),
            yaxis=axis("$ per million tokens", range=thin([0, top]), domain=[0.42, 1]),
            yaxis2=axis("machines", range=thin([0, 1.15 * most]), domain=[0, 0.34], nticks=4),
            shapes=[{**band, "fillcolor": CENTRAL, "opacity": 0.12, "line": {"width": 0}}],
            annotations=[
                {
                    "text": words,
                    "x": (start + end) / 2 if end - start > 30 else start,
                    "xanchor": "center" if end - start > 30 else "left",
                    "y": 1,
                    "yref": "paper",
                    "yanchor": "top",
                    "showarrow": False,
                }
            ],
        ),
    }


def _line(
    name: str, x: Any, y: Any, line: dict[str, Any], hover: str, below: bool = False
) -> dict[str, Any]:
    place = {"yaxis": "y2", "showlegend": False} if below else {}
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "legendgroup": name,
        "x": [int(v) for v in x],
        "y": [int(v) for v in y] if below else thin(y, 3),
        "line": {**line, "shape": "hv"} if below else line,
        "hovertemplate": f"round %{{x}}: {hover}",
        **place,
    }


def lined_up(
    market: Market, usual: int, wave: int, sellers: tuple[Seller, ...] | None
) -> dict[str, Any]:
    """Every machine as a bar, cheapest first, and what the buyers would pay, dearest first."""
    costs, count = market.costs, len(market.costs)
    place = np.arange(count)
    needed = [market.balance(buyers) for buyers in dict.fromkeys((usual, wave))]
    low, high = min(units for units, _ in needed), max(units for units, _ in needed)
    names = [f"machine {i + 1}" for i in place]
    labels = []
    if sellers:
        network = np.array([seller.network for seller in sellers])
        groups = [
            ("sellers", CENTRAL, 0.7, "", ~network),
            ("say they are decentralised", DECENTRALISED, 0.7, "/", network),
        ]
        names = [seller.name for seller in sellers]
        for i in np.flatnonzero(network)[1 :: count // 18]:  # the middle one of its machines
            labels.append(_upright(names[i], int(i) + 1, float(costs[i])))
    else:
        large = market.own if market.own.sum() > 1 else np.zeros(count, dtype=bool)
        always = "needed" if low == high else "needed always"
        groups = [
            (always, DECENTRALISED, 0.8, "", ~large & (place < low)),
            ("at times", DECENTRALISED, 0.4, "", ~large & (place >= low) & (place < high)),
            ("never", CENTRAL, 0.3, "", ~large & (place >= high)),
            ("the largest operator's", READER, 0.8, "/", large),
        ]
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": name,
            "x": [int(i) + 1 for i in np.flatnonzero(which)],
            "y": thin(costs[which], 3),
            "hovertext": [names[i] for i in np.flatnonzero(which)],
            "width": 0.8,
            "opacity": opacity,
            "marker": {"color": color, "pattern": {"shape": shape}},
            "hovertemplate": "%{hovertext}: $%{y:.2f}",
        }
        for name, color, opacity, shape, which in groups
        if which.any()
    ]
    for name, buyers, dash in (("buyers, usual", usual, "solid"), ("buyers, wave", wave, "dash")):
        if name == "buyers, wave" and wave == usual:
            continue
        values = market.values(buyers)[: count + 6]
        line = {"color": THRESHOLD, "dash": dash, "width": 2.5, "shape": "hv"}
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": [i + 0.5 for i in range(len(values))],
                "y": thin(values, 3),
                "line": line,
                "hovertemplate": "buyer %{x:.0f} pays at most $%{y:.2f}",
            }
        )
    mark = {"color": THRESHOLD, "symbol": "diamond", "size": 12}
    data.append(
        {
            "type": "scatter",
            "mode": "markers+text",
            "name": "dearest needed",
            "text": [f"<b>${settled(price):.2f}</b>" for _, price in needed],
            "textposition": ["middle right" if sellers else "top left", "top left"][: len(needed)],
            "x": [units for units, _ in needed],
            "y": thin([price for _, price in needed], 3),
            "marker": {**mark, "line": {"width": 1, "color": CENTRAL}},
            "hovertemplate": "%{x} machines, the dearest $%{y:.2f}",
        }
    )
    return {
        "data": data,
        "layout": layout(
            height=460,
            barmode="overlay",
            xaxis=axis("machines, cheapest first", range=[0, count + 1]),
            yaxis=axis("$ per million tokens", range=thin([0, 1.6 * float(costs[-1])])),
            annotations=labels,
        ),
    }


def _upright(text: str, x: int, y: float) -> dict[str, Any]:
    """A name that stands on its bar."""
    place = {"x": x, "y": thin([y], 3)[0], "yanchor": "bottom", "textangle": -90}
    return {"text": text, **place, "showarrow": False}


def time_table(buyers: Any, runs: dict[str, Run]) -> Table:
    rounds = range(0, len(buyers), 10)
    columns = [Column("round"), Column("buyers")]
    for rule in runs:
        columns += [Column(f"{NAMES[rule]}: price", "$"), Column("machines", "", 0)]
    rows = []
    for now in rounds:
        row: list[str | float | None] = [f"{now}", f"{int(buyers[now])}"]
        for run in runs.values():
            row += [float(run.price[now]), float(run.machines[now])]
        rows.append(tuple(row))
    caption = "Mean price paid per million tokens, and machines in the market, every 10 rounds."
    return Table(caption, tuple(columns), tuple(rows))


def line_table(market: Market, wave: int, line: list[Seller] | None, mix: float) -> Table:
    usual, high = market.balance(USUAL)[0], market.balance(wave)[0]
    if line:
        each = MACHINES // len(line)
        rows = tuple(
            (
                seller.name,
                seller.input,
                seller.output,
                seller.precision or "not said",
                "yes" if seller.network else "no",
                seller.blended(mix),
                float(min(each, max(0, usual - each * i))),
                float(min(each, max(0, high - each * i))),
            )
            for i, seller in enumerate(line)
        )
        return Table(
            "Asked for Qwen3.8-27B on 7 October 2026, per million tokens (silybench-data, CC BY "
            "4.0). Each seller stands for three machines here.",
            (
                Column("seller"),
                Column("read", "$", 4),
                Column("written", "$", 3),
                Column("precision"),
                Column("says it is decentralised"),
                Column("at this mix", "$", 3),
                Column("machines needed", "", 0),
                Column("in the wave", "", 0),
            ),
            rows,
        )
    rows_ = tuple(
        (
            f"{i + 1}",
            float(market.costs[i]),
            "the largest" if market.own[i] and market.own.sum() > 1 else "one of many",
            "yes" if i < usual else "no",
            "yes" if i < high else "no",
        )
        for i in range(0, MACHINES, 3)
    )
    return Table(
        "Every third machine, cheapest first.",
        (
            Column("machine"),
            Column("full cost", "$ per million tokens"),
            Column("owner"),
            Column("needed"),
            Column("needed in the wave"),
        ),
        rows_,
    )
