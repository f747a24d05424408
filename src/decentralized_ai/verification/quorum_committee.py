"""Committees drawn at random: counted quickly by the thousand, or played message by message."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .quorum import (
    Commit,
    Commitment,
    Decision,
    NoQuorum,
    Opening,
    Statement,
    Transcript,
    commitment_value,
    decide,
    decide_in_turn,
)
from .quorum_attacks import copy_answer, copy_commitment, copy_opening, fresh, without_operator
from .quorum_laws import Habits, colluders_in
from .wire import digest

Kinds = npt.NDArray[np.int8]
COLLUDER, LAZY, GOOD, ERROR, DIFFERS = range(5)
WRONG, RIGHT, NONE = range(3)


def draw(
    rng: np.random.Generator,
    count: int,
    n: int,
    percent: int,
    habits: Habits,
    pool: int | None = None,
) -> Kinds:
    """Who sits where, shape (count, n): COLLUDER .. DIFFERS, seats in a random order.

    From a pool, seat after seat: the next is a colluder with the share of colluders among those
    who were not drawn yet."""
    u = rng.random((3, n, count))
    collude = np.zeros((n, count), dtype=bool)
    if pool is None:
        collude = u[0] < percent / 100
    else:
        left = np.full(count, colluders_in(pool, percent))
        for seat in range(n):
            collude[seat] = u[0, seat] * (pool - seat) < left
            left -= collude[seat]
    worker = np.where(u[2] < habits.error + habits.differs, DIFFERS, GOOD)
    worker = np.where(u[2] < habits.error, ERROR, worker)
    kinds = np.where(collude, COLLUDER, np.where(u[1] < habits.lazy, LAZY, worker))
    return np.ascontiguousarray(kinds.T).astype(np.int8)


def in_order(row: list[int], mode: str) -> list[int]:
    """One committee's seats, drawn in a random order, in the order in which they answer: in a rush
    colluders first; and whoever copies waits until there is something to copy."""
    if mode in ("rush", "unbound"):
        row = sorted(row, key=lambda kind: kind != COLLUDER)
    first = next((i for i, kind in enumerate(row) if kind != LAZY), None)
    if mode == "commit" or first is None:
        return row
    return [row[first], *row[:first], *row[first + 1 :]]


def count(kinds: Kinds, needed: int, mode: str) -> npt.NDArray[np.int8]:
    """WRONG, RIGHT or NONE for each committee of `kinds`, (count, n), seats in a random order.

    Counts votes; `play` sends the messages, and a test holds the two together. Where a wrong and a
    right answer both have a quorum, the wrong one counts, as in quorum_laws."""
    colluders, lazy, good = ((kinds == kind).sum(axis=1) for kind in (COLLUDER, LAZY, GOOD))
    copied = np.full(len(kinds), -1)
    if mode != "commit":
        first = np.argmax(kinds != LAZY, axis=1)
        copied = kinds[np.arange(len(kinds)), first].astype(np.int64)
        if mode != "turn":
            copied = np.where(colluders > 0, COLLUDER, copied)
    # The answer that was copied has its author's vote and the copiers'.
    wrong = np.maximum(colluders + lazy * (copied == COLLUDER), (1 + lazy) * (copied == ERROR))
    right = np.maximum(good + lazy * (copied == GOOD), (1 + lazy) * (copied == DIFFERS))
    return np.where(wrong >= needed, WRONG, np.where(right >= needed, RIGHT, NONE)).astype(np.int8)


@dataclass(frozen=True)
class Played:
    """One committee, seat by seat in the order in which they answered.

    kinds: COLLUDER .. DIFFERS. votes: WRONG or RIGHT, or NONE where nothing of it counts.
    faults: the named error against each seat, or None. outcome: WRONG, RIGHT, or NONE without a
    quorum."""

    kinds: tuple[int, ...]
    votes: tuple[int, ...]
    faults: tuple[str | None, ...]
    outcome: int
    messages: Transcript


def play(kinds: Kinds, needed: int, mode: str, rng: np.random.Generator) -> Played:
    """One committee, shape (n,), through the real protocol: every message, hash and check."""
    row = in_order(kinds.tolist(), mode)
    ids = tuple(fresh(rng) for _ in row)
    statement = Statement(fresh(rng), digest("input", b"a question"), ids, needed)
    answers = [_answer(kind, seat) for seat, kind in enumerate(row)]
    if mode in ("turn", "rush"):
        messages = Transcript((), _told(statement, answers))
    else:
        rule = commitment_value if mode == "commit" else without_operator
        messages = _committed(statement, answers, rule, rng)
    right = {_answer(kind, seat) for seat, kind in enumerate(row) if kind in (GOOD, DIFFERS)}
    # The worst network: the client hears wrong answers first, and takes the first quorum it sees.
    worst_first = tuple(sorted(messages.after, key=lambda opening: opening.answer in right))
    messages = replace(messages, after=worst_first)
    decision: Decision | NoQuorum
    try:
        if mode in ("turn", "rush"):
            decision = decide_in_turn(statement, messages.after)
        else:
            decision = decide(statement, messages, rule)
    except NoQuorum as refused:
        decision = refused
    named = {operator: str(fault) for operator, fault in decision.faults}
    sent = {opening.operator: opening.answer for opening in messages.after}

    def worth(answer: bytes) -> int:
        return RIGHT if answer in right else WRONG

    return Played(
        tuple(row),
        tuple(NONE if i in named or i not in sent else worth(sent[i]) for i in ids),
        tuple(named.get(i) for i in ids),
        worth(decision.answer) if isinstance(decision, Decision) else NONE,
        messages,
    )


def _answer(kind: int, seat: int) -> bytes | None:
    """What an operator has to say by itself: 32 bytes, or None for a copier."""
    if kind == LAZY:
        return None
    if kind == COLLUDER:
        return digest("output", "the colluders' answer")
    if kind == GOOD:
        return digest("output", "right")
    return digest("output", "a mistake" if kind == ERROR else "right, in other bits", seat)


def _lead(answers: list[bytes | None]) -> int | None:
    return next((seat for seat, answer in enumerate(answers) if answer is not None), None)


def _told(statement: Statement, answers: list[bytes | None]) -> tuple[Opening, ...]:
    """In turn: everybody's answer in clear; a copier says what the first one said."""
    lead = _lead(answers)
    if lead is None:
        return ()
    first = Opening(statement.request, statement.operators[lead], b"", answers[lead] or b"")
    return tuple(
        copy_answer(first, me) if answer is None else replace(first, operator=me, answer=answer)
        for me, answer in zip(statement.operators, answers, strict=True)
    )


def _committed(
    statement: Statement, answers: list[bytes | None], rule: Commit, rng: np.random.Generator
) -> Transcript:
    """Commitments, then openings; a copier sends the first one's of each under its own name."""
    lead = _lead(answers)
    if lead is None:
        return Transcript((), ())
    pairs: list[tuple[Commitment, Opening] | None] = []
    for me, answer in zip(statement.operators, answers, strict=True):
        if answer is None:
            pairs.append(None)
            continue
        opening = Opening(statement.request, me, fresh(rng), answer)
        value = rule(statement.digest, me, opening.nonce, answer)
        pairs.append((Commitment(statement.request, me, value), opening))
    first = pairs[lead]
    assert first is not None  # the lead has an answer
    both = [
        pair or (copy_commitment(first[0], me), copy_opening(first[1], me))
        for me, pair in zip(statement.operators, pairs, strict=True)
    ]
    return Transcript(tuple(s for s, _ in both), tuple(o for _, o in both))
