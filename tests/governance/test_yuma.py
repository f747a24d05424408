"""Yuma against the chain's own test cases, as they are worked out and as they are stored."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from decentralized_ai.governance.yuma import Liquid, Rules, epoch, run, weighted_median
from decentralized_ai.governance.yuma_plain import Fixed, plain_epoch, stored_u16
from decentralized_ai.governance.yuma_store import run_stored

DATA = Path(__file__).parents[1] / "data"
CASES = {
    case["id"]: case
    for case in json.loads((DATA / "yuma_cases.json").read_text(encoding="utf-8"))["cases"]
}
MORE = json.loads((DATA / "yuma_epochs.json").read_text(encoding="utf-8"))
BONDS = CASES["A_test_bonds"]["epochs"]
SCENARIOS = [case for name, case in CASES.items() if name.startswith("B")]
FIXED_POINT = 2.5e-9  # ten steps of the chain, 2^-32 each
FOUR_DIGITS = 1e-4  # the chain's tests name four digits (and allow themselves 1e-3)


def liquid(params: dict) -> Rules:
    how = params["liquid_alpha"]
    return Rules(
        version=3,
        kappa=params["kappa"],
        alpha=1 - params["bonds_moving_average"],
        beta=params["bonds_penalty"],
        liquid=Liquid(how["alpha_low"], how["alpha_high"], how["steepness_over_100"]),
    )


# --- the weighted median


@pytest.mark.parametrize("case", CASES["C_weighted_median"]["cases"], ids=str)
def test_the_weighted_median_exactly(case: dict) -> None:
    scores = case.get("score", case.get("weights"))
    found = weighted_median(case["stake"], scores, case["kappa"])
    assert np.array_equal(found, case["expected"])


def test_ties_half_the_stake_is_enough_at_a_kappa_of_one_half() -> None:
    assert weighted_median([0.5, 0.5], [0.2, 0.9], 0.5) == 0.9
    assert weighted_median([0.1] * 10, list(range(10)), 0.3) == 7  # three of ten support 7
    assert weighted_median([1, 1, 1], [1, 2, 3], 1 / 3) == 3
    assert weighted_median([1, 1, 1], [1, 2, 3], 2 / 3) == 2
    assert weighted_median([3, 3, 4], [1, 2, 2], 0.7) == 2


def test_the_ends_of_kappa_and_nobody_at_all() -> None:
    assert weighted_median([1, 2, 3], [0.1, 0.7, 0.4], 0.0) == 0.7
    assert weighted_median([1, 2, 3], [0.1, 0.7, 0.4], 1.0) == 0.1
    assert weighted_median([0, 2, 3], [0.1, 0.7, 0.4], 1.0) == 0.4  # who has no stake is no voter
    assert weighted_median([2, 0], [0.1, 0.7], 0.0) == 0.1
    assert weighted_median([0, 0], [0.1, 0.7]) == 0
    assert weighted_median([], []) == 0
    assert np.array_equal(weighted_median([0, 0], [[1, 2, 3], [4, 5, 6]]), [0, 0, 0])


# --- version 2: the chain's test of bonds, eight epochs


def test_the_test_of_bonds_as_stored() -> None:
    """Bonds are asserted by the chain's test, to the unit; the rest is printed beside them."""
    found = run_stored([1, 2, 3, 4], [x["weights_raw_u16"] for x in BONDS])
    for ours, theirs in zip(found, BONDS, strict=True):
        for key, value in theirs.items():
            if key.startswith("expected_bonds_u16_server"):
                assert ours.bonds[:, int(key[-1]) - 1].tolist() == value
        held = ours.worked_out
        pairs = {"C": held.consensus, "Tv": held.trust, "I": held.incentive, "D": held.dividends}
        for name, value in pairs.items():
            if f"expected_{name}" in theirs:
                assert value == pytest.approx(theirs[f"expected_{name}"], abs=FIXED_POINT)
        if "expected_validator_emission_share" in theirs:
            assert held.validator_pay == pytest.approx(theirs["expected_validator_emission_share"])


def test_bonds_that_nobody_renews_lose_a_unit_an_epoch() -> None:
    """The chain's rounding, on operators that nobody weights any more: 12,603 to 12,599."""
    last = MORE["chain"]["bonds_test_last"]
    found = run_stored([1, 2, 3, 4], [x["weights_raw_u16"] for x in BONDS])
    assert found[-2].bonds[:, 0].tolist() == last["first"]
    assert found[-2].bonds[:, 3].tolist() == last["last"]
    assert found[-1].worked_out.dividends == pytest.approx(last["dividends"], abs=FIXED_POINT)


def test_the_definition_in_the_chains_own_fixed_point_gives_the_same_bonds() -> None:
    stored = None
    for theirs in BONDS:
        found = plain_epoch([1, 2, 3, 4], theirs["weights_raw_u16"], stored, Rules(), Fixed.of)
        stored = stored_u16(found["bonds"], 2)
        for key, value in theirs.items():
            if key.startswith("expected_bonds_u16_server"):
                assert [row[int(key[-1]) - 1] for row in stored] == value
        assert [float(d) for d in found["dividends"]] == pytest.approx(
            theirs["expected_D"], abs=2e-9
        )


def test_without_storage_the_dividends_differ_by_the_rounding_only() -> None:
    """Up to 1.7e-5 after eight epochs: half a unit of 65,535 for each epoch, at most."""
    found = run([1, 2, 3, 4], [x["weights_raw_u16"] for x in BONDS])
    for ours, theirs in zip(found, BONDS, strict=True):
        assert ours.dividends == pytest.approx(theirs["expected_D"], abs=8 * 0.5 / 65_535)


# --- version 3


@pytest.mark.parametrize("case", SCENARIOS, ids=lambda case: case["id"])
def test_the_scenarios_of_yuma_3(case: dict) -> None:
    found = run_stored(
        case["params"]["stake_raw"], case["weights_per_epoch"], liquid(case["params"])
    )
    for number, ours in enumerate(found):
        theirs = case["expected_dividends_per_epoch"][str(number)]
        assert ours.dividends / 65_535 == pytest.approx(theirs, abs=FOUR_DIGITS)
        bonds = np.array(case["expected_bonds_per_epoch"][str(number)])
        assert ours.bonds / 65_535 == pytest.approx(bonds, abs=FOUR_DIGITS)


def given(choices: list[int], operators: int = 2) -> list[list[int]]:
    return [[65_535 if j == choice else 0 for j in range(operators)] for choice in choices]


@pytest.mark.parametrize("case", MORE["yuma3"], ids=lambda case: case["id"])
def test_more_scenarios_of_yuma_3(case: dict) -> None:
    rules = Rules(3, alpha=0.025, beta=0.0, liquid=Liquid(0.1, 0.3) if case["liquid"] else None)
    found = run_stored(case["stake"], [given(choices) for choices in case["gives"]], rules)
    for ours, dividends, bonds in zip(found, case["dividends"], case["bonds"], strict=True):
        assert ours.dividends / 65_535 == pytest.approx(dividends, abs=FOUR_DIGITS)
        assert ours.bonds / 65_535 == pytest.approx(np.array(bonds), abs=FOUR_DIGITS)


def test_forty_epochs_with_bonds_struck_out_in_between() -> None:
    case = MORE["reset"]
    digits = 1.5e-4  # forty epochs of rounding down: up to three units of 65,535 more
    rules = Rules(3, alpha=0.025, beta=0.0, liquid=Liquid(0.1, 0.3))
    stored = None
    for number in range(case["epochs"]):
        late = 0 if number < 2 or number > 21 else 1
        early = 0 if number < 1 or number > 20 else 1
        if number == 20:
            stored = stored.copy()
            stored[:, 0] = 0
        (found,) = run_stored(case["stake"], [given([late, early, early])], rules, stored)
        stored = found.bonds
        if str(number) in case["dividends"]:
            theirs = case["dividends"][str(number)]
            assert found.dividends / 65_535 == pytest.approx(theirs, abs=digits)
            bonds = np.array(case["bonds"][str(number)])
            assert stored / 65_535 == pytest.approx(bonds, abs=digits)


def test_a_liquid_alpha_with_equal_ends_is_an_ordinary_one() -> None:
    """As test_liquid_alpha_equal_values_against_itself."""
    rng = np.random.default_rng(5)
    stake, weights, bonds = rng.random(4), rng.random((4, 3)), rng.random((4, 3))
    plain = epoch(stake, weights, bonds, Rules(3, alpha=0.1))
    equal = epoch(stake, weights, bonds, Rules(3, alpha=0.7, liquid=Liquid(0.1, 0.1)))
    assert equal.bonds == pytest.approx(plain.bonds, abs=1e-15)


# --- what is no epoch


def test_what_cannot_be_is_refused() -> None:
    for stake, weights, bonds in (
        ([1, -1], [[1], [1]], None),
        ([1, 1], [[1], [-1]], None),
        ([1, float("nan")], [[1], [1]], None),
        ([1, 1], [[1], [float("inf")]], None),
        ([1, 1, 1], [[1], [1]], None),
        ([1, 1], [1, 1], None),
        ([1, 1], [[1], [1]], [[1, 1], [1, 1]]),
        ([1, 1], [[1], [1]], [[-1], [1]]),
    ):
        with pytest.raises(ValueError):
            epoch(stake, weights, bonds)
    with pytest.raises(ValueError):
        epoch([1], [[1]], [[1.5]], Rules(3))
    for bad in ({"version": 1}, {"kappa": 1.1}, {"alpha": -0.1}, {"beta": 2}, {"liquid": Liquid()}):
        with pytest.raises(ValueError):
            Rules(**bad)
    with pytest.raises(ValueError):
        Liquid(0.5, 0.4)


def test_fixed_point_numbers_round_down() -> None:
    third = Fixed.of(1) / Fixed.of(3)
    assert Fraction(third.raw, 2**32) < Fraction(1, 3) < Fraction(third.raw + 1, 2**32)
    assert float(third * Fixed.of(3)) < 1
    assert third.as_u16() == 21_844  # 21,845 less what was rounded off
