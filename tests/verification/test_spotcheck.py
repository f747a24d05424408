"""The spot check as a protocol: complete, sound by the exact law, and what each shortcut costs."""

import math
import random

import numpy as np
import pytest

from decentralized_ai.verification.merkle import Commitment, Opening, Tree, verify_opening
from decentralized_ai.verification.refusal import (
    CheckFailed,
    Malformed,
    Refused,
    WrongLength,
    WrongStatement,
    WrongType,
)
from decentralized_ai.verification.spotcheck import (
    Operator,
    Proof,
    Statement,
    Verifier,
    draw,
    honest_operator,
    model,
    promise,
    verify,
)
from decentralized_ai.verification.spotcheck_cheats import (
    NaiveSpotCheck,
    answers_with,
    cheat,
    dodge,
    fool_naive,
    grind,
)
from decentralized_ai.verification.spotcheck_game import missed
from decentralized_ai.verification.wire import decode, encode

from .tamper import refused, spoil

BEACON = b"\x07" * 32


def batch(answers: int, checks: int, name: bytes = b"batch") -> Statement:
    return Statement(name, tuple(b"request %d" % i for i in range(answers)), checks)


def prove(operator: Operator, coins: bytes) -> Proof:
    return operator.open(draw(operator.statement, operator.commitment, coins))


def binomial_z(hits: int, trials: int, chance: float) -> float:
    """How many standard deviations `hits` lies from its mean."""
    return (hits - trials * chance) / math.sqrt(trials * chance * (1 - chance))


# --- completeness


def test_no_honest_operator_is_ever_refused() -> None:
    rng = random.Random(1)
    for case in range(300):
        answers = rng.randint(1, 70)
        statement = batch(answers, rng.randint(1, answers), b"honest %d" % case)
        operator = honest_operator(statement, rng.randbytes(16))
        coins = rng.randbytes(32)
        proof = prove(operator, coins)
        checked = verify(statement, coins, Proof.from_wire(proof.to_wire()))
        assert len(checked) == statement.checks
        assert all(answer == model(statement.requests[i]) for i, answer in checked.items())


def test_with_a_verifier_that_tosses_its_own_coins() -> None:
    for seed in range(100):
        statement = batch(40, 5, b"own %d" % seed)
        verifier = Verifier(statement, np.random.default_rng(seed))
        operator = honest_operator(statement, b"salt")
        coins = verifier.receive(operator.commitment)
        assert promise(statement, coins) == verifier.promise
        assert len(verifier.check(prove(operator, coins))) == 5


# --- the draw


def test_each_set_of_indices_is_drawn_equally_often() -> None:
    statement = batch(6, 3)
    commitment = honest_operator(statement, b"").commitment
    trials, counts = 4000, {}
    for coins in range(trials):
        drawn = draw(statement, commitment, b"%d" % coins)
        counts[drawn] = counts.get(drawn, 0) + 1
    assert len(counts) == math.comb(6, 3)
    expected = trials / len(counts)
    chi2 = sum((n - expected) ** 2 / expected for n in counts.values())
    assert chi2 < 43.8  # chi-square with 19 degrees of freedom exceeds this once in 1,000


def test_the_draw_depends_on_batch_commitment_and_coins() -> None:
    one, two = batch(1000, 20), batch(1000, 20, b"another")
    first, second = honest_operator(one, b"a"), honest_operator(one, b"b")
    drawn = {
        draw(one, first.commitment, BEACON),
        draw(one, second.commitment, BEACON),
        draw(one, first.commitment, b"\x08" * 32),
        draw(two, first.commitment, BEACON),
    }
    assert len(drawn) == 4


# --- soundness: 10,000 tampered transcripts against the hypergeometric law


# (answers, fakes, checks): few and many of each, a full check, a check of one
SETTINGS = ((20, 1, 5), (20, 4, 5), (12, 6, 3), (50, 2, 20), (16, 15, 1), (9, 1, 8))


@pytest.mark.parametrize(("answers", "fakes", "checks"), SETTINGS)
def test_a_cheat_is_missed_exactly_as_often_as_the_law_says(answers, fakes, checks) -> None:
    statement = batch(answers, checks)
    rng = random.Random(answers * 1000 + fakes)
    right = answers_with(statement, ())
    wrong = answers_with(statement, range(answers))
    tables = dict(zip(statement.requests, right, strict=True))
    trials, accepted = 1700, 0  # times six settings: over 10,000
    for _ in range(trials):
        where = set(rng.sample(range(answers), fakes))
        claimed = tuple(wrong[i] if i in where else right[i] for i in range(answers))
        operator = Operator(statement, claimed, rng.randbytes(8))
        coins = rng.randbytes(32)
        proof = prove(operator, coins)
        caught = where & {o.index for o in proof.openings}
        # Looking the right answers up is what recomputing them would give.
        if caught:
            with pytest.raises(CheckFailed) as error:
                verify(statement, coins, proof, tables.__getitem__)
            assert error.value.round == min(caught)
        else:
            verify(statement, coins, proof, tables.__getitem__)
            accepted += 1
    # 4.5 standard deviations: a true law fails one of six such tests once in 25,000 runs.
    assert abs(binomial_z(accepted, trials, missed(answers, fakes, checks))) < 4.5


def test_checking_everything_misses_nothing() -> None:
    statement = batch(30, 30)
    for where in range(30):
        operator = cheat(statement, {where}, b"salt")
        with pytest.raises(CheckFailed) as error:
            verify(statement, BEACON, prove(operator, BEACON))
        assert error.value.round == where


# --- spoilt, truncated and replayed proofs


def test_every_spoilt_proof_is_refused_by_name() -> None:
    statement = batch(11, 4)
    proof = prove(honest_operator(statement, b"salt"), BEACON)
    rng = random.Random(5)
    names: dict[str, int] = {}
    for _ in range(10_000):
        name = refused(lambda: verify(statement, BEACON, spoil(proof, rng)))
        assert name is not None
        names[name] = names.get(name, 0) + 1
    assert set(names) == {"WrongType", "WrongLength", "CheckFailed"}, names


def test_every_truncation_and_flipped_bit_of_the_message_is_refused() -> None:
    statement = batch(5, 2)
    message = prove(honest_operator(statement, b"salt"), BEACON).to_wire()
    for cut in range(len(message)):
        with pytest.raises(Refused):
            verify(statement, BEACON, Proof.from_wire(message[:cut]))
    for bit in range(8 * len(message)):
        flipped = bytearray(message)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Refused):
            verify(statement, BEACON, Proof.from_wire(bytes(flipped)))


@pytest.mark.parametrize("message", [None, 3, "x", (), b"", b"x", b"T" + bytes(8)])
def test_what_is_no_message_is_malformed(message) -> None:
    with pytest.raises(Malformed):
        Proof.from_wire(message)


def test_a_leaf_that_is_no_answer_is_malformed() -> None:
    statement = batch(1, 1)
    for leaf in (b"", b"hello", b"N" + bytes(8)):
        tree = Tree([leaf])
        with pytest.raises(Malformed):
            verify(statement, BEACON, Proof(tree.commitment, (tree.open(0),)))


def test_a_proof_of_another_batch_is_refused() -> None:
    one, two = batch(8, 8), batch(8, 8, b"another")
    with pytest.raises(WrongStatement):
        verify(two, BEACON, prove(honest_operator(one, b"salt"), BEACON))
    # The same batch with fewer checks is another statement too.
    with pytest.raises(WrongLength):
        verify(batch(8, 3), BEACON, prove(honest_operator(one, b"salt"), BEACON))


def test_an_honest_answer_shown_in_place_of_a_fake_one_is_refused() -> None:
    statement = batch(10, 3)
    operator = cheat(statement, range(5), b"salt")
    drawn = draw(statement, operator.commitment, BEACON)
    shown = operator.open((7, 8, 9))
    assert set(drawn) & set(range(5)), "the seed draws a fake"
    with pytest.raises(CheckFailed, match="not the one that was drawn"):
        verify(statement, BEACON, shown)
    moved = tuple(Opening(i, o.leaf, o.path) for i, o in zip(drawn, shown.openings, strict=True))
    with pytest.raises(CheckFailed, match="does not lead to the committed root"):
        verify(statement, BEACON, Proof(operator.commitment, moved))


def test_a_leaf_at_another_place_is_refused() -> None:
    """An operator that has one honest answer and commits to it everywhere."""
    statement = batch(4, 4)
    leaf = honest_operator(statement, b"salt").open((0,)).openings[0].leaf
    tree = Tree([leaf] * 4)
    proof = Proof(tree.commitment, tuple(tree.open(i) for i in range(4)))
    with pytest.raises(CheckFailed, match="another index than it says"):
        verify(statement, BEACON, proof)


def test_no_second_commitment_after_the_draw() -> None:
    statement = batch(20, 4)
    verifier = Verifier(statement, np.random.default_rng(1))
    coins = verifier.receive(cheat(statement, range(10), b"salt").commitment)
    better = honest_operator(statement, b"salt")
    with pytest.raises(CheckFailed, match="one commitment"):
        verifier.receive(better.commitment)
    with pytest.raises(CheckFailed, match="sent before the draw"):
        verifier.check(prove(better, coins))
    # Without that protection the late commitment would do.
    assert verify(statement, coins, prove(better, coins))


def test_coins_are_given_for_a_commitment_that_cannot_change_any_more() -> None:
    """Three things that would stand for another root once the coins are known, in a verifier that
    keeps what it is given without looking."""

    class Chameleon:
        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 0

    statement = batch(20, 4)
    verifier = Verifier(statement, np.random.default_rng(2))
    with pytest.raises(WrongType):
        verifier.receive(Commitment(20, Chameleon()))  # type: ignore[arg-type]
    for other in (Commitment(20, b""), Commitment(19, b"x" * 32)):
        with pytest.raises(WrongLength):
            verifier.receive(other)
    given = cheat(statement, range(10), b"salt").commitment
    coins = verifier.receive(given)
    better, _ = grind(statement, range(10), coins, 1000)
    proof = prove(better, coins)
    assert verify(statement, coins, proof), "the draw from the new root misses every fake"
    object.__setattr__(given, "root", better.commitment.root)
    with pytest.raises(CheckFailed, match="sent before the draw"):
        verifier.check(proof)


def test_arrays_in_odd_places_are_refused_by_name() -> None:
    """An array compared with bytes gives an array, which is neither true nor false."""
    statement, odd = batch(1, 1), np.arange(3)
    good = decode(honest_operator(statement, b"salt").open((0,)).openings[0].leaf)
    for at in range(3):
        tree = Tree([encode((*good[:at], odd, *good[at + 1 :]))])
        with pytest.raises(WrongType):
            verify(statement, BEACON, Proof(tree.commitment, (tree.open(0),)))
    with pytest.raises(WrongType):
        Proof.from_wire(encode((odd, 1, b"", ())))
    verifier = Verifier(statement, np.random.default_rng(3))
    verifier.receive(honest_operator(statement, b"salt").commitment)
    with pytest.raises(WrongType):
        verifier.check(Proof(Commitment(odd, bytes(32)), ()))  # type: ignore[arg-type]


def test_a_statement_has_no_two_equal_requests_and_a_possible_number_of_checks() -> None:
    for requests, checks in (((b"a", b"a"), 1), ((b"a",), 0), ((b"a",), 2)):
        with pytest.raises(ValueError):
            Statement(b"batch", requests, checks)


# --- known attacks: each works where the protection is off, and fails where it is on


def test_grinding_beats_a_draw_from_the_commitment_alone_and_no_other() -> None:
    statement, fakes, rounds = batch(24, 4), 4, 150
    chance = missed(24, 4, 4)  # 0.456: about two tries
    weak = strong = tries = 0
    rng = random.Random(3)
    for _ in range(rounds):
        where = rng.sample(range(24), fakes)
        operator, made = grind(statement, where, b"", 200)
        tries += made
        weak += refused(lambda o=operator: verify(statement, b"", prove(o, b""))) is None
        # The same ground commitment, but the coins come after it.
        coins = rng.randbytes(32)
        strong += refused(lambda o=operator, c=coins: verify(statement, c, prove(o, c))) is None
    assert weak == rounds
    # Geometric: mean 1 / p, standard deviation sqrt(1 - p) / p for one, over sqrt(rounds) for all.
    assert abs(tries / rounds - 1 / chance) < 4 * math.sqrt(1 - chance) / chance / rounds**0.5
    assert abs(binomial_z(strong, rounds, chance)) < 4


def test_knowing_the_draw_beats_it_and_not_knowing_does_not() -> None:
    statement = batch(30, 10)
    for seed in range(50):
        checked = random.Random(seed).sample(range(30), 10)
        operator = dodge(statement, range(30), checked, b"salt")
        seen = operator.open(tuple(sorted(checked)))
        # A verifier that had announced these would find nothing wrong with any of them.
        for opening in seen.openings:
            leaf = verify_opening(operator.commitment, opening)
            assert decode(leaf)[2] == model(statement.requests[opening.index])
        coins = b"%d" % seed
        assert refused(lambda o=operator, c=coins: verify(statement, c, prove(o, c)))


def test_the_naive_check_is_fooled_every_time_and_the_real_one_is_not() -> None:
    statement = batch(25, 5)
    for seed in range(40):
        chosen = tuple(sorted(random.Random(seed).sample(range(25), 5)))
        for naive in (NaiveSpotCheck(statement, chosen), NaiveSpotCheck.first(statement)):
            answers = fool_naive(naive)
            assert sum(a == model(r) for a, r in zip(answers, statement.requests, strict=True)) == 5
            assert len(naive.verify(answers)) == 5
            operator = Operator(statement, answers, b"%d" % seed)
            assert refused(lambda o=operator: verify(statement, BEACON, prove(o, BEACON)))
    honest = answers_with(statement, ())
    assert NaiveSpotCheck.first(statement).verify(honest)
    with pytest.raises(CheckFailed):
        NaiveSpotCheck.first(statement).verify(answers_with(statement, {2}))


def test_the_root_tells_nothing_about_an_answer_that_is_not_opened() -> None:
    """Without the blinding salt anybody could test a guess of an answer against the tree."""
    statement = batch(2, 1)
    roots = {honest_operator(statement, b"%d" % salt).commitment.root for salt in range(50)}
    assert len(roots) == 50
