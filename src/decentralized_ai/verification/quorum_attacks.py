"""Attacks on a vote, and the weaker rules under which each of them works.

Each weaker rule leaves one thing out of the commitment. Pass it to `decide` as `commitment` to see
what it lets through; tests/verification/test_quorum_attacks.py does, and shows that the full rule
refuses the same messages. `sybils` needs no weak rule: no rule of this protocol stops it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from .quorum import SIZE, Commit, Commitment, Opening, Statement
from .wire import digest


def without_operator(statement: bytes, operator: bytes, nonce: bytes, answer: bytes) -> bytes:
    """A commitment that does not say whose it is."""
    return digest("quorum commit", statement, nonce, answer)


def without_statement(statement: bytes, operator: bytes, nonce: bytes, answer: bytes) -> bytes:
    """A commitment that does not say to which question it answers."""
    return digest("quorum commit", operator, nonce, answer)


def without_nonce(statement: bytes, operator: bytes, nonce: bytes, answer: bytes) -> bytes:
    """A commitment that anybody can compute who knows the answer."""
    return digest("quorum commit", statement, operator, answer)


def copy_answer(seen: Opening, me: bytes) -> Opening:
    """A lazy copier, answers revealed in turn: says what an earlier operator said."""
    return replace(seen, operator=me)


def copy_commitment(seen: Commitment, me: bytes) -> Commitment:
    """A lazy copier before the deadline: commits to it knows not what."""
    return replace(seen, operator=me)


def copy_opening(seen: Opening, me: bytes) -> Opening:
    """The same copier after the deadline: opens with what the owner opened with."""
    return replace(seen, operator=me)


def guess(
    statement: Statement, seen: Commitment, answers: Iterable[bytes], rule: Commit
) -> bytes | None:
    """Which of a few possible answers (yes or no, a label, a price) another operator committed to.

    Tries each with an empty nonce, which is as good as any under `without_nonce`, and hopeless
    where 32 random bytes went in."""
    for answer in answers:
        if rule(statement.digest, seen.operator, b"", answer) == seen.value:
            return answer
    return None


def replay(message: Commitment | Opening, statement: Statement) -> Commitment | Opening:
    """An old message of the same operator, with the new request written over the old one."""
    return replace(message, request=statement.request)


def sybils(owner: bytes, count: int) -> tuple[bytes, ...]:
    """Ids of one owner: as good as anybody's, as long as an id costs nothing."""
    return tuple(digest("sybil", owner, i) for i in range(count))


def fresh(rng: np.random.Generator) -> bytes:
    """SIZE random bytes: an id, a request or a nonce. (Real ones come from the system's secure
    source; seeded here, so that a run can be repeated.)"""
    return rng.bytes(SIZE)
