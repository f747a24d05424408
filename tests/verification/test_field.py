"""Field arithmetic against Python's own integers, which never overflow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decentralized_ai.verification.field import MERSENNE31, Field
from decentralized_ai.verification.refusal import OutOfField, WrongLength, WrongType

PRIMES = (2, 3, 101, 65537, 1_000_003, 2**31 - 1)


def in_python(a: np.ndarray, b: np.ndarray, p: int) -> np.ndarray:
    return np.array(a.astype(object) @ b.astype(object) % p, dtype=np.int64)


@pytest.mark.parametrize("p", PRIMES)
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 2), (16, 64, 16), (2, 3000, 2)])
def test_products_equal_those_of_whole_numbers(p: int, shape: tuple[int, int, int]) -> None:
    field, rng = Field(p), np.random.default_rng(p)
    n, k, m = shape
    a, b = field.random(rng, (n, k)), field.random(rng, (k, m))
    assert np.array_equal(field.matmul(a, b), in_python(a, b, p))
    assert np.array_equal(field.matmul(a, b[:, 0]), in_python(a, b[:, 0], p))


@pytest.mark.parametrize("p", PRIMES)
def test_the_largest_elements_do_not_overflow(p: int) -> None:
    field, terms = Field(p), 40_000
    top = np.full((1, terms), p - 1, dtype=np.int64)
    # (p - 1)^2 is 1 modulo p, so the sum is the number of terms.
    assert field.matmul(top, top.T)[0, 0] == terms % p
    assert field.mul(p - 1, p - 1) == 1 % p


def test_a_sum_too_long_to_be_exact_is_refused() -> None:
    zeros = np.zeros((1, 2**20 + 1), dtype=np.int64)
    with pytest.raises(ValueError, match="exact"):
        MERSENNE31.matmul(zeros, zeros.T)


@given(st.integers(1, 2**31 - 2), st.integers(0, 2**31 - 2))
def test_the_laws_of_a_field(a: int, b: int) -> None:
    f = MERSENNE31
    assert f.mul(a, f.inverse(a)) == 1
    assert f.add(f.sub(b, a), a) == b
    assert f.mul(a, b) == a * b % f.p


@pytest.mark.parametrize("wrong", [1, 0, -7, 4, 2**31, 2**31 - 2, 2**61 - 1])
def test_only_primes_below_the_limit(wrong: int) -> None:
    with pytest.raises(ValueError, match="prime"):
        Field(wrong)


def test_p_is_one_of_pythons_numbers() -> None:
    """With numpy's, the check whether a sum is exact would itself overflow, and let it through."""
    for p in (np.int64(2**31 - 1), 5.0, True):
        with pytest.raises(WrongType):
            Field(p)  # type: ignore[arg-type]


def test_untrusted_elements() -> None:
    f = Field(101)
    assert f.element(100, "x") == 100
    for wrong, error in ((101, OutOfField), (-1, OutOfField), (True, WrongType), (1.0, WrongType)):
        with pytest.raises(error):
            f.element(wrong, "x")
    good = np.arange(4, dtype=np.int64).reshape(2, 2)
    assert f.elements(good, (2, 2), "x") is good
    for array, kind in (
        (good + 101, OutOfField),
        (good - 1, OutOfField),
        (good[:1], WrongLength),
        (good.astype(float), WrongType),
        (good.tolist(), WrongType),
        (good.astype("datetime64[s]"), WrongType),  # numpy makes none of these from a bare 0
        (good.astype(object), WrongType),
    ):
        with pytest.raises(kind):
            f.elements(array, (2, 2), "x")
