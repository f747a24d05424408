"""Operators that cheat on a spot check, and spot checks that let them.

What protects the real protocol is the order: commit, then draw, from coins that nobody could bend.
Each function here breaks a version in which something of that is missing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from .refusal import CheckFailed, expect, expect_tuple
from .spotcheck import Operator, Statement, draw, model
from .wire import digest


def fake(request: bytes) -> int:
    """What an operator sends that did not run the model: a guess, wrong but for luck (2^-31)."""
    return int.from_bytes(digest("a guess", request)[:8], "big") % (2**31 - 1)


def answers_with(statement: Statement, cheats: Collection[int]) -> tuple[int, ...]:
    """The model's answers, but fakes at the indices in `cheats`."""
    wrong = set(cheats)
    return tuple(fake(r) if i in wrong else model(r) for i, r in enumerate(statement.requests))


def cheat(statement: Statement, cheats: Collection[int], salt: bytes) -> Operator:
    """The plain cheat: fake some, commit, hope."""
    return Operator(statement, answers_with(statement, cheats), salt)


def grind(
    statement: Statement, cheats: Collection[int], known: bytes, tries: int
) -> tuple[Operator, int]:
    """Commit again with another salt until the draw from the `known` coins misses every cheat.

    Returns the operator and how many commitments it made; after `tries` the last one, caught or
    not. Each try misses with probability p = missed(N, m, k), so about 1 / p tries are enough.
    """
    answers, wrong = answers_with(statement, cheats), set(cheats)
    for attempt in range(1, tries + 1):
        operator = Operator(statement, answers, digest("salt", attempt))
        if not wrong & set(draw(statement, operator.commitment, known)):
            break
    return operator, attempt


def dodge(
    statement: Statement, cheats: Collection[int], checked: Collection[int], salt: bytes
) -> Operator:
    """Knows what will be checked before it commits: is honest there, and cheats elsewhere."""
    return cheat(statement, set(cheats) - set(checked), salt)


@dataclass(frozen=True)
class NaiveSpotCheck:
    """How not to do it: no commitment, so the operator answers after it knows what is checked.

    indices: what is checked. `first` makes the laziest of all, which always looks at the same.
    """

    statement: Statement
    indices: tuple[int, ...]

    @classmethod
    def first(cls, statement: Statement) -> NaiveSpotCheck:
        return cls(statement, tuple(range(statement.checks)))

    def verify(self, answers: Any) -> dict[int, int]:
        """The checked answers. answers: all N of them. Raises Refused."""
        expect_tuple(answers, len(self.statement.requests), "the answers")
        for i in self.indices:
            if expect(answers[i], int, "an answer") != model(self.statement.requests[i]):
                raise CheckFailed("the model's answer is another", i)
        return {i: answers[i] for i in self.indices}


def fool_naive(check: NaiveSpotCheck) -> tuple[int, ...]:
    """Run the model only where somebody looks; fake all the rest. Never caught."""
    unseen = set(range(len(check.statement.requests))) - set(check.indices)
    return answers_with(check.statement, unseen)
