"""SGD with momentum and AdamW on plain arrays: what torch.optim computes, without torch.

Every rule changes the weights in place and keeps its state in arrays of their shape, so one array
(k, p) holds k workers, each with a state of its own. The tests hold both against torch.optim.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


class SGD:
    """torch.optim.SGD without dampening or weight decay, Nesterov's form included.

    buffer = momentum * buffer + gradient; the step is the buffer, or with nesterov
    gradient + momentum * buffer (Sutskever et al. 2013, in torch's writing).
    """

    def __init__(self, lr: Any, momentum: Any = 0, nesterov: bool = False) -> None:
        if nesterov and not momentum:
            raise ValueError("Nesterov's step needs a momentum")
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov
        self._buffer: Array | None = None

    def step(self, weights: Array, gradient: Array) -> None:
        """weights, gradient: of one shape. Changes the weights; the gradient is left as it is."""
        if self._buffer is None:
            self._buffer = np.zeros_like(weights)
        self._buffer *= self.momentum
        self._buffer += gradient
        step = gradient + self.momentum * self._buffer if self.nesterov else self._buffer
        weights -= self.lr * step


class AdamW:
    """torch.optim.AdamW (Loshchilov and Hutter 2019): moments of the gradient, bias corrected, and
    a decay of the weights that does not pass through them.

    It runs a million times in the recorded runs: every operation goes into an array that is there.
    """

    def __init__(
        self,
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        decay: float = 0.01,
    ) -> None:
        self.lr, self.betas, self.eps, self.decay = lr, betas, eps, decay
        self._count = 0
        self._mean = self._square = self._room = np.zeros(0)

    def step(self, weights: Array, gradient: Array) -> None:
        """weights, gradient: of one shape. Changes the weights; the gradient is left as it is."""
        if self._count == 0:
            self._mean, self._square = np.zeros_like(weights), np.zeros_like(weights)
            self._room = np.empty_like(weights)
        self._count += 1
        first, second = self.betas
        mean, square, room = self._mean, self._square, self._room
        weights *= 1 - self.lr * self.decay
        np.subtract(gradient, mean, out=room)
        room *= 1 - first
        mean += room
        square *= second
        np.multiply(gradient, gradient, out=room)
        room *= 1 - second
        square += room
        np.sqrt(square, out=room)
        room *= (1 - second**self._count) ** -0.5
        room += self.eps
        np.divide(mean, room, out=room)
        room *= self.lr / (1 - first**self._count)
        weights -= room
