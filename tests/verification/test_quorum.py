"""The vote itself: nothing honest is refused, nothing tampered with counts, reasons are named."""

import dataclasses
import random

import numpy as np
import pytest

from decentralized_ai.verification.quorum import (
    Commitment,
    NoQuorum,
    Opening,
    Statement,
    Transcript,
    commit,
    decide,
    decide_in_turn,
    from_bytes,
    to_bytes,
)
from decentralized_ai.verification.quorum_attacks import fresh, replay
from decentralized_ai.verification.refusal import Refused, WrongStatement

from .tamper import refused, spoil

ANSWER, OTHER = b"the answer", b"another answer"


def ask(rng: np.random.Generator, n: int, needed: int) -> Statement:
    return Statement(fresh(rng), fresh(rng), tuple(fresh(rng) for _ in range(n)), needed)


def honest(rng: np.random.Generator, statement: Statement) -> Transcript:
    """Everybody works, commits, and opens; messages come in any order."""
    pairs = [commit(statement, me, fresh(rng), ANSWER) for me in statement.operators]
    before = [pairs[i][0] for i in rng.permutation(len(pairs))]
    after = [pairs[i][1] for i in rng.permutation(len(pairs))]
    return Transcript(tuple(before), tuple(after))


def why(statement: Statement, transcript: Transcript, operator: bytes) -> Refused:
    """The error against one operator, whether or not the others reached a decision."""
    try:
        faults = decide(statement, transcript).faults
    except NoQuorum as no:
        faults = no.faults
    return dict(faults)[operator]


def test_no_honest_vote_is_refused() -> None:
    rng = np.random.default_rng(1)
    for _ in range(500):
        n = int(rng.integers(2, 12))
        statement = ask(rng, n, int(rng.integers(2, n + 1)))
        transcript = from_bytes(to_bytes(honest(rng, statement)))
        decision = decide(statement, transcript)
        assert decision.answer == ANSWER and decision.faults == ()
        # Also those who opened after the quorum was there are named as agreeing.
        assert set(decision.agreed) == set(statement.operators)


def test_no_honest_answer_in_turn_is_refused() -> None:
    rng = np.random.default_rng(2)
    for _ in range(200):
        statement = ask(rng, 5, 3)
        told = [Opening(statement.request, me, b"", ANSWER) for me in statement.operators]
        decision = decide_in_turn(statement, tuple(told))
        assert decision.answer == ANSWER and decision.faults == ()


def test_too_few_who_agree_is_no_decision() -> None:
    rng = np.random.default_rng(3)
    statement = ask(rng, 5, 3)
    said = [ANSWER, ANSWER, OTHER, OTHER, b"a third"]
    pairs = [
        commit(statement, me, fresh(rng), answer)
        for me, answer in zip(statement.operators, said, strict=True)
    ]
    transcript = Transcript(tuple(c for c, _ in pairs), tuple(o for _, o in pairs))
    with pytest.raises(NoQuorum, match="no answer has 3 of 5") as caught:
        decide(statement, transcript)
    assert caught.value.faults == ()


def swap(messages: tuple, at: int, new: object) -> tuple:
    return (*messages[:at], new, *messages[at + 1 :])


def tampered(kind: str, statement: Statement, good: Transcript, rng: np.random.Generator):
    """(transcript, operator to blame) with one operator's messages changed by one attack."""
    at = int(rng.integers(len(good.after)))
    opening = good.after[at]
    me = opening.operator
    place = next(i for i, m in enumerate(good.before) if m.operator == me)
    sealed = good.before[place]
    other = next(m for m in good.after if m.operator != me)
    yesterday = dataclasses.replace(statement, request=fresh(rng))
    old_sealed, old_opening = commit(yesterday, me, fresh(rng), ANSWER)

    def after(new: object) -> Transcript:
        return Transcript(good.before, swap(good.after, at, new))

    def before(new: object) -> Transcript:
        return Transcript(swap(good.before, place, new), good.after)

    changed = {
        "another answer": lambda: after(dataclasses.replace(opening, answer=OTHER)),
        "another nonce": lambda: after(dataclasses.replace(opening, nonce=fresh(rng))),
        "a short nonce": lambda: after(dataclasses.replace(opening, nonce=opening.nonce[:-1])),
        "no nonce": lambda: after(dataclasses.replace(opening, nonce=b"")),
        "another's opening": lambda: after(dataclasses.replace(other, operator=me)),
        "another's commitment": lambda: before(
            dataclasses.replace(
                next(m for m in good.before if m.operator == other.operator), operator=me
            )
        ),
        "a random commitment": lambda: before(dataclasses.replace(sealed, value=fresh(rng))),
        "opened early": lambda: Transcript(
            swap(good.before, place, opening), (*good.after[:at], *good.after[at + 1 :])
        ),
        "opened early, and again": lambda: Transcript((*good.before, opening), good.after),
        "committed late": lambda: Transcript(
            (*good.before[:place], *good.before[place + 1 :]), (sealed, *good.after)
        ),
        "never opened": lambda: Transcript(good.before, good.after[:at] + good.after[at + 1 :]),
        "never committed": lambda: Transcript(
            good.before[:place] + good.before[place + 1 :], good.after
        ),
        "two commitments": lambda: Transcript(
            (*good.before, commit(statement, me, fresh(rng), OTHER)[0]), good.after
        ),
        "two openings": lambda: Transcript(
            good.before, (*good.after, dataclasses.replace(opening, answer=OTHER))
        ),
        "yesterday's pair": lambda: Transcript(
            swap(good.before, place, old_sealed), swap(good.after, at, old_opening)
        ),
        "yesterday's pair, relabelled": lambda: Transcript(
            swap(good.before, place, replay(old_sealed, statement)),
            swap(good.after, at, replay(old_opening, statement)),
        ),
        "an endless answer": lambda: after(dataclasses.replace(opening, answer=b"x" * (1 << 21))),
    }
    return changed[kind](), me


REASONS = {
    "another answer": "the opening does not fit the commitment",
    "another nonce": "the opening does not fit the commitment",
    "a short nonce": "the nonce has 32 bytes, not 31",
    "no nonce": "the nonce has 32 bytes, not 0",
    "another's opening": "the opening does not fit the commitment",
    "another's commitment": "the opening does not fit the commitment",
    "a random commitment": "the opening does not fit the commitment",
    "opened early": "opened before the deadline",
    "opened early, and again": "opened before the deadline",
    "committed late": "committed after the deadline",
    "never opened": "the opening never came",
    "never committed": "an opening without a commitment before the deadline",
    "two commitments": "a second commitment of one operator",
    "two openings": "a second opening of one operator",
    "yesterday's pair": "a message for another request",
    "yesterday's pair, relabelled": "the opening does not fit the commitment",
    "an endless answer": "an answer has at most 1048576 bytes",
}
EACH = 650  # of each of 16 ways to tamper, and 60 with an endless answer: 10,460 transcripts


@pytest.mark.parametrize("kind", REASONS)
def test_a_tampered_vote_never_counts_and_the_reason_is_named(kind: str) -> None:
    rng = np.random.default_rng(list(REASONS).index(kind))
    tries = EACH if kind != "an endless answer" else 60
    for _ in range(tries):
        n = int(rng.integers(2, 7))
        every = ask(rng, n, n)
        transcript, me = tampered(kind, every, honest(rng, every), rng)
        # Where all are needed, one vote that does not count leaves no decision.
        with pytest.raises(NoQuorum):
            decide(every, transcript)
        assert str(why(every, transcript, me)) == REASONS[kind]
    # Where they are not, the others decide without it, and only it is blamed.
    most = ask(rng, 5, 4)
    transcript, me = tampered(kind, most, honest(rng, most), rng)
    decision = decide(most, transcript)
    assert decision.answer == ANSWER and me not in decision.agreed
    assert [operator for operator, _ in decision.faults] == [me]


def test_spoilt_transcripts_are_refused_with_a_named_error() -> None:
    rng, pick = np.random.default_rng(5), random.Random(5)
    tried = accepted = 0
    errors = set()
    while tried < 10_000:
        statement = ask(rng, 3, 3)
        good = honest(rng, statement)
        for _ in range(50):
            bad = spoil(good, pick)
            name = refused(lambda bad=bad, statement=statement: decide(statement, bad))
            tried += 1
            if name is None:
                # The same messages in another order, or one of them twice, are another honest
                # transcript. Nothing else is.
                assert [set(bad.before), set(bad.after)] == [set(good.before), set(good.after)]
                assert 6 <= len(bad.before) + len(bad.after) <= 7
                accepted += 1
            else:
                errors.add(name)
    assert errors == {"NoQuorum", "WrongType"}
    assert accepted < tried / 20


def test_truncated_and_flipped_bytes_are_refused_with_a_named_error() -> None:
    rng, pick = np.random.default_rng(6), random.Random(6)
    statement = ask(rng, 3, 3)
    data = to_bytes(honest(rng, statement))
    for cut in range(len(data)):
        assert refused(lambda cut=cut: decide(statement, from_bytes(data[:cut])))
    for _ in range(3000):
        at = pick.randrange(len(data))
        flipped = data[:at] + bytes([data[at] ^ 1 << pick.randrange(8)]) + data[at + 1 :]
        assert refused(lambda flipped=flipped: decide(statement, from_bytes(flipped)))


@pytest.mark.parametrize("junk", [None, 7, b"", (), "x", Transcript([], ()), Transcript((), None)])
def test_what_is_no_transcript_is_refused(junk: object) -> None:
    statement = ask(np.random.default_rng(7), 3, 2)
    assert refused(lambda: decide(statement, junk)) == "WrongType"
    if junk != ():
        assert refused(lambda: decide_in_turn(statement, junk)) == "WrongType"


def test_strangers_are_dropped_and_nobody_is_blamed() -> None:
    rng = np.random.default_rng(8)
    statement = ask(rng, 3, 2)
    good = honest(rng, statement)
    sealed, opening = commit(statement, fresh(rng), fresh(rng), OTHER)
    noise = (sealed, None, 7, [], dataclasses.replace(sealed, operator=[]))
    decision = decide(statement, Transcript((*noise, *good.before), (opening, *good.after)))
    assert decision.answer == ANSWER and decision.faults == ()


def test_a_transcript_of_another_request_is_refused() -> None:
    rng = np.random.default_rng(9)
    statement = ask(rng, 4, 2)
    for changed in ("request", "input_digest", "needed"):
        new = {"needed": 3} if changed == "needed" else {changed: fresh(rng)}
        later = dataclasses.replace(statement, **new)
        old = honest(rng, statement)
        with pytest.raises(NoQuorum) as caught:
            decide(later, old)
        assert len(caught.value.faults) == 4
        if changed == "request":
            assert all(isinstance(fault, WrongStatement) for _, fault in caught.value.faults)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"needed": 1}, "needed must be 2 to 3"),
        ({"needed": 4}, "needed must be 2 to 3"),
        ({"request": b"short"}, "32 bytes"),
        ({"operators": (b"a" * 32, b"a" * 32)}, "drawn twice"),
    ],
)
def test_a_statement_that_makes_no_sense_cannot_be_made(change: dict, words: str) -> None:
    statement = ask(np.random.default_rng(10), 3, 2)
    with pytest.raises(ValueError, match=words):
        dataclasses.replace(statement, **change)


def test_messages_in_turn_that_do_not_count_are_named() -> None:
    rng = np.random.default_rng(11)
    statement = ask(rng, 5, 2)
    a, b, c, d, _ = statement.operators
    told = (
        Opening(statement.request, a, b"", ANSWER),
        Opening(fresh(rng), b, b"", OTHER),
        Commitment(statement.request, c, fresh(rng)),
        Opening(statement.request, d, b"", ANSWER),
        Opening(statement.request, d, b"", OTHER),
    )
    with pytest.raises(NoQuorum) as caught:
        decide_in_turn(statement, told)
    assert [str(fault) for _, fault in caught.value.faults] == [
        "committed after the deadline",
        "a second answer of one operator",
        "a message for another request",
        "the answer never came",
    ]


def test_a_message_that_others_send_on_takes_no_vote_away() -> None:
    """A signed message can be sent again by whoever has seen it: a colluder could otherwise strike
    out honest operators one by one."""
    rng = np.random.default_rng(12)
    for _ in range(300):
        statement = ask(rng, 3, 3)
        good = honest(rng, statement)
        earlier = honest(rng, dataclasses.replace(statement, request=fresh(rng)))
        noise = [m for part in (good, earlier) for m in (*part.before, *part.after)]
        some = [noise[i] for i in rng.integers(0, len(noise), 5)]
        early = [m for m in some if m not in good.after]  # nobody has seen those yet
        before = [m for m in rng.permutation(np.array([*good.before, *early], dtype=object))]
        after = [m for m in rng.permutation(np.array([*good.after, *some], dtype=object))]
        decision = decide(statement, Transcript(tuple(before), tuple(after)))
        assert decision.answer == ANSWER and decision.faults == ()
    a, b = statement.operators[:2]
    told = Opening(statement.request, a, b"", ANSWER)
    old = dataclasses.replace(told, request=fresh(rng), answer=OTHER)
    two = dataclasses.replace(statement, operators=(a, b), needed=2)
    both = (old, told, old, told, dataclasses.replace(told, operator=b))
    assert decide_in_turn(two, both).faults == ()


def test_objects_that_answer_with_errors_do_not_stop_the_vote() -> None:
    rng = np.random.default_rng(13)
    statement = ask(rng, 3, 2)
    good = honest(rng, statement)

    class Trap:
        def __getattribute__(self, name: str) -> object:
            raise RuntimeError(name)

    class Heir(Commitment):
        @property
        def operator(self) -> bytes:  # type: ignore[override]
            raise RuntimeError("no name")

    half = [object.__new__(kind) for kind in (Commitment, Opening, Heir)]
    named = object.__new__(Commitment)
    object.__setattr__(named, "operator", statement.operators[0])
    noise = (Trap(), *half)
    decision = decide(statement, Transcript((*noise, *good.before), (*noise, *good.after)))
    assert decision.answer == ANSWER and decision.faults == ()
    decision = decide(statement, Transcript((named, *good.before), good.after))
    assert [name for name, _ in decision.faults] == [statement.operators[0]]
