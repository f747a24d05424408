"""Exercise 7 of the lab "Prove it": lazy referees get the right hint."""

from __future__ import annotations

import math
from typing import Any

import pytest

from decentralized_ai.labs.verification import check_7
from decentralized_ai.labs.verification_dispute import Job, Party, fewest, run_job
from decentralized_ai.verification.merkle import verify_opening
from decentralized_ai.verification.refusal import Refused

from .hints import assert_hint, broken


def referee(
    opening: bool = True,
    index: bool = True,
    rerun: bool = True,
    halve: bool = True,
    remember: bool = True,
    off: int = 0,
    both: bool = True,
) -> Any:
    """A referee with a mistake."""

    def shown(party: Any, i: int) -> Any:
        found = party.open(i)
        state = verify_opening(party.commitment, found) if opening else found.leaf
        if index and found.index != i:
            raise Refused
        return state

    def judge(job: Any, one: Any, two: Any) -> Any:
        parties, claims, guilty = (one, two), {}, set()

        def ask(i: int) -> dict[str, Any]:
            states = {}
            for party in parties:
                try:
                    states[party.name] = shown(party, i)
                except Refused:
                    guilty.add(party.name)
            return states

        claims = ask(job.steps)
        if guilty or len(set(claims.values())) == 1:
            return guilty
        low, high, agreed = 0, job.steps, job.start
        while high - low > 1:
            middle = (low + high) // 2 if halve else low + 1
            states = ask(middle)
            if guilty:
                return guilty
            if len(set(states.values())) == 1:
                low, agreed = middle, states[one.name]
            else:
                high, claims = middle, states
        if not remember:
            claims = ask(high)
        if not rerun:
            return {two.name}
        true = job.step(low + off, agreed)
        wrong = {name for name, claim in claims.items() if claim != true}
        return wrong if both else {min(wrong)}

    return judge


def runs_all(job: Any, one: Any, two: Any) -> set[str]:
    state = job.start
    for i in range(job.steps):
        state = job.step(i, state)
    parties = (one, two)
    return {p.name for p in parties if verify_opening(p.commitment, p.open(job.steps)) != state}


@pytest.mark.parametrize(
    ("judge", "hint"),
    [
        (None, "without brackets"),
        (lambda job: set(), "with (job, one, two)"),
        (lambda job, one, two: set(), "You open no state at all"),
        (lambda job, one, two: {two.name}, "Both parties did all steps right"),
        (lambda job, one, two: "Bob", "a set of names"),
        (lambda job, one, two: None, "a set of names"),
        (lambda job, one, two: {two}, "names of parties"),
        (lambda job, one, two: [[1]], "names of parties"),
        (referee(rerun=False), "You run no step yourself"),
        (referee(off=1), "Find neighbours"),
        (referee(halve=False), "Ask in the middle"),
        (referee(remember=False), "remember what you saw"),
        (runs_all, "one step is enough"),
        (referee(both=False), "Compare each party's state"),
        (referee(opening=False), "do not belong to its commitment"),
        (referee(index=False), "opening.index"),
        (referee(opening=False, index=False), "do not belong to its commitment"),
        (broken, "raised IndexError"),
    ],
)
def test_lazy_referees_get_the_next_step(judge: Any, hint: str) -> None:
    assert_hint(check_7(judge), hint)


def test_a_referee_that_crashes_on_silence_is_told_so() -> None:
    def judge(job: Any, one: Any, two: Any) -> Any:
        class Plain:
            def __init__(self, party: Any):
                self.name, self.commitment, self._party = party.name, party.commitment, party

            def open(self, i: int) -> Any:
                found = self._party.open(i)
                assert found.index >= 0  # None has none
                return found

        return referee()(job, Plain(one), Plain(two))

    assert_hint(check_7(judge), "stops answering", "AttributeError")


def test_the_right_referee_passes_and_asks_as_little_as_can_be() -> None:
    assert check_7(referee())
    for steps in (1, 2, 3, 5, 8, 100):
        job = Job(steps)
        ann, bob = Party("Ann", run_job(job)), Party("Bob", run_job(job, lie=steps - 1))
        assert referee()(job, ann, bob) == {"Bob"}
        assert ann.asked + bob.asked <= fewest(steps) == 2 + 2 * math.ceil(math.log2(steps))
        assert job.ran == 1
