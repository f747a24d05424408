"""The lab "Prove it": its solutions pass their own checkers, wrong answers get the right hint."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from decentralized_ai.labs.verification import (
    check_1,
    check_2,
    check_3,
    check_4,
    check_5,
    check_6,
    check_7,
    check_8,
)
from decentralized_ai.labs.verification_spotcheck import (
    LOOKS,
    picks_by_hash,
    picks_by_number,
)
from decentralized_ai.labs.verification_sumcheck import Honest, random_product
from decentralized_ai.verification.field import MERSENNE31
from decentralized_ai.verification.spotcheck import model

from .hints import assert_hint, broken, solved


def test_solutions_pass_their_checkers() -> None:
    names = solved("verification")
    verdicts = [
        check_1(names["solution_1"]),
        check_2(names["solution_2"]),
        check_3(names["solution_3"]),
        check_4(names["solution_4"]),
        check_5(names["SolutionForger"]),
        check_6(names["solution_6"]),
        check_7(names["solution_7"]),
        check_8(names["solution_8"], names["stake"]),
    ]
    assert [verdict.ok for verdict in verdicts] == [True] * 8, verdicts
    assert all(repr(verdict).startswith("Right. ") for verdict in verdicts)


def test_the_cells_that_wait_for_an_answer_say_what_to_do() -> None:
    names = solved("verification")
    assert_hint(check_1(names["operator_1"]), "send 0 where nobody looks")
    assert_hint(check_2(names["operator_2"]), "Caught in 10 of 10")
    assert_hint(check_3(names["escape"]), "In how many ways")
    assert_hint(check_4(names["check"]), "the work of the whole product", "110,592")
    assert_hint(check_5(names["Forger"]), "in the first round", "Any three")
    assert_hint(check_6(names["verify_6"]), "the forger of exercise 5")
    assert_hint(check_7(names["referee"]), "You run no step yourself")
    assert_hint(check_8(names["rate_8"], names["stake_8"]), "0.02 and 100")


def test_what_the_prose_of_the_lab_says_holds() -> None:
    names = solved("verification")
    # "10%, 40% or 90%": by hand, 90/100 * 89/99 * ... for each of the five fakes.
    noticed = 1 - math.prod((90 - i) / (100 - i) for i in range(5))
    assert abs(noticed - 0.4) < 0.05
    # "only one draw in about 230 misses all of them"
    assert abs(1 / math.prod((60 - i) / (100 - i) for i in range(10)) - 230) < 10
    # The verifier with the holes believes the forger of the solution, in the notebook too.
    false = random_product(MERSENNE31, (8, 8, 8), 77, wrong=3)
    rng = np.random.default_rng(0)
    assert names["verify"](false, names["SolutionForger"], rng)
    assert not names["solution_6"](false, names["SolutionForger"], rng)
    assert not names["verify"](false, Honest, rng)


# Exercise 1 and 2


def only_some(batch: int, asked: Any) -> list[int]:
    looked = set(picks_by_number(batch, len(asked)))
    return [0 if i < 30 and i not in looked else model(r) for i, r in enumerate(asked)]


@pytest.mark.parametrize(
    ("operator", "hint"),
    [
        (None, "without brackets"),
        (lambda batch: [0], "with (batch, requests)"),
        (lambda batch, asked: None, "a list with one answer for each"),
        (lambda batch, asked: [0], "returned 1 answers"),
        (lambda batch, asked: ["yes"] * len(asked), "a whole number"),
        (lambda batch, asked: [0] * len(asked), "What does the verifier use"),
        (lambda batch, asked: [0] * 20 + [model(r) for r in asked[20:]], "Caught in"),
        (only_some, "you can fake all others"),
        (broken, "raised IndexError"),
    ],
)
def test_operators_that_are_caught_or_too_shy_get_the_next_step(operator: Any, hint: str) -> None:
    assert_hint(check_1(operator), hint)


def shy(asked: Any) -> list[int]:
    answers, fake = [model(request) for request in asked], 0
    while True:
        fake += 1
        answers[0] = fake
        if 0 not in picks_by_hash(answers):
            return answers


@pytest.mark.parametrize(
    ("operator", "hint"),
    [
        (7, "without brackets"),
        (lambda asked: np.zeros(100, dtype=int), "computing picks_by_hash(answers) yourself"),
        (lambda asked: [model(r) for r in asked], "only 0 answers are fake"),
        (shy, "only 1 answers are fake"),
        (broken, "raised IndexError"),
    ],
)
def test_operators_that_do_not_grind_get_the_next_step(operator: Any, hint: str) -> None:
    assert_hint(check_2(operator), hint)


def test_naive_picks_are_fair_but_foreseen() -> None:
    picks = [picks_by_number(batch, 50) for batch in range(400)]
    counts = np.bincount(np.concatenate(picks), minlength=50)
    assert all(len(set(p)) == LOOKS for p in picks)
    assert abs(counts - 80).max() < 5 * 8  # 400 * 10 / 50, and five standard deviations
    assert picks_by_hash([1, 2, 3] * 5) == picks_by_hash((1, 2, 3) * 5)
    assert picks_by_hash([1, 2, 4] * 5) != picks_by_hash([1, 2, 3] * 5)


@pytest.mark.parametrize(
    ("law", "hint"),
    [
        (lambda n, m, k: (1 - m / n) ** k, "puts each answer back"),
        (lambda n, m, k: 1 - math.comb(n - m, k) / math.comb(n, k), "one minus it"),
        (lambda n, m, k: 100 * math.comb(n - m, k) / math.comb(n, k), "not per cent"),
        (lambda n, m, k: 1 - m * k / n, "In how many ways"),
        (lambda n, m, k: math.comb(n - m, k), "In how many ways"),
        (lambda n, m, k: float("nan"), "In how many ways"),
        (lambda n, m, k: None, "one number; this is None"),
        (lambda n, m, k: "rarely", "one number"),
        (lambda n, m, k: 1j, "one number"),
        (lambda n, m, k: 1 / 0, "ZeroDivisionError"),
        (lambda n: 0, "with (answers, fakes, looks)"),
    ],
)
def test_wrong_laws_get_the_next_step(law: Any, hint: str) -> None:
    assert_hint(check_3(law), hint)


# Exercise 8


@pytest.mark.parametrize(
    ("rate", "stake", "hint"),
    [
        (None, None, "0.02 and 100"),
        (0.01, None, "0.02 and 100"),
        ("much", 100, "one number each"),
        (2, 100, "did you mean 0.02"),
        (0.0, 100, "more than 0"),
        (float("nan"), 100, "more than 0"),
        (0.01, float("nan"), "0 or more fees"),
        (0.01, -1, "0 or more fees"),
        (0.01, 100, "loses the stake only once"),
        (0.01, 10, "Raise the stake"),
        (0.001, 5000, "cannot lock up more than 220"),
        (0.05, 200, "the budget is 5%"),
    ],
)
def test_terms_that_do_not_hold_get_the_next_step(rate: Any, stake: Any, hint: str) -> None:
    assert_hint(check_8(rate, stake), hint)


def test_right_terms_are_those_of_the_written_law() -> None:
    """Computed here again, from the table in the lab."""

    def flagged(m: int, q: float) -> float:
        return 1 - (1 - 0.9 * q) ** m * (1 - 0.001 * q) ** (200 - m)

    seen = set()
    for q in (0.004, 0.007, 0.008, 0.01, 0.012, 0.014, 0.016, 0.03):
        for stake in (150, 180, 190, 200, 210, 219, 230):
            pays = any(0.8 * m > stake * (flagged(m, q) - flagged(0, q)) for m in range(1, 201))
            cost = 3 * q + stake * flagged(0, q) / 200 + 0.005 * stake / 200
            right = not pays and stake <= 220 and cost <= 0.05
            assert check_8(q, stake).ok == right, (q, stake)
            seen.add(right)
    assert seen == {True, False}
