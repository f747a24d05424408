"""Exercises 2 and 3 of the lab "Run the network's politics": strategies of validators."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from .attempt import Wrong
from .governance_contest import meet, tournament
from .governance_game import Setting, accept_validator
from .governance_strategies import BUILT_IN, Copier, Honest
from .verdict import Verdict, not_yet, right

LAGS = (0, 2, 5, 10, 20)
SEEDS = range(21, 29)  # the lab's own cells use 1, 2, 3
HELD_OUT = range(101, 107)
AHEAD = 3.0  # points that a copier should be ahead of an honest validator
EVEN = 0.7  # points: nearer than this, two are even


def check_2(strategy: Any, lag: Any = None) -> Verdict:
    """A strategy that tests nobody and beats honest ones; the first lag at which it does not."""
    try:
        mine = accept_validator(strategy)
        (earned, tests), (honest, _) = meet(mine, Honest, Setting(), SEEDS)
        found = f"With weights public at once yours earns {earned:.1f}, an honest one {honest:.1f}."
        if tests:
            raise Wrong(
                f"{mine.__name__} tests the operators {tests:.0f} times in 100 epochs. Here the "
                "point is to pay for no test: what do the others tell you for free?"
            )
        if earned < honest + AHEAD:
            raise Wrong(
                f"{found} What is cut off brings nothing, and whatever is at the consensus is "
                "never cut off. Which consensus can you see?"
            )
        if lag is None:
            raise Wrong(
                f"{found} So it works. Now the second half: at which of the lags "
                f"{', '.join(map(str, LAGS))} does the copier earn less than the honest one?"
            )
        if isinstance(lag, bool) or lag not in LAGS:
            raise Wrong(f"The lag must be one of {', '.join(map(str, LAGS))} (epochs).")
        copied, own = _copier(lag)
        found = f"At a lag of {lag} epochs the copier earns {copied:.1f}, an honest one {own:.1f}."
        if copied > own + EVEN:
            raise Wrong(f"{found} Copying still pays there: look at longer lags.")
        before = LAGS[LAGS.index(lag) - 1]
        copied, own = _copier(before)
        if copied < own - EVEN:
            raise Wrong(
                f"{found} But at {before} epochs it loses already ({copied:.1f} against "
                f"{own:.1f}): look at shorter lags."
            )
    except Wrong as error:
        return not_yet(str(error))
    return right(
        f"{found} Old weights are worth less the faster operators change. Where they never change, "
        "no lag helps: yesterday's answer is today's."
    )


def check_3(strategy: Any) -> Verdict:
    """Win the tournament on networks that you have not seen."""
    try:
        if strategy in BUILT_IN.values():
            raise Wrong("A built-in strategy is not yours: write a class of your own.")
        standings = tournament({"yours": strategy}, seeds=HELD_OUT)
    except Wrong as error:
        return not_yet(str(error))
    mine = standings.of("yours")
    best = next(row for row in standings.rows if row.name != "yours")
    found = f"On {len(HELD_OUT)} new networks your stake earns {mine.earned:.1f}"
    if mine.rank == 1:
        return right(
            f"{found}, rank 1, with {mine.tests:.0f} tests in 100 epochs; the best built-in one, "
            f"{best.name}, has {best.earned:.1f}."
        )
    if mine.tests > 95:
        hint = (
            "You test in every epoch, and forget. One test has an error of 30%; what you saw "
            "before is still worth something while nobody has changed."
        )
    elif mine.tests == 0:
        hint = "You never test: what you know is as old as the lag."
    else:
        hint = (
            "Old tests tell the good from the bad as long as nobody changes; then they mislead. "
            "How do you notice a change?"
        )
    return not_yet(f"{found}, rank {mine.rank}; {best.name} has {best.earned:.1f}. {hint}")


@cache
def _copier(lag: int) -> tuple[float, float]:
    """What a copier and an honest validator earn, at this lag."""
    one, two = meet(Copier, Honest, replace(Setting(), lag=lag), SEEDS)
    return one[0], two[0]
