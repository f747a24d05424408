"""Closed forms of queueing theory, to hold the simulator against and to print in the chapter.

lam is the arrival rate, mu the rate of one server, both per second; times are in seconds. All
raise ValueError unless the queue is stable. Sources: Kleinrock 1975 (M/M/1, M/G/1); Erlang 1917
(M/M/c); Vvedenskaya, Dobrushin and Karpelevich 1996 and Mitzenmacher 2001 (power of d choices).
"""

from __future__ import annotations

import math


def erlang_b(servers: int, offered: float) -> float:
    """Chance that all servers are busy where nobody waits; `offered` load in servers."""
    blocked = 1.0
    for c in range(1, servers + 1):
        blocked = offered * blocked / (c + offered * blocked)
    return blocked


def erlang_c(servers: int, offered: float) -> float:
    """Chance that an arrival has to wait (M/M/c); `offered` load in servers, below `servers`."""
    _stable(offered / servers)
    blocked = erlang_b(servers, offered)
    return blocked / (1 - offered / servers * (1 - blocked))


def mmc_wait(lam: float, mu: float, servers: int) -> float:
    """Mean time in the queue with exponential service and `servers` servers; 1 gives M/M/1."""
    return erlang_c(servers, lam / mu) / (servers * mu - lam)


def mmc_wait_quantile(lam: float, mu: float, servers: int, share: float) -> float:
    """The time that `share` of arrivals do not wait longer than; 0 if they do not wait at all."""
    waits = erlang_c(servers, lam / mu)
    return max(0.0, math.log(waits / (1 - share)) / (servers * mu - lam))


def mg1_wait(lam: float, mean: float, square: float) -> float:
    """Mean time in the queue of one server (Pollaczek and Khinchine): `mean` is the mean service
    time, `square` the mean of its square."""
    _stable(lam * mean)
    return lam * square / (2 * (1 - lam * mean))


def md1_wait(lam: float, service: float) -> float:
    """Mean time in the queue of one server that always takes `service` seconds."""
    return mg1_wait(lam, service, service**2)


def supermarket_tail(load: float, d: int, jobs: int) -> float:
    """Share of servers with at least `jobs` jobs when each arrival joins the shortest of `d`
    queues drawn at random, for very many servers: load ** ((d**jobs - 1) / (d - 1))."""
    _stable(load)
    exponent = jobs if d == 1 else (d**jobs - 1) / (d - 1)
    return load**exponent


def supermarket_time(load: float, d: int) -> float:
    """Mean time in such a system, in mean service times."""
    total, jobs = 0.0, 1
    while (share := supermarket_tail(load, d, jobs)) > 1e-15:
        total, jobs = total + share, jobs + 1
    return total / load


def _stable(load: float) -> None:
    if not 0 < load < 1:
        raise ValueError(f"load must be above 0 and below 1 for a stable queue; got {load!r}")
