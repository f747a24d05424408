"""Why one busy machine is cheaper than many idle ones: the roofline of a decode step.

A step reads the weights once, however many sequences share it, and then each sequence's keys and
values; and it calculates. `ROOF` is the bound (the slower of reading and calculating, from data
sheets alone). `MEASURED` adds what was fitted to one measured curve: time that passes at every step
whatever its batch, and the share of the data sheet's arithmetic that is reached.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .batching_hardware import Gpu, Model, Work

Floats = np.ndarray

USABLE = (9, 10)  # of a card's memory, as in the run measured; the rest is for work in progress
MOST = 512  # sequences in a step: the largest number measured
SIZES = (1, 2, 4, 8)  # cards that one copy of the model may be spread over, in one machine


class Unfit(ValueError):
    """This model cannot be served like that; the message says why."""


@dataclass(frozen=True)
class Machine:
    """`cards` GPUs that hold one copy of the model together, and share its work without loss."""

    gpu: Gpu
    model: Model
    cards: int

    @property
    def bits(self) -> int:
        """What it calculates in: the weights' precision if the card has that, else 16 bits."""
        return self.model.bits if self.model.bits in self.gpu.flops else 16

    def room(self, work: Work) -> int:
        """Requests whose keys and values fit beside the weights, each at its full length."""
        part, whole = USABLE
        free = self.cards * self.gpu.memory * part // whole - self.model.stored
        return max(0, free // (self.model.kv * work.length))

    def reading(self, work: Work, batch: int) -> Floats:
        """Seconds that a step of 1, 2, ... `batch` sequences spends on reading memory."""
        sequences = np.arange(1, batch + 1, dtype=np.float64)
        bytes_ = self.model.read(batch) + sequences * (work.context * self.model.kv)
        return bytes_ / (self.cards * self.gpu.bandwidth)

    def calculating(self, work: Work, batch: int) -> Floats:
        """Seconds at the data sheet's arithmetic: a token for each sequence, and the share of
        reading the requests that come in meanwhile."""
        model = self.model
        token = model.work(work.context) + 2.0 * model.head
        coming = work.coming / work.going * model.work(work.coming / 2)
        sequences = np.arange(1, batch + 1, dtype=np.float64)
        return sequences * ((token + coming) / (self.cards * self.gpu.flops[self.bits]))


@dataclass(frozen=True)
class Steps:
    """How reading and calculating make a step. `shares` (of the arithmetic, by precision) None:
    they overlap perfectly and nothing else takes time, which no machine beats."""

    overhead: float = 0.0
    shares: Mapping[int, float] | None = None

    def times(self, machine: Machine, work: Work, batch: int) -> Floats:
        """Seconds a step, for 1, 2, ... `batch` sequences."""
        reading = machine.reading(work, batch)
        calculating = machine.calculating(work, batch)
        if self.shares is None:
            return self.overhead + np.maximum(reading, calculating)
        return self.overhead + reading + calculating / self.shares[machine.bits]


ROOF = Steps()
MEASURED = Steps(2.07e-3, {8: 0.397, 16: 0.73})  # fitted in tests/inference/test_batching.py


@dataclass(frozen=True)
class Curve:
    """What a machine can do. `times[b - 1]` and `rates[b - 1]`: seconds a step and tokens/s with
    b sequences, up to the largest batch allowed; `limit` says what forbids a larger one."""

    machine: Machine
    times: Floats
    rates: Floats
    limit: str

    @property
    def capacity(self) -> float:
        """Tokens/s of the whole machine."""
        return float(self.rates[-1])

    @property
    def batch(self) -> int:
        return len(self.rates)

    def in_progress(self, rate: float) -> float:
        """Sequences in work at a time at `rate` tokens/s: by Little's law, rate times step. Below
        one, the machine has nothing to do part of the time."""
        heights = np.concatenate([[0.0], self.rates])
        return float(np.interp(rate, heights, np.arange(len(heights), dtype=np.float64)))

    def step(self, rate: float) -> float:
        """Seconds between two tokens of one answer at that rate."""
        inside = self.in_progress(rate)
        return float(np.interp(inside, np.arange(1.0, self.batch + 1), self.times))


def curve(gpu: Gpu, model: Model, work: Work, steps: Steps, pace: float) -> Curve:
    """The smallest machine that holds the model and writes each answer at `pace` tokens/s, and its
    batches up to what memory, that pace and arithmetic allow. Raises Unfit."""
    held = [m for m in (Machine(gpu, model, n) for n in SIZES) if m.room(work) > 0]
    if not held:
        raise Unfit(f"{SIZES[-1]} {gpu.name}s do not hold {model.name}")
    for machine in held:
        room = machine.room(work)
        most, limit = min((room, "memory"), (MOST, "the largest batch measured"))
        times = steps.times(machine, work, most)
        quick = int(np.sum(times * pace <= 1))
        if not quick:
            continue
        if quick < most:
            most, limit = quick, "the pace"
        rates = np.arange(1, most + 1, dtype=np.float64) / times[:most]
        # Where arithmetic alone decides, a larger batch brings nothing: the smallest is enough.
        enough = 1 + int(np.argmax(rates >= rates[-1] * (1 - 1e-9)))
        if enough < most:
            most, limit = enough, "arithmetic"
        return Curve(machine, times[:most], rates[:most], limit)
    raise Unfit(
        f"even {SIZES[-1]} {gpu.name}s do not write {model.name}'s answers at {pace:g} tokens/s"
    )


def rate_of(machine: Machine, work: Work, users: int, steps: Steps) -> float:
    """Tokens/s with `users` who each ask again at once; those that do not fit have to wait."""
    batch = min(users, max(1, machine.room(work)))
    return batch / float(steps.times(machine, work, batch)[-1])


def fit(points: Sequence[tuple[Machine, Work, int, float]]) -> tuple[float, float]:
    """(overhead in s, share): the two constants that predict measured (machine, work, users,
    tokens/s) with the least squared relative error of the step's time."""
    a, b, y = [], [], []
    for machine, work, users, rate in points:
        batch = min(users, machine.room(work))
        took = batch / rate
        a.append(1 / took)
        b.append(float(machine.calculating(work, batch)[-1]) / took)
        y.append(1 - float(machine.reading(work, batch)[-1]) / took)
    aa, ab, bb = (
        math.fsum(p * q for p, q in zip(u, v, strict=True)) for u, v in ((a, a), (a, b), (b, b))
    )
    ay, by = (math.fsum(p * q for p, q in zip(u, y, strict=True)) for u in (a, b))
    whole = aa * bb - ab * ab
    return (ay * bb - by * ab) / whole, whole / (by * aa - ay * ab)
