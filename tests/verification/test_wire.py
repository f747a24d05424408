"""The spelling of messages: one for each value, and nothing but it is read."""

import hashlib
import random
import time
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.verification.fiat_shamir import Transcript
from decentralized_ai.verification.field import Field
from decentralized_ai.verification.refusal import Malformed, WrongType, expect
from decentralized_ai.verification.wire import decode, digest, encode

from .tamper import same

PLAIN = st.none() | st.booleans() | st.integers() | st.binary(max_size=40) | st.text(max_size=20)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4).map(tuple), max_leaves=12)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_what_was_written_is_read(value: object) -> None:
    assert same(decode(encode(value)), value)


@pytest.mark.parametrize("dtype", ["<i8", "<f4", "<f8"])
@pytest.mark.parametrize("shape", [(0,), (3,), (2, 3), (1, 2, 2)])
def test_arrays(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).astype(dtype).reshape(shape)
    assert same(decode(encode(array)), array)
    assert encode(array.T) == encode(np.ascontiguousarray(array.T))


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES)
def test_two_values_never_share_a_spelling(a: object, b: object) -> None:
    assert (encode(a) == encode(b)) == same(a, b)


def test_look_alikes_differ() -> None:
    looks = [("ab", "c"), ("a", "bc"), ("abc",), "abc", b"abc", 1, "1", True, (1,), ((1,),), None]
    looks += [(), "", b"", 0, False]
    assert len({encode(value) for value in looks}) == len(looks)


def test_truncations_are_refused_and_flipped_bits_never_read_as_the_same() -> None:
    message = encode((1, -70000, b"\x00\xff", "né", (True, None), np.arange(6).reshape(2, 3)))
    for end in range(len(message)):
        with pytest.raises(Malformed):
            decode(message[:end])
    rng = random.Random(1)
    refused = 0
    for _ in range(10_000):
        at, bit = rng.randrange(len(message)), 1 << rng.randrange(8)
        spoilt = message[:at] + bytes([message[at] ^ bit]) + message[at + 1 :]
        try:
            assert encode(decode(spoilt)) == spoilt
        except Malformed:
            refused += 1
    assert 0 < refused < 10_000


def test_random_bytes_and_deep_nests_never_crash() -> None:
    rng = random.Random(2)
    for _ in range(5_000):
        with pytest.raises(Malformed):
            decode(rng.choice(b"NBIYSTAx").to_bytes(1, "big") + rng.randbytes(rng.randrange(40)))
    deep: object = ()
    for _ in range(200):
        deep = (deep,)
    with pytest.raises(Malformed):
        decode(encode(deep))
    for wrong in ("text", None, 5, bytearray(b"N")):
        with pytest.raises(WrongType):
            decode(wrong)  # type: ignore[arg-type]
    with pytest.raises(WrongType):
        encode([1])


def test_a_digest_is_sha256_and_belongs_to_its_purpose() -> None:
    spelt = encode(("decentralized-ai", "leaf", (1, b"x")))
    assert digest("leaf", 1, b"x") == hashlib.sha256(spelt).digest()
    assert digest("leaf", 1, b"x") != digest("node", 1, b"x")
    assert digest("leaf", 1, b"x") != digest("leaf", (1, b"x"))


def test_challenges_depend_on_everything_said_before_and_on_nothing_else() -> None:
    field = Field(2**31 - 1)

    def draw(*said: tuple[str, object], name: str = "p") -> tuple[int, ...]:
        transcript = Transcript(name)
        for label, value in said:
            transcript.absorb(label, value)
        return transcript.challenge("r", field, 3)

    assert draw(("a", 1), ("b", 2)) == draw(("a", 1), ("b", 2))
    others = [draw(("a", 1)), draw(("a", 1), ("b", 3)), draw(("b", 2), ("a", 1)), draw(name="q")]
    assert len({draw(("a", 1), ("b", 2)), *others}) == 5


def test_challenges_are_uniform() -> None:
    # Chi-square, 4 degrees of freedom: above 18.5 happens once in a thousand; the draw is fixed.
    transcript = Transcript("uniform")
    drawn = transcript.challenge("r", Field(5), 5_000)
    counts = np.bincount(drawn, minlength=5)
    assert counts.sum() == 5_000 and ((counts - 1000) ** 2 / 1000).sum() < 18.5


def spelt(letter: bytes, content: bytes) -> bytes:
    return letter + len(content).to_bytes(8, "big") + content


@pytest.mark.parametrize(
    ("dtype", "shape", "content"),
    [
        (np.arange(2), (2,), bytes(16)),  # an array is in no set: it cannot be hashed
        ((np.arange(2),), (2,), bytes(16)),
        ("<i8", (0, 2**70), b""),  # no numbers, and a side beyond numpy's
        ("<i8", (0, 2**62), b""),
        ("<i8", (0, 2**31, 2**31), b""),
        ("<i8", (1,) * 65, bytes(8)),  # more sides than numpy has
        ("<i8", (np.arange(2),), bytes(16)),
        ("<i8", (2**31,), bytes(8)),
    ],
)
def test_arrays_that_numpy_would_not_make_are_malformed(
    dtype: object, shape: object, content: bytes
) -> None:
    with pytest.raises(Malformed):
        decode(spelt(b"A", encode(dtype) + encode(shape) + content))


def test_reading_takes_time_in_proportion_to_the_message() -> None:
    """A tuple of very many items: copying what is left after each would take hours here."""
    message = encode((None,) * 500_000)
    begin = time.process_time()
    assert len(decode(message)) == 500_000
    assert time.process_time() - begin < 10  # about 1 s; copying the rest each time: minutes


def test_expected_types_are_exact_and_whole() -> None:
    class Liar(type):
        def __eq__(cls, other: object) -> bool:
            return True

        def __hash__(cls) -> int:
            return 0

    class Anything(metaclass=Liar):
        pass

    @dataclass(frozen=True)
    class Pair:
        left: int
        right: int

    class Heir(Pair):
        pass

    half = object.__new__(Pair)
    object.__setattr__(half, "left", 1)
    assert expect(Pair(1, 2), Pair, "a pair") == Pair(1, 2)
    assert expect((), (bytes, tuple), "either") == ()
    for wrong in (Anything(), half, object.__new__(Pair), Heir(1, 2), Pair, None, (1, 2)):
        with pytest.raises(WrongType):
            expect(wrong, Pair, "a pair")
    with pytest.raises(WrongType):
        expect(Anything(), (bytes, tuple), "either")


def test_what_could_not_be_read_is_not_written() -> None:
    deep: object = 1
    for _ in range(100_000):
        deep = (deep,)
    shallow: object = 1
    for _ in range(16):
        shallow = (shallow,)
    assert decode(encode(shallow)) == shallow
    for wrong in (deep, "\ud800", np.zeros((1,) * 9), np.float64(1), np.int64(1), object()):
        with pytest.raises(WrongType):
            encode(wrong)
    while deep != 1:  # layer by layer: all at once would exhaust the stack
        (deep,) = deep
