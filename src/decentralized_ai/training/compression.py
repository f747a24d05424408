"""What compressed gradients cost and bring: recorded losses, bytes sent, bytes received.

The losses are recorded from training runs with torch (recorded/compression.json). The bytes of a
message follow from each compressor's own encoding, for the recorded model as for a larger one. What
a node receives depends on whether messages can be added on the way:

    all-reduce on a ring   2 (n - 1) / n  messages    plain, random-k, PowerSGD
    all-gather             n - 1          messages    all others

so that from n = 2 S / m nodes on, a message of m bytes that cannot be added brings more than the S
bytes of everything that can.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from ..recorded import load
from .compress_bits import bits_for
from .compress_demo import CHUNK
from .compress_quantise import BUCKET

METHODS = {
    "topk": "top-k",
    "randk": "random-k",
    "quantise": "few bits",
    "sign": "sign",
    "powersgd": "PowerSGD",
    "demo": "DeMo",
}
SUMMABLE = frozenset({"plain", "randk", "powersgd"})
FLOAT = 4  # bytes


@dataclass(frozen=True)
class Recorded:
    """One setting of the grid. strength: share of the values (top-k, random-k), bits, rank, or
    coefficients of a chunk. size: bytes that a worker sent in a step, on average. losses: nats a
    character on held-out text, a row for each seed, a column for each measurement."""

    method: str
    strength: float
    feedback: bool
    size: float
    losses: tuple[tuple[float, ...], ...]

    @property
    def curve(self) -> tuple[float, ...]:
        """Mean over the seeds at each measurement."""
        return tuple(math.fsum(column) / len(column) for column in zip(*self.losses, strict=True))

    @property
    def final(self) -> float:
        return self.curve[-1]

    @property
    def spread(self) -> tuple[float, float]:
        """Least and largest final loss of a seed."""
        last = [row[-1] for row in self.losses]
        return min(last), max(last)

    def words(self) -> str:
        return strength_words(self.method, self.strength)


@cache
def recorded() -> tuple[Recorded, ...]:
    """The grid, a setting each with all its seeds, in the order of the file."""
    rows: dict[tuple[str, float, bool], list[tuple[float, tuple[float, ...]]]] = defaultdict(list)
    for cell in load("compression")["cells"]:
        key = (cell["method"], float(cell["strength"]), cell["feedback"])
        rows[key].append((cell["bytes"], tuple(cell["loss"])))
    return tuple(
        Recorded(*key, found[0][0], tuple(losses for _, losses in found))
        for key, found in rows.items()
    )


@cache
def plain() -> Recorded:
    """The runs that sent everything."""
    (found,) = [run for run in recorded() if run.method == "plain"]
    return found


def steps_between() -> int:
    """From one measurement to the next; the first is before any step."""
    return int(load("compression")["setting"]["every"])


def family(method: str, feedback: bool) -> list[Recorded]:
    """The runs of a method, the smallest messages first."""
    found = [run for run in recorded() if run.method == method and run.feedback == feedback]
    return sorted(found, key=lambda run: run.size)


def mildest(method: str, feedback: bool, ratio: float) -> Recorded | None:
    """The run with the largest messages that are at least `ratio` times smaller than everything;
    None if all are larger."""
    small = [run for run in family(method, feedback) if run.size * ratio <= plain().size]
    return small[-1] if small else None


def strength_words(method: str, strength: float) -> str:
    if method in ("topk", "randk"):
        return f"{100 * strength:g}%"
    if method == "quantise":
        return f"{strength:g} bits"
    if method == "sign":
        return "1 bit"
    if method == "powersgd":
        return f"rank {strength:g}"
    return f"{strength:g} a chunk" if method == "demo" else "everything"


@dataclass(frozen=True)
class Model:
    """weights: how many. side: of its matrices, which are taken to be square (PowerSGD)."""

    words: str
    weights: float
    side: int


MODELS = {
    "small": Model("33 thousand", 32_736, 32),
    "b1": Model("1.2 billion", 1.2e9, 2048),
    "b10": Model("10 billion", 10e9, 4096),
    "b72": Model("72 billion", 72e9, 8192),
}


def message_bytes(method: str, strength: float, model: Model) -> float:
    """Bytes of one message by the method's encoding, for a model of that size. For DeMo the model
    is taken to be cut into whole chunks of 64 x 64."""
    n = model.weights
    if method == "topk":
        return strength * n * (32 + bits_for(math.ceil(n))) / 8
    if method == "randk":
        return 4 + strength * n * FLOAT
    if method == "quantise":
        return n * strength / 8 + FLOAT * n / BUCKET
    if method == "sign":
        return n / 8 + FLOAT * n / BUCKET
    if method == "powersgd":
        return FLOAT * strength * n / model.side
    if method == "demo":
        chunk = CHUNK * CHUNK
        return n / chunk * strength * (32 + bits_for(chunk)) / 8
    if method == "plain":
        return FLOAT * n
    raise ValueError(f"no method {method!r}")


def sent_bytes(run: Recorded, model: Model) -> float:
    """Bytes of one message of a recorded setting, for a model of that size. For the recorded model
    itself: what was sent, of which the formulas for PowerSGD and DeMo know the shapes only
    roughly."""
    if model == MODELS["small"]:
        return run.size
    return message_bytes(run.method, run.strength, model)


def received_bytes(message: float, nodes: int, summable: bool) -> float:
    """What each of n nodes receives in a step: on a ring that adds, or everybody's message."""
    if summable:
        return 2 * (nodes - 1) / nodes * message
    return (nodes - 1) * message


def break_even(message: float, everything: float) -> float:
    """From how many nodes on an all-gather of messages brings more than a ring of everything."""
    return 2 * everything / message
