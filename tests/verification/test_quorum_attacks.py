"""Each known attack, once with the protection left out, where it works, and once with it."""

import dataclasses

import numpy as np
import pytest

from decentralized_ai.verification.quorum import (
    Commit,
    NoQuorum,
    Opening,
    Statement,
    Transcript,
    commit,
    commitment_value,
    decide,
    decide_in_turn,
)
from decentralized_ai.verification.quorum_attacks import (
    copy_answer,
    copy_commitment,
    copy_opening,
    fresh,
    guess,
    replay,
    sybils,
    without_nonce,
    without_operator,
    without_statement,
)

from .test_quorum import ANSWER, OTHER, ask

RUNS = 200


def sent(statement: Statement, me: bytes, nonce: bytes, answer: bytes, rule: Commit):
    """What an operator sends where commitments are made by `rule`."""
    sealed, opening = commit(statement, me, nonce, answer)
    return dataclasses.replace(sealed, value=rule(statement.digest, me, nonce, answer)), opening


@pytest.mark.parametrize("seed", range(5))
def test_copying_an_answer_works_in_turn(seed: int) -> None:
    """One operator is wrong, two copy it: the client believes three votes that are one."""
    rng = np.random.default_rng(seed)
    for _ in range(RUNS // 5):
        statement = ask(rng, 5, 3)
        a, b, c, d, e = statement.operators
        wrong = Opening(statement.request, a, b"", OTHER)
        honest = tuple(Opening(statement.request, me, b"", ANSWER) for me in (d, e))
        told = (wrong, copy_answer(wrong, b), copy_answer(wrong, c), *honest)
        decision = decide_in_turn(statement, told)
        assert decision.answer == OTHER and decision.faults == ()


def copied(rng: np.random.Generator, rule: Commit) -> tuple[Statement, Transcript]:
    """Of five, one commits to a wrong answer, and two copy its commitment and its opening."""
    statement = ask(rng, 5, 3)
    a, b, c, d, e = statement.operators
    sealed, opening = sent(statement, a, fresh(rng), OTHER, rule)
    honest = [sent(statement, me, fresh(rng), ANSWER, rule) for me in (d, e)]
    before = (sealed, copy_commitment(sealed, b), copy_commitment(sealed, c))
    after = (opening, copy_opening(opening, b), copy_opening(opening, c))
    return statement, Transcript(
        (*before, *(s for s, _ in honest)), (*after, *(o for _, o in honest))
    )


def test_copying_a_commitment_works_when_it_does_not_say_whose_it_is() -> None:
    rng = np.random.default_rng(1)
    for _ in range(RUNS):
        statement, transcript = copied(rng, without_operator)
        decision = decide(statement, transcript, without_operator)
        assert decision.answer == OTHER and len(decision.agreed) == 3


def test_copying_a_commitment_is_refused_when_it_does() -> None:
    rng = np.random.default_rng(1)
    for _ in range(RUNS):
        statement, transcript = copied(rng, commitment_value)
        with pytest.raises(NoQuorum) as caught:
            decide(statement, transcript)
        assert [(who, str(why)) for who, why in caught.value.faults] == [
            (copier, "the opening does not fit the commitment")
            for copier in statement.operators[1:3]
        ]


def test_waiting_for_an_opening_works_without_a_deadline_and_is_refused_with_it() -> None:
    """A copier reads an opening, and then commits to the same answer by the book."""
    rng = np.random.default_rng(7)
    for _ in range(RUNS):
        statement = ask(rng, 2, 2)
        first, copier = statement.operators
        sealed, opening = commit(statement, first, fresh(rng), OTHER)
        late, reopened = commit(statement, copier, fresh(rng), opening.answer)
        # No deadline: the client takes commitments as they come, also after an opening.
        lax = Transcript((sealed, late), (opening, reopened))
        assert decide(statement, lax).agreed == (first, copier)
        with pytest.raises(NoQuorum) as caught:
            decide(statement, Transcript((sealed,), (opening, late, reopened)))
        assert dict(caught.value.faults)[copier].args == ("committed after the deadline",)


LABELS = (b"yes", b"no", b"no answer")


def test_a_short_answer_can_be_guessed_from_a_commitment_without_a_nonce() -> None:
    """And then committed to in the copier's own name: the id in the hash does not help."""
    rng = np.random.default_rng(2)
    for _ in range(RUNS):
        statement = ask(rng, 2, 2)
        victim, copier = statement.operators
        label = LABELS[rng.integers(3)]
        seen, opening = sent(statement, victim, b"\0" * 32, label, without_nonce)
        found = guess(statement, seen, LABELS, without_nonce)
        assert found == label
        mine, my_opening = sent(statement, copier, b"\0" * 32, found, without_nonce)
        transcript = Transcript((seen, mine), (opening, my_opening))
        assert len(decide(statement, transcript, without_nonce).agreed) == 2


def test_a_short_answer_cannot_be_guessed_through_a_nonce() -> None:
    rng = np.random.default_rng(3)
    for _ in range(RUNS):
        statement = ask(rng, 2, 2)
        label = LABELS[rng.integers(3)]
        seen, _ = commit(statement, statement.operators[0], fresh(rng), label)
        assert guess(statement, seen, LABELS, commitment_value) is None


def replayed(rng: np.random.Generator, rule: Commit) -> tuple[Statement, Transcript, bytes]:
    """Yesterday's messages of one operator, shown as today's vote, beside an accomplice's."""
    today = ask(rng, 2, 2)
    yesterday = dataclasses.replace(today, request=fresh(rng))
    victim, accomplice = today.operators
    old = [replay(m, today) for m in sent(yesterday, victim, fresh(rng), OTHER, rule)]
    new = sent(today, accomplice, fresh(rng), OTHER, rule)
    return today, Transcript((old[0], new[0]), (old[1], new[1])), victim


def test_an_old_vote_can_be_replayed_when_a_commitment_does_not_name_the_request() -> None:
    rng = np.random.default_rng(4)
    for _ in range(RUNS):
        today, transcript, victim = replayed(rng, without_statement)
        assert victim in decide(today, transcript, without_statement).agreed


def test_an_old_vote_is_refused_when_it_does() -> None:
    rng = np.random.default_rng(4)
    for _ in range(RUNS):
        today, transcript, victim = replayed(rng, commitment_value)
        with pytest.raises(NoQuorum) as caught:
            decide(today, transcript)
        assert dict(caught.value.faults)[victim].args == (
            "the opening does not fit the commitment",
        )


@pytest.mark.parametrize("owned", [2, 3])
def test_ids_of_one_owner_are_not_caught_by_anything_here(owned: int) -> None:
    """Each of them commits and opens by the book. What stops this is outside of the protocol."""
    rng = np.random.default_rng(5)
    mine = sybils(b"one owner", owned)
    statement = Statement(fresh(rng), fresh(rng), (*mine, fresh(rng)), owned)
    votes = [
        commit(statement, me, fresh(rng), OTHER if me in mine else ANSWER)
        for me in statement.operators
    ]
    transcript = Transcript(tuple(s for s, _ in votes), tuple(o for _, o in votes))
    decision = decide(statement, transcript)
    assert decision.answer == OTHER and decision.agreed == mine and decision.faults == ()


def test_one_of_two_who_talk_cannot_be_told_from_one_who_worked() -> None:
    """A commitment stops reading, not telling: colluders agree beforehand and are never caught."""
    rng = np.random.default_rng(6)
    statement = ask(rng, 3, 2)
    told = [
        commit(statement, me, fresh(rng), answer)
        for me, answer in zip(statement.operators, (OTHER, OTHER, ANSWER), strict=True)
    ]
    decision = decide(statement, Transcript(tuple(s for s, _ in told), tuple(o for _, o in told)))
    assert decision.answer == OTHER and decision.faults == ()
