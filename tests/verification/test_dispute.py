"""The referee: whoever is honest never loses, whatever the other does."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from decentralized_ai.verification.dispute import (
    Verdict,
    rounds_needed,
    settle,
    split,
    state_of,
    whole,
)
from decentralized_ai.verification.dispute_costs import forecast, most_rounds
from decentralized_ai.verification.dispute_machines import Training, admitted
from decentralized_ai.verification.dispute_parties import (
    CHEATS,
    Honest,
    Liar,
    bent,
    make_liar,
    run,
)
from decentralized_ai.verification.dispute_transformer import Transformer
from decentralized_ai.verification.wire import digest, encode


@dataclass(frozen=True)
class Toy:
    """Two numbers, mixed anew at each step; inside each step, `within` smaller ones. Unlike the
    training run it forgets nothing, so no lie heals by itself."""

    steps: int
    within: int = 1
    salt: int = 0

    @property
    def program(self) -> bytes:
        return digest("toy", self.salt, self.within)

    def admit(self, index: int, state: Any) -> Any:
        return admitted(state, 2, np.int64, 2**31)

    def step(self, index: int, state: Any) -> Any:
        for _ in range(self.within):
            state = np.array([(state[1] * 48271 + self.salt) % (2**31 - 1), state[0]])
        return state

    def inside(self, index: int) -> Toy | None:
        return Toy(self.within, 1, self.salt) if self.within > 1 else None


START = np.array([17, 4])


def oracle(states: list[Any], truth: list[Any]) -> int | None:
    """The first step after which the two differ, by comparing every state."""
    for index, (a, b) in enumerate(zip(states, truth, strict=False)):
        if not np.array_equal(a, b):
            return index - 1
    return None


def fight(machine: Any, truth: list[Any], liar: Honest, side: str, **more: Any) -> Verdict:
    statement = state_of(machine, truth[0])
    honest = Honest(statement, machine, truth)
    order = {"A": liar, "B": honest} if side == "A" else {"A": honest, "B": liar}
    return settle(statement, machine, order, **more)


def test_every_cheat_at_every_step_loses_and_never_the_honest_party() -> None:
    """All lengths to 22, with and without a second level, every cheat, every step, both sides."""
    disputes = 0
    for steps in range(1, 23):
        for within in (1, 3):
            machine, coarse = Toy(steps, within), Toy(steps, within, salt=5)
            truth = run(machine, START)
            statement = state_of(machine, START)
            for at in range(1, steps + 1):
                for kind in CHEATS:
                    for side in "AB":
                        arity = (2, 3, 4, 8, 16, 40)[disputes % 6]
                        liar = make_liar(kind, statement, machine, coarse, truth, at, disputes)
                        verdict = fight(machine, truth, liar, side, arity=arity)
                        disputes += 1
                        assert set(verdict.guilty) == {side}, (steps, within, at, kind, side)
                        if verdict.at is not None:
                            assert verdict.at[0] == oracle(liar.states, truth)
                            assert verdict.spent.steps <= 1
                        levels = [steps] if within == 1 else [steps, within]
                        assert len(verdict.rounds) <= most_rounds(levels, arity)
    assert disputes >= 10_000


@pytest.mark.parametrize("kind", CHEATS)
@pytest.mark.parametrize("make", [Training, Transformer])
def test_the_two_real_computations(make: Any, kind: str) -> None:
    """Here a lie may heal: then both answers are the same, and there is nothing to dispute."""
    rng = random.Random(kind)
    for steps in (1, 2, 7, 64):
        for seed in range(5):
            machine, coarse = make(steps, seed), make(steps, seed, coarse=True)
            truth = run(machine, machine.start())
            statement = state_of(machine, truth[0])
            at, side = rng.randint(1, steps), rng.choice("AB")
            liar = make_liar(
                kind, statement, machine, coarse, truth, at, rng.randrange(1024), rng.randrange(4)
            )
            verdict = fight(machine, truth, liar, side, arity=rng.choice((2, 4, 16)))
            healed = np.array_equal(liar.states[-1], truth[-1])
            assert set(verdict.guilty) <= {side}
            caught_anyway = kind in ("input", "length", "root")
            assert bool(verdict.guilty) == (not healed or caught_anyway)
            if verdict.at is not None:
                after = verdict.at[0] + 1
                assert np.array_equal(liar.states[after - 1], truth[after - 1])
                assert not np.array_equal(liar.states[after], truth[after])


def test_no_honest_party_is_refused() -> None:
    for seed in range(100):
        for machine in (Training(1 + seed % 9, seed), Transformer(1 + seed, seed)):
            truth = run(machine, machine.start())
            statement = state_of(machine, truth[0])
            both = {name: Honest(statement, machine, truth) for name in "AB"}
            verdict = settle(statement, machine, both)
            assert not verdict.guilty
            assert set(verdict.stands) == {"A", "B"}
            assert verdict.spent.messages == 2


# --- Rounds, bytes, hashes against closed forms ------------------------------------------------


def test_rounds_are_the_ceiling_of_the_logarithm() -> None:
    for steps in range(1, 3000):
        assert rounds_needed(steps) == (steps - 1).bit_length()  # ceil(log2 T), exact
    for arity in (2, 3, 4, 8, 16, 40):
        for power in range(7):
            assert rounds_needed(arity**power, arity) == power
            assert rounds_needed(arity**power + 1, arity) == power + 1


def opml_rounds(steps: int, first: int) -> int:
    """Rounds of the search in opML's contracts/Challenge.sol (getStepNumber, respondState,
    isSearching), in our words: halve until the bounds are neighbours. `first`: the first state on
    which they differ."""
    left, right, rounds = 0, steps, 0
    while left + 1 != right:
        middle = (left + right) // 2
        if middle < first:
            left = middle
        else:
            right = middle
        rounds += 1
    return rounds


def test_rounds_against_opmls_search() -> None:
    for power in range(9):
        steps = 2**power
        machine = Toy(steps)
        truth = run(machine, START)
        for at in range(1, steps + 1, max(1, steps // 32)):
            liar = make_liar("alter", state_of(machine, START), machine, machine, truth, at)
            verdict = fight(machine, truth, liar, "A")
            assert len(verdict.rounds) == opml_rounds(steps, at) == power
            assert verdict.spent.steps == 1


def test_worst_case_rounds_for_any_length_and_arity() -> None:
    for arity in (2, 3, 4, 8, 16, 40):
        for steps in range(1, 200):
            worst = 0
            for step in range(steps):
                low, high, rounds = 0, steps, 0
                while high - low > 1:
                    points = split(low, high, arity)
                    assert 1 <= len(points) <= arity - 1
                    low = max([low, *(p for p in points if p <= step)])
                    high = min([high, *(p for p in points if p > step)])
                    rounds += 1
                assert low == step
                worst = max(worst, rounds)
            assert worst == rounds_needed(steps, arity)


def test_costs_are_those_forecast_to_the_byte() -> None:
    for steps, within, arity in ((1, 1, 2), (5, 1, 2), (64, 1, 4), (33, 7, 2), (100, 40, 16)):
        machine = Toy(steps, within)
        truth = run(machine, START)
        for at in range(1, steps + 1, 3):
            liar = make_liar("alter", state_of(machine, START), machine, machine, truth, at, at)
            verdict = fight(machine, truth, liar, "B", arity=arity)
            assert verdict.at is not None
            sizes = [steps, within][: len(verdict.at)]
            said = forecast(sizes, verdict.at, arity, len(encode(START)))
            spent = verdict.spent
            assert said.rounds == len(verdict.rounds)
            assert (said.messages, said.hashes) == (spent.messages, spent.hashes)
            assert (said.bytes_in, said.bytes_out) == (spent.bytes_in, spent.bytes_out)
            assert said.rounds <= math.ceil(math.log2(steps)) + math.ceil(math.log2(within))


def test_both_lie() -> None:
    """Nobody is believed beyond the step: two liars who agree on a lie are not told apart there."""
    machine = Toy(32)
    truth = run(machine, START)
    statement = state_of(machine, START)
    coarse = Toy(32, salt=9)
    lies = [
        make_liar(kind, statement, machine, coarse, truth, at)
        for kind, at in (("alter", 9), ("cheap", 20))
    ]
    verdict = settle(statement, machine, dict(zip("AB", lies, strict=True)))
    assert verdict.at == (8,)  # A lies first; B's state is still true there
    assert set(verdict.guilty) == {"A"}
    assert set(verdict.stands) == {"B"}  # and B's answer is false: the referee cannot know
    early = [*truth[:5], *(bent(s) for s in truth[5:])]
    late = [*early[:20], *(bent(s) for s in early[20:])]
    both = {"A": Liar(statement, machine, early), "B": Liar(statement, machine, late)}
    assert set(settle(statement, machine, both).guilty) == {"A", "B"}  # step 19 is wrong in both
    two = {
        name: make_liar("silent", statement, machine, coarse, truth, at)
        for name, at in (("A", 9), ("B", 20))
    }
    two["B"].states[-1] = bent(two["B"].states[-1])  # another lie than A's
    assert set(settle(statement, machine, two).guilty) == {"A", "B"}


def test_a_question_binds_every_field() -> None:
    machine = Toy(4, 3)
    level = whole(machine)
    inside = level.inside(2)
    assert inside is not None
    state = np.array([1, 2])
    leaves = {level.leaf(i, state) for i in range(5)} | {inside.leaf(i, state) for i in range(4)}
    assert len(leaves) == 7  # inside(2) shares its ends with states 2 and 3
