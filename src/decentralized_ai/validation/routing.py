"""inference/routing.py against closed forms, against other people's runs, and against SimPy."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from ..inference.grid import TIME, on_grid
from ..inference.operators import Market, Operator, make_market
from ..inference.policies import POLICIES, Policy, PowerOfThree
from ..inference.queueing import md1_wait, mmc_wait, supermarket_time
from ..inference.routing import Outcome, simulate
from ..inference.workload import Workload, make_workload
from .check import Check

Floats = npt.NDArray[np.float64]
Service = Callable[[np.random.Generator, int], Floats]
TESTS = "tests/inference/test_routing.py"


def exponential(rng: np.random.Generator, count: int) -> Floats:
    return rng.exponential(size=count)


def constant(rng: np.random.Generator, count: int) -> Floats:
    return np.ones(count)


def textbook(load: float, servers: int, slots: int, count: int, service: Service, seed: int) -> (
    tuple[Workload, Market]
):  # fmt: skip
    """Poisson arrivals at `load` times the capacity of `servers` equal operators of `slots` slots,
    with mean service 1 s, no slowdown and no distance: what the textbooks describe."""
    rng = np.random.default_rng([seed, 9])
    time = np.cumsum(on_grid(rng.exponential(1 / (load * servers * slots), count), TIME))
    amount = np.maximum(on_grid(service(rng, count), TIME), TIME)
    same = np.zeros(count, dtype=np.int64)
    work = Workload(time, same, same + 1, same + 1, amount, amount, load)
    operator = Operator(region=0, slots=slots, pace=(1.0,) * slots)
    return work, Market((operator,) * servers, ((0.0,) * servers,))


def steady(values: Floats) -> float:
    """The mean without the first fifth, in which the empty start still shows."""
    return float(values[len(values) // 5 :].mean())


@cache
def waits(load: float, slots: int, count: int, seeds: int, service: Service) -> Floats:
    """Mean time in the queue of one operator, for each seed; s."""
    found = []
    for seed in range(seeds):
        work, market = textbook(load, 1, slots, count, service, seed)
        found.append(steady(simulate(work, market, "random", seed=seed).wait))
    return np.array(found)


@cache
def sojourn(
    load: float, servers: int, policy: str | type[Policy], staleness: float, count: int, seed: int
) -> float:
    """Mean time in the system of `servers` operators of one slot each, in mean service times."""
    work, market = textbook(load, servers, 1, count, exponential, seed)
    return steady(simulate(work, market, policy, staleness, seed).latency)


def half_width(values: Floats) -> float:
    """Half of the 99% confidence interval of a mean of ten independent runs (Student's t)."""
    if len(values) != 10:
        raise ValueError("the factor 3.250 is for ten values")
    return float(3.250 * values.std(ddof=1) / np.sqrt(10))


def against_simpy(policy: str, staleness: float, failure: float, load: float) -> float:
    """Largest difference in seconds of any request's start or end from SimPy's; infinite if any
    request is answered by someone else or after another number of attempts."""
    from .simpy_reference import SimPyMarket

    market = make_market(5, 0.8, failure, seed=3)
    work = make_workload(market, load, 600, "bursty", seed=4)
    ours = simulate(work, market, policy, staleness, seed=5)
    theirs = SimPyMarket(work, market, POLICIES[policy](), staleness, seed=5)
    if not np.array_equal(ours.operator, theirs.operator):
        return float("inf")
    if not np.array_equal(ours.attempts, theirs.attempts):
        return float("inf")
    return max(_apart(ours.ended, theirs.ended), _apart(*_starts(ours, theirs.started)))


def _starts(ours: Outcome, theirs: Floats) -> tuple[Floats, Floats]:
    return ours.started[ours.served], theirs[ours.served]


def _apart(a: Floats, b: Floats) -> float:
    return float(np.abs(a - b).max(initial=0.0))


# (name, load, slots, service, closed form of the mean wait)
QUEUES: tuple[tuple[str, float, int, Service, float], ...] = (
    ("M/M/1 at 0.5", 0.5, 1, exponential, mmc_wait(0.5, 1, 1)),
    ("M/M/1 at 0.8", 0.8, 1, exponential, mmc_wait(0.8, 1, 1)),
    ("M/M/4 at 0.8", 0.8, 4, exponential, mmc_wait(3.2, 1, 4)),
    ("M/D/1 at 0.8", 0.8, 1, constant, md1_wait(0.8, 1)),
)
# (load, d, policy, operators)
CHOICES: tuple[tuple[float, int, str | type[Policy], int], ...] = (
    (0.7, 2, "power_of_two", 1000),
    (0.9, 2, "power_of_two", 1000),
    (0.7, 3, PowerOfThree, 1000),
)
SIMPY = ((0.0, 0.0, 0.7), (0.5, 0.1, 0.9))  # staleness, failure, load


def checks() -> list[Check]:
    found = []
    for name, load, slots, service, exact in QUEUES:
        runs = waits(load, slots, 150_000, 10, service)
        found.append(
            Check(
                model="routing: one operator's queue",
                against=f"{name}, mean wait {exact:.4g} s",
                source="kleinrock1975",
                error=abs(runs.mean() / exact - 1),
                tolerance=0.02,
                why="relative; ten seeds of 150,000 requests, 99% confidence "
                f"+-{half_width(runs) / exact:.1%}",
                test=f"{TESTS}::test_queue_against_its_closed_form",
            )
        )
    runs, exact = waits(0.95, 1, 150_000, 10, exponential), mmc_wait(0.95, 1, 1)
    found.append(
        Check(
            model="routing: one operator's queue",
            against=f"M/M/1 at 0.95, mean wait {exact:.4g} s",
            source="kleinrock1975",
            error=abs(runs.mean() - exact),
            tolerance=half_width(runs),
            why="seconds; the closed form lies in the 99% confidence interval of ten seeds",
            test=f"{TESTS}::test_queue_near_saturation",
        )
    )
    for load, d, policy, servers in CHOICES:
        limit = supermarket_time(load, d)
        found.append(
            Check(
                model=f"routing: power of {d} choices, {servers} operators",
                against=f"mean-field limit at {load}, {limit:.4g} service times",
                source="mitzenmacher2001",
                error=abs(sojourn(load, servers, policy, 0.0, 400_000, 1) / limit - 1),
                tolerance=0.03,
                why="relative; the limit is for infinitely many operators, and 1,000 differ from "
                "it by a term of order 1/1,000 times a factor that grows with the load",
                test=f"{TESTS}::test_power_of_choices_against_the_mean_field",
            )
        )
    for staleness, failure, load in SIMPY:
        found.append(
            Check(
                model=f"routing: all {len(POLICIES)} policies, load {load}, reports {staleness} s "
                f"old, {failure:.0%} failing",
                against="SimPy, each request's operator, attempts, start and end",
                source="simpy",
                error=max(against_simpy(policy, staleness, failure, load) for policy in POLICIES),
                tolerance=0.0,
                why="seconds; all times lie on one grid, so nothing is rounded",
                test=f"{TESTS}::test_request_by_request_against_simpy",
            )
        )
    return found
