"""Two short cuts through the event loop of routing.py, for when nothing fails and nothing is stale.

Both give, bit for bit, what the loop gives (a test holds them to it), several times faster: a
policy that does not look at load can assign every request at once and then serve each operator
alone; the power of two choices needs to look at two operators only.

For each operator we keep the ends of its unfinished requests, latest first, negated: then the
list ascends, `insort` keeps it so, and what has ended is popped off its tail. A -inf at its head
never ends, so that the tail need not be asked whether there is one. Hence the length is one more
than the number outstanding, and entry c is when the c-th of c slots falls free.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .operators import Market
from .policies import Cheapest, Nearest, Policy, PowerOfTwo, Random, RoundRobin
from .workload import Workload

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Copies:
    """What was served, one entry for each copy: of which request, by whom, from when, and at how
    many seconds a token. `once`: the copies are those of request 0, 1, 2, ... in this order."""

    request: Ints
    operator: Ints
    start: Floats
    pace: Floats
    once: bool = False


def short_cut(work: Workload, market: Market, policy: Policy, draws: np.random.Generator) -> Copies:
    """The copies that `policy` leads to, where has_short_cut says so."""
    if type(policy) is PowerOfTwo:
        return _two_choices(work, market, draws)
    return _assigned(work, market, _assign(work, market, policy, draws))


def has_short_cut(market: Market, policy: Policy, staleness: float) -> bool:
    """Exactly our own policies: a subclass may choose differently."""
    if any(operator.failure for operator in market.operators):
        return False
    if type(policy) is PowerOfTwo:
        return not staleness and len(market) > 1
    return type(policy) in (Random, RoundRobin, Cheapest, Nearest)


def _assign(work: Workload, market: Market, policy: Policy, draws: np.random.Generator) -> Ints:
    """The operator of each request, for a policy that does not look."""
    n, m = len(work), len(market)
    if type(policy) is Random:
        return (draws.random(n) * m).astype(np.int64)
    if type(policy) is RoundRobin:
        return np.arange(n) % m
    if type(policy) is Cheapest:
        return np.full(n, np.argmin([o.price_out for o in market.operators]))
    return np.argmin(np.array(market.rtt), axis=1)[work.region]


def _assigned(work: Workload, market: Market, operator: Ints) -> Copies:
    start, pace = np.empty(len(work)), np.empty(len(work))
    order = np.argsort(operator, kind="stable")
    bounds = np.searchsorted(operator[order], np.arange(len(market) + 1))
    for j, listed in enumerate(market.operators):
        mine = order[bounds[j] : bounds[j + 1]]
        served = _serve(work.time[mine], work.work[mine], listed.slots, listed.pace)
        flat = np.fromiter(served, dtype=float, count=2 * len(mine))
        start[mine], pace[mine] = -flat[0::2], flat[1::2]
    return Copies(np.arange(len(work)), operator, start, pace, once=True)


def _serve(time: Floats, work: Floats, slots: int, pace: tuple[float, ...]) -> Iterator[float]:
    """One operator alone: for each request in turn, its negated start and its pace."""
    ends = [-math.inf]
    full = pace[-1]
    for now, amount in zip((-time).tolist(), work.tolist(), strict=True):
        while ends[-1] >= now:
            ends.pop()
        size = len(ends)
        if size <= slots:
            start, each = now, pace[size - 1]
        else:
            start, each = ends[slots], full
        insort(ends, start - amount * each)
        yield start
        yield each


def _two_choices(work: Workload, market: Market, draws: np.random.Generator) -> Copies:
    m = len(market)
    pairs = draws.random((len(work), 2))
    one = (pairs[:, 0] * m).astype(np.int64)
    two = (pairs[:, 1] * (m - 1)).astype(np.int64)
    two += two >= one

    # The body below runs once a request: names are bound outside it and nothing is looked up
    # twice. All paces of all operators lie in one list, so that one number, the place in that
    # list, notes both who serves and how fast.
    paces: list[float] = []
    state: list[tuple[list[float], int, int, int]] = []
    for listed in market.operators:
        before = len(paces) - 1
        paces.extend(listed.pace)
        state.append(([-math.inf], listed.slots, before, len(paces) - 1))
    starts: list[float] = []
    places: list[int] = []
    started, placed = starts.append, places.append
    columns = (
        (-work.time).tolist(),
        work.work.tolist(),
        map(state.__getitem__, one.tolist()),
        map(state.__getitem__, two.tolist()),
    )
    for now, amount, (ends, slots, place, full), other in zip(*columns, strict=True):
        while ends[-1] >= now:
            ends.pop()
        others = other[0]
        while others[-1] >= now:
            others.pop()
        if len(others) < len(ends):
            ends, slots, place, full = other
        size = len(ends)
        if size <= slots:
            place += size
            start = now
        else:
            place = full
            start = ends[slots]
        insort(ends, start - amount * paces[place])
        started(start)
        placed(place)
    at = np.array(places)
    owner = np.repeat(np.arange(m), [o.slots for o in market.operators])
    return Copies(
        np.arange(len(work)), owner[at], -np.array(starts), np.array(paces)[at], once=True
    )
