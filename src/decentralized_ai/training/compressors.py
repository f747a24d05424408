"""Gradient compressors, and the exchange of compressed gradients with and without error feedback.

Every compressor keeps one protocol:

    message, sent = compressor.compress(x, state, rng)
    sent == compressor.decode(message, state)

`message` is what goes over the wire, as real bytes: what it costs is counted, not claimed. `sent`
is what a receiver makes of it. The receiver also knows what all workers agreed on before: the
settings, the number of values d, and `state`. Values travel as float32, so inputs are rounded to
float32 before they are sent; the rounding error is part of the residual. What cannot be carried
(another number of values, nan, what is beyond float32) is refused with a ValueError.

`exchange` lets k workers swap messages once. With error feedback (Seide et al. 2014; Stich et al.
2018; Karimireddy et al. 2019, algorithm 1) what was not sent is kept and added to the next
gradient: residual = input - sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from .compress_bits import (
    Floats,
    Ints,
    as_float32,
    bits_for,
    pack,
    packed_size,
    read_float32,
    sendable,
    unpack,
)

State = dict[str, Any]


class Compressor(Protocol):
    """summable: the bytes of two messages can be added up on the way to messages of the same size
    (an all-reduce); otherwise everybody must be sent every message (an all-gather)."""

    @property
    def summable(self) -> bool:
        """Whether an all-reduce can carry the messages."""

    def start(self) -> State:
        """What all workers agree on before the first step."""

    def compress(self, x: Floats, state: State, rng: np.random.Generator) -> tuple[bytes, Floats]:
        """x: (d,). Returns the message and what a receiver makes of it, (d,)."""

    def decode(self, message: bytes, state: State) -> Floats:
        """(d,) from the bytes alone."""

    def agree(self, messages: list[bytes], state: State) -> State:
        """The state after a round in which everybody saw all messages, or their sum."""


@dataclass(frozen=True)
class Exchanged:
    """mean: (d,), of what the workers sent. residuals: (k, d), what was not sent. sizes: bytes
    that each worker sent, (k,)."""

    mean: Floats
    residuals: Floats
    sizes: Ints


def exchange(
    compressor: Compressor,
    gradients: Floats,
    residuals: Floats | None,
    state: State,
    rng: np.random.Generator,
    rounds: int = 1,
) -> tuple[Exchanged, State]:
    """One exchange among k workers. gradients: (k, d). residuals: (k, d) for error feedback, or
    None for none. All draw from the same stream of random numbers at the start of a round, so
    that those who need common randomness have it; `rounds` > 1 sends what is left once more."""
    left = gradients.copy() if residuals is None else gradients + residuals
    mean = np.zeros_like(left[0])
    sizes = np.zeros(len(left), dtype=np.int64)
    for _ in range(rounds):
        messages = []
        common = int(rng.integers(1 << 32))
        for worker in range(len(left)):
            own = np.random.default_rng((common, 0 if compressor.summable else worker))
            message, sent = compressor.compress(left[worker], state, own)
            messages.append(message)
            sizes[worker] += len(message)
            left[worker] -= sent
            mean += sent / len(left)
        state = compressor.agree(messages, state)
    return Exchanged(mean, left, sizes), state


@dataclass(frozen=True)
class Plain:
    """Everything, as float32: 4 d bytes."""

    size: int
    summable: bool = field(default=True, init=False)

    def start(self) -> State:
        return {}

    def compress(self, x: Floats, state: State, rng: np.random.Generator) -> tuple[bytes, Floats]:
        x = sendable(x, self.size)
        message = as_float32(x).tobytes()
        return message, self.decode(message, state).astype(x.dtype)

    def decode(self, message: bytes, state: State) -> Floats:
        return read_float32(message, self.size).copy()

    def agree(self, messages: list[bytes], state: State) -> State:
        return state


@dataclass(frozen=True)
class TopK:
    """The k values of largest size; all others become 0. Message: k indices of ceil(log2 d) bits,
    then k values as float32. Of equal sizes the first ones are taken.

    ||x - sent||^2 <= (1 - k/d) ||x||^2 (Stich, Cordonnier and Jaggi 2018, definition 2.1)."""

    size: int
    k: int
    summable: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        _within(self.k, self.size)

    def start(self) -> State:
        return {}

    def compress(self, x: Floats, state: State, rng: np.random.Generator) -> tuple[bytes, Floats]:
        x = sendable(x, self.size)
        where = largest(x, self.k)
        values = as_float32(x[where])
        sent = np.zeros_like(x)
        sent[where] = values
        return pack(where, bits_for(self.size)) + values.tobytes(), sent

    def decode(self, message: bytes, state: State) -> Floats:
        bits = bits_for(self.size)
        cut = packed_size(self.k, bits)
        sent = np.zeros(self.size, dtype=np.float32)
        where = unpack(message[:cut], bits, self.k)
        if where.max() >= self.size:
            raise ValueError(f"a place beyond the {self.size} values")
        sent[where] = read_float32(message[cut:], self.k)
        return sent

    def agree(self, messages: list[bytes], state: State) -> State:
        return state


@dataclass(frozen=True)
class RandomK:
    """k values at random places; all others become 0. Message: the seed of the places, 4 bytes,
    then k values as float32. All workers draw the same places, so their messages can be added.

    scaled: values times d/k, so that the mean over the draws is x itself, at the price of a
    variance of (d/k - 1) ||x||^2. Not for error feedback, which needs a contraction: unscaled,
    E||x - sent||^2 = (1 - k/d) ||x||^2."""

    size: int
    k: int
    scaled: bool = False
    summable: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        _within(self.k, self.size)

    def start(self) -> State:
        return {}

    def compress(self, x: Floats, state: State, rng: np.random.Generator) -> tuple[bytes, Floats]:
        x = sendable(x, self.size)
        seed = int(rng.integers(1 << 32))
        where = self.places(seed)
        with np.errstate(over="ignore"):
            values = as_float32(x[where] * (self.size / self.k if self.scaled else 1.0))
        sent = np.zeros_like(x)
        sent[where] = values
        return seed.to_bytes(4, "little") + values.tobytes(), sent

    def decode(self, message: bytes, state: State) -> Floats:
        sent = np.zeros(self.size, dtype=np.float32)
        seed = int.from_bytes(message[:4], "little")
        sent[self.places(seed)] = read_float32(message[4:], self.k)
        return sent

    def places(self, seed: int) -> Ints:
        return np.random.default_rng(seed).permutation(self.size)[: self.k]

    def agree(self, messages: list[bytes], state: State) -> State:
        return state


def largest(x: Floats, k: int) -> Ints:
    """The places of the k values of largest size in x (d,), ascending; of equals, the first."""
    size = np.abs(x)
    least = np.partition(size, len(x) - k)[len(x) - k]
    above = np.flatnonzero(size > least)
    level = np.flatnonzero(size == least)[: k - len(above)]
    return np.sort(np.concatenate([above, level])).astype(np.int64)


def _within(k: int, size: int) -> None:
    if not 1 <= k <= size:
        raise ValueError(f"k must be 1 to {size}; got {k}")
