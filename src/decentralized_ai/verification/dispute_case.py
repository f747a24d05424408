"""A whole dispute from a few settings: who computes what, who lies how, where."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from .dispute import Machine, Statement, Verdict, settle, state_of
from .dispute_costs import Forecast, forecast, most_rounds
from .dispute_machines import BATCH, FEATURES, OPERATIONS, Training
from .dispute_parties import Honest, make_liar, run
from .dispute_transformer import SIZE, Transformer
from .wire import encode

OTHER_ORDER = ("backward", "pairwise", "blocked")  # float32 computations in which B adds otherwise
COMPUTATIONS = ("training", "transformer", "agreed", *OTHER_ORDER)


@dataclass(frozen=True)
class Case:
    """parties: "A", who is asked first, and "B". sizes: steps of each level. liars: who cheats.
    false: whose last state is not what it would be without the cheat."""

    statement: Statement
    machine: Machine
    parties: dict[str, Honest]
    sizes: tuple[int, ...]
    liars: frozenset[str]
    false: frozenset[str]

    @property
    def gap(self) -> float:
        """The largest difference between a number of A's last state and of B's."""
        a, b = (self.parties[name].states[-1].astype(np.float64) for name in "AB")
        return float(np.abs(a - b).max())

    def settle(self, arity: int = 2, skip: frozenset[str] = frozenset()) -> Verdict:
        return settle(self.statement, self.machine, self.parties, arity, skip)


def machine_of(
    computation: str, steps: int, seed: int, party: str = "A", coarse: bool = False
) -> Training | Transformer:
    """What `party` runs. The referee runs what A does; B's order of sums may be another."""
    if computation == "transformer":
        return Transformer(steps, seed, coarse)
    order = computation if party == "B" and computation in OTHER_ORDER else "forward"
    return Training(steps, seed, computation != "training", order, coarse)


@lru_cache(maxsize=16)
def honest_run(computation: str, steps: int, seed: int, party: str) -> tuple[Any, ...]:
    """All states that an honest `party` has."""
    machine = machine_of(computation, steps, seed, party)
    return tuple(run(machine, machine.start()))


def sizes_of(computation: str, steps: int) -> tuple[int, ...]:
    return (steps,) if computation == "transformer" else (steps, OPERATIONS)


def first_false(strike: float, steps: int) -> int:
    """The state at which a lie begins that strikes at `strike` percent: 1 .. steps."""
    return 1 + int(strike * (steps - 1) // 100)


def slip_of(seed: int) -> int:
    """The operation inside the step after which a liar invents."""
    return int(np.random.default_rng([seed, 65]).integers(OPERATIONS))


def make_case(
    computation: str, steps: int, seed: int, cheat: str, liars: str, strike: float, arity: int = 2
) -> Case:
    """liars: "", "A", "B" or "AB". When both lie, B tells another lie, from half as far. One that
    turns ("waver", "silent") does so after half of the first level's rounds."""
    machine = machine_of(computation, steps, seed)
    statement = state_of(machine, machine.start())
    turn = max(1, most_rounds([steps], arity) // 2)
    parties, false = {}, set()
    for name in "AB":
        own = machine_of(computation, steps, seed, name)
        truth = honest_run(computation, steps, seed, name)
        parties[name] = Honest(statement, own, truth)
        if name in liars:
            kind, at = cheat, first_false(strike, steps)
            if liars == "AB" and name == "B":
                kind, at = ("alter" if cheat == "cheap" else "cheap"), (at + 1) // 2
            coarse = machine_of(computation, steps, seed, name, coarse=True)
            parties[name] = make_liar(kind, statement, own, coarse, truth, at, slip_of(seed), turn)
            if not np.array_equal(parties[name].states[-1], truth[-1]):
                false.add(name)
    sizes = sizes_of(computation, steps)
    return Case(statement, machine, parties, sizes, frozenset(liars), frozenset(false))


@lru_cache(maxsize=256)
def expected_cost(computation: str, steps: int, strike: float, arity: int, seed: int) -> Forecast:
    """Of a dispute about a lie there that is fought to its end."""
    at: tuple[int, ...] = (first_false(strike, steps) - 1,)
    if computation == "transformer":
        state = np.zeros(SIZE, dtype=np.int64)
    else:
        at = (*at, min(slip_of(seed), OPERATIONS - 1))
        kind = np.int64 if computation == "training" else np.float32
        state = np.zeros(FEATURES if at[1] == 0 else 2 * FEATURES + BATCH, dtype=kind)
    return forecast(sizes_of(computation, steps), at, arity, len(encode(state)))
