"""Who should answer this request? Policies of a marketplace beside one central provider."""

from __future__ import annotations

from typing import Any

from ..contract import (
    Challenge,
    Choice,
    Column,
    Demo,
    Guess,
    MultiChoice,
    Preset,
    Slider,
    Table,
    View,
    linear,
)
from ..inference.routing import (
    POLICIES,
    Outcome,
    make_market,
    make_workload,
    simulate,
    simulate_central,
)
from .pictures.routing import MEASURES, NAMES, figure, scene

REQUESTS = 1500  # enough for a p95 that a reader can trust, few enough for a slider to feel live


def compute(
    load: float,
    operators: int,
    inequality: float,
    policies: tuple[str, ...],
    staleness: float,
    failure: float,
    arrivals: str,
    measure: str,
    seed: int,
) -> View:
    """One market, one stream of requests, each policy in turn, and one provider with one queue."""
    market = make_market(operators, inequality, failure / 100, seed)
    work = make_workload(market, load / 100, REQUESTS, arrivals, seed)
    outcomes = {name: simulate(work, market, name, staleness, seed) for name in policies}
    central = simulate_central(work, market, failure=failure / 100, seed=seed)

    timed = {name: getattr(outcome, measure)[outcome.served] for name, outcome in outcomes.items()}
    timed_central = getattr(central, measure)[central.served]
    metrics = _metrics(outcomes | {"central": central})
    return View(
        figure=figure(market, outcomes, timed, timed_central, measure),
        takeaway=_takeaway(policies, metrics, measure, load),
        metrics=metrics,
        table=_table(outcomes | {"central": central}, metrics),
        scene=scene(market, work, outcomes, central),
    )


def _metrics(outcomes: dict[str, Outcome]) -> dict[str, float]:
    """Seconds over the answered requests, dollars per 1,000 requests, shares between 0 and 1."""
    metrics: dict[str, float] = {}
    for name, outcome in outcomes.items():
        summary = outcome.summary()
        metrics |= {
            f"{name}.p50": summary["p50"],
            f"{name}.p95": summary["p95"],
            f"{name}.first_p95": summary["first_p95"],
            f"{name}.cost": 1000 * summary["cost"],
            f"{name}.unanswered": summary["failed"],
            f"{name}.attempts": summary["attempts"],
            f"{name}.busiest": summary["busiest"],
            f"{name}.top_share": float(outcome.requests.max() / max(1, outcome.requests.sum())),
        }
    return metrics


def _takeaway(policies: tuple[str, ...], metrics: Any, measure: str, load: float) -> str:
    key = "p95" if measure == "latency" else "first_p95"
    slow_end = {name: metrics[f"{name}.{key}"] for name in (*policies, "central")}
    best = min(policies, key=slow_end.__getitem__)
    worst = max(policies, key=slow_end.__getitem__)
    what = MEASURES[measure]
    rival = f"the central provider, with one queue for everything, {_s(slow_end['central'])}"
    words = [
        f"At {load:g}% load, {NAMES[best]} brings {what} to 19 of 20 answered requests within "
        f"{_s(slow_end[best])}; {rival}."
    ]
    if worst != best and _s(slow_end[worst]) != _s(slow_end[best]):
        words.append(f"{NAMES[worst]} is slowest of the policies: {_s(slow_end[worst])}.")
    lost = max(policies, key=lambda name: metrics[f"{name}.unanswered"])
    if metrics[f"{lost}.unanswered"] > 0:
        share = 100 * metrics[f"{lost}.unanswered"]
        words.append(f"Under {NAMES[lost]}, {share:.1f}% of requests are never answered.")
    return " ".join(words)


def _s(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:,.0f} s"


def _table(outcomes: dict[str, Outcome], metrics: dict[str, float]) -> Table:
    def row(name: str) -> tuple[str | float, ...]:
        def get(key: str) -> float:
            return metrics[f"{name}.{key}"]

        return (
            NAMES.get(name, "Central provider"),
            *(get(key) for key in ("p50", "p95", "first_p95", "cost")),
            100 * get("unanswered"),
            100 * get("busiest"),
            100 * get("top_share"),
        )

    return Table(
        f"{REQUESTS:,} requests, by policy. Times are over the answered requests.",
        (
            Column("policy"),
            Column("last token, median", "s"),
            Column("last token, p95", "s"),
            Column("first token, p95", "s"),
            Column("cost of 1,000 requests", "$", 3),
            Column("never answered", "%"),
            Column("use of the busiest operator", "%", 0),
            Column("largest share of requests", "%", 0),
        ),
        tuple(row(name) for name in outcomes),
    )


def _of(view: View, key: str) -> dict[str, float]:
    """The metric `key` of each policy that the view compares; central aside."""
    return {
        name.removesuffix(f".{key}"): value
        for name, value in view.metrics.items()
        if name.endswith(f".{key}") and not name.startswith("central.")
    }


def _fast_and_fair(view: View) -> bool:
    cost, central = _of(view, "cost"), view.metrics
    return any(
        p95 < central["central.p95"] and cost[name] <= central["central.cost"]
        for name, p95 in _of(view, "p95").items()
    )


def _looking_hurts(view: View) -> bool:
    p95 = _of(view, "p95")
    return {"random", "least_outstanding"} <= set(p95) and (
        p95["least_outstanding"] > 2 * p95["random"]
    )


def _sooner(view: View) -> bool:
    return min(_of(view, "first_p95").values()) < 0.75 * view.metrics["central.first_p95"]


DEMO = Demo(
    id="routing",
    title="Who should answer this request?",
    part="inference",
    question=(
        "Several operators serve the same model, in different places, at different prices. "
        "A router picks one for each request. How much does the choice matter, and can a "
        "marketplace be as quick as one provider with the same machines?"
    ),
    guess=Guess(
        "Eight operators, 70% load. Random choice against looking at all the queues: whose slow "
        "end (the time that one request in twenty exceeds) is longer, and by how much?",
        ("About the same", "Random's is up to half as long again", "Random's is longer than that"),
        lambda view: sum(
            view.metrics["random.p95"] > factor * view.metrics["least_outstanding.p95"]
            for factor in (1.1, 1.5)
        ),
        "Random choice leaves some operators idle while others have a queue. The average request "
        "hardly notices. One in twenty meets the long queue, and the slow end shows it.",
    ),
    controls=(
        Slider("load", "Offered load", 70, linear(10, 110, 5), "%", "share of all capacity"),
        Slider("operators", "Operators", 8, (2, 3, 4, 6, 8, 10, 12, 14, 18, 24, 32)),
        Slider(
            "inequality",
            "How unequal they are",
            0.3,
            linear(0.0, 1.0, 0.1),
            help="0: all alike. 1: speed and slots from a quarter to four times the middle",
        ),
        MultiChoice(
            "policies",
            "Policies to compare",
            ("random", "least_outstanding", "power_of_two"),
            NAMES,
            most=4,
        ),
        Slider(
            "staleness",
            "Time between load reports",
            0.0,
            (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0),
            "s",
            "0: the router always knows",
        ),
        Slider("failure", "Attempts that fail", 1, linear(0, 20, 1), "%"),
        Choice(
            "arrivals",
            "Requests come",
            "poisson",
            {"poisson": "steadily (Poisson)", "bursty": "in bursts"},
        ),
        Choice("measure", "Time until", "latency", MEASURES),
        Slider("seed", "Random seed", 1, linear(0, 99, 1), help="another market, other requests"),
    ),
    main="load",
    presets=(
        Preset(
            "supermarket",
            "The supermarket",
            "Many equal operators near full load: the setting of the proof that two choices are "
            "nearly as good as all.",
            "mitzenmacher2001",
            {"operators": 32, "inequality": 0.0, "load": 90, "failure": 0},
        ),
        Preset(
            "old_news",
            "Old news",
            "The same rules, but load is reported every ten seconds: the herd.",
            "mitzenmacher2000",
            {"inequality": 0.0, "load": 80, "staleness": 10.0},
        ),
        Preset(
            "sellers",
            "Eighteen sellers, one router",
            "As many operators as offered one open model through OpenRouter on 7 October 2026. One "
            "policy chooses as that router's documentation described: by price, without recent "
            "outages.",
            "silybench",
            {
                "operators": 18,
                "policies": ("random", "cheapest", "price_weighted"),
                "staleness": 1.0,
                "load": 40,
            },
        ),
        Preset(
            "swarm",
            "A volunteer swarm",
            "Fourteen very unequal machines, as many as in the largest published Petals test, "
            "and one attempt in ten fails.",
            "petals_readme",
            {
                "operators": 14,
                "inequality": 1.0,
                "failure": 10,
                "load": 30,
                "staleness": 2.0,
                "policies": ("random", "nearest", "learned"),
            },
        ),
        Preset(
            "hedge",
            "A second copy",
            "One attempt in twenty fails, half of them in silence. Slow requests are sent to a "
            "second operator. Then try it in bursts, at a higher load.",
            "dean2013",
            {"failure": 5, "load": 30, "policies": ("power_of_two", "hedged")},
        ),
    ),
    challenges=(
        Challenge(
            "beat_central",
            "Beat the central provider's p95 to the last token without paying more.",
            "One queue is hard to beat. Let operators differ much, keep them idle, choose by price "
            "and time together, and try other seeds: most markets do not allow it.",
            _fast_and_fair,
        ),
        Challenge(
            "looking_hurts",
            "Make looking at all the queues at least twice as slow (p95) as random choice.",
            "What if the look is out of date?",
            _looking_hurts,
        ),
        Challenge(
            "sooner",
            "Bring the first token to 19 of 20 readers in less than three quarters of the time the "
            "central provider takes.",
            "The central provider stands in one place. Have operators near every reader, and "
            "idle ones.",
            _sooner,
        ),
    ),
    compute=compute,
    shown=(simulate, *(POLICIES[name] for name in ("random", "power_of_two"))),
)
