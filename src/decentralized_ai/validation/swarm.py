"""inference/swarm*.py against Petals' own decisions and measurements, and closed forms."""

from __future__ import annotations

import math

import numpy as np

from ..inference.swarm import OVERHEAD_S, Server, best_start, block_throughputs, route
from ..inference.swarm_cover import chance_of_cover
from ..inference.swarm_join import Habits, Machine, Swarm, distances, make_machines, missing
from ..inference.swarm_life import live
from .check import Check

PLACING, LIFE = "tests/inference/test_swarm.py", "tests/inference/test_swarm_life.py"
RATE = 134.0
MEASURED = {"near": 1.71, "apart": 1.23, "fourteen": 0.83}  # tokens a second


def alike(count: int, length: int) -> list[Machine]:
    return [Machine(f"{i + 1:02d}", length, RATE, 0) for i in range(count)]


def three_servers() -> tuple[float, float]:
    """Tokens a second of BLOOM-176B on three servers, in one room and 100 ms apart."""
    machines = alike(3, 24)
    found = []
    for place in ("lab", "far"):
        chain = live(machines, 70, Habits(), distances(machines, place), 1, 0).chain
        assert chain is not None  # 72 places for 70 blocks
        found.append(chain.steps_per_s)
    return found[0], found[1]


def fourteen_servers(seeds: int = 20) -> list[float]:
    """The same on the fourteen servers of the real test, their cities drawn `seeds` times."""
    found = []
    for seed in range(seeds):
        machines = make_machines(14, 70, 5, True, RATE, "atlantic", seed)
        chain = live(machines, 70, Habits(), distances(machines, "atlantic"), 1, seed).chain
        assert chain is not None
        found.append(chain.steps_per_s)
    return found


def by_way_of_the_client() -> tuple[float, float]:
    """The same two, three servers 100 ms apart and the mean of fourteen, if every server answers to
    the client and not to the next one: as Petals' code did until July 2023, after the tests."""

    def speed(machines: list[Machine], blocks: int, place: str) -> float:
        far = distances(machines, place)
        chain = live(machines, blocks, Habits(), far, 1, 0).chain
        assert chain is not None
        trips = math.fsum(far.client[name] for name, _, _ in chain.spans)
        return 1 / (trips + OVERHEAD_S * len(chain.spans) + blocks / RATE)

    draws = [make_machines(14, 70, 5, True, RATE, "atlantic", seed) for seed in range(20)]
    return (
        speed(alike(3, 24), 70, "far"),
        float(np.mean([speed(machines, 70, "atlantic") for machines in draws])),
    )


def of_failures() -> tuple[float, float]:
    """Tokens a second where each failure begins the answer again, for messages that fail once in
    1,000 and once in 100. A message's and a failure's cost are those that the two rates with the
    history give, 7.76 and 2.17: a token's time is 4 messages and 4 p failures."""
    failures = np.array([[1.0, 4 * 0.001], [1.0, 4 * 0.01]])
    token, failure = np.linalg.solve(failures, [1 / 7.76, 1 / 2.17])
    found = []
    for p in (0.001, 0.01):
        again = (1 - p) ** -(4 * 1024) - 1
        found.append(float(1024 / (again / p * token / 4 + again * failure)))
    return found[0], found[1]


def random_cover(trials: int = 1500) -> tuple[float, float]:
    """How often eight servers of ten blocks at random cover thirty, and how often they should."""
    whole = sum(
        not missing(Swarm(alike(8, 10), 30, Habits(rule="random"), seed).servers, 30)
        for seed in range(trials)
    )
    return whole / trials, chance_of_cover(30, 10, 8)


def departures(seeds: int = 300) -> tuple[int, float]:
    """Servers that left a chain, over many answers, and rate times exposure."""
    machines = alike(12, 10)
    far = distances(machines, "lab")
    lives = [live(machines, 40, Habits(900.0, 60.0), far, 400, seed) for seed in range(seeds)]
    return sum(life.left for life in lives), math.fsum(life.exposure_s for life in lives) / 900.0


def checks() -> list[Check]:
    """About two seconds on one core."""
    # Two of Petals' own cases; the tests run all of them.
    held = [Server("A", 0, 12, 1.0), Server("B", 2, 8, 4.0), Server("C", 5, 12, 2.0)]
    start = best_start(block_throughputs(held, 12), 4)
    pair = [
        Server("A", 0, 4, 1.0, 200.0),
        Server("B", 4, 8, 1.0, 200.0),
        Server("C", 0, 8, 1.0, 60),
    ]
    chain = route(pair, 0, 8, dict.fromkeys("ABC", 0.02), {("A", "B"): 0.03})
    _, apart = three_servers()
    fourteen = float(np.mean(fourteen_servers()))
    hub, hub_fourteen = by_way_of_the_client()
    again, _ = of_failures()
    share, exact = random_cover()
    left, due = departures()
    return [
        Check(
            model="swarm: where a newcomer goes, and the client's chain",
            against="Petals' own code: blocks 0 to 3 of 12, and 0.111 s through A and B",
            source="petals_head",
            error=abs(start) + abs(chain.seconds - 0.111),
            tolerance=1e-12,
            why="a whole number, and a sum of a dozen terms in another order",
            test=f"{PLACING}::test_petals_routes_so",
        ),
        Check(
            model="swarm: three servers 100 ms apart, speed of a block set in one room",
            against=f"measured 1.23 tokens/s; ours {apart:.2f}, relative",
            source="petals_readme",
            error=abs(apart / MEASURED["apart"] - 1),
            tolerance=0.06,
            why=f"100 Mbit/s cost them 3%, ours has no limit; by way of the client {hub:.2f}",
            test=f"{LIFE}::test_three_servers_apart",
        ),
        Check(
            model="swarm: fourteen servers in Europe and North America",
            against=f"measured 0.83 tokens/s; ours {fourteen:.2f} on average, relative",
            source="petals_readme",
            error=abs(fourteen / MEASURED["fourteen"] - 1),
            tolerance=0.08,
            why=f"cities drawn, speeds of an A100; by way of the client {hub_fourteen:.2f}",
            test=f"{LIFE}::test_fourteen_servers",
        ),
        Check(
            model="swarm: throughput that a server reports, 40 blocks",
            against="1536.091 in a log of the public swarm, from 31489.868 blocks/s",
            source="petals_503",
            error=abs(Machine("01", 40, 31489.868073641504, 0).throughput / 1536.091125543488 - 1),
            tolerance=1e-12,
            why="the same formula",
            test=f"{LIFE}::test_what_a_real_server_said_about_itself",
        ),
        Check(
            model="swarm: tokens/s when each failure begins the answer again",
            against=f"0.48, second-hand, one message in 1,000 lost; ours {again:.2f}, relative",
            source="petals_2023",
            error=abs(again / 0.48 - 1),
            tolerance=0.15,
            why="closed form; costs of a token and of a failure from two other rows",
            test=f"{LIFE}::test_petals_test_of_failures",
        ),
        Check(
            model="swarm: random spans that leave no block out",
            against=f"exact count of all ways, {exact:.4f}",
            source="tests/inference/test_swarm_life.py",
            error=abs(share - exact),
            tolerance=4.5 * math.sqrt(exact * (1 - exact) / 1500),
            why="share of 1,500; 4.5 standard deviations of the binomial",
            test=f"{LIFE}::test_random_places_cover_as_often_as_the_closed_form_says",
        ),
        Check(
            model="swarm: servers that leave a chain while it writes",
            against=f"Poisson: rate times exposure, {due:.0f}",
            source="tests/inference/test_swarm_life.py",
            error=abs(left - due),
            tolerance=4.5 * math.sqrt(due),
            why="4.5 standard deviations of the count",
            test=f"{LIFE}::test_departures_come_as_often_as_they_should",
        ),
    ]
