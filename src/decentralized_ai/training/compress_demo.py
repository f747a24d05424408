"""DeMo (Peng et al. 2024): momentum that stays at home, and its fast-moving part that is sent.

Written from the semantics of the authors' bloc97/DeMo, demo.py; none of its code is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from . import dct
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
from .compress_powersgd import Shapes, tensors, total, vectors_and_matrices
from .compressors import State

DECAY, KEPT, CHUNK = 0.999, 32, 64  # the defaults of demo.py


@dataclass(frozen=True)
class DctTopK:
    """The k largest coefficients of each chunk's cosine transform. Message: for each tensor the
    places in the chunks, ceil(log2 of a chunk's values) bits each, then all values as float32.
    (demo.py itself sends places as int64: 12 bytes a coefficient instead of about 5.5.)

    chunk: a chunk's side is the largest divisor of the tensor's that is at most `chunk`."""

    shapes: Shapes
    k: int = KEPT
    chunk: int = CHUNK
    summable: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        vectors_and_matrices(self.shapes)

    def start(self) -> State:
        return {}

    def compress(self, x: Floats, state: State, rng: np.random.Generator) -> tuple[bytes, Floats]:
        x = sendable(x, total(self.shapes))
        places, values, sent = [], [], []
        for part, (_, size, k) in zip(tensors(x, self.shapes), self._layout, strict=True):
            with np.errstate(over="ignore", invalid="ignore"):  # refused below
                found = dct.transform(part, self.chunk)
            order = np.argpartition(np.abs(found), size - k, axis=1)
            where = np.sort(order[:, size - k :], axis=1)
            rows = np.arange(len(found))[:, None]
            best = as_float32(found[rows, where])
            places.append(pack(where.ravel(), bits_for(size)))
            values.append(best.ravel())
            kept = np.zeros(found.shape, dtype=np.float32)
            kept[rows, where] = best
            sent.append(dct.back(kept, part.shape, self.chunk).ravel())
        message = b"".join(places) + np.concatenate(values).tobytes()
        return message, np.concatenate(sent).astype(x.dtype)

    def decode(self, message: bytes, state: State) -> Floats:
        return self.decode_mean([message])

    def decode_mean(self, messages: list[bytes]) -> Floats:
        """A coefficient is the mean over those workers that sent it, 0 if nobody did."""
        read = [self._read(message) for message in messages]
        parts = []
        for i, shape in enumerate(self.shapes):
            chunk = dct.chunk_shape(shape, self.chunk)
            size = int(np.prod(chunk))
            chunks = int(np.prod(shape)) // size
            total, count = np.zeros((2, chunks, size), dtype=np.float32)
            for worker in read:
                where, values = worker[i]
                rows = np.arange(chunks)[:, None]
                total[rows, where] += values
                count[rows, where] += 1
            parts.append(dct.back(total / np.maximum(count, 1), shape, self.chunk).ravel())
        return np.concatenate(parts)

    def coefficients(self) -> int:
        """How many of them a message holds."""
        return sum(chunks * k for chunks, _, k in self._layout)

    def agree(self, messages: list[bytes], state: State) -> State:
        return state

    @cached_property
    def _layout(self) -> list[tuple[int, int, int]]:
        """For each tensor: chunks, values in a chunk, coefficients sent of a chunk."""
        sizes = [int(np.prod(dct.chunk_shape(shape, self.chunk))) for shape in self.shapes]
        return [
            (int(np.prod(shape)) // size, size, min(self.k, size))
            for shape, size in zip(self.shapes, sizes, strict=True)
        ]

    def _read(self, message: bytes) -> list[tuple[Ints, Floats]]:
        places, at = [], 0
        for chunks, size, k in self._layout:
            length = packed_size(chunks * k, bits_for(size))
            places.append(unpack(message[at : at + length], bits_for(size), chunks * k))
            at += length
        values = read_float32(message[at:], self.coefficients())
        cuts = np.cumsum([chunks * k for chunks, _, k in self._layout])[:-1]
        return [
            (where.reshape(chunks, k), found.reshape(chunks, k))
            for (chunks, _, k), where, found in zip(
                self._layout, places, np.split(values, cuts), strict=True
            )
        ]


def demo_step(
    compressor: DctTopK,
    momenta: Floats,
    gradients: Floats,
    rate: float,
    decay: float = DECAY,
) -> tuple[Floats, Floats, Ints]:
    """One step of k workers. momenta, gradients: (k, d). Returns the step (d,) to subtract from
    the weights, the momenta after what was sent has been taken out, and bytes sent (k,).

    Each momentum decays and takes up rate * gradient; its transform's largest coefficients are
    sent and subtracted; the step is the rate times the sign of the mean of what was sent."""
    kept = decay * momenta + rate * gradients
    messages = []
    rng = np.random.default_rng(0)  # unused: nothing here is drawn
    for worker in range(len(kept)):
        message, sent = compressor.compress(kept[worker], {}, rng)
        kept[worker] -= sent
        messages.append(message)
    step = rate * np.sign(compressor.decode_mean(messages))
    return step, kept, np.array([len(message) for message in messages], dtype=np.int64)
