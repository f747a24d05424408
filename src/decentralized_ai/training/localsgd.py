"""Synchronous training, local SGD and DiLoCo on a clock: recorded losses, computed seconds.

How the loss falls with the number of steps was recorded (experiments/localsgd.py; every number of a
curve is a measured one). How long a step takes is computed, for a model and a link of the reader's
choice: compute by 6 N D, and an exchange round a ring every H steps. The two are put together
here. A curve is looked up, never made up from its neighbours in the grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from ..recorded import load
from .collectives import all_reduce_s

METHODS = ("sync", "local", "diloco", "stream")
PIECES = 5  # of the streaming form, as recorded


@dataclass(frozen=True)
class Curve:
    """steps: inner steps of each worker, from 0. losses: nats a character, of the common model on
    held-out text after those steps. Between two measured points a straight line is drawn."""

    steps: tuple[int, ...]
    losses: tuple[float, ...]

    @property
    def best(self) -> float:
        """The lowest loss measured after the start."""
        return min(self.losses[1:])

    def steps_to(self, loss: float) -> float | None:
        """Steps until the line is first at or below `loss`; None if it never is."""
        if self.losses[0] <= loss:
            return 0.0
        points = list(zip(self.steps, self.losses, strict=True))
        for (a, high), (b, low) in pairwise(points):
            if low <= loss:
                return a + (b - a) * (high - loss) / (high - low)
        return None


@cache
def _recorded() -> dict[tuple[str, int, int, str, float, int], Curve]:
    names = ("method", "workers", "every", "data", "lost", "seed")
    found = {}
    for cell in load("localsgd")["cells"]:
        steps = tuple(i * cell["gap"] for i in range(len(cell["loss"])))
        found[tuple(cell[name] for name in names)] = Curve(steps, tuple(cell["loss"]))
    return found  # type: ignore[return-value]


def curve(
    method: str, workers: int, every: int, data: str = "same", lost: float = 0.0, seed: int = 1
) -> Curve | None:
    """The recorded run of that setting, or None where there is none.

    method: sync, local, diloco or stream. data: same (every worker reads all of the text) or own (a
    part each). lost: share of outer gradients lost. One worker has all of the text either way, and
    local SGD with one worker is its inner optimiser (tests/training/test_diloco.py).
    """
    if workers == 1:
        data = "same"
        if method == "local" and lost == 0:
            method = "sync"
    if method == "sync":
        every = 1
    return _recorded().get((method, workers, every, data, lost, seed))


def seeds(method: str, workers: int, every: int, data: str = "same") -> list[Curve]:
    """That setting's runs with other draws of the text; the first is `curve`'s."""
    runs = (curve(method, workers, every, data, seed=seed) for seed in (1, 2, 3))
    return [run for run in runs if run is not None]


@dataclass(frozen=True)
class Pace:
    """What a step of a method costs. step_s: computing. turn: steps between two exchanges.
    size: bytes of one exchange. hidden: of how many steps' computing it may lie under."""

    workers: int
    step_s: float
    turn: int
    size: float
    hidden: int = 0

    def exchange_s(self, bytes_per_s: float, latency_s: float) -> float:
        """One exchange round a ring (training/collectives.py)."""
        return all_reduce_s("ring", self.workers, self.size, latency_s, bytes_per_s)

    def wait_s(self, bytes_per_s: float, latency_s: float) -> float:
        """Seconds a turn in which nobody computes."""
        return max(0.0, self.exchange_s(bytes_per_s, latency_s) - self.hidden * self.step_s)

    def seconds(self, steps: float, bytes_per_s: float, latency_s: float) -> float:
        """Until a worker has made `steps`, with the waiting spread evenly over them."""
        return steps * (self.step_s + self.wait_s(bytes_per_s, latency_s) / self.turn)

    def utilisation(self, bytes_per_s: float, latency_s: float) -> float:
        """Share of the time in which workers compute, 0 to 1."""
        return self.turn * self.step_s / self.seconds(self.turn, bytes_per_s, latency_s)

    def needs(self, busy: float, latency_s: float) -> float | None:
        """The least bandwidth, bytes a second, at which workers compute for a share `busy` of the
        time; None where none is enough, or where nothing is exchanged."""
        allowed = self.hidden * self.step_s + self.turn * self.step_s * (1 - busy) / busy
        allowed -= 2 * (self.workers - 1) * latency_s
        if self.workers == 1 or allowed <= 0:
            return None
        return 2 * (self.workers - 1) * self.size / self.workers / allowed

    @property
    def bytes_per_step(self) -> float:
        """Of the numbers exchanged, over an inner step (a ring sends each nearly twice)."""
        return self.size / self.turn


def pace(
    method: str, workers: int, every: int, parameters: float, bits: int, step_s: float
) -> Pace:
    """The pace of a recorded method with a model of `parameters` weights, sent with `bits` each.
    Streaming sends a fifth each H / 5 steps, and half of that turn may pass until it is there.

    Raises ValueError for an unknown method, or for fewer steps than there are pieces to send.
    """
    if method not in METHODS:
        raise ValueError(f"no method {method!r}: one of {', '.join(METHODS)}")
    if every < (least := PIECES if method == "stream" else 1):
        raise ValueError(f"{method} needs {least} or more steps between exchanges, not {every}")
    size = parameters * bits / 8
    if method == "sync":
        return Pace(workers, step_s, 1, size)
    if method == "stream":
        turn = every // PIECES
        return Pace(workers, step_s, turn, size / PIECES, hidden=turn // 2)
    return Pace(workers, step_s, every, size)


def turning_points(
    one: tuple[Pace, float], other: tuple[Pace, float], latency_s: float
) -> list[float]:
    """Bandwidths, bytes a second, at which two methods take equally long for their steps.

    Each is a pace and a number of steps. The time of both is a sum of a constant and a multiple of
    x = 1 / bandwidth, bent once where an exchange comes out from under the computing; so the
    difference is a line between bends, and its zeros are exact. Ascending.
    """

    def apart(x: float) -> float:
        (a, n), (b, m) = one, other
        return _seconds(a, n, x, latency_s) - _seconds(b, m, x, latency_s)

    bends = sorted({x for pace, _ in (one, other) if (x := _bend(pace, latency_s)) > 0})
    ends = [0.0, *bends]
    found = []
    for i, low in enumerate(ends):
        last = i + 1 == len(ends)
        high = 2 * low + 1.0 if last else ends[i + 1]
        at, slope = apart(low), (apart(high) - apart(low)) / (high - low)
        if slope == 0:
            continue
        zero = low - at / slope
        if zero > low and (last or zero <= high):
            found.append(1 / zero)
    return sorted(found)


def _seconds(pace: Pace, steps: float, x: float, latency_s: float) -> float:
    """Pace.seconds with x = 1 / bandwidth, 0 for a link without end."""
    rounds = 2 * (pace.workers - 1)
    exchange = rounds * (latency_s + pace.size / pace.workers * x)
    return steps * (pace.step_s + max(0.0, exchange - pace.hidden * pace.step_s) / pace.turn)


def _bend(pace: Pace, latency_s: float) -> float:
    """The x at which an exchange just fits under the computing; not above 0 if there is none."""
    rounds = 2 * (pace.workers - 1)
    if rounds == 0:
        return 0.0
    return (pace.hidden * pace.step_s / rounds - latency_s) * pace.workers / pace.size


Point = tuple[float, float]


def crossings(one: list[Point], other: list[Point]) -> list[float]:
    """Times at which two lines of (time, loss) points cross, ascending. Both begin at the same
    place; a run that has ended keeps its last loss."""
    found = []
    before: Point | None = None  # the last time at which they differed, and by how much
    level: float | None = None  # since when they have not
    for t in sorted({t for t, _ in (*one, *other)}):
        gap = value(one, t) - value(other, t)
        if gap == 0:
            level = t if level is None else level
            continue
        if before is not None and (gap > 0) != (before[1] > 0):
            apart = before[1] / (before[1] - gap)
            found.append(before[0] + (t - before[0]) * apart if level is None else level)
        before, level = (t, gap), None
    return found


def value(line: list[Point], t: float) -> float:
    """The loss of a line of points at time t: straight between points, level after the last."""
    for (a, first), (b, second) in pairwise(line):
        if t <= b:
            return first + (second - first) * (t - a) / (b - a)
    return line[-1][1]
