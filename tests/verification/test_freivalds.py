"""Freivalds' check: nothing honest refused, nothing wrong accepted beyond the exact chance."""

import itertools
import random
from dataclasses import replace
from fractions import Fraction
from math import sqrt

import numpy as np
import pytest

from decentralized_ai.verification import wire
from decentralized_ai.verification.field import MERSENNE31, Field
from decentralized_ai.verification.freivalds import (
    KINDS,
    Claim,
    Statement,
    both_sides,
    challenges,
    derived,
    examine,
    prove,
    soundness,
    survivors,
    verify,
)
from decentralized_ai.verification.freivalds_cheats import CHANGES, change, fitted, rank, survival
from decentralized_ai.verification.refusal import (
    CheckFailed,
    Malformed,
    OutOfField,
    WrongLength,
    WrongStatement,
    WrongType,
)

from .tamper import refused, spoil

PRIMES = (2, 3, 5, 101, 16777213, 2**31 - 1)
FIELDS = [Field(p) for p in PRIMES]
RNG = np.random.default_rng(29)


def statement(field: Field, shape: tuple[int, int, int], seed: int) -> Statement:
    rng, (m, k, n) = np.random.default_rng([seed, field.p]), shape
    return Statement(field.random(rng, (m, k)), field.random(rng, (k, n)), field)


def wrong(about: Statement, kind: str, seed: int) -> tuple[Claim, np.ndarray]:
    """A claim with a change of that kind, and the change's right factor."""
    left, right = change(kind, about.shape, about.field, np.random.default_rng(seed))
    honest = prove(about)
    product = about.field.add(honest.product, about.field.matmul(left, right))
    return replace(honest, product=product), right


def near(count: int, runs: int, chance: Fraction) -> bool:
    """Within 4.5 standard deviations (once in 150,000 by luck) and one, for chances near 0."""
    mean = runs * float(chance)
    return abs(count - mean) <= 4.5 * sqrt(mean * (1 - float(chance))) + 1


def test_no_honest_product_is_refused() -> None:
    rng = np.random.default_rng(1)
    for seed in range(100):
        for field in FIELDS:
            shape = tuple(int(side) for side in rng.integers(1, 9, 3))
            about = statement(field, shape, seed)
            message = prove(about).encode()
            for kind in KINDS:
                rounds = verify(about, Claim.read(message), 3, rng, kind)
                assert len(rounds) == 3 and all(r.equal for r in rounds)


def test_the_product_is_that_of_whole_numbers() -> None:
    """The law of the check holds for A B, not for whatever `prove` returns: Python's integers."""
    for field in FIELDS:
        about = statement(field, (4, 7, 5), 2)
        exact = about.a.astype(object) @ about.b.astype(object) % field.p
        assert np.array_equal(prove(about).product, exact.astype(np.int64))
        asked = challenges(field, 5, 2, np.random.default_rng(3), "field")
        through, _ = both_sides(about, prove(about).product, asked)
        assert np.array_equal(through, (exact @ asked.astype(object) % field.p).astype(np.int64))


@pytest.mark.parametrize("field", [Field(2), Field(3), Field(5)], ids=lambda f: str(f.p))
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", CHANGES)
def test_the_exact_chance_by_asking_every_challenge(field: Field, kind: str, what: str) -> None:
    """All 2^n or p^n challenges, asked one by one: `survival` counts the accepted ones."""
    about = statement(field, (3, 4, 5), 4)
    claim, right = wrong(about, what, 5)
    values = range(2 if kind == "binary" else field.p)
    asked = np.array(list(itertools.product(values, repeat=5)), dtype=np.int64).T
    through, direct = both_sides(about, claim.product, asked)
    accepted = int((through == direct).all(axis=0).sum())
    try:
        law = survival(right, field, kind)
    except ValueError:
        assert what == "every" and kind == "binary"
        law = Fraction(accepted, asked.shape[1])
    assert Fraction(accepted, asked.shape[1]) == law <= soundness(field, 1, kind)


@pytest.mark.parametrize("field", FIELDS, ids=lambda f: str(f.p))
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", CHANGES)
def test_forty_thousand_wrong_products_against_the_exact_chance(
    field: Field, kind: str, what: str
) -> None:
    """By 60 cases of 40,000 checks each; at 4.5 standard deviations none fails by luck."""
    about = statement(field, (8, 8, 8), 6)
    claim, right = wrong(about, what, 7)
    assert not np.array_equal(claim.product, prove(about).product)
    law = survival(right, field, kind)
    left = survivors(about, claim.product, 40_000, 4, np.random.default_rng(8), kind)
    for rounds, count in enumerate(left):
        assert near(count, 40_000, law**rounds)
        assert law**rounds <= soundness(field, rounds, kind)


def test_the_verifier_itself_on_twelve_thousand_wrong_products() -> None:
    """`verify` as it stands, a new statement each time, the best change against it: one column."""
    rng = np.random.default_rng(9)
    for field, kind, rounds in ((MERSENNE31, "binary", 3), (Field(3), "field", 2)):
        accepted = 0
        for seed in range(6_000):
            about = statement(field, (4, 3, 4), seed)
            claim, _ = wrong(about, "column", seed)
            try:
                verify(about, claim, rounds, rng, kind)
                accepted += 1
            except CheckFailed as error:
                assert error.check == "A (B r) = C r" and 0 <= error.round < rounds
        assert near(accepted, 6_000, soundness(field, rounds, kind))


def test_no_change_beats_a_half_with_binary_challenges() -> None:
    """Every right factor of three numbers modulo 7, and the classic ones of 12."""
    field = Field(7)
    chances = [
        survival(np.array([v]), field, "binary")
        for v in itertools.product(range(7), repeat=3)
        if any(v)
    ]
    assert max(chances) == Fraction(1, 2)
    ones = np.ones((1, 12), dtype=np.int64)
    # 0/1 vectors whose sum is a multiple of 7: none, or seven of twelve.
    assert survival(ones, field, "binary") == Fraction(1 + 792, 2**12)
    # As many ones among the six +1 as among the six -1: Vandermonde's sum of squares.
    signs = np.array([[1] * 6 + [2**31 - 2] * 6])
    assert survival(signs, MERSENNE31, "binary") == Fraction(924, 2**12)


def test_known_challenges_let_any_row_be_altered() -> None:
    """A predictable seed. The prover draws what the verifier will draw, and fits its change."""
    for field in FIELDS:
        for kind in KINDS:
            for seed in range(20):
                about = statement(field, (6, 6, 6), seed)
                foreseen = challenges(field, 6, 5, np.random.default_rng(seed), kind)
                v = fitted(foreseen, field)
                assert v is not None and v.any()
                product = prove(about).product.copy()
                product[2] = field.add(product[2], v)
                claim = Claim(about.digest, product)
                assert len(verify(about, claim, 5, np.random.default_rng(seed), kind)) == 5
                if field.p > 1000 and kind == "field":  # fresh challenges: one chance in p^5
                    with pytest.raises(CheckFailed):
                        verify(about, claim, 5, np.random.default_rng(seed + 999), kind)


def test_challenges_that_span_everything_leave_nothing_to_fit() -> None:
    field = Field(101)
    asked = np.eye(6, dtype=np.int64)
    assert rank(asked, field) == 6 and fitted(asked, field) is None
    assert fitted(asked[:, :5], field).tolist() == [0, 0, 0, 0, 0, 1]


def test_a_hash_without_the_claim_in_it_is_a_known_challenge() -> None:
    """Fiat and Shamir's transform, once wrong and once right."""
    about = statement(MERSENNE31, (6, 6, 6), 11)
    v = fitted(derived(about, None, 3, "field"), MERSENNE31)
    product = prove(about).product.copy()
    product[0] = MERSENNE31.add(product[0], v)
    forged = Claim(about.digest, product)
    assert len(examine(about, product, derived(about, None, 3, "field"))) == 3  # it works
    with pytest.raises(CheckFailed):
        examine(about, product, derived(about, forged, 3, "field"))
    honest = prove(about)
    for kind in KINDS:
        assert len(examine(about, honest.product, derived(about, honest, 3, kind))) == 3
        assert derived(about, honest, 3, kind).max() < (2 if kind == "binary" else 2**31 - 1)


def test_a_claim_about_another_product_is_refused() -> None:
    about, other = (statement(MERSENNE31, (4, 4, 4), seed) for seed in (12, 13))
    with pytest.raises(WrongStatement):
        verify(other, prove(about), 1, np.random.default_rng(0))
    # The same numbers in another field are another statement.
    small = Statement(about.a % 3, about.b % 3, Field(3))
    twin = Statement(about.a % 3, about.b % 3, Field(5))
    with pytest.raises(WrongStatement):
        verify(twin, prove(small), 1, np.random.default_rng(0))
    # Even with its label changed, an answer to another question fails the check.
    relabelled = Claim(other.digest, prove(about).product)
    with pytest.raises(CheckFailed):
        verify(other, relabelled, 1, np.random.default_rng(0))


def test_malformed_claims_have_their_names() -> None:
    about = statement(Field(101), (3, 3, 3), 14)
    good = prove(about)
    rng = np.random.default_rng(0)
    for spoilt, error in (
        (replace(good, product=good.product + 101), OutOfField),
        (replace(good, product=good.product[:2]), WrongLength),
        (replace(good, product=good.product.astype(float)), WrongType),
        (replace(good, statement="text"), WrongType),
        ((good.statement, good.product), WrongType),
        (None, WrongType),
    ):
        with pytest.raises(error):
            verify(about, spoilt, 1, rng)
    for message in (b"", b"x", wire.encode(("sumcheck", b"", good.product)), wire.encode(())):
        with pytest.raises(Malformed):
            Claim.read(message)


def test_ten_thousand_spoilt_claims_are_refused() -> None:
    """With 2^31 - 1 a wrong entry passes once in 2^31: here never."""
    rng, np_rng, names = random.Random(15), np.random.default_rng(15), set()
    cases = [statement(MERSENNE31, shape, 15) for shape in ((1, 1, 1), (2, 3, 4), (5, 2, 1))]
    for _ in range(10_000):
        about = rng.choice(cases)
        spoilt = spoil(prove(about), rng)
        names.add(refused(lambda a=about, s=spoilt: verify(a, s, 1, np_rng)))
    assert names == {"WrongType", "WrongLength", "OutOfField", "WrongStatement", "CheckFailed"}


def test_truncated_and_flipped_messages_are_refused() -> None:
    about = statement(MERSENNE31, (3, 3, 3), 16)
    message, rng = prove(about).encode(), random.Random(16)
    for end in range(len(message)):
        with pytest.raises(Malformed):
            Claim.read(message[:end])
    np_rng = np.random.default_rng(16)
    for _ in range(10_000):
        at = rng.randrange(len(message))
        flipped = bytes([message[at] ^ (1 << rng.randrange(8))])
        spoilt = message[:at] + flipped + message[at + 1 :]
        assert refused(lambda m=spoilt: verify(about, Claim.read(m), 1, np_rng))


def test_a_statement_must_be_a_product_over_its_field() -> None:
    two = np.ones((2, 2), dtype=np.int64)
    for a, b, error in (
        (two, np.ones((3, 2), dtype=np.int64), WrongLength),
        (two * 5, two, OutOfField),
        (two, two.astype(float), WrongType),
    ):
        with pytest.raises(error):
            Statement(a, b, Field(5))
    about = Statement(two, two, Field(5))
    with pytest.raises(ValueError, match="round"):
        verify(about, prove(about), 0, np.random.default_rng(0))


def test_a_message_with_arrays_in_odd_places_is_refused_by_name() -> None:
    """An array compared with a text gives an array, which is neither true nor false."""
    odd = np.arange(3)
    for parts in ((odd, b"", odd), ("freivalds claim", odd, odd), (odd, odd, odd)):
        message = wire.encode(parts)
        about = statement(MERSENNE31, (3, 3, 3), 30)
        name = refused(lambda m=message, s=about: verify(s, Claim.read(m), 1, RNG))
        assert name == "WrongType"


def test_nobody_changes_a_statement_after_it_was_hashed() -> None:
    """Else a prover that holds the same arrays would have one product checked under the name of
    another."""
    a, b = np.array([[1, 2], [3, 4]]), np.eye(2, dtype=np.int64)
    about, same = Statement(a, b, MERSENNE31), Statement(a, b, MERSENNE31)
    named = about.digest
    a[0, 0] = 7
    assert len(verify(about, Claim(named, a - [[6, 0], [0, 0]]), 5, RNG)) == 5
    assert same.digest == named  # hashed after the change
    with pytest.raises(ValueError, match="read-only"):
        about.a[0, 0] = 7
    with pytest.raises(WrongType):
        Statement([[1]], b, MERSENNE31)  # type: ignore[arg-type]


def test_challenges_from_a_hash_hang_on_how_many_are_asked_and_of_what() -> None:
    about = statement(MERSENNE31, (4, 4, 4), 31)
    claim = prove(about)
    two, three = derived(about, claim, 2, "field"), derived(about, claim, 3, "field")
    assert two.ravel().tolist() != three.ravel()[:8].tolist()
    zeros_and_ones = derived(about, claim, 3, "binary")
    assert zeros_and_ones.tolist() != (three % 2).tolist()
    for rounds, kind in ((0, "field"), (1, "fields")):
        with pytest.raises(ValueError, match="at least one round"):
            derived(about, claim, rounds, kind)
    for junk in (Claim(b"", claim.product), Claim(about.digest, ((),)), 7, ()):
        name = refused(lambda junk=junk: derived(about, junk, 1, "field"))
        assert name in ("WrongStatement", "WrongType")
