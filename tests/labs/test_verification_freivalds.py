"""Exercise 4 of the lab "Prove it": wrong checks of a product get the right hint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from decentralized_ai.labs.verification import check_4
from decentralized_ai.labs.verification_freivalds import Meter
from decentralized_ai.verification.field import Field

from .hints import assert_hint, broken


def once(field: Field, a: Any, b: Any, c: Any, r: Any) -> bool:
    return np.array_equal(field.matmul(a, field.matmul(b, r)), field.matmul(c, r))


def in_int64(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    r = field.random(rng, (b.shape[1], rounds))
    return bool(((a @ (b @ r % field.p) - c @ r) % field.p == 0).all())


def wrong_brackets(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    r = field.random(rng, b.shape[1])
    return np.array_equal(field.matmul(field.matmul(a, b), r), field.matmul(c, r))


def by_einsum(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    return bool((np.einsum("ij,jk->ik", a, b) % field.p == c).all())


def hidden_product(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    field.random(rng, 1)
    return np.array_equal(field.matmul(np.asarray(a), np.asarray(b)), c)


def one_round(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    return once(field, a, b, c, field.random(rng, b.shape[1]))


def same_vector(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    r = field.random(rng, b.shape[1])
    return all(once(field, a, b, c, r) for _ in range(rounds))


def fixed_seed(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    dice = np.random.default_rng(0)
    return all(once(field, a, b, c, field.random(dice, b.shape[1])) for _ in range(rounds))


def some_round(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    vectors = [field.random(rng, b.shape[1]) for _ in range(rounds)]
    return any([once(field, a, b, c, r) for r in vectors])


def zeros(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    field.random(rng, 1)
    return once(field, a, b, c, np.zeros(b.shape[1], dtype=np.int64))


def ones(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    some = [int(x) for x in field.random(rng, rounds)]
    return all(once(field, a, b, c, x * np.ones(b.shape[1], dtype=np.int64)) for x in some)


def drawn(low: int, high: int) -> Any:
    def check(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
        top = high if high > 0 else field.p + high
        vectors = [rng.integers(low, top, b.shape[1]) for _ in range(rounds)]
        return all(once(field, a, b, c, r) for r in vectors)

    return check


def in_sum(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    for _ in range(rounds):
        r = field.random(rng, b.shape[1])
        left, right = field.matmul(a, field.matmul(b, r)), field.matmul(c, r)
        if int(left.sum() - right.sum()) % field.p:
            return False
    return True


def first_row(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    vectors = [field.random(rng, b.shape[1]) for _ in range(rounds)]
    return all(once(field, a[:1], b, c[:1], r) for r in vectors)


def array(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> Any:
    r = field.random(rng, b.shape[1])
    return field.matmul(a, field.matmul(b, r)) == field.matmul(c, r)


def wrong_length(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    return once(field, a, b, c, field.random(rng, len(a)))


def only_refuses(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> Any:
    if not one_round(field, a, b, c, rounds, rng):
        return False


@pytest.mark.parametrize(
    ("check", "hint"),
    [
        (None, "without brackets"),
        (lambda a, b, c: True, "with (field, A, B, C, rounds, rng)"),
        (lambda *given: True, "does not draw from the rng"),
        (lambda *given: False, "refuses a true product"),
        (lambda *given: "yes", "True or False"),
        (only_refuses, "a path without a return"),
        (array, "one True or False"),
        (wrong_length, "raised ValueError"),
        (in_int64, "overflows"),
        (wrong_brackets, "Mind the brackets"),
        (by_einsum, "Mind the brackets"),
        (hidden_product, "too good"),
        (one_round, "does it use `rounds` at all"),
        (same_vector, "an r of its own"),
        (fixed_seed, "does not draw from the rng"),
        (some_round, "one round that differs must be enough"),
        (zeros, "never refuses a product with one wrong entry"),
        (ones, "Sums hide what cancels"),
        (in_sum, "Sums hide what cancels"),
        (first_row, "is never found, elsewhere it is"),
        (drawn(0, 2), "With zeros and ones alone it is a half"),
        (drawn(1, 0), "0 and p - 1 too"),
        (drawn(0, -1), "0 and p - 1 too"),
        (broken, "raised IndexError"),
    ],
)
def test_wrong_checks_get_the_next_step(check: Any, hint: str) -> None:
    assert_hint(check_4(check), hint)


def all_at_once(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> Any:
    r = field.random(rng, (b.shape[1], rounds))
    return (field.matmul(a, field.matmul(b, r)) == field.matmul(c, r)).all()


def from_the_left(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    vectors = [field.random(rng, len(a)) for _ in range(rounds)]
    return all(
        np.array_equal(field.matmul(field.matmul(r, a), b), field.matmul(r, c)) for r in vectors
    )


@pytest.mark.parametrize("check", [all_at_once, from_the_left])
def test_other_right_checks_pass(check: Any) -> None:
    assert check_4(check)


def test_the_meter_counts_what_a_product_takes() -> None:
    a = np.arange(12).reshape(3, 4)
    b, r = np.arange(20).reshape(4, 5), np.arange(5)
    for work, count in (
        (lambda x, y: x @ y, 60),
        (lambda x, y: x.dot(y), 60),
        (lambda x, y: np.dot(x, y), 60),
        (lambda x, y: np.dot(np.asarray(x), y), 60),
        (lambda x, y: Field(101).matmul(x, y), 60),
        (lambda x, y: x @ (y @ r), 20 + 12),
        (lambda x, y: (x[:, :, None] * y[None]).sum(axis=1), 60),
    ):
        meter = Meter()
        found = work(meter.counted(a), meter.counted(b))
        assert meter.count == count
        assert np.array_equal(np.asarray(found), work(a, b))
