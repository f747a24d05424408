"""A matrix product proved by sum-check: complete, sound, bound to its statement, cheap to check."""

import dataclasses
import random

import numpy as np
import pytest

from decentralized_ai.verification import wire
from decentralized_ai.verification.field import MERSENNE31, Field
from decentralized_ai.verification.refusal import (
    CheckFailed,
    Malformed,
    OutOfField,
    Refused,
    WrongLength,
    WrongStatement,
    WrongType,
)
from decentralized_ai.verification.sumcheck import CHECKS, Dice
from decentralized_ai.verification.sumcheck_cheats import (
    forge,
    forge_unbound,
    grind,
    high_degree,
    liar,
    product_bound,
    product_chance,
)
from decentralized_ai.verification.sumcheck_matmul import (
    Product,
    ProductVerifier,
    Proof,
    converse,
    extension,
    from_bytes,
    honest,
    prove,
    to_bytes,
    verify,
    weigh,
    weights,
)
from decentralized_ai.verification.sumcheck_watch import watch

from .tamper import refused, same, spoil
from .test_sumcheck import two_sided

SIZES = [(1, 1, 1), (2, 2, 2), (4, 8, 2), (3, 5, 6), (7, 1, 9), (1, 16, 1), (17, 12, 5)]


def product(rng, field: Field, n: int = 8, k: int = 8, m: int = 8) -> Product:
    a, b = field.random(rng, (n, k)), field.random(rng, (k, m))
    return Product(field, a, b, field.matmul(a, b))


def tampered(statement: Product, row: int, column: int, add: int) -> Product:
    c = statement.c.copy()
    c[row, column] = (c[row, column] + add) % statement.field.p
    return dataclasses.replace(statement, c=c)


def in_python(w: np.ndarray, matrix: np.ndarray, p: int) -> list[int]:
    return [int(x) for x in w.astype(object) @ matrix.astype(object) % p]


@pytest.mark.parametrize("p", [2, 3, 101, 65537, 2**31 - 1])
@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (64, 8), (3000, 2)])
def test_weighing_rows_is_exact(p: int, shape: tuple[int, int]) -> None:
    field, rng = Field(p), np.random.default_rng(p)
    matrix, w = field.random(rng, shape), field.random(rng, shape[0])
    assert weigh(field, w, matrix).tolist() == in_python(w, matrix, p)
    top = np.full(shape, p - 1, dtype=np.int64)
    assert weigh(field, top[:, 0], top).tolist() == in_python(top[:, 0], top, p)
    assert weigh(field, w, np.zeros_like(matrix)).tolist() == [0] * shape[1]


def test_the_extension_has_the_matrix_at_its_corners_and_is_linear_between() -> None:
    field, rng = MERSENNE31, np.random.default_rng(1)
    matrix = field.random(rng, (4, 8))
    for i in range(4):
        for j in range(8):
            left, right = (i >> 1, i & 1), (j >> 2, j >> 1 & 1, j & 1)
            assert extension(field, matrix, left, right) == matrix[i, j]
    point = field.random(rng, 5).tolist()
    for k in range(5):
        # In each variable alone f(x) = f(0) + x (f(1) - f(0)).
        f0, f1, fx = (
            extension(field, matrix, tuple(moved[:2]), tuple(moved[2:]))
            for x in (0, 1, 12345)
            for moved in [[*point[:k], x, *point[k + 1 :]]]
        )
        assert fx == (f0 + 12345 * (f1 - f0)) % field.p


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("p", [3, 5, 101, 2**31 - 1])
def test_no_honest_product_is_refused(p: int, size: tuple[int, int, int]) -> None:
    field, rng = Field(p), np.random.default_rng(p)
    for _ in range(12):
        statement = product(rng, field, *size)
        verifier = ProductVerifier(statement, Dice(field, rng))
        assert converse(statement, verifier) == verifier.run.claim.total
        proof = prove(statement)
        assert len(proof.rounds) == (size[1] - 1).bit_length()
        verify(statement, proof)
        verify(statement, from_bytes(to_bytes(proof)))
        verify(statement, prove(statement, honest, bound=False), bound=False)


@pytest.mark.parametrize("p, size", [(5, 2), (13, 4), (31, 8), (101, 8)])
def test_one_false_entry_is_accepted_as_often_as_the_law_says(p: int, size: int) -> None:
    field, rng, runs, accepted = Field(p), np.random.default_rng(p), 2600, 0
    statement = product(rng, field, size, size, size)
    for _ in range(runs):
        row, column, add = rng.integers(size), rng.integers(size), int(rng.integers(1, p))
        false = tampered(statement, row, column, add)
        verifier = ProductVerifier(false, Dice(field, rng))
        accepted += refused(lambda s=false, v=verifier: converse(s, v, liar())) is None
    law = product_chance(p, statement.bits)
    assert law <= product_bound(p, statement.bits)
    assert two_sided(accepted, runs, law) > 0.001, (accepted, runs * law)


def test_the_same_with_the_hash_for_a_verifier() -> None:
    """Challenges from SHA-256 are as good as dice, one try each: same law."""
    field, rng, runs = Field(101), np.random.default_rng(9), 2600
    statement, accepted = product(rng, field, 4, 4, 4), 0
    for i in range(runs):
        false = tampered(statement, i % 4, i // 4 % 4, 1 + i // 16 % 100)
        a = (false.a + field.random(rng, (4, 4))) % 101
        false = Product(field, a, false.b, (field.matmul(a, false.b) + false.c - statement.c) % 101)
        accepted += refused(lambda s=false: verify(s, prove(s, liar()))) is None
    assert two_sided(accepted, runs, product_chance(101, statement.bits)) > 0.001


def test_in_the_large_field_no_false_product_of_a_thousand_is_accepted() -> None:
    field, rng = MERSENNE31, np.random.default_rng(10)
    statement = product(rng, field)
    for i in range(1000):
        false = tampered(statement, i % 8, i // 8 % 8, 1 + i)
        for play in (honest, liar(), liar(stop=1), liar(stop=0)):
            with pytest.raises(CheckFailed):
                verify(false, prove(false, play))
    with pytest.raises(WrongLength):
        verify(false, prove(false, high_degree()))


def test_ten_thousand_spoilt_proofs_are_refused_by_name() -> None:
    field, rng, dice = MERSENNE31, np.random.default_rng(11), random.Random(11)
    statement, kinds = product(rng, field), set()
    proof = prove(statement)
    for _ in range(10_000):
        spoilt = spoil(proof, dice)
        kinds.add(refused(lambda s=spoilt: verify(statement, s)))
    assert kinds == {"WrongType", "WrongLength", "OutOfField", "WrongStatement", "CheckFailed"}


def test_spoilt_and_truncated_bytes() -> None:
    field, dice = MERSENNE31, random.Random(12)
    statement = product(np.random.default_rng(12), field)
    data = to_bytes(prove(statement))
    for size in range(len(data)):
        assert refused(lambda n=size: from_bytes(data[:n]))
    for _ in range(2000):
        spoilt = spoil(data, dice)
        assert refused(lambda s=spoilt: verify(statement, from_bytes(s)))
    for value in (None, 7, (), (b"", ()), (b"x" * 32, ((1, 2, 3),) * 3, 1), ("x", ())):
        if type(value) is tuple and len(value) == 2 and type(value[0]) is bytes:
            assert refused(lambda v=value: verify(statement, from_bytes(wire.encode(v))))
        else:
            with pytest.raises(Malformed):
                from_bytes(wire.encode(value))
    with pytest.raises(WrongType):
        from_bytes("text")


def test_a_proof_is_of_one_statement_only() -> None:
    field, rng = MERSENNE31, np.random.default_rng(13)
    statement, other = product(rng, field), product(rng, field)
    proof = prove(statement)
    smaller = Field(65537)
    same_entries = Product(
        smaller, *(m % 65537 for m in (statement.a, statement.b)), statement.c % 65537
    )
    for elsewhere in (other, tampered(statement, 0, 0, 1), same_entries):
        with pytest.raises(WrongStatement):
            verify(elsewhere, proof)
        # Writing the other statement's name on it does not help: the challenges are others.
        with pytest.raises(Refused):
            verify(elsewhere, dataclasses.replace(proof, statement=elsewhere.digest))
    turned = Product(field, statement.b.T.copy(), statement.a.T.copy(), statement.c.T.copy())
    with pytest.raises(WrongStatement):  # as true as the first, and not what was proved
        verify(turned, proof)


@pytest.mark.parametrize("p", [101, 2**31 - 1])
def test_a_hash_without_the_statement_is_forged_and_with_it_is_not(p: int) -> None:
    field, rng, strong = Field(p), np.random.default_rng(14), 0
    for i in range(200):
        statement = product(rng, field, 4, 8, 4)
        false, proof = forge_unbound(statement, i % 4, i // 4 % 4, 1 + i % (p - 1))
        assert not np.array_equal(false.c, field.matmul(false.a, false.b))
        verify(false, proof, bound=False)  # the weak variant believes it, every time
        strong += refused(lambda f=false: verify(f, prove(f))) is None
        strong += refused(lambda f=false, q=proof: verify(f, q)) is None
    assert strong <= (30 if p == 101 else 0)


def test_trying_statements_in_private_pays_in_a_small_field_only() -> None:
    """With the statement in the hash a try succeeds as the law says: geometric in the tries."""
    field, rng = Field(31), np.random.default_rng(15)
    spent, law = [], product_chance(31, (2, 2, 2))
    for _ in range(150):
        statement = product(rng, field, 4, 4, 4)
        tries, false, proof = grind(statement, 0, 0, 200, rng)
        verify(false, proof)
        assert not np.array_equal(false.c, statement.c)
        spent.append(tries)
    # A geometric law's mean is 1 / law; 3.3 standard errors.
    assert abs(np.mean(spent) - 1 / law) <= 3.3 * np.sqrt(1 - law) / law / np.sqrt(150)
    statement = product(rng, MERSENNE31, 4, 4, 4)
    tries, false, proof = grind(statement, 1, 1, 300, rng)
    assert tries == 300
    with pytest.raises(CheckFailed):
        verify(false, proof)


@pytest.mark.parametrize("gap", CHECKS)
def test_a_forgery_for_each_missing_check(gap: str) -> None:
    field, rng, made = Field(1009), np.random.default_rng(16), 0
    for i in range(40):
        false = tampered(product(rng, field), i % 8, 3, 5)
        try:
            proof = forge(false, gap)
        except ValueError:
            assert gap == "degree"  # its challenge was 0: once in 1,009
            continue
        verify(false, proof, skip=[gap])
        made += refused(lambda f=false, q=proof: verify(f, q)) is not None
    # All but those where the liar was lucky: 13 in 1,009.
    assert made >= 37


def test_a_statement_is_checked_before_it_is_believed() -> None:
    field, rng = Field(101), np.random.default_rng(17)
    s = product(rng, field, 2, 3, 4)
    for bad, error in (
        ({"c": s.c + 101}, OutOfField),
        ({"c": s.c.T}, WrongLength),
        ({"c": s.c.astype(float)}, WrongType),
        ({"c": s.c.tolist()}, WrongType),
        ({"a": s.a[0]}, WrongLength),
        ({"b": s.b[:0]}, WrongLength),
        ({"b": s.b[:2]}, WrongLength),
    ):
        with pytest.raises(error):
            dataclasses.replace(s, **bad)


def test_the_verifier_never_multiplies_the_matrices() -> None:
    """k is 512 and c is one row: a verifier that multiplied would hold 512 products an entry."""
    field, rng = MERSENNE31, np.random.default_rng(18)
    statement = product(rng, field, 1, 512, 1)
    data = to_bytes(prove(statement))
    assert len(from_bytes(data).rounds) == 9
    # 3 numbers of at most 4 bytes and their heads a round; the digest and two heads beside.
    assert len(data) <= 9 * (9 + 3 * (9 + 4)) + 32 + 3 * 9
    assert same(from_bytes(data), Proof(statement.digest, from_bytes(data).rounds))
    assert len(weights(field, (1, 2, 3))) == 8


def by_hand(statement: Product, left: tuple, right: tuple, r: tuple, p: int) -> int:
    """What is left of the sum over the rows of b after the challenges r, in Python's integers."""

    def weight(index: int, bits: int, point: tuple) -> int:
        found = 1
        for k, x in enumerate(point):
            found = found * (x if index >> (bits - 1 - k) & 1 else 1 - x) % p
        return found

    rows, rounds, columns = statement.bits
    a, b = statement.a.tolist(), statement.b.tolist()
    total = 0
    for rest in range(2 ** (rounds - len(r))):
        row = [
            sum(
                weight(t >> (rounds - len(r)), len(r), r)
                * (t % 2 ** (rounds - len(r)) == rest)
                * sum(weight(i, rows, left) * a[i][t] for i in range(len(a)))
                for t in range(len(b))
            ),
            sum(
                weight(t >> (rounds - len(r)), len(r), r)
                * (t % 2 ** (rounds - len(r)) == rest)
                * sum(weight(j, columns, right) * b[t][j] for j in range(len(b[0])))
                for t in range(len(b))
            ),
        ]
        total += row[0] * row[1]
    return total % p


@pytest.mark.parametrize("p", [31, 2**31 - 1])
def test_a_watched_run_knows_the_truth(p: int) -> None:
    field, rng = Field(p), np.random.default_rng(19)
    true = product(rng, field, 4, 8, 4)
    false = tampered(true, 1, 2, 3)
    for play in (honest, liar(), liar(slip=1), liar(stop=0), high_degree()):
        coins = Dice(field, np.random.default_rng(20))
        point = Dice(field, np.random.default_rng(20)).point(4)
        seen = watch(false, true, coins, play, CHECKS)
        assert not seen.product_true
        assert seen.caught is None
        assert seen.true_claim == by_hand(true, point[:2], point[2:], (), p)
        challenges = tuple(step.challenge for step in seen.rounds)
        for j, step in enumerate(seen.rounds):
            assert step.true_claim == by_hand(true, point[:2], point[2:], challenges[: j + 1], p)
            sums = by_hand(true, point[:2], point[2:], challenges[:j], p)
            assert (step.true[0] + step.true[1]) % p == sums
    for play, caught in (
        (honest, "first_sum"),
        (liar(stop=1), "later_sums"),
        (high_degree(), "degree"),
        (liar(), "final"),
    ):
        seen = watch(false, true, Dice(field, np.random.default_rng(21)), play)
        assert seen.caught == caught or p == 31


def test_running_out_of_other_entries_is_said() -> None:
    one = Product(Field(5), *(np.ones((1, 1), dtype=np.int64) for _ in range(3)))
    with pytest.raises(ValueError, match="no other entry"):
        forge_unbound(one, 0, 0, 1)


def test_a_statement_keeps_its_own_numbers() -> None:
    one = np.ones((2, 2), dtype=np.int64)
    about = Product(Field(101), one, one, 2 * one)
    named = about.digest
    one[0, 0] = 5
    assert Product(Field(101), about.a, about.b, about.c).digest == named
    assert verify(about, prove(about))


def test_a_field_without_three_points_is_refused_at_once() -> None:
    one = np.ones((2, 2), dtype=np.int64)
    with pytest.raises(OutOfField, match="3 points"):
        Product(Field(2), one, one, one - 1)
    about = Product(Field(3), one, one, one + 1)  # the smallest that works
    assert verify(about, prove(about))
