"""A small transformer that reads a text word by word, one operator a step, in whole numbers.

Two layers of one attention head (width 8, the last 4 words) and a ReLU network of width 16. A word
takes 16 steps: look up its embedding; seven operators in each layer; predict the next word.
Attention's weights are powers of 15/16 by the gap to the best score, from a table of whole numbers:
a softmax with no exponential to disagree about.

No sum overflows: admitted entries are at most 2^24 and weights below 2^7; a score adds 8 products
and a mix 4, of at most 2^48 each; every other sum has at most 16 products below 2^31.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from .dispute import State
from .dispute_machines import admitted
from .wire import digest

WIDTH, WINDOW, HIDDEN, WORDS, LAYERS = 8, 4, 16, 32, 2
UNIT = 8  # bits after the point of a weight; activations are whole numbers up to CLAMP
CLAMP, LIMIT = 2**12, 2**24
OPERATORS = (
    "embed",
    *(
        f"{name} {layer + 1}"
        for layer in range(LAYERS)
        for name in ("query", "scores", "softmax", "mix", "attention out", "ReLU", "network out")
    ),
    "next word",
)


def _table() -> np.ndarray[Any, np.dtype[np.int64]]:
    """2^16 (15/16)^i, rounded down at each step, until it is 0."""
    found = [2**16]
    while found[-1]:
        found.append(found[-1] * 15 >> 4)
    return np.array(found)


TABLE = _table()
# The state: last prediction, place in the window, vector, query, scores, mix, hidden; then keys
# and values of each layer.
CUTS = np.cumsum([0, 1, 1, WIDTH, WIDTH, WINDOW, WIDTH, HIDDEN])
GUESS, PLACE = 0, 1
VECTOR, QUERY, SCORES, MIX, RELU = (slice(int(a), int(b)) for a, b in pairwise(CUTS[2:]))
CACHE = int(CUTS[-1])
SIZE = CACHE + LAYERS * 2 * WINDOW * WIDTH


@dataclass(frozen=True)
class Transformer:
    """Random weights and a random text by `seed`.

    coarse: weights rounded to 4 bits, as a cheaper model has them.
    """

    steps: int
    seed: int = 0
    coarse: bool = False

    @cached_property
    def weights(self) -> dict[str, Any]:
        rng = np.random.default_rng([self.seed, 63])

        def draw(*shape: int) -> Any:
            matrix = rng.integers(-127, 128, shape)
            return matrix >> 4 << 4 if self.coarse else matrix

        return {
            "embed": draw(WORDS, WIDTH) * 8,
            "read": draw(LAYERS, 3, WIDTH, WIDTH),
            "mixed": draw(LAYERS, WIDTH, WIDTH),
            "up": draw(LAYERS, HIDDEN, WIDTH),
            "down": draw(LAYERS, WIDTH, HIDDEN),
            "words": draw(WORDS, WIDTH),
            "text": np.random.default_rng([self.seed, 64]).integers(0, WORDS, 1 + self.steps // 16),
        }

    @cached_property
    def program(self) -> bytes:
        return digest("transformer", *self.weights.values())

    def start(self) -> State:
        return np.zeros(SIZE, dtype=np.int64)

    def admit(self, index: int, state: Any) -> State:
        return admitted(state, SIZE, np.int64, LIMIT)

    def step(self, index: int, state: State) -> State:
        """The operator whose turn it is. Total: any admitted state gives an admitted state."""
        word, at = divmod(index, len(OPERATORS))
        new = state.copy()
        if at == 0:
            new[VECTOR] = self.weights["embed"][self.weights["text"][word]]
        elif at == len(OPERATORS) - 1:
            scores = self.weights["words"] @ state[VECTOR]
            new[GUESS] = int(np.argmax(scores))  # the first of equals, everywhere
            new[PLACE] = (state[PLACE] + 1) % WINDOW
        else:
            layer, operator = divmod(at - 1, 7)
            PARTS[operator](self.weights, layer, state, new)
        return new

    def inside(self, index: int) -> None:
        return None


def clamp(values: Any) -> Any:
    return np.minimum(np.maximum(values, -CLAMP), CLAMP)


def cached(state: State, layer: int) -> Any:
    """Keys and values of a layer, (2, WINDOW, WIDTH): a view into `state`."""
    size = 2 * WINDOW * WIDTH
    return state[CACHE + layer * size : CACHE + (layer + 1) * size].reshape(2, WINDOW, WIDTH)


def query(weights: Any, layer: int, old: State, new: State) -> None:
    read = clamp(weights["read"][layer] @ old[VECTOR] >> UNIT)
    new[QUERY] = read[0]
    cached(new, layer)[:, old[PLACE] % WINDOW] = read[1:]


def scores(weights: Any, layer: int, old: State, new: State) -> None:
    new[SCORES] = clamp(cached(old, layer)[0] @ old[QUERY] >> 16)


def softmax(weights: Any, layer: int, old: State, new: State) -> None:
    gap = old[SCORES].max() - old[SCORES]
    new[SCORES] = TABLE[np.minimum(gap, len(TABLE) - 1)]


def mix(weights: Any, layer: int, old: State, new: State) -> None:
    # A true state's weights add up to 2^16 at least; only a forged one could ask to divide by 0.
    total = max(1, int(old[SCORES].sum()))
    new[MIX] = clamp(old[SCORES] @ cached(old, layer)[1] // total)


def attention_out(weights: Any, layer: int, old: State, new: State) -> None:
    new[VECTOR] = clamp(old[VECTOR] + (weights["mixed"][layer] @ old[MIX] >> UNIT))


def relu(weights: Any, layer: int, old: State, new: State) -> None:
    new[RELU] = np.maximum(clamp(weights["up"][layer] @ old[VECTOR] >> UNIT), 0)


def network_out(weights: Any, layer: int, old: State, new: State) -> None:
    new[VECTOR] = clamp(old[VECTOR] + (weights["down"][layer] @ old[RELU] >> UNIT))


PARTS = (query, scores, softmax, mix, attention_out, relu, network_out)
