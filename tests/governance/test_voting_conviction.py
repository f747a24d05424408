"""Conviction voting: its definition step by step, its documentation's examples, a forum's table."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decentralized_ai.governance.voting_cases import fact
from decentralized_ai.governance.voting_conviction import USUAL, Conviction, recursion

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "voting_cases.json").read_text(encoding="utf-8")
)


@given(st.floats(0.5, 0.999), st.floats(0, 1e6), st.floats(0, 1e6), st.integers(0, 200))
def test_the_recursion_has_the_closed_form_of_the_contract(
    decay: float, stake: float, start: float, steps: int
) -> None:
    """y(t) = a^t y(0) + x (1 - a^t) / (1 - a), as 1Hive's contract states it."""
    grown = decay**steps
    closed = grown * start + stake * (1 - grown) / (1 - decay)
    assert recursion(stake, decay, steps, start) == pytest.approx(closed, rel=1e-9, abs=1e-9)


def test_the_recursion_grows_as_the_half_life_says() -> None:
    law = Conviction(half_life=10.0, limit=0.2, least=0.05, active=0.2)
    decay = 0.5 ** (1 / 10)
    full = 3.0 / (1 - decay)
    for days in (1, 5, 10, 35):
        assert recursion(3.0, decay, days) / full == pytest.approx(law.grown(days), rel=1e-12)


@pytest.mark.parametrize("case", CASES["conviction"], ids=lambda case: case["source"])
def test_the_examples_of_two_documentations(case: dict) -> None:
    law = Conviction(case["half_life"], 0.2, 0.05, 0.2)
    found = case["weight"] * law.grown(case["days"])
    assert found == pytest.approx(case["conviction"], rel=1e-12)


def test_the_threshold_is_the_contracts() -> None:
    """rho S / ((1 - a)(beta - r)^2) in tokens, over S / (1 - a), the most that S can reach; with
    the contract's own test settings."""
    case = CASES["conviction_app"]
    share = case["requested"] / case["funds"]
    gap = case["beta"] - share
    tokens = case["rho"] * case["supply"] / (1 - case["alpha"]) / gap**2
    law = Conviction(1.0, case["beta"], case["rho"] / case["beta"] ** 2, case["min_active"])
    assert law.rho == pytest.approx(case["rho"])
    full = case["supply"] / (1 - case["alpha"])
    assert law.threshold(share) * full == pytest.approx(tokens, rel=1e-12)
    assert law.staked(case["supply"], 100.0, 0.0) == case["min_active"] * case["supply"]
    assert law.staked(case["supply"], 9000.0, 5000.0) == 14_000.0


def test_brightdaos_eight_hours() -> None:
    """70 to 100% of all tokens, for small proposals: ours is 66.4% for the smallest, and 70% for
    one that asks for a thousandth of the pool."""
    case = CASES["brightdao"]
    law = Conviction(case["half_life"], case["limit"], case["least"], 0.2)
    assert (law.half_life, law.limit, law.least) == (USUAL.half_life, USUAL.limit, USUAL.least)
    least = law.threshold(0.0) / law.grown(case["hours"] / 24)
    assert least == pytest.approx(case["low"], abs=0.04)  # off by 3.6 points of 70
    small = law.threshold(0.001) / law.grown(case["hours"] / 24)
    assert small == pytest.approx(case["low"], abs=0.002)
    # Larger ones take all tokens: from this request on.
    gap = math.sqrt(law.rho / law.grown(case["hours"] / 24))
    assert law.threshold(law.limit - gap) / law.grown(case["hours"] / 24) == pytest.approx(1.0)


def test_the_settings_are_those_of_the_file_of_facts() -> None:
    assert USUAL.half_life == fact("bright_half_life")
    assert 100 * USUAL.limit == fact("bright_limit") and 100 * USUAL.least == fact("bright_least")
    assert 100 * USUAL.active == fact("hive_active")


def test_a_request_at_the_limit_never_passes() -> None:
    assert USUAL.threshold(0.04) == math.inf
    assert USUAL.days(1.0, 0.04) == math.inf and USUAL.days(0.0, 0.01) == math.inf


@given(st.floats(0.15, 1.0), st.sampled_from((0.0, 0.001, 0.01, 0.02)))
def test_after_its_days_support_is_enough(share: float, request_: float) -> None:
    days = USUAL.days(share, request_)
    assert share * USUAL.grown(days) == pytest.approx(USUAL.threshold(request_), rel=1e-9)
