"""Aggregation rules against byzfl 0.0.11 and flwr 1.41.0, and against laws that each must keep.

Tolerances: the stored outputs of the first set of cases have ten decimals, so 1e-9 there; those of
the further set are full doubles, and only the order of sums differs, so 1e-12. The geometric median
agrees with byzfl's iteration to 1e-9 where both have settled, and with the exact point to 1e-6 (the
smoothing keeps both that far off where the point is one of the vectors)."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.training.aggregators import (
    RULES,
    TooManyAttackers,
    bulyan,
    centered_clipping,
    geometric_median,
    krum,
    krum_scores,
    mean,
    median,
    multi_krum,
    refusal,
    squared_distances,
    trimmed_mean,
)

DATA = json.loads(
    (Path(__file__).parents[1] / "data" / "aggregators_cases.json").read_text(encoding="utf-8")
)
GIVEN, FURTHER = DATA["given"]["cases"], DATA["further"]
ROBUST = [name for name in RULES if name != "mean"]


def near(found, wanted, tolerance):
    assert np.abs(np.asarray(found) - np.asarray(wanted)).max() <= tolerance


def drawn(seed: int, n: int, d: int, scale: float = 1.0) -> np.ndarray:
    return scale * np.random.default_rng(seed).normal(size=(n, d))


@pytest.mark.parametrize("case", GIVEN, ids=lambda case: case["id"])
def test_the_given_cases(case: dict) -> None:
    v, f, byzfl, flower = (
        np.array(case["vectors"]),
        case["f"],
        case["outputs"],
        case["flower_outputs"],
    )
    near(median(v, f), flower["median"], 1e-9)
    if byzfl:
        near(mean(v), byzfl["Average"], 1e-9)
        near(median(v, f), byzfl["Median_numpy"], 1e-9)
        near(trimmed_mean(v, f), byzfl["TrMean"], 1e-9)
        near(trimmed_mean(v, f), flower["trimmed_avg proportiontocut=f/n"], 1e-9)
        exact = byzfl["own_exact_geometric_median(scipy Nelder-Mead)"]
        near(geometric_median(v, f), byzfl["GeometricMedian(nu=1e-6,T=2000)"], 1e-9)
        near(geometric_median(v, f), exact, 1e-6)
        once = byzfl["CenteredClipping(m=0,L=1,tau=1.0)"]
        near(centered_clipping(v, f, radius=1.0), once, 1e-9)
        thrice = byzfl["CenteredClipping(m=0,L=3,tau=2.0)"]
        near(centered_clipping(v, f, radius=2.0, rounds=3), thrice, 1e-9)
        twice = "CenteredClipping(m=0,L=1,tau=1.0) called twice (state m carries over)"
        first, second = byzfl[twice]
        near(centered_clipping(v, f, center=np.array(first), radius=1.0), second, 1e-9)
    if case["n"] == 3:
        # Neither library refuses; with so few, the paper's Krum would look at no neighbour at all.
        with pytest.raises(TooManyAttackers, match=r"with 3 workers no attackers, not 1"):
            krum(v, f)
        scores = krum_scores(squared_distances(v), 1)
        near(v[np.argmin(scores)], flower["krum (n-f-2 neighbours, squared distances)"], 0)
        near(v[np.argmin(scores)], byzfl["Krum"], 0)
    elif byzfl:
        near(krum(v, f, spare=1), byzfl["Krum"], 0)
        near(krum(v, f), flower["krum (n-f-2 neighbours, squared distances)"], 1e-9)
        near(multi_krum(v, f, spare=1), byzfl["MultiKrum (m=n-f)"], 1e-9)
        near(multi_krum(v, f), flower["multikrum to_keep=n-f"], 1e-9)
    else:
        near(krum(v, f), flower["krum"], 1e-9)
        near(bulyan(v, f), flower["bulyan(krum)"], 1e-9)


@pytest.mark.parametrize("case", FURTHER, ids=lambda case: case["id"])
def test_further_cases(case: dict) -> None:
    v, f, byzfl, flower = np.array(case["vectors"]), case["f"], case["byzfl"], case["flwr"]
    near(mean(v), byzfl["mean"], 1e-12)
    for rule, library in ((median, "median"), (trimmed_mean, "trimmed")):
        near(rule(v, f), byzfl[library], 1e-12)
        near(rule(v, f), flower[library], 1e-12)
    near(krum(v, f), flower["krum"], 0)
    near(krum(v, f, spare=1), byzfl["krum"], 0)
    near(multi_krum(v, f), flower["multi_krum"], 1e-12)
    near(multi_krum(v, f, spare=1), byzfl["multi_krum"], 1e-12)
    # byzfl stops after 2,000 steps wherever it is: on slow cases it is still on its way.
    near(geometric_median(v, f), byzfl["geometric_median(nu=1e-6,T=2000)"], 1e-9)
    first, second = byzfl["clipping(L=2,tau=1.5), called twice"]
    once = centered_clipping(v, f, radius=1.5, rounds=2)
    near(once, first, 1e-12)
    near(centered_clipping(v, f, center=once, radius=1.5, rounds=2), second, 1e-12)
    if "bulyan" in flower:
        near(bulyan(v, f), flower["bulyan"], 1e-12)
    else:
        with pytest.raises(TooManyAttackers, match=r"Bulyan needs 4f \+ 3 <= n"):
            bulyan(v, f)


def test_the_two_krums_differ() -> None:
    """Else the parameter `spare` would be untested."""
    differ = [c for c in FURTHER if c["flwr"]["krum"] != c["byzfl"]["krum"]]
    assert len(differ) >= 2


many = st.tuples(st.integers(0, 10_000), st.integers(15, 21), st.integers(1, 5), st.integers(0, 3))


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=25, deadline=None)
@given(many)
def test_moving_or_shuffling_all_vectors_moves_the_answer_alike(name: str, case: tuple) -> None:
    seed, n, d, f = case
    # Bulyan's last picks are pairs with equal scores where f is 1 or 2: their order decides.
    f = 3 if name == "bulyan" and f else f
    combine = RULES[name].combine
    v, move = drawn(seed, n, d), drawn(seed + 1, 1, d)[0]
    order = np.random.default_rng(seed).permutation(n)
    # Clipping is about its center, which moves along.
    here = {"center": np.zeros(d)} if RULES[name].remembers else {}
    there = {"center": move} if RULES[name].remembers else {}
    near(combine(v + move, f, **there), combine(v, f, **here) + move, 1e-6)
    near(combine(v[order], f, **here), combine(v, f, **here), 1e-6)


@pytest.mark.parametrize("name", ROBUST)
@settings(max_examples=20, deadline=None)
@given(many)
def test_one_vector_for_all_is_the_answer(name: str, case: tuple) -> None:
    """Except for clipping, which only comes nearer: by a mean step of at most its radius."""
    seed, n, d, f = case
    v = np.repeat(drawn(seed, 1, d), n, axis=0)
    extra = {"radius": 1e9} if RULES[name].remembers else {}
    near(RULES[name].combine(v, f, **extra), v[0], 1e-9)


@settings(max_examples=30, deadline=None)
@given(many)
def test_with_no_attackers_to_fear_some_rules_become_the_mean(case: tuple) -> None:
    seed, n, d, _ = case
    v = drawn(seed, n, d)
    plain = v.mean(axis=0)
    near(trimmed_mean(v, 0), plain, 1e-12)
    near(multi_krum(v, 0), plain, 1e-12)
    near(multi_krum(v, 3, keep=n), plain, 1e-12)
    near(bulyan(v, 0), plain, 1e-12)
    near(centered_clipping(v, 3, radius=1e6), plain, 1e-12)
    if n % 2:
        near(trimmed_mean(v, n // 2), median(v, n // 2), 1e-12)


@settings(max_examples=30, deadline=None)
@given(many, st.floats(-1e6, 1e6))
def test_one_vector_moves_the_mean_anywhere(case: tuple, target: float) -> None:
    """Blanchard et al. 2017: no linear rule withstands a single attacker. This one lands the mean
    on a target of its choice; the weights of any other linear rule work in the same way."""
    seed, n, d, _ = case
    v = drawn(seed, n, d)
    weights = np.random.default_rng(seed).uniform(0.1, 1, n)
    for given_weights in (np.full(n, 1 / n), weights):
        wanted = np.full(d, target)
        v[0] = (wanted - given_weights[1:] @ v[1:]) / given_weights[0]
        near(given_weights @ v, wanted, 1e-6)
    v[0] = n * wanted - v[1:].sum(axis=0)
    near(mean(v), wanted, 1e-6)


@pytest.mark.parametrize("name", ROBUST)
@pytest.mark.parametrize("n", [15, 16, 25])
def test_attackers_far_away_move_a_robust_rule_by_no_more_than_the_honest_spread(
    name: str, n: int
) -> None:
    """At the formal limit, with all attackers at a distance of a million. Bounds from the honest
    vectors alone: median, trimmed mean and Bulyan stay inside their range in every coordinate;
    Krum returns one of them and Multi-Krum a mean of them; the geometric median stays within
    2(n-f)/(n-2f) times the largest distance from their center (Lopuhaa and Rousseeuw 1991, as used
    by Pillutla et al. 2022); clipping moves by at most its radius a round."""
    limit = RULES[name].limit(n)
    assert limit is not None and limit >= 1
    for seed, f in ((1, 1), (2, limit), (3, limit)):
        honest = drawn(seed, n - f, 4)
        far = np.full((f, 4), 5e5)
        v = np.concatenate([far, honest])
        low, high = honest.min(axis=0), honest.max(axis=0)
        answer = RULES[name].combine(v, f)
        if name == "clipping":
            assert np.sqrt(np.square(answer).sum()) <= 1 + 1e-12
        elif name == "geometric_median":
            center = honest.mean(axis=0)
            largest = np.sqrt(np.square(honest - center).sum(axis=1)).max()
            assert np.sqrt(np.square(answer - center).sum()) <= 2 * (n - f) / (n - 2 * f) * largest
        else:
            assert (answer >= low - 1e-12).all() and (answer <= high + 1e-12).all()
        if name == "krum":
            assert (honest == answer).all(axis=1).any()


def test_the_geometric_median_has_the_smallest_sum_of_distances() -> None:
    """The definition: no step in any of 400 directions makes the sum smaller by more than 1e-9."""

    def total(v: np.ndarray, z: np.ndarray) -> float:
        return float(np.sqrt(np.square(v - z).sum(axis=1)).sum())

    for seed in range(10):
        v = drawn(seed, 15, 3)
        z = geometric_median(v, 3)
        steps = drawn(seed + 100, 400, 3, scale=0.01)
        assert all(total(v, z) <= total(v, z + step) + 1e-9 for step in steps)


@pytest.mark.parametrize(
    ("name", "n", "most"),
    [
        ("krum", 15, 6),
        ("krum", 51, 24),
        ("multi_krum", 15, 6),
        ("bulyan", 15, 3),
        ("bulyan", 51, 12),
        ("median", 15, 7),
        ("trimmed", 16, 7),
        ("geometric_median", 15, 7),
        ("clipping", 15, 7),
    ],
)
def test_more_attackers_than_the_limit_are_refused_by_name_and_number(name, n, most) -> None:
    """The limits are those of the papers: 2f + 2 < n, 4f + 3 <= n, 2f < n. (51 and 24 or 12 are the
    workers and attackers of El Mhamdi, Guerraoui and Rouault's runs: at the limits.)"""
    v = drawn(0, n, 3)
    rule = RULES[name]
    assert rule.limit(n) == most and refusal(name, n, most) is None
    assert rule.combine(v, most).shape == (3,)
    words = f"with {n} workers at most {most} attackers, not {most + 1}"
    with pytest.raises(TooManyAttackers, match=words):
        rule.combine(v, most + 1)


@pytest.mark.parametrize("name", RULES)
def test_what_is_no_set_of_vectors_is_refused(name: str) -> None:
    combine = RULES[name].combine
    shapes = (np.zeros(3), np.zeros((0, 3)), np.zeros((15, 0)))
    for wrong in (*shapes, np.full((15, 3), np.nan), np.full((15, 3), np.inf)):
        with pytest.raises(ValueError, match=r"vectors must be|not finite"):
            combine(wrong, 1)
    if name != "mean":
        with pytest.raises(ValueError, match="there cannot be -1 attackers"):
            combine(np.zeros((15, 3)), -1)


def test_single_precision_in_is_single_precision_out() -> None:
    v = drawn(0, 15, 40).astype(np.float32)
    for rule in RULES.values():
        answer = rule.combine(v, 3)
        assert answer.dtype == np.float32
        near(answer, rule.combine(v.astype(np.float64), 3), 1e-5)


@pytest.mark.parametrize("name", ROBUST)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("length", [1e4, 1e16, 1e18, 1e19, 1e20])
def test_liars_however_long_move_a_robust_rule_by_no_more_than_a_bound(
    name: str, kind: type, length: float
) -> None:
    """Bounds from the honest vectors alone, whatever is sent: for all rules but clipping the
    answer stays within 2(n-f)/(n-2f) times the largest distance from the honest center (for the
    geometric median by Lopuhaa and Rousseeuw 1991; for the others, which stay within the honest
    range in each coordinate, the square root of d is smaller than that here). Clipping moves by at
    most its radius. Liars all alike, opposite to each other, and each in another direction."""
    n, d = 15, 2
    limit = RULES[name].limit(n)
    for seed, f in ((1, 1), (2, min(3, limit)), (3, limit)):
        honest = drawn(seed, n - f, d)
        center = honest.mean(axis=0)
        largest = np.sqrt(np.square(honest - center).sum(axis=1)).max()
        ways = drawn(seed + 50, f, d)
        ways /= np.sqrt(np.square(ways).sum(axis=1))[:, None]
        alike = np.repeat(ways[:1], f, axis=0)
        opposite = alike * np.where(np.arange(f) % 2, -1, 1)[:, None]
        for way in (alike, opposite, ways):
            v = np.concatenate([length * way, honest]).astype(kind)
            answer = RULES[name].combine(v, f).astype(np.float64)
            moved = np.sqrt(np.square(answer - center).sum())
            if name == "clipping":
                assert np.sqrt(np.square(answer).sum()) <= 1 + 1e-5
            else:
                assert moved <= 2 * (n - f) / (n - 2 * f) * largest + 1e-5


@pytest.mark.parametrize("length", [1e8, 1e16, 1e20])
def test_the_geometric_median_beside_far_liars_is_that_of_directions(length: float) -> None:
    """From very far away only a liar's direction counts: at the answer, the unit vectors towards
    the honest ones and towards the liars add up to nought (the condition for the smallest sum of
    distances), here to 1e-6 in double precision."""
    v = np.concatenate([np.full((3, 3), length), drawn(1, 12, 3)])
    away = v - geometric_median(v, 3)
    units = away / np.sqrt(np.square(away).sum(axis=1))[:, None]
    assert np.abs(units.sum(axis=0)).max() < 1e-6


@pytest.mark.parametrize("name", RULES)
def test_whole_numbers_are_numbers(name: str) -> None:
    v = np.random.default_rng(4).integers(-9, 10, size=(15, 2))
    answer = RULES[name].combine(v, 3)
    assert answer.dtype == np.float64
    near(answer, RULES[name].combine(v.astype(np.float64), 3), 0)


def test_a_middle_of_huge_values_does_not_overflow() -> None:
    for kind in (np.float32, np.float64):
        huge = np.full((16, 2), np.finfo(kind).max / 2)
        for rule in (median, trimmed_mean, mean):
            near(rule(huge, 3) / huge[0], np.ones(2), 1e-6)
        assert np.isfinite(median(huge * kind(2), 3)).all()


def test_settings_out_of_range_are_refused_in_plain_words() -> None:
    v = drawn(0, 15, 3)
    for radius in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="radius of clipping must be above 0"):
            centered_clipping(v, 3, radius=radius)
    with pytest.raises(ValueError, match="at least one round, not 0"):
        centered_clipping(v, 3, rounds=0)
    for rule in (krum, multi_krum, bulyan):
        for spare in (-3, 12):
            with pytest.raises(ValueError, match=f"spare must be -2 to 11, not {spare}"):
                rule(v, 3, spare=spare)
        assert rule(v, 3, spare=11).shape == (3,)
