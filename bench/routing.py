"""How fast the marketplace runs, beside SimPy on the same requests, and how that grows.

    python bench/routing.py

All figures come from this one run. Each race alternates the two and takes the best of five, so
that a busy machine slows both alike; before a time is believed, the two must agree on the end of
every request.
"""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import simpy

from decentralized_ai.inference.operators import Market
from decentralized_ai.inference.routing import (
    POLICIES,
    make_market,
    make_workload,
    simulate,
    simulate_central,
    uniforms,
)
from decentralized_ai.inference.workload import Workload
from decentralized_ai.validation.simpy_reference import SimPyMarket


def simpy_two_choices(work: Workload, market: Market, seed: int) -> np.ndarray:
    """Power of two choices, as lean as we can write it in SimPy: when each service ends, s."""
    env = simpy.Environment()
    slots = [simpy.Resource(env, operator.slots) for operator in market.operators]
    pace = [operator.pace for operator in market.operators]
    load, count = [0] * len(market), len(market)
    draw = uniforms(seed, 4)
    ends = [0.0] * len(work)

    def request(i: int, amount: float) -> Any:
        a, b = int(draw() * count), int(draw() * (count - 1))
        b += b >= a
        j = b if load[b] < load[a] else a
        load[j] += 1
        with slots[j].request() as slot:
            yield slot
            yield env.timeout(amount * pace[j][slots[j].count - 1])
        load[j] -= 1
        ends[i] = env.now

    def arrivals() -> Any:
        pairs = zip(work.time.tolist(), work.work.tolist(), strict=True)
        for i, (when, amount) in enumerate(pairs):
            yield env.timeout(when - env.now)
            env.process(request(i, amount))

    env.process(arrivals())
    env.run()
    return np.array(ends)


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()  # nobody pays for what the other left behind
    begin = time.perf_counter()
    result = run()
    return time.perf_counter() - begin, result


def race(name: str, count: int, ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    mine, other = zip(*[(timed(ours)[0], timed(theirs)[0]) for _ in range(5)], strict=True)
    fast, slow = count / min(mine), count / min(other)
    print(f"{name}: ours {fast:,.0f} req/s, SimPy {slow:,.0f} req/s, {fast / slow:.1f} x SimPy")


def against_simpy() -> None:
    market = make_market(10, 0.5, seed=1)
    work = make_workload(market, 0.8, 50_000, seed=1)
    out = simulate(work, market, "power_of_two", seed=1)
    trip = np.array(market.rtt)[work.region, out.operator]
    assert np.array_equal(out.ended - trip, simpy_two_choices(work, market, 1))
    race(
        "power of two choices, 10 operators, load 0.8",
        len(work),
        lambda: simulate(work, market, "power_of_two", seed=1),
        lambda: simpy_two_choices(work, market, 1),
    )
    market = make_market(10, 0.5, 0.02, seed=1)
    work = make_workload(market, 0.8, 10_000, seed=1)
    for name in ("random", "power_of_two", "least_outstanding", "price_weighted", "hedged"):
        policy = POLICIES[name]
        out, ref = (
            simulate(work, market, policy, 0.5, 1),
            SimPyMarket(work, market, policy(), 0.5, 1),
        )
        assert np.array_equal(out.ended, ref.ended)
        race(
            f"{name}, with failures, retries and reports 0.5 s old",
            len(work),
            lambda policy=policy: simulate(work, market, policy, 0.5, 1),
            lambda policy=policy: SimPyMarket(work, market, policy(), 0.5, 1),
        )


def growth() -> None:
    def line(operators: int, requests: int) -> None:
        market = make_market(operators, 0.5, seed=1)
        work = make_workload(market, 0.8, requests, seed=1)
        took = min(timed(lambda: simulate(work, market, "power_of_two"))[0] for _ in range(2))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{operators:5d} operators, {requests:9,d} requests: "
            f"{1e6 * took / requests:5.2f} us a request, {took:6.3f} s, peak memory {peak:,.0f} MiB"
        )

    for requests in (10_000, 100_000, 1_000_000):
        line(100, requests)
    for operators in (10, 100, 1000):
        line(operators, 1_000_000)


def one_setting_of_the_demo() -> None:
    def run() -> None:
        market = make_market(8, 0.5, 0.01, seed=1)
        work = make_workload(market, 0.7, 1500, seed=1)
        for policy in ("random", "power_of_two", "least_outstanding", "score", "hedged"):
            simulate(work, market, policy, 0.5, seed=1).summary()
        simulate_central(work, market).summary()

    took = min(timed(run)[0] for _ in range(5))
    print(f"one setting of the demo (5 policies and central, 1,500 requests): {1000 * took:.1f} ms")


if __name__ == "__main__":
    against_simpy()
    growth()
    one_setting_of_the_demo()
