"""Ask n operators and accept the answer on which k of them agree.

The parties: a client draws n operators for one request (`Statement`). Each operator is a prover: it
works out the answer, sends a commitment, and opens it after the deadline. The client is the
verifier: `decide` reads the `Transcript` of what was sent and returns the answer that k operators
opened, with the reason against each operator whose message did not count; or raises NoQuorum.

A commitment is a hash of the statement, the operator's id, 32 random bytes and the answer. Each of
the four is there against an attack, and quorum_attacks.py runs each attack with and without it:
without the statement an opening can be replayed for another request, without the id a commitment
can be copied and later opened with the copied opening, without the random bytes a short answer can
be guessed from its commitment, and without the commitment (`decide_in_turn`) it can be read.

Assumed: each message was made by the operator that it names (in practice a signature), and each id
belongs to one owner. Nothing here can see that two ids belong to the same owner. A signed message
can be sent on by others: so one that comes again, or one for another request, takes no vote away.

Voting: Sarmenta 2002. Commitments that bind the sender: Dolev, Dwork and Naor 1991.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .refusal import CheckFailed, Refused, WrongLength, WrongStatement, expect, expect_tuple
from .wire import decode, digest, encode

SIZE = 32  # bytes in an id, a hash, a nonce
LONGEST = 1 << 20  # bytes of an answer


@dataclass(frozen=True)
class Statement:
    """What is asked of whom. request: 32 bytes, used once. input_digest: 32 bytes, the hash of the
    input. operators: the ids drawn, 32 bytes each. needed: how many must agree, 2 to n."""

    request: bytes
    input_digest: bytes
    operators: tuple[bytes, ...]
    needed: int

    def __post_init__(self) -> None:
        if len(set(self.operators)) != len(self.operators):
            raise ValueError("an operator is drawn twice")
        if not 2 <= self.needed <= len(self.operators):
            raise ValueError(f"needed must be 2 to {len(self.operators)}, not {self.needed}")
        if any(len(x) != SIZE for x in (self.request, self.input_digest, *self.operators)):
            raise ValueError(f"a request, a hash and an id are {SIZE} bytes each")

    @property
    def digest(self) -> bytes:
        return digest(
            "quorum statement", self.request, self.input_digest, self.operators, self.needed
        )


@dataclass(frozen=True)
class Commitment:
    """Before the deadline. value: 32 bytes."""

    request: bytes
    operator: bytes
    value: bytes


@dataclass(frozen=True)
class Opening:
    """After the deadline. nonce: 32 random bytes. In turn (no commitments) the nonce is empty."""

    request: bytes
    operator: bytes
    nonce: bytes
    answer: bytes


@dataclass(frozen=True)
class Transcript:
    """What the client got, in the order in which it came: `before` and `after` the deadline for
    commitments. The client passes nothing on before the deadline."""

    before: tuple[Any, ...]
    after: tuple[Any, ...]


@dataclass(frozen=True)
class Decision:
    """answer: what k operators agree on. agreed: who. faults: (operator, why it did not count)."""

    answer: bytes
    agreed: tuple[bytes, ...]
    faults: tuple[tuple[bytes, Refused], ...]


class NoQuorum(CheckFailed):
    """No answer has k of n. `faults` as in Decision."""

    def __init__(self, statement: Statement, faults: tuple[tuple[bytes, Refused], ...]):
        super().__init__(f"no answer has {statement.needed} of {len(statement.operators)}")
        self.faults = faults


Commit = Callable[[bytes, bytes, bytes, bytes], bytes]


def commitment_value(statement: bytes, operator: bytes, nonce: bytes, answer: bytes) -> bytes:
    """The 32 bytes that an operator sends first. statement: the statement's digest."""
    return digest("quorum commit", statement, operator, nonce, answer)


def commit(
    statement: Statement, operator: bytes, nonce: bytes, answer: bytes
) -> tuple[Commitment, Opening]:
    """An honest operator's two messages; the second is kept until the deadline has passed."""
    value = commitment_value(statement.digest, operator, nonce, answer)
    return (
        Commitment(statement.request, operator, value),
        Opening(statement.request, operator, nonce, answer),
    )


def decide(
    statement: Statement, transcript: Any, commitment: Commit = commitment_value
) -> Decision:
    """The first answer, in the order of the openings, that `needed` operators opened.

    One bad operator cannot stop the others: its message is left out, and the named error stands
    in `faults`. An operator counts once, and only if its commitment came before the deadline and
    its opening after. Raises NoQuorum, or Malformed if there is no transcript to read.
    commitment: other rules, for showing what they let through.
    """
    expect(transcript, Transcript, "a transcript")
    expect(transcript.before, tuple, "what came before the deadline")
    expect(transcript.after, tuple, "what came after the deadline")
    faults: dict[bytes, Refused] = {}
    strays: dict[bytes, Refused] = {}
    committed: dict[bytes, bytes] = {}
    for sender, message in _from_the_drawn(statement, transcript.before):
        try:
            value = _read_commitment(statement, message)
            if committed.setdefault(sender, value) != value:
                raise CheckFailed("a second commitment of one operator")
        except WrongStatement as fault:
            strays.setdefault(sender, fault)
        except Refused as fault:
            faults.setdefault(sender, fault)
    opened: dict[bytes, Opening] = {}
    for sender, message in _from_the_drawn(statement, transcript.after):
        try:
            if type(message) is Commitment:
                if _read_commitment(statement, message) == committed.get(sender):
                    continue  # it came before the deadline, and comes again
                raise CheckFailed("committed after the deadline")
            opening = _read_opening(statement, message, SIZE)
            if sender not in committed:
                raise CheckFailed("an opening without a commitment before the deadline")
            if opened.get(sender, opening) != opening:
                raise CheckFailed("a second opening of one operator")
            value = commitment(statement.digest, sender, opening.nonce, opening.answer)
            if value != committed[sender]:
                raise CheckFailed("the opening does not fit the commitment")
            opened[sender] = opening
        except WrongStatement as fault:
            strays.setdefault(sender, fault)
        except Refused as fault:
            faults.setdefault(sender, fault)
    for sender in statement.operators:
        if sender not in opened:
            missing = "the opening" if sender in committed else "the commitment"
            never = CheckFailed(f"{missing} never came")
            faults.setdefault(sender, strays.get(sender, never))
    return _count(statement, opened, faults)


def decide_in_turn(statement: Statement, answers: Any) -> Decision:
    """The same vote without commitments: the answers themselves, in the order in which they came.

    Whoever answers later can have read the answers before: nothing here can tell.
    """
    expect(answers, tuple, "the answers")
    faults: dict[bytes, Refused] = {}
    strays: dict[bytes, Refused] = {}
    opened: dict[bytes, Opening] = {}
    for sender, message in _from_the_drawn(statement, answers):
        try:
            opening = _read_opening(statement, message, 0)
            if opened.setdefault(sender, opening) != opening:
                raise CheckFailed("a second answer of one operator")
        except WrongStatement as fault:
            strays.setdefault(sender, fault)
        except Refused as fault:
            faults.setdefault(sender, fault)
    for sender in statement.operators:
        if sender not in opened:
            never = CheckFailed("the answer never came")
            faults.setdefault(sender, strays.get(sender, never))
    return _count(statement, opened, faults)


def _from_the_drawn(statement: Statement, messages: Iterable[Any]) -> list[tuple[bytes, Any]]:
    """Messages that name an operator who was drawn, with that name. What strangers send is no
    message of this request: it is dropped, and nobody is blamed for it."""
    # Read from the two kinds of message only: anything else might answer with an error.
    known = [m for m in messages if type(m) is Commitment or type(m) is Opening]
    named = [(getattr(message, "operator", None), message) for message in known]
    drawn = frozenset(statement.operators)
    return [(name, m) for name, m in named if type(name) is bytes and name in drawn]


def _read_commitment(statement: Statement, message: Any) -> bytes:
    _same_request(statement, message)
    if type(message) is Opening:
        raise CheckFailed("opened before the deadline")
    expect(message, Commitment, "a commitment")
    return _exactly(message.value, SIZE, "the commitment")


def _read_opening(statement: Statement, message: Any, nonce: int) -> Opening:
    _same_request(statement, message)
    if type(message) is Commitment:
        raise CheckFailed("committed after the deadline")
    expect(message, Opening, "an opening")
    _exactly(message.nonce, nonce, "the nonce")
    if len(expect(message.answer, bytes, "the answer")) > LONGEST:
        raise WrongLength(f"an answer has at most {LONGEST} bytes")
    return message


def _same_request(statement: Statement, message: Any) -> None:
    expect(message, (Commitment, Opening), "a message")
    if _exactly(message.request, SIZE, "the request") != statement.request:
        raise WrongStatement("a message for another request")


def _exactly(value: Any, size: int, name: str) -> bytes:
    if len(expect(value, bytes, name)) != size:
        raise WrongLength(f"{name} has {size} bytes, not {len(value)}")
    return bytes(value)


def _count(
    statement: Statement, opened: dict[bytes, Opening], faults: dict[bytes, Refused]
) -> Decision:
    """An operator with a fault does not count, even if another of its messages was in order."""
    named = tuple(faults.items())
    votes: Counter[bytes] = Counter()
    counted = {s: opening.answer for s, opening in opened.items() if s not in faults}
    for answer in counted.values():
        votes[answer] += 1
        if votes[answer] == statement.needed:
            agreed = [sender for sender, same in counted.items() if same == answer]
            return Decision(answer, tuple(agreed), named)
    raise NoQuorum(statement, named)


def to_bytes(transcript: Transcript) -> bytes:
    """What is sent, as bytes: a tuple of messages before and one of messages after."""
    return encode(
        tuple(tuple(_spell(m) for m in part) for part in (transcript.before, transcript.after))
    )


def from_bytes(data: bytes) -> Transcript:
    """The transcript that `to_bytes` wrote. Raises Malformed (WrongType, WrongLength) otherwise."""
    parts = expect_tuple(decode(data), 2, "a transcript")
    before, after = (
        tuple(_unspell(m) for m in expect(part, tuple, "a list of messages")) for part in parts
    )
    return Transcript(before, after)


def _spell(message: Commitment | Opening) -> tuple[bytes, ...]:
    if isinstance(message, Commitment):
        return (message.request, message.operator, message.value)
    return (message.request, message.operator, message.nonce, message.answer)


def _unspell(fields: Any) -> Commitment | Opening:
    expect(fields, tuple, "a message")
    if len(fields) == 3:
        return Commitment(*fields)
    return Opening(*expect_tuple(fields, 4, "a message"))
