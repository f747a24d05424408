"""Refereed delegation: two parties say different things of one long computation, and a referee
finds out who is wrong by running a single step of it.

Canetti, Riva and Rothblum, "Refereed delegation of computation", 2013, section 3; with a second
level inside the disputed step as in Verde (Arun and others 2025) and opML (Conway and others 2024).

Statement: which program, from which state, how many steps. Each party commits to the hashes of all
states 0 .. T by a Merkle tree. If the last ones differ, the referee asks both to open the hashes at
k - 1 points between the last state on which they agree and the first on which they differ, until
these are neighbours. A party then sends the agreed state, and the referee runs one step.

If one party is honest, it is never convicted, whatever the other does (up to a collision of
SHA-256): what both agree on is then true, and the step from a true state has one outcome. This is
why steps must be reproducible to the last bit. What happens beyond the step is not judged: if both
lie, both may agree on something false.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy.typing as npt

from .merkle import Commitment, Opening, verify_opening
from .refusal import (
    CheckFailed,
    OutOfField,
    Refused,
    WrongLength,
    WrongStatement,
    expect,
    expect_tuple,
)
from .wire import decode, digest, encode

State = npt.NDArray[Any]
LONGEST = 1 << 24  # bytes of a message that the referee reads
# What a lazy referee may leave out: that a hash lies in the committed tree; that a party's claim
# inside a step is the one it made outside; that the state sent is the agreed one; the re-run.
CHECKS = ("opening", "bound", "state", "rerun")


class Machine(Protocol):
    """A computation in steps. All of it is public: the referee can run any step.

    program: digest of the code's name and of all constants (weights, data). steps: how many.
    """

    @property
    def program(self) -> bytes: ...

    @property
    def steps(self) -> int: ...

    def admit(self, index: int, state: Any) -> State:
        """`state`, if it may be state number `index`. Raises WrongType or WrongLength if it is no
        state, OutOfField if no honest run can come to it."""

    def step(self, index: int, state: State) -> State:
        """State index + 1 from an admitted state number `index`. Never writes into `state`."""

    def inside(self, index: int) -> Machine | None:
        """The operations of which step `index` is made, or None if the referee runs it whole."""


@dataclass(frozen=True)
class Statement:
    """program: as in Machine. start: the hash of state 0 (see Level.leaf). steps: T >= 1."""

    program: bytes
    start: bytes
    steps: int

    @property
    def digest(self) -> bytes:
        return digest("dispute statement", self.program, self.start, self.steps)


@dataclass(frozen=True)
class Level:
    """Where hashes of states come from: the whole computation, or the inside of one step of it.

    The first and last state inside a step are the states before and after the step, and carry the
    hashes that they have outside: so a party that goes inside is bound to what it said before.
    """

    machine: Machine
    key: bytes
    outer: Level | None = None
    at: int = 0

    @property
    def path(self) -> tuple[int, ...]:
        """() for the whole computation, (i,) inside its step i."""
        return () if self.outer is None else (*self.outer.path, self.at)

    def leaf(self, index: int, state: State) -> bytes:
        """32 bytes. Every field has a fixed width, so no two inputs share a spelling."""
        if self.outer is not None and index in (0, self.machine.steps):
            return self.outer.leaf(self.at + (index > 0), state)
        raw = state.astype(state.dtype.newbyteorder("<"), copy=False).tobytes()
        return hashlib.sha256(self.key + index.to_bytes(8, "big") + raw).digest()

    def inside(self, index: int) -> Level | None:
        machine = self.machine.inside(index)
        if machine is None:
            return None
        return Level(machine, digest("dispute inside", self.key, index), self, index)


def whole(machine: Machine) -> Level:
    return Level(machine, digest("dispute states", machine.program, machine.steps))


def state_of(machine: Machine, start: State) -> Statement:
    """The statement that `machine` was run from the state `start`. Raises as Machine.admit: from
    a start that no referee admits, an honest party could not defend its first step."""
    return Statement(
        machine.program, whole(machine).leaf(0, machine.admit(0, start)), machine.steps
    )


@dataclass(frozen=True)
class Question:
    """kind: "commit", "open" or "state". path: the level. points: state numbers, none to commit."""

    kind: str
    path: tuple[int, ...]
    points: tuple[int, ...] = ()

    def encode(self) -> bytes:
        return encode((self.kind, self.path, self.points))


class Party(Protocol):
    def answer(self, question: Question) -> bytes | None:
        """A message as dispute_parties.py spells it; None if no answer came in time."""


@dataclass(frozen=True)
class Round:
    """Both opened `points`, all between `low` and `high`; `same[j]`: did their hashes agree."""

    path: tuple[int, ...]
    low: int
    high: int
    points: tuple[int, ...]
    same: tuple[bool, ...]


@dataclass
class Spent:
    """What the dispute cost the referee. steps: of the lowest level, re-run by it."""

    messages: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    hashes: int = 0
    steps: int = 0


@dataclass(frozen=True)
class Verdict:
    """guilty: name -> the reason, an error of refusal.py; empty if the parties agree.

    at: the disputed step, as (step,) or (step, operation); None if the search did not end.
    stands: name -> the root of each party that is not refuted. Its last state is right if one of
    the two parties is honest; the referee knows no more than that.
    """

    guilty: Mapping[str, Refused]
    at: tuple[int, ...] | None
    stands: Mapping[str, bytes]
    rounds: tuple[Round, ...]
    spent: Spent = field(compare=False)


def rounds_needed(steps: int, arity: int = 2) -> int:
    """ceil(log_k T), in whole numbers."""
    rounds, reach = 0, 1
    while reach < steps:
        rounds, reach = rounds + 1, reach * arity
    return rounds


def split(low: int, high: int, arity: int) -> tuple[int, ...]:
    """At most k - 1 points between, which leave gaps of at most ceil((high - low) / k)."""
    gap = -(-(high - low) // arity)
    return tuple(range(low + gap, high, gap))


class Referee:
    """One dispute. `settle` is the protocol from top to bottom; nothing in it trusts a party.

    skip: names out of CHECKS that a lazy referee leaves out, to show what they are for.
    """

    def __init__(
        self,
        statement: Statement,
        machine: Machine,
        parties: Mapping[str, Party],
        arity: int = 2,
        skip: frozenset[str] = frozenset(),
    ):
        if (machine.program, machine.steps) != (statement.program, statement.steps):
            raise WrongStatement("the statement is about another program")
        if len(parties) != 2 or arity < 2 or not skip <= set(CHECKS):
            raise ValueError("two parties, two or more parts, and known checks")
        self.statement, self.parties, self.arity, self.skip = statement, parties, arity, skip
        self.machine = machine
        self.guilty: dict[str, Refused] = {}
        self.rounds: list[Round] = []
        self.spent = Spent()

    def settle(self) -> Verdict:
        level: Level = whole(self.machine)
        first = self.statement.start
        last: Mapping[str, bytes | None] = dict.fromkeys(self.parties)
        roots: dict[str, bytes] = {}
        while True:
            trees, ends = self._commitments(level, first, last)
            roots = roots or {name: tree.root for name, tree in trees.items()}
            if self.guilty or len(set(ends.values())) == 1:
                return self._verdict(None, roots)
            found = self._search(level, trees, first, ends)
            if found is None:
                return self._verdict(None, roots)
            low, first, last = found
            deeper = level.inside(low)
            if deeper is None:
                break
            level = deeper
        self._judge(level, low, first, last)
        return self._verdict((*level.path, low), roots)

    def _commitments(
        self, level: Level, first: bytes, last: Mapping[str, bytes | None]
    ) -> tuple[dict[str, Commitment], dict[str, bytes]]:
        """Each party's tree of hashes, opened at both ends."""
        trees, ends = {}, {}
        for name in self.parties:
            try:
                tag, about, count, root, *edges = expect_tuple(
                    self._ask(name, Question("commit", level.path)), 6, "a commitment"
                )
                for part, kind in ((tag, str), (about, bytes)):
                    expect(part, kind, "what is committed to")
                if (tag, about) != ("commit", self.statement.digest):
                    raise WrongStatement("a commitment to another computation")
                if expect(count, int, "the number of states") != level.machine.steps + 1:
                    raise WrongLength(f"{level.machine.steps + 1} states were asked for")
                if len(expect(root, bytes, "the root")) != 32:
                    raise WrongLength("a root has 32 bytes")
                tree = Commitment(count, root)
                begin = self._opened(tree, edges[0], 0)
                ends[name] = self._opened(tree, edges[1], level.machine.steps)
                if begin != first:
                    raise CheckFailed("the first state is not the one agreed on")
                if last[name] not in (None, ends[name]) and "bound" not in self.skip:
                    raise CheckFailed("the last state is not the one it claimed before")
                trees[name] = tree
            except Refused as error:
                self.guilty[name] = error
        return trees, ends

    def _search(
        self, level: Level, trees: Mapping[str, Commitment], first: bytes, ends: dict[str, bytes]
    ) -> tuple[int, bytes, dict[str, bytes]] | None:
        """Down to neighbours: (low, the agreed hash at low, each one's hash at low + 1), or None
        when a party gave no good answer."""
        low, high, agreed, apart = 0, level.machine.steps, first, ends
        while high - low > 1:
            points = split(low, high, self.arity)
            question = Question("open", level.path, points)
            said: dict[str, list[bytes]] = {}
            for name, tree in trees.items():
                try:
                    raw = expect_tuple(self._ask(name, question), len(points), "an answer")
                    said[name] = [
                        self._opened(tree, one, at) for one, at in zip(raw, points, strict=True)
                    ]
                except Refused as error:
                    self.guilty[name] = error
            if self.guilty:
                self.rounds.append(Round(level.path, low, high, points, ()))
                return None
            one, other = said.values()
            same = tuple(a == b for a, b in zip(one, other, strict=True))
            self.rounds.append(Round(level.path, low, high, points, same))
            differ = same.index(False) if False in same else len(points)
            if differ < len(points):
                high, apart = points[differ], {name: said[name][differ] for name in said}
            if differ:
                low, agreed = points[differ - 1], one[differ - 1]
        return low, agreed, apart

    def _judge(self, level: Level, low: int, agreed: bytes, apart: Mapping[str, bytes]) -> None:
        """The one step that the referee runs itself."""
        asked, other = self.parties
        if "rerun" in self.skip:
            self.guilty[other] = CheckFailed("the referee believed the party that it asked first")
            return
        try:
            sent = self._ask(asked, Question("state", level.path, (low,)))
            state, outside = self._admitted(level, low, sent)
            self.spent.hashes += 1
            if "state" not in self.skip and level.leaf(low, state) != agreed:
                raise CheckFailed("the state sent is not the one agreed on")
        except Refused as error:
            self.guilty[asked] = error
            return
        if outside is not None:  # and both said it: no honest party does
            self.guilty |= dict.fromkeys(self.parties, outside)
            return
        self.spent.steps += 1
        self.spent.hashes += 1
        right = level.leaf(low + 1, level.machine.step(low, state))
        for name, claimed in apart.items():
            if claimed != right:
                self.guilty[name] = CheckFailed("its state after the disputed step is wrong")

    def _admitted(self, level: Level, index: int, sent: Any) -> tuple[State, OutOfField | None]:
        """The state, and why no honest run comes to it, if so. Raises Refused if it is none."""
        try:
            return level.machine.admit(index, sent), None
        except OutOfField as error:
            return sent, error

    def _ask(self, name: str, question: Question) -> Any:
        """The answer, read; nothing in it is checked yet. Raises Refused."""
        self.spent.messages += 1
        self.spent.bytes_out += len(question.encode())
        message = self.parties[name].answer(question)
        if message is None:
            raise CheckFailed("no answer in time", len(self.rounds))
        if type(message) is bytes:
            self.spent.bytes_in += len(message)
            if len(message) > LONGEST:
                raise WrongLength(f"a message has at most {LONGEST} bytes")
        return decode(message)

    def _opened(self, tree: Commitment, raw: Any, at: int) -> bytes:
        """The hash of state number `at` in the tree."""
        opening = Opening(*expect_tuple(raw, 3, "an opening"))
        if expect(opening.index, int, "the state's number") != at:
            raise CheckFailed(f"another state than number {at} was opened", len(self.rounds))
        if len(expect(opening.leaf, bytes, "the hash of a state")) != 32:
            raise WrongLength("the hash of a state has 32 bytes")
        if "opening" in self.skip:
            return bytes(opening.leaf)
        self.spent.hashes += 1 + len(expect(opening.path, tuple, "the path"))
        return verify_opening(tree, opening)

    def _verdict(self, at: tuple[int, ...] | None, roots: Mapping[str, bytes]) -> Verdict:
        stands = {name: root for name, root in roots.items() if name not in self.guilty}
        return Verdict(dict(self.guilty), at, stands, tuple(self.rounds), self.spent)


def settle(
    statement: Statement,
    machine: Machine,
    parties: Mapping[str, Party],
    arity: int = 2,
    skip: frozenset[str] = frozenset(),
) -> Verdict:
    """The referee's verdict. Raises WrongStatement if `machine` is not the statement's program."""
    return Referee(statement, machine, parties, arity, skip).settle()
