"""The referee against spoilt and replayed messages: the one that sends them loses, nobody else."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from decentralized_ai.validation.dispute import checks
from decentralized_ai.verification.dispute import (
    LONGEST,
    Question,
    Statement,
    settle,
    state_of,
)
from decentralized_ai.verification.dispute_parties import Honest, bent, make_liar, run
from decentralized_ai.verification.refusal import (
    OutOfField,
    Refused,
    WrongLength,
    WrongStatement,
)
from decentralized_ai.verification.wire import decode, encode
from tests.verification.tamper import spoil
from tests.verification.test_dispute import START, Toy, fight


class Spoilt:
    """Passes a party's answers on, with one of them changed."""

    def __init__(self, party: Honest, turn: int, change: Any):
        self.party, self.turn, self.change, self.changed = party, turn, change, False

    def answer(self, question: Question) -> Any:
        message = self.party.answer(question)
        self.turn -= 1
        if self.turn >= 0 or self.changed:
            return message
        self.changed = True
        return self.change(message)


def spoilt_message(rng: random.Random) -> Any:
    def change(message: bytes) -> Any:
        if rng.random() < 0.15:
            return rng.choice((message[: rng.randrange(len(message))], message + b"N", b"", None))
        if rng.random() < 0.05:
            return rng.choice((7, "text", [message], (message,)))  # no bytes at all
        if rng.random() < 0.2:
            at = rng.randrange(len(message))
            return message[:at] + bytes([message[at] ^ 1 << rng.randrange(8)]) + message[at + 1 :]
        while True:
            try:
                return encode(spoil(decode(message), rng))
            except Refused:
                continue  # a value that has no spelling cannot be sent

    return change


def test_a_spoilt_message_loses_and_the_other_party_never_does() -> None:
    rng = random.Random(11)
    machine = Toy(9, 4)
    truth = run(machine, START)
    statement = state_of(machine, START)
    # A true run's own messages spoilt, too: a party that cannot speak cannot be believed.
    sound, liar = Honest(statement, machine, truth), None
    names: set[str] = set()
    for trial in range(10_500):
        at = rng.randint(1, 9)
        liar = make_liar("alter", statement, machine, machine, truth, at, rng.randrange(4))
        bad = Spoilt(liar if trial % 3 else sound, rng.randrange(9), spoilt_message(rng))
        other = sound if trial % 3 else liar
        order = {"A": bad, "B": other} if trial % 2 else {"B": other, "A": bad}
        verdict = settle(statement, machine, order, rng.choice((2, 3, 8)))
        names |= {type(error).__name__ for error in verdict.guilty.values()}
        if trial % 3:
            assert set(verdict.guilty) == {"A"}  # the liar, spoilt or not
        else:
            assert verdict.guilty  # the liar, or the spoilt one before it comes to that
            assert "A" not in verdict.guilty or bad.changed
    assert {"CheckFailed", "WrongType", "WrongLength", "WrongStatement", "Malformed"} <= names


def test_a_replayed_dispute_is_refused() -> None:
    """All messages recorded in a dispute about another input, program, or length."""
    machine = Toy(16)
    truth = run(machine, START)
    statement = state_of(machine, START)
    for other, start in ((machine, bent(START)), (Toy(16, salt=3), START), (Toy(15), START)):
        false = run(other, start)
        replayer = Honest(state_of(other, start), other, false)
        verdict = fight(machine, truth, replayer, "A")
        assert isinstance(verdict.guilty["A"], WrongStatement)
        assert set(verdict.guilty) == {"A"}
        # The same with the digest of the right statement put in front: the states betray it.
        replayer.statement = statement
        verdict = fight(machine, truth, replayer, "A")
        assert set(verdict.guilty) == {"A"}
    with pytest.raises(WrongStatement):
        settle(statement, Toy(16, salt=3), {"A": replayer, "B": replayer})
    with pytest.raises(WrongStatement):
        settle(Statement(machine.program, statement.start, 17), machine, {"A": 1, "B": 2})  # type: ignore[dict-item]


def test_arrays_in_odd_places_lose_the_dispute_and_do_not_stop_it() -> None:
    """An array compared with a text gives an array, which is neither true nor false."""
    machine = Toy(5, 3)
    truth = run(machine, START)
    statement = state_of(machine, START)
    odd = np.arange(3)

    def with_odd(path: list[int]) -> Any:
        def put(value: Any, rest: list[int]) -> Any:
            if not rest or type(value) is not tuple:
                return odd
            at = rest[0] % len(value) if value else 0
            return (*value[:at], put(value[at], rest[1:]), *value[at + 1 :]) if value else odd

        return lambda message: encode(put(decode(message), path))

    for turn in range(7):
        for path in ([], *([i] for i in range(6)), *([i, j] for i in range(6) for j in range(3))):
            liar = make_liar("alter", statement, machine, machine, truth, 3, 1)
            bad = Spoilt(liar, turn, with_odd(path))
            verdict = settle(statement, machine, {"A": bad, "B": Honest(statement, machine, truth)})
            assert set(verdict.guilty) == {"A"}


def test_the_validation_table() -> None:
    assert all(check.passed for check in checks())


def test_an_endless_message_is_not_read() -> None:
    machine = Toy(4)
    truth = run(machine, START)
    statement = state_of(machine, START)
    party = Spoilt(Honest(statement, machine, truth), 0, lambda message: message + bytes(LONGEST))
    verdict = settle(statement, machine, {"A": party, "B": Honest(statement, machine, truth)})
    assert set(verdict.guilty) == {"A"} and "at most" in str(verdict.guilty["A"])


def test_a_statement_starts_from_a_state_that_a_referee_admits() -> None:
    """Else both sides would be convicted of a state that both had to start from."""
    with pytest.raises(OutOfField):
        state_of(Toy(4), np.array([2**40, 1]))
    with pytest.raises(WrongLength):
        state_of(Toy(4), np.array([1]))
