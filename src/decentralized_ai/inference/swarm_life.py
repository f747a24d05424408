"""One answer written by a swarm whose machines come and go.

The client follows Petals' inference session (client/inference_session.py at commit 22afba6): it
keeps its chain until a server in it is gone, looks for a way through the missing blocks alone, and
sends the new servers all inputs so far, from which they rebuild their attention caches. If nobody
holds a block it asks again after 1, 2, 4, ... 60 s (client/config.py).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from .swarm import OVERHEAD_S, MissingBlocks, Route, Server, Span, one_way_s, route
from .swarm_join import Distances, Habits, Machine, Swarm, missing, said

# Reading a history, in units of the time that a block takes for one token. Petals' table (three
# A100, 1 Gbit/s) gives 70.0 tokens a second for a forward pass of 1 sequence and 253.6 for 64, of
# 128 tokens each by its benchmark script, and 1.71 steps a second for one token at a time: a
# straight line through the first two, in units of the third.
READ_START, READ_TOKEN = 2.58, 0.00725
BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
# Ours; Petals goes on for ever. How long a client waits for missing blocks in all, how long for the
# whole answer, and how many times the answer's length it lets be computed.
PATIENCE_S, LONGEST_S, LONGEST_TOKENS = 600.0, 3600.0, 4


@dataclass(frozen=True)
class Repair:
    """time: s at which it began. token: how many were computed by then. lost: the span (server,
    first block, block after the last) that was gone from the chain. waited: s in which nobody held
    some of its blocks. found: the spans that took its place; none if the client gave up."""

    time: float
    token: int
    lost: Span
    waited: float
    found: tuple[Span, ...]


@dataclass
class Life:
    """chain: the first one, None if there was none. token_s: for each token that was computed, the
    seconds that it took. lost: of them, how many were thrown away. left: servers that left while
    they were in the chain. exposure_s: the integral over time of how many could have. gone: who is
    away at the end. ended: why the answer stopped short, or ""."""

    servers: tuple[Server, ...]
    chain: Route | None
    token_s: list[float] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    lost: int = 0
    left: int = 0
    moves: int = 0
    gone: set[str] = field(default_factory=set)
    exposure_s: float = 0.0
    ended: str = ""

    @property
    def written(self) -> int:
        return len(self.token_s) - self.lost

    @property
    def waited(self) -> float:
        return math.fsum(repair.waited for repair in self.repairs)


class Session:
    """A client's way through a swarm, and what becomes of it."""

    def __init__(self, swarm: Swarm, far: Distances) -> None:
        self.swarm, self.far, self.now = swarm, far, 0.0
        self.life = Life(tuple(swarm.servers), None)
        self.spans: list[Span] = []
        self.held: dict[str, Server] = {}  # the servers of the chain that still stand in it
        self.broken: set[Span] = set()

    def write(self, tokens: int) -> Life:
        """`tokens` tokens, or as many as come before the client gives up."""
        life = self.life
        try:
            life.chain = self._route(0, self.swarm.blocks)
        except MissingBlocks:
            life.ended = f"nobody holds {said(missing(life.servers, self.swarm.blocks))}"
            return life
        self._take(0, 0, life.chain.spans)
        began, step = None, self.chain_s()
        while life.written < tokens and not life.ended:
            start = self.now
            if self._pass(step):
                life.token_s.append(step if began is None else self.now - began)
                began = None
            else:
                self._repair()
                began = start if began is None else began
                step = self.chain_s() if not life.ended else step
            if life.written < tokens and not life.ended:
                if len(life.token_s) >= LONGEST_TOKENS * tokens:
                    life.ended = "it had to begin again too often"
                elif self.now > LONGEST_S:
                    life.ended = "an hour was over"
        life.gone = set(self.swarm.gone)
        return life

    def chain_s(self) -> float:
        """Seconds for a token through the chain as it is."""
        total, before = 0.0, None
        for name, first, last in self.spans:
            total += self._enter_s(before, name) + (last - first) * self.held[name].block_s()
            before = name
        return total + one_way_s(self.far.client.get(self.spans[-1][0]))

    def _enter_s(self, before: str | None, name: str) -> float:
        far = self.far
        rtt = far.client.get(name) if before is None else far.between.get((before, name))
        return one_way_s(rtt) + OVERHEAD_S

    def _route(self, first: int, last: int) -> Route:
        return route(self.swarm.servers, first, last, self.far.client, self.far.between)

    def _take(self, index: int, instead_of: int, spans: Sequence[Span]) -> None:
        self.broken -= set(self.spans[index : index + instead_of])
        self.spans[index : index + instead_of] = spans
        for name, _, _ in spans:
            self.held[name] = self.swarm.at[name]

    def _lose(self, name: str) -> None:
        del self.held[name]
        self.broken |= {span for span in self.spans if span[0] == name}

    def _pass(self, seconds: float) -> bool:
        """Let time go by, up to the first change that breaks the chain; False if there was one."""
        until = self.now + seconds
        while self.swarm.next_change() < until:
            self._to(self.swarm.next_change())
            name = self.swarm.change()
            if name in self.held:
                self._lose(name)
                self.life.left += 1
                return False
        self._to(until)
        return True

    def _to(self, time: float) -> None:
        self.life.exposure_s += (time - self.now) * len(self.held)
        self.now = time

    def _repair(self) -> None:
        """Until the chain stands: for the first span that is gone, spans that do the same."""
        life, replay = self.life, self.swarm.habits.replay
        while self.broken:
            if not replay:  # all over again, through whoever is there
                life.lost = len(life.token_s)
                self.held.clear()
                self.spans = [(min(self.broken)[0], 0, self.swarm.blocks)]
                self.broken = set(self.spans)
            index = next(i for i, span in enumerate(self.spans) if span in self.broken)
            lost, began, token = self.spans[index], self.now, len(life.token_s)
            found = self._seek(lost)
            waited = self.now - began
            life.repairs.append(Repair(began, token, lost, waited, found.spans if found else ()))
            if found is None:
                gaps = [i for i in missing(self.swarm.servers, lost[2]) if i >= lost[1]]
                life.ended = f"nobody is left to hold {said(gaps)}"
                return
            self._take(index, 1, found.spans)
            if replay:
                self._pass(self._read_s(index, len(found.spans), life.written + 1))

    def _seek(self, lost: Span) -> Route | None:
        """A way through the blocks of that span; None when there is none and patience is over."""
        deadline = self.now + PATIENCE_S - self.life.waited
        for attempt in itertools.count():
            try:
                return self._route(lost[1], lost[2])
            except MissingBlocks:
                pause = BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)]
                if self.now + pause > deadline or not self._hope():
                    return None
                until = self.now + pause
                while not self._pass(until - self.now):
                    pass
                for name in self.swarm.rebalance(pause):
                    self.life.moves += 1
                    if name in self.held:
                        self._lose(name)
        raise AssertionError

    def _hope(self) -> bool:
        """Whether those who are there and those who will be could hold the model."""
        comes = self.swarm.habits.back_s is not None
        who = self.swarm.machines if comes else self.swarm.at.values()
        enough = sum(one.length for one in who) >= self.swarm.blocks
        return enough and (comes or self.swarm.habits.rule == "needed")

    def _read_s(self, index: int, count: int, tokens: int) -> float:
        """Seconds in which the chain's new spans read the history, one after the other; the client
        sends it to the first of them."""
        total, before = 0.0, None
        for name, first, last in self.spans[index : index + count]:
            work = (last - first) * self.held[name].block_s()
            total += self._enter_s(before, name) + work * (READ_START + READ_TOKEN * tokens)
            before = name
        return total


def live(
    machines: Sequence[Machine], blocks: int, habits: Habits, far: Distances, tokens: int, seed: int
) -> Life:
    """Machines join, a client finds a chain and writes, whatever happens to the swarm meanwhile."""
    return Session(Swarm(machines, blocks, habits, seed), far).write(tokens)
