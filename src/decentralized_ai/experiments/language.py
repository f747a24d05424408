"""A small language model, and the gradients of several workers at once.

The model is the usual decoder-only transformer (pre-norm, GELU, learned places): nothing here is
special, so that what differs between runs is how the workers learn together. `Replicas` keeps the
weights of k workers as one array (k, p), which is what the rules in `training/` work on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .text import ALPHABET


@dataclass(frozen=True)
class Shape:
    """context: characters that the model sees at once; width: of the residual stream."""

    context: int = 64
    width: int = 32
    heads: int = 2
    layers: int = 2
    letters: int = len(ALPHABET)


class Block(nn.Module):
    """One layer: causal attention, then two dense layers, each on a normalised copy, each added.
    In and out: (..., t, width). The same function as torch's TransformerEncoderLayer with
    norm_first=True, without dropout."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.heads = shape.heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        *batch, length, width = x.shape
        parts = self.qkv(self.norm1(x)).view(*batch, length, 3, self.heads, width // self.heads)
        q, k, v = parts.movedim(-3, 0).transpose(-3, -2)
        later = torch.ones(length, length, dtype=torch.bool).triu(1)
        weights = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).masked_fill(later, -torch.inf)
        seen = (weights.softmax(-1) @ v).transpose(-3, -2).reshape(*batch, length, width)
        x = x + self.mix(seen)
        return x + self.down(functional.gelu(self.up(self.norm2(x))))


class Language(nn.Module):
    """Predicts the next character. In: codes (b, t), int64. Out: logits (b, t, letters)."""

    def __init__(self, shape: Shape, seed: int) -> None:
        super().__init__()
        self.letter = nn.Embedding(shape.letters, shape.width)
        self.place = nn.Embedding(shape.context, shape.width)
        self.blocks = nn.Sequential(*(Block(shape) for _ in range(shape.layers)))
        self.norm = nn.LayerNorm(shape.width)
        self.out = nn.Linear(shape.width, shape.letters)
        self._start(np.random.default_rng(seed))

    def _start(self, rng: np.random.Generator) -> None:
        # numpy draws the weights: its generator gives the same bits on every machine.
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                scale = (
                    0.02 if name in ("letter.weight", "place.weight") else weight.shape[1] ** -0.5
                )
                drawn = rng.normal(0.0, scale, tuple(weight.shape)).astype(np.float32)
                weight.data.copy_(torch.from_numpy(drawn))
            else:
                weight.data.fill_(1.0 if "norm" in name and name.endswith("weight") else 0.0)

    def forward(self, codes: Tensor) -> Tensor:
        x = self.letter(codes) + self.place.weight[: codes.shape[-1]]
        return self.out(self.norm(self.blocks(x)))

    def loss(self, codes: Tensor) -> Tensor:
        """Mean cross-entropy of the next character, nats. codes: (b, t + 1)."""
        logits = self(codes[..., :-1])
        return functional.cross_entropy(logits.flatten(0, -2), codes[..., 1:].flatten())


def flat(model: nn.Module) -> np.ndarray:
    """All weights of a model in one vector (p,), float32, in the order of its parameters."""
    return np.concatenate([weight.detach().numpy().ravel() for weight in model.parameters()])


def unflat(model: nn.Module, weights: np.ndarray) -> None:
    """Put a vector of `flat` back into a model. Raises ValueError for another length."""
    sizes = [weight.numel() for weight in model.parameters()]
    if len(weights) != sum(sizes):
        raise ValueError(f"{len(weights)} weights for a model of {sum(sizes)}")
    parts = torch.from_numpy(np.ascontiguousarray(weights, dtype=np.float32)).split(sizes)
    for weight, part in zip(model.parameters(), parts, strict=True):
        weight.data.copy_(part.view_as(weight))


class Replicas:
    """k workers with weights of their own, run side by side. weights: (k, p), float32, a row for
    each worker as `flat` makes it; the rules change it in place."""

    def __init__(self, shape: Shape, weights: np.ndarray) -> None:
        self.weights = np.ascontiguousarray(weights, dtype=np.float32)
        self._model = Language(shape, seed=0)
        self._named = dict(self._model.named_parameters())

    def losses(self, codes: np.ndarray) -> np.ndarray:
        """(k,) nats a character, each worker on its own codes (k, b, t + 1)."""
        with torch.no_grad():
            return self._losses(torch.from_numpy(self.weights), codes).numpy()

    def gradients(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(k,) losses and their gradients (k, p), each worker on its own codes (k, b, t + 1)."""
        weights = torch.from_numpy(self.weights).requires_grad_()
        losses = self._losses(weights, codes)
        # Worker i's loss depends on row i alone: the gradient of the sum holds all the gradients.
        (gradients,) = torch.autograd.grad(losses.sum(), weights)
        return losses.detach().numpy(), gradients.numpy()

    def _losses(self, weights: Tensor, codes: np.ndarray) -> Tensor:
        parts = weights.split([weight.numel() for weight in self._named.values()], dim=1)
        rows = {
            name: part.view(len(weights), *weight.shape)
            for (name, weight), part in zip(self._named.items(), parts, strict=True)
        }
        return torch.func.vmap(self._loss)(rows, torch.from_numpy(codes))

    def _loss(self, weights: dict[str, Tensor], codes: Tensor) -> Tensor:
        logits = torch.func.functional_call(self._model, weights, (codes[..., :-1],))
        return functional.cross_entropy(logits.flatten(0, -2), codes[..., 1:].flatten())
