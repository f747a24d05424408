"""Who passes a proposal alone: closed forms, real votes, and laws."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.governance.voting import (
    OTHERS,
    RULES,
    TOKENS,
    Tally,
    Vote,
    exceeds,
    others,
    reaches,
)
from decentralized_ai.governance.voting_cases import fact

VOTED = [rule for rule in RULES if rule != "conviction"]

votes = st.builds(
    Vote,
    whale=st.sampled_from((0.001, 0.01, 0.1, 0.2, 0.4, 0.5, 0.7)),
    steep=st.sampled_from((0.0, 0.5, 1.0, 1.5)),
    turnout=st.sampled_from((0.001, 0.05, 0.25, 0.5, 1.0)),
    majority=st.sampled_from((50, 60, 67, 75)),
    quorum=st.sampled_from((0.0, 0.04, 0.2, 0.5, 2 / 3)),
    delegated=st.sampled_from((0.0, 0.3, 1.0)),
    wait=st.sampled_from((0.0, 1 / 3, 2.0, 30.0)),
    request=st.sampled_from((0.001, 0.02, 0.035, 0.04)),
    account=st.sampled_from((0.0, 0.1, 10.0, 10_000.0)),
    ask=st.sampled_from((0.001, 0.01, 0.1)),
)


# --- holdings


@pytest.mark.parametrize("steep", [0.0, 0.5, 1.0, 1.5])
def test_holdings_follow_the_power_law_to_a_token(steep: float) -> None:
    held = others(90_000_000, steep)
    assert sum(held) == 90_000_000 and list(held) == sorted(held, reverse=True)
    whole = math.fsum(i**-steep for i in range(1, OTHERS + 1))
    for i, tokens in enumerate(held, 1):
        assert abs(tokens - 90_000_000 * i**-steep / whole) <= 1 + 1e-6


def test_zipf_by_the_harmonic_number() -> None:
    """H(1000) = ln 1000 + 0.5772156649 + 1 / 2000 - 1 / (12 * 10^6): the largest has 13.4%."""
    harmonic = math.log(1000) + 0.5772156649015329 + 1 / 2000 - 1 / 12e6
    assert others(TOKENS, 1.0)[0] == pytest.approx(TOKENS / harmonic, abs=1)


# --- who passes it alone


@given(st.integers(1, 99), st.integers(1, 100), st.sampled_from((50, 60, 67, 75)))
def test_one_token_one_vote_against_its_closed_form(w: int, t: int, majority: int) -> None:
    """w > k t / (1 + k t), in exact fractions; the tie does not pass."""
    vote = Vote(whale=w / 100, turnout=t / 100, majority=majority)
    k = {50: Fraction(1), 60: Fraction(3, 2), 67: Fraction(2), 75: Fraction(3)}[majority]
    kt = k * Fraction(t, 100)
    assert vote.passes(vote.alone("token")) == (Fraction(w, 100) > kt / (1 + kt))


@given(st.integers(1, 100))
def test_equal_holders_under_quadratic_voting(t: int) -> None:
    """n equal others with h each: it takes sqrt(w) > t n sqrt(h), so w > t^2 n (1 - w)."""
    for w in (0.5, 0.7, 0.9):
        vote = Vote(whale=w, steep=0.0, turnout=t / 100)
        exact = Fraction(w).limit_denominator(10) > Fraction(t, 100) ** 2 * OTHERS * (
            1 - Fraction(w).limit_denominator(10)
        )
        assert vote.passes(vote.alone("quadratic")) == exact


def test_compounds_proposal_289() -> None:
    """Published: 682,191 to 633,636 of ten million: passed, by 51.8 to 48.2%."""
    for_, against = fact("compound_for"), fact("compound_against")
    tally = Tally(for_, 0.0, against, 10_000_000)
    assert tally.share == pytest.approx(0.518, abs=5e-4)
    vote = Vote(quorum=0.04)
    assert vote.passes(tally) and fact("compound_quorum") == 0.04 * tally.all
    assert not vote.passes(Tally(for_, 0.0, for_, 10_000_000))  # more than half, not half


def test_solends_wallet_makes_the_quorum() -> None:
    wallet, cast = fact("solend_wallet"), fact("solend_votes")
    tally = Tally(wallet, 0.0, cast - wallet, 100_000_000)
    assert tally.share == pytest.approx(0.865, abs=5e-4)
    assert Vote(quorum=fact("solend_quorum") / 100).passes(tally)


# --- laws


@settings(max_examples=100, deadline=None)
@given(votes, st.sampled_from(VOTED))
def test_a_share_is_a_share_and_passing_is_reaching_what_is_needed(vote: Vote, rule: str) -> None:
    tally = vote.alone(rule)
    assert 0 < tally.share < 1
    if abs(tally.share - vote.needed(tally)) > 1e-9:
        assert vote.passes(tally) == (tally.share > vote.needed(tally))


@settings(max_examples=60, deadline=None)
@given(votes)
def test_nothing_delegated_is_one_token_one_vote(vote: Vote) -> None:
    plain = Vote(vote.whale, vote.steep, vote.turnout, delegated=0.0)
    assert plain.alone("delegated") == plain.alone("token")


@settings(max_examples=60, deadline=None)
@given(votes)
def test_with_equal_holders_quadratic_lies_between_accounts_and_tokens(vote: Vote) -> None:
    equal = Vote(max(vote.whale, 0.01), 0.0, vote.turnout)
    shares = [equal.alone(rule).share for rule in ("account", "quadratic", "token")]
    assert shares == sorted(shares)


def test_ties() -> None:
    assert not exceeds(1.0, 1.0 - 1e-14) and reaches(1.0, 1.0 + 1e-14)
    assert exceeds(1.0, 1.0 - 1e-9) and not reaches(1.0, 1.0 + 1e-9)


@pytest.mark.parametrize(
    "wrong", [{"whale": 1.0}, {"turnout": 1.5}, {"majority": 51}, {"quorum": 1.0}, {"wait": -1.0}]
)
def test_what_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r"must be|between|unknown"):
        Vote(**wrong)


def test_a_slope_that_rounds_differently_is_refused() -> None:
    with pytest.raises(ValueError, match="steep must be"):
        others(1000, 0.7)
