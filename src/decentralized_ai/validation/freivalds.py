"""verification/freivalds*.py against exact counts, whole numbers and published error bounds."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np

from ..verification import freivalds_float as floats
from ..verification.field import Field
from ..verification.freivalds import KINDS, Statement, both_sides, prove, soundness, survivors
from ..verification.freivalds_cheats import CHANGES, change, survival
from .check import Check

EXACT = "tests/verification/test_freivalds.py"
FLOAT = "tests/verification/test_freivalds_float.py"
PRIMES = (2, 3, 101, 2**31 - 1)
CHECKS = 40_000


def altered(field: Field, what: str, seed: int) -> tuple[Statement, np.ndarray, np.ndarray]:
    """A statement of 8 by 8 numbers, a wrong product, and the change's right factor."""
    rng = np.random.default_rng([seed, field.p])
    about = Statement(field.random(rng, (8, 8)), field.random(rng, (8, 8)), field)
    left, right = change(what, (8, 8), field, rng)
    return about, field.add(prove(about).product, field.matmul(left, right)), right


def whole_numbers() -> float:
    """Largest difference of A (B r) from Python's whole numbers modulo p."""
    worst = 0
    for p in PRIMES:
        about, product, _ = altered(Field(p), "every", 1)
        asked = Field(p).random(np.random.default_rng(p), (8, 5))
        through, direct = both_sides(about, product, asked)
        a, b, c, r = (x.astype(object) for x in (about.a, about.b, product, asked))
        worst = max(worst, int(np.abs(through - a @ (b @ r) % p).max()))
        worst = max(worst, int(np.abs(direct - c @ r % p).max()))
    return float(worst)


def enumerated() -> float:
    """Largest difference of a chance from the share of all challenges of 5 numbers that accept,
    over all changes, modulo 2, 3 and 5, both kinds of challenge."""
    worst = Fraction(0)
    for field, kind, what in itertools.product((Field(2), Field(3), Field(5)), KINDS, CHANGES):
        if (kind, what) == ("binary", "every"):
            continue
        rng = np.random.default_rng(field.p)
        about = Statement(field.random(rng, (5, 5)), field.random(rng, (5, 5)), field)
        left, right = change(what, (5, 5), field, rng)
        product = field.add(prove(about).product, field.matmul(left, right))
        values = range(2 if kind == "binary" else field.p)
        asked = np.array(list(itertools.product(values, repeat=5)), dtype=np.int64).T
        through, direct = both_sides(about, product, asked)
        share = Fraction(int((through == direct).all(axis=0).sum()), asked.shape[1])
        worst = max(worst, abs(share - survival(right, field, kind)))
    return float(worst)


def measured() -> float:
    """The most that the share accepted of CHECKS checks of one to four rounds exceeds the bound,
    2^-k or p^-k, in standard deviations of that share; all changes, fields and challenges."""
    worst = 0.0
    for p, kind, what in itertools.product(PRIMES, KINDS, CHANGES):
        field = Field(p)
        about, product, _ = altered(field, what, 2)
        left = survivors(about, product, CHECKS, 4, np.random.default_rng(3), kind)
        for rounds in range(1, 5):
            bound = float(soundness(field, rounds, kind))
            spread = (CHECKS * bound * (1 - bound)) ** 0.5
            worst = max(worst, (left[rounds] - CHECKS * bound - 1) / spread)
    return worst


def rounding() -> float:
    """The largest residual of an honest product over its tolerance, 200 products of up to 64
    terms by three orders of summation."""
    worst = 0.0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        m, k, n = (int(side) for side in rng.integers(1, 65, 3))
        a = rng.standard_normal((m, k)).astype(np.float32)
        b = rng.standard_normal((k, n)).astype(np.float32)
        about = floats.FloatStatement(a, b)
        asked = floats.challenges(n, 5, rng, "normal")
        for product in (floats.prove(about).product, a @ b, floats.in_order(a[:, ::-1], b[::-1])):
            found = np.abs(floats.residuals(about, product, asked))
            worst = max(worst, float((found / floats.tolerance(about, product, asked)).max()))
    return worst


def checks() -> list[Check]:
    """About two seconds on one core."""
    exact = "no tolerance: all numbers are whole"
    return [
        Check(
            model="freivalds: both sides of a round, p = 2 to 2^31 - 1",
            against="Python's whole numbers",
            source=EXACT,
            error=whole_numbers(),
            tolerance=0.0,
            why=exact,
            test=f"{EXACT}::test_the_product_is_that_of_whole_numbers",
        ),
        Check(
            model="freivalds: chance that a round misses a change",
            against="every challenge of 5 numbers asked, modulo 2, 3 and 5",
            source="motwani1995",
            error=enumerated(),
            tolerance=0.0,
            why="both are counted exactly, as fractions",
            test=f"{EXACT}::test_the_exact_chance_by_asking_every_challenge",
        ),
        Check(
            model=f"freivalds: {CHECKS:,} checks of each of 40 wrong products",
            against="the bounds 2^-k and p^-k, one to four rounds",
            source="freivalds1977",
            error=measured(),
            tolerance=4.5,
            why="standard deviations above the bound; more happens once in 300,000 counts by luck",
            test=f"{EXACT}::test_forty_thousand_wrong_products_against_the_exact_chance",
        ),
        Check(
            model="freivalds: residuals of honest 32-bit products",
            against="gamma |A| |B| |r|, for three orders of summation",
            source="higham2002",
            error=rounding(),
            tolerance=1.0,
            why="share of the bound; it holds for every order, so nothing may pass 1",
            test=f"{FLOAT}::test_products_by_other_hands_pass_too",
        ),
    ]
