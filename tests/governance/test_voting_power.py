"""The power to decide: published indices, brute force, and closed forms."""

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.governance.voting_power import banzhaf, decides, oceanic, shapley_shubik

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "voting_cases.json").read_text(encoding="utf-8")
)["power"]


def brute_banzhaf(weights: list[int], quota: int) -> list[Fraction]:
    """Every coalition, member by member."""
    swings = [0] * len(weights)
    for size in range(len(weights) + 1):
        for members in itertools.combinations(range(len(weights)), size):
            total = sum(weights[i] for i in members)
            for i in members:
                swings[i] += total >= quota > total - weights[i]
    return [Fraction(count, sum(swings)) for count in swings]


def brute_shapley(weights: list[int], quota: int) -> list[Fraction]:
    """Every order of arrival."""
    pivots = [0] * len(weights)
    for order in itertools.permutations(range(len(weights))):
        total = 0
        for i in order:
            total += weights[i]
            if total >= quota:
                pivots[i] += 1
                break
    return [Fraction(count, math.factorial(len(weights))) for count in pivots]


@pytest.mark.parametrize("case", [c for c in CASES if "banzhaf" in c], ids=lambda c: c["name"])
def test_banzhaf_against_the_textbook(case: dict) -> None:
    expected = tuple(Fraction(text) for text in case["banzhaf"])
    assert banzhaf(case["weights"], case["quota"]) == expected


def test_the_security_council() -> None:
    case = next(c for c in CASES if "shapley_last" in c)
    found = shapley_shubik(case["weights"], case["quota"])
    last = Fraction(case["shapley_last"])
    assert found[-1] == last and found[0] == (1 - 10 * last) / 5
    # A veto decides with any four to ten of the ten others; one of those with exactly three more.
    veto, elected = sum(math.comb(10, k) for k in range(4, 11)), math.comb(9, 3)
    index = banzhaf(case["weights"], case["quota"])
    assert index[0] == Fraction(veto, 5 * veto + 10 * elected)
    assert index[-1] == Fraction(elected, 5 * veto + 10 * elected)


councils = st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any)


@settings(max_examples=80, deadline=None)
@given(councils, st.data())
def test_both_indices_against_brute_force(weights: list[int], data: st.DataObject) -> None:
    quota = data.draw(st.integers(1, sum(weights)))
    assert list(banzhaf(weights, quota)) == brute_banzhaf(weights, quota)
    assert list(shapley_shubik(weights, quota)) == brute_shapley(weights, quota)


@settings(max_examples=60, deadline=None)
@given(councils, st.data())
def test_laws(weights: list[int], data: st.DataObject) -> None:
    """They sum to one, a larger weight never has less, and no weight has no power."""
    quota = data.draw(st.integers(1, sum(weights)))
    for index in (banzhaf(weights, quota), shapley_shubik(weights, quota)):
        assert sum(index) == 1
        for i, j in itertools.permutations(range(len(weights)), 2):
            assert weights[i] < weights[j] or index[i] >= index[j]
        assert all(power == 0 for power, weight in zip(index, weights, strict=True) if not weight)


def test_equal_voters_who_toss_coins() -> None:
    """One of 2m + 1 decides if the others split evenly: C(2m, m) / 4^m."""
    for m in range(1, 30):
        assert decides((1,) * (2 * m + 1), m + 1, 0) == Fraction(math.comb(2 * m, m), 4**m)


@pytest.mark.parametrize("share", [Fraction(1, 10), Fraction(1, 3), Fraction(2, 5), Fraction(1, 2)])
def test_many_small_holders_come_to_the_oceanic_formula(share: Fraction) -> None:
    """300 equal holders hold the rest: within two of them, 2 / 300."""
    small = 300
    large = int(small * share / (1 - share))
    weights = (large, *(1,) * small)
    quota = sum(weights) // 2 + 1
    found = shapley_shubik_first(weights, quota)
    assert float(found) == pytest.approx(oceanic(large / sum(weights), 0.5), abs=2 / small)


def shapley_shubik_first(weights: tuple[int, ...], quota: int) -> Fraction:
    """One large and n equal: it decides if the number before it lies in a range."""
    n = len(weights) - 1
    places = [k for k in range(n + 1) if k < quota <= k + weights[0]]
    return Fraction(len(places), n + 1)


def test_the_large_and_equal_ones_by_the_program() -> None:
    weights, quota = (7, *(1,) * 20), 14
    assert shapley_shubik(weights, quota)[0] == shapley_shubik_first(weights, quota)


def test_the_oceanic_formula_at_its_ends() -> None:
    assert oceanic(0.0, 0.5) == 0
    assert oceanic(0.25, 0.5) == pytest.approx(1 / 3)  # w / (1 - w) below one half
    assert oceanic(0.5, 0.5) == 1
    with pytest.raises(ValueError, match="share"):
        oceanic(1.0, 0.5)
