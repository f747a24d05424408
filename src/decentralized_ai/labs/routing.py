"""The checkers of the lab "Who should answer this request?".

Every checker runs the learner's answer on workloads that the lab does not show (other seeds).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..inference.routing import POLICIES, Policy, make_market, make_workload
from .contest import REQUESTS, Wrong, accept, mean, run, tournament
from .verdict import Verdict, not_yet, right

MARKET = {"operators": 8, "inequality": 0.5, "failure": 0.01, "seed": 1}
SEEDS = range(21, 27)  # the lab's own cells use 1, 2, 3, ...

QUIET = 0.1  # the load that exercise 1 compares with
AGES = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0)  # s
LOAD_3, BUDGET, GOAL = 0.5, 0.85, 0.5  # exercise 3: the last two are shares of random's

HELD_OUT = range(101, 113)


def check_1(load: Any) -> Verdict:
    """At which load is the p95 of random routing twice what it is at load 0.1?"""
    if load is None:
        return not_yet("Set answer_1 to a load, for instance answer_1 = 0.8, and run the cell.")
    if isinstance(load, bool) or not isinstance(load, int | float | np.number):
        return not_yet(f"A load is one number, a share of capacity; this is {_short(load)}.")
    if 2 < load <= 100:
        return not_yet(f"Loads are shares, not per cent: did you mean {load / 100:g}?")
    if not 0.01 <= load <= 2:
        return not_yet("The simulator takes loads from 0.01 (almost nobody) to 2 (twice too many).")
    here, quiet = _built_in("random", float(load)), _built_in("random", QUIET)
    ratio = here["p95"] / quiet["p95"]
    found = (
        f"At load {load:g} the p95 is {here['p95']:.1f} s, {ratio:.1f} times the "
        f"{quiet['p95']:.1f} s at load {QUIET:g}."
    )
    if ratio < 1.6:
        return not_yet(f"{found} Twice needs more load.")
    if ratio > 2.6:
        return not_yet(f"{found} That is beyond twice: try less load.")
    return right(
        f"{found} {1 - load:.0%} of the market is idle. But random routing gives the slowest "
        "operator as much as the fastest, so its queue is long already."
    )


def check_2(policy: Any, age: Any = None) -> Verdict:
    """Write the policy that picks the fewest outstanding requests. How old may its news be?"""
    try:
        fresh = _average(accept(policy))
        best, random = _built_in("least_outstanding"), _built_in("random")
        if fresh["p95"] > random["p95"]:
            return not_yet(
                f"With perfect information your p95 is {fresh['p95']:.1f} s, worse than random's "
                f"{random['p95']:.1f} s. Do you pick the most instead of the fewest, or an "
                "operator whatever its load?"
            )
        if fresh["p95"] > 1.25 * best["p95"]:
            return not_yet(
                f"With perfect information your p95 is {fresh['p95']:.1f} s; picking the fewest "
                f"gives about {best['p95']:.1f} s. Compare view.outstanding[j] for all j in "
                "view.choices."
            )
        if age is None:
            return not_yet(
                f"The policy works: p95 {fresh['p95']:.1f} s with perfect information. Now the "
                "second half: from which age of information on is power of two better?"
            )
        if isinstance(age, bool) or age not in AGES:
            return not_yet(f"The age must be one of {', '.join(f'{a:g}' for a in AGES)} (seconds).")
        mine, two = _both(policy, age)
        found = f"At age {age:g} s yours has a p95 of {mine:.1f} s, power of two {two:.1f} s."
        if mine <= two:
            return not_yet(f"{found} Yours still wins there: look at older information.")
        before = AGES[AGES.index(age) - 1]
        mine, two = _both(policy, before)
        # One step of the grid where the two are within 5% of each other is a matter of luck.
        if mine > 1.05 * two:
            return not_yet(
                f"{found} But at {before:g} s power of two is better already "
                f"({mine:.1f} s against {two:.1f} s): look at fresher information."
            )
    except Wrong as error:
        return not_yet(str(error))
    return right(
        f"{found} This is herding: between two reports everyone is sent to the same idle "
        "operator. Two random choices spread the crowd."
    )


def check_3(policy: Any) -> Verdict:
    """At load 0.5: at most 85% of the cost of random routing, at most half of its p95."""
    try:
        mine = _average(accept(policy), LOAD_3)
    except Wrong as error:
        return not_yet(str(error))
    random = _built_in("random", LOAD_3)
    cost, time = mine["cost"] / random["cost"], mine["p95"] / random["p95"]
    found = (
        f"It costs ${1000 * mine['cost']:.3f} for a thousand requests, {cost:.0%} of random's, "
        f"with a p95 of {mine['p95']:.1f} s, {time:.0%} of random's."
    )
    if cost > BUDGET and time > GOAL:
        return not_yet(f"{found} Both are too high: does it look at prices and at queues?")
    if cost > BUDGET:
        return not_yet(
            f"{found} The budget is {BUDGET:.0%}: let a price weigh more against a second of "
            "waiting, so that cheap operators may fill up further. Do you count price_in too?"
        )
    if time > GOAL:
        return not_yet(
            f"{found} The price is fine, the goal is {GOAL:.0%}: cheap operators have a queue. Let "
            "view.outstanding[j] / view.slots[j] make them less attractive, a little at a time."
        )
    return right(f"{found} Cheaper and faster at once: random wastes both.")


def check_4(policy: Any) -> Verdict:
    """Win the tournament on markets that you have not seen."""
    try:
        standings = tournament({"yours": policy}, seeds=HELD_OUT)
    except Wrong as error:
        return not_yet(str(error))
    mine = next(row for row in standings.rows if row.name == "yours")
    rivals = [row for row in standings.rows if row.name != "yours"]
    best = next(row for row in rivals if row.rank == 1 or (row.rank == 2 and mine.rank == 1))
    found = f"On {len(HELD_OUT)} new markets your p95 is {mine.p95:.1f} s"
    if mine.rank is None:
        return not_yet(
            f"{found}, but it costs ${mine.dollars:.3f} for a thousand requests: more than "
            f"${standings.dearest:.3f} is buying speed. A second copy of a request is paid for too."
        )
    if mine.rank > 1:
        hint = (
            "What did you send since the last report? view.outstanding does not know, but you do."
            if mine.rank <= 3
            else "Start from the rule of power of two: it bears old information well."
        )
        return not_yet(f"{found}, rank {mine.rank}; {best.name} has {best.p95:.1f} s. {hint}")
    return right(f"{found}, rank 1; the best built-in one, {best.name}, has {best.p95:.1f} s.")


def _both(policy: type[Policy], age: float) -> tuple[float, float]:
    return _average(policy, age=age)["p95"], _built_in("power_of_two", age=age)["p95"]


@cache
def _built_in(policy: str, load: float = 0.7, age: float = 0.0) -> dict[str, float]:
    return _average(POLICIES[policy], load, age)


def _average(policy: type[Policy], load: float = 0.7, age: float = 0.0) -> dict[str, float]:
    """The mean summary over SEEDS on the lab's market; Wrong if the policy cannot be run."""
    market = make_market(**MARKET)  # type: ignore[arg-type]
    every = [
        run(make_workload(market, load, REQUESTS, seed=seed), market, policy, age, seed)
        for seed in SEEDS
    ]
    return {name: mean([summary[name] for summary in every]) for name in every[0]}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
