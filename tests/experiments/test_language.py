"""The language model against torch's own layers, the replicas against one model at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from decentralized_ai.experiments.language import Block, Language, Replicas, Shape, flat, unflat

SHAPE = Shape(context=16, width=16, heads=2, layers=2)


def codes(workers: int, batch: int = 3, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, SHAPE.letters, (workers, batch, SHAPE.context + 1))


def torchs_own(block: Block, shape: Shape) -> nn.TransformerEncoderLayer:
    """torch's layer with the weights of ours."""
    layer = nn.TransformerEncoderLayer(
        shape.width,
        shape.heads,
        4 * shape.width,
        dropout=0.0,
        activation="gelu",
        batch_first=True,
        norm_first=True,
    )
    ours = block.state_dict()
    names = {
        "self_attn.in_proj_weight": "qkv.weight",
        "self_attn.in_proj_bias": "qkv.bias",
        "self_attn.out_proj.weight": "mix.weight",
        "self_attn.out_proj.bias": "mix.bias",
        "linear1.weight": "up.weight",
        "linear1.bias": "up.bias",
        "linear2.weight": "down.weight",
        "linear2.bias": "down.bias",
        "norm1.weight": "norm1.weight",
        "norm1.bias": "norm1.bias",
        "norm2.weight": "norm2.weight",
        "norm2.bias": "norm2.bias",
    }
    layer.load_state_dict({theirs: ours[own] for theirs, own in names.items()})
    return layer


def test_a_block_is_torchs_encoder_layer() -> None:
    torch.manual_seed(0)
    block = Block(SHAPE)
    x = torch.randn(4, SHAPE.context, SHAPE.width)
    mask = nn.Transformer.generate_square_subsequent_mask(SHAPE.context)
    theirs = torchs_own(block, SHAPE)(x, src_mask=mask, is_causal=True)
    # Float32 sums of some 64 terms of size 1, in another order.
    torch.testing.assert_close(block(x), theirs, atol=2e-6, rtol=2e-5)


def test_a_letter_does_not_see_what_comes_after_it() -> None:
    model = Language(SHAPE, seed=1)
    one = torch.from_numpy(codes(1)[0][:, :-1])
    other = one.clone()
    other[:, 9:] = 0
    torch.testing.assert_close(model(one)[:, :9], model(other)[:, :9])
    assert not torch.allclose(model(one)[:, 9:], model(other)[:, 9:])


def test_an_untrained_model_knows_nothing() -> None:
    # Nearly equal logits: the loss is that of guessing, log of the number of letters.
    models = [flat(Language(SHAPE, seed)) for seed in range(5)]
    losses = Replicas(SHAPE, np.stack(models)).losses(codes(5))
    assert losses.mean() == pytest.approx(np.log(SHAPE.letters), rel=0.25)


@pytest.mark.parametrize("workers", [1, 3])
def test_replicas_are_models_side_by_side(workers: int) -> None:
    models = [Language(SHAPE, seed) for seed in range(workers)]
    text = codes(workers)
    losses, gradients = Replicas(SHAPE, np.stack([flat(m) for m in models])).gradients(text)
    for i, model in enumerate(models):
        loss = model.loss(torch.from_numpy(text[i]))
        loss.backward()
        alone = np.concatenate([p.grad.numpy().ravel() for p in model.parameters()])
        # One sum in another order: float32's 24 bits on sums of a few hundred terms.
        assert losses[i] == pytest.approx(loss.item(), rel=1e-5)
        np.testing.assert_allclose(gradients[i], alone, atol=2e-6, rtol=1e-3)


def test_a_gradient_is_the_slope_of_the_loss() -> None:
    weights = flat(Language(SHAPE, seed=3)).astype(np.float32)[None]
    text = codes(1)
    _, (gradient,) = Replicas(SHAPE, weights).gradients(text)
    direction = gradient / np.linalg.norm(gradient)
    step = 2e-3
    up, down = (
        Replicas(SHAPE, weights + sign * step * direction).losses(text)[0] for sign in (1, -1)
    )
    # Central difference: off by the order of step squared, and by float32's noise over step.
    assert (up - down) / (2 * step) == pytest.approx(np.linalg.norm(gradient), rel=1e-2)


def test_weights_go_through_a_vector_and_back() -> None:
    one, other = Language(SHAPE, seed=1), Language(SHAPE, seed=2)
    unflat(other, flat(one))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    with pytest.raises(ValueError, match="weights"):
        unflat(other, flat(one)[:-1])
