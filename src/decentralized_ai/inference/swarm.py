"""A model's layers spread over servers: who holds which, and through whom an answer goes.

The rules are those of Petals (Borzunov et al. 2023, "Petals: Collaborative Inference and
Fine-tuning of Large Models", sections 3.1 and 3.2; its code at commit 22afba6 for the constants). A
server holds a span of neighbouring blocks. It takes the span whose weakest blocks are served worst.
A client sends its tokens through a chain of spans, which it finds as a shortest path.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Span = tuple[str, int, int]  # server, first block, block after the last

OVERHEAD_S = 0.018  # to pack a message and unpack it, for each server entered
UNKNOWN_S = 0.15  # one way, where no round trip was measured
SLOWEST_S = 5.0  # one way; who seems unreachable is not left out for ever
WITHOUT_CACHE_S = 10.0  # a server that must first make room
UNKNOWN_RATE = 300.0  # blocks a second, where a server does not say
EPS = 1e-3  # of a throughput: what differs by less is alike, and a server stays where it is


class MissingBlocks(LookupError):
    """Blocks that no server holds."""


@dataclass(frozen=True)
class Server:
    """name: also its order among equals. start, end: it holds blocks start to end - 1. throughput:
    requests a second that it says it can serve (for placement). rate: blocks a second for one
    token (for routing), None if it does not say. cache_left: tokens, counted over its blocks,
    None if it does not say."""

    name: str
    start: int
    end: int
    throughput: float = 0.0
    rate: float | None = None
    cache_left: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"{self.name} holds no blocks: {self.start} to {self.end}")

    @property
    def length(self) -> int:
        return self.end - self.start

    def holds(self, block: int) -> bool:
        return self.start <= block < self.end

    def has_room_for(self, tokens: int | None) -> bool:
        """Room for keys and values of `tokens` in all its blocks, whether or not all are used."""
        if tokens is None or self.cache_left is None:
            return True
        return tokens * 2 * self.length <= self.cache_left

    def block_s(self) -> float:
        """Seconds for one token in one block."""
        return 1.0 / (UNKNOWN_RATE if self.rate is None else self.rate)


# Placement


def block_throughputs(servers: Iterable[Server], blocks: int) -> Floats:
    """Requests a second that each block can take: the sum over those who hold it."""
    found = np.zeros(blocks)
    for server in sorted(servers, key=lambda server: server.name):  # one order, one rounding
        found[server.start : server.end] += server.throughput
    return found


def best_start(throughputs: Floats, length: int) -> int:
    """Where a server that can hold `length` blocks is needed most.

    Of all spans, the one whose weakest block is weakest; among equals the one whose second weakest
    is, and so on; then the first. ValueError if the model has fewer blocks.
    """
    if not 1 <= length <= len(throughputs):
        raise ValueError(f"{length} blocks of {len(throughputs)}")
    spans = np.sort(np.lib.stride_tricks.sliding_window_view(throughputs, length), axis=1)
    left = np.arange(len(spans))
    for column in spans.T:
        served = column[left]
        left = left[served == served.min()]
        if len(left) == 1:
            break
    return int(left[0])


def should_move(
    servers: Sequence[Server],
    name: str,
    blocks: int,
    balance_quality: float,
    rng: np.random.Generator,
) -> bool:
    """Whether that server should give up its span for another.

    It imagines that it moves, and that then all move, in random rounds, until nobody would. It
    moves if the weakest block is now served less than `balance_quality` times as well as then. A
    quality above 1 always moves. Never where that would leave a block with nobody.
    """
    if balance_quality > 1:
        return True
    at = {server.name: server for server in servers}
    found = block_throughputs(servers, blocks)
    before = found.min()
    if not _moved(at, found, name, only_if_joined=before > EPS):
        return False
    names = [server.name for server in servers]
    while True:
        rng.shuffle(names)
        if not [each for each in names if _moved(at, found, each)]:
            break
    after = found.min()
    return bool(after >= max(before, EPS) and before / after < balance_quality - EPS)


def _moved(at: dict[str, Server], found: Floats, name: str, only_if_joined: bool = False) -> bool:
    """Put that server where it is needed most, in `at` and `found`; False if it is there already,
    or if `only_if_joined` and its blocks need it."""
    server = at[name]
    mine = slice(server.start, server.end)
    # A little more than its own: among near equals its old place is then the best.
    found[mine] -= server.throughput * (1 + EPS)
    if only_if_joined and found.min() <= 0:
        return False
    start = best_start(found, server.length)
    found[mine] += server.throughput * EPS
    at[name] = replace(server, start=start, end=start + server.length)
    found[start : start + server.length] += server.throughput
    return start != server.start


# Routing


@dataclass(frozen=True)
class Route:
    """spans: (server, first block, block after the last), in order. seconds: for one token."""

    spans: tuple[Span, ...]
    seconds: float

    @property
    def steps_per_s(self) -> float:
        return 1 / self.seconds


def one_way_s(rtt_s: float | None) -> float:
    return UNKNOWN_S if rtt_s is None else min(rtt_s / 2, SLOWEST_S)


def route(
    servers: Sequence[Server],
    start: int,
    end: int,
    client_rtt_s: Mapping[str, float],
    server_rtt_s: Mapping[tuple[str, str], float],
    tokens: int | None = None,
) -> Route:
    """The chain through blocks start to end - 1 that takes a token the least time (Dijkstra 1959).

    Who is entered is used up to the end of its span. Entering costs half a round trip and
    OVERHEAD_S, and WITHOUT_CACHE_S where `tokens` do not fit; each block costs 1 / rate; the way
    back from the last server half a round trip. Raises MissingBlocks where nobody holds a block.
    """
    if start == end:
        return Route((), 0.0)
    missing = [i for i in range(start, end) if not any(server.holds(i) for server in servers)]
    if missing:
        raise MissingBlocks(f"nobody holds block {', '.join(map(str, missing))}")

    def entry(server: Server, rtt: float | None) -> float:
        wait = 0.0 if server.has_room_for(tokens) else WITHOUT_CACHE_S
        return one_way_s(rtt) + OVERHEAD_S + wait

    # An entry of the heap: seconds until this server is entered, a number that no other has, its
    # spans so far, the server. None: the answer is back at the client.
    heap: list[tuple[float, int, tuple[Span, ...], Server | None]] = []
    count = 0
    best: dict[tuple[str | None, int], float] = {}  # so far, to enter that server at that block

    def push(seconds: float, at: int, spans: tuple[Span, ...], to: Server | None) -> None:
        nonlocal count
        key = (to.name if to else None, at)
        if seconds >= best.get(key, math.inf):
            return
        best[key] = seconds
        count += 1
        heapq.heappush(heap, (seconds, count, spans, to))

    for server in servers:
        if server.holds(start):
            push(entry(server, client_rtt_s.get(server.name)), start, (), server)
    entered = set()
    while heap:
        seconds, _, spans, here = heapq.heappop(heap)
        if here is None:
            return Route(spans, seconds)
        first = spans[-1][2] if spans else start
        if (here.name, first) in entered:
            continue
        entered.add((here.name, first))
        last = min(here.end, end)
        seconds += (last - first) * here.block_s()
        spans = (*spans, (here.name, first, last))
        if last == end:
            push(seconds + one_way_s(client_rtt_s.get(here.name)), end, spans, None)
            continue
        for server in servers:
            if server.holds(last):
                rtt = server_rtt_s.get((here.name, server.name))
                push(seconds + entry(server, rtt), last, spans, server)
    raise MissingBlocks(f"no chain from block {start} to {end}")
