"""The picture of routing: who was answered by when, who got the requests; and how they flow."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...contract.figure import CENTRAL, SERIES, THRESHOLD, axis, layout, log_axis, thin
from ...inference.operators import Market, merge
from ...inference.routing import POLICIES, REGIONS, Outcome
from ...inference.workload import Workload

MEASURES = {"latency": "the last token", "first": "the first token"}
NAMES = {name: policy.label for name, policy in POLICIES.items()}


def figure(
    market: Market, outcomes: dict[str, Outcome], timed: Any, timed_central: Any, measure: str
) -> dict[str, Any]:
    """Above: the share of requests answered by a time. Below: who got the requests."""
    shares = np.concatenate([np.linspace(0, 0.9, 31), np.linspace(0.91, 1, 19)])
    cheap_first = sorted(range(len(market)), key=lambda j: market.operators[j].price_out)
    hover = [
        f"{REGIONS[o.region]}, {o.slots} slots, ${o.price_out:.3f} per million tokens out"
        for o in (market.operators[j] for j in cheap_first)
    ]
    places = list(range(1, len(market) + 1))
    capacity = np.array([market.operators[j].token_rate for j in cheap_first])

    def curve(name: str, values: Any, line: dict[str, Any]) -> dict[str, Any]:
        x = np.quantile(values, shares) if len(values) else np.full(len(shares), np.nan)
        return {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "legendgroup": name,
            "x": thin(x) if len(values) else [],
            "y": thin(100 * shares) if len(values) else [],
            "line": line,
            "hovertemplate": "%{y:.0f}% within %{x:.2f} s",
        }

    data = [
        curve("Central provider", timed_central, {"color": CENTRAL, "width": 3}),
        {
            "type": "scatter",
            "mode": "lines",
            "name": "Share of capacity",
            "x": places,
            "y": thin(100 * capacity / capacity.sum()),
            "line": {"color": CENTRAL, "width": 2, "dash": "dot"},
            "xaxis": "x2",
            "yaxis": "y2",
            "hoverinfo": "skip",
        },
    ]
    for (name, outcome), style in zip(outcomes.items(), SERIES, strict=False):
        label, line = NAMES[name], {"color": style["color"], "dash": style["dash"], "width": 2}
        got = outcome.requests[cheap_first] / max(1, outcome.requests.sum())
        data += [
            curve(label, timed[name], line),
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": label,
                "legendgroup": label,
                "showlegend": False,
                "x": places,
                "y": thin(100 * got),
                "text": hover,
                "line": {**line, "width": 1},
                "marker": {"color": style["color"], "symbol": style["symbol"], "size": 8},
                "xaxis": "x2",
                "yaxis": "y2",
                "hovertemplate": "%{y:.1f}% of requests<br>%{text}",
            },
        ]
    at_95 = {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "y0": 95, "y1": 95}
    return {
        "data": data,
        "layout": layout(
            height=520,
            xaxis=log_axis(f"seconds to {MEASURES[measure]} (log scale)"),
            yaxis=axis("% answered by then", range=[0, 101], domain=[0.46, 1]),
            xaxis2=axis("operators, cheapest first", anchor="y2", tickformat="d"),
            yaxis2=axis("% of requests", anchor="x2", rangemode="tozero", domain=[0, 0.3]),
            shapes=[{**at_95, "line": {"color": THRESHOLD, "width": 1, "dash": "dash"}}],
        ),
    }


def scene(
    market: Market, work: Workload, outcomes: dict[str, Outcome], central: Outcome
) -> dict[str, Any]:
    """The first requests of the run, from an empty system, for live/js/scenes/flow.js."""
    shown = min(400, 90 + 2 * sum(operator.slots for operator in market.operators))
    tick = float(work.time[shown - 1]) / 500

    def ticks(seconds: Any) -> list[int]:
        return np.rint(np.asarray(seconds) / tick).astype(int).tolist()

    def lane(name: str, outcome: Outcome, at: Market, is_central: bool) -> dict[str, Any]:
        first = slice(0, shown)
        served = outcome.served[first]
        started = np.where(served, outcome.started[first], outcome.sent[first])
        # The simulator adds the round trip after service; it holds no slot.
        trip = np.array(at.rtt)[work.region[first], outcome.operator[first]]
        busy = np.where(served, outcome.ended[first] - trip - started, 0)
        return {
            "name": name,
            "central": is_central,
            "slots": [operator.slots for operator in at.operators],
            "operator": outcome.operator[first].tolist(),
            "wait": ticks(started - outcome.sent[first]),
            "serve": ticks(busy),
        }

    return {
        "kind": "flow",
        "tick": tick,
        "span": 500,
        "arrive": ticks(work.time[:shown]),
        "lanes": [lane(NAMES[name], outcome, market, False) for name, outcome in outcomes.items()]
        + [lane("Central provider", central, merge(market, region=1), True)],
    }
