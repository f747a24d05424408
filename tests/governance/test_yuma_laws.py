"""Laws of Yuma: the fast epoch against loops and fractions, and what must not matter."""

import json
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.governance.yuma import KAPPA, Liquid, Rules, epoch, run, weighted_median
from decentralized_ai.governance.yuma_plain import Fixed, plain_epoch, stored_u16, supported
from decentralized_ai.governance.yuma_simulator import simulated_run
from decentralized_ai.governance.yuma_store import as_read, as_stored

SIMULATED = next(
    case
    for case in json.loads(
        (Path(__file__).parents[1] / "data" / "yuma_cases.json").read_text(encoding="utf-8")
    )["cases"]
    if case["id"] == "D_sim_Yuma2_Case1"
)
MORE_SIMULATED = json.loads(
    (Path(__file__).parents[1] / "data" / "yuma_simulated.json").read_text(encoding="utf-8")
)["cases"]
FIELDS = ("stake", "weights", "consensus", "clipped", "incentive", "trust", "bonds", "dividends")

rules = st.one_of(
    st.builds(
        Rules,
        version=st.just(2),
        kappa=st.sampled_from((0.0, 0.3, KAPPA, 0.5, 0.6, 2 / 3, 1.0)),
        alpha=st.sampled_from((0.0, 0.1, 0.5, 1.0)),
        beta=st.sampled_from((0.0, 0.5, 1.0)),
    ),
    st.builds(
        Rules,
        version=st.just(3),
        kappa=st.sampled_from((0.3, KAPPA, 0.5, 0.75)),
        alpha=st.sampled_from((0.025, 0.1, 1.0)),
        beta=st.sampled_from((0.0, 0.5, 1.0)),
        liquid=st.sampled_from((None, Liquid(), Liquid(0.1, 0.3, 10.0), Liquid(0.0, 1.0, 2.0))),
    ),
)


@st.composite
def networks(draw, most: int = 6, columns: int | None = None):
    """Stakes and weights as people would write them: small whole numbers, many ties and noughts."""
    v = draw(st.integers(1, most))
    m = columns or draw(st.integers(1, 6))
    stake = draw(st.lists(st.integers(0, 5), min_size=v, max_size=v))
    row = st.lists(st.integers(0, 4), min_size=m, max_size=m)
    weights = draw(st.lists(row, min_size=v, max_size=v))
    return stake, weights


# --- the same thing worked out in another way


@settings(max_examples=150, deadline=None)
@given(networks(), rules, st.integers(0, 2**32 - 1))
def test_the_fast_epoch_is_the_plain_one(network, given_rules: Rules, seed: int) -> None:
    stake, weights = network
    bonds = np.random.default_rng(seed).random((len(weights), len(weights[0])))
    for before in (None, bonds):
        fast = epoch(stake, weights, before, given_rules)
        plain = plain_epoch(
            stake, weights, None if before is None else before.tolist(), given_rules
        )
        for name in FIELDS:
            assert getattr(fast, name) == pytest.approx(np.array(plain[name]), abs=1e-12), name


@settings(max_examples=100, deadline=None)
@given(
    networks(), st.sampled_from((Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), Fraction(4, 5)))
)
def test_ties_are_those_of_exact_arithmetic(network, kappa: Fraction) -> None:
    """In fractions a tie is a tie: equation (3) by its own words, for each candidate weight."""
    stake, weights = network
    exact = plain_epoch(stake, weights, None, Rules(kappa=float(kappa)), Fraction)
    fast = epoch(stake, weights, None, Rules(kappa=float(kappa)))
    assert fast.consensus == pytest.approx([float(c) for c in exact["consensus"]], abs=1e-14)
    total = sum(stake)
    for j, consensus in enumerate(exact["consensus"]):
        column = [row[j] for row in exact["weights"]]
        enough = [
            w
            for w in column
            if total
            and sum(s for s, x in zip(stake, column, strict=True) if x >= w and s) >= kappa * total
            and any(s for s, x in zip(stake, column, strict=True) if x == w)
        ]
        assert consensus == max(enough, default=0)


@settings(max_examples=60, deadline=None)
@given(networks(), st.sampled_from(((2, 1.0), (2, 0.5), (3, 1.0), (3, 0.0))), st.integers(1, 4))
def test_storage_is_the_chains_fixed_point_to_a_unit(network, kind, epochs: int) -> None:
    """Ties may fall otherwise where a share such as one third has no end in binary: so kappa is not
    at one. Units: the last bits of a quotient can turn one, and an epoch passes it on."""
    stake, weights = network
    given_rules = Rules(version=kind[0], beta=kind[1], kappa=0.47)
    fixed, stored = None, np.zeros((len(weights), len(weights[0])))
    for number in range(epochs):
        turned = np.roll(np.array(weights), number, axis=0).tolist()
        read = fixed
        if fixed is not None and kind[0] == 3:
            read = [[Fraction(b, 65_535) for b in row] for row in fixed]
        exact = plain_epoch(stake, turned, read, given_rules, Fixed.of)
        fixed = stored_u16(exact["bonds"], kind[0])
        found = epoch(stake, turned, as_read(stored, given_rules), given_rules)
        stored = as_stored(found.bonds, given_rules)
        assert np.abs(stored - np.array(fixed)).max() <= 1 + number
        apart = np.abs(found.dividends - [float(d) for d in exact["dividends"]]).max()
        assert number or apart <= 2e-8  # later a unit of a small bond can matter


@settings(max_examples=100, deadline=None)
@given(networks(), st.sampled_from((0.0, 0.25, 0.5, 0.8, 1.0)))
def test_the_median_by_halving(network, kappa: float) -> None:
    """A third way: search for the highest supported score between 0 and 1."""
    stake, weights = network
    held = np.array(stake, dtype=float)
    if not held.any():
        return
    for column in np.array(weights, dtype=float).T:
        low, high = 0.0, 5.0
        if held[column >= high].sum() / held.sum() >= kappa and kappa > 0:
            low = high
        for _ in range(50):
            middle = (low + high) / 2
            supported_by = held[column >= middle].sum() / held.sum()
            low, high = (middle, high) if supported_by >= kappa - 1e-9 else (low, middle)
        if kappa > 0:
            assert weighted_median(stake, column, kappa) == pytest.approx(low, abs=1e-9)
        assert supported(stake, list(column), kappa * sum(stake), 0) == pytest.approx(
            float(weighted_median(stake, column, kappa))
        )


# --- what must not matter


@settings(max_examples=60, deadline=None)
@given(networks(), rules, st.randoms(use_true_random=False))
def test_names_and_units_do_not_matter(network, given_rules: Rules, random) -> None:
    stake, weights = np.array(network[0], dtype=float), np.array(network[1], dtype=float)
    found = run(stake, [weights, weights[::-1]], given_rules)[-1]
    rows, columns = list(range(len(stake))), list(range(weights.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    scale = np.linspace(0.5, 3.0, len(stake))
    again = run(
        70 * stake[rows],
        [
            (scale[:, None] * weights)[rows][:, columns],
            (scale[:, None] * weights[::-1])[rows][:, columns],
        ],
        given_rules,
    )[-1]
    assert again.dividends == pytest.approx(found.dividends[rows], abs=1e-12)
    assert again.incentive == pytest.approx(found.incentive[columns], abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(networks(), rules)
def test_to_split_a_stake_in_two_changes_nothing(network, given_rules: Rules) -> None:
    """One validator or two with half the stake each and the same weights: no gain from sybils."""
    stake, weights = np.array(network[0], dtype=float), np.array(network[1], dtype=float)
    one = run(stake, [weights, weights[::-1]], given_rules)[-1]
    halves = np.concatenate([[stake[0] / 2, stake[0] / 2], stake[1:]])
    twice = np.concatenate([weights[:1], weights])
    turned = np.concatenate([weights[::-1][:1], weights[::-1]])
    two = run(halves, [twice, turned], given_rules)[-1]
    assert two.incentive == pytest.approx(one.incentive, abs=1e-12)
    if given_rules.version == 2 or stake[0] == 0:
        pair = two.dividends[0] + two.dividends[1]
        assert pair == pytest.approx(one.dividends[0], abs=1e-12) or stake[0] == 0
    assert two.dividends.sum() == pytest.approx(one.dividends.sum(), abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(networks(), rules)
def test_shares_are_shares(network, given_rules: Rules) -> None:
    found = run(network[0], [network[1], network[1]], given_rules)[-1]
    assert (found.clipped <= found.consensus + 1e-15).all()
    assert (found.clipped <= found.weights + 1e-15).all()
    for shares in (found.incentive, found.dividends, found.stake):
        assert shares.sum() == pytest.approx(1, abs=1e-12) or not shares.any()
    if any(network[0]):
        paid = found.validator_pay.sum() + found.operator_pay.sum()
        assert paid == pytest.approx(1, abs=1e-12)
    if not found.consensus.any():
        assert found.validator_pay == pytest.approx(found.stake, abs=1e-15)
    assert ((found.operator_trust >= 0) & (found.operator_trust <= 1 + 1e-12)).all()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(any),
    networks(5, 3),
    st.sampled_from((2, 3)),
)
def test_a_minority_cannot_move_the_consensus(agreed, cabal, version: int) -> None:
    """Whatever a minority gives, the consensus is what an agreed majority says; the minority never
    gets more of the validators' pay than its stake."""
    stake = np.array([sum(cabal[0]) + 1, *cabal[0]], dtype=float)
    weights = np.array([agreed, *cabal[1]], dtype=float)
    found = run(stake, [weights] * 3, Rules(version, kappa=0.5))[-1]
    assert found.consensus == pytest.approx(np.array(agreed) / sum(agreed), abs=1e-12)
    assert found.dividends[0] >= found.stake[0] - 1e-12


# --- closed forms


@pytest.mark.parametrize("alpha", [0.1, 0.3])
def test_a_bond_grows_as_the_moving_average_says(alpha: float) -> None:
    """Version 3, after t epochs of a constant weight w: w (1 - (1 - alpha)^t)."""
    found = run([1, 1], [[[3, 1], [1, 1]]] * 6, Rules(3, alpha=alpha, beta=0.0))
    for t, ours in enumerate(found, start=1):
        assert ours.bonds[0, 0] == pytest.approx(0.75 * (1 - (1 - alpha) ** t), rel=1e-12)


def test_a_latecomer_catches_up_as_the_moving_average_says() -> None:
    """Version 2, two equal stakes, one operator; the second validator joins: its share after t
    epochs is (1 - 0.9^t) / 2."""
    alone, both = [[1], [0]], [[1], [1]]
    found = run([1, 1], [alone, *[both] * 8])
    for t, ours in enumerate(found):
        assert ours.dividends[1] == pytest.approx((1 - 0.9**t) / 2, abs=1e-12)


# --- the simulator


def test_the_simulators_case_to_a_millionth() -> None:
    p = SIMULATED["params"]
    found = simulated_run(
        SIMULATED["epochs"][0]["S"],
        [x["W"] for x in SIMULATED["epochs"]],
        Rules(kappa=p["kappa"], alpha=p["alpha"], beta=p["bond_penalty"]),
    )
    for ours, theirs in zip(found, SIMULATED["epochs"], strict=True):
        for name, letter in (
            ("consensus", "C"),
            ("incentive", "I"),
            ("dividends", "D"),
            ("bonds", "B"),
        ):
            assert getattr(ours, name) == pytest.approx(np.array(theirs[letter]), abs=1e-6)


@pytest.mark.parametrize("case", MORE_SIMULATED, ids=lambda case: case["id"])
def test_more_of_the_simulator_to_a_millionth(case: dict) -> None:
    """Both versions, other kappas and penalties, tables with noughts and disagreement."""
    found = simulated_run(
        case["stake"],
        [x["W"] for x in case["epochs"]],
        Rules(case["version"], case["kappa"], case["alpha"], case["beta"]),
    )
    for ours, theirs in zip(found, case["epochs"], strict=True):
        for name, letter in (
            ("consensus", "C"),
            ("incentive", "I"),
            ("dividends", "D"),
            ("bonds", "B"),
        ):
            assert getattr(ours, name) == pytest.approx(np.array(theirs[letter]), abs=1e-6)


def test_the_simulator_and_the_chain_differ_where_it_says() -> None:
    """Its version 2 lets the bonds of a column fade as 0.9^t where nobody renews them; the chain
    makes them sum to 1 again, so whoever comes first to an operator is paid at once."""
    weights = [x["W"] for x in SIMULATED["epochs"]]
    stake = SIMULATED["epochs"][0]["S"]
    theirs = simulated_run(stake, weights, Rules(kappa=0.5))
    ours = run(stake, weights, Rules(kappa=0.5))
    for t, (simulated, chain) in enumerate(zip(theirs, ours, strict=True)):
        assert simulated.bonds[:, 0].sum() == pytest.approx(0.9**t, abs=1e-5)
        assert chain.bonds[:, 0].sum() == pytest.approx(1, abs=1e-12)
        assert simulated.incentive == pytest.approx(chain.incentive, abs=1e-6)
    assert theirs[0].dividends == pytest.approx(ours[0].dividends, abs=1e-5)


# --- speed


@pytest.mark.alone
@pytest.mark.parametrize("given_rules", [Rules(), Rules(3, liquid=Liquid())], ids=["two", "three"])
def test_256_validators_by_4096_operators_take_less_than_a_second(given_rules: Rules) -> None:
    """`make bench` prints by how much, and how long plain loops take."""
    rng = np.random.default_rng(3)
    stake, weights, bonds = rng.random(256), rng.random((256, 4096)), rng.random((256, 4096))
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        epoch(stake, weights, bonds, given_rules)
        best = min(best, time.perf_counter() - began)
    assert best <= 1.0
