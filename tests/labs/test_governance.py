"""The lab "Run the network's politics": its solutions pass their own checkers, and what its prose
says holds. Wrong answers stand in the other test_governance_*.py."""

from __future__ import annotations

import re

import numpy as np
import pytest

from decentralized_ai.governance.yuma import Rules, epoch
from decentralized_ai.labs.governance import (
    Network,
    Plan,
    Setting,
    carry_out,
    check_1,
    check_2,
    check_3,
    check_4,
    check_5,
    check_6,
    check_7,
    check_8,
    report,
    tournament,
)
from decentralized_ai.labs.governance_contest import meet
from decentralized_ai.labs.governance_game import qualities

from .hints import assert_hint, solved


def test_solutions_pass_their_checkers() -> None:
    names = solved("governance")
    verdicts = [
        check_1(names["solution_1"]),
        check_2(names["SolutionCopier"], names["solution_2"]),
        check_3(names["SolutionPlayer"]),
        check_4(names["solution_4"], names["solution_leak"]),
        check_5(names["solution_5"]),
        check_6(names["solution_6"]),
        check_7(names["solution_7"]),
        check_8(names["solution_8"]),
    ]
    assert [verdict.ok for verdict in verdicts] == [True] * 8, verdicts
    assert all(repr(verdict).startswith("Right. ") for verdict in verdicts)
    assert max(len(line) for v in verdicts for line in repr(v).splitlines()) <= 72


def test_the_cells_that_wait_for_an_answer_say_what_to_do() -> None:
    names = solved("governance")
    assert_hint(check_1(names["consensus"]), "the plain mean")
    assert_hint(check_2(names["Mine"], names["answer_2"]), "Which consensus can you see?")
    assert_hint(check_3(names["Player"]), "You test in every epoch")
    assert_hint(check_4(names["effort"], names["leak_4"]), "Less of it should be real")
    assert_hint(check_5(names["loan"]), "It needs more for it than against it")
    assert_hint(check_6(names["bribe"]), "all sets can be tried")
    assert_hint(check_7(names["plan_7"]), "Most of it is stake")
    assert_hint(check_8(names["network_8"]), "What share of the stake")


def test_what_the_first_part_of_the_prose_says_holds() -> None:
    names = solved("governance")
    # "With kappa at 0.5 that is nothing", "with kappa at 0.3 they are", at 0.65 "nobody is paid"
    at = {
        k: epoch(names["stake"], names["weights"], rules=Rules(kappa=k)) for k in (0.5, 0.3, 0.65)
    }
    assert at[0.5].incentive[2] == 0 and at[0.5].dividends[3] == 0
    assert at[0.3].incentive[2] > 0.4
    assert not at[0.65].incentive.any() and not at[0.65].dividends.any()
    # "an operator changes about once in 25 epochs"; "few are very good"
    assert Setting().change == 1 / 25
    drawn = np.concatenate([qualities(Setting(), seed).ravel() for seed in range(40)])
    assert drawn.min() >= 0.05 and drawn.max() <= 2
    assert np.mean(drawn > 1.5) < 0.2 and np.mean(drawn < 0.5) > 0.4
    # "That an honest one earns less than a copier is no accident of this game"
    (copier, _), (honest, _) = meet(names["SolutionCopier"], names["Honest"], Setting(), [1, 2, 3])
    assert copier > honest


def test_what_the_second_part_of_the_prose_says_holds() -> None:
    names = solved("governance")
    network = Network()
    # "60%, test", "Two are lazy": exercise 8's "above the 40% of the copiers"
    from decentralized_ai.labs import governance_world as world

    assert sum(world.TESTING) == 6000 and sum(world.LAZY) == 4000 and world.STAKED == 10_000
    assert world.price(1000) == pytest.approx(20_000 * 1000 / 19_000)
    assert [world.awake(days) / world.SUPPLY for days in (0, 1, 10, 20)] == [0.1, 0.13, 0.4, 0.4]
    # "half of what the stake is worth at the pool's first price", a coin a token
    assert world.price(1e-6) == pytest.approx(1e-6, rel=1e-6)
    assert pytest.approx(world.STAKED / 2) == world.BUDGET
    # "less than a coin"
    assert carry_out(network, names["solution_7"]).cost < 1
    # "63 of it cost more than the budget; 50 epochs of 2.5 coins earn it back"
    entry = names["solution_8"].registration
    assert world.registering(6, 1) == 63 and 63 * entry > world.BUDGET
    assert world.OPERATORS_PAY / world.OPERATORS == 2.5 and entry <= 50 * 2.5
    # "There are several ways": by stake, by many operators, by a loan
    assert carry_out(network, Plan(stake=4000)).captured
    assert carry_out(network, Plan(operators=6)).captured
    # The network set in a hurry falls to every capture of the list.
    assert all(finding.bad for finding in report(network).captures)


def test_the_last_question_has_the_answer_that_it_hints_at() -> None:
    """With copiers above half of the stake no kappa is both above them and reached by the rest."""
    copiers, rest = 0.55, 0.45
    assert not [kappa for kappa in np.linspace(0, 1, 101) if copiers < kappa <= rest]


def test_tables_fit_the_column_of_a_page() -> None:
    names = solved("governance")
    shown = [
        tournament({"Mine": names["Player"]}, seeds=[1]),
        Network(),
        report(Network()),
        report(names["solution_8"]),
        carry_out(Network(), Plan(6000, 1501, {"registration": 0}, 6)),
        carry_out(Network(kappa=0.9), Plan(6000)),
    ]
    for table in shown:
        assert max(map(len, repr(table).splitlines())) <= 72, table
        assert not re.search(r"\bnan\b|\binf\b", repr(table))


def test_the_two_cliffs_of_the_picture_stand_at_kappa_and_at_one_minus_kappa() -> None:
    """At kappa what the attacker says begins to count; at one minus kappa what all others say no
    longer does. So at a kappa of 0.9 "a tenth of the stake is enough to take everything"."""
    for kappa, cliff, least in ((0.25, 0.25, 0.25), (0.5, 0.5, 0.99), (0.9, 0.1, 0.99)):
        network = Network(kappa=kappa, alpha=0.1, lag=12)
        below, above = (
            carry_out(network, Plan(stake=10_000 * share / (1 - share))).take
            for share in (cliff - 0.01, cliff + 0.01)
        )
        assert below < 0.1 and above > least
