"""The spot checks of the lab "Prove it": two naive ones to break, and the law of the real one."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from ..verification.spotcheck import model
from ..verification.spotcheck_game import Rules, missed
from ..verification.wire import digest
from .attempt import Wrong, accept, attempt, short
from .verdict import Verdict, not_yet, right

LOOKS = 10  # how many answers a naive verifier looks at
BATCHES = 40
HARD = 10  # batches of exercise 2
FAKES = 40  # of 100, exercise 2


def picks_by_number(batch: int, answers: int) -> list[int]:
    """Which of that many answers are looked at in this batch."""
    rng = np.random.default_rng(batch)
    return rng.choice(answers, LOOKS, replace=False).tolist()


def picks_by_hash(answers: Sequence[int]) -> list[int]:
    """Which of the answers are looked at."""
    hashed = digest("picks", tuple(answers))
    rng = np.random.default_rng(int.from_bytes(hashed, "big"))
    return rng.choice(len(answers), LOOKS, replace=False).tolist()


def requests(batch: int, count: int = 100) -> tuple[bytes, ...]:
    """The requests of a batch: `count` byte strings."""
    return tuple(f"batch {batch}, request {i}".encode() for i in range(count))


def check_1(operator: Any) -> Verdict:
    """Cheat on as many answers as possible, never caught by picks_by_number."""
    rng = np.random.default_rng(101)
    seen, fakes, total = [], 0, 0
    try:
        accept(operator, "the operator", "batch, requests")
        for batch in rng.integers(1000, 10**6, BATCHES).tolist():
            asked = requests(batch, int(rng.integers(60, 140)))
            wrong, answers = _fakes(
                "the operator", attempt("the operator", operator, batch, asked), asked
            )
            looked = wrong & set(picks_by_number(batch, len(answers)))
            seen += [(batch, min(looked))] if looked else []
            fakes, total = fakes + len(wrong), total + len(answers)
    except Wrong as error:
        return not_yet(str(error))
    share = fakes / total
    if not fakes:
        return not_yet(
            f"All {total} answers are the model's: that is honest, and it is what you are paid "
            "for. Here you play the other side: send 0 where nobody looks."
        )
    if seen:
        batch, index = seen[0]
        return not_yet(
            f"Caught in {len(seen)} of {BATCHES} batches, with {share:.0%} of the answers fake. In "
            f"batch {batch} answer {index} was looked at, and it was not the model's. What does "
            "the verifier use to choose, and do you know it too?"
        )
    most_fakes = total - LOOKS * BATCHES
    if fakes < most_fakes:
        return not_yet(
            f"Never caught in {BATCHES} batches, with {share:.0%} of the answers fake. But only "
            f"{LOOKS} answers of each batch are looked at: you can fake all others."
        )
    return right(
        f"Never caught in {BATCHES} batches, with {share:.0%} of the answers fake. More looks "
        "would leave you fewer to fake, but you would still know which."
    )


def check_2(operator: Any) -> Verdict:
    """Fake at least 40 of 100 answers, never caught by picks_by_hash."""
    seen, least = [], 100
    try:
        accept(operator, "the operator", "requests")
        for batch in range(HARD):
            asked = requests(7000 + batch)
            wrong, answers = _fakes("the operator", attempt("the operator", operator, asked), asked)
            looked = wrong & set(picks_by_hash(answers))
            seen += [(batch, min(looked))] if looked else []
            least = min(least, len(wrong))
    except Wrong as error:
        return not_yet(str(error))
    if seen:
        batch, index = seen[0]
        return not_yet(
            f"Caught in {len(seen)} of {HARD} batches: in batch {batch} answer {index} was looked "
            "at, and it was not the model's. Before you send anything, nobody stops you from "
            "computing picks_by_hash(answers) yourself. If you do not like it, change a fake."
        )
    if least < FAKES:
        tries = 1 / missed(100, FAKES, LOOKS)
        return not_yet(
            f"Never caught, but in one batch only {least} answers are fake; the goal is {FAKES}. A "
            f"draw misses {FAKES} fakes about once in {tries:.0f} tries: try that often."
        )
    return right(
        f"Never caught in {HARD} batches, with at least {least} fakes of 100 in each. A hash that "
        "you can compute alone is a die that you may throw again until you like it."
    )


def check_3(escape: Any) -> Verdict:
    """escape(answers, fakes, looks): the chance that none of the fakes is looked at."""
    rng = np.random.default_rng(103)
    cases = [(100, 5, 10), (100, 40, 10), (20, 1, 7), (100, 0, 10), (10, 6, 5), (50, 50, 1)]
    cases += [(n, int(rng.integers(0, n + 1)), int(rng.integers(1, n + 1))) for n in (8, 30, 200)]
    try:
        accept(escape, "escape", "answers, fakes, looks")
        for n, m, k in cases:
            found = attempt("escape", escape, n, m, k)
            if isinstance(found, bool) or not isinstance(found, Real):
                raise Wrong(f"escape must return one number; this is {short(found)}.")
            exact = missed(n, m, k)
            if not abs(float(found) - exact) <= 1e-9:  # also if it is not a number
                raise Wrong(_off(float(found), exact, n, m, k, rng))
    except Wrong as error:
        return not_yet(str(error))
    return right(
        f"Of 100 answers, 5 fakes escape {LOOKS} looks with chance {missed(100, 5, LOOKS):.0%}: "
        f"one batch proves little. All of ten such batches escape with chance "
        f"{missed(100, 5, LOOKS) ** 10:.1%}."
    )


def _off(found: float, exact: float, n: int, m: int, k: int, rng: np.random.Generator) -> str:
    measured = np.count_nonzero(rng.hypergeometric(m, n - m, k, 20_000) == 0) / 20_000
    said = (
        f"escape({n}, {m}, {k}) is {found:.4f}. In 20,000 draws of {k} out of {n} answers, the "
        f"{m} fakes escaped in a share of {measured:.4f}."
    )
    if abs(found - (1 - m / n) ** k) < 1e-9:
        return (
            f"{said} Yours puts each answer back before the next look. A verifier does not look at "
            "one answer twice: the second look is at one of the others."
        )
    if abs(found + exact - 1) < 1e-9:
        return f"{said} Yours is the chance to be caught: take one minus it."
    if abs(found - 100 * exact) < 1e-7:
        return f"{said} A chance is a share from 0 to 1, not per cent."
    return f"{said} In how many ways can {k} answers be chosen from {n}? And from the honest ones?"


# Exercise 8: one operator, its batches, and what checking costs. Money in fees: an answer earns 1.
ANSWERS, SAVING, DETECTION, ALARM = 200, 0.8, 0.9, 0.001
CHECK, INTEREST, LARGEST, BUDGET = 3.0, 0.005, 220.0, 0.05


def check_8(rate: Any, stake: Any = None) -> Verdict:
    """A check rate and a stake: no number of fakes pays, and honesty costs at most 5%."""
    if rate is None or stake is None:
        return not_yet("Set rate_8 and stake_8 to two numbers, for instance 0.02 and 100.")
    for value in (rate, stake):
        if isinstance(value, bool) or not isinstance(value, Real):
            return not_yet(f"Rate and stake are one number each; this is {short(value)}.")
    if 1 < rate <= 100:
        return not_yet(f"The rate is a share, not per cent: did you mean {rate / 100:g}?")
    if not 0 < rate <= 1 or not 0 <= stake < 1e9:
        return not_yet("A rate is more than 0 and at most 1; a stake is 0 or more fees.")
    rules = Rules(float(rate), float(stake), SAVING, ANSWERS, DETECTION, ALARM)
    fakes, extra = rules.best()
    checks, alarms = CHECK * rules.rate, rules.alarm_cost() / ANSWERS
    interest = INTEREST * rules.stake / ANSWERS
    cost = checks + alarms + interest
    parts = f"checks {checks:.2%}, false alarms {alarms:.2%}, interest {interest:.2%}"
    if extra > 0:
        one = float(rules.gain(1.0) - rules.gain(0.0))
        hint = (
            "Faking one answer does not pay, but who is caught ten times loses the stake only "
            "once. Compare with faking everything."
            if one <= 0 and fakes > 1
            else "Raise the stake, or the rate."
        )
        return not_yet(
            f"Faking {fakes} of {ANSWERS} answers brings {extra:.2f} fees a batch more than honest "
            f"work. {hint}"
        )
    if rules.stake > LARGEST:
        return not_yet(
            f"No fake pays, but the operator cannot lock up more than {LARGEST:g} fees, and this "
            f"is {rules.stake:g}. A higher rate makes a smaller stake do."
        )
    if cost > BUDGET:
        return not_yet(
            f"No fake pays, but it costs {cost:.2%} of the fees ({parts}); the budget is "
            f"{BUDGET:.0%}. Where is most of it? Lower that, and let the other do more."
        )
    return right(
        f"No number of fakes pays, and honesty costs {cost:.2%} of the fees ({parts}). All that "
        "rests on a guess: what a fake saves. If it saves more, cheating pays again."
    )


def _fakes(name: str, answers: Any, asked: Sequence[bytes]) -> tuple[set[int], list[int]]:
    """(the indices of answers that are not the model's, the answers); Wrong if they are none."""
    if isinstance(answers, np.ndarray):
        answers = answers.tolist()
    if not isinstance(answers, list | tuple):
        raise Wrong(f"{name} must return a list with one answer for each request.")
    if len(answers) != len(asked):
        raise Wrong(f"{name} returned {len(answers)} answers to {len(asked)} requests.")
    for answer in answers:
        if isinstance(answer, bool) or not isinstance(answer, int | np.integer):
            raise Wrong(f"An answer is a whole number, for instance 0; this is {short(answer)}.")
    plain = [int(answer) for answer in answers]
    return {i for i, answer in enumerate(plain) if answer != model(asked[i])}, plain
