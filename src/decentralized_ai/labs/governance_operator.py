"""Exercise 4 of the lab "Run the network's politics": an operator that is paid by its score."""

from __future__ import annotations

import math
from functools import cache
from numbers import Real
from typing import Any

import numpy as np

from .attempt import Wrong, accept, short
from .governance_game import Played, Setting, play
from .governance_patience import Patience
from .governance_strategies import Honest
from .verdict import Verdict, not_yet, right

LEAKS = (0.0, 0.2, 0.5, 1.0, 2.0)
# The real shares of the other seven operators' effort, whatever the leak.
OTHERS = (1.0, 0.9, 0.8, 0.6, 0.5, 0.3, 0.0)
STAKES = (30, 25, 20, 15, 10)
CLOSE = 0.995  # of the best score
REAL = 0.9  # the share of effort that users want to be real


def quality(real: float) -> float:
    """What users get from an operator with this share of its effort in real work."""
    return math.sqrt(real)


def score(real: float, leak: float) -> float:
    """What a test finds: the work, and as far as the test leaks, what was made for the test."""
    return math.sqrt(real) + leak * math.sqrt(1 - real)


def market(real: float, leak: float, seed: int = 1) -> Played:
    """Yuma pays eight operators by their scores; yours is the first. Five honest validators."""
    row = [score(share, leak) for share in (real, *OTHERS)]
    setting = Setting(operators=len(row), epochs=40, noise=0.1)
    truth = np.tile(row, (setting.epochs, 1))
    return play(setting, [Honest] * len(STAKES), STAKES, seed, truth)


def pay(real: float, leak: float, seed: int = 1) -> float:
    """Your share of the operators' pay, the mean over the epochs."""
    return float(market(real, leak, seed).incentive[:, 0].mean())


def check_4(effort: Any, leak: Any = None) -> Verdict:
    """effort(leak): the share of real work that is paid best. Up to which leak is it 90%?"""
    try:
        accept(effort, "effort", "leak")
        with Patience() as patience:
            shares = {at: _share(patience.call("effort", effort, at), at) for at in LEAKS}
        for at, real in shares.items():
            _paid_best(real, at)
        bound = _most_leak()
        if leak is None:
            raise Wrong(
                "The efforts are paid best at every leak. Now the second half: up to which leak "
                f"is at least {REAL:.0%} of the effort real? Set leak_4."
            )
        if isinstance(leak, bool) or not isinstance(leak, Real) or not 0 <= float(leak) <= 10:
            raise Wrong(f"A leak is a number from 0 up; this is {short(leak)}.")
        if abs(float(leak) - bound) > 0.02:
            real = _best(float(leak))
            raise Wrong(
                f"At a leak of {float(leak):g} the operator that is paid best puts {real:.0%} into "
                f"real work. The question is where that is {REAL:.0%}."
            )
    except Wrong as error:
        return not_yet(str(error))
    half = quality(shares[1.0])
    return right(
        f"At a leak of 1 half of the effort goes into the test, and users get {half:.0%} of what "
        f"they could. At {float(leak):.2g} they still get {quality(REAL):.0%}. Nobody here is "
        "wicked: the operator does what it is paid for."
    )


def _share(value: Any, leak: float) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise Wrong(f"effort must return one number; effort({leak:g}) is {short(value)}.")
    real = float(value)
    if 1 < real <= 100:
        raise Wrong(f"effort({leak:g}) is {real:g}: a share goes from 0 to 1, not per cent.")
    if not 0 <= real <= 1:  # also if it is not a number
        raise Wrong(f"effort({leak:g}) is {real:g}; the share of real work goes from 0 to 1.")
    return real


def _paid_best(real: float, leak: float) -> None:
    best = _best(leak)
    if score(real, leak) >= CLOSE * score(best, leak):
        return
    mine, most = pay(real, leak), pay(best, leak)
    more = "More of it" if best > real else "Less of it"
    raise Wrong(
        f"At a leak of {leak:g} you put {real:.0%} into real work and get {mine:.1%} of the pay; "
        f"{most:.1%} can be had. {more} should be real: where does the next bit of effort raise "
        "the score most?"
    )


@cache
def _best(leak: float) -> float:
    """By trying: the real share with the highest score, of a thousand."""
    return max((i / 1000 for i in range(1001)), key=lambda real: score(real, leak))


@cache
def _most_leak() -> float:
    """The largest leak, in steps of a hundredth, at which most of the effort is real."""
    return max(i / 100 for i in range(101) if _best(i / 100) >= REAL)
