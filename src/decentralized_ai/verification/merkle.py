"""A Merkle tree as in RFC 6962, section 2.1: a short commitment to many values in an order.

Two classic attacks fail here, and tests/verification/test_merkle.py tries both. A leaf is hashed
with the byte 0 in front and a node with the byte 1, so an inner node cannot be shown as a leaf.
An odd leaf is carried up, never doubled, and the commitment says how many leaves there are, so two
lists never share one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .refusal import CheckFailed, WrongLength, expect


@dataclass(frozen=True)
class Commitment:
    """To `count` leaves. root: 32 bytes."""

    count: int
    root: bytes


@dataclass(frozen=True)
class Opening:
    """Leaf number `index` (from 0) with the hashes beside its path, from the leaf upwards."""

    index: int
    leaf: bytes
    path: tuple[bytes, ...]


def hash_leaf(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The prover's side: all leaves, kept. Building takes 2n hashes; an opening takes none."""

    def __init__(self, leaves: Sequence[bytes]):
        if not leaves:
            raise ValueError("a tree needs a leaf")
        self.leaves = tuple(leaves)
        self._levels = [[hash_leaf(leaf) for leaf in self.leaves]]
        while len(level := self._levels[-1]) > 1:
            above = [hash_node(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
            self._levels.append(above + level[len(level) // 2 * 2 :])

    @property
    def commitment(self) -> Commitment:
        return Commitment(len(self.leaves), self._levels[-1][0])

    def open(self, index: int) -> Opening:
        """Raises IndexError if there is no such leaf."""
        if not 0 <= index < len(self.leaves):
            raise IndexError(f"no leaf {index} of {len(self.leaves)}")
        path, at = [], index
        for level in self._levels[:-1]:
            if (at ^ 1) < len(level):
                path.append(level[at ^ 1])
            at //= 2
        return Opening(index, self.leaves[index], tuple(path))


def verify_opening(commitment: Commitment, opening: Any) -> bytes:
    """The leaf, if the opening shows that it lies at its index. Raises Refused otherwise."""
    expect(opening, Opening, "an opening")
    expect(opening.index, int, "the index")
    expect(opening.leaf, bytes, "the leaf")
    expect(opening.path, tuple, "the path")
    if not 0 <= opening.index < commitment.count:
        raise CheckFailed(f"the leaf's number is not one of {commitment.count}")
    beside = [bytes(expect(step, bytes, "a hash on the path")) for step in opening.path]
    if any(len(step) != 32 for step in beside):
        raise WrongLength("a hash on the path is not 32 bytes long")
    node, at, count = hash_leaf(opening.leaf), opening.index, commitment.count
    while count > 1:
        # The last node of an odd level has nothing beside it and is carried up.
        if (at ^ 1) < count:
            if not beside:
                raise WrongLength("the path ends below the root")
            step = beside.pop(0)
            node = hash_node(step, node) if at % 2 else hash_node(node, step)
        at, count = at // 2, (count + 1) // 2
    if beside:
        raise WrongLength("the path goes on above the root")
    if node != commitment.root:
        raise CheckFailed("the path does not lead to the committed root")
    return bytes(opening.leaf)
