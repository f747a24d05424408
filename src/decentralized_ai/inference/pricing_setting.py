"""The market that the demo shows: its operators, its buyers, and what is measured in it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .pricing import Market, Run
from .pricing_sellers import SELLERS, Seller, rank, spread
from .pricing_theory import overshoot

MACHINES, USUAL = 54, 36  # machines that could be there; buyers a round, who pay up to `TOP` times
TOP = 4.0  # the mean full cost. So a bit more than half the machines are needed.
LUCK = 0.02  # by which the number of buyers varies from round to round
WARM, SHOWN, START = 40, 160, 30  # rounds not shown, rounds shown, and the wave's first of them
SPREADS = {"wide": 0.5, "near": 0.1, "equal": 0.0}


def make_market(
    line: list[Seller] | None,
    costs: str,
    mix: float,
    running: int,
    entry: int,
    step: float,
    target: float,
    largest: int,
    seed: int,
) -> Market:
    """In percent what a reader sets in percent. `line`: the sellers, cheapest first, or drawn."""
    if line:
        full = np.repeat([seller.blended(mix) for seller in line], MACHINES // len(line))
    else:
        wide = SPREADS[costs]
        full = np.sort(1 - wide + 2 * wide * np.random.default_rng([seed, 3]).random(MACHINES))
    own = np.zeros(MACHINES, dtype=bool)
    own[[(2 * i + 1) * MACHINES // (2 * largest) for i in range(largest)]] = True
    top = TOP * sum(full.tolist()) / MACHINES if line else TOP
    return Market(full, own, running / 100, top, entry / 100, step / 100, target / 100)


def in_wave(shock: float) -> int:
    return round(USUAL * shock)


def make_buyers(shock: float, lasts: int, seed: int) -> Any:
    """Buyers in each round: the usual number, in the wave `shock` times it, and some luck."""
    level = np.full(WARM + SHOWN, float(USUAL))
    level[WARM + START : WARM + START + lasts] *= shock
    luck = np.random.default_rng([seed, 7]).standard_normal(WARM + SHOWN)
    return np.rint(level * (1 + LUCK * luck)).astype(np.int64)


def measure(market: Market, runs: dict[str, Run], shock: float, lasts: int) -> dict[str, float]:
    """Dollars per million tokens, machines, shares between 0 and 1."""
    end = START + lasts
    metrics: dict[str, float] = {"shock": shock, "lasts": float(lasts), "machines": MACHINES}
    metrics["needed"], metrics["balance"] = market.balance(USUAL)
    metrics["needed_wave"], metrics["balance_wave"] = market.balance(in_wave(shock))
    used = market.costs[: int(metrics["needed"])]
    metrics["cost_ratio"] = metrics["balance"] / float(market.costs[0])
    metrics["mean_cost"] = sum(used.tolist()) / max(1, len(used))
    for rule, run in runs.items():
        price, before = run.price, mean(run.price[10:START])
        during = price[START:end]
        extreme = float(during.min() if shock < 1 else during.max())
        late = mean(price[-30:])
        back = np.flatnonzero(np.abs(price[end:] - before) <= 0.1 * before)
        found = {
            "before": before,
            "extreme": extreme,
            "low": float(price.min()),
            "high": float(price.max()),
            "paid": mean(price * run.sold) * len(price) / max(1, int(run.sold.sum())),
            "late": late,
            "swing": (float(price[-30:].max()) - float(price[-30:].min())) / late,
            "rise": float((price[1:] / price[:-1]).max()) - 1,
            "machines": mean(run.machines[10:START]),
            "most_machines": float(run.machines.max()),
            "use": int(run.sold.sum()) / max(1, int(run.machines.sum())),
            "withheld": mean(run.withheld),
        }
        if run.possible.any():
            found["gain"] = mean(run.gain) / mean(run.possible)
        if rule == "posted":
            found["wider"] = mean(run.widest[10:START]) - 1
        if len(back):
            found["back"] = float(back[0])
        if rule == "uniform" and market.own.sum() > 1:
            honest = mean(run.own_income) - mean(run.extra)
            found["extra"] = mean(run.extra) / max(1e-9, honest)
        metrics |= {f"{rule}.{key}": float(value) for key, value in found.items()}
    if "base_fee" in runs:
        metrics["base_fee.over"] = metrics["base_fee.use"] / market.target - 1
        if market.step < 1:
            metrics["base_fee.bound"] = overshoot(market.step, market.target)
        metrics["base_fee.top_rise"] = market.step * (1 - market.target) / market.target
    return metrics


def mean(values: Any) -> float:
    return sum(float(v) for v in values) / len(values)


def asked(line: list[Seller], mix: float) -> dict[str, float]:
    """What the sellers ask at this mix, and how many ask less than some of them."""
    prices = [seller.blended(mix) for seller in line]
    found = {"cheapest": prices[0], "dearest": prices[-1], "spread": spread(prices)}
    found["spread_input"] = spread([seller.input for seller in SELLERS])
    found["spread_output"] = spread([seller.output for seller in SELLERS])
    return found | {f"rank.{seller.name}": float(rank(seller.name, mix)) for seller in SELLERS}
