"""The roofline of a decode step: model sizes, the measured H100, NVIDIA's own table, laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.inference.batching import (
    MEASURED,
    MOST,
    ROOF,
    Machine,
    Steps,
    Unfit,
    curve,
    fit,
)
from decentralized_ai.inference.batching_hardware import GPUS, MODELS, WORKS, Gpu, Model, Work
from decentralized_ai.inference.batching_measured import BF16, BUSY, FP8, ROOM, RUN_COST, RUN_RENT
from decentralized_ai.inference.batching_nvidia import GPT_J, H200, LLAMA_7B, LLAMA_13B, LLAMA_70B
from decentralized_ai.validation.batching import (
    QWEN,
    RUNS,
    busy,
    fitted,
    measured,
    nvidia,
    split,
)

machines = st.builds(
    Machine,
    gpu=st.sampled_from(list(GPUS.values())),
    model=st.sampled_from(list(MODELS.values())),
    cards=st.sampled_from((1, 2, 4, 8)),
)
works = st.builds(Work, coming=st.integers(1, 8192), going=st.integers(1, 4096))


# --- sizes


@pytest.mark.parametrize(
    ("model", "billions", "active"),
    [
        (MODELS["qwen3_8b"], 8.19, None),
        (MODELS["llama_70b"], 70.55, None),
        (MODELS["qwen3_30b"], 30.53, 3.3),
        (LLAMA_7B, 6.74, None),
        (LLAMA_13B, 13.02, None),
        (LLAMA_70B, 68.98, None),
        (GPT_J, 6.05, None),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_parameters_add_up_to_the_published_count(
    model: Model, billions: float, active: float | None
) -> None:
    """Model cards round to 0.01 or 0.1 billion; norms and biases, left out here, are below 0.1%."""
    assert model.parameters() / 1e9 == pytest.approx(billions, rel=1e-3)
    if active is not None:  # one of the two matrices of the vocabulary is only looked up
        assert (model.active + 2 * model.head) / 1e9 == pytest.approx(active, abs=0.06)


def test_keys_and_values_of_a_token() -> None:
    """2 (keys and values) x 2 bytes x layers x heads x size, as everybody writes it."""
    assert MODELS["qwen3_8b"].kv == 2 * 2 * 36 * 8 * 128
    assert LLAMA_7B.kv == 512 * 1024  # the half megabyte that is often quoted
    assert replace(LLAMA_7B, kv_bits=8).kv == 256 * 1024


def test_the_scaling_books_worked_answer() -> None:
    """Its quiz: 30e9 parameters in 8 bits on 16 TPU v5e (8.1e11 bytes/s each), 8,192 tokens of
    context at 100 kB, batch 4: 2.5 ms at least; and batch 256: 21 ms, reading 16.2 of them."""
    chip = Gpu("TPU v5e", 16 * 10**9, 8.1e11, {8: 1.97e14, 16: 1.97e14})
    # 100 kB a token: 2 bytes x 2 x layers x heads x size.
    model = Model("30B", 1, 0, 30 * 10**9, 0, 0, 1, size=25_000)
    assert model.kv == 100_000
    long = Work(8192, 1)
    long_enough = replace(long, coming=8191)  # 8,191.5 tokens to look back on
    run = Machine(chip, model, 16)
    reading = run.reading(long_enough, 256)
    assert 1e3 * reading[3] == pytest.approx(2.5, abs=0.1)  # printed with one digit more: 2.57
    weights = 30e9 / (16 * 8.1e11)
    caches = reading[255] - weights
    alone = 256 * 2 * model.active / (16 * 1.97e14)
    assert 1e3 * (caches + alone) == pytest.approx(21, abs=0.5)


def test_the_critical_batch() -> None:
    """Weights alone, no context: reading and calculating take equally long at a batch of
    operations/s over twice the bytes/s, 295 in 8 bits on an H100 (the scaling book's formula)."""
    model = Model("plain", 1, 0, 10**9, 0, 0, 0)
    run = Machine(GPUS["h100"], model, 1)
    nothing = Work(0, 1)
    gap = run.calculating(nothing, 512) - run.reading(nothing, 512)
    assert 1 + int(np.argmax(gap >= 0)) == int(np.ceil(1979e12 / (2 * 3.35e12)))


@pytest.mark.parametrize("batch", [1, 2, 8, 64, 400])
def test_experts_read_against_drawn_ones(batch: int) -> None:
    model = MODELS["qwen3_30b"]
    rng = np.random.default_rng(5)
    hit = [
        len({e for _ in range(batch) for e in rng.choice(128, 8, replace=False)}) for _ in range(60)
    ]
    read = (model.read(batch)[-1] - 2 * model.head) / model.layers - model.attention
    # 60 draws: 4.5 standard errors
    spread = 4.5 * max(float(np.std(hit)), 0.1) / np.sqrt(60)
    assert read / model.feed == pytest.approx(np.mean(hit), abs=spread + 1e-9)


# --- what was measured


def test_no_measurement_passes_the_roofline() -> None:
    ratios = [
        r for run, curves in RUNS for row in measured(run, curves, ROOF).values() for r in row
    ]
    assert len(ratios) == 79
    assert min(ratios) > 1 and min(nvidia(ROOF)) > 1
    # and it is no empty bound: the best reach four fifths of it, one user half
    assert min(nvidia(ROOF)) < 1.3
    assert 1 / measured(QWEN, FP8, ROOF)["chat"][0] == pytest.approx(0.52, abs=0.02)


@pytest.mark.parametrize(("run", "curves"), RUNS, ids=("8 bits", "16 bits"))
def test_the_constants_are_those_that_fit_the_chat_curves(run: Machine, curves: dict) -> None:
    overhead, share = fitted(run, curves)
    assert MEASURED.overhead == pytest.approx(overhead, abs=1e-5)
    assert MEASURED.shares is not None
    assert MEASURED.shares[run.bits] == pytest.approx(share, abs=5e-3)
    assert max(abs(r - 1) for r in measured(run, curves, MEASURED)["chat"]) < 0.12


def test_the_fit_finds_constants_that_were_put_in() -> None:
    truth = Steps(3e-3, {8: 0.25})
    points = []
    for users in (1, 5, 40, 300):
        took = float(truth.times(QWEN, WORKS["chat"], users)[-1])
        points.append((QWEN, WORKS["chat"], users, users / took))
    assert fit(points) == pytest.approx((3e-3, 0.25), rel=1e-9)


@pytest.mark.parametrize(("run", "curves"), RUNS, ids=("8 bits", "16 bits"))
def test_the_other_curves_are_predicted(run: Machine, curves: dict) -> None:
    """Nothing of these four was used in the fit. The worst point, 18% too low, is 32 users with
    1,024 tokens to read; the mean is 5%."""
    for kind, row in measured(run, curves, MEASURED).items():
        if kind != "chat":
            errors = [abs(r - 1) for r in row]
            assert max(errors) < 0.19, kind
            assert np.mean(errors) < 0.1, kind


def test_nvidias_own_table_is_predicted() -> None:
    """Other software, two other cards, two other models, three years earlier."""
    errors = [abs(r - 1) for i, r in enumerate(nvidia(MEASURED)) if not split(i)]
    assert len(errors) == 21
    assert max(errors) < 0.2 and np.mean(errors) < 0.07


def test_copies_on_several_cards_are_predicted_worse() -> None:
    """Cards that share a copy talk after each layer, which is left out: predictions are too high,
    three of ten by 65% to 120%. All three write 2,048 tokens with LLaMA 70B; why just these fail
    we do not know, since the same cards with short answers fit."""
    ratios = [r for i, r in enumerate(nvidia(MEASURED)) if split(i)]
    assert len(ratios) == 10 and min(ratios) > 0.95
    assert sum(r > 1.2 for r in ratios) == 3
    assert np.median(ratios) < 1.2


def test_a_table_that_was_read_last() -> None:
    """The H200's, seen after form and constants were settled. One card a copy: within a quarter.
    Two cards, LLaMA 70B, 2,048 tokens written: more than twice too high, as in the other table."""
    ratios = nvidia(MEASURED, H200)
    one = [abs(r - 1) for row, r in zip(H200, ratios, strict=True) if row[2] == 1]
    assert len(one) == 6 and max(one) < 0.25 and np.mean(one) < 0.15
    two = [r for row, r in zip(H200, ratios, strict=True) if row[2] == 2]
    assert len(two) == 1 and 2 < two[0] < 2.5
    assert min(nvidia(ROOF, H200)) > 1


def test_as_many_requests_fit_as_vllm_reported() -> None:
    for run, _ in RUNS:
        for kind, published in ROOM[run.model.bits].items():
            assert run.room(WORKS[kind]) == pytest.approx(published, rel=0.03)


def test_the_published_break_even() -> None:
    for kind, share in busy().items():
        assert share == pytest.approx(BUSY[kind], rel=0.12)


def test_the_published_cost_of_a_token() -> None:
    """Rent over throughput is the source's own arithmetic, too."""
    for users, rate in ((1, FP8["chat"][0]), (512, FP8["chat"][-1])):
        assert RUN_RENT / 3600 / rate * 1e6 == pytest.approx(RUN_COST[users], rel=2e-3)
    assert FP8["chat"][-1] / FP8["chat"][0] == pytest.approx(77.5, abs=0.1)
    assert all(a > b for kind in FP8 for a, b in zip(FP8[kind], BF16[kind], strict=False))


# --- laws


@settings(max_examples=150, deadline=None)
@given(machines, works)
def test_a_larger_batch_is_slower_for_each_and_cheaper_for_all(run: Machine, work: Work) -> None:
    for steps in (ROOF, MEASURED):
        times = steps.times(run, work, MOST)
        assert np.all(np.diff(times) >= -1e-15)
        rates = np.arange(1, MOST + 1) / times
        assert np.all(np.diff(rates) >= -1e-9 * rates[:-1])


@settings(max_examples=150, deadline=None)
@given(machines, works)
def test_what_was_measured_is_never_quicker_than_the_bound(run: Machine, work: Work) -> None:
    assert np.all(MEASURED.times(run, work, 64) > ROOF.times(run, work, 64))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(list(GPUS.values())),
    st.sampled_from(list(MODELS.values())),
    st.sampled_from(list(WORKS.values())),
    st.sampled_from((ROOF, MEASURED)),
    st.sampled_from((5, 20, 100)),
    st.floats(0.0, 1.0),
)
def test_littles_law_holds_on_the_curve(
    gpu: Gpu, model: Model, work: Work, steps: Steps, pace: int, part: float
) -> None:
    try:
        can = curve(gpu, model, work, steps, pace)
    except Unfit as why:
        assert "do not" in str(why)
        return
    assert can.batch <= min(MOST, can.machine.room(work))
    assert np.all(can.times * pace <= 1)
    rate = part * can.capacity
    inside, step = can.in_progress(rate), can.step(rate)
    if inside >= 1:
        # between two whole batches the rate is drawn straight, the truth bends: by 5% at most
        assert inside == pytest.approx(rate * step, rel=0.05)
    else:
        assert inside == pytest.approx(rate * can.times[0], rel=1e-9, abs=1e-12)
    if rate and can.batch > 1:
        assert step <= can.times[-1] * (1 + 1e-12)


def test_a_machine_is_as_large_as_it_has_to_be() -> None:
    chat = WORKS["chat"]
    assert curve(GPUS["rtx4090"], MODELS["qwen3_8b"], chat, ROOF, 5).machine.cards == 1
    assert curve(GPUS["rtx4090"], MODELS["llama_70b"], chat, ROOF, 5).machine.cards == 4
    assert curve(GPUS["h100"], MODELS["llama_70b"], chat, MEASURED, 100).machine.cards > 2
    huge = replace(MODELS["llama_70b"], feed=10 * MODELS["llama_70b"].feed)
    with pytest.raises(Unfit, match="8 RTX 4090s do not hold Llama"):
        curve(GPUS["rtx4090"], huge, chat, ROOF, 5)
    with pytest.raises(Unfit, match="do not write"):
        curve(GPUS["rtx4090"], MODELS["llama_70b"], WORKS["long"], MEASURED, 1000)
