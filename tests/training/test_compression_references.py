"""DeMo and PowerSGD against the authors' own code: tests/data/compression_cases.json holds numbers
that it printed. Both sides compute in float32; the tolerance is a few of its steps on values of
size 1 to 5, or more where several steps pile up."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from decentralized_ai.training import dct
from decentralized_ai.training.compress_demo import DctTopK, demo_step
from decentralized_ai.training.compress_powersgd import PowerSGD
from decentralized_ai.training.compressors import State, exchange

CASES = json.loads((Path(__file__).parents[1] / "data" / "compression_cases.json").read_text())
GIVEN = {case["id"]: case for case in CASES["given"]}
RNG = np.random.default_rng(0)  # neither rule draws from it


def floats(values: object) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def demo_cases() -> list[dict]:
    first = {**GIVEN["demo_dct_16_chunk16_top4"], "shape": [16], "chunk": 16}
    return [first, *CASES["demo"]]


@pytest.mark.parametrize("case", demo_cases(), ids=lambda case: f"{case['shape']}")
def test_demo_sends_what_demo_sends(case: dict) -> None:
    x, shape = floats(case["x"]), tuple(case["shape"])
    found = dct.transform(x.reshape(shape), case["chunk"])
    np.testing.assert_allclose(found, floats(case["dct"]), atol=1e-6, rtol=1e-6)
    tool = DctTopK((shape,), case["topk"], case["chunk"])
    message, sent = tool.compress(x, {}, RNG)
    ((places, _),) = tool._read(message)
    assert places.tolist() == case["idx_sorted"]
    np.testing.assert_allclose(sent, floats(case["reconstruction"]), atol=1e-6, rtol=1e-6)


def test_demo_keeps_what_demo_keeps() -> None:
    case = GIVEN["demo_dct_16_chunk16_top4"]
    x = floats(case["x"])
    _, sent = DctTopK(((16,),), case["topk"], 16).compress(x, {}, RNG)
    assert np.linalg.norm(x - sent) == pytest.approx(case["residual_norm"], rel=1e-6)
    kept = 1 - (case["residual_norm"] / case["x_norm"]) ** 2
    assert kept == pytest.approx(case["energy_kept"], rel=1e-6)
    assert (np.linalg.norm(sent) / np.linalg.norm(x)) ** 2 == pytest.approx(kept, rel=1e-5)


def test_demo_steps_of_three_workers() -> None:
    (case,) = CASES["demo_steps"]
    shapes = tuple(tuple(shape) for shape in case["shapes"])
    tool = DctTopK(shapes, case["topk"], case["chunk"])
    weights = np.concatenate([floats(part) for part in case["start"]])
    momenta = np.zeros((case["workers"], len(weights)), dtype=np.float32)
    for gradients, after in zip(case["gradients"], case["weights_after"], strict=True):
        rows = np.stack([np.concatenate([floats(part) for part in row]) for row in gradients])
        step, momenta, _ = demo_step(tool, momenta, rows, case["lr"], case["decay"])
        weights -= step
        expected = np.concatenate([floats(part) for part in after])
        # A sign that differed would show as 2 lr = 0.1.
        np.testing.assert_allclose(weights, expected, atol=1e-6, rtol=0)
    expected = [np.concatenate([floats(part) for part in row]) for row in case["momenta_after"]]
    np.testing.assert_allclose(momenta, np.stack(expected), atol=1e-6, rtol=0)


def started(tool: PowerSGD, start: list) -> State:
    """The state that the reference's generator drew."""
    return PowerSGD.begun([[floats(sides[i]) for sides in start] for i in (0, 1)], 0)


@pytest.mark.parametrize("name", ["powersgd_rank1_iters1", "powersgd_rank2_iters2"])
def test_powersgd_of_the_given_matrix(name: str) -> None:
    case = GIVEN[name]
    matrix = floats(case["M"])
    tool = PowerSGD((matrix.shape,), case["rank"])
    state, rounds = started(tool, [case["start"]]), case["num_iters_per_step"]
    done, _ = exchange(tool, matrix.reshape(1, -1), None, state, RNG, rounds)
    expected = floats(case["approximation"])
    np.testing.assert_allclose(done.mean.reshape(matrix.shape), expected, atol=2e-6, rtol=0)
    left = floats(case["error_feedback_left_in_gradient"])
    np.testing.assert_allclose(done.residuals.reshape(matrix.shape), left, atol=2e-6, rtol=0)
    error = np.linalg.norm(done.mean - matrix.ravel()) / np.linalg.norm(matrix)
    assert error == pytest.approx(case["rel_err"], rel=1e-5)


def test_powersgd_running_mean_of_a_constant_gradient() -> None:
    case = GIVEN["powersgd_error_feedback_constant_gradient"]
    first = GIVEN["powersgd_rank1_iters1"]
    gradient = floats(first["M"]).reshape(1, -1)
    tool = PowerSGD(((6, 4),), case["rank"])
    state, residuals = started(tool, [first["start"]]), np.zeros_like(gradient)
    total = np.zeros(gradient.size)
    for step, expected in enumerate(case["rel_err_of_running_mean_by_step"], start=1):
        done, state = exchange(tool, gradient, residuals, state, RNG)
        residuals = done.residuals
        total += done.mean
        error = np.linalg.norm(total / step - gradient[0]) / np.linalg.norm(gradient)
        assert error == pytest.approx(expected, rel=2e-5)


@pytest.mark.parametrize("case", CASES["powersgd"], ids=lambda c: f"{c['shapes']} x{c['workers']}")
def test_powersgd_on_further_shapes_and_workers(case: dict) -> None:
    shapes = tuple(tuple(shape) for shape in case["shapes"])
    tool = PowerSGD(shapes, case["rank"])
    state = started(tool, case["start"])
    residuals = np.zeros((case["workers"], sum(a * b for a, b in shapes)), dtype=np.float32)
    for gradients, outs, errors in zip(
        case["gradients"], case["approximations"], case["errors"], strict=True
    ):
        rows = np.stack([np.concatenate([floats(part) for part in row]) for row in gradients])
        done, state = exchange(tool, rows, residuals, state, RNG, case["iters"])
        residuals = done.residuals
        expected = np.concatenate([floats(part) for part in outs])
        np.testing.assert_allclose(done.mean, expected, atol=1e-5, rtol=0)
        kept = np.stack([np.concatenate([floats(part) for part in row]) for row in errors])
        np.testing.assert_allclose(residuals, kept, atol=1e-5, rtol=0)
