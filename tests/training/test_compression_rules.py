"""The compressors' own laws: what is sent is what the bytes say, nothing is lost with error
feedback, and the published bounds hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.training import dct
from decentralized_ai.training.compress_bits import bits_for, pack, packed_size, unpack
from decentralized_ai.training.compress_demo import DctTopK, demo_step
from decentralized_ai.training.compress_powersgd import PowerSGD
from decentralized_ai.training.compress_quantise import Quantise, Sign
from decentralized_ai.training.compressors import Compressor, Plain, RandomK, TopK, exchange

SHAPES = ((12, 8), (10,), (6, 9), (3,))
SIZE = 12 * 8 + 10 + 6 * 9 + 3
EVERY: dict[str, Compressor] = {
    "plain": Plain(SIZE),
    "top-k": TopK(SIZE, 17),
    "top-1": TopK(SIZE, 1),
    "random-k": RandomK(SIZE, 17),
    "random-k scaled": RandomK(SIZE, 17, scaled=True),
    "8 bits": Quantise(SIZE, 8, 50),
    "4 bits": Quantise(SIZE, 4, 50),
    "4 bits, nearest": Quantise(SIZE, 4, 50, random=False),
    "3 bits, l2": Quantise(SIZE, 3, 50, "l2"),
    "sign": Sign(SIZE, 50),
    "PowerSGD": PowerSGD(SHAPES, 2),
    "DCT top-k": DctTopK(SHAPES, 3, 4),
}
each = pytest.mark.parametrize("tool", EVERY.values(), ids=EVERY)


def gradients(workers: int, seed: int, size: int = SIZE) -> np.ndarray:
    """float32 values, as torch gives them, of sizes that differ from layer to layer."""
    rng = np.random.default_rng(seed)
    spread = np.exp(rng.normal(0, 2, size))
    return (rng.normal(0, 1, (workers, size)) * spread).astype(np.float32)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 32), st.integers(0, 70), st.integers(0, 2**32))
def test_bits_come_back(bits: int, count: int, seed: int) -> None:
    numbers = np.random.default_rng(seed).integers(0, 1 << bits, count)
    packed = pack(numbers, bits)
    assert len(packed) == packed_size(count, bits) == math.ceil(count * bits / 8)
    assert unpack(packed, bits, count).tolist() == numbers.tolist()


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit into 3 bits"):
        pack([8], 3)


@pytest.mark.parametrize(("values", "bits"), [(1, 0), (2, 1), (3, 2), (4096, 12), (4097, 13)])
def test_bits_for(values: int, bits: int) -> None:
    assert bits_for(values) == bits


@pytest.mark.parametrize(
    ("packed", "bits", "count"),
    [(b"", 3, 5), (b"\0", 3, 5), (b"\0\0\0", 3, 5), (b"", 1, 1), (b"\0", 0, 4), (b"", 33, 0)],
)
def test_bytes_that_are_not_the_numbers_are_refused(packed: bytes, bits: int, count: int) -> None:
    with pytest.raises(ValueError, match=f"bytes for {count} numbers of {bits} bits"):
        unpack(packed, bits, count)


MOST = 3.4028234663852886e38  # float32's largest


@each
def test_what_cannot_be_carried_is_refused(tool: Compressor) -> None:
    rng, x = np.random.default_rng(0), gradients(1, 16)[0].astype(float)
    for wrong in (np.append(x, 1.0), x[:-1], x[:0], x[:, None], np.float64(1)):
        with pytest.raises(ValueError, match=f"not {SIZE} values"):
            tool.compress(wrong, tool.start(), rng)
    with pytest.raises(ValueError, match="not floating-point numbers"):
        tool.compress(np.ones(SIZE, dtype=int), tool.start(), rng)
    for kind, wrong in (
        (np.float32, np.nan),
        (np.float32, np.inf),
        (np.float64, -np.inf),
        (np.float64, MOST * 1.00000001),
    ):
        x = x.astype(kind)
        x[7] = wrong
        with pytest.raises(ValueError, match="not finite, or beyond"):
            tool.compress(x, tool.start(), rng)


@each
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("places", [slice(7, 8), slice(0, SIZE)])
def test_the_largest_values_arrive_or_are_refused(
    tool: Compressor, kind: type, places: slice
) -> None:
    """Scales, products and sums of them may be beyond float32: then nothing is sent."""
    x = np.zeros(SIZE, dtype=kind)
    x[places] = MOST
    try:
        message, sent = tool.compress(x, tool.start(), np.random.default_rng(0))
    except ValueError as error:
        assert "not finite, or beyond" in str(error)
        assert not isinstance(tool, Plain | TopK | Sign)
        assert not isinstance(tool, Quantise) or tool.norm == "l2"
        return
    assert np.isfinite(sent).all()
    assert np.array_equal(tool.decode(message, tool.start()), sent)


@each
def test_a_message_of_another_length_is_refused(tool: Compressor) -> None:
    state = tool.start()
    message, _ = tool.compress(gradients(1, 17)[0], state, np.random.default_rng(0))
    for wrong in (b"", message[:4], message[:-1], message[:-4], message + b"\0" * 4):
        with pytest.raises(ValueError):
            tool.decode(wrong, state)


def test_a_place_beyond_the_end_is_refused() -> None:
    with pytest.raises(ValueError, match="a place beyond the 5 values"):
        TopK(5, 1).decode(pack([7], 3) + bytes(4), {})


@each
def test_what_a_receiver_sees_is_what_the_bytes_hold(tool: Compressor) -> None:
    rng, state = np.random.default_rng(1), tool.start()
    for x in gradients(3, 2):
        message, sent = tool.compress(x, state, rng)
        assert isinstance(message, bytes)
        assert np.array_equal(tool.decode(message, state), sent)
        state = tool.agree([message], state)


@each
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_sent_plus_residual_is_the_gradient(tool: Compressor, kind: type) -> None:
    """To the last bit where a value is sent whole or not at all; else to one rounding of the
    larger of the two, which is what a subtraction in floating point can promise."""
    rows, residuals, state = gradients(4, 3).astype(kind), np.zeros((4, SIZE), kind), tool.start()
    rng = np.random.default_rng(5)
    for _ in range(3):
        whole = rows + residuals
        messages = []
        for worker in range(4):
            message, sent = tool.compress(whole[worker], state, rng)
            residual = whole[worker] - sent
            close = 2 * np.finfo(kind).eps * np.maximum(np.abs(sent), np.abs(whole[worker]))
            assert (np.abs(sent + residual - whole[worker]) <= close).all()
            if isinstance(tool, TopK | Plain) and kind is np.float32:
                assert np.array_equal(sent + residual, whole[worker])
            messages.append(message)
        done, state = exchange(tool, rows, residuals, state, rng)
        assert done.residuals.dtype == kind
        residuals = done.residuals


@each
@pytest.mark.parametrize("rounds", [1, 3])
def test_nothing_is_lost_over_many_steps(tool: Compressor, rounds: int) -> None:
    """The sum of all means sent plus the mean residual is the sum of all mean gradients."""
    if isinstance(tool, RandomK) and tool.scaled:
        return  # multiplies what it sends: its residual grows without bound, see below
    state, rng = tool.start(), np.random.default_rng(2)
    residuals, total, sent = np.zeros((3, SIZE)), np.zeros(SIZE), np.zeros(SIZE)
    for step in range(20):
        rows = gradients(3, step).astype(float)
        done, state = exchange(tool, rows, residuals, state, rng, rounds)
        residuals = done.residuals
        total, sent = total + rows.mean(axis=0), sent + done.mean
    lost = np.abs(sent + residuals.mean(axis=0) - total)
    assert lost.max() <= 1e-11 * np.abs(total).max()


def test_message_sizes_are_the_ones_stated() -> None:
    d, rng = 33_760, np.random.default_rng(0)
    x = rng.normal(size=d).astype(np.float32)
    sizes = {
        TopK(d, 100): 100 * 4 + 100 * 2,  # 16 bits tell 33,760 places apart
        RandomK(d, 100): 4 + 100 * 4,
        Sign(d, 512): d // 8 + 4 * 66,
        Quantise(d, 8, 512): d + 4 * 66,
        Quantise(d, 4, 512): d // 2 + 4 * 66,
        Plain(d): 4 * d,
    }
    for tool, size in sizes.items():
        assert len(tool.compress(x, {}, rng)[0]) == size
    # One 64 x 64 chunk, 32 coefficients: 12 bits for the place, 32 for the value.
    one = DctTopK(((64, 64),)).compress(x[:4096], {}, rng)[0]
    assert len(one) == 32 * (12 + 32) // 8
    tool = PowerSGD(((100, 30), (7,)), 4)
    state = tool.start()
    for side in (30, 100):
        message, _ = tool.compress(x[:3007], state, rng)
        assert len(message) == 4 * (4 * side + 7)
        state = tool.agree([message], state)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, SIZE), st.integers(0, 2**32))
def test_top_k_is_the_contraction_of_stich(k: int, seed: int) -> None:
    x = gradients(1, seed)[0].astype(float)
    _, sent = TopK(SIZE, k).compress(x, {}, np.random.default_rng(0))
    assert np.count_nonzero(sent) == k
    assert np.abs(x[sent == 0]).max(initial=0) <= np.abs(x[sent != 0]).min()
    # float32 on the wire: 6e-8 of each value.
    assert np.sum((x - sent) ** 2) <= (1 - k / SIZE) * np.sum(x**2) + 1e-12 * np.sum(x**2)


def test_of_equal_values_exactly_k_are_sent() -> None:
    _, sent = TopK(6, 3).compress(np.array([1.0, -1, 1, 1, 0, 1]), {}, np.random.default_rng(0))
    assert sent.tolist() == [1, -1, 1, 0, 0, 0]


@pytest.mark.parametrize("k", [1, 5, 40, SIZE])
def test_random_k_by_its_mean_and_its_contraction(k: int) -> None:
    """4,000 draws: each mean within 5 standard errors, d/k - 1 times x^2 in variance; the mean
    loss of the unscaled form is (1 - k/d) ||x||^2 (Stich et al. 2018)."""
    draws, rng = 4000, np.random.default_rng(3)
    x = np.random.default_rng(4).normal(size=SIZE).astype(np.float32)
    scaled, plain = RandomK(SIZE, k, scaled=True), RandomK(SIZE, k)
    sent = np.array([scaled.compress(x, {}, rng)[1] for _ in range(draws)])
    error = np.abs(x) * math.sqrt((SIZE / k - 1) / draws)
    assert (np.abs(sent.mean(axis=0, dtype=float) - x) <= 5 * error + 1e-5 * np.abs(x)).all()
    lost = [np.sum((x - plain.compress(x, {}, rng)[1]) ** 2) for _ in range(draws)]
    expected = (1 - k / SIZE) * np.sum(x**2)
    assert abs(np.mean(lost) - expected) <= 5 * np.std(lost) / math.sqrt(draws) + 1e-5


@pytest.mark.parametrize("norm", ["max", "l2"])
@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_stochastic_quantisation_is_unbiased_and_within_qsgds_variance(
    bits: int, norm: str
) -> None:
    """3,000 draws. Each mean within 5 standard errors (a step of chance at most: half a step in
    deviation); the variance within QSGD's lemma 3.1, for the norm that it is stated for."""
    n, draws, rng = 100, 3000, np.random.default_rng(6)
    x = np.random.default_rng(7).normal(size=n).astype(np.float32)
    tool = Quantise(n, bits, n, norm)
    sent = np.array([tool.compress(x, {}, rng)[1] for _ in range(draws)], dtype=float)
    scale = np.abs(x).max() if norm == "max" else np.linalg.norm(x)
    step = scale / tool.levels
    assert np.abs(sent.mean(axis=0) - x).max() <= 5 * step / 2 / math.sqrt(draws) + 1e-6
    variance = np.sum((sent - x) ** 2, axis=1).mean()
    if norm == "l2":
        s = tool.levels
        assert variance <= min(n / s**2, math.sqrt(n) / s) * np.sum(x**2)
    # In closed form: a value a fraction p of a step above its level has variance p (1 - p).
    p = np.abs(x) / step % 1
    assert variance == pytest.approx(step**2 * np.sum(p * (1 - p)), rel=0.05)


def test_nearest_quantisation_is_off_by_half_a_step() -> None:
    x = gradients(1, 8)[0]
    sent = Quantise(SIZE, 4, SIZE, random=False).compress(x, {}, np.random.default_rng(0))[1]
    assert np.abs(sent - x).max() <= np.abs(x).max() / 7 / 2 * (1 + 1e-6)


def test_the_sign_loses_what_the_closed_form_says() -> None:
    x = gradients(1, 9)[0].astype(float)
    _, sent = Sign(SIZE, SIZE).compress(x, {}, np.random.default_rng(0))
    share = np.abs(x).sum() ** 2 / (SIZE * np.sum(x**2))
    # The scale travels as float32.
    assert np.sum((x - sent) ** 2) == pytest.approx((1 - share) * np.sum(x**2), rel=1e-6)


def test_sums_of_messages_are_messages_of_sums() -> None:
    """What `summable` promises: float32 messages of all workers, added up, decode to the sum."""
    rows, rng = gradients(3, 11), np.random.default_rng
    for tool in (t for t in EVERY.values() if t.summable):
        state = tool.start()
        pairs = [tool.compress(row, state, rng(4)) for row in rows]
        head = 4 if isinstance(tool, RandomK) else 0
        bodies = [np.frombuffer(message[head:], dtype="<f4") for message, _ in pairs]
        added = pairs[0][0][:head] + np.sum(bodies, axis=0).astype("<f4").tobytes()
        expected = np.sum([sent for _, sent in pairs], axis=0)
        np.testing.assert_allclose(tool.decode(added, state), expected, rtol=1e-4, atol=1e-3)


def test_powersgd_is_exact_where_the_rank_suffices() -> None:
    rng = np.random.default_rng(12)
    matrix = (rng.normal(size=(12, 3)) @ rng.normal(size=(3, 8))).astype(np.float32)
    tool = PowerSGD(((12, 8),), 3)
    state = tool.start()
    for _ in range(2):  # the first round finds the span, the second multiplies with it
        done, state = exchange(tool, matrix.reshape(1, -1), None, state, rng)
    # float32: sums of 12 products of size 1 to 5.
    np.testing.assert_allclose(done.mean.reshape(12, 8), matrix, atol=2e-5)


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("size", [0.0, 1e-20])
def test_powersgd_comes_back_after_gradients_of_zero(rank: int, size: float) -> None:
    """Of two matrices one is zero, or nearly, for three rounds; then both have rank 1."""
    rng = np.random.default_rng(15)
    first, second = (np.outer(rng.normal(size=6), rng.normal(size=4)).ravel() for _ in "ab")
    tool = PowerSGD(((6, 4), (6, 4)), rank)
    state = tool.start()
    for _ in range(3):
        rows = np.concatenate([first * size, second]).astype(np.float32)
        done, state = exchange(tool, rows[None], None, state, rng)
        assert np.abs(done.mean[:24]).max() <= 10 * size
    rows = np.concatenate([first, second]).astype(np.float32)
    for _ in range(2):
        done, state = exchange(tool, rows[None], None, state, rng)
    np.testing.assert_allclose(done.mean, rows, atol=2e-6)  # float32


@pytest.mark.parametrize("shape", [(), (2, 3, 4), (0,), (3, 0)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    for make in (lambda: PowerSGD(((4,), shape), 1), lambda: DctTopK(((4,), shape))):
        with pytest.raises(ValueError, match="must be of vectors or matrices"):
            make()
    with pytest.raises(ValueError, match="rank must be at least 1; got 0"):
        PowerSGD(SHAPES, 0)


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_no_rank_beats_the_singular_values(rank: int) -> None:
    """Eckart and Young: nothing of rank r is nearer than the r largest singular values; a warm
    start comes within a tenth of a percent of it on a matrix that stays the same."""
    rng = np.random.default_rng(13)
    matrix = (rng.normal(size=(20, 10)) * 0.6 ** np.arange(10)).astype(np.float32)
    values = np.linalg.svd(matrix.astype(float), compute_uv=False)
    best = math.sqrt(np.sum(values[rank:] ** 2))
    tool = PowerSGD(((20, 10),), rank)
    state, errors = tool.start(), []
    for _ in range(40):
        done, state = exchange(tool, matrix.reshape(1, -1), None, state, rng)
        errors.append(float(np.linalg.norm(done.residuals)))
    assert min(errors) >= best * (1 - 1e-5)
    assert errors[-1] <= best * 1.001


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 12), st.integers(0, 2**32))
def test_the_cosine_transform_turns_and_turns_back(n: int, m: int, chunk: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(n, m))
    there = dct.transform(x, chunk)
    a, b = dct.chunk_shape((n, m), chunk)
    assert n % a == m % b == 0 and a <= chunk and b <= chunk
    assert there.shape == (n * m // (a * b), a * b)
    assert np.sum(there**2) == pytest.approx(np.sum(x**2), rel=1e-12)
    np.testing.assert_allclose(dct.back(there, (n, m), chunk), x, atol=1e-12)


def test_demo_that_sends_everything_is_the_sign_of_the_mean_momentum() -> None:
    rows = gradients(3, 14).astype(float)
    tool = DctTopK(SHAPES, 16, 4)  # 16 = 4 x 4: every coefficient of every chunk
    step, kept, _ = demo_step(tool, np.zeros_like(rows), rows, 0.1)
    mean = rows.mean(axis=0)
    sure = np.abs(mean) > 1e-3  # float32 on the wire: nearer to nought the sign is its noise
    assert np.allclose(step[sure], 0.1 * np.sign(mean[sure]), rtol=1e-6)
    assert np.abs(kept).max() <= 1e-6 * np.abs(rows).max()


def descend(feedback: bool, scaled: bool, steps: int = 400) -> float:
    """f(x) = |x_1 + x_2| e + |x_1 - x_2|: Karimireddy et al. 2019, counterexample 2 (e < 1). Its
    subgradient has the sign (+, -) or (-, +) everywhere, so a sign moves along x_1 + x_2 = const
    only, and the minimum at 0 is never reached from (1, 1)."""
    e, x = 0.5, np.array([1.0, 1.0])
    tool, left = Sign(2, 2), np.zeros((1, 2))
    for step in range(1, steps + 1):
        rate = 0.5 / math.sqrt(step)
        a, b = 1 if x[0] >= -x[1] else -1, 1 if x[0] >= x[1] else -1
        gradient = e * a * np.array([1.0, 1.0]) + b * np.array([1.0, -1.0])
        done, _ = exchange(
            tool, rate * gradient[None], left if feedback else None, {}, np.random.default_rng(0)
        )
        if feedback:
            left = done.residuals
        x -= done.mean if scaled or feedback else rate * np.sign(done.mean)
    return float(e * abs(x[0] + x[1]) + abs(x[0] - x[1]))


def test_the_sign_alone_stands_still_where_error_feedback_goes_on() -> None:
    assert descend(feedback=False, scaled=False) >= 0.99
    assert descend(feedback=True, scaled=True) <= 0.1


def test_random_k_needs_no_scale_with_feedback_and_breaks_with_one() -> None:
    """The residual of the scaled form grows without bound: it is no contraction."""
    x, rng = np.ones((1, 100)), np.random.default_rng(0)
    for scaled in (False, True):
        left = np.zeros_like(x)
        for _ in range(60):
            done, _ = exchange(RandomK(100, 10, scaled=scaled), x, left, {}, rng)
            left = done.residuals
        size = float(np.linalg.norm(left))
        assert size > 1e6 if scaled else size < 400
