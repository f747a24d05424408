"""Exercises 1 and 2 of the lab "Train together": bytes, and the time that they take."""

from __future__ import annotations

from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np

from .attempt import Wrong, accept, attempt, short
from .training_launch import Training
from .verdict import Verdict, not_yet, right

# Exercise 2: two workers, a step computed in 10 ms, a link of 20 Mbit/s.
WEIGHTS, COMPUTE_S, MBIT, GOAL = 33_760, 0.010, 20.0, 0.9


def ring(workers: int, size: int) -> int:
    """Bytes that worker 0 sends while `workers` add up an array of `size` bytes on a ring, walked
    through message by message: each in turn passes on the part that it has just added to."""
    bounds = [size * i // workers for i in range(workers + 1)]
    parts = [b - a for a, b in pairwise(bounds)]
    rounds = 2 * (workers - 1)  # once round to add, once round to share
    return sum(parts[-turn % workers] for turn in range(rounds))


def check_1(sent: Any, ddp: Any = None, diloco: Any = None) -> Verdict:
    """sent(method, workers, weights, steps, every): the bytes that each worker sends."""
    if not all(isinstance(run, Training) and run.ok for run in (ddp, diloco)):
        return not_yet(
            "Run the two trainings above to their end first, then hand them over as they are: "
            "check_1(sent, ddp, diloco)."
        )
    cases: list[tuple[tuple[str, int, int, int, int], int, str]] = []
    for run in (ddp, diloco):
        every = run.options.get("every", 20)
        words = "the run above sent"
        arguments = (run.method, run.workers, WEIGHTS, run.steps, every)
        cases.append((arguments, run.sent, words))
    for workers, weights, steps, every in ((4, 1000, 10, 5), (8, 4000, 100, 100), (16, 16, 30, 10)):
        for method, times in (("ddp", steps), ("diloco", steps // every)):
            exact, words = times * ring(workers, 4 * weights), "walking round the ring gives"
            cases.append(((method, workers, weights, steps, every), exact, words))
    try:
        accept(sent, "sent", "method, workers, weights, steps, every")
        for arguments, exact, words in cases:
            found = attempt("sent", sent, *arguments)
            if isinstance(found, bool) or not isinstance(found, Real):
                raise Wrong(f"sent must return one number; this is {short(found)}.")
            if not abs(float(found) - exact) <= 0.5:  # also if it is not a number
                call = ", ".join(map(repr, arguments))
                said = f"sent({call}) is {float(found):,.10g}; {words} {exact:,} bytes."
                raise Wrong(f"{said} {_why(float(found), exact, arguments)}")
    except Wrong as error:
        return not_yet(str(error))
    return right(
        f"DDP sends {ddp.sent:,} bytes, DiLoCo {diloco.sent:,}: {ddp.sent / diloco.sent:.0f} times "
        "fewer. More workers make it at most twice the model for each exchange, however many: "
        "that is what the ring is for."
    )


def _why(found: float, exact: int, arguments: tuple[str, int, int, int, int]) -> str:
    method, workers, _, _, every = arguments
    share = found / exact
    if workers == 2 and abs(share - 2) < 1e-6:
        return (
            "Is that what both send together? Or does somebody send a part to itself? Of n parts, "
            "n - 1 travel each time."
        )
    if abs(share - workers) < 1e-6:
        return "That is what all workers send together: divide by their number."
    if abs(share - 0.25) < 1e-6:
        return "A weight in float32 has four bytes."
    if abs(share - 0.5) < 1e-6:
        return "The sums must travel, too: once round the ring to add, once more to share."
    if method == "diloco" and abs(share - every) < 1e-6:
        return f"DiLoCo exchanges once in {every} steps, not after each one."
    if method == "ddp" and abs(share - 1 / every) < 1e-6:
        return "DDP exchanges after each step; only DiLoCo waits."
    return (
        "For one exchange: the array is cut into as many parts as there are workers; each worker "
        "sends one part to its neighbour, n - 1 times to add and n - 1 times to share."
    )


def check_2(every: Any) -> Verdict:
    """The smallest H with which two workers compute nine tenths of the time."""
    if every is None:
        return not_yet("Set answer_2 to a whole number, for instance answer_2 = 10.")
    if isinstance(every, bool) or not isinstance(every, int | float | np.number):
        return not_yet(f"One whole number is asked for; this is {short(every)}.")
    if not float(every).is_integer() or every < 1:
        return not_yet(f"One whole number, 1 or more, is asked for; this is {short(every)}.")
    size = ring(2, 4 * WEIGHTS)
    exchange = 8 * size / (1e6 * MBIT)
    steps = int(every)

    def busy(h: int) -> float:
        return h * COMPUTE_S / (h * COMPUTE_S + exchange)

    best = next(h for h in range(1, 10**6) if busy(h) >= GOAL)
    said = (
        f"An exchange of {size:,} bytes takes {1e3 * exchange:.1f} ms. With {steps} steps alone "
        f"({1e3 * steps * COMPUTE_S:.0f} ms) they compute {busy(steps):.1%} of the time"
    )
    if steps < best:
        bits = (
            " A byte has 8 bits, and the link is stated in bits."
            if abs(8 * steps - best) <= 8
            else ""
        )
        return not_yet(f"{said}; the goal is {GOAL:.0%}.{bits}")
    if steps > best:
        return not_yet(f"{said}: more than needed. Which is the smallest number that will do?")
    return right(
        f"{said}. DDP, with one step, computes {busy(1):.0%} of the time. Twice the bandwidth "
        "would need about half as many steps; what it costs in loss, no formula tells."
    )
