"""A transformer of the Llama kind, small enough to read: what a stage computes is all here.

A stage is a range of layers. It takes what comes out of the layer before, and remembers the keys
and values of all tokens that it has seen (the KV cache). Words in and words out are the client's:
it holds the table of embeddings, which serves at both ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from .inference_file import Shape, Weights
from .inference_words import Words

Array = np.ndarray
ROOM = 256  # tokens that a fresh cache has room for; it doubles when it is full


class Layer:
    """One of the model's layers: attention, then a feed-forward part, each added to its input."""

    def __init__(self, weights: Weights, number: int) -> None:
        self.shape = weights.shape

        def load(name: str) -> Array:
            return weights[f"blk.{number}.{name}.weight"]

        self.norm_1, self.norm_2 = load("attn_norm"), load("ffn_norm")
        self.q, self.k, self.v = load("attn_q"), load("attn_k"), load("attn_v")
        self.out = load("attn_output")
        self.gate, self.up, self.down = load("ffn_gate"), load("ffn_up"), load("ffn_down")

    def __call__(self, x: Array, turn: Array, cache: Cache) -> Array:
        """x: (new tokens, width). turn: (new tokens, head / 2), how far each token's heads turn."""
        y = norm(x, self.norm_1, self.shape.epsilon)
        x = x + self.attend(y, turn, cache) @ self.out.T
        y = norm(x, self.norm_2, self.shape.epsilon)
        gate = y @ self.gate.T
        return x + ((gate / (1 + np.exp(-gate))) * (y @ self.up.T)) @ self.down.T

    def attend(self, y: Array, turn: Array, cache: Cache) -> Array:
        s, new = self.shape, len(y)
        q = rotate((y @ self.q.T).reshape(new, s.heads, s.head), turn)
        k = rotate((y @ self.k.T).reshape(new, s.shared, s.head), turn)
        keys, values = cache.append(k, (y @ self.v.T).reshape(new, s.shared, s.head))
        # Heads in groups: each group shares one head of keys and values.
        q = q.reshape(new, s.shared, s.heads // s.shared, s.head).transpose(1, 2, 0, 3)
        scores = q @ keys.transpose(1, 2, 0)[:, None] / np.float32(s.head**0.5)
        scores[..., hidden_from(new, len(keys))] = -np.inf
        mixed = softmax(scores) @ values.transpose(1, 0, 2)[:, None]
        return mixed.transpose(2, 0, 1, 3).reshape(new, s.width)


class Cache:
    """Keys and values of one layer, for one conversation: (tokens, shared heads, head) each."""

    def __init__(self, shape: Shape) -> None:
        self.both = np.zeros((2, ROOM, shape.shared, shape.head), np.float32)
        self.length = 0

    def forget(self, length: int) -> None:
        """All but the first `length` tokens."""
        self.length = min(self.length, length)

    def append(self, k: Array, v: Array) -> tuple[Array, Array]:
        start, self.length = self.length, self.length + len(k)
        while self.length > self.both.shape[1]:
            self.both = np.concatenate([self.both, np.zeros_like(self.both)], axis=1)
        self.both[0, start : self.length], self.both[1, start : self.length] = k, v
        return self.both[0, : self.length], self.both[1, : self.length]


class Stage:
    """Layers `first` up to, not including, `last`."""

    def __init__(self, weights: Weights, first: int, last: int) -> None:
        if not 0 <= first < last <= weights.shape.layers:
            raise ValueError(f"no layers {first} to {last} in a model of {weights.shape.layers}")
        self.shape, self.first, self.last = weights.shape, first, last
        self.layers = [Layer(weights, number) for number in range(first, last)]

    def begin(self) -> list[Cache]:
        """Empty caches, for a new conversation."""
        return [Cache(self.shape) for _ in self.layers]

    def step(self, x: Array, caches: Sequence[Cache]) -> Array:
        """The next tokens of a conversation, (n, width), through all layers of this stage."""
        start = caches[0].length
        turn = angles(self.shape, start, len(x))
        for layer, cache in zip(self.layers, caches, strict=True):
            x = layer(x, turn, cache)
        return x


class Ends:
    """What the client does itself: words to vectors at the one end, the next word at the other."""

    def __init__(self, weights: Weights) -> None:
        one_thread()
        self.shape = weights.shape
        self.words = Words.of(weights)
        self.table = weights["token_embd.weight"]  # (words, width)
        self.norm = weights["output_norm.weight"]

    def embed(self, tokens: Sequence[int]) -> Array:
        """(n, width)"""
        return self.table[list(tokens)]

    def logits(self, x: Array) -> Array:
        """A number for each word of the vocabulary, from the last token's vector: (words,)."""
        return self.table @ norm(x[-1], self.norm, self.shape.epsilon)


class Whole:
    """The unsplit model: all layers in one process."""

    def __init__(self, weights: Weights) -> None:
        self.ends = Ends(weights)
        self.stage = Stage(weights, 0, weights.shape.layers)

    def tokens(self, prompt: str, most: int) -> Iterator[int]:
        """The answer, token by token; always the likeliest one."""
        caches = self.stage.begin()
        return answer(self.ends, prompt, most, lambda x: self.stage.step(x, caches))

    def generate(self, prompt: str, most: int = 24) -> list[int]:
        return list(self.tokens(prompt, most))

    def text(self, tokens: Sequence[int]) -> str:
        return self.ends.words.text(tokens)


def answer(ends: Ends, prompt: str, most: int, through: Callable[[Array], Array]) -> Iterator[int]:
    """Tokens one by one, at most `most`; `through` takes vectors through all layers."""
    tokens = ends.words.chat(prompt)
    for _ in range(most):
        token = int(ends.logits(through(ends.embed(tokens))).argmax())
        if token == ends.words.end:
            return
        yield token
        tokens = [token]  # what came before lies in the caches


def one_thread() -> None:
    """numpy computes on one core from now on, as in each stage. Several processes, each with as
    many threads as there are cores, would mostly wait for each other."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)


def norm(x: Array, scale: Array, epsilon: float) -> Array:
    mean = (x * x).mean(axis=-1, keepdims=True)
    return x / np.sqrt(mean + np.float32(epsilon)) * scale


def angles(shape: Shape, start: int, count: int) -> Array:
    """How far each pair of numbers turns, by its token's place: (count, head / 2), radians."""
    speed = shape.base ** -(np.arange(0, shape.head, 2) / shape.head)
    return np.outer(np.arange(start, start + count), speed)


def rotate(x: Array, turn: Array) -> Array:
    """Turn each pair of neighbours: x (n, heads, head), turn (n, head / 2)."""
    cos, sin = (f(turn).astype(np.float32)[:, None] for f in (np.cos, np.sin))
    turned = np.empty_like(x)
    turned[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
    turned[..., 1::2] = x[..., 0::2] * sin + x[..., 1::2] * cos
    return turned


def hidden_from(new: int, known: int) -> Array:
    """(new, known): what each of the newest tokens must not see, as it comes later."""
    return np.arange(known) > np.arange(known - new, known)[:, None]


def softmax(x: Array) -> Array:
    raised = np.exp(x - x.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
