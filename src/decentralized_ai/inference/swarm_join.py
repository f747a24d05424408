"""Machines that join a swarm: how much they hold, where they stand, which blocks they take."""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .regions import REGIONS, RTT_MS
from .swarm import Server, best_start, block_throughputs, should_move

MOST = 40  # machines; the draws of a seed do not depend on how many there are
# Blocks that a machine holds over those that one of 16 GB holds. The 14 machines of the largest
# Petals test held 2 RTX 3060, 4 2080 Ti, 2 A4000, 2 3090 and 4 A5000, of 12, 11, 16, 24 and 24 GB.
# For BLOOM-176B in 8 bits Petals' rule (memory less 2 GiB, over weights and cache of a block) gives
# them 3, 3, 5, 8 and 8 blocks.
MIX = (3 / 5,) * 6 + (1.0,) * 2 + (8 / 5,) * 6
LOOK_S = 60.0  # mean time between a server's looks at the balance: --mean_balance_check_period
QUALITY = 0.75  # --balance_quality
PLACES = {
    "lab": "one room: 5 ms",
    "far": "100 ms from each other",
    "atlantic": "Europe and North America",
    "world": "eight cities around the world",
}
ATLANTIC = tuple(map(REGIONS.index, ("Frankfurt", "London", "Washington DC", "Dallas")))
CLIENT = REGIONS.index("Frankfurt")
EQUAL_RTT_S = {"lab": 0.005, "far": 0.1}


@dataclass(frozen=True)
class Machine:
    """name: also its order among equals. length: blocks that it can hold. rate: blocks a second for
    one token. region: index into REGIONS."""

    name: str
    length: int
    rate: float
    region: int

    @property
    def throughput(self) -> float:
        """As Petals reports it: a request enters at any block of the span, so on average it takes
        half of them and a half."""
        return 2 * self.rate / (self.length + 1)

    def at(self, start: int) -> Server:
        return Server(self.name, start, start + self.length, self.throughput, self.rate)


def make_machines(
    count: int, blocks: int, length: int, mixed: bool, rate: float, place: str, seed: int
) -> list[Machine]:
    """`count` machines; `length` blocks each, or that of a middle one if `mixed`."""
    rng = np.random.default_rng([seed, 1])
    rounds = math.ceil(MOST / len(MIX))
    order = np.concatenate([rng.permutation(len(MIX)) for _ in range(rounds)])
    cities = rng.integers(0, 64, size=MOST)
    choice = ATLANTIC if place == "atlantic" else tuple(range(len(REGIONS)))
    found = []
    for i in range(count):
        holds = max(1, round(length * MIX[int(order[i])])) if mixed else length
        region = choice[int(cities[i]) % len(choice)]
        found.append(Machine(f"{i + 1:02d}", min(blocks, holds), rate, region))
    return found


@dataclass(frozen=True)
class Distances:
    """Round trips in seconds: client to machine by name, machine to machine by pair of names."""

    client: Mapping[str, float]
    between: Mapping[tuple[str, str], float]


def distances(machines: Sequence[Machine], place: str) -> Distances:
    if place in EQUAL_RTT_S:
        rtt = EQUAL_RTT_S[place]
        names = [m.name for m in machines]
        return Distances(dict.fromkeys(names, rtt), {(a, b): rtt for a in names for b in names})
    return Distances(
        {m.name: RTT_MS[CLIENT][m.region] / 1000 for m in machines},
        {(a.name, b.name): RTT_MS[a.region][b.region] / 1000 for a in machines for b in machines},
    )


def start_for(
    machine: Machine, servers: Sequence[Server], blocks: int, rule: str, rng: np.random.Generator
) -> int:
    """The first block that a newcomer takes, by `rule`: "needed" (Petals), "random", or "front"."""
    if rule == "needed":
        return best_start(block_throughputs(servers, blocks), machine.length)
    if rule == "random":
        return int(rng.integers(0, blocks - machine.length + 1))
    if rule == "front":
        return 0
    raise ValueError(f"no rule {rule!r}")


def coverage(servers: Sequence[Server], blocks: int) -> list[int]:
    """How many servers hold each of the first `blocks` blocks."""
    held = [0] * blocks
    for server in servers:
        for block in range(server.start, min(server.end, blocks)):
            held[block] += 1
    return held


def irreplaceable(servers: Sequence[Server], blocks: int) -> list[str]:
    """Names of the servers that alone hold some block."""
    held = coverage(servers, blocks)
    return [s.name for s in servers if any(held[block] == 1 for block in range(s.start, s.end))]


def missing(servers: Sequence[Server], blocks: int) -> list[int]:
    """The blocks that no server holds."""
    return [block for block, held in enumerate(coverage(servers, blocks)) if not held]


def said(blocks: Sequence[int]) -> str:
    """Blocks in words, counted from 1: "block 7", "blocks 3 to 9", "12 blocks from 3 to 70"."""
    if len(blocks) == 1:
        return f"block {blocks[0] + 1}"
    run = blocks[-1] - blocks[0] + 1 == len(blocks)
    ends = f"{blocks[0] + 1} to {blocks[-1] + 1}"
    return f"blocks {ends}" if run else f"{len(blocks)} blocks from {ends}"


@dataclass(frozen=True)
class Habits:
    """stay_s: mean time that a machine stays, None for ever. back_s: mean time until it is back,
    None never. rule: where a newcomer goes, see `start_for`. replay: whether a new server rebuilds
    its cache from the history; if not, the answer starts again at its first token."""

    stay_s: float | None = None
    back_s: float | None = None
    rule: str = "needed"
    replay: bool = True


class Swarm:
    """Who is there now. Machines leave and come back: a heap of (time, machine, whether it joins).
    Each has a clock of its own, so that one machine more changes nothing for the others."""

    def __init__(
        self,
        machines: Sequence[Machine],
        blocks: int,
        habits: Habits,
        seed: int,
        later: Sequence[Machine] = (),
    ) -> None:
        """`machines` join at once, one after the other; `later` only when planned."""
        self.machines, self.blocks, self.habits = (*machines, *later), blocks, habits
        self.at: dict[str, Server] = {}
        self.gone: set[str] = set()
        self._place = np.random.default_rng([seed, 2])
        self._looks = np.random.default_rng([seed, 3])
        self._heap: list[tuple[float, int, bool]] = []
        self._clocks = [np.random.default_rng([seed, 4, i]) for i in range(len(self.machines))]
        self._content: set[str] = set()  # who has looked and stays, until something changes
        for i, machine in enumerate(machines):
            self.join(machine)
            self._wind(0.0, i, joins=False)

    @property
    def servers(self) -> list[Server]:
        return list(self.at.values())

    def join(self, machine: Machine) -> None:
        rule = self.habits.rule
        start = start_for(machine, self.servers, self.blocks, rule, self._place)
        self.at[machine.name] = machine.at(start)
        self._content.clear()

    def next_change(self) -> float:
        return self._heap[0][0] if self._heap else math.inf

    def change(self) -> str | None:
        """Let the next change happen: the name of who left, None if somebody came."""
        time, i, joins = heapq.heappop(self._heap)
        machine = self.machines[i]
        self._wind(time, i, not joins)
        if joins:
            self.join(machine)
            self.gone.discard(machine.name)
            return None
        del self.at[machine.name]
        self.gone.add(machine.name)
        self._content.clear()
        return machine.name

    def plan(self, time: float, name: str, joins: bool) -> None:
        """Have that machine come or leave at a set time."""
        i = next(i for i, machine in enumerate(self.machines) if machine.name == name)
        heapq.heappush(self._heap, (time, i, joins))

    def rebalance(self, seconds: float) -> list[str]:
        """What servers do within `seconds` that look at the balance at random times and move if
        their rule says so: the names of who moved."""
        moved: list[str] = []
        room = sum(server.length for server in self.at.values())
        if self.habits.rule != "needed" or room < self.blocks:
            return moved
        looks = [(float(self._looks.exponential(LOOK_S)), name) for name in sorted(self.at)]
        for wait, name in sorted(looks):
            if wait > seconds:
                break
            if name in self._content:
                continue
            if should_move(self.servers, name, self.blocks, QUALITY, self._looks):
                del self.at[name]
                self.join(next(machine for machine in self.machines if machine.name == name))
                moved.append(name)
            else:
                self._content.add(name)
        return moved

    def _wind(self, now: float, i: int, joins: bool) -> None:
        mean = self.habits.back_s if joins else self.habits.stay_s
        if mean is not None:
            heapq.heappush(self._heap, (now + mean * self._clocks[i].exponential(), i, joins))
