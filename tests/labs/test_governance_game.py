"""The game of the lab "Run the network's politics", held against what was not written here: what
follows from the definition of Yuma on paper, and the limits that its documentation states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.labs.attempt import Wrong
from decentralized_ai.labs.governance import Setting, Validator, play, tournament
from decentralized_ai.labs.governance_contest import GUESTS, HOUSE, meet
from decentralized_ai.labs.governance_game import Played
from decentralized_ai.labs.governance_strategies import BUILT_IN, Copier, Honest, SelfDealer, Slow

STILL = Setting(noise=0.0, change=0.0, cost=0.0, epochs=30)
SHARES = st.lists(st.integers(1, 100), min_size=2, max_size=7)


@given(SHARES, st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_where_all_are_honest_and_no_test_errs_dividends_follow_the_stakes(
    stakes: list[int], seed: int
) -> None:
    """Nothing is cut off, so a share of each bond, and so of all pay, is the share of the stake."""
    game = play(STILL, [Honest] * len(stakes), stakes, seed)
    share = np.array(stakes) / sum(stakes)
    assert np.abs(game.dividends - share).max() < 1e-12
    fair = game.quality / game.quality.sum(axis=1, keepdims=True)
    assert np.abs(game.incentive - fair).max() < 1e-12
    assert game.returns() == pytest.approx(np.full(len(stakes), 100.0))


@given(st.integers(1, 49))
@settings(max_examples=15, deadline=None)
def test_a_cabal_below_kappa_takes_nothing_and_one_that_leaves_the_rest_below_it_all(
    percent: int,
) -> None:
    """The documentation of Yuma: kappa is the majority that is needed; below it a cabal's weights
    for itself are cut to nothing, and where the honest part is below it, so are theirs. An operator
    that the honest name with nothing: they must see that it is worth nothing."""
    quality = np.ones((STILL.epochs, STILL.operators))
    quality[:, -1] = 0.0
    half = replace(STILL, kappa=0.5)
    weak = play(half, [Honest, SelfDealer], (100 - percent, percent), 1, quality)
    assert not weak.incentive[:, -1].any() and not weak.dividends[:, 1].any()
    strong = play(half, [Honest, SelfDealer], (percent, 100 - percent), 1, quality)
    assert (strong.incentive[:, -1] == 1).all() and (strong.dividends[:, 1] == 1).all()
    # With a kappa that both reach, each side pays its own: the cabal gets the share of its stake.
    low = play(
        replace(STILL, kappa=percent / 100),
        [Honest, SelfDealer],
        (100 - percent, percent),
        1,
        quality,
    )
    assert low.incentive[-1, -1] == pytest.approx(percent / 100)


def test_a_kappa_of_60_does_not_protect_an_honest_55() -> None:
    """The documentation: kappa 0.6 gives no protection to an honest stake below 0.6."""
    quality = np.ones((STILL.epochs, STILL.operators))
    quality[:, -1] = 0.0
    game = play(replace(STILL, kappa=0.6), [Honest, SelfDealer], (55, 45), 1, quality)
    assert not game.incentive.any()


def test_the_bonds_of_a_validator_that_comes_late_grow_as_the_moving_average_says() -> None:
    """One of two equal validators names nobody that counts at first: its part of the bonds on the
    others after t honest epochs is (1 - (1 - alpha)**t) / 2."""

    class Late(Validator):
        def weights(self, view: Any) -> Any:
            if view.epoch < 10:
                return np.eye(view.operators)[-1]
            return view.measure()

    quality = np.ones((40, 8))
    quality[:, -1] = 0.0
    game = play(
        replace(STILL, epochs=40, alpha=0.2), [Honest, Honest, Late], (30, 30, 40), 1, quality
    )
    for now in (10, 11, 15, 39):
        wanted = 0.4 * (1 - 0.8 ** (now - 9))
        assert game.dividends[now, 2] == pytest.approx(wanted, abs=1e-12)


def returns(strategy: Any, lag: int, seeds: Any) -> tuple[float, float]:
    one, two = meet(strategy, Honest, replace(Setting(), lag=lag), seeds)
    return one[0], two[0]


def test_a_copier_beats_the_honest_when_weights_are_public_and_loses_when_they_are_old() -> None:
    """As the documentation of commit-reveal has it; on seeds that the lab does not use."""
    seeds = range(200, 208)
    copier, honest = returns(Copier, 0, seeds)
    assert copier > honest + 3
    copier, honest = returns(Copier, 20, seeds)
    assert copier < honest - 3


def test_where_no_operator_changes_no_lag_stops_a_copier() -> None:
    """The same documentation: it works only where scores change while weights are hidden."""
    for lag in (0, 10, 20):
        still = Setting(change=0.0, lag=lag, epochs=400)  # the wait at the start counts little
        one, two = meet(Copier, Honest, still, [200, 201])
        assert one[0] > two[0]


def test_hidden_weights_are_hidden_for_as_long_as_the_rules_say() -> None:
    seen: list[Any] = []

    class Watcher(Validator):
        def weights(self, view: Any) -> Any:
            seen.append(None if view.public is None else view.public[0].copy())
            return 1.0 + np.arange(view.operators)

    class Counter(Validator):
        def weights(self, view: Any) -> Any:
            return np.eye(view.operators)[view.epoch % view.operators]

    play(Setting(epochs=12, lag=3), [Counter, Watcher], (1, 1))
    assert all(row is None for row in seen[:4])
    for now, row in enumerate(seen[4:], start=4):
        assert row.argmax() == (now - 4) % 8


def test_the_luck_of_a_seat_depends_on_nobody_else() -> None:
    first = play(Setting(), [Honest, Honest, Slow], (1, 1, 1), seed=4)
    second = play(Setting(), [Honest, Copier, Copier], (1, 1, 1), seed=4)
    assert (first.quality == second.quality).all()
    assert first.tests[:, 0].tolist() == second.tests[:, 0].tolist() == [1.0] * 60
    alone = play(replace(Setting(), kappa=0.0), [Honest] * 3, (1, 1, 1), seed=4)
    again = play(replace(Setting(), kappa=0.0), [Honest] * 3, (1, 1, 1), seed=4)
    assert same(alone, again)


def same(one: Played, two: Played) -> bool:
    names = ("dividends", "tests", "incentive", "consensus", "quality")
    return all((getattr(one, name) == getattr(two, name)).all() for name in names)


def test_a_tournament_is_the_same_each_time_and_fair_to_names() -> None:
    first = tournament({"again": Slow}, seeds=[3])
    assert first == tournament({"again": Slow}, seeds=[3])
    assert {row.name for row in first.rows} == {*BUILT_IN, "again"}
    assert [row.rank for row in first.rows] == list(range(1, len(first.rows) + 1))
    assert [r.earned for r in first.rows] == sorted((r.earned for r in first.rows), reverse=True)
    other = tournament({"yet again": Slow}, seeds=[3])
    assert first.of("again").earned == other.of("yet again").earned
    assert repr(first).splitlines()[1].split()[0] == "1"
    assert sum((*HOUSE, *GUESTS, *GUESTS)) == 100 and sum(HOUSE) == 52


def test_dividends_of_a_table_add_up_to_what_there_is() -> None:
    for name, strategy in BUILT_IN.items():
        game = play(Setting(epochs=20), [Honest, Honest, strategy], (40, 30, 30), 2)
        assert game.dividends.sum(axis=1) == pytest.approx(np.ones(20)), name
        assert game.incentive.sum(axis=1) == pytest.approx(np.ones(20)), name
        weighted = game.returns() @ game.stakes + 5 * game.tests.mean(axis=0) @ game.stakes
        assert weighted == pytest.approx(100), name


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        (None, "Write a class first"),
        (Honest(), "without brackets"),
        (int, "must extend Validator"),
        (Validator, "does not define weights"),
        ("honest", "without brackets"),
        (lambda: [1] * 8, "is called with (view)"),
        (lambda view: None, "returned None"),
        (lambda view: "all", "must return numbers"),
        (lambda view: [1, 2], "must return 8 weights"),
        (lambda view: np.ones((8, 2)), "has the shape (8, 2)"),
        (lambda view: [float("nan")] * 8, "nan or an infinite weight"),
        (lambda view: [float("inf")] * 8, "nan or an infinite weight"),
        (lambda view: [1, 2, 3, -1, 0, 0, 0, 0], "a negative weight (-1)"),
        (lambda view: [0] * 8, "only zeros"),
        (lambda view: [1e308] * 8, "too large"),
        (lambda view: view.secret, "AttributeError"),
        (lambda view: view.public[0], "TypeError"),
        (lambda view: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_strategy_that_cannot_be_run_is_refused_by_name(strategy: Any, words: str) -> None:
    with pytest.raises(Wrong) as refused:
        play(Setting(epochs=3), [Honest, strategy], (1, 1))
    assert words in str(refused.value)


def test_a_strategy_that_needs_arguments_or_breaks_others_weights_is_refused() -> None:
    class Needy(Validator):
        def __init__(self, how: int) -> None:
            self.how = how

        def weights(self, view: Any) -> Any:
            return np.ones(8)

    class Vandal(Validator):
        def weights(self, view: Any) -> Any:
            if view.public is not None:
                view.public[0] = 0
            return np.ones(8)

    with pytest.raises(Wrong, match="without arguments"):
        play(Setting(epochs=3), [Honest, Needy], (1, 1))
    with pytest.raises(Wrong, match=r"Vandal\.weights raised ValueError"):
        play(Setting(epochs=3), [Honest, Vandal], (1, 1))
    with pytest.raises(Wrong, match="name of a built-in"):
        tournament({"honest": Slow}, seeds=[1])
