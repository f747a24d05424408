"""Who is heard: the chain's own tests of its masks, on square tables."""

import json
from pathlib import Path

import numpy as np
import pytest

from decentralized_ai.governance.yuma import Rules
from decentralized_ai.governance.yuma_masks import Register, chain_epoch, masked, permits
from decentralized_ai.governance.yuma_store import as_read, as_stored, shares_as_u16

CHAIN = json.loads(
    (Path(__file__).parents[1] / "data" / "yuma_epochs.json").read_text(encoding="utf-8")
)["chain"]
RAO = 2  # pay is a whole unit of 1e9, rounded down after steps of 2^-32, a quarter unit each
RULES = Rules()


def pay(found, emission: int) -> np.ndarray:
    """What each place gets, as validator and as operator."""
    return (found.validator_pay + found.operator_pay) * emission


def test_active_stake() -> None:
    """Two validators; the second falls silent for too long, then comes back."""
    case = CHAIN["active_stake"]
    weights = np.zeros((4, 4))
    weights[:2, 2:] = 1
    stored = np.zeros((4, 4))
    registers = (
        Register(permits=[1] * 4, updated=[1, 1, 0, 0], registered=[0] * 4, block=1),
        Register(permits=[1] * 4, updated=[5002, 1, 0, 0], registered=[0] * 4, block=5002),
        Register(permits=[1] * 4, updated=[5002, 5002, 0, 0], registered=[0] * 4, block=5003),
    )
    for register, step in zip(registers, case["steps"], strict=True):
        found = chain_epoch([1] * 4, weights, as_read(stored, RULES), RULES, register)
        stored = as_stored(found.bonds, RULES)
        assert shares_as_u16(found.dividends)[:2].tolist() == step["dividends_u16"]
        assert stored[:2, 2:].tolist() == step["bonds_u16"]
        assert pay(found, case["emission"]) == pytest.approx(step["pay"], abs=RAO)


def test_outdated_weights() -> None:
    """The fourth place is taken over by somebody else; old weights and bonds do not fall to it."""
    case = CHAIN["outdated_weights"]
    weights = np.zeros((4, 4))
    weights[:2, 2:] = case["weights_u16"]
    weights[2, 2] = weights[3, 3] = 65_535  # self-weights do not count
    first = chain_epoch(
        [1] * 4, weights, None, RULES, Register([1] * 4, [1] * 4, [0] * 4, block=1, last_epoch=0.5)
    )
    assert first.consensus[2:] == pytest.approx(case["first"]["consensus"], abs=1e-9)
    assert pay(first, case["emission"]) == pytest.approx(case["first"]["pay"], abs=RAO)
    second = chain_epoch(
        [1, 1, 1, 0],
        weights,
        as_read(as_stored(first.bonds, RULES), RULES),
        RULES,
        Register([1, 1, 1, 0], [2, 1, 1, 1], [0, 0, 0, 1], block=2, last_epoch=2),
    )
    told = case["second"]
    assert second.consensus[2:] == pytest.approx(told["consensus"], abs=1e-9)
    assert second.trust[:2] == pytest.approx(told["trust"], abs=1e-9)
    assert second.incentive[2:] == pytest.approx(told["incentive"], abs=1e-9)
    assert second.operator_trust[2:] == pytest.approx(told["operator_trust"], abs=1e-9)
    assert shares_as_u16(second.dividends)[0] == told["dividends_u16_of_0"]
    assert pay(second, case["emission"])[0] == pytest.approx(told["pay_of_0"], abs=RAO)


def test_bonds_with_a_place_taken_over_since_the_last_epoch_are_struck_out() -> None:
    bonds = np.full((2, 2), 0.5)
    register = Register(registered=[0, 5], last_epoch=5)
    assert masked([1, 1], np.ones((2, 2)), bonds, register).bonds.tolist() == [[0.5, 0], [0.5, 0]]
    before = Register(registered=[0, 5], last_epoch=6)
    assert masked([1, 1], np.ones((2, 2)), bonds, before).bonds.tolist() == bonds.tolist()


def test_zero_weights_pay_the_stake() -> None:
    case = CHAIN["zero_weights"]
    nothing, own = np.zeros((2, 2)), np.array([[0, 0], [0, 65_535]])
    one = np.array([[0, 65_535], [0, 0]])
    for weights, updated, registered, told in (
        (nothing, [0, 0], [0, 0], case["fallback"]),
        (own, [0, 1], [0, 0], case["fallback"]),
        (one, [2, 1], [0, 2], case["fallback"]),  # outdated
        (one, [3, 1], [0, 2], case["after"]),
    ):
        register = Register([1, 1], updated, registered, block=3)
        found = chain_epoch([1, 0], weights, None, RULES, register)
        assert pay(found, case["emission"]) == pytest.approx(told, abs=RAO)


def test_if_nobody_active_holds_stake_all_stakes_are_paid() -> None:
    register = Register([1, 1], updated=[0, 0], block=10_000)
    found = chain_epoch([3, 1], [[0, 1], [1, 0]], None, RULES, register)
    assert found.validator_pay.tolist() == [0.75, 0.25]
    assert not found.incentive.any() and not found.dividends.any()


@pytest.mark.parametrize("own_weights", [False, True])
def test_512_places(own_weights: bool) -> None:
    case = CHAIN["graph_512"]
    n, v = case["places"], case["validators"]
    weights = np.zeros((n, n))
    weights[:v, v:] = 1
    if own_weights:
        weights[v:, v:] = 65_535 * np.eye(n - v)
    stake = np.where(np.arange(n) < v, 328_125_000_000_000, 0)
    stored = np.zeros((n, n))
    for _ in range(3):
        found = chain_epoch(
            stake, weights, as_read(stored, RULES), RULES, Register(permits(stake, v))
        )
        stored = as_stored(found.bonds, RULES)
    assert set(shares_as_u16(found.dividends)[:v]) == {case["dividends_u16"]}
    assert set(shares_as_u16(found.consensus)[v:]) == {case["consensus_u16"]}
    assert set(shares_as_u16(found.incentive)[v:]) == {case["incentive_u16"]}
    assert set(stored[:v, v:].ravel()) == {case["bonds_u16"]} and not stored[:, :v].any()
    paid = pay(found, case["emission"])
    assert paid[:v] == pytest.approx(case["validator_pay"], abs=RAO)
    # The chain's own comment calls its figure a floor of 1116071.4: in steps of 2^-32.
    assert paid[v:] == pytest.approx(case["operator_pay"], abs=RAO)


def test_ten_places_that_weight_themselves() -> None:
    case = CHAIN["graph_10"]
    n = case["places"]
    found = chain_epoch([1] * n, 65_535 * np.eye(n), None, RULES, Register())
    assert not found.incentive.any() and not found.dividends.any()
    assert pay(found, case["emission"]) == pytest.approx(case["pay"], abs=RAO)


@pytest.mark.parametrize("places, most", CHAIN["permits"]["sizes"])
@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("ranked", [False, True])
def test_permits(places: int, most: int, interleaved: bool, ranked: bool) -> None:
    """Validators hold more than the least stake and get the permits; then the others hold more."""
    order = np.arange(places)
    validators = order % (places // most) == 0 if interleaved else order < most
    stake = np.where(validators, order + places if ranked else 1, order if ranked else 0)
    heard = masked(stake, np.zeros((places, places)), None, Register(least_stake=most))
    first = permits(heard.stake, most)
    assert np.array_equal(first, validators & (stake >= most))
    stake = stake + np.where(validators, 0, 2 * places)
    heard = masked(stake, np.zeros((places, places)), None, Register(least_stake=most))
    assert np.array_equal(permits(heard.stake, most), ~validators)


def test_permits_of_equal_stakes_go_to_the_later_places() -> None:
    assert permits([2, 2, 2, 2], 3).tolist() == [False, True, True, True]
    assert permits([2, 0, 2], 3).tolist() == [True, False, True]
    assert permits([1, 2], 5).tolist() == [True, True]
    assert permits([1, 2, 3], 0).tolist() == [False] * 3


def test_the_owner_may_weight_itself_and_needs_no_permit() -> None:
    """Half and half: both earn the same, above nought."""
    register = Register([0, 0], updated=[2, 0], registered=[0, 1], block=2, owner=0, least_stake=9)
    found = chain_epoch([5, 0], [[1, 1], [0, 0]], None, RULES, register)
    assert found.incentive.tolist() == [0.5, 0.5]
    other = Register([1, 0], updated=[2, 0], registered=[0, 1], block=2)
    assert chain_epoch([5, 0], [[1, 1], [0, 0]], None, RULES, other).incentive.tolist() == [0, 1]


def test_weights_committed_before_somebody_took_the_place_do_not_fall_to_them() -> None:
    weights = np.array([[0, 0, 1], [1, 0, 1], [0, 0, 0]])
    hidden = Register(
        updated=[9, 9, 9], registered=[0, 0, 5], committed=[4, float("inf"), float("inf")]
    )
    assert masked([1, 1, 0], weights, None, hidden).weights.tolist() == [
        [0, 0, 0],
        [1, 0, 1],
        [0, 0, 0],
    ]
    same_block = Register(updated=[9, 9, 9], registered=[0, 0, 5], committed=[5, 5, 5])
    assert masked([1, 1, 0], weights, None, same_block).weights[0].tolist() == [0, 0, 1]


def test_a_table_that_is_not_square_is_refused() -> None:
    with pytest.raises(ValueError, match="3 by 3"):
        masked([1, 1, 1], np.ones((3, 2)), None, Register())
