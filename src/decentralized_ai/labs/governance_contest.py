"""The tournament of the lab "Run the network's politics": each strategy against each other one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from .attempt import Wrong
from .governance_game import Setting, accept_validator, play
from .governance_strategies import BUILT_IN, Honest

# A table has eight seats: four honest validators with 52% of the stake, and two for each of the two
# who meet, with the same stakes.
HOUSE = (18, 14, 11, 9)
GUESTS = (14, 10)
LAG = 6  # epochs, in the tournament


@dataclass(frozen=True)
class Row:
    """How one strategy did: what its stake brought (100: as much as stakes do on average), and
    how often it tested everybody, a hundred epochs."""

    name: str
    earned: float
    tests: float
    rank: int


@dataclass(frozen=True)
class Standings:
    rows: tuple[Row, ...]

    def __repr__(self) -> str:
        width = max(len("strategy"), *(len(row.name) for row in self.rows))
        lines = [f"rank  {'strategy':<{width}}  earned  tests"]
        for row in self.rows:
            lines.append(f"{row.rank:>4}  {row.name:<{width}}  {row.earned:6.1f}  {row.tests:5.0f}")
        lines.append("earned: 100 is what a stake brings on average")
        return "\n".join(lines)

    def of(self, name: str) -> Row:
        return next(row for row in self.rows if row.name == name)


def meet(
    one: Any, two: Any, setting: Setting, seeds: Sequence[int]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """(earned, tests) of each of the two, the mean over `seeds`, at a table with the house."""
    shares = np.array(GUESTS) / sum(GUESTS)
    earned, tests = [], []
    for seed in seeds:
        seats = [Honest] * len(HOUSE) + [one] * len(GUESTS) + [two] * len(GUESTS)
        played = play(setting, seats, (*HOUSE, *GUESTS, *GUESTS), seed)
        guests = slice(len(HOUSE), None)
        earned.append(played.returns()[guests].reshape(2, -1) @ shares)
        tests.append(100 * played.tests.mean(axis=0)[guests].reshape(2, -1) @ shares)
    first, second = np.mean(earned, axis=0).tolist()
    looked, checked = np.mean(tests, axis=0).tolist()
    return (first, looked), (second, checked)


@cache
def _known(
    name: str, other: str, setting: Setting, seeds: tuple[int, ...]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The same of two built-in ones, which meet in every tournament."""
    return meet(BUILT_IN[name], BUILT_IN[other], setting, seeds)


def tournament(
    strategies: Mapping[str, Any] | None = None,
    seeds: Sequence[int] = (1, 2, 3),
    lag: int = LAG,
) -> Standings:
    """`strategies` and the built-in ones, each against each other one, on a network a seed. Weights
    become public `lag` epochs late. Wrong, in words, on a strategy that cannot be run."""
    mine = {name: accept_validator(value) for name, value in (strategies or {}).items()}
    for name in mine:
        if name in BUILT_IN:
            raise Wrong(f"{name!r} is the name of a built-in strategy: give yours another one.")
    entries = {**BUILT_IN, **mine}
    setting = replace(Setting(), lag=lag)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in entries}
    for (name, one), (other, two) in combinations(entries.items(), 2):
        if name in BUILT_IN and other in BUILT_IN:
            first, second = _known(name, other, setting, tuple(seeds))
        else:
            first, second = meet(one, two, setting, seeds)
        found[name].append(first)
        found[other].append(second)
    means = {name: np.mean(every, axis=0).tolist() for name, every in found.items()}
    order = sorted(means, key=lambda name: -means[name][0])
    rows = [
        Row(name, means[name][0], means[name][1], rank) for rank, name in enumerate(order, start=1)
    ]
    return Standings(tuple(rows))
