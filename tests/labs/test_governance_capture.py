"""Exercises 7 and 8 of the lab "Run the network's politics": what a capture costs and takes, held
against closed forms, and what each rule is good for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.labs.attempt import Wrong
from decentralized_ai.labs.governance import Network, Plan, carry_out, check_7, check_8, report
from decentralized_ai.labs.governance_capture import copying_pays
from decentralized_ai.labs.governance_tune import (
    HINTS,
    jumps,
    paid_when_silent,
    pension,
    plans,
)
from decentralized_ai.labs.governance_world import (
    BOUNDS,
    BUDGET,
    CAPTURED,
    FAKE,
    LENT,
    OPERATORS,
    POOL,
    STAKED,
    SUPPLY,
    affordable,
    awake,
    interest,
    price,
    registering,
)

from .hints import assert_hint

GOOD = Network(kappa=0.5, alpha=0.1, lag=8, quorum=0.36, delay=10, registration=100)


# What things cost


@given(st.floats(0, 15_000))
def test_the_pool_keeps_its_product(tokens: float) -> None:
    """Tokens times coins stay the same, whatever is bought; two purchases cost as much as one."""
    paid = price(tokens)
    assert (POOL - tokens) * (POOL + paid) == pytest.approx(POOL * POOL)
    assert affordable(paid) == pytest.approx(tokens)


@given(st.integers(0, 8), st.floats(0, 1000))
def test_registering_is_a_geometric_sum(operators: int, first: float) -> None:
    one_by_one = sum(first * 2**n for n in range(operators))
    assert registering(operators, first) == pytest.approx(one_by_one)


@given(
    st.integers(0, 9_999),
    st.integers(0, LENT),
    st.integers(0, 8),
    st.integers(0, 30),
    st.floats(0, 1000),
)
@settings(max_examples=30, deadline=None)
def test_a_plan_costs_the_sum_of_its_parts(
    stake: int, borrow: int, operators: int, delay: int, first: float
) -> None:
    network = Network(delay=delay, registration=first, quorum=0.9)  # no proposal passes
    plan = Plan(stake, borrow, {"kappa": 0.1}, operators)
    loan = borrow * (0.0005 if delay == 0 else 0.005 * delay)
    wanted = stake * POOL / (POOL - stake) + loan + first * (2**operators - 1)
    outcome = carry_out(network, plan)
    assert outcome.cost == pytest.approx(wanted) and outcome.passed is False


# What they take


def test_fakes_take_the_share_of_their_quality() -> None:
    """Honest validators pay by quality: n fakes of quality f get n f / (n f + m - n). Their tests
    err by 30%, and what is cut off is not spread quite evenly: to 2 points."""
    for operators in range(OPERATORS + 1):
        fair = operators * FAKE / (operators * FAKE + OPERATORS - operators)
        found = carry_out(GOOD, Plan(operators=operators)).take
        assert found == pytest.approx(fair, abs=0.02)


def test_stake_that_reaches_kappa_takes_its_share_at_least_and_far_less_below() -> None:
    """With kappa k a bought share of k, x = k S / (1 - k) tokens, names its own operator."""
    for kappa in (0.25, 0.3, 0.35):
        network = GOOD.change(kappa=kappa, registration=0)
        tokens = kappa * STAKED / (1 - kappa)
        above = carry_out(network, Plan(stake=tokens + 10))
        below = carry_out(network, Plan(stake=tokens - 10))
        assert not copying_pays(GOOD) and copying_pays(network)  # below the copiers' 40% it does
        assert above.take >= kappa and below.take < above.take / 3
        assert above.cost == pytest.approx(price(tokens + 10))


def test_more_than_half_of_the_stake_takes_nearly_all() -> None:
    """Above 1 - kappa the weights of all others are cut to nothing, but for its own operator's."""
    assert carry_out(GOOD, Plan(stake=STAKED + 1)).take > 0.95
    assert carry_out(GOOD.change(kappa=0.45), Plan(stake=STAKED * 0.6)).take < 0.1


def test_a_kappa_that_is_too_high_lets_a_small_stake_take_all() -> None:
    """It names none of the good operators, so nobody does for the consensus; and its own have what
    little the honest give them. It takes a share 1 - kappa; just below it there is next to none."""
    for kappa in (0.9, 0.8, 0.75):
        tokens = (1 - kappa) * STAKED / kappa
        network = GOOD.change(kappa=kappa)
        assert carry_out(network, Plan(stake=tokens + 10)).take > 0.99
        assert carry_out(network, Plan(stake=tokens - 10)).take < 0.06


@given(st.integers(0, 20), st.floats(0, 0.5), st.integers(0, LENT), st.integers(0, 5000))
@settings(max_examples=40, deadline=None)
def test_a_proposal_passes_with_more_for_it_than_against_and_the_quorum(
    delay: int, quorum: float, borrow: int, stake: int
) -> None:
    network = GOOD.change(delay=delay, quorum=quorum)
    outcome = carry_out(network, Plan(stake, borrow, {"lag": 8}, 0))  # changes nothing
    yes, against = stake + borrow, SUPPLY * (10 + 3 * min(delay, 10)) / 200
    if abs(yes - quorum * SUPPLY) > 1e-6:
        assert outcome.passed is (yes > against and yes > quorum * SUPPLY)


def test_the_cheapest_loan_is_one_more_than_those_who_notice() -> None:
    for borrow, passes in ((1500, False), (1501, True)):
        plan = Plan(borrow=borrow, propose={"registration": 0}, operators=6)
        outcome = carry_out(Network(), plan)
        assert outcome.passed is passes and outcome.captured
        assert (outcome.cost < 1) is passes
    assert awake(0) / 2 == 1500 and interest(1501, 0) == pytest.approx(0.7505)


def test_lazy_validators_copy_where_it_pays() -> None:
    """Above the copiers' own share and up to that of all others it is the lag that decides."""
    for kappa in (0.45, 0.5, 0.6):
        paying = [copying_pays(GOOD.change(kappa=kappa, lag=lag)) for lag in (0, 3, 8, 12)]
        assert paying == [True, True, False, False]
    for kappa in (0.3, 0.4, 0.65):
        assert copying_pays(GOOD.change(kappa=kappa, lag=12))


# What each rule is held by


def test_old_bonds_fade_as_the_moving_average_says() -> None:
    for alpha in (0.02, 0.08, 0.3):
        assert pension(GOOD.change(alpha=alpha)) == pytest.approx((1 - alpha) ** 30, abs=1e-9)


def test_silence_supports_nothing() -> None:
    """A third, 34%, silent: 66% are left to reach kappa."""
    assert paid_when_silent(GOOD.change(kappa=0.66)) == pytest.approx(1)
    assert paid_when_silent(GOOD.change(kappa=0.67)) == 0


def test_pay_jumps_more_the_faster_bonds_move() -> None:
    found = [jumps(GOOD.change(alpha=alpha)) for alpha in (0.1, 0.2, 0.4, 0.8)]
    assert found == sorted(found) and found[-1] > 2 * found[0]


# Each network beside it fails, and this is found.
@pytest.mark.parametrize(
    ("rules", "fails"),
    [
        ({"kappa": 0.25}, "buy stake"),
        ({"kappa": 0.4}, "testing pays"),
        ({"kappa": 0.65}, "testing pays"),
        ({"kappa": 0.75}, "outage"),
        ({"alpha": 0.05}, "rest on old bonds"),
        ({"alpha": 0.6}, "steady pay"),
        ({"lag": 2}, "testing pays"),
        ({"lag": 13}, "good newcomers"),
        ({"quorum": 0.3}, "free entry by loan"),
        ({"quorum": 0.42}, "honest votes"),
        ({"delay": 5}, "honest votes"),
        ({"delay": 15}, "repairs"),
        ({"registration": 70}, "flood"),
        ({"registration": 130}, "entry"),
    ],
)
def test_each_rule_is_held_from_both_sides(rules: dict[str, Any], fails: str) -> None:
    found = report(GOOD.change(**rules))
    bad = [finding.name for finding in (*found.captures, *found.needs) if finding.bad]
    assert fails in bad
    verdict = check_8(GOOD.change(**rules))
    assert_hint(verdict, fails, HINTS[bad[0]])


def test_a_good_network_is_reported_good_and_every_finding_has_a_hint() -> None:
    found = report(GOOD)
    assert found.ok and check_8(GOOD)
    names = [finding.name for finding in (*found.captures, *found.needs)]
    assert sorted(names) == sorted(HINTS)


@given(
    st.floats(0.05, 0.95),
    st.integers(0, 30),
    st.floats(0, 1000),
)
def test_no_capture_of_the_list_costs_more_than_the_budget(
    kappa: float, delay: int, first: float
) -> None:
    network = Network(kappa=kappa, delay=delay, registration=first)
    for name, tries in plans(network).items():
        for plan in tries:
            loan = interest(plan.borrow, delay)
            entry = registering(plan.operators, 0 if name == "free entry by loan" else first)
            assert price(plan.stake) + loan + entry <= BUDGET + 1e-6


# Wrong answers


@pytest.mark.parametrize(
    ("plan", "hint"),
    [
        (None, "A plan is a Plan"),
        (Plan, "A plan is a Plan"),
        (5000, "A plan is a Plan"),
        (Plan(stake=-1), "not negative"),
        (Plan(stake=20_000), "Fewer than 20,000 tokens are to be had"),
        (Plan(stake=float("nan")), "stake is a number of tokens"),
        (Plan(stake=float("inf")), "stake is a number of tokens"),
        (Plan(stake="all"), "stake is a number of tokens"),  # type: ignore[arg-type]
        (Plan(borrow=6001, propose={"lag": 3}), "At most 6,000 tokens"),
        (Plan(borrow=100), "You borrow tokens but propose nothing"),
        (Plan(operators=9), "a whole number from 0 to 8"),
        (Plan(operators=2.0), "a whole number from 0 to 8"),  # type: ignore[arg-type]
        (Plan(bait=1), "True or False"),  # type: ignore[arg-type]
        (Plan(propose="kappa"), "A proposal changes one rule"),  # type: ignore[arg-type]
        (Plan(propose={"kappa": 0.1, "lag": 0}), "A proposal changes one rule"),
        (Plan(propose={"capa": 0.1}), "There is no rule 'capa'"),
        (Plan(propose={"kappa": 10}), "kappa goes from 0.05 to 0.95"),
        (Plan(propose={"lag": 2.5}), "lag is a number (whole epochs)"),
        (Plan(propose={"kappa": float("nan")}), "kappa is a number"),
        (Plan(), "get little"),
        (Plan(stake=3000), "kappa is 0.25: what less than kappa supports is cut off"),
        (Plan(stake=3000, operators=0), "You own no operator"),
        (Plan(borrow=1500, propose={"kappa": 0.1}), "The proposal failed: 1,500 tokens"),
        (Plan(borrow=1501, propose={"registration": 0}), "What does the new rule let you do"),
        (Plan(stake=4000), "Does it take stake to fill the network"),
        (Plan(operators=6), "Who makes the rules?"),
        (Plan(3400, 1501, {"kappa": 0.1}), "Which other rule"),
        (Plan(500, 1501, {"registration": 0}, 7), "Borrow only what the vote needs"),
    ],
)
def test_wrong_or_dear_plans_get_the_next_step(plan: Any, hint: str) -> None:
    assert_hint(check_7(plan), hint)


def test_any_capture_at_par_is_right() -> None:
    for plan in (
        Plan(borrow=1501, propose={"registration": 0}, operators=8),
        Plan(borrow=6000, propose={"registration": 0}, operators=6),
        Plan(stake=5, borrow=1500, propose={"registration": 0.01}, operators=7, bait=True),
    ):
        assert check_7(plan), plan
        assert carry_out(Network(), plan).take >= CAPTURED


@pytest.mark.parametrize(
    ("network", "hint"),
    [
        (None, "Hand over a Network"),
        (Network, "Hand over a Network"),
        (0.5, "Hand over a Network"),
        (Network(kappa=50), "kappa goes from 0.05 to 0.95"),
        (Network(kappa=float("nan")), "kappa is a number"),
        (Network(lag=1.5), "whole epochs"),  # type: ignore[arg-type]
        (Network(delay="long"), "whole days"),  # type: ignore[arg-type]
        (Network(registration=True), "coins"),
        (Network(), "go wrong: buy stake"),
    ],
)
def test_wrong_networks_get_the_next_step(network: Any, hint: str) -> None:
    assert_hint(check_8(network), hint)


def test_rules_that_are_none_are_refused_by_name() -> None:
    with pytest.raises(Wrong, match="There is no rule 'capa'"):
        carry_out(Network(), Plan(propose={"capa": 1}))
    with pytest.raises(Wrong, match=r"quorum goes from 0 to 0\.9"):
        report(Network(quorum=36))
    with pytest.raises(Wrong, match="alpha goes from"):
        Network().change(alpha=2)
    assert set(BOUNDS) == set(vars(Network()))
