"""Fifty steps alone, one together: training by steps and by the clock, recorded and computed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..contract import (
    Challenge,
    Choice,
    Demo,
    Guess,
    Preset,
    Slider,
    View,
)
from ..quantities import bandwidth, digits, duration, settled
from ..training.diloco import DiLoCo
from ..training.links import GBIT, MBIT
from ..training.localsgd import Curve, Pace, Point, crossings, curve, pace, seeds, turning_points
from ..training.sync import compute_s
from .pictures.localsgd import Line, figure, table

H100_FLOPS = 8 * 989e12  # a second: eight H100, bfloat16 without sparsity, by the data sheet
REACHED = 0.4  # of that; INTELLECT-1 reports 36.2 to 41.4%
TOKENS = 2**19  # of a worker in a step, for the large models
# label, weights, tokens a worker and step, operations a second, share of them reached
SIZES = {
    "tiny": ("33 thousand weights, as recorded", 32_736, 128, 25e9, 1.0),
    "m150": ("0.15 billion weights", 0.15e9, TOKENS, H100_FLOPS, REACHED),
    "b1": ("1 billion weights", 1e9, TOKENS, H100_FLOPS, REACHED),
    "b10": ("10 billion weights", 1e10, TOKENS, H100_FLOPS, REACHED),
    "b70": ("70 billion weights", 7e10, TOKENS, H100_FLOPS, REACHED),
}
RUNS = {
    "same": "all read the whole text",
    "own": "a part of the text each",
    "lost": "a part each, half of updates lost",
    "stream": "whole text, streaming",
}
RATES = (
    *(1, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000),
    *(10_000, 20_000, 50_000, 100_000, 200_000, 400_000),
)


# The lines of the picture: name, method, share of updates lost. The last is the one compared.
SHOWN = {
    "same": (("synchronous", "sync", 0.0), ("local SGD", "local", 0.0), ("DiLoCo", "diloco", 0.0)),
    "own": (("synchronous", "sync", 0.0), ("local SGD", "local", 0.0), ("DiLoCo", "diloco", 0.0)),
    "lost": (
        ("synchronous", "sync", 0.0),
        ("DiLoCo, none lost", "diloco", 0.0),
        ("DiLoCo, half lost", "diloco", 0.5),
    ),
    "stream": (
        ("synchronous", "sync", 0.0),
        ("DiLoCo, waiting", "diloco", 0.0),
        ("DiLoCo, streaming", "stream", 0.0),
    ),
}
NAMES = {"lost": "DiLoCo with half of its updates lost", "stream": "streaming DiLoCo"}
BUSY = 0.95  # of the time computing: the bandwidth that this takes is a metric


@dataclass(frozen=True)
class Method:
    """A line of the picture: a recorded curve at a computed pace."""

    name: str
    kind: str
    curve: Curve
    pace: Pace
    rate: float  # bytes a second
    latency_s: float

    def seconds(self, steps: float) -> float:
        return self.pace.seconds(steps, self.rate, self.latency_s)

    def points(self) -> list[Point]:
        """(seconds, loss) of each measured point."""
        both = zip(self.curve.steps, self.curve.losses, strict=True)
        return [(self.seconds(n), loss) for n, loss in both]


def compute(
    link: int,
    every: int,
    workers: int,
    run: str,
    size: str,
    outer_bits: int,
    sync_bits: int,
    latency: int,
) -> View:
    """The recorded runs of one crew, on a clock made of computing and of exchanges."""
    _, parameters, tokens, flops, reached = SIZES[size]
    step_s = compute_s(parameters, tokens, flops, reached)
    crew, run, refused = _recorded(workers, every, run)
    data = "same" if run in ("same", "stream") else "own"
    found = []
    for name, kind, lost in SHOWN[run]:
        runs = curve(kind, crew, every, data, lost)
        if runs is not None:
            bits = sync_bits if kind == "sync" else outer_bits
            tempo = pace(kind, crew, every, parameters, bits, step_s)
            found.append(Method(name, kind, runs, tempo, link * MBIT, latency / 1000))
    metrics = _metrics(found, every, crew, run, data)
    lines = [Line(method.name, method.curve, method.points()) for method in found]
    return View(
        figure=figure(lines, metrics),
        takeaway=refused + _takeaway(found, metrics, crew, run),
        metrics=metrics,
        table=table(lines),
    )


def _recorded(workers: int, every: int, run: str) -> tuple[int, str, str]:
    """Workers and kind of run to show, and, where they are not those asked for, words that say so:
    no curve is made up from its neighbours."""
    for crew, kind, words in (
        (workers, run, ""),
        (workers, "same", "With the whole text and nothing lost, all waiting: "),
        (8, "same", "With eight workers and the whole text, all waiting: "),
    ):
        data = "same" if kind in ("same", "stream") else "own"
        ends = SHOWN[kind][0], SHOWN[kind][-1]
        if all(curve(method, crew, every, data, lost) for _, method, lost in ends):
            crew_words = "one worker" if workers == 1 else f"{workers} workers"
            asked = f'No run with {crew_words}, H = {every} and "{RUNS[run]}" was recorded. '
            return crew, kind, asked + words if words else ""
    raise LookupError(f"no recorded run with H = {every}")


def _metrics(
    found: list[Method], every: int, workers: int, run: str, data: str
) -> dict[str, float]:
    """Losses in nats a character, times in seconds, bandwidths in Gb/s. `main` is the last line of
    the picture. What does not exist is left out."""
    sync, main = found[0], found[-1]
    target = max(sync.curve.best, main.curve.best)
    numbers = {
        "saving": sync.pace.bytes_per_step / main.pace.bytes_per_step,
        "start": sync.curve.losses[0],
        "loss_sync": sync.curve.losses[-1],
        "loss_middle": found[1].curve.losses[-1],
        "loss_main": main.curve.losses[-1],
        "extra": 100 * math.expm1(main.curve.losses[-1] - sync.curve.losses[-1]),
        "busy_sync": sync.pace.utilisation(sync.rate, sync.latency_s),
        "busy_main": main.pace.utilisation(main.rate, main.latency_s),
        "whole_sync": sync.seconds(sync.curve.steps[-1]),
        "whole_main": main.seconds(main.curve.steps[-1]),
    }
    first, second = sync.curve.steps_to(target), main.curve.steps_to(target)
    if first and second:
        numbers |= {"target": target, "steps_sync": first, "steps_main": second}
        numbers |= {"time_sync": sync.seconds(first), "time_main": main.seconds(second)}
        numbers["ratio"] = numbers["time_sync"] / numbers["time_main"]
        turns = turning_points((sync.pace, first), (main.pace, second), sync.latency_s)
        numbers |= {f"turn{i}": rate / GBIT for i, rate in enumerate(turns)}
    if times := crossings(sync.points(), main.points()):
        numbers["cross"] = times[-1]
    for name, method in (("sync", sync), ("main", main)):
        if (need := method.pace.needs(BUSY, method.latency_s)) is not None:
            numbers[f"need_{name}"] = need / GBIT
    lost = 0.5 if run == "lost" else 0.0
    for steps in (10, 50):
        if (often := curve(main.kind, workers, steps, data, lost)) is not None:
            worse = math.expm1(numbers["loss_main"] - often.losses[-1])
            numbers[f"against_{steps}"] = 100 * worse
    if run == "lost":
        numbers["lost_cost"] = 100 * math.expm1(numbers["loss_main"] - numbers["loss_middle"])
    for name, kind in (("sync", sync.kind), ("middle", found[1].kind), ("main", main.kind)):
        again = [item.losses[-1] for item in seeds(kind, workers, every, data)]
        if len(again) > 1 and run != "lost":
            numbers[f"spread_{name}"] = max(again) - min(again)
    return numbers


def _takeaway(found: list[Method], m: dict[str, float], workers: int, run: str) -> str:
    name = NAMES.get(run, "DiLoCo")
    if "ratio" not in m:
        return (
            f"{name[0].upper()}{name[1:]} never gets below {m['start']:.3f} nats a character, "
            f"where it began, and ends at {m['loss_main']:.3f}. The synchronous run ends at "
            f"{m['loss_sync']:.3f}."
        )
    first, second = name, "the synchronous run"
    times = m["time_main"], m["time_sync"]
    if m["ratio"] < 1:
        first, second, times = second, first, times[::-1]
    ratio = settled(times[1] / times[0])
    words = f"To reach {m['target']:.3f} nats a character, which both do, {first} takes "
    words += f"{duration(times[0], 2)} and {second} {duration(times[1], 2)}"
    words += f", {digits(ratio, 2)} times as long." if ratio >= 1.05 else ", about as long."
    turns = [m[key] for key in ("turn0", "turn1", "turn2") if key in m]
    if workers == 1:
        return f"{words} One worker alone exchanges nothing, so no link matters."
    if not turns:
        return f"{words} That order is the same at any bandwidth."
    if len(turns) == 1:
        below = found[0].rate < turns[0] * GBIT
        low, high = (first, second) if below else (second, first)
        turn = f"The order turns at {_rate(turns[0])}"
        return f"{words} {turn}: below it {low} is first, above it {high}."
    return f"{words} The order turns at {' and at '.join(_rate(turn) for turn in turns)}."


def _rate(gbit: float) -> str:
    return bandwidth(gbit * 1e9, 2)


def _rate_words(stop: int) -> str:
    return f"{stop // 1000} Gb/s" if stop >= 1000 else f"{stop} Mb/s"


def _cheap(view: View) -> bool:
    m = view.metrics
    return m.get("ratio", 0) > 1 and m["busy_main"] >= 0.95 and m["extra"] <= 10


def _sync_first(view: View) -> bool:
    return 0 < view.metrics.get("ratio", 0) < 1


def _free(view: View) -> bool:
    m = view.metrics
    return m["saving"] >= 400 and m["busy_main"] == 1


DEMO = Demo(
    id="localsgd",
    title="Fifty steps alone, one together",
    part="training",
    question=(
        "Workers that train one model together usually exchange their gradients after every step. "
        "Over a slow link that takes far longer than the step. What is lost if they train alone "
        "for many steps and meet rarely, and what is won?"
    ),
    guess=Guess(
        "Eight workers, a model of a billion weights, 100 Mb/s. DiLoCo exchanges every 50 steps "
        "and learns less in each. Which is sooner at a loss that both reach?",
        (
            "The synchronous run: what counts is how much each step teaches",
            "DiLoCo, by a little",
            "DiLoCo, more than ten times as fast",
        ),
        lambda view: 0 if view.metrics["ratio"] < 1 else 1 if view.metrics["ratio"] < 10 else 2,
        "A synchronous step here is nearly all waiting. DiLoCo waits once in 50 steps; needing "
        "more steps hardly matters beside that. On a fast link it is the other way round.",
    ),
    controls=(
        Slider(
            "link", "Bandwidth of each link", 100, RATES, words={r: _rate_words(r) for r in RATES}
        ),
        Slider(
            "every",
            "H, steps between exchanges",
            50,
            (1, 10, 50, 100, 500),
            help="of local SGD and DiLoCo; the synchronous run exchanges every step",
        ),
        Slider("workers", "Workers", 8, (1, 2, 4, 8, 16)),
        Choice("run", "Text and updates", "same", RUNS),
        Choice(
            "size",
            "The clock is that of a model of",
            "b1",
            {name: words for name, (words, *_) in SIZES.items()},
            "the losses are the small recorded model's in any case",
        ),
        Slider(
            "outer_bits",
            "Local SGD and DiLoCo send numbers of",
            32,
            (4, 8, 16, 32),
            "bits",
            "changes the clock alone: the recorded runs sent all 32",
        ),
        Slider("sync_bits", "The synchronous run sends numbers of", 32, (16, 32), "bits"),
        Slider("latency", "Latency, one way", 10, (0, 1, 10, 35, 100, 300), "ms"),
    ),
    main="link",
    presets=(
        Preset(
            "diloco",
            "DiLoCo, 500 times less",
            "Douillard et al. 2023: 8 workers, 0.15 billion weights, an exchange every 500 steps, "
            "a part of the text each.",
            "douillard2023",
            {"every": 500, "workers": 8, "run": "own", "size": "m150"},
        ),
        Preset(
            "often",
            "DiLoCo at H = 50",
            "The same paper's most frequent exchange. From here to H = 1000 it lost 2.9% of "
            "perplexity; compare with H = 500, our rarest.",
            "douillard2023",
            {"every": 50, "workers": 8, "run": "own", "size": "m150"},
        ),
        Preset(
            "dropped",
            "Half of the updates lost",
            "The same paper: each outer gradient is dropped with a chance of 50%, and perplexity "
            "is 2.1% worse.",
            "douillard2023",
            {"every": 500, "workers": 8, "run": "lost", "size": "m150"},
        ),
        Preset(
            "streaming",
            "Streaming DiLoCo",
            "Douillard et al. 2025: a piece at a time, under the computing, in 4 bits. Bandwidth "
            "falls by two orders of magnitude.",
            "douillard2025",
            {
                "every": 100,
                "workers": 8,
                "run": "stream",
                "outer_bits": 4,
                "sync_bits": 16,
                "link": 1000,
            },
        ),
        Preset(
            "intellect",
            "INTELLECT-1",
            "10 billion weights, up to 14 nodes on three continents (here 16), an exchange of "
            "8-bit numbers every 100 steps. Reported: 400 times less traffic, 83 to 96% of the "
            "time spent computing. The link of 1 Gb/s is our assumption.",
            "intellect1",
            {"every": 100, "workers": 16, "size": "b10", "outer_bits": 8, "link": 1000},
        ),
    ),
    challenges=(
        Challenge(
            "cheap",
            "Keep DiLoCo's workers computing 95% of the time, be first, and end within 10% of the "
            "synchronous run's perplexity.",
            "Wait less: meet less often, or send less. Every choice but the link has its price.",
            _cheap,
        ),
        Challenge(
            "sync_first",
            "Find a setting in which the synchronous run is first.",
            "Read where the order turns. Latency is paid in each exchange, on any link.",
            _sync_first,
        ),
        Challenge(
            "free",
            "Send 400 times less than the synchronous run, and never wait at all.",
            "An exchange that takes no longer than the computing above it costs no time.",
            _free,
        ),
    ),
    compute=compute,
    shown=(Curve, Pace, turning_points, DiLoCo),
)
