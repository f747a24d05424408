"""What capture costs: closed forms, a search that knows nothing of them, and Beanstalk."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.governance.voting import DELEGATES, OTHERS, RULES, TOKENS, Tally, Vote
from decentralized_ai.governance.voting_attacks import (
    ATTACKS,
    FEE,
    after,
    bribed,
    capture,
    convinced,
    cost_of,
    most,
    spend,
    support,
    with_budget,
)
from decentralized_ai.governance.voting_cases import fact

from .test_voting import VOTED, votes


def won(vote: Vote, rule: str, attack: str, amount: float) -> bool:
    if rule == "conviction":
        return convinced(vote, support(vote, attack, amount))
    return vote.passes(after(vote, rule, attack, amount))


def searched(vote: Vote, rule: str, attack: str) -> float | None:
    """The least whole amount, by halving: more never hurts."""
    low, high = -1, int(most(vote, rule, attack))
    if not won(vote, rule, attack, high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if won(vote, rule, attack, middle) else (middle, high)
    return float(high)


@settings(max_examples=150, deadline=None)
@given(votes, st.sampled_from(RULES), st.sampled_from(ATTACKS))
def test_the_closed_forms_against_a_search(vote: Vote, rule: str, attack: str) -> None:
    plan = capture(vote, rule, attack)
    if rule == "delegated" and attack == "bribe":
        return  # its own test, below
    least = searched(vote, rule, attack)
    if least is None:
        assert plan is None
    else:
        assert plan is not None and plan.amount == least
        assert plan.cost == cost_of(vote, rule, attack, least)


@settings(max_examples=60, deadline=None)
@given(votes)
def test_the_cheapest_delegates_against_every_number_of_them(vote: Vote) -> None:
    plan = capture(vote, "delegated", "bribe")
    costs = []
    own = sorted(vote.held[:DELEGATES])
    for count in range(DELEGATES + 1):
        low, high = -1, vote.rest
        if not vote.passes(bribed(vote, count, high)):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            enough = vote.passes(bribed(vote, count, middle))
            low, high = (low, middle) if enough else (middle, high)
        costs.append(vote.ask * (sum(own[:count]) + high))
    assert (plan is None) == (not costs)
    if plan is not None:
        assert plan.cost == pytest.approx(min(costs), rel=1e-12, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(
    votes,
    st.sampled_from(VOTED),
    st.sampled_from(ATTACKS),
    st.sampled_from((0, 100, 10_000, 352_000, 20_000_000)),
)
def test_a_budget_wins_exactly_if_it_covers_the_cost(
    vote: Vote, rule: str, attack: str, budget: int
) -> None:
    plan = capture(vote, rule, attack)
    paid = plan is not None and plan.cost <= budget * (1 + 1e-12)
    assert vote.passes(with_budget(vote, rule, attack, budget)) == paid


@settings(max_examples=60, deadline=None)
@given(votes, st.sampled_from(RULES), st.sampled_from(ATTACKS))
def test_whoever_passes_alone_pays_nothing(vote: Vote, rule: str, attack: str) -> None:
    if won(vote, rule, attack, 0):
        plan = capture(vote, rule, attack)
        assert plan is not None and plan.cost == 0 and plan.amount == 0


@settings(max_examples=60, deadline=None)
@given(votes, st.sampled_from(ATTACKS))
def test_splitting_changes_nothing_where_tokens_count(vote: Vote, attack: str) -> None:
    """Coin voting is proof against Sybils, one account one vote and quadratic voting are not
    (Lenzi 2024)."""
    for rule in ("token", "delegated"):
        assert after(vote, rule, "split", 1000) == vote.alone(rule)
    for rule in ("account", "quadratic"):
        assert capture(vote, rule, "split") is not None or vote.quorum > 0.5 or vote.whale < 0.01
        assert after(vote, rule, "split", 10).share > vote.alone(rule).share


@given(st.floats(0.01, 0.9), st.integers(1, 400))
def test_many_identities_make_quadratic_voting_linear(whale: float, identities: int) -> None:
    """x votes cost x^2 from one identity, x^2 / N from N: with w tokens, sqrt(N w) votes; with as
    many identities as tokens, one vote a token."""
    vote = Vote(whale=whale)
    x = after(vote, "quadratic", "split", identities - 1).yes
    assert x * x / identities == pytest.approx(vote.own, rel=1e-9)
    assert after(vote, "quadratic", "split", vote.own - 1).yes == pytest.approx(vote.own, rel=1e-9)


def test_the_closed_forms_by_hand() -> None:
    """At a turnout of one half, nobody's quorum, a tenth held: B = (t R - w) / (1 + t) tokens."""
    vote = Vote(whale=0.1, turnout=0.5, steep=0.0, ask=0.01, account=10.0)
    plan = capture(vote, "token", "buy")
    assert plan is not None and plan.amount == math.floor((45e6 - 10e6) / 1.5) + 1
    bribe = capture(vote, "token", "bribe")
    assert bribe is not None and bribe.cost == pytest.approx(0.01 * plan.cost)
    loan = capture(vote, "token", "borrow")
    assert loan is not None and loan.amount == 35e6 + 1 and loan.cost == FEE * loan.amount
    split = capture(vote, "account", "split")
    assert split is not None and split.amount == 500 and split.cost == 5000  # 501 against 500
    few = capture(vote, "account", "bribe")  # 1 + m > (1000 - m) / 2
    assert few is not None and few.amount == 333
    assert few.cost == pytest.approx(0.01 * 333 * 90_000)
    roots = capture(vote, "quadratic", "split")  # N > (500 sqrt(90,000))^2 / 10^7 = 2250
    assert roots is not None and roots.amount == 2250


def test_beanstalk() -> None:
    """Borrowed votes over all votes after the loan: reported 79%, and 79.6% by the two counts; the
    least loan for two thirds is twice all votes there were."""
    borrowed, before = fact("beanstalk_borrowed"), fact("beanstalk_before")
    tally = Tally(0.0, borrowed, 0.0, borrowed + before)
    assert 100 * tally.yes / tally.all == pytest.approx(fact("beanstalk_share"), abs=1.0)
    vote = Vote(whale=0.001, turnout=0.001, quorum=2 / 3)
    assert vote.passes(tally)
    plan = capture(vote, "token", "borrow")
    assert plan is not None
    assert (plan.amount + vote.own) / (TOKENS + plan.amount) == pytest.approx(2 / 3, abs=1e-8)
    assert plan.amount == pytest.approx(2 * TOKENS - 3 * vote.own, abs=2)
    # The fee at that rate on what was lent, and what was kept: one in eighty.
    fee = fact("flash_fee") / 10_000 * fact("beanstalk_loan")
    assert fee == pytest.approx(900_000) and fact("beanstalk_kept") / fee > 80


def test_a_wait_makes_a_loan_dearer_than_buying() -> None:
    at_once = capture(Vote(whale=0.01, turnout=0.5), "token", "borrow")
    later = capture(Vote(whale=0.01, turnout=0.5, wait=1.0), "token", "borrow")
    bought = capture(Vote(whale=0.01, turnout=0.5), "token", "buy")
    assert at_once is not None and later is not None and bought is not None
    assert at_once.cost < bought.cost / 100 and later.cost > bought.cost


def test_free_accounts_are_as_many_as_it_takes() -> None:
    vote = Vote(account=0.0, turnout=0.5)
    assert spend(vote, "account", "split", 0) == 500
    assert capture(vote, "account", "split").cost == 0  # type: ignore[union-attr]


def test_bribing_every_account_leaves_nobody_against() -> None:
    vote = Vote(turnout=1.0)
    tally = with_budget(vote, "account", "bribe", 1e12)
    assert tally.against == 0 and tally.yes == OTHERS + 1
