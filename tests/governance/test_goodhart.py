"""Selection by a score: against tables, integrals, drawn operators, and a published law."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.governance.goodhart import (
    Contest,
    distortion,
    expected_best,
    intensity,
    kl_best_of,
)
from decentralized_ai.governance.goodhart_rounds import play
from decentralized_ai.validation.goodhart import best_of, fitted, simulated

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "goodhart_cases.json").read_text(encoding="utf-8")
)
GAO = CASES["gao2022"]
shares = st.floats(0.01, 0.95)
contests = st.builds(
    Contest,
    tie=st.floats(0, 1),
    gaming=st.floats(0, 1),
    harm=st.floats(0, 2),
    kept=shares,
)


# --- selection


@pytest.mark.parametrize("row", CASES["breeders"]["rows"])
def test_the_breeders_table(row: dict) -> None:
    """Three digits are printed."""
    i, z = intensity(row["kept"])
    assert i == pytest.approx(row["s"], abs=5e-4) and z == pytest.approx(row["z"], abs=5e-4)


@settings(max_examples=40)
@given(contests)
def test_one_round_against_an_integral(contest: Contest) -> None:
    """Worth given score s is r s - h k^2 (s^2 - 1) / 2; its mean above the quantile, summed."""
    _, z = intensity(contest.kept)
    s = np.linspace(z, 10, 40_001)
    k2 = (1 - contest.tie**2) * contest.gaming
    worth = contest.tie * s - contest.harm / 2 * k2 * (s * s - 1)
    density = np.exp(-s * s / 2) / math.sqrt(2 * math.pi)
    mean = np.trapezoid(worth * density, s) / contest.kept
    assert contest.quality(1) == pytest.approx(mean, abs=1e-6)


def test_the_textbook_case() -> None:
    """r phi(z) / p: no harm, whatever the rest of the score is made of."""
    for tie, kept in ((0.3, 0.1), (0.7, 0.5), (1.0, 0.01)):
        i, z = intensity(kept)
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        for gaming in (0.0, 0.4, 1.0):
            assert Contest(tie, gaming, 0.0, kept).quality(1) == pytest.approx(tie * density / kept)
        assert i == pytest.approx(density / kept)


def test_drawn_operators_land_on_the_closed_form() -> None:
    """Tolerance: 4.5 standard errors of 60 runs, and 0.03 for 3,000 operators instead of
    infinitely many (the mean of those kept is a little lower, and differs from run to run)."""
    for contest, rounds in (
        (Contest(0.7, 0.5, 0.5, 0.1), 4),
        (Contest(0.35, 1.0, 0.135, 0.3), 4),
        (Contest(0.9, 0.25, 0.2, 0.05), 3),
        (Contest(0.5, 0.0, 1.0, 0.5), 6),
        (Contest(0.0, 1.0, 0.3, 0.8), 2),
    ):
        mean, error = simulated(contest, rounds)
        assert abs(mean - contest.quality(rounds)) <= 4.5 * error + 0.03


def test_the_score_of_drawn_operators() -> None:
    contest = Contest(0.6, 0.5, 0.3, 0.2)
    runs = [play(contest, 5, 3000, seed) for seed in range(30)]
    for t in (1, 3, 5):
        mean = np.mean([run[t - 1].of_kept(run[t - 1].score) for run in runs])
        games = np.mean([run[t - 1].of_kept(run[t - 1].games) for run in runs])
        assert mean == pytest.approx(contest.score(t), abs=0.05)
        assert games == pytest.approx(contest.games(t), abs=0.05)


def test_the_correlation_of_the_first_operators_is_the_tie() -> None:
    for tie in (0.0, 0.35, 0.7, 1.0):
        first = play(Contest(tie, 0.5, 0.0, 0.1), 1, 20_000, 5)[0]
        assert np.corrcoef(first.score, first.worth)[0, 1] == pytest.approx(tie, abs=0.03)
        assert first.score.std() == pytest.approx(1, abs=0.03)
        assert first.kept.sum() == 2000
        assert first.score[first.kept].min() >= first.score[~first.kept].max()


def test_the_correlation_with_worth_is_a_little_less() -> None:
    """cov(S, v) = r, since the third moment of gaming is nought; var v = 1 + h^2 / 2."""
    for harm in (0.135, 0.5, 1.0):
        first = play(Contest(0.7, 0.5, harm, 0.1), 1, 40_000, 6)[0]
        expected = 0.7 / math.sqrt(1 + harm * harm / 2)
        assert np.corrcoef(first.score, first.worth)[0, 1] == pytest.approx(expected, abs=0.02)


# --- laws


@settings(max_examples=200)
@given(contests, st.integers(1, 12))
def test_each_further_round_brings_less(contest: Contest, rounds: int) -> None:
    more = [contest.quality(t + 1) - contest.quality(t) for t in (rounds, rounds + 1)]
    assert more[1] <= more[0] + 1e-9 * max(1, abs(more[0]))
    if not contest.harm * contest.gaming_weight:
        assert contest.quality(rounds) == pytest.approx(rounds * contest.quality(1), abs=1e-9)


@given(shares, st.floats(0, 2), st.floats(0, 1), st.integers(1, 10))
def test_a_perfect_score_is_the_quality(
    kept: float, harm: float, gaming: float, rounds: int
) -> None:
    contest = Contest(1.0, gaming, harm, kept)
    assert contest.quality(rounds) == pytest.approx(contest.score(rounds))
    assert contest.games(rounds) == 0 and contest.turn() == math.inf


@settings(max_examples=100)
@given(contests)
def test_the_turn_is_the_top(contest: Contest) -> None:
    if not 1e-3 < contest.turn() < 1e3:
        return
    at = contest.turn()
    top = contest.worth(at)
    assert top >= max(contest.worth(at * f) for f in (0.5, 0.99, 1.01, 2)) - 1e-12
    assert top == pytest.approx(contest.tie * at / 2)
    alpha, beta = contest.bends()
    assert at / math.sqrt(2) == pytest.approx(alpha / (2 * beta))
    assert top == pytest.approx(alpha * alpha / (4 * beta))


def test_moved_operators_are_worth_what_the_formula_says() -> None:
    """Everybody moved along the score's slope, nobody selected: drawn, and their divergence."""
    contest, push = Contest(0.6, 0.8, 0.3, 0.1), 2.5
    rng = np.random.default_rng(0)
    k = math.sqrt(contest.gaming_weight)
    x = rng.standard_normal(400_000) + contest.tie * push
    y = rng.standard_normal(400_000) + k * push
    worth = x - contest.harm / 2 * (y * y - 1)
    assert worth.mean() == pytest.approx(contest.worth(push), abs=4.5 * worth.std() / 632)


# --- a published law


@pytest.mark.parametrize("row", GAO["bon"], ids=lambda row: row["model"])
def test_the_published_law(row: dict) -> None:
    """In the root of the divergence of moved operators: push^2 / 2 nats, if all is gaming."""
    contest = fitted(row["alpha"], row["beta"])
    for d in (0.3, 1.0, 2.0, 3.16):
        nats = d * d
        law = d * (row["alpha"] - row["beta"] * d)
        assert contest.worth(math.sqrt(2 * nats)) == pytest.approx(law, abs=1e-12)


def test_the_plotted_scores() -> None:
    rows = {row["model"]: row for row in GAO["bon"]}
    small, large = GAO["plotted"]
    contest = fitted(rows["3M"]["alpha"], rows["3M"]["beta"])
    assert contest.worth(contest.turn()) == pytest.approx(small["value"], abs=0.01)
    assert contest.turn() ** 2 / 2 == pytest.approx(small["nats"], abs=0.1)
    contest = fitted(rows["3B"]["alpha"], rows["3B"]["beta"])
    assert contest.worth(math.sqrt(2 * large["nats"])) == pytest.approx(large["value"], abs=0.06)


def test_the_best_of_n_is_near_the_law() -> None:
    """One pick among n, which is what the authors did: up to 0.1 of a standard deviation away."""
    for row in GAO["bon"]:
        contest = fitted(row["alpha"], row["beta"])
        for n in (2, 10, 100, 1000):
            d = math.sqrt(kl_best_of(n))
            assert abs(best_of(contest, n) - d * (row["alpha"] - row["beta"] * d)) < 0.1


def test_the_divergence_of_the_best_of_n() -> None:
    """The density of the best's rank is n u^(n - 1): its divergence from the flat one, summed."""
    for n in (1, 2, 7, 40):
        u = (np.arange(200_000) + 0.5) / 200_000
        density = n * u ** (n - 1)
        nats = np.mean(density * np.log(np.maximum(density, 1e-300)))
        assert kl_best_of(n) == pytest.approx(nats, abs=1e-4)
    for case in GAO["nats_of_n"]:
        assert round(kl_best_of(case["n"])) == case["nats"]


def test_the_mean_of_the_best_of_a_few() -> None:
    root = math.sqrt(math.pi)
    exact = {
        1: 0,
        2: 1 / root,
        3: 1.5 / root,
        4: 6 / root * (0.25 + math.asin(1 / 3) / (2 * math.pi)),
        5: 10 / root * (0.125 + 0.75 * math.asin(1 / 3) / math.pi),
    }
    for n, mean in exact.items():
        assert expected_best(n) == pytest.approx(mean, abs=1e-9)
    drawn = np.random.default_rng(1).standard_normal((40_000, 27)).max(axis=1)
    assert expected_best(27) == pytest.approx(drawn.mean(), abs=4.5 * drawn.std() / 200)


# --- pay


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=4).filter(
        lambda both: min(sum(v * v for v, _ in both), sum(m * m for _, m in both)) > 0.01
    )
)
def test_pay_by_trying_it(both: list[tuple[float, float]]) -> None:
    """An operator paid b a point puts b m_i into effort i; value less cost, over many pays."""
    value, measure = np.array(both).T

    def surplus(pay: float) -> float:
        effort = pay * measure
        return float(value @ effort - effort @ effort / 2)

    pay, part = distortion(tuple(value), tuple(measure))
    first_best = float(value @ value) / 2
    assert surplus(pay) == pytest.approx(part * first_best, abs=1e-9)
    assert all(surplus(pay + step) <= surplus(pay) + 1e-12 for step in (-1, -0.01, 0.01, 1))
    cosine = value @ measure / (np.linalg.norm(value) * np.linalg.norm(measure))
    assert part == pytest.approx(cosine**2, abs=1e-9)


def test_what_is_no_contest_is_refused() -> None:
    good = {"tie": 0.5, "gaming": 0.5, "harm": 0.1, "kept": 0.1}
    for bad in ({"tie": 1.1}, {"tie": -0.1}, {"gaming": 2}, {"harm": -1}, {"kept": 0}, {"kept": 1}):
        with pytest.raises(ValueError):
            Contest(**{**good, **bad})
    for wrong in (0, -3):
        with pytest.raises(ValueError):
            kl_best_of(wrong)
        with pytest.raises(ValueError):
            expected_best(wrong)
    with pytest.raises(ValueError):
        distortion((0.0, 0.0), (1.0, 1.0))
