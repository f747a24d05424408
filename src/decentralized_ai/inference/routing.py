"""A marketplace of inference: who answers each request, how fast, at what cost.

    market = make_market(operators=8, inequality=0.5, failure=0.01, seed=1)
    work = make_workload(market, load=0.7, requests=1500, seed=1)
    out = simulate(work, market, "power_of_two", staleness=0.5, seed=1)
    base = simulate_central(work, market)
    out.summary(), base.summary()

Each operator serves up to `slots` requests at once and keeps one queue, first come first served.
A request joins the queue the moment it is sent; the round trip is added to its latency. How fast
it is served is fixed when its service starts, from the number then being served (itself included).
Real servers batch continuously: there, a request that joins or leaves changes the speed of all
others in flight. An attempt that fails takes no slot: half of the failures answer with an error
after one round trip, half stay silent until the client's timeout. After a failure the router
tries an operator not yet tried for this request, at most ATTEMPTS times in all.

The method: service times do not depend on the future, so a request's start and end are known when
it is sent. With the ends of an operator's requests kept in order, the start is the c-th last of
them (c slots) if that is still to come: no event is needed for a start or an end.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import chain, count

import numpy as np
import numpy.typing as npt

from .fast import Copies, has_short_cut, short_cut
from .operators import Market, _between, _whole, make_market, merge
from .outcome import Outcome, collect
from .policies import POLICIES, Policy, Request, View
from .regions import REGIONS
from .workload import Workload, capacity, make_workload

__all__ = [
    "ATTEMPTS",
    "POLICIES",
    "REGIONS",
    "Outcome",
    "Policy",
    "capacity",
    "make_market",
    "make_workload",
    "simulate",
    "simulate_central",
]

ATTEMPTS = 3
TIMEOUT = 10.0  # s
HANGS = 0.5  # share of failures that stay silent until the timeout

Ints = npt.NDArray[np.int64]


def simulate(
    work: Workload,
    market: Market,
    policy: str | type[Policy] | Policy = "power_of_two",
    staleness: float = 0.0,
    seed: int = 0,
) -> Outcome:
    """Sends every request of `work` through `market` by `policy`. Same arguments, same outcome.

    policy: an id of POLICIES, a subclass of Policy, or an instance of one.
    staleness: seconds between two reports of load. All look at one board, which shows the load at
    the last report (Mitzenmacher 2000, "periodic update"); 0 means that it is always right.
    Raises ValueError naming the argument at fault.
    """
    chosen = _policy(policy)
    _between("staleness", staleness, 0, 86_400)
    _whole("seed", seed, 0, 2**63 - 1)
    if int(work.region.max()) >= len(market.rtt) or int(work.region.min()) < 0:
        raise ValueError(f"region must be 0 to {len(market.rtt) - 1} for this market")
    if has_short_cut(market, chosen, staleness):
        draws = np.random.default_rng([seed, 4])
        return collect(work, market, short_cut(work, market, chosen, draws))
    return collect(work, market, *_run(work, market, chosen, float(staleness), seed))


def simulate_central(
    work: Workload, market: Market, region: int = 1, failure: float = 0.0, seed: int = 0
) -> Outcome:
    """The same requests at one provider in `region` with the market's whole capacity.

    region: index into REGIONS (1 is Washington DC). failure: its chance that an attempt fails.
    """
    _whole("region", region, 0, len(REGIONS) - 1)
    _between("failure", failure, 0, 1)
    return simulate(work, merge(market, region, failure), "random", seed=seed)


def _policy(policy: str | type[Policy] | Policy) -> Policy:
    if isinstance(policy, str):
        if policy not in POLICIES:
            raise ValueError(f"policy must be one of {', '.join(POLICIES)}; got {policy!r}")
        return POLICIES[policy]()
    made = policy() if isinstance(policy, type) else policy
    if not isinstance(made, Policy):
        raise ValueError(f"policy must be an id, or a subclass or instance of Policy; got {made!r}")
    return made


def uniforms(seed: int, stream: int) -> Callable[[], float]:
    """An endless supply of random numbers in [0, 1): a call takes the next."""
    rng = np.random.default_rng([seed, stream])
    return chain.from_iterable(_blocks(rng)).__next__


def _blocks(rng: np.random.Generator) -> Iterator[list[float]]:
    for k in count():
        yield rng.random(min(4096, 256 << min(k, 4))).tolist()


def _run(
    work: Workload, market: Market, policy: Policy, staleness: float, seed: int
) -> tuple[Copies, Ints, dict[int, float]]:
    """The event loop. Returns the copies served (request, operator, start, pace), how many
    attempts each request took, and when the router gave up on those that nobody answered."""
    operators = market.operators
    n, everyone = len(work), list(range(len(operators)))
    allowed = frozenset(everyone)
    slots = [o.slots for o in operators]
    pace = [(0.0, *o.pace) for o in operators]
    failure = [o.failure for o in operators]
    reliable = max(failure) == 0
    times, works, firsts = work.time.tolist(), work.work.tolist(), work.first.tolist()
    regions, prompts = work.region.tolist(), work.prompt.tolist()

    ends = [[-math.inf] for _ in operators]  # of unfinished requests, kept as in fast.py
    board = [0] * len(operators)  # outstanding, as a policy sees it
    leaving: list[tuple[float, int]] = []  # (end, operator) of what a board that is kept up counts
    next_board = staleness if staleness and policy.looks else math.inf
    later: list[tuple[float, int, int]] = []  # (when, order, request): further copies to send
    news: list[tuple[float, int, int, float | None, float | None]] = []  # for policy.learn
    tried: dict[int, list[int]] = {}
    answered: set[int] = set()
    given_up: dict[int, float] = {}
    attempts = [1] * n
    ids: list[int] = []
    servers: list[int] = []
    starts: list[float] = []
    paces: list[float] = []

    luck, first_draw, retry_draw = (uniforms(seed, stream) for stream in (3, 4, 5))
    price_in, price_out = [o.price_in for o in operators], [o.price_out for o in operators]
    view = View(slots, price_in, price_out, [p[1] for p in pace], board, first_draw)
    request = Request()
    keeps_up = policy.looks and not staleness
    learns = type(policy).learn is not Policy.learn
    learns_all = learns and not policy.failures_only
    hedges = type(policy).hedge is not Policy.hedge
    choose = policy.choose
    policy.begin(view)
    order = 0

    def send(i: int, t: float, choices: list[int]) -> None:
        """One copy of request i at time t."""
        nonlocal next_board, order
        while news and news[0][0] <= t:
            when, _, who, first, total = heappop(news)
            policy.learn(when, who, first, total)
        if keeps_up:
            while leaving and leaving[0][0] <= t:
                board[heappop(leaving)[1]] -= 1
        elif t >= next_board:  # nothing was sent since the last report was due: count afresh
            until = math.floor(t / staleness) * staleness
            for k, mine in enumerate(ends):
                while mine[-1] >= -until:
                    mine.pop()
                board[k] = len(mine) - 1
            next_board = until + staleness
        request.time, request.region, request.prompt = t, regions[i], prompts[i]
        view.choices, view.rtt = choices, rtt[regions[i]]
        j = choose(request, view)
        if j not in allowed or (choices is not everyone and j not in choices):
            raise ValueError(f"{type(policy).__name__}.choose gave {j!r}, not one of view.choices")
        trip = view.rtt[j]
        again = math.inf  # when to send another copy
        silence = 0.0
        if not reliable and (draw := luck()) < failure[j]:
            noticed = t + (TIMEOUT if draw < HANGS * failure[j] else trip)
            again, silence = noticed, noticed - t
            if learns:
                order += 1
                heappush(news, (noticed, order, j, None, None))
        else:
            mine, c = ends[j], slots[j]
            while mine[-1] >= -t:
                mine.pop()
            size = len(mine)
            if size <= c:
                start, p = t, pace[j][size]
            else:
                start, p = -mine[c], pace[j][c]
            end = start + works[i] * p
            insort(mine, -end)
            ids.append(i)
            servers.append(j)
            starts.append(start)
            paces.append(p)
            if hedges:
                answered.add(i)
            if keeps_up:
                board[j] += 1
                heappush(leaving, (end, j))
            if learns_all or hedges:
                silence = start + firsts[i] * p + trip - t  # until the first token
            if learns_all:
                order += 1
                heappush(news, (end + trip, order, j, silence, end + trip - t))
        if hedges and i not in tried:
            delay = policy.hedge(request)
            if delay is not None and delay < silence:
                again = t + delay
        if again < math.inf:
            tried.setdefault(i, []).append(j)
            order += 1
            heappush(later, (again, order, i))

    def send_again() -> None:
        t, _, i = heappop(later)
        left = [j for j in everyone if j not in tried[i]] or everyone
        hedge = len(tried[i]) == 1 and hedges
        if i in answered and not hedge:
            return
        if attempts[i] == ATTEMPTS:
            given_up[i] = t
            return
        attempts[i] += 1
        view.random = retry_draw
        send(i, t, left)
        view.random = first_draw

    rtt = [list(row) for row in market.rtt]
    for i, t in enumerate(times):
        while later and later[0][0] <= t:
            send_again()
        send(i, t, everyone)
    while later:
        send_again()
    copies = Copies(
        np.array(ids, dtype=np.int64),
        np.array(servers, dtype=np.int64),
        np.array(starts),
        np.array(paces),
    )
    return copies, np.array(attempts, dtype=np.int64), given_up
