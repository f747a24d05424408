"""Known attacks on a refereed dispute: each works where a protection is off, and fails where it is
on. And the failure that no protocol mends: honest parties whose steps are not reproducible."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from decentralized_ai.verification.dispute import CHECKS, Question, settle, state_of
from decentralized_ai.verification.dispute_machines import (
    LARGEST,
    OPERATIONS,
    ORDERS,
    Training,
    Update,
)
from decentralized_ai.verification.dispute_parties import Honest, bent, make_liar, run
from decentralized_ai.verification.dispute_transformer import (
    CLAMP,
    LIMIT,
    OPERATORS,
    SCORES,
    TABLE,
    Transformer,
)
from decentralized_ai.verification.merkle import Tree, hash_leaf, hash_node
from decentralized_ai.verification.refusal import (
    CheckFailed,
    OutOfField,
    Refused,
    WrongLength,
    WrongType,
)
from decentralized_ai.verification.wire import decode, encode

# What each lazy referee is deceived by, and whether it then convicts the honest party.
FORGERIES = {
    "opening": ("root", False),
    "bound": ("retract", False),
    "state": ("forge", True),
    "rerun": ("alter", True),
}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("at", [1, 9, 16])
def test_a_lazy_referee_lets_one_forgery_through(check: str, at: int) -> None:
    kind, convicts_the_honest = FORGERIES[check]
    machine, coarse = Training(16, 3), Training(16, 3, coarse=True)
    truth = run(machine, machine.start())
    statement = state_of(machine, truth[0])

    def verdict(skip: frozenset[str]) -> Any:
        liar = make_liar(kind, statement, machine, coarse, truth, at, turn=16)
        assert not np.array_equal(liar.states[-1], truth[-1])
        return settle(
            statement, machine, {"A": liar, "B": Honest(statement, machine, truth)}, 2, skip
        )

    lazy = verdict(frozenset({check}))
    assert "A" in lazy.stands  # the root of the false run
    assert set(lazy.guilty) == ({"B"} if convicts_the_honest else set())
    for others in (frozenset(), frozenset(CHECKS) - {check, "rerun"}):
        real = verdict(others)
        assert set(real.guilty) == {"A"}
        assert set(real.stands) == {"B"}


# --- The Merkle tree as it would be attacked here ------------------------------------------------


def naive_tree(leaves: list[bytes]) -> bytes:
    """The root without leaf and node marks, odd leaves doubled: what Bitcoin's tree does (but for
    its double hash)."""
    level = [hashlib.sha256(leaf).digest() for leaf in leaves]
    while len(level) > 1:
        level += level[-1:] * (len(level) % 2)
        level = [
            hashlib.sha256(a + b).digest() for a, b in zip(level[::2], level[1::2], strict=True)
        ]
    return level[0]


def test_a_longer_run_by_doubling_the_last_state() -> None:
    """T + 1 states, T even: doubled, the last state gives the same root in a naive tree. A party
    could claim afterwards that its run was a step longer than it was."""
    machine = Training(2, 1)
    truth = run(machine, machine.start())
    statement = state_of(machine, truth[0])
    honest = Honest(statement, machine, truth)
    level = honest._level(())
    leaves = [level.leaf(i, s) for i, s in enumerate(truth)]
    assert naive_tree(leaves) == naive_tree([*leaves, leaves[-1]])  # the attack works there
    ours, doubled = Tree(leaves).commitment, Tree([*leaves, leaves[-1]]).commitment
    assert ours.root != doubled.root and ours.count != doubled.count

    class Doubler(Honest):
        def answer(self, question: Question) -> bytes | None:
            tag, about, _, root, first, last = decode(super().answer(question) or b"")
            return encode((tag, about, len(leaves) + 1, root, first, (3, *last[1:])))

    verdict = settle(statement, machine, {"A": Doubler(statement, machine, truth), "B": honest})
    assert isinstance(verdict.guilty["A"], WrongLength)
    assert set(verdict.stands) == {"B"}


def test_an_inner_node_shown_as_the_hash_of_a_state() -> None:
    """Where leaves and nodes are hashed alike, a node's two halves pass for a leaf: one tree then
    opens to two stories. Here they are told apart, and a state's hash has 32 bytes."""
    leaves = [bytes([i]) * 32 for i in range(4)]
    pair = b"".join(hashlib.sha256(leaf).digest() for leaf in leaves[:2])
    right = hashlib.sha256(
        hashlib.sha256(leaves[2]).digest() + hashlib.sha256(leaves[3]).digest()
    ).digest()
    shown = hashlib.sha256(hashlib.sha256(pair).digest() + right).digest()
    assert shown == naive_tree(leaves)  # the attack works there: `pair` opens as a leaf
    assert hash_leaf(hash_leaf(leaves[0]) + hash_leaf(leaves[1])) != hash_node(
        hash_leaf(leaves[0]), hash_leaf(leaves[1])
    )

    machine = Training(3, 1)
    truth = run(machine, machine.start())
    statement = state_of(machine, truth[0])

    class Confuser(Honest):
        """Shows the node above states 2 and 3 as the hash of state 3, the last."""

        def answer(self, question: Question) -> bytes | None:
            message = decode(super().answer(question) or b"")
            if question.kind != "commit":
                return encode(message)
            beside = [hash_leaf(leaf) for leaf in self._tree(()).leaves]
            node = beside[2] + beside[3]
            left = hash_node(beside[0], beside[1])
            for leaf in (node, hashlib.sha256(node).digest()):
                if len(leaf) == self.width:
                    return encode((*message[:5], (3, leaf, (left,))))
            raise AssertionError

        width = 64

    honest = Honest(statement, machine, truth)
    for width, error in ((64, WrongLength), (32, WrongLength)):
        confuser = Confuser(statement, machine, truth)
        confuser.width = width
        verdict = settle(statement, machine, {"A": confuser, "B": honest})
        assert isinstance(verdict.guilty["A"], error)


def test_a_copier_has_nothing_to_open() -> None:
    """Copying the rival's commitment gives its answer, which is then no dispute; another answer
    over the rival's states does not open."""
    machine = Training(8, 2)
    truth = run(machine, machine.start())
    statement = state_of(machine, truth[0])
    honest = Honest(statement, machine, truth)
    assert not settle(statement, machine, {"A": honest, "B": honest}).guilty

    class Copier(Honest):
        def answer(self, question: Question) -> bytes | None:
            tag, about, count, root, first, last = decode(super().answer(question) or b"")
            return encode((tag, about, count, root, first, (last[0], bytes(32), last[2])))

    verdict = settle(statement, machine, {"A": Copier(statement, machine, truth), "B": honest})
    assert isinstance(verdict.guilty["A"], CheckFailed)


# --- Reproducible steps, and what happens without them -------------------------------------------


def test_an_update_is_its_operations() -> None:
    """The 1,024 multiply-adds give the update to the last bit: whole numbers in any order of the
    outer sums, float32 where the outer sums go forward."""
    for seed in range(8):
        for machine in (Training(3, seed), Training(3, seed, floats=True)):
            truth = run(machine, machine.start())
            for index in range(3):
                inner = run(Update(machine, index), truth[index])
                assert len(inner) == OPERATIONS + 1
                assert inner[-1].tobytes() == truth[index + 1].tobytes()
                assert all(np.abs(s).max() < 2.0**36 for s in inner)  # far inside LIMIT


def test_every_state_of_an_honest_run_is_admitted() -> None:
    for seed in range(40):
        for machine in (Training(64, seed), Transformer(160, seed), Training(64, seed, True)):
            for index, state in enumerate(run(machine, machine.start())):
                machine.admit(index, state)


def test_forged_states_are_refused_or_stay_inside_int64() -> None:
    """The referee may run a step from any state that a liar sends and has hashed: never a crash,
    never an overflow (checked against Python's unbounded integers)."""
    rng = np.random.default_rng(5)
    machine = Transformer(160, 1)
    for index in range(16):
        for _ in range(30):
            state = rng.integers(-LIMIT, LIMIT + 1, len(machine.start()))
            if rng.random() < 0.3:
                state[SCORES] = rng.choice((0, -LIMIT, LIMIT))
            machine.admit(index + 1, machine.step(index, machine.admit(index, state)))
    training = Training(4, 1)
    for _ in range(100):
        weights = rng.choice((-LARGEST, LARGEST), 16)
        x, y = (a.tolist() for a in training.batch(1))
        error = [
            (sum(a * int(w) for a, w in zip(row, weights, strict=True)) >> 10) - b
            for row, b in zip(x, y, strict=True)
        ]
        down = [sum(e * row[j] for e, row in zip(error, x, strict=True)) >> 19 for j in range(16)]
        wanted = [
            max(-LARGEST, min(LARGEST, int(w) - d)) for w, d in zip(weights, down, strict=True)
        ]
        assert training.step(1, weights).tolist() == wanted
    for bad, error in (
        (weights.astype(float), WrongType),
        (weights[:3], WrongLength),
        (weights * 2, OutOfField),
        ([1], WrongType),
        (None, WrongType),
    ):
        with pytest.raises(error):
            training.admit(0, bad)
    with pytest.raises(OutOfField):
        Training(4, floats=True).admit(0, np.full(16, np.nan, dtype=np.float32))


def test_the_transformer_learns_nothing_but_attends_properly() -> None:
    assert len(OPERATORS) == 16
    assert TABLE[0] == 2**16 and TABLE[-1] == 0
    # Each entry is at most a unit below 15/16 of the one before it: a softmax in base 16/15.
    assert all(0 <= a * 15 / 16 - b < 1 for a, b in pairwise(TABLE))
    guesses = {
        int(s[0]) for seed in range(4) for s in run(Transformer(320, seed), np.zeros(178, int))
    }
    assert len(guesses) > 8  # it does not say the same word for ever
    assert CLAMP < LIMIT


def test_orders_of_summation_are_what_they_say() -> None:
    """Against sums written out by hand, in float32, and the textbook case in which they differ."""
    f = np.float32
    a = [f(x) for x in (2**24, 1, -(2**24), 1, 1, 2**-3, 3, -5)]
    assert (
        ORDERS["forward"](np.array(a))
        == ((((((a[0] + a[1]) + a[2]) + a[3]) + a[4]) + a[5]) + a[6]) + a[7]
    )
    assert (
        ORDERS["backward"](np.array(a))
        == ((((((a[7] + a[6]) + a[5]) + a[4]) + a[3]) + a[2]) + a[1]) + a[0]
    )
    assert ORDERS["pairwise"](np.array(a)) == ((a[0] + a[1]) + (a[2] + a[3])) + (
        (a[4] + a[5]) + (a[6] + a[7])
    )
    b = a * 2
    assert ORDERS["blocked"](np.array(b)) == ORDERS["forward"](np.array(a)) * f(2)
    # Goldberg 1991: float32 has 24 bits, so 2^24 + 1 is 2^24, and the 1 is lost or kept by order.
    lost = np.array([f(2**24), f(1), f(-(2**24)), f(0)])
    kept = np.array([f(-(2**24)), f(2**24), f(1), f(0)])
    orders = ("forward", "pairwise", "backward")
    assert [float(ORDERS[order](lost)) for order in orders] == [0, 0, 1]
    assert [float(ORDERS[order](kept)) for order in orders] == [1, 1, 0]


def test_error_bounds_of_the_orders() -> None:
    """Higham 1993: |error| <= (n - 1) u sum|x| for any order, log2(n) u sum|x| for pairwise, to
    first order in u = 2^-24 (a factor 1.001 covers the rest)."""
    rng = np.random.default_rng(8)
    for _ in range(300):
        x = rng.normal(size=256).astype(np.float32)
        exact = float(np.sum(x.astype(np.float64)))  # 53 bits are far more than is asked here
        room = float(np.abs(x.astype(np.float64)).sum()) * 2.0**-24 * 1.001
        for name, add in ORDERS.items():
            terms = {"pairwise": 8, "blocked": 7 + 31}.get(name, 255)
            assert abs(float(add(x)) - exact) <= terms * room


@pytest.mark.parametrize("order", ["backward", "pairwise", "blocked"])
def test_an_honest_party_with_another_order_is_convicted(order: str) -> None:
    """Both ran every step. The referee cannot tell a rounding from a lie."""
    convicted = 0
    for seed in range(20):
        ours, theirs = Training(32, seed, True), Training(32, seed, True, order)
        assert ours.program == theirs.program
        statement = state_of(ours, ours.start())
        a = Honest(statement, ours, run(ours, ours.start()))
        b = Honest(statement, ours, run(theirs, ours.start()))
        assert np.abs(a.states[-1] - b.states[-1]).max() < 1e-5  # the same weights, to a reader
        verdict = settle(statement, ours, {"A": a, "B": b})
        convicted += set(verdict.guilty) == {"B"}
        assert "A" not in verdict.guilty
        same = Honest(statement, ours, run(ours, ours.start()))
        assert not settle(statement, ours, {"A": a, "B": same}).guilty
    assert convicted == 20


def test_whole_numbers_do_not_mind_the_order() -> None:
    machine = Training(1, 4)
    x, y = machine.batch(0)
    weights = machine.start()
    rng = np.random.default_rng(0)
    for _ in range(50):
        rows, columns = rng.permutation(32), rng.permutation(16)
        error = np.array([sum(int(x[r, j]) * int(weights[j]) for j in columns) for r in range(32)])
        error = (error >> 10) - y
        down = np.array([sum(int(error[r]) * int(x[r, j]) for r in rows) for j in range(16)])
        assert np.array_equal(weights - (down >> 19), machine.step(0, weights))


def test_a_refusal_is_no_crash_for_agreed_nonsense() -> None:
    """Two liars agree on a state that no run can reach: both are convicted by it."""
    machine = Transformer(8, 1)
    truth = run(machine, machine.start())
    statement = state_of(machine, truth[0])
    wild = [*truth[:3], *(s * 0 + 2**40 for s in truth[3:])]
    wilder = [*wild[:6], *(s + 1 for s in wild[6:])]
    parties = {n: Honest(statement, machine, s) for n, s in (("A", wild), ("B", wilder))}
    verdict = settle(statement, machine, parties)
    assert set(verdict.guilty) == {"A", "B"}
    assert all(isinstance(error, Refused) for error in verdict.guilty.values())
    assert bent(truth[0])[0] == 64
