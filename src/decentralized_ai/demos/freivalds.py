"""Freivalds' check: the reader alters a matrix product and sees how often that slips through."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from ..contract import (
    Challenge,
    Choice,
    Column,
    Demo,
    Guess,
    Preset,
    Slider,
    Table,
    Toggle,
    View,
    linear,
)
from ..quantities import percent
from ..verification import freivalds_float
from ..verification.field import Field
from ..verification.freivalds import both_sides, verify
from ..verification.freivalds_cheats import fitted, survival
from ..verification.freivalds_trials import ExactTrial, FloatTrial, exact_trial, float_trial
from .pictures.freivalds import LONGEST, RUNS, STRENGTHS, exact_figure, float_figure

ASKS = 300  # rounds in which a round's chance is measured, where numbers are floats
PRIMES = {"p2": 2, "p3": 3, "p5": 5, "p13": 13, "p101": 101, "p24": 2**24 - 3, "p31": 2**31 - 1}
FIELDS = {name: Field(p) for name, p in PRIMES.items()}
WORDS = {"p24": "2^24 - 3", "p31": "2^31 - 1"}


def compute(
    rounds: int,
    change: str,
    challenge: str,
    numbers: str,
    size: int,
    known: bool,
    strength: float,
    factor: float,
    seed: int,
) -> View:
    """One product of two random matrices, altered, and many checks of it."""
    if numbers == "float32":
        kind = "binary" if challenge == "binary" else "normal"
        tried = float_trial(
            size, kind, change, known, rounds, STRENGTHS, strength, factor, ASKS, seed
        )
        metrics = tried.metrics(rounds, STRENGTHS.index(strength), factor)
        return View(
            figure=float_figure(tried, rounds, strength),
            takeaway=_float_takeaway(metrics, tried.altered, strength),
            metrics=metrics,
            table=_float_table(tried, rounds),
        )
    field = FIELDS[numbers]
    trial = exact_trial(field, size, challenge, change, known, rounds, RUNS, LONGEST, seed)
    return View(
        figure=exact_figure(trial, rounds),
        takeaway=_exact_takeaway(trial, rounds),
        metrics=trial.metrics(rounds),
        table=_exact_table(trial),
    )


def _rounds(rounds: int) -> str:
    return f"{rounds} round{'s' if rounds > 1 else ''}"


def _count(altered: Any) -> str:
    return f"{int(altered.sum()):,} of {altered.size:,} entries"


def _one_in(chance: Fraction) -> str:
    many = chance.denominator // chance.numerator
    if many < 100 and chance.numerator > 1:
        return f"1 in {float(1 / chance):.1f}"
    if many < 10**7:
        return f"1 in {many:,}"
    power = int(0.301029 * (many.bit_length() - 1))  # of ten: too large for a float, at times
    power += many >= 10 ** (power + 1)
    lead = many // 10 ** (power - 1)
    return f"1 in {lead // 10}.{lead % 10}e{power}"


def _exact_takeaway(trial: ExactTrial, rounds: int) -> str:
    k, count, accepted = _rounds(rounds), _count(trial.altered), trial.left[rounds]
    if not trial.altered.any():
        return f"Nothing is altered: all {accepted:,} checks of {k} accept, and always will."
    if trial.known:
        words = "You knew the challenges before you answered, and altered"
        if accepted:
            return f"{words} {count} to suit them: a check of {k} accepts that every time."
        return f"{words} {count}; but {k} leave no change unseen, and refuse it every time."
    bound, chance = (_one_in(each**rounds) for each in (trial.bound, trial.chance))
    words = (
        f"You altered {count}, and {accepted:,} of {RUNS:,} checks of {k} accepted that. "
        f"No change has a better chance than {bound}"
    )
    return words + (", and this one has it." if bound == chance else f"; this one has {chance}.")


def _float_takeaway(metrics: dict[str, float], altered: Any, strength: float) -> str:
    k, alarm = _rounds(int(metrics["rounds"])), percent(metrics["alarm"])
    words = (
        f"Rounding alone leaves up to {_small(metrics['noise'])} of a usual entry, and "
        f"{_small(metrics['tolerance'])} is forgiven"
    )
    if not altered.any():
        return f"{words}: checks of {k} refuse an honest product in {alarm} of cases."
    return (
        f"{words}. You moved {_count(altered)} by about {_small(strength)}: checks of {k} "
        f"accept that in {percent(metrics['share'])} of cases, and refuse honest work in {alarm}."
    )


def _small(value: float) -> str:
    if value >= 1e-3:
        return f"{100 * value:.3g}%"
    return f"{value:.1e}".replace("e-0", "e-")


def _exact_table(trial: ExactTrial) -> Table:
    """Where the challenges are known, the chances of fresh ones do not apply."""

    def law(chance: Fraction) -> str | None:
        return None if trial.known else f"{100 * float(chance):.3g}"

    checks = trial.left[0]
    rows = tuple(
        (float(k), float(left), 100 * left / checks, law(trial.chance**k), law(trial.bound**k))
        for k, left in enumerate(trial.left[1:], 1)
    )
    columns = (
        Column("rounds", digits=0),
        Column("accepted", digits=0),
        Column("accepted", "%"),
        Column("exact chance of this change", "%"),
        Column("bound for any change", "%"),
    )
    return Table(f"How many of {checks:,} checks accept, by rounds", columns, rows)


def _float_table(tried: FloatTrial, rounds: int) -> Table:
    noise = np.array(tried.noise)
    rows = tuple(
        (f"{size:.0e}", 100 * float(np.mean(noise > size)), 100 * once, 100 * always)
        for size, once, always in zip(STRENGTHS, tried.once, tried.always, strict=True)
    )
    columns = (
        Column("size"),
        Column("honest rounds that leave more", "%", 1),
        Column("changes of this size accepted in a round", "%", 1),
        Column(f"in {_rounds(rounds)}", "%", 1),
    )
    words = f"By size, in usual entries of the product; the tolerance is {tried.tolerance:.1e}"
    return Table(words, columns, rows)


def _power(size: float) -> str:
    """1e-08 as 10⁻⁸, 3e-08 as 3 times that."""
    lead, exponent = f"{size:.0e}".split("e-")
    ten = f"10⁻{'⁰¹²³⁴⁵⁶⁷⁸⁹'[int(exponent)]}"
    return ten if lead == "1" else f"{lead} \N{MULTIPLICATION SIGN} {ten}"


def _hidden(view: View) -> bool:
    shown = view.metrics
    fresh = not shown["exact"] and not shown["known"] and shown["rounds"] >= 10
    return fresh and shown["altered"] >= 1000 and shown["share"] >= 0.99


def _always(view: View) -> bool:
    shown = view.metrics
    return bool(shown["known"] and shown["exact"] and shown["rounds"] >= 10) and shown["share"] == 1


DEMO = Demo(
    id="freivalds",
    title="Check a matrix product without computing it",
    part="verification",
    question=(
        "A machine that you do not trust multiplied two matrices for you. You draw a random vector "
        "r and compare A(Br) with Cr, which costs a small part of the product. Alter the answer: "
        "how often does the check miss it?"
    ),
    guess=Guess(
        "You alter one entry of 256. One round looks at a random half of the columns. How often "
        "does a check of four rounds miss the change?",
        ("Nearly always: one entry is little", "About 1 time in 2", "About 1 time in 16", "Never"),
        lambda view: sum(view.metrics["chance"] < limit for limit in (0.9, 0.3, 0.001)),
        "A round either sums the altered column or does not, with equal chances. If it does, one "
        "row differs, however small the change. Four rounds miss it only if all four pass it by.",
    ),
    controls=(
        Slider("rounds", "Rounds", 4, linear(1, LONGEST, 1)),
        Choice(
            "change",
            "What you alter",
            "entry",
            {
                "none": "nothing",
                "entry": "one entry",
                "column": "one whole column",
                "row": "one whole row",
                "pattern": "every entry, in a pattern",
                "every": "every entry, at random",
            },
        ),
        Choice(
            "challenge",
            "The vector r is made of",
            "binary",
            {"binary": "zeros and ones", "field": "any numbers"},
            "any numbers: of the whole field; normal numbers where the arithmetic is floating",
        ),
        Choice(
            "numbers",
            "Arithmetic",
            "p31",
            {name: f"exact, modulo {WORDS.get(name, p)}" for name, p in PRIMES.items()}
            | {"float32": "32-bit floating point"},
        ),
        Slider("size", "Rows and columns", 16, (4, 8, 16, 32)),
        Toggle("known", "You know the challenges before you answer", False),
        Slider(
            "strength",
            "Size of your change (floats)",
            1e-4,
            STRENGTHS,
            help="relative to a usual entry of the product",
            words={size: _power(size) for size in STRENGTHS if size < 1e-4},
        ),
        Slider(
            "factor",
            "Tolerance (floats)",
            1.0,
            (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
            help="1: all that rounding could ever do is forgiven",
        ),
        Slider("seed", "Random seed", 1, linear(0, 99, 1), help="other matrices and challenges"),
    ),
    main="rounds",
    presets=(
        Preset(
            "textbook",
            "As in the textbook",
            "Zeros and ones, one altered entry, ten rounds.",
            "motwani1995",
            {"rounds": 10},
        ),
        Preset(
            "slalom",
            "A neural network beside a secure chip",
            "Slalom's code checks each linear layer in two rounds modulo 2^24 - 3. Its challenges "
            "are numbers of about 20 bits; here they are of the whole field.",
            "slalom_code",
            {"rounds": 2, "challenge": "field", "numbers": "p24", "change": "every", "size": 32},
        ),
        Preset(
            "btx",
            "A blockchain that multiplies matrices",
            "BTX checks each block's product of 512 by 512 in two rounds modulo 2^31 - 1. Its "
            "matrices are larger than the demo's; the chance is the same for every size.",
            "btx_code",
            {"rounds": 2, "challenge": "field", "numbers": "p31", "change": "row", "size": 32},
        ),
        Preset(
            "amadeus",
            "Challenges known in advance",
            "Amadeus checks products of 16 by 16 in three rounds. Its older rule drew challenges "
            "from the bytes that give the matrices, before any product.",
            "amadeus_code",
            {"rounds": 3, "challenge": "field", "change": "column", "known": True},
        ),
        Preset(
            "calibrated",
            "A measured tolerance",
            "TAO's authors found tolerances measured on real hardware 100 to 1,000 times tighter "
            "than what rounding could do at worst. Here: a hundredth. See what it costs.",
            "yao2026",
            {"numbers": "float32", "factor": 0.01, "size": 32, "rounds": 4, "strength": 1e-5},
        ),
    ),
    challenges=(
        Challenge(
            "one_round",
            "One round that misses no change more than once in a billion, on average.",
            "With zeros and ones a round misses half. What else could r be made of?",
            lambda view: view.metrics["rounds"] == 1 and view.metrics.get("bound", 1) <= 1e-9,
        ),
        Challenge(
            "always",
            "Have a wrong product accepted every time, with exact numbers and ten rounds or more.",
            "The chances hold for challenges drawn after you have answered.",
            _always,
        ),
        Challenge(
            "hide",
            "In floats, alter at least 1,000 entries and pass at least 99 of 100 checks of ten "
            "rounds or more, with fresh challenges.",
            "Stay below the tolerance. It grows with the matrix.",
            _hidden,
        ),
        Challenge(
            "alarm",
            "Make the verifier refuse honest work in at least half of its checks.",
            "How much does rounding alone leave? Forgive less than that.",
            lambda view: view.metrics["alarm"] >= 0.5,
        ),
    ),
    compute=compute,
    shown=(verify, both_sides, survival, fitted, freivalds_float.verify),
)
