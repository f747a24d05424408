"""inference/routing.py against closed forms, against other people's runs, and against SimPy."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from ..inference.grid import TIME, on_grid
from ..inference.operators import Market, Operator, make_market
from ..inference.policies import POLICIES, Policy, PowerOfThree, Request, View
from ..inference.queueing import md1_wait, mmc_wait, supermarket_time
from ..inference.routing import Outcome, simulate
from ..inference.workload import Workload, make_workload
from .check import Check

Floats = npt.NDArray[np.float64]
Service = Callable[[np.random.Generator, int], Floats]
SEEDS, STUDENT_99 = 20, 2.861  # Student's t for 19 degrees of freedom, both tails together 1%
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
def wait_ratios(
    load: float, slots: int, count: int, service: Service, own_rates: bool = True
) -> Floats:
    """Mean time in the queue of one operator over its closed form, for each of SEEDS seeds.

    own_rates: take the closed form at the arrival rate and mean service time that each run really
    had. What is left is the queue's own noise, about a third less. Not near saturation, where the
    closed form bends too much for that.
    """
    found = []
    for seed in range(SEEDS):
        work, market = textbook(load, 1, slots, count, service, seed)
        wait = steady(simulate(work, market, "random", seed=seed).wait)
        cut = count // 5
        rate, mean = load * slots, 1.0
        if own_rates:
            rate = (count - cut) / (work.time[-1] - work.time[cut])
            mean = float(work.work[cut:].mean())
        exact = md1_wait(rate, mean) if service is constant else mmc_wait(rate, 1 / mean, slots)
        found.append(wait / exact)
    return np.array(found)


def sojourn(
    load: float,
    servers: int,
    policy: str | type[Policy],
    staleness: float,
    count: int,
    seed: int,
) -> float:
    """Mean time in the system of `servers` operators of one slot each, in mean service times."""
    work, market = textbook(load, servers, 1, count, exponential, seed)
    return steady(simulate(work, market, policy, staleness, seed).latency)


class TwoDraws(Policy):
    """Two choices drawn with replacement, as in the theory: the two may be the same operator."""

    def choose(self, request: Request, view: View) -> int:
        a, b = view.pick(), view.pick()
        return b if view.outstanding[b] < view.outstanding[a] else a


def jobs_each(load: float, servers: int) -> float:
    """Mean jobs at each of few operators under TwoDraws: four seeds, by Little's law."""
    times = [sojourn(load, servers, TwoDraws, 0.0, 100_000, seed) for seed in range(4)]
    return load * float(np.mean(times))


def half_width(values: Floats) -> float:
    """Half of the 99% confidence interval of the mean of SEEDS independent runs."""
    return float(STUDENT_99 * values.std(ddof=1) / np.sqrt(SEEDS))


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


# (name, load, slots, service, requests a seed: enough for an interval narrower than 2%)
QUEUES: tuple[tuple[str, float, int, Service, int], ...] = (
    ("M/M/1 at 0.5", 0.5, 1, exponential, 50_000),
    ("M/M/1 at 0.8", 0.8, 1, exponential, 100_000),
    ("M/M/4 at 0.8", 0.8, 4, exponential, 200_000),
    ("M/D/1 at 0.8", 0.8, 1, constant, 60_000),
)
NEAR_SATURATION = (0.95, 1, 100_000, exponential, False)
# (load, d, policy, operators, requests)
CHOICES: tuple[tuple[float, int, str | type[Policy], int, int], ...] = (
    (0.7, 2, "power_of_two", 1000, 300_000),
    (0.9, 2, "power_of_two", 1000, 300_000),
    (0.7, 3, PowerOfThree, 500, 200_000),
)
# Gast and Van Houdt's refinement for few operators, jobs = limit + constant / operators:
# (load, limit, constant) by rmftool 0.5; how they were made is in tests/data.
REFINED = ((0.7, 1.130117639222398, 0.8490655377094016), (0.9, 2.352651639591488, 3.98642698717557))
FEW = 20
SIMPY = ((0.0, 0.0, 0.7), (0.5, 0.1, 0.9))  # staleness, failure, load


def checks() -> list[Check]:
    """About six seconds on one core."""
    return [*_queues(), *_choices(), *_few(), *_simpy()]


def _queues() -> list[Check]:
    found = []
    for name, load, slots, service, count in QUEUES:
        ratios = wait_ratios(load, slots, count, service)
        found.append(
            Check(
                model="routing: one operator's queue",
                against=f"{name}, mean wait",
                source="erlang1917" if slots > 1 else "kleinrock1975",
                error=float(abs(ratios.mean() - 1)),
                tolerance=0.02,
                why=f"relative; {SEEDS} seeds of {count:,} requests, 99% confidence "
                f"{half_width(ratios):.1%} either way",
                test=f"{TESTS}::test_queue_against_its_closed_form",
            )
        )
    ratios = wait_ratios(*NEAR_SATURATION)
    width = half_width(ratios)
    found.append(
        Check(
            model="routing: one operator's queue",
            against="M/M/1 at 0.95, mean wait",
            source="kleinrock1975",
            error=float(abs(ratios.mean() - 1)),
            tolerance=width,
            why=f"relative; so near to saturation {SEEDS} seeds of {NEAR_SATURATION[2]:,} requests "
            "only tell that the closed form lies in the 99% confidence interval, "
            f"{width:.1%} either way",
            test=f"{TESTS}::test_queue_near_saturation",
        )
    )
    return found


def _choices() -> list[Check]:
    return [
        Check(
            model=f"routing: power of {d} choices, {servers} operators",
            against=f"mean-field limit at load {load}, {supermarket_time(load, d):.4f} services",
            source="mitzenmacher2001",
            error=abs(
                sojourn(load, servers, policy, 0.0, count, 1) / supermarket_time(load, d) - 1
            ),
            tolerance=0.02,
            why="relative; the limit is for infinitely many operators, and a finite number adds a "
            "term of order one over that number (see the next rows)",
            test=f"{TESTS}::test_power_of_choices_against_the_mean_field",
        )
        for load, d, policy, servers, count in CHOICES
    ]


def _few() -> list[Check]:
    return [
        Check(
            model=f"routing: power of 2 choices, {FEW} operators",
            against=f"refined mean field at load {load}, {limit + constant / FEW:.4f} jobs each",
            source="gast2018",
            error=abs(jobs_each(load, FEW) / (limit + constant / FEW) - 1),
            tolerance=0.03,
            why="relative; the noise of four seeds of 100,000 requests, up to 2.5% at load 0.9 "
            "(two standard errors), and a term of order one over the operators squared",
            test=f"{TESTS}::test_few_operators_against_the_refined_mean_field",
        )
        for load, limit, constant in REFINED
    ]


def _simpy() -> list[Check]:
    found = []
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
