"""Rules, duals and outcomes: single holders one by one, closed forms, published voting rules."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.governance.control import (
    ANYONE,
    NOBODY,
    Rule,
    both,
    parsed,
    rule_of,
    suffice,
)

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "control_cases.json").read_text(encoding="utf-8")
)
SEATS = {"a": 3, "b": 2, "c": 4}
HOLDERS = [(group, seat) for group, n in SEATS.items() for seat in range(n)]

ways = st.fixed_dictionaries(
    {}, optional={group: st.integers(0, n + 1) for group, n in SEATS.items()}
)
rules = st.lists(ways, max_size=4)
counts = st.fixed_dictionaries({group: st.integers(0, n) for group, n in SEATS.items()})


def says(written: list[dict[str, int]], have: dict[str, int]) -> bool:
    """The definition, on what was written down."""
    return any(all(have.get(g, 0) >= n for g, n in way.items()) for way in written)


def sets() -> list[frozenset]:
    """Every set of single holders."""
    return [
        frozenset(h for h, there in zip(HOLDERS, bits, strict=True) if there)
        for bits in itertools.product((0, 1), repeat=len(HOLDERS))
    ]


def tally(holders: frozenset) -> dict[str, int]:
    return {group: sum(g == group for g, _ in holders) for group in SEATS}


# --- laws


@settings(max_examples=300, deadline=None)
@given(rules, counts)
def test_a_rule_says_what_was_written(written: list, have: dict) -> None:
    assert rule_of(written).allows(have) == says(written, have)


@settings(max_examples=200, deadline=None)
@given(rules, counts, counts)
def test_whoever_joins_takes_nothing_away(written: list, have: dict, more: dict) -> None:
    larger = {group: max(have[group], more[group]) for group in SEATS}
    assert rule_of(written).allows(larger) or not rule_of(written).allows(have)


@settings(max_examples=300, deadline=None)
@given(rules, counts)
def test_to_block_is_to_leave_too_few(written: list, have: dict) -> None:
    rest = {group: SEATS[group] - have[group] for group in SEATS}
    assert rule_of(written).dual(SEATS).allows(have) == (not says(written, rest))


@settings(max_examples=200, deadline=None)
@given(rules)
def test_the_dual_of_the_dual_is_the_rule(written: list) -> None:
    possible = [way for way in written if all(n <= SEATS[g] for g, n in way.items())]
    assert rule_of(written).dual(SEATS).dual(SEATS) == rule_of(possible)


@settings(max_examples=200, deadline=None)
@given(rules)
def test_each_coalition_that_suffices_meets_each_that_blocks(written: list) -> None:
    """Else the one could act while the other has blocked it."""
    rule = rule_of(written)
    for way, other in itertools.product(rule.ways, rule.dual(SEATS).ways):
        needs, blocks = dict(way), dict(other)
        if all(n <= SEATS[g] for g, n in way):
            assert any(needs.get(g, 0) + blocks.get(g, 0) > SEATS[g] for g in SEATS)


@settings(max_examples=60, deadline=None)
@given(st.lists(rules, min_size=1, max_size=3), counts)
def test_both_is_all_at_once(several: list, have: dict) -> None:
    found = both([rule_of(written) for written in several]).allows(have)
    assert found == all(says(written, have) for written in several)


@settings(max_examples=40, deadline=None)
@given(rules)
def test_single_holders_one_by_one(written: list) -> None:
    """All 512 sets: how many suffice, the smallest one, the smallest that blocks."""
    rule, every = rule_of(written), sets()
    winning = [s for s in every if says(written, tally(s))]
    blocking = [s for s in every if not says(written, tally(frozenset(HOLDERS) - s))]
    assert suffice(rule, SEATS) == len(winning)
    within = rule_of(way for way in written if all(n <= SEATS[g] for g, n in way.items()))
    assert within.least() == min(map(len, winning), default=None)
    assert rule.dual(SEATS).least() == min(map(len, blocking), default=None)
    assert suffice(rule.dual(SEATS), SEATS) == len(blocking)
    # Of a set and what it leaves out, exactly one thing is true.
    assert len(winning) + len(blocking) == len(every)


@pytest.mark.parametrize("n", [1, 2, 6, 9, 20])
def test_k_of_n(n: int) -> None:
    for k in range(1, n + 1):
        rule = rule_of([{"x": k}])
        assert rule.dual({"x": n}) == rule_of([{"x": n - k + 1}])
        assert suffice(rule, {"x": n}) == sum(math.comb(n, i) for i in range(k, n + 1))


def test_nobody_and_anyone_are_each_others_dual() -> None:
    assert ANYONE.dual(SEATS) == NOBODY
    assert NOBODY.dual(SEATS) == ANYONE
    assert ANYONE.least() == 0
    assert NOBODY.least() is None


def test_rules_are_read_and_said() -> None:
    rule = parsed("a 2 + b 1 or c 4")
    assert rule == rule_of([{"a": 2, "b": 1}, {"c": 4}])
    assert rule.words({"a": "keys", "b": "cloud", "c": "votes"}) == "2 keys + 1 cloud or 4 votes"
    assert (parsed("anyone"), parsed("nobody")) == (ANYONE, NOBODY)
    assert rule.groups() == ("a", "b", "c")
    # Two ways of which one holds the other are one way.
    assert parsed("a 2 or a 2 + b 1") == parsed("a 2")


# --- what others published


def test_the_security_council_is_the_weighted_game_that_it_is_said_to_be() -> None:
    case = CASES["security_council"]
    rule: Rule = parsed(case["rule"])
    groups, weight = case["groups"], case["weights"]
    winning = 0
    for have in itertools.product(*(range(n + 1) for n in groups.values())):
        tallied = dict(zip(groups, have, strict=True))
        votes = sum(weight[g] * n for g, n in tallied.items())
        assert rule.allows(tallied) == (votes >= case["quota"])
        ways_ = math.prod(math.comb(groups[g], n) for g, n in tallied.items())
        winning += ways_ * (votes >= case["quota"])
    assert suffice(rule, groups) == winning
    # One permanent member blocks, or seven elected ones.
    assert rule.dual(groups) == rule_of([{"permanent": 1}, {"elected": 7}])


def test_a_member_without_a_veto_turns_4_orders_in_2145() -> None:
    """Shapley and Shubik's index by its definition: orders of all members in which this one makes
    a coalition that suffices out of one that did not."""
    case = CASES["security_council"]
    rule, groups = parsed(case["rule"]), case["groups"]
    others, total = {**groups, "elected": groups["elected"] - 1}, sum(groups.values())
    share = Fraction(0)
    for have in itertools.product(*(range(n + 1) for n in others.values())):
        before = dict(zip(others, have, strict=True))
        after = {**before, "elected": before["elected"] + 1}
        if rule.allows(after) and not rule.allows(before):
            size = sum(have)
            sets_ = math.prod(math.comb(others[g], n) for g, n in before.items())
            orders = math.factorial(size) * math.factorial(total - size - 1)
            share += Fraction(sets_ * orders, math.factorial(total))
    assert share == Fraction(*case["pivot_without_veto"])


def test_four_witnesses_blocked_the_fork() -> None:
    case = CASES["steem"]
    assert parsed(case["rule"]).dual(case["groups"]).least() == case["blocking"]


def test_four_of_six_signers_may_lose_two() -> None:
    case = CASES["tornado_treasury"]
    assert parsed(case["rule"]).dual(case["groups"]).least() == case["may_be_lost"] + 1
