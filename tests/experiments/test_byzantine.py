"""Two recorded cells run again.

Tolerance: another processor sums float32 numbers in another order, which is a relative error of
about 1e-6 in the first step and grows while training. Starting from weights that differ by one part
in a million, or summing with two threads, changed the loss of calm runs over 40 steps by no more
than the 0.001 nats in which it is stored; 0.01 leaves room. (A run that falls apart is chaotic:
there the same changes make 0.02.)"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from decentralized_ai.experiments import byzantine
from decentralized_ai.recorded import load

RECORDED = {
    tuple(cell[name] for name in byzantine.cells()[0]): cell for cell in load("byzantine")["cells"]
}


@pytest.mark.parametrize(
    "cell",
    [
        byzantine._cell("clipping", "inner_product", 7, "workers", "same", 0),
        byzantine._cell("multi_krum", "sign_flip", 5, "workers", "same", 0),
    ],
    ids=["clipping", "multi_krum"],
)
def test_a_recorded_run_can_be_had_again(cell: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first 40 steps of it; the rest is more of the same."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr(byzantine, "STEPS", 40)
    try:
        again = byzantine.run(cell)
    finally:
        torch.set_num_threads(threads)
    recorded = RECORDED[tuple(cell.values())]
    assert again["diverged"] is None
    assert np.abs(np.array(again["loss"]) - recorded["loss"][:5]).max() <= 0.01


def test_momentum_at_either_place_is_the_same_for_the_mean() -> None:
    """By hand on random vectors: a linear rule and a running mean change places."""
    rng = np.random.default_rng(0)
    each = np.zeros((4, 6), np.float32)
    server = np.zeros(6, np.float32)
    for _ in range(30):
        gradients = rng.normal(size=(4, 6)).astype(np.float32)
        each = byzantine.blend(each, gradients)
        server = byzantine.blend(server, gradients.mean(axis=0))
        assert np.abs(each.mean(axis=0) - server).max() <= 1e-6
