"""Exercises 5 and 6 of the lab "Prove it": forgers, and verifiers with a hole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from decentralized_ai.labs.verification import check_5, check_6
from decentralized_ai.labs.verification_sumcheck import Honest
from decentralized_ai.verification.sumcheck import interpolate
from decentralized_ai.verification.sumcheck_matmul import extension

from .hints import assert_hint, broken


class Base:
    def __init__(self, statement: Any, x: Any, y: Any, claimed: int):
        self.field, self.claimed, self.sent = statement.field, claimed, (0, 0, 0)

    def message(self) -> Any:
        self.sent = (0, self.claimed, 7)
        return self.sent

    def challenged(self, r: int) -> None:
        self.claimed = interpolate(self.field, self.sent, r)


class Forgetful(Base):
    def challenged(self, r: int) -> None:
        pass


class Short(Base):
    def message(self) -> Any:
        return (self.claimed, 0)


class Large(Base):
    def message(self) -> Any:
        return (self.claimed + self.field.p, 0, 0)


class Texts(Base):
    def message(self) -> Any:
        return ("a", "b", "c")


class Shy:
    def __init__(self, statement: Any):
        pass


class Dumb:
    def __init__(self, statement: Any, x: Any, y: Any, claimed: int):
        pass


@pytest.mark.parametrize(
    ("forger", "hint"),
    [
        (None, "the class itself"),
        (Base, ""),
        (lambda statement, x, y, claimed: None, "the class itself"),
        (Shy, "with (statement, x, y, claimed)"),
        (int, "raised TypeError"),
        (Honest, "Refused in the first round"),
        (Forgetful, "Refused in round 1"),
        (Short, "3 values, at 0, 1 and 2"),
        (Large, "modulo the field's p"),
        (Texts, "whole numbers"),
        (Dumb, "AttributeError"),
    ],
)
def test_forgers_that_are_refused_get_the_next_step(forger: Any, hint: str) -> None:
    verdict = check_5(forger)
    if not hint:
        assert verdict.ok
    else:
        assert_hint(verdict, hint)


# Exercise 6


def verifier(
    first: bool = True,
    later: bool = True,
    final: bool = True,
    length: bool = True,
    swapped: bool = False,
    seed: int | None = None,
) -> Any:
    """A verifier with checks left out, or with a mistake."""

    def verify(statement: Any, Prover: Any, rng: Any) -> bool:
        rng = rng if seed is None else np.random.default_rng(seed)
        field, p = statement.field, statement.field.p
        rows, rounds, columns = statement.bits
        point = field.random(rng, rows + columns).tolist()
        x, y = tuple(point[:rows]), tuple(point[rows:])
        claimed = extension(field, statement.c, x, y)
        prover, r = Prover(statement, x, y, claimed), ()
        for j in range(rounds):
            message = prover.message()
            if length and len(message) != 3:
                return False
            if (later if j else first) and (message[0] + message[1]) % p != claimed:
                return False
            challenge = int(field.random(rng, 1)[0])
            claimed = interpolate(field, message, challenge)
            prover.challenged(challenge)
            r = (challenge, *r) if swapped else (*r, challenge)
        if not final:
            return True
        a, b = extension(field, statement.a, x, r), extension(field, statement.b, r, y)
        return claimed == a * b % p

    return verify


def multiplies(statement: Any, Prover: Any, rng: Any) -> bool:
    found = verifier()(statement, Prover, rng)
    return found and np.array_equal(statement.field.matmul(statement.a, statement.b), statement.c)


def mute(statement: Any, Prover: Any, rng: Any) -> bool:
    return np.array_equal(statement.field.matmul(statement.a, statement.b), statement.c)


def lengthless(statement: Any, Prover: Any, rng: Any) -> bool:
    """Refuses long messages, and crashes on short ones."""

    class Cut(Prover):  # type: ignore[misc]
        def message(self) -> Any:
            said = super().message()
            if len(said) > 3:
                raise OverflowError
            return said

    try:
        return verifier(length=False)(statement, Cut, rng)
    except OverflowError:
        return False


@pytest.mark.parametrize(
    ("verify", "hint"),
    [
        (None, "without brackets"),
        (lambda *given: True, "was challenged 0 times"),
        (lambda *given: False, "refuses a true product"),
        (lambda *given: None, "a path without a return"),
        (verifier(swapped=True), "refuses a true product"),
        (verifier(seed=1), "can be foreseen"),
        (mute, "was challenged 0 times"),
        (multiplies, "too good"),
        (verifier(final=False), "the forger of exercise 5"),
        (verifier(length=False), "more than three values"),
        (verifier(first=False), "in the first round too"),
        (verifier(later=False), "in each round"),
        (lengthless, "empty message must be refused"),
        (broken, "raised IndexError"),
    ],
)
def test_verifiers_with_a_hole_get_the_forgery_that_passes(verify: Any, hint: str) -> None:
    assert_hint(check_6(verify), hint)


def test_a_complete_verifier_passes() -> None:
    assert check_6(verifier())
