"""SGD and AdamW against torch.optim, on gradients that depend on where one is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from decentralized_ai.training.optimisers import SGD, AdamW

STEPS = 60


def pull(weights: np.ndarray, step: int) -> np.ndarray:
    """Some gradient: of a bent valley, with a wind that changes."""
    return (np.sin(3 * weights) + 0.3 * weights + np.cos(step)).astype(weights.dtype)


def walk(weights: np.ndarray, rule: SGD | AdamW) -> np.ndarray:
    ours = weights.copy()
    for step in range(STEPS):
        rule.step(ours, pull(ours, step))
    return ours


def torchs(weights: np.ndarray, make: type[torch.optim.Optimizer], **options: object) -> np.ndarray:
    theirs = torch.nn.Parameter(torch.from_numpy(weights.copy()))
    rule = make([theirs], **options)
    for step in range(STEPS):
        theirs.grad = torch.from_numpy(pull(theirs.detach().numpy(), step))
        rule.step()
    return theirs.detach().numpy()


def start(dtype: type) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(3, 50)).astype(dtype)


# float64: sixty steps of a handful of roundings each. float32: likewise, and this valley has ridges
# on which a rounding grows.
PRECISIONS = [(np.float64, 1e-12), (np.float32, 2e-4)]


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
@pytest.mark.parametrize(
    ("momentum", "nesterov"), [(0.0, False), (0.9, False), (0.9, True), (0.5, True)]
)
def test_sgd_is_torchs(dtype: type, tolerance: float, momentum: float, nesterov: bool) -> None:
    weights = start(dtype)
    options = {"lr": 0.05, "momentum": momentum, "nesterov": nesterov}
    theirs = torchs(weights, torch.optim.SGD, **options)
    np.testing.assert_allclose(walk(weights, SGD(**options)), theirs, atol=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
@pytest.mark.parametrize("decay", [0.0, 0.01, 0.3])
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.9, 0.99), (0.0, 0.5)])
def test_adamw_is_torchs(
    dtype: type, tolerance: float, decay: float, betas: tuple[float, float]
) -> None:
    weights = start(dtype)
    theirs = torchs(weights, torch.optim.AdamW, lr=0.01, betas=betas, weight_decay=decay)
    ours = walk(weights, AdamW(0.01, betas, decay=decay))
    np.testing.assert_allclose(ours, theirs, atol=tolerance)


def test_the_gradient_is_left_as_it_is_and_rows_do_not_meet() -> None:
    weights = start(np.float32)
    for make in (lambda: SGD(0.1, 0.9, nesterov=True), lambda: AdamW(0.01)):
        together, alone, rule, rules = (
            weights.copy(),
            weights.copy(),
            make(),
            [make() for _ in weights],
        )
        for step in range(5):
            gradient = pull(together, step)
            before = gradient.copy()
            rule.step(together, gradient)
            assert np.array_equal(gradient, before)
            for row, own in zip(alone, rules, strict=True):
                own.step(row, pull(row, step))
        assert np.array_equal(together, alone)


def test_nesterov_without_momentum_is_refused_as_torch_refuses_it() -> None:
    with pytest.raises(ValueError):
        torch.optim.SGD([torch.zeros(1)], lr=0.1, nesterov=True)
    with pytest.raises(ValueError, match="momentum"):
        SGD(0.1, nesterov=True)
