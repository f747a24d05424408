"""Attacks against byzfl 0.0.11 and the code of Karimireddy et al., and what each is meant to do."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from decentralized_ai.training.attacks import (
    ATTACKS,
    inner_product,
    little,
    noise,
    quiet_enough,
    sign_flip,
)

DATA = json.loads(
    (Path(__file__).parents[1] / "data" / "aggregators_cases.json").read_text(encoding="utf-8")
)


def test_the_given_attacks() -> None:
    """Ten decimals are stored: 1e-9. byzfl adds the standard deviations, we take them away."""
    ours = {
        "SignFlipping": sign_flip,
        "InnerProductManipulation(tau=2)": lambda h: inner_product(h, 2.0),
        "ALittleIsEnough(tau=1.5)": lambda h: little(h, -1.5),
    }
    for case in DATA["given"]["attacks"]:
        assert_allclose(ours[case["name"]](np.array(case["honest"])), case["out"], atol=1e-9)


@pytest.mark.parametrize("case", DATA["further"], ids=lambda case: case["id"])
def test_further_attacks(case: dict) -> None:
    honest, byzfl = np.array(case["honest"]), case["byzfl_attacks"]
    assert_allclose(sign_flip(honest), byzfl["sign_flip"], atol=1e-12)
    assert_allclose(inner_product(honest, 0.1), byzfl["inner_product(tau=0.1)"], atol=1e-12)
    assert_allclose(little(honest, 1.5), byzfl["little(tau=-1.5)"], atol=1e-12)


def test_how_quiet_is_quiet_enough() -> None:
    """By a table of the normal distribution, to the four digits that tables print: 25 workers with
    5 attackers want 8 supporters of 20, so Phi(z) = 0.6; 51 with 12 want 14 of 39, 0.6410; 15 with
    7 want 1 of 8, 0.875."""
    assert quiet_enough(25, 5) == pytest.approx(0.2533, abs=5e-5)
    assert quiet_enough(51, 12) == pytest.approx(0.3612, abs=5e-5)
    assert quiet_enough(15, 7) == pytest.approx(1.1503, abs=5e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([(15, 3), (15, 5), (25, 5), (51, 12)]))
def test_a_little_stays_within_what_honest_workers_send(seed: int, case: tuple[int, int]) -> None:
    """With normal gradients and the paper's z, attackers and the honest workers beyond them are
    just more than half of all. 20,000 coordinates: the share of honest workers beyond is the wanted
    one within 0.02 (mean and spread of ten values scatter from coordinate to coordinate, and shift
    it by a little more than chance). Beyond every honest worker it is rarely."""
    n, f = case
    honest = np.random.default_rng(seed).normal(size=(n - f, 20_000))
    sent = little(honest, quiet_enough(n, f))
    beyond = (honest < sent).mean()
    wanted = n // 2 + 1 - f
    assert beyond == pytest.approx(wanted / (n - f), abs=0.02)
    outside = (sent < honest.min(axis=0)) | (sent > honest.max(axis=0))
    assert outside.mean() < 0.01


@pytest.mark.parametrize(("n", "f", "wanted"), [(15, 3, 0.342), (15, 7, 0.555)])
def test_the_recorded_strength_is_at_the_edge_of_what_honest_workers_send(
    n: int, f: int, wanted: float
) -> None:
    """1.5 spreads: below every honest value in a third to a half of the coordinates. The wanted
    shares were computed once from 200,000 other coordinates; 20,000 have a standard error of
    0.0035. With seven, the median of all fifteen is the lowest honest value or the poison,
    whichever is higher: of fifteen values the eighth, and seven of them are alike."""
    honest = np.random.default_rng(5).normal(size=(n - f, 20_000))
    sent = little(honest, ATTACKS["little"].strength)
    lowest = honest.min(axis=0)
    assert (sent < lowest).mean() == pytest.approx(wanted, abs=0.015)
    assert 0.3 < (sent < lowest).mean() < 0.6
    if f == 7:
        arrived = np.concatenate([honest, np.repeat(sent[None], f, axis=0)])
        assert_allclose(np.median(arrived, axis=0), np.maximum(sent, lowest), atol=0)


def test_attackers_that_are_none_or_half_have_no_quiet_strength() -> None:
    for n, f in ((15, 0), (15, 8), (14, 7), (2, 1), (15, -1)):
        with pytest.raises(ValueError, match=f"fewer than half of {n}, not {f}"):
            quiet_enough(n, f)
    assert quiet_enough(3, 1) == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 10))
def test_the_inner_product_turns_where_the_law_says(seed: int, strength: float) -> None:
    """Of the plain mean: (n - f - f e) / n times the honest mean, negative from e = (n - f) / f on
    (Xie, Koyejo and Gupta 2020)."""
    n, f = 15, 3
    honest = np.random.default_rng(seed).normal(1, 1, size=(n - f, 6))
    sent = np.repeat(inner_product(honest, strength)[None, :], f, axis=0)
    combined = np.concatenate([honest, sent]).mean(axis=0)
    true = honest.mean(axis=0)
    assert_allclose(combined, (n - f - f * strength) / n * true, atol=1e-12)
    assert (combined @ true < 0) == (strength > (n - f) / f)


def test_noise_is_as_long_as_it_says_and_points_nowhere() -> None:
    """A thousand vectors: their length has a relative spread of 1/sqrt(2d), their mean of
    1/sqrt(1000) of a length."""
    honest = np.random.default_rng(0).normal(1, 1, size=(12, 500))
    true = honest.mean(axis=0)
    sent = noise(honest, 1000, 100.0, np.random.default_rng(1))
    assert sent.shape == (1000, 500)
    lengths = np.linalg.norm(sent, axis=1) / np.linalg.norm(true)
    assert lengths.mean() == pytest.approx(100, rel=0.01)
    assert np.linalg.norm(sent.mean(axis=0)) < 0.1 * lengths.mean() * np.linalg.norm(true)


def test_a_single_honest_vector_has_no_spread() -> None:
    with pytest.raises(ValueError, match="at least two"):
        little(np.ones((1, 3)))


@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_makes_a_vector_for_each_attacker(name: str) -> None:
    honest = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)
    for f in (0, 1, 7):
        attack = ATTACKS[name]
        sent = attack.make(honest, f, attack.strength, np.random.default_rng(1))
        assert sent.shape == (f, 5) and sent.dtype == np.float32
