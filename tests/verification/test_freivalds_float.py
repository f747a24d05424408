"""Freivalds' check of floats: what the tolerance guarantees, and what it lets through."""

import random
from dataclasses import replace
from fractions import Fraction
from math import erf, sqrt

import numpy as np
import pytest

from decentralized_ai.verification import wire
from decentralized_ai.verification.freivalds_float import (
    KINDS,
    UNIT32,
    FloatClaim,
    FloatStatement,
    challenges,
    growth,
    hidden,
    in_order,
    prove,
    residuals,
    tolerance,
    typical_room,
    verify,
)
from decentralized_ai.verification.refusal import CheckFailed, Malformed, WrongStatement, WrongType

from .tamper import refused, spoil


def statement(shape: tuple[int, int, int], seed: int, spread: float = 1.0) -> FloatStatement:
    """Normal numbers; with spread > 1 their sizes differ by that factor either way."""
    rng, (m, k, n) = np.random.default_rng(seed), shape
    a, b = rng.standard_normal((m, k)), rng.standard_normal((k, n))
    for x in (a, b):
        x *= spread ** rng.uniform(-1, 1, x.shape)
    return FloatStatement(a.astype(np.float32), b.astype(np.float32))


def test_no_honest_product_is_refused_at_factor_one() -> None:
    rng = np.random.default_rng(1)
    for seed in range(400):
        shape = tuple(int(side) for side in rng.integers(1, 33, 3))
        about = statement(shape, seed, spread=(1.0, 1e6)[seed % 2])
        claim = FloatClaim.read(prove(about).encode())
        for kind in KINDS:
            assert len(verify(about, claim, 5, rng, kind)) == 5


def test_products_by_other_hands_pass_too() -> None:
    """The bound holds for any order of summation: numpy's BLAS, and one from last to first."""
    rng = np.random.default_rng(2)
    for seed in range(100):
        about = statement((20, 64, 20), seed)
        for product in (about.a @ about.b, in_order(about.a[:, ::-1], about.b[::-1])):
            verify(about, FloatClaim(about.digest, product), 5, rng, "normal")


def test_the_residual_is_that_of_exact_fractions() -> None:
    about = statement((3, 5, 4), 3)
    product = prove(about).product
    asked = challenges(4, 2, np.random.default_rng(3), "normal")
    found, allowed = residuals(about, product, asked), tolerance(about, product, asked)
    a, b, c, r = (
        [[Fraction(float(x)) for x in row] for row in matrix]
        for matrix in (about.a, about.b, product, asked)
    )
    for i in range(3):
        for t in range(2):
            exact, weight, terms = Fraction(0), Fraction(0), range(4)
            for j in terms:
                entry = sum(a[i][k] * b[k][j] for k in range(5))
                exact += (entry - c[i][j]) * r[j][t]
                weight += sum(abs(a[i][k] * b[k][j]) for k in range(5)) * abs(r[j][t])
            # The verifier's own rounding: at most 60 roundings of 2^-53 of sums of this size.
            assert abs(Fraction(float(found[i, t])) - exact) <= weight * 60 * Fraction(2) ** -53
            bound = weight * Fraction(growth(5, UNIT32))
            assert bound <= Fraction(float(allowed[i, t])) <= bound * (1 + Fraction(1, 10**6))


def test_small_changes_pass_every_time_and_large_ones_are_found() -> None:
    """One entry moved by a multiple of the tolerance, binary challenges: a half, or all, or none
    of it hidden. Rounding is far below a tenth of the tolerance here."""
    about = statement((16, 16, 16), 4)
    rng, rounds = np.random.default_rng(4), 10_000
    honest = prove(about).product
    asked = challenges(16, rounds, rng, "binary")
    allowed = tolerance(about, honest, asked)[3]
    for times, low, high in ((0.2, 1.0, 1.0), (8.0, 0.47, 0.53)):
        product = honest.copy()
        product[3, 5] += np.float32(times * np.median(allowed))
        passed = np.abs(residuals(about, product, asked)[3]) <= allowed
        # 3 points are six standard deviations of 10,000 rounds at a half.
        assert low <= passed.mean() <= high
        if times > 1:  # found exactly where the challenge looks
            assert np.array_equal(passed, asked[5] == 0)


def test_normal_challenges_miss_as_often_as_the_normal_law_says() -> None:
    about = statement((8, 8, 8), 5)
    asked = challenges(8, 20_000, np.random.default_rng(5), "normal")
    honest = prove(about).product
    allowed = float(np.median(tolerance(about, honest, asked)[2]))
    for times in (2.0, 10.0, 50.0):
        product = honest.copy()
        product[2, 6] += np.float32(times * allowed)
        moved = residuals(about, product, asked)[2]
        law = erf(1 / times / sqrt(2))  # |times g| <= 1 for a normal g
        # Rounding moves the edge by a few percent of the tolerance; 4.5 standard deviations more.
        slack = 0.05 * law + 4.5 * sqrt(law * (1 - law) / 20_000)
        assert abs(float(np.mean(np.abs(moved) <= allowed)) - law) <= slack


@pytest.mark.parametrize("size", [4, 16, 64])
@pytest.mark.parametrize("factor", [1.0, 0.3])
def test_a_change_inside_the_tolerance_is_never_found(size: int, factor: float) -> None:
    """Not with 2^-k, not with any other chance: 10,000 rounds of each kind."""
    for seed in range(5):
        about = statement((size, size, size), seed)
        product = hidden(about, factor)
        if size * factor > 4:
            assert np.mean(product != prove(about).product) > 0.9
        claim = FloatClaim(about.digest, product)
        for kind in KINDS:
            rounds = verify(about, claim, 2_000, np.random.default_rng(seed), kind, factor)
            assert len(rounds) == 2_000


def test_what_can_be_hidden_is_what_the_formula_says() -> None:
    for terms in (64, 256):
        about = statement((48, terms, 48), 6)
        exact = about.a.astype(np.float64) @ about.b.astype(np.float64)
        moved = np.abs(hidden(about) - exact)
        found = float(moved.mean() / exact.std())
        # `hidden` gives up two units of `terms`; 2,304 entries leave about 2% of noise.
        assert found == pytest.approx(typical_room(terms) * (1 - 2 / terms), rel=0.05)


def test_the_false_alarm_rate_of_a_tighter_tolerance() -> None:
    """Stated in the chapter: at a tenth none seen, at a hundredth nearly every check alarms."""
    rates = {}
    for factor in (0.1, 0.01):
        alarms = 0
        for seed in range(300):
            about, rng = statement((16, 16, 16), 1000 + seed), np.random.default_rng(seed)
            try:
                verify(about, prove(about), 10, rng, "binary", factor)
            except CheckFailed as error:
                assert error.check == "A (B r) = C r within the tolerance"
                alarms += 1
        rates[factor] = alarms / 300
    assert rates[0.1] <= 0.1 and rates[0.01] >= 0.9


def test_malformed_claims_are_refused() -> None:
    about, rng = statement((3, 3, 3), 7), np.random.default_rng(7)
    good = prove(about)
    for value in (np.nan, np.inf, -np.inf):
        product = good.product.copy()
        product[1, 1] = value
        with pytest.raises(Malformed):
            verify(about, replace(good, product=product), 1, rng)
    for product in (good.product.astype(np.float64), good.product.tolist()):
        with pytest.raises(WrongType):
            verify(about, replace(good, product=product), 1, rng)
    with pytest.raises(WrongStatement):
        verify(statement((3, 3, 3), 8), good, 1, rng)
    with pytest.raises(WrongType):
        FloatClaim.read(wire.encode(("freivalds claim", b"", good.product)))


def test_ten_thousand_spoilt_claims_are_refused() -> None:
    """A spoilt entry that moves by less than the tolerance would be no crime; these all move by
    more. A number that stays equal when spoilt (an entry set to what it was) is not spoilt."""
    rng, np_rng, names = random.Random(9), np.random.default_rng(9), set()
    cases = [statement(shape, 9) for shape in ((1, 1, 1), (2, 3, 4), (5, 2, 1))]
    for _ in range(10_000):
        about = rng.choice(cases)
        spoilt = spoil(prove(about), rng)
        names.add(refused(lambda a=about, s=spoilt: verify(a, s, 4, np_rng)))
    assert names == {"WrongType", "WrongLength", "WrongStatement", "CheckFailed"}


def test_truncated_messages_are_refused() -> None:
    message = prove(statement((3, 3, 3), 10)).encode()
    for end in range(len(message)):
        with pytest.raises(Malformed):
            FloatClaim.read(message[:end])


def test_too_many_terms_for_a_bound() -> None:
    with pytest.raises(ValueError, match="too many"):
        growth(2**24, UNIT32)


def test_honest_products_of_very_small_numbers_pass() -> None:
    """Their products are rounded to multiples of 2^-149, which no share of |A| |B| covers."""
    rng = np.random.default_rng(20)
    for seed in range(200):
        small = statement((8, 16, 8), seed)
        for down in (2.0**-60, 2.0**-70, 2.0**-74, 2.0**-76, 2.0**-100):
            about = FloatStatement(small.a * np.float32(down), small.b * np.float32(down))
            assert len(verify(about, prove(about), 3, rng, KINDS[seed % 2])) == 3
    # What is forgiven there is still next to nothing.
    false = replace(prove(about), product=np.full((8, 8), 1e-40, dtype=np.float32))
    with pytest.raises(CheckFailed):
        verify(about, false, 3, rng)


def test_a_product_too_large_for_the_format_is_refused_by_name() -> None:
    large = statement((2, 4, 2), 21, spread=2.0)
    about = FloatStatement(large.a * np.float32(1e25), large.b * np.float32(1e25))
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(Malformed, match="finite"):
        verify(about, prove(about), 1, np.random.default_rng(0))


def test_a_float_statement_keeps_its_own_numbers_and_odd_messages_are_refused() -> None:
    a = np.ones((2, 2), dtype=np.float32)
    about = FloatStatement(a, a)
    named = about.digest
    a[0, 0] = 5
    assert FloatStatement(about.a, about.b).digest == named
    odd = np.arange(3)
    assert refused(lambda: FloatClaim.read(wire.encode((odd, odd, odd)))) == "WrongType"
