"""Exercises 1 to 6 of the lab "Run the network's politics": wrong answers get the right hint, and
the checkers' own numbers are held against other ways to find them."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decentralized_ai.governance.voting_attacks import Plan, capture
from decentralized_ai.labs.attempt import Wrong
from decentralized_ai.labs.governance import (
    Validator,
    check_1,
    check_2,
    check_3,
    check_4,
    check_5,
    check_6,
)
from decentralized_ai.labs.governance_operator import _best, _most_leak, pay, score
from decentralized_ai.labs.governance_patience import Patience
from decentralized_ai.labs.governance_strategies import BUILT_IN, Copier, Honest, Lazy
from decentralized_ai.labs.governance_validator import LAGS
from decentralized_ai.labs.governance_vote import cheapest, passed

from .hints import assert_hint, broken


def forever(*arguments: Any) -> Any:
    while True:
        pass


def stubborn(*arguments: Any) -> Any:
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.01)


# What never comes back


@pytest.mark.parametrize("function", [forever, stubborn])
def test_a_call_that_never_comes_back_is_named_and_the_next_one_runs(function: Any) -> None:
    with Patience(seconds=0.5) as patience:
        for _ in range(2):
            with pytest.raises(Wrong, match=r"mine did not come back within 0\.5 seconds"):
                patience.call("mine", function, 1)
            assert patience.call("yours", lambda: 7) == 7
        with pytest.raises(Wrong, match="mine raised IndexError"):
            patience.call("mine", broken)


def test_a_slow_call_that_is_still_in_time_is_left_alone() -> None:
    def slow() -> int:
        time.sleep(0.2)
        return 3

    with Patience(seconds=4.0) as patience:
        for _ in range(4):
            assert patience.call("mine", slow) == 3
    for thread in threading.enumerate():  # nobody goes on watching
        if thread.name == "patience":
            thread.join(10)
            assert not thread.is_alive()


def test_an_endless_loop_in_an_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Patience.__init__, "__defaults__", (0.5,))
    for verdict in (
        check_1(forever),
        check_2(lambda view: forever()),
        check_4(forever),
        check_5(lambda own, against, supply, ratio, quorum: forever()),
        check_6(lambda offers, votes: forever()),
    ):
        assert_hint(verdict, "did not come back", "a loop that never ends")


# Exercise 1


def lowest(stake: Any, weights: Any, kappa: float) -> Any:
    return weights.min(axis=0)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (None, "Hand over the function"),
        (lambda stake, weights: 0, "(stake, weights, kappa)"),
        (broken, "IndexError"),
        (lambda s, w, k: None, "must return 2 numbers"),
        (lambda s, w, k: "much", "must return numbers"),
        (lambda s, w, k: 0.5, "must return 2 numbers"),
        (lambda s, w, k: w, "must return 2 numbers"),
        (lambda s, w, k: [float("nan")] * w.shape[1], "returned nan"),
        (lambda s, w, k: w.mean(axis=0), "plain mean"),
        (lambda s, w, k: s @ w / s.sum(), "one large liar moves it"),
        (lambda s, w, k: np.median(w, axis=0), "counts heads"),
        (lambda s, w, k: w.max(axis=0), "Only 25% of the stake gives 0.5 or more"),
        (lowest, "It is the highest"),
        (
            lambda s, w, k: [
                max((x for x in c if s[c >= x].sum() > k * s.sum()), default=0) for c in w.T
            ],
            "A share of exactly kappa is enough",
        ),
        (
            lambda s, w, k: [
                max(x for x in c if s[c >= x].sum() >= (1 - k) * s.sum()) for c in w.T
            ],
            "1 - kappa of the stake",
        ),
    ],
)
def test_wrong_consensus_gets_the_next_step(answer: Any, hint: str) -> None:
    assert_hint(check_1(answer), hint)


# Exercises 2 and 3


class Peeker(Validator):
    def weights(self, view: Any) -> Any:
        view.measure()
        return np.ones(view.operators) if view.consensus is None else view.consensus


@pytest.mark.parametrize(
    ("strategy", "lag", "hint"),
    [
        (None, None, "Write a class first"),
        (Copier(), 5, "without brackets"),
        (Validator, 5, "does not define weights"),
        (lambda view: [0] * 8, 5, "only zeros"),
        (Honest, 5, "tests the operators 100 times"),
        (Peeker, 5, "tests the operators 100 times"),
        (Lazy, 5, "Which consensus can you see?"),
        (Copier, None, "second half"),
        (Copier, 3, "one of 0, 2, 5"),
        (Copier, True, "one of 0, 2, 5"),
        (Copier, "long", "one of 0, 2, 5"),
        (Copier, [5], "one of 0, 2, 5"),
        (Copier, 0, "look at longer"),
        (Copier, 20, "look at shorter"),
    ],
)
def test_wrong_copiers_and_lags_get_the_next_step(strategy: Any, lag: Any, hint: str) -> None:
    assert_hint(check_2(strategy, lag), hint)


def test_one_or_two_neighbouring_lags_are_right() -> None:
    fine = [i for i, lag in enumerate(LAGS) if check_2(Copier, lag)]
    assert fine and fine == list(range(fine[0], fine[-1] + 1)) and len(fine) <= 2


class Once(Validator):
    """Tests at the start only."""

    def __init__(self) -> None:
        self.found: Any = None

    def weights(self, view: Any) -> Any:
        if self.found is None:
            self.found = view.measure()
        return self.found


@pytest.mark.parametrize(
    ("strategy", "hint"),
    [
        (None, "Write a class first"),
        (BUILT_IN["averager"], "A built-in strategy is not yours"),
        (broken, "raised IndexError"),
        (lambda view: view.measure(), "You test in every epoch"),
        (lambda view: np.ones(8), "You never test"),
        (Once, "How do you notice a change?"),
        (lambda view: -view.measure(), "negative weight"),
    ],
)
def test_strategies_that_do_not_win_get_the_next_step(strategy: Any, hint: str) -> None:
    assert_hint(check_3(strategy), hint)


# Exercise 4


@given(st.floats(0, 3))
def test_the_best_effort_is_where_the_calculus_says(leak: float) -> None:
    """sqrt(x) + L sqrt(1 - x) is largest at x = 1 / (1 + L^2), where it is sqrt(1 + L^2)."""
    exact = 1 / (1 + leak**2)
    assert score(exact, leak) == pytest.approx(math.sqrt(1 + leak**2))
    assert score(_best.__wrapped__(leak), leak) == pytest.approx(score(exact, leak), rel=5e-4)
    assert _most_leak() == pytest.approx(math.sqrt(1 / 0.9 - 1), abs=0.01)


def test_yuma_pays_an_operator_by_its_score() -> None:
    """More score, more pay, on every leak: so what is best for the score is paid best."""
    for leak in (0.5, 1.0):
        by_score = sorted((0.1, 0.3, 0.5, 0.8, 1.0), key=lambda real: score(real, leak))
        paid = [pay(real, leak) for real in by_score]
        assert paid == sorted(paid)


@pytest.mark.parametrize(
    ("effort", "leak", "hint"),
    [
        (None, None, "Hand over the function"),
        (broken, None, "IndexError"),
        (lambda: 1, None, "with (leak)"),
        (lambda leak: None, None, "must return one number"),
        (lambda leak: 50, None, "not per cent"),
        (lambda leak: -1, None, "from 0 to 1"),
        (lambda leak: float("nan"), None, "from 0 to 1"),
        (lambda leak: 1.0, None, "Less of it should be real"),
        (lambda leak: 0.1, None, "More of it should be real"),
        (lambda leak: 1 / (1 + leak), None, "More of it should be real"),
        (lambda leak: 1 / (1 + leak**2), None, "second half"),
        (lambda leak: 1 / (1 + leak**2), "all", "a number from 0 up"),
        (lambda leak: 1 / (1 + leak**2), float("nan"), "a number from 0 up"),
        (lambda leak: 1 / (1 + leak**2), 0.9, "The question is where that is 90%"),
        (lambda leak: 1 / (1 + leak**2), 0.1, "The question is where that is 90%"),
    ],
)
def test_wrong_efforts_get_the_next_step(effort: Any, leak: Any, hint: str) -> None:
    assert_hint(check_4(effort, leak), hint)


# Exercises 5 and 6


@pytest.mark.parametrize(
    ("loan", "hint"),
    [
        (None, "Hand over the function"),
        (lambda own: 0, "(own, against, supply, ratio, quorum)"),
        (broken, "IndexError"),
        (lambda o, a, s, r, q: None, "must return one number"),
        (lambda o, a, s, r, q: -1, "nobody can borrow that"),
        (lambda o, a, s, r, q: float("inf"), "nobody can borrow that"),
        (lambda o, a, s, r, q: float("nan"), "nobody can borrow that"),
        (lambda o, a, s, r, q: r * a - o + 0.5, "tokens are whole here"),
        (lambda o, a, s, r, q: max(0, r * a - o), "It needs more for it"),
        (lambda o, a, s, r, q: s, "a token less"),
        (lambda o, a, s, r, q: max(0, math.floor(r * a) + 1 - o), "the quorum is 20%"),
        (lambda o, a, s, r, q: max(a + 1, q * s // 100) - o, "nobody can borrow that"),
        (lambda o, a, s, r, q: max(0, a + 1 - o, math.ceil(q * s / 100) - o), "times that"),
    ],
)
def test_wrong_loans_get_the_next_step(loan: Any, hint: str) -> None:
    assert_hint(check_5(loan), hint)


@given(
    st.integers(0, 300),
    st.integers(0, 300),
    st.integers(600, 2000),
    st.sampled_from([1.0, 1.5, 2.0, 3.0]),
    st.integers(0, 80),
)
def test_the_closed_form_of_a_loan_is_the_fewest_by_trying(
    own: int, against: int, supply: int, ratio: float, quorum: int
) -> None:
    closed = max(0, math.floor(ratio * against) + 1 - own, -(-quorum * supply // 100) - own)
    tried = next(n for n in range(10_000) if passed(own + n, against, supply, ratio, quorum))
    assert closed == tried


def test_the_vote_is_the_one_of_the_chapter() -> None:
    """The cheapest loan there, found by its own closed form, is the fewest here too. (There what is
    borrowed comes on top of all tokens; without a quorum that makes no difference.)"""
    from decentralized_ai.governance.voting import TOKENS, Vote

    vote = Vote(whale=0.02, turnout=0.3, majority=67, quorum=0.0)
    plan = capture(vote, "token", "borrow")
    assert isinstance(plan, Plan)
    against = vote.turnout * vote.rest
    assert passed(vote.own + plan.amount, against, TOKENS, 2.0, 0)
    assert not passed(vote.own + plan.amount - 1, against, TOKENS, 2.0, 0)


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 50)), min_size=1, max_size=7),
    st.integers(1, 60),
)
def test_the_cheapest_bribe_is_the_cheapest_of_all_sets(
    offers: list[tuple[int, int]], votes: int
) -> None:
    sets = [s for n in range(len(offers) + 1) for s in combinations(offers, n)]
    enough = [sum(p for _, p in s) for s in sets if sum(v for v, _ in s) >= votes]
    assert cheapest(offers, votes) == min(enough, default=math.inf)


def greedy(offers: Any, votes: int) -> list[int]:
    taken: list[int] = []
    for i in sorted(range(len(offers)), key=lambda i: offers[i][1] / offers[i][0]):
        if sum(offers[k][0] for k in taken) < votes:
            taken.append(i)
    return taken


@pytest.mark.parametrize(
    ("bribe", "hint"),
    [
        (None, "Hand over the function"),
        (broken, "IndexError"),
        (lambda offers: [], "(offers, votes)"),
        (lambda offers, votes: None, "a list of numbers of offers"),
        (lambda offers, votes: ["all"], "a list of numbers of offers"),
        (lambda offers, votes: [0.5], "Return numbers of offers"),
        (lambda offers, votes: [v for v, _ in offers], "Return numbers of offers"),
        (lambda offers, votes: [-1], "Return numbers of offers"),
        (lambda offers, votes: [0, 0], "taken twice"),
        (lambda offers, votes: [], "buys only 0"),
        (lambda offers, votes: range(len(offers)), "all sets can be tried"),
        (greedy, "The last offer then brings more than is needed"),
    ],
)
def test_wrong_bribes_get_the_next_step(bribe: Any, hint: str) -> None:
    assert_hint(check_6(bribe), hint)
