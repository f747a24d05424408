"""Placeholder while the model is being written: same controls, closed-form numbers."""

import math

from ..contract import (Challenge, Choice, Column, Demo, Guess, MultiChoice, Preset, Slider, Table, View, linear)
from ..contract.figure import SERIES, axis, layout, thin

POLICIES = {
    "random": "Random",
    "round_robin": "Round robin",
    "least_outstanding": "Least outstanding",
    "power_of_two": "Power of two choices",
    "cheapest": "Cheapest",
    "nearest": "Nearest",
    "score": "Price-latency score",
    "price_weighted": "Price-weighted, outage filter",
    "learned": "Learned (UCB)",
    "hedged": "Hedged",
}


def compute(load, operators, inequality, policies, staleness, failure, arrivals, seed):
    data, rows, metrics = [], [], {}
    for i, name in enumerate(policies):
        mean = (1 + i) / max(0.02, 1.2 - load) * (1 + inequality) * (1 + staleness / 30)
        p95 = 3 * mean
        xs = [mean * q / 5 for q in range(41)]
        data.append({"type": "scatter", "mode": "lines", "name": POLICIES[name], "x": thin(xs),
                     "y": thin([1 - math.exp(-x / mean) for x in xs]),
                     "line": {"color": SERIES[i]["color"], "dash": SERIES[i]["dash"], "width": 2}})
        rows.append((POLICIES[name], mean, p95, 100 * failure))
        metrics[f"{name}.p95"] = p95
    central = 1 / max(0.02, 1.2 - load)
    rows.append(("Central", central, 3 * central, 0.0))
    metrics["central.p95"] = 3 * central
    best = min(policies, key=lambda p: metrics[f"{p}.p95"])
    return View(
        figure={"data": data, "layout": layout(xaxis=axis("seconds to the last token"), yaxis=axis("share of requests"))},
        takeaway=f"{POLICIES[best]} answers 95% of requests within {metrics[best + '.p95']:.2f} s; the central provider needs {3 * central:.2f} s.",
        metrics=metrics,
        table=Table("Latency by policy", (Column("policy"), Column("mean", "s"), Column("p95", "s"), Column("failed", "%", 1)), tuple(rows)),
        scene={"kind": "flow", "policies": []},
    )


DEMO = Demo(
    id="routing", title="Who should answer this request?", part="inference",
    question="Eight operators serve the same model. How much does the choice of operator matter?",
    guess=Guess("At 70% load, which policy has the smallest p95?", ("Random", "Power of two choices", "Cheapest"), lambda view: 1, "Because."),
    controls=(
        Slider("load", "Offered load", 0.7, linear(0.1, 1.1, 0.05), "of capacity"),
        Slider("operators", "Operators", 8, (2, 3, 4, 6, 8, 10, 12, 14, 18, 24, 32, 48, 64)),
        Slider("inequality", "How unequal they are", 0.5, linear(0.0, 1.0, 0.1)),
        MultiChoice("policies", "Policies to compare", ("random", "power_of_two", "cheapest"), POLICIES, 4),
        Slider("staleness", "Age of load information", 0.0, (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0), "s"),
        Slider("failure", "Requests that fail", 0.01, linear(0.0, 0.2, 0.01)),
        Choice("arrivals", "Arrivals", "poisson", {"poisson": "Steady (Poisson)", "bursty": "In bursts"}),
        Slider("seed", "Random seed", 1, linear(0, 99, 1)),
    ),
    main="load",
    presets=(
        Preset("supermarket", "The supermarket", "64 equal operators at 90% load.", "mitzenmacher2001", {"operators": 64, "inequality": 0.0, "load": 0.9}),
        Preset("stale", "Old news", "Load reports ten seconds old.", "mitzenmacher2000", {"staleness": 10.0}),
    ),
    challenges=(
        Challenge("beat", "Beat the central provider's p95.", "Few operators?", lambda v: min(x for k, x in v.metrics.items() if k != "central.p95") < v.metrics["central.p95"] * 0.9),
        Challenge("calm", "Make the p95 of the best policy less than 3 s.", "Less load.", lambda v: v.metrics["central.p95"] < 3),
    ),
    compute=compute,
)
