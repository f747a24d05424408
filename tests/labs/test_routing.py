"""The routing lab: its solutions pass their own checkers, wrong answers get the right hint."""

from __future__ import annotations

from typing import Any

import pytest

from decentralized_ai.inference.routing import (
    POLICIES,
    Policy,
    make_market,
    make_workload,
    simulate,
)
from decentralized_ai.labs.contest import Wrong, tournament
from decentralized_ai.labs.routing import AGES, check_1, check_2, check_3, check_4

from .hints import assert_hint, solved


def test_solutions_pass_their_checkers() -> None:
    names = solved("routing")
    verdicts = [
        check_1(names["solution_1"]),
        check_2(names["SolutionFewest"], names["solution_2"]),
        check_3(names["SolutionThrifty"]),
        check_4(names["SolutionMine"]),
    ]
    assert [verdict.ok for verdict in verdicts] == [True] * 4, verdicts
    assert all(repr(verdict).startswith("Right. ") for verdict in verdicts)


def test_the_cells_that_wait_for_an_answer_say_what_to_do() -> None:
    names = solved("routing")
    assert_hint(check_1(names["answer_1"]), "answer_1 = 0.8")
    assert_hint(check_2(names["Fewest"], names["answer_2"]), "does not define choose")
    assert_hint(check_3(names["Thrifty"]), "have a queue")
    assert_hint(check_4(names["Mine"]), "rank 2", "send since the last report")


def test_what_the_prose_of_the_lab_says_holds() -> None:
    measure = solved("routing")["measure"]
    for load in (0.3, 0.5, 0.7, 0.9):  # "random routing is the first to break"
        random = measure("random", load)
        assert random > max(measure(p, load) for p in ("least_outstanding", "power_of_two"))
        assert measure("central", load) < random
    # "The nearest operator helps as little as a random one"
    assert measure(solved("routing")["Near"]) > 0.8 * measure("random")
    # "The cheapest operator alone costs even less, but look at its queue"
    assert measure("cheapest", 0.5, what="cost") < 0.85 * measure("random", 0.5, what="cost")
    assert measure("cheapest", 0.5) > 10 * measure("random", 0.5)


class Fewest(Policy):
    """Ties broken at random, unlike the lab's solution."""

    def choose(self, request: Any, view: Any) -> int:
        return min(view.choices, key=lambda j: (view.outstanding[j], view.random()))


class Most(Policy):
    def choose(self, request: Any, view: Any) -> int:
        return max(view.choices, key=lambda j: view.outstanding[j])


class HowMany(Policy):
    """Returns the number of requests instead of the operator's number."""

    def choose(self, request: Any, view: Any) -> int:
        return min(view.outstanding[j] for j in view.choices) + 1000


class AlsoTried(Policy):
    """Forgets view.choices: fails at the first second attempt."""

    def choose(self, request: Any, view: Any) -> int:
        return 0


class Blind(Policy):
    def choose(self, request: Any, view: Any) -> int:
        return view.pick()


class Broken(Policy):
    def choose(self, request: Any, view: Any) -> int:
        return view.queue[0]


class Cheap(Policy):
    def choose(self, request: Any, view: Any) -> int:
        return min(view.choices, key=lambda j: view.price_out[j])


class Twice(POLICIES["power_of_two"]):  # type: ignore[misc, name-defined]
    """Buys speed: a second copy of every request."""

    def hedge(self, request: Any) -> float:
        return 0.05


@pytest.mark.parametrize(
    ("load", "hint"),
    [
        (None, "answer_1 = 0.8"),
        (40, "did you mean 0.4?"),
        (0.8, "try less load"),
        (1.0, "try less load"),
        (0.15, "needs more load"),
        (-1, "from 0.01"),
        (500, "from 0.01"),
        ("half", "one number"),
        ([0.4], "one number"),
        (True, "one number"),
        (float("nan"), "from 0.01"),
    ],
)
def test_wrong_loads_get_the_next_step(load: Any, hint: str) -> None:
    assert_hint(check_1(load), hint)


def test_the_load_that_is_right_is_where_the_p95_doubles() -> None:
    """Measured here again, from the simulator alone and with seeds of this test's own."""
    market = make_market(operators=8, inequality=0.5, failure=0.01, seed=1)

    def p95(load: float) -> float:
        works = [make_workload(market, load, 2000, seed=seed) for seed in range(40, 50)]
        return sum(simulate(w, market, "random", seed=9).summary()["p95"] for w in works) / 10

    accepted = [load / 100 for load in range(20, 80, 2) if check_1(load / 100)]
    assert accepted
    ratios = [p95(load) / p95(0.1) for load in (accepted[0] - 0.08, accepted[-1] + 0.08)]
    assert ratios[0] < 2 < ratios[1]


@pytest.mark.parametrize(
    ("policy", "age", "hint"),
    [
        (None, None, "Write a class first"),
        ("random", 1.0, "built-in"),
        (POLICIES["least_outstanding"], 1.0, "built-in"),
        (Fewest(), 1.0, "without brackets"),
        (lambda request, view: 0, 1.0, "this is a function"),
        (int, 1.0, "extends Policy"),
        (Most, 1.0, "the most instead of the fewest"),
        (Blind, 1.0, "picking the fewest gives about"),
        (HowMany, 1.0, "Return the number of an operator"),
        (AlsoTried, 1.0, "those already tried are not in it"),
        (Broken, 1.0, "AttributeError"),
        (Fewest, None, "second half"),
        (Fewest, 3.0, "one of 0, 0.1"),
        (Fewest, "old", "one of 0, 0.1"),
        (Fewest, [1.0], "one of 0, 0.1"),
        (Fewest, 0.0, "look at older"),
        (Fewest, 0.1, "look at older"),
        (Fewest, 5.0, "look at fresher"),
        (Fewest, 10.0, "look at fresher"),
    ],
)
def test_wrong_policies_and_ages_get_the_next_step(policy: Any, age: Any, hint: str) -> None:
    assert_hint(check_2(policy, age), hint)


def test_one_or_two_neighbouring_ages_are_right() -> None:
    """Two where power of two and the fewest are within 5% of each other at the smaller one."""
    right = [i for i, age in enumerate(AGES) if check_2(Fewest, age)]
    assert right and right == list(range(right[0], right[-1] + 1)) and len(right) <= 2


@pytest.mark.parametrize(
    ("policy", "hint"),
    [
        (None, "Write a class first"),
        (Cheap, "cheap operators have a queue"),
        (Fewest, "let a price weigh more"),
        (Blind, "Both are too high"),
        (Broken, "Broken.choose raised AttributeError"),
        (POLICIES["cheapest"], "built-in"),
    ],
)
def test_policies_beyond_budget_or_goal_get_the_next_step(policy: Any, hint: str) -> None:
    assert_hint(check_3(policy), hint)


@pytest.mark.parametrize(
    ("policy", "hint"),
    [
        (None, "Write a class first"),
        (Twice, "A second copy of a request is paid for too"),
        (Cheap, "power of two"),
        (Blind, "power of two"),
        (AlsoTried, "those already tried"),
    ],
)
def test_policies_that_do_not_win_get_the_next_step(policy: Any, hint: str) -> None:
    assert_hint(check_4(policy), hint)


def test_a_tournament_ranks_by_p95_and_leaves_out_who_buys_speed() -> None:
    standings = tournament({"twice": Twice, "blind": Blind}, seeds=range(1, 4))
    assert {row.name for row in standings.rows} == {*POLICIES, "twice", "blind"}
    ranked = [row for row in standings.rows if row.rank is not None]
    assert [row.rank for row in ranked] == list(range(1, len(ranked) + 1))
    assert [row.p95 for row in ranked] == sorted(row.p95 for row in ranked)
    assert all(row.dollars <= standings.dearest for row in ranked)
    by_name = {row.name: row for row in standings.rows}
    assert by_name["twice"].rank is None and by_name["twice"].dollars > standings.dearest
    # The same rule under another name does the same, to the last bit: runs are fair and seeded.
    assert by_name["blind"].p95 == by_name["random"].p95
    assert repr(standings).splitlines()[1].split()[:2] == ["1", ranked[0].name]


def test_a_tournament_says_what_is_wrong_with_a_policy() -> None:
    with pytest.raises(Wrong, match="does not define choose"):
        tournament({"empty": Policy}, seeds=[1])
