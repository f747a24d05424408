"""The recorded runs can be made again: two cheap ones, as far as a test has time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from decentralized_ai.experiments import localsgd
from decentralized_ai.experiments.language import Replicas
from decentralized_ai.recorded import load
from decentralized_ai.training import localsgd as clock

CHEAP = [
    {"method": "sync", "workers": 8, "every": 1, "data": "own", "lost": 0.0, "seed": 1},
    {"method": "diloco", "workers": 8, "every": 50, "data": "own", "lost": 0.5, "seed": 1},
]
STEPS = 100
# Nats a character. Another processor adds up in another order. A start changed by one part in a
# million gave the same four digits after as many steps; the last digit may still turn over.
TOLERANCE = 0.005


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """As in the recorded runs: so small a model only loses by more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("cell", CHEAP, ids=lambda cell: cell["method"])
def test_a_recorded_run_can_be_made_again(cell: dict) -> None:
    (stored,) = [c for c in load("localsgd")["cells"] if all(c[k] == v for k, v in cell.items())]
    again = localsgd.run(cell, STEPS)
    assert again["gap"] == stored["gap"] == 100
    count = STEPS // 100 + 1
    assert len(again["loss"]) == count
    assert again["loss"] == pytest.approx(stored["loss"][:count], abs=TOLERANCE)


def test_the_clock_counts_the_pieces_that_were_recorded() -> None:
    assert localsgd.PIECES == clock.PIECES


def test_the_mean_of_gradients_is_the_gradient_on_all_batches_together() -> None:
    """What the synchronous run relies on."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 90, (4, localsgd.BATCH, localsgd.SHAPE.context + 1))
    weights = rng.normal(0, 0.05, (1, len(localsgd.start()))).astype(np.float32)
    _, apart = Replicas(localsgd.SHAPE, np.tile(weights, (4, 1))).gradients(codes)
    _, joint = Replicas(localsgd.SHAPE, weights).gradients(codes.reshape(1, -1, codes.shape[-1]))
    # One sum in another order, float32.
    np.testing.assert_allclose(apart.mean(axis=0), joint[0], atol=2e-6)


def test_the_learning_rate_rises_then_falls_to_a_tenth() -> None:
    rates = [localsgd.rate(step, 1.0) for step in range(1, localsgd.STEPS + 1)]
    top = rates.index(max(rates))
    assert rates[0] == pytest.approx(1 / localsgd.WARM, rel=1e-3)
    assert rates[-1] == pytest.approx(0.1) and top + 1 == localsgd.WARM
    assert np.all(np.diff(rates[top:]) < 0)
