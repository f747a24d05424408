"""DiLoCo against torchft's test data, against its two limits, and against sums done by hand."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.training.diloco import (
    DILOCO_MOMENTUM,
    DILOCO_STEP,
    DiLoCo,
    averaging,
    fragments,
    nesterov,
    outer_gradient,
)
from decentralized_ai.training.optimisers import SGD, AdamW

TORCHFT = json.loads((Path(__file__).parents[1] / "data" / "localsgd_torchft.json").read_text())


@pytest.mark.parametrize("case", TORCHFT["cases"], ids=lambda case: case["id"])
def test_torchfts_histories(case: dict) -> None:
    workers = np.ones((2, 2))
    pieces = fragments(2, 2)
    rule = DiLoCo(workers[0], 6, lambda: SGD(2), pieces, case["delay"], case["alpha"])
    exchanges = 0
    for step in range(len(case["local"])):
        for worker in workers:
            # Whole numbers and halves of them: exact, though 1e-6 would do.
            assert worker == pytest.approx(case["local"][str(step)], abs=1e-6)
        if str(step) in case["common"]:
            assert rule.common == pytest.approx(case["common"][str(step)], abs=1e-6)
            exchanges += 1
        workers -= 2.0
        rule.after_step(workers)
    assert exchanges == len(case["common"])


def fractions(rows: list[list[int]], bottom: int) -> np.ndarray:
    return np.array([[Fraction(x, bottom) for x in row] for row in rows], dtype=object)


small = st.integers(-50, 50)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 5), st.integers(1, 4), st.integers(1, 97))
def test_one_step_of_sgd_inside_and_out_is_synchronous_sgd(
    data: st.DataObject, k: int, p: int, bottom: int
) -> None:
    """Exactly: in fractions, for any learning rate and a gradient that depends on the weights."""
    start = fractions(
        data.draw(st.lists(st.lists(small, min_size=p, max_size=p), min_size=1, max_size=1)), 7
    )
    slopes = fractions(
        data.draw(st.lists(st.lists(small, min_size=p, max_size=p), min_size=k, max_size=k)), 11
    )
    lr = Fraction(1, bottom)
    together, workers = start[0].copy(), np.repeat(start, k, axis=0)
    rule = DiLoCo(start[0], 1, averaging)
    for _ in range(3):
        together = together - lr * (slopes * together + slopes).sum(axis=0) / k
        SGD(lr).step(workers, slopes * workers + slopes)
        rule.after_step(workers)
    assert (rule.common == together).all() and (workers == together).all()


def test_the_same_in_floats_to_the_last_bit_where_no_rounding_is() -> None:
    """Few binary digits and powers of two: floats are exact there, so nothing may differ."""
    rng = np.random.default_rng(3)
    start = (rng.integers(-64, 64, 20) / 64).astype(np.float32)
    together, workers = start.copy(), np.tile(start, (8, 1))
    rule = DiLoCo(start, 1, averaging)
    for _ in range(10):
        gradients = (rng.integers(-64, 64, (8, 20)) / 64).astype(np.float32)
        SGD(0.25).step(together, gradients.mean(axis=0))
        SGD(0.25).step(workers, gradients)
        rule.after_step(workers)
        assert np.array_equal(workers, np.tile(together, (8, 1)))


def test_the_same_in_floats_to_their_rounding() -> None:
    rng = np.random.default_rng(4)
    start = rng.normal(size=200).astype(np.float32)
    together, workers = start.copy(), np.tile(start, (5, 1))
    rule = DiLoCo(start, 1, averaging)
    for _ in range(50):
        gradients = rng.normal(size=(5, 200)).astype(np.float32)
        SGD(0.1).step(together, gradients.mean(axis=0))
        SGD(0.1).step(workers, gradients)
        rule.after_step(workers)
    # Fifty steps, each off by a rounding of a number below four: 2^-22 at most.
    np.testing.assert_allclose(workers[0], together, atol=50 * 2.0**-22)


@pytest.mark.parametrize("every", [1, 7, 20])
@pytest.mark.parametrize("make", [lambda: SGD(0.05, 0.9), lambda: AdamW(0.01)])
def test_one_worker_with_outer_step_one_is_its_inner_optimiser_to_the_last_bit(every, make) -> None:
    rng = np.random.default_rng(5)
    alone = rng.normal(size=(1, 300)).astype(np.float32)
    workers, inner, own = alone.copy(), make(), make()
    rule = DiLoCo(alone[0], every, averaging)
    for step in range(1, 101):
        gradient = rng.normal(size=(1, 300)).astype(np.float32)
        own.step(alone, gradient)
        inner.step(workers, gradient)
        rule.after_step(workers)
        assert np.array_equal(workers, alone)
        if step % every == 0:
            assert np.array_equal(rule.common, alone[0])


def test_the_papers_outer_step_by_hand() -> None:
    """Two outer steps with momentum 0.9 and step 0.7, from Nesterov's recursion written out."""
    assert (DILOCO_STEP, DILOCO_MOMENTUM) == (0.7, 0.9)  # Douillard et al. 2023
    workers = np.array([[1.0], [3.0]])
    rule = DiLoCo(np.array([4.0]), 1, nesterov)
    rule.after_step(workers)  # outer gradient 4 - 2 = 2
    first = 4 - 0.7 * (2 + 0.9 * 2)
    assert rule.common == pytest.approx([first]) and workers == pytest.approx(
        np.full((2, 1), first)
    )
    workers -= [[1.0], [2.0]]
    rule.after_step(workers)  # outer gradient 1.5, momentum 0.9 * 2 + 1.5
    assert rule.common == pytest.approx([first - 0.7 * (1.5 + 0.9 * (0.9 * 2 + 1.5))])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_a_lost_outer_gradient_counts_for_nothing_and_its_worker_goes_on(
    arrived: list[bool], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    start = rng.normal(size=4)
    workers = rng.normal(size=(len(arrived), 4))
    own = workers.copy()
    rule = DiLoCo(start, 1, averaging)
    rule.after_step(workers, np.array(arrived))
    heard = [row for row, came in zip(own, arrived, strict=True) if came]
    expected = sum(heard) / len(heard) if heard else start
    np.testing.assert_allclose(rule.common, expected, atol=1e-12)
    for now, before, came in zip(workers, own, arrived, strict=True):
        assert np.array_equal(now, rule.common if came else before)


def test_nobody_arrived_is_no_outer_step_and_no_momentum() -> None:
    workers = np.array([[1.0]])
    rule = DiLoCo(np.array([4.0]), 1, nesterov)
    rule.after_step(workers, np.array([True]))
    before = rule.common.copy()
    rule.after_step(workers, np.array([False]))
    assert np.array_equal(rule.common, before)
    assert np.array_equal(outer_gradient(before, workers, np.array([False])), [0.0])


@given(st.integers(1, 500), st.integers(1, 20))
def test_fragments_cover_every_weight_once(size: int, count: int) -> None:
    if count > size:
        with pytest.raises(ValueError, match="fragments"):
            fragments(size, count)
        return
    covered = [i for piece in fragments(size, count) for i in range(size)[piece]]
    lengths = {piece.stop - piece.start for piece in fragments(size, count)}
    assert covered == list(range(size)) and max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"every": 5, "pieces": fragments(4, 2)}, "share 5 steps"),
        ({"every": 1, "pieces": fragments(4, 2)}, "share 1 steps"),
        ({"every": 1, "pieces": ()}, "share 1 steps"),
        ({"every": 4, "pieces": fragments(4, 2), "delay": 2}, "next begins after 2"),
        ({"every": 4, "delay": -1}, "exchange of -1"),
        ({"every": 4, "alpha": 1.5}, "alpha"),
    ],
)
def test_what_torchft_refuses_is_refused(options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DiLoCo(np.zeros(4), **options)
