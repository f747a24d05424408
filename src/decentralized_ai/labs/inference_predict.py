"""Exercise 2: how many tokens a second, before anything has run; and the sweep that measures it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from numbers import Real
from typing import Any

from ..inference.latency import seconds_per_token
from .attempt import Wrong, accept, attempt, short
from .inference_client import Run
from .inference_model import Ends
from .inference_swarm import State, Swarm
from .verdict import Verdict, not_yet, right

# A prediction may be off by a quarter of what was measured (other work on this machine), where the
# link is slow enough for a millisecond of packing not to count.
NEAR, SLOW_MS = 0.25, 20.0
ASKED = "stages, compute_ms, rtt_ms, mbit, message_bytes"
Case = tuple[int, float, float, float, float]


def predicted(case: Case, packing_s: float = 0.0) -> float:
    """Tokens a second by the book's latency model; the client is the hub."""
    stages, compute_ms, rtt_ms, mbit, size = case
    step = seconds_per_token(
        stages, compute_ms / 1e3, rtt_ms / 2e3, mbit * 1e6, size, "hub", packing_s
    )
    return 1 / step


class Sweep:
    """The same answer again and again, for each round trip of `rtts_ms`; for `watch`."""

    def __init__(
        self,
        swarm: Swarm,
        ends: Ends,
        prompt: str,
        rtts_ms: Sequence[float],
        *,
        most: int = 12,
        mbit: float = 1000.0,
    ) -> None:
        self.rtts_ms, self.mbit = tuple(rtts_ms), mbit
        self.runs = [
            Run(swarm, ends, prompt, most=most, rtt_ms=rtt, mbit=mbit) for rtt in self.rtts_ms
        ]
        self.stages = len(swarm.spans)
        self.done = 0

    def follow(self) -> Iterator[State]:
        self.done = 0
        for i, run in enumerate(self.runs):
            for state in run.follow():
                words = f"round trip {run.rtt_ms:g} ms: {state.words}"
                yield State((i + state.share) / len(self.runs), words)
            self.done = i + 1
        each = ", ".join(f"{run.rtt_ms:g} ms: {run.per_second:.1f}" for run in self.runs)
        yield State(1.0, f"tokens/s by round trip: {each}")

    @property
    def ok(self) -> bool:
        return self.done == len(self.runs)

    @property
    def per_second(self) -> list[float]:
        """Measured tokens a second, for each round trip."""
        return [run.per_second for run in self.runs]

    @property
    def cases(self) -> list[Case]:
        """What a prediction is given for each run: the computing was measured in the run itself."""
        return [
            (self.stages, 1e3 * run.compute_s, run.rtt_ms, self.mbit, run.message_bytes)
            for run in self.runs
        ]

    def predict(self, rule: Callable[..., float]) -> list[float]:
        return [rule(*case) for case in self.cases]

    def errors(self, rule: Callable[..., float]) -> list[float]:
        """Of each prediction, as a share of what was measured."""
        pairs = zip(self.predict(rule), self.per_second, strict=True)
        return [guess / found - 1 for guess, found in pairs]


def book(stages: int, compute_ms: float, rtt_ms: float, mbit: float, message_bytes: float) -> float:
    """The prediction of the book's own model, with the same arguments as the exercise's."""
    return predicted((stages, compute_ms, rtt_ms, mbit, message_bytes))


# Settings of the check: of no machine in particular.
CASES: tuple[Case, ...] = (
    (3, 30.0, 0.0, 1000.0, 2_400.0),
    (3, 30.0, 100.0, 1000.0, 2_400.0),
    (2, 30.0, 100.0, 1000.0, 2_400.0),
    (4, 60.0, 20.0, 10.0, 2_400.0),
    (3, 30.0, 50.0, 1.0, 14_336.0),
)


def check_2(rule: Any, sweep: Any = None) -> Verdict:
    """rule(stages, compute_ms, rtt_ms, mbit, message_bytes): tokens a second."""
    if not isinstance(sweep, Sweep) or not sweep.ok:
        return not_yet(
            "Run the sweep above to its end first, then hand it over: check_2(rule, sweep)."
        )
    try:
        accept(rule, "tokens_per_second", ASKED)
        for case in CASES:
            found = attempt("tokens_per_second", rule, *case)
            if isinstance(found, bool) or not isinstance(found, Real):
                raise Wrong(f"tokens_per_second must return one number; this is {short(found)}.")
            exact = predicted(case)
            if not abs(float(found) / exact - 1) <= 0.005:  # also if it is not a number
                stages, compute, rtt, mbit, size = case
                raise Wrong(
                    f"{stages} stages, {compute:g} ms of computing, a round trip of {rtt:g} ms to "
                    f"each, {mbit:g} Mbit/s, messages of {size:,.0f} bytes: that makes {exact:.3g} "
                    f"tokens/s, not {float(found):.3g}. {_why(float(found), case)}"
                )
        errors = [float(error) for error in sweep.errors(rule)]
    except Wrong as error:
        return not_yet(str(error))
    slow = [e for e, run in zip(errors, sweep.runs, strict=True) if run.rtt_ms >= SLOW_MS]
    worst = max(slow or errors, key=abs)
    said = f"from a round trip of {SLOW_MS:g} ms on it is off by {worst:+.0%} at worst"
    if abs(worst) > NEAR:
        return not_yet(
            f"The formula is right, but {said}: was something else running? Run the sweep again."
        )
    return right(
        f"On this machine {said}, and by {errors[0]:+.0%} where nothing is slow. What it leaves "
        "out is the work of packing and passing on, a millisecond or so for each stage: it counts "
        "where the network is quick."
    )


def _why(found: float, case: Case) -> str:
    stages, compute, rtt, mbit, size = case
    wire = 8 * size / (mbit * 1e3)
    others = {
        "That is the number of milliseconds, not of tokens a second.": lambda: (
            compute + stages * (rtt + 2 * wire)
        ),
        "Tokens a second, not a millisecond.": lambda: 1 / (compute + stages * (rtt + 2 * wire)),
        "Every stage is a round trip away from the client, which sends to each in turn.": lambda: (
            1e3 / (compute + rtt + 2 * wire)
        ),
        "A round trip is there and back already.": lambda: (
            1e3 / (compute + stages * (2 * rtt + 2 * wire))
        ),
        "To each stage it is a way there and a way back: a whole round trip.": lambda: (
            1e3 / (compute + stages * (rtt / 2 + 2 * wire))
        ),
        "If each stage handed on to the next, there were stages + 1 ways. Here the client is the "
        "hub: two for each stage.": lambda: 1e3 / (compute + (stages + 1) * (rtt / 2 + wire)),
        "compute_ms is that of all stages together.": lambda: (
            1e3 / (stages * compute + stages * (rtt + 2 * wire))
        ),
        "A byte has 8 bits.": lambda: 1e3 / (compute + stages * (rtt + 2 * wire / 8)),
        "The message crosses the link twice for each stage: there, and what comes out back.": (
            lambda: 1e3 / (compute + stages * (rtt + wire))
        ),
        "A message also takes time to leave: its bits, divided by those of a second.": lambda: (
            1e3 / (compute + stages * rtt)
        ),
        "The way takes time, too: a round trip for each stage.": lambda: 1e3 / compute,
    }
    if math.isfinite(found):
        for words, rule in others.items():
            if abs(found / rule() - 1) <= 0.004:
                return words
    return (
        "For one token: the computing of all stages, and for each stage a round trip and the time "
        "that two messages need to leave."
    )
