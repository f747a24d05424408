"""The two sides of a dispute: one that answers honestly, and ways to lie.

A commitment is ("commit", digest of the statement, number of leaves, root, first opening, last
opening), an opening is (index, leaf, path), an answer to "open" a tuple of openings in the order
asked, and an answer to "state" the state, an array. Each message is wire.encode of that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .dispute import Level, Machine, Question, State, Statement, whole
from .merkle import Opening, Tree
from .wire import encode

CHEATS = {
    "alter": "alters a number from then on",
    "cheap": "uses coarser numbers from then on",
    "skip": "leaves out a step",
    "input": "starts from another input",
    "forge": "sends a forged state",
    "root": "commits to a lie, answers truly",
    "waver": "changes its story half-way",
    "retract": "takes it back inside the step",
    "length": "claims one step more",
    "silent": "stops answering",
}


def run(machine: Machine, start: State, first: int = 0) -> list[State]:
    """States number first .. T, by running every step after `first`."""
    states = [start]
    for index in range(first, machine.steps):
        states.append(machine.step(index, states[-1]))
    return states


class Honest:
    """Keeps the states of its run and answers what is asked."""

    def __init__(self, statement: Statement, machine: Machine, states: Sequence[State]):
        self.statement, self.states = statement, list(states)
        self._levels: dict[tuple[int, ...], Level] = {(): whole(machine)}
        self._trees: dict[tuple[int, ...], Tree] = {}
        self._traces: dict[tuple[int, ...], list[State]] = {(): self.states}

    def answer(self, question: Question) -> bytes | None:
        tree = self._tree(question.path)
        if question.kind == "commit":
            root, count = tree.commitment.root, tree.commitment.count
            ends = (spell(tree.open(0)), spell(tree.open(count - 1)))
            return encode(("commit", self.statement.digest, count, root, *ends))
        if question.kind == "open":
            return encode(tuple(spell(tree.open(at)) for at in question.points))
        return encode(self._traces[question.path][question.points[0]])

    def _level(self, path: tuple[int, ...]) -> Level:
        if path not in self._levels:
            level = self._level(path[:-1]).inside(path[-1])
            assert level is not None, "the referee asks only about levels that exist"
            self._levels[path] = level
        return self._levels[path]

    def _tree(self, path: tuple[int, ...]) -> Tree:
        if path not in self._trees:
            level = self._level(path)
            if path not in self._traces:
                self._traces[path] = self._inside(level)
            states = self._traces[path]
            self._trees[path] = Tree([level.leaf(i, state) for i, state in enumerate(states)])
        return self._trees[path]

    def _inside(self, level: Level) -> list[State]:
        """The states inside a step, between the two outside that it already stands for."""
        states = run(level.machine, self._before(level))
        return [*states[:-1], self._after(level)]

    def _before(self, level: Level) -> State:
        return self._traces[level.path[:-1]][level.at]

    def _after(self, level: Level) -> State:
        return self._traces[level.path[:-1]][level.at + 1]


def spell(opening: Opening) -> tuple[int, bytes, tuple[bytes, ...]]:
    return opening.index, opening.leaf, opening.path


class Liar(Honest):
    """Keeps a false run, and defends it as well as it can. Inside a step that it computed rightly
    it is honest; inside one that it did not, it is honest up to operation `slip` and invents the
    rest."""

    def __init__(
        self, statement: Statement, machine: Machine, states: Sequence[State], slip: int = 0
    ):
        super().__init__(statement, machine, states)
        self.slip = slip

    def _inside(self, level: Level) -> list[State]:
        states, claimed = run(level.machine, self._before(level)), self._after(level)
        if np.array_equal(states[-1], claimed):
            return states
        slip = self.slip % level.machine.steps
        return [*states[: slip + 1], *(bent(s) for s in states[slip + 1 : -1]), claimed]


class Forger(Liar):
    """Its false run goes on from a bent copy of the last true state, which it shows as if it were
    the one agreed on."""

    def _inside(self, level: Level) -> list[State]:
        return [self._before(level), *run(level.machine, bent(self._before(level)))[1:]]

    def answer(self, question: Question) -> bytes | None:
        if question.kind == "state":
            return encode(bent(self._traces[question.path][question.points[0]]))
        return super().answer(question)


class TwoFaced(Liar):
    """Commits to its false run and answers from the true one: always (`turn` 0), or only after
    `turn` rounds of openings; and inside a step, which nobody has seen yet, always."""

    def __init__(
        self,
        statement: Statement,
        machine: Machine,
        states: Sequence[State],
        truth: Honest,
        turn: int,
    ):
        super().__init__(statement, machine, states)
        self.truth, self.turn, self.asked = truth, turn, 0

    def answer(self, question: Question) -> bytes | None:
        if question.kind == "commit" and not question.path and self.turn == 0:
            tree, true = self._tree(()), self.truth._tree(())
            count = tree.commitment.count
            ends = (spell(true.open(0)), spell(true.open(count - 1)))
            return encode(("commit", self.statement.digest, count, tree.commitment.root, *ends))
        self.asked += question.kind == "open"
        if question.path or self.asked > self.turn:
            return self.truth.answer(question)
        return super().answer(question)


class Silent(Liar):
    """Says nothing any more after `turn` rounds of openings."""

    def __init__(self, statement: Statement, machine: Machine, states: Sequence[State], turn: int):
        super().__init__(statement, machine, states)
        self.turn, self.asked = turn, 0

    def answer(self, question: Question) -> bytes | None:
        self.asked += question.kind == "open"
        return None if self.asked > self.turn else super().answer(question)


def bent(state: State) -> State:
    """Another state of the same shape: the first number is off by a sixteenth of a unit."""
    other = state.copy()
    other[0] += 64 if other.dtype.kind == "i" else np.float32(2**-4)
    return other


def false_run(
    kind: str, machine: Machine, coarse: Machine, truth: Sequence[State], at: int
) -> list[State]:
    """A run that leaves the true one at state `at`, 1 .. T (for "input": at state 0).

    coarse: the same computation with rounded constants. It may happen to give the same states.
    """
    if kind == "input":
        return run(machine, bent(truth[0]))
    kept = list(truth[:at])
    if kind == "skip":
        return kept + run(machine, truth[at - 1], at)
    if kind == "cheap":
        return kept + run(coarse, truth[at - 1], at - 1)[1:]
    if kind == "forge":
        # A training run forgets a small push within one step now and then: take the next it keeps.
        for index in range(at, len(truth)):
            pushed = machine.step(index - 1, bent(truth[index - 1]))
            if not np.array_equal(pushed, truth[index]):
                return [*truth[:index], pushed, *map(bent, truth[index + 1 :])]
    lie = kept + [bent(state) for state in truth[at:]]
    return [*lie, lie[-1]] if kind == "length" else lie


def make_liar(
    kind: str,
    statement: Statement,
    machine: Machine,
    coarse: Machine,
    truth: Sequence[State],
    at: int,
    slip: int = 0,
    turn: int = 1,
) -> Honest:
    """A cheat out of CHEATS that leaves the true run at state `at`. See Liar for `slip`; turn: the
    rounds after which "waver" and "silent" change their behaviour."""
    states = false_run(kind, machine, coarse, truth, at)
    if kind == "forge":
        return Forger(statement, machine, states)
    if kind in ("root", "waver", "retract"):
        honest = Honest(statement, machine, truth)
        turns = {"root": 0, "waver": turn, "retract": machine.steps}
        return TwoFaced(statement, machine, states, honest, turns[kind])
    if kind == "silent":
        return Silent(statement, machine, states, turn)
    return Liar(statement, machine, states, slip)
