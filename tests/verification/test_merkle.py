"""The Merkle tree against the vectors of Certificate Transparency, and against known attacks."""

import hashlib
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from decentralized_ai.verification.merkle import (
    Commitment,
    Opening,
    Tree,
    hash_node,
    verify_opening,
)
from decentralized_ai.verification.refusal import CheckFailed, WrongLength

from .tamper import refused, spoil

CASES = json.loads((Path(__file__).parents[1] / "data/rfc6962_cases.json").read_text("utf-8"))
LEAVES = [bytes.fromhex(leaf) for leaf in CASES["leaves"]]


def test_roots_equal_those_of_another_implementation() -> None:
    for size, root in enumerate(CASES["roots"], 1):
        assert Tree(LEAVES[:size]).commitment == Commitment(size, bytes.fromhex(root))


@pytest.mark.parametrize("case", CASES["inclusion"])
def test_paths_equal_those_of_another_implementation(case: dict) -> None:
    opening = Tree(LEAVES[: case["size"]]).open(case["leaf"] - 1)
    assert [step.hex() for step in opening.path] == case["proof"]


def test_every_leaf_of_every_tree_opens_and_only_as_itself() -> None:
    for count in range(1, 34):
        tree = Tree([bytes([i]) for i in range(count)])
        for i in range(count):
            opening = tree.open(i)
            assert verify_opening(tree.commitment, opening) == bytes([i])
            for wrong in (
                replace(opening, leaf=b"x"),
                replace(opening, index=(i + 1) % (count + 1)),
            ):
                assert refused(lambda wrong=wrong, c=tree.commitment: verify_opening(c, wrong))
        with pytest.raises(IndexError):
            tree.open(count)


def test_ten_thousand_spoilt_openings_are_refused() -> None:
    rng = random.Random(3)
    names = set()
    trees = [Tree([rng.randbytes(rng.randrange(9)) for _ in range(n)]) for n in (1, 2, 5, 8, 13)]
    for _ in range(10_000):
        tree = rng.choice(trees)
        opening = tree.open(rng.randrange(len(tree.leaves)))
        spoilt = spoil(opening, rng)
        names.add(refused(lambda t=tree, o=spoilt: verify_opening(t.commitment, o)))
    assert names == {"WrongType", "WrongLength", "CheckFailed"}


def test_an_inner_node_cannot_be_shown_as_a_leaf() -> None:
    """Without the leading byte, the text left || right of a node would hash to the node itself."""
    tree = Tree(LEAVES[:4])
    level = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in LEAVES[:4]]
    inner = level[0] + level[1]
    forged = Opening(0, inner, (hash_node(level[2], level[3]),))
    two = Commitment(2, tree.commitment.root)  # even if the verifier believed in two leaves
    with pytest.raises(CheckFailed, match="root"):
        verify_opening(two, forged)
    with pytest.raises(WrongLength):
        verify_opening(tree.commitment, forged)

    def plain(text: bytes) -> bytes:
        return hashlib.sha256(text).digest()

    # In a tree that hashes leaves and nodes alike, that text has the node's own hash: it opens.
    a, b, c, d = (plain(leaf) for leaf in LEAVES[:4])
    root = plain(plain(a + b) + plain(c + d))
    shown_as_leaf = a + b
    assert plain(plain(shown_as_leaf) + plain(c + d)) == root


def test_a_doubled_last_leaf_is_another_list() -> None:
    """Trees that double the odd leaf give [a, b, c] and [a, b, c, c] one root: CVE-2012-2459."""

    def doubling(leaves: list[bytes]) -> bytes:
        level = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]
        while len(level) > 1:
            level += level[-1:] * (len(level) % 2)
            level = [hash_node(*level[i : i + 2]) for i in range(0, len(level), 2)]
        return level[0]

    three, four = LEAVES[:3], [*LEAVES[:3], LEAVES[2]]
    assert doubling(three) == doubling(four)
    assert Tree(three).commitment.root != Tree(four).commitment.root
