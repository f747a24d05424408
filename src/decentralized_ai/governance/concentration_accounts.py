"""Holders as a reader sets them: accounts, owners, a cap on what an account counts for, and the
layers on which the whole thing stands."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from ..recorded import load
from .concentration import coefficient, evenness, gini, herfindahl

SHARES = {33: Fraction(1, 3), 50: Fraction(1, 2), 67: Fraction(2, 3)}
RECORD = load("concentration")
LAYERS: dict[str, dict[str, Any]] = RECORD["words"]


@dataclass(frozen=True)
class Holders:
    """stakes: whole numbers; who holds nothing is no holder. tail: further holders of one unit
    each. parts: accounts over which the largest holder spreads its stake evenly. cap: percent of
    all stake for which an account counts at most. All weights are whole numbers, in one unit."""

    stakes: tuple[int, ...]
    tail: int = 0
    parts: int = 1
    cap: int = 100

    @cached_property
    def owned(self) -> list[tuple[int, int, int]]:
        """Of each owner, the largest first: (its place among the stakes, accounts, weight of
        each). The tail's places follow those of the stakes."""
        held = [(x, i) for i, x in enumerate((*self.stakes, *[1] * self.tail)) if x]
        ranked = sorted(held, key=lambda pair: (-pair[0], pair[1]))
        unit = 100 * self.parts  # a stake of one, so that parts and caps are whole numbers
        limit = self.cap * self.parts * sum(x for x, _ in ranked)
        spread = [self.parts if not rank else 1 for rank in range(len(ranked))]
        return [
            (i, parts, min(x * unit // parts, limit))
            for (x, i), parts in zip(ranked, spread, strict=True)
        ]

    @cached_property
    def accounts(self) -> list[tuple[int, int]]:
        """(weight, place of its owner) of each account, the largest first."""
        every = [(weight, i) for i, parts, weight in self.owned for _ in range(parts)]
        return sorted(every, key=lambda pair: -pair[0])

    @property
    def weights(self) -> list[int]:
        """Of the accounts, the largest first."""
        return [weight for weight, _ in self.accounts]

    @property
    def owners(self) -> list[int]:
        """What all accounts of an owner count for together."""
        return [parts * weight for _, parts, weight in self.owned]

    def measures(self) -> dict[str, float]:
        """As the accounts look: Gini, HHI times 10,000, as many equal holders, and the evenness
        if there are two."""
        square = herfindahl(self.weights)
        found = {
            "gini": float(gini(self.weights)),
            "hhi": float(10_000 * square),
            "equal": float(1 / square),
        }
        if len(self.weights) > 1:
            found["evenness"] = evenness(self.weights)
        return found


def layer(name: str) -> list[int]:
    """The holders of a recorded layer; what is left over as holders of one unit each."""
    held: list[int] = []
    for record in RECORD["layers"][name]:
        held += [1] * record["share"] if record.get("others") else [record["share"]]
    return held


def needed(name: str, threshold: Fraction) -> int:
    """How many holders of a recorded layer pass the threshold together."""
    return coefficient(layer(name), threshold)


def checked() -> str:
    """The day on which the record was last held against its sources."""
    return str(RECORD["checked"])
