"""A spot check: the operator is bound to all its answers before it learns which are looked at.

Statement: a batch of requests, and how many of the answers will be checked. Prover: the operator.
It commits to every answer with one Merkle root. Only then are the checked ones drawn, from coins
that it could not know: the verifier's, committed to beforehand, or a public beacon's. It opens
those, and the verifier runs the model on them again.

A cheat on m of N answers is missed with probability C(N - m, k) / C(N, k), exactly, if k are
checked (spotcheck_game.missed). Order is everything: spotcheck_cheats.py breaks each shortcut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .fiat_shamir import Transcript
from .field import MERSENNE31
from .merkle import Commitment, Opening, Tree, verify_opening
from .refusal import CheckFailed, WrongLength, WrongStatement, WrongType, expect, expect_tuple
from .wire import decode, digest, encode

ROUNDS = 32  # squarings an answer takes: what makes asking cheaper than answering
HASH = 32  # bytes
Model = Callable[[bytes], int]


def model(request: bytes) -> int:
    """The deterministic stand-in for an expensive model: a number below 2^31 - 1."""
    state = int.from_bytes(digest("request", request)[:8], "big") % MERSENNE31.p
    for step in range(ROUNDS):
        state = (state * state + step) % MERSENNE31.p
    return state


@dataclass(frozen=True)
class Statement:
    """What both sides know. batch: a name never used twice. requests: N different byte strings.
    checks: k, how many answers will be opened, 1 to N."""

    batch: bytes
    requests: tuple[bytes, ...]
    checks: int

    def __post_init__(self) -> None:
        if len(set(self.requests)) != len(self.requests):
            raise ValueError("two equal requests in a batch")
        if not 1 <= self.checks <= len(self.requests):
            raise ValueError(f"checks must be 1 to {len(self.requests)}, not {self.checks}")

    @property
    def digest(self) -> bytes:
        """32 bytes that stand for all of it."""
        return digest("spotcheck statement", self.batch, self.requests, self.checks)


@dataclass(frozen=True)
class Proof:
    """What the operator sends: first the commitment, and after the draw the openings, by index."""

    commitment: Commitment
    openings: tuple[Opening, ...]

    def to_wire(self) -> bytes:
        opened = tuple((o.index, o.leaf, o.path) for o in self.openings)
        return encode(("spotcheck", self.commitment.count, self.commitment.root, opened))

    @staticmethod
    def from_wire(message: Any) -> Proof:
        """Raises Refused if the bytes are no proof."""
        name, count, root, opened = expect_tuple(decode(message), 4, "a proof")
        if expect(name, str, "the label") != "spotcheck":
            raise WrongType("this message is no proof of a spot check")
        expect(opened, tuple, "the openings")
        openings = tuple(Opening(*expect_tuple(one, 3, "an opening")) for one in opened)
        return Proof(Commitment(expect(count, int, "the count"), root), openings)


class Operator:
    """The prover. `answers` are what it claims, honest or not; `salt` makes its leaves unguessable,
    so that the root says nothing about answers that are not opened."""

    def __init__(self, statement: Statement, answers: tuple[int, ...], salt: bytes):
        self.statement = statement
        leaves = [_leaf(statement, i, answer, salt) for i, answer in enumerate(answers)]
        self._tree = Tree(leaves)
        self.commitment = self._tree.commitment

    def open(self, indices: tuple[int, ...]) -> Proof:
        return Proof(self.commitment, tuple(self._tree.open(i) for i in indices))


def honest_operator(statement: Statement, salt: bytes) -> Operator:
    return Operator(statement, tuple(model(request) for request in statement.requests), salt)


def _leaf(statement: Statement, index: int, answer: int, salt: bytes) -> bytes:
    return encode((statement.digest, index, answer, digest("spotcheck blind", salt, index)))


def draw(statement: Statement, commitment: Commitment, coins: bytes) -> tuple[int, ...]:
    """The k indices to check, ascending, without replacement; each set is equally likely.

    coins: what the operator could not know when it committed: the verifier's secret, or the value
    of a public beacon. With coins that it knew (b"" is the worst) it commits again and again
    until the draw suits it: spotcheck_cheats.grind.
    """
    said = Transcript("spotcheck draw")
    said.absorb("statement", statement.digest)
    said.absorb("commitment", (commitment.count, commitment.root))
    said.absorb("coins", coins)
    indices = list(range(len(statement.requests)))
    for i in range(statement.checks):  # the start of a Fisher-Yates shuffle
        j = i + _below(said, len(indices) - i)
        indices[i], indices[j] = indices[j], indices[i]
    return tuple(sorted(indices[: statement.checks]))


def _below(said: Transcript, span: int) -> int:
    """A uniform number below `span`: draws past the last whole multiple are thrown away."""
    while True:
        (number,) = said.challenge("index", MERSENNE31, 1)
        if number < MERSENNE31.p - MERSENNE31.p % span:
            return int(number % span)


def well_formed(statement: Statement, commitment: Any) -> Commitment:
    """The verifier's own copy of an untrusted commitment. Raises WrongType or WrongLength."""
    expect(commitment, Commitment, "the commitment")
    if len(expect(commitment.root, bytes, "the root")) != HASH:
        raise WrongLength("a root has 32 bytes")
    if expect(commitment.count, int, "the count") != len(statement.requests):
        raise WrongLength("the commitment is to another number of answers")
    return Commitment(commitment.count, commitment.root)


def verify(
    statement: Statement, coins: bytes, proof: Any, recompute: Model = model
) -> dict[int, int]:
    """The checked answers by index, if each is the model's. The verifier runs the model k times.

    Raises Refused: Malformed if this is no proof, WrongStatement if it answers another batch,
    CheckFailed with `round` = the index of the first answer that is wrong or not shown.
    """
    expect(proof, Proof, "the proof")
    well_formed(statement, proof.commitment)
    expected = draw(statement, proof.commitment, coins)
    checked: dict[int, int] = {}
    openings = expect_tuple(proof.openings, len(expected), "the openings")
    for index, opening in zip(expected, openings, strict=True):
        leaf = verify_opening(proof.commitment, opening)
        if opening.index != index:
            raise CheckFailed("the answer shown is not the one that was drawn", index)
        bound, place, answer, _ = expect_tuple(decode(leaf), 4, "a leaf")
        if expect(bound, bytes, "a leaf's statement") != statement.digest:
            raise WrongStatement("an answer to another batch")
        if expect(place, int, "a leaf's index") != index:
            raise CheckFailed("the leaf stands at another index than it says", index)
        if expect(answer, int, "an answer") != recompute(statement.requests[index]):
            raise CheckFailed("the model's answer is another", index)
        checked[index] = answer
    return checked


class Verifier:
    """The verifier with coins of its own. It commits to them before it sees the operator's root,
    so that neither side can bend the draw after seeing the other's part."""

    def __init__(self, statement: Statement, rng: np.random.Generator):
        self.statement = statement
        self._coins = rng.bytes(HASH)
        self.promise = promise(statement, self._coins)
        self._commitment: Commitment | None = None

    def receive(self, commitment: Commitment) -> bytes:
        """Keep the first commitment; only then give the coins away. Raises CheckFailed if the
        operator has committed before, WrongType or WrongLength for what commits to nothing."""
        if self._commitment is not None:
            raise CheckFailed("one batch, one commitment")
        self._commitment = well_formed(self.statement, commitment)
        return self._coins

    def check(self, proof: Any) -> dict[int, int]:
        """As `verify`; also refuses a proof on another root than the one that was sent first."""
        expect(proof, Proof, "the proof")
        if well_formed(self.statement, proof.commitment) != self._commitment:
            raise CheckFailed("not the commitment that was sent before the draw")
        return verify(self.statement, self._coins, proof)


def promise(statement: Statement, coins: bytes) -> bytes:
    """The verifier's commitment to its coins; who sees them later checks them against it."""
    return digest("spotcheck coins", statement.digest, coins)
