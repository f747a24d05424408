"""The picture of voting: who has how much of the vote under each rule, and what capture costs."""

from __future__ import annotations

import math
from typing import Any

from ...contract.figure import (
    CENTRAL,
    CHEATING,
    DECENTRALISED,
    READER,
    SERIES,
    THRESHOLD,
    axis,
    layout,
    thin,
)
from ...governance.voting import RULES, Tally, Vote
from ...governance.voting_attacks import ATTACKS, Plan, Support
from ...governance.voting_conviction import USUAL

LARGE = 10
SHORT = {
    "token": "token",
    "account": "account",
    "quadratic": "quadratic",
    "delegated": "delegated",
    "conviction": "conviction",
}
WAYS = {"buy": "buy", "split": "split", "borrow": "loan", "bribe": "bribe"}
CHEAP = 0.4  # where less than a dollar stands on the scale of costs
EDGE = 1.09  # of the scale of shares
TICKS = {CHEAP: "<$1", 1e2: "$100", 1e4: "$10k", 1e6: "$1M", 1e8: "$100M"}


def figure(
    vote: Vote,
    spent: dict[str, Tally | Support],
    passed: dict[str, bool],
    plans: dict[str, dict[str, Plan | None]],
    rule: str,
    attack: str,
    budget: float,
) -> dict[str, Any]:
    """Above: the vote after the attack. Below: the least that each attack takes, for each rule."""
    parts = [_parts(vote, name, spent[name]) for name in RULES]
    won = [_won(vote, spent[name]) for name in RULES]
    rows = list(range(len(RULES)))
    styles = (
        ("the proposer", CENTRAL, ""),
        ("bought by the attack", CHEATING, "/"),
        ("against: ten largest", DECENTRALISED, ""),
        ("against: all others", str(SERIES[1]["color"]), "."),
    )
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "x": thin([part[at] for part in parts]),
            "y": rows,
            "marker": {
                "color": colour,
                "pattern": {"shape": shape},
            },
            "hovertemplate": f"{name}: %{{x:.1%}}",
        }
        for at, (name, colour, shape) in enumerate(styles)
    ]
    data.append(_needed(vote, spent))
    data += _costs(passed, plans, rule, attack)
    bold = {name: f"<b>{text}</b>" if name == rule else text for name, text in SHORT.items()}
    words = [
        f"{bold[name]}<br>{'passes' if ok else 'fails'}"
        for name, ok in zip(RULES, won, strict=True)
    ]
    return {"data": data, "layout": _layout(words, list(bold.values()), budget)}


def _won(vote: Vote, state: Tally | Support) -> bool:
    if isinstance(state, Tally):
        return vote.passes(state)
    return state.share >= USUAL.threshold(vote.request) * (1 - 1e-12)


def _parts(vote: Vote, rule: str, state: Tally | Support) -> tuple[float, float, float, float]:
    """Shares of the bar: proposer, attack, the ten largest against, the rest."""
    top = math.fsum(vote.held[:LARGE]) / vote.rest
    if isinstance(state, Support):
        scale = state.grown / state.active
        return state.own * scale, state.extra * scale, 0.0, 0.0  # nobody votes against
    cast = state.yes + state.against
    if rule == "account":
        large = min(vote.turnout * LARGE, state.against)
    elif rule == "quadratic":
        large = min(vote.turnout * math.fsum(vote.roots[:LARGE]), state.against)
    elif rule == "delegated" and vote.through:
        own = vote.turnout * (1 - vote.delegated) / vote.through
        large = state.against * (1 - own + own * top)
    else:
        large = state.against * top
    return state.own / cast, state.extra / cast, large / cast, (state.against - large) / cast


def _needed(vote: Vote, spent: dict[str, Tally | Support]) -> dict[str, Any]:
    """An orange mark on each bar; an arrow where more than all that is cast would be needed."""
    least = [
        vote.needed(state) if isinstance(state, Tally) else USUAL.threshold(vote.request)
        for state in spent.values()
    ]
    beyond = [share > 1 for share in least]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "needed",
        "cliponaxis": False,
        "x": thin([min(share, EDGE - 0.05) for share in least]),
        "y": list(range(len(RULES))),
        "marker": {
            "symbol": ["triangle-right" if over else "line-ns" for over in beyond],
            "size": [13 if over else 24 for over in beyond],
            "color": THRESHOLD,
            "line": {"color": THRESHOLD, "width": 4},
        },
        "hovertemplate": [
            "more than all votes cast" if share > 1 else f"needed: {share:.1%}" for share in least
        ],
    }


def _costs(
    passed: dict[str, bool],
    plans: dict[str, dict[str, Plan | None]],
    rule: str,
    attack: str,
) -> list[dict[str, Any]]:
    """A mark for each attack that works; the chosen one a diamond."""
    data = []
    for at, way in enumerate(ATTACKS):
        rows = [
            (row, plan.cost)
            for row, name in enumerate(RULES)
            if (plan := plans[name][way]) is not None and not passed[name]
        ]
        data.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "name": WAYS[way],
                "showlegend": False,
                "x": thin([max(cost, CHEAP) for _, cost in rows]),
                "y": [round(row - 0.3 + 0.2 * at, 2) for row, _ in rows],
                "yaxis": "y2",
                "xaxis": "x2",
                "text": [f"<b>{WAYS[way]}</b>" if way == attack else WAYS[way]] * len(rows),
                "textposition": [
                    "middle left" if cost > 3e6 else "middle right" for _, cost in rows
                ],
                "textfont": {"size": 11},
                "marker": {
                    "color": CHEATING,
                    "symbol": "diamond" if way == attack else "circle",
                    "size": 10 if way == attack else 6,
                },
                "hovertemplate": f"{WAYS[way]}: $%{{x:,.3s}}",
            }
        )
    said = {
        row: "passes alone: nothing to pay" if passed[name] else "no attack works"
        for row, name in enumerate(RULES)
        if passed[name] or not any(plans[name].values())
    }
    data.append(
        {
            "type": "scatter",
            "mode": "text",
            "name": "no cost",
            "showlegend": False,
            "x": [CHEAP] * len(said),
            "y": list(said),
            "xaxis": "x2",
            "yaxis": "y2",
            "text": list(said.values()),
            "textposition": "middle right",
            "textfont": {"size": 12},
            "hoverinfo": "skip",
        }
    )
    return data


def _layout(words: list[str], names: list[str], budget: float) -> dict[str, Any]:
    rows = {"tickvals": list(range(len(RULES))), "zeroline": False, "automargin": True}
    faint = {"color": CENTRAL, "width": 1, "dash": "dot"}
    between = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y2", "line": faint}
    shapes = [{**between, "y0": row - 0.5, "y1": row - 0.5} for row in range(1, len(RULES))]
    notes = []
    if budget:
        shapes.append(
            {
                "type": "line",
                "xref": "x2",
                "yref": "paper",
                "x0": budget,
                "x1": budget,
                "y0": 0,
                "y1": 0.45,
                "line": {"color": READER, "width": 2, "dash": "dash"},
            }
        )
        notes.append(
            {
                "text": "your budget",
                "xref": "x2",
                "x": math.log10(budget),
                "yref": "paper",
                "y": 0.45,
                "xanchor": "left" if budget < 1e6 else "right",
                "yanchor": "bottom",
                "showarrow": False,
            }
        )
    return layout(
        height=520,
        barmode="stack",
        bargap=0.35,
        margin={"l": 74, "r": 10, "t": 8, "b": 44},
        xaxis=axis(
            "", range=[0, EDGE], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1], anchor="y"
        ),
        yaxis={
            **rows,
            "ticktext": words,
            "range": [len(RULES) - 0.5, -0.5],
            "domain": [0.55, 1],
            "showgrid": False,
        },
        xaxis2=axis(
            "what capture costs",
            type="log",
            range=[math.log10(CHEAP) - 0.2, 10],
            tickvals=list(TICKS),
            ticktext=list(TICKS.values()),
            anchor="y2",
            domain=[0, 1],
        ),
        yaxis2={
            **rows,
            "ticktext": names,
            "range": [len(RULES) - 0.5, -0.5],
            "domain": [0, 0.45],
            "anchor": "x2",
            "showgrid": False,
        },
        shapes=shapes,
        annotations=notes,
    )
