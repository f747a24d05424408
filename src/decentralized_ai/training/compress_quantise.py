"""Compressors that keep every value, with few bits: quantisation and the sign.

The values are cut into buckets with a scale each, as Alistarh et al. 2017 (QSGD, section 4) do: one
scale for a whole gradient would be that of its largest layer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .compress_bits import LARGEST, Floats, as_float32, pack, read_float32, sendable, unpack
from .compressors import State

BUCKET = 512  # values with a scale of their own: as in QSGD's experiments with 4 bits


@dataclass(frozen=True)
class Quantise:
    """Every value as a whole number -s ... s of steps of scale/s, with s = 2**(bits-1) - 1.
    Message: a float32 scale for each bucket, then `bits` bits for each value.

    norm: of a bucket, that makes its scale: "max", or "l2" as in QSGD's theorem. random: round up
    or down by chance, so that the mean is x itself (QSGD, eq. 4 and lemma 3.1: variance at most
    min(n/s^2, sqrt(n)/s) ||x||^2 for a bucket of n and norm l2); otherwise to the nearest."""

    size: int
    bits: int
    bucket: int = BUCKET
    norm: str = "max"
    random: bool = True
    summable: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        if not 2 <= self.bits <= 16 or self.norm not in ("max", "l2"):
            raise ValueError(
                f"bits must be 2 to 16 and norm max or l2; got {self.bits}, {self.norm}"
            )

    @property
    def levels(self) -> int:
        return 2 ** (self.bits - 1) - 1

    def start(self) -> State:
        return {}

    def compress(self, x: Floats, state: State, rng: np.random.Generator) -> tuple[bytes, Floats]:
        x = sendable(x, self.size)
        rows = in_buckets(x, self.bucket).astype(np.float64)
        scale = np.abs(rows).max(axis=1) if self.norm == "max" else np.linalg.norm(rows, axis=1)
        # Rounded up to float32, so that no value is larger than its scale.
        scale = np.nextafter(as_float32(scale), LARGEST, dtype="<f4")
        place = np.abs(rows) / scale.astype(np.float64)[:, None] * self.levels
        up = rng.random(rows.shape) if self.random else 0.5
        steps = np.copysign(np.floor(place + up), rows).ravel()[: self.size].astype(np.int64)
        message = scale.tobytes() + pack(steps + self.levels, self.bits)
        return message, self.decode(message, state).astype(x.dtype)

    def decode(self, message: bytes, state: State) -> Floats:
        cut = 4 * -(-self.size // self.bucket)
        scale = read_float32(message[:cut], cut // 4)
        steps = unpack(message[cut:], self.bits, self.size) - self.levels
        each = np.repeat(scale, self.bucket)[: self.size]
        return (steps * (each.astype(np.float64) / self.levels)).astype(np.float32)

    def agree(self, messages: list[bytes], state: State) -> State:
        return state


@dataclass(frozen=True)
class Sign:
    """One bit for each value: its sign (0 counts as positive) times the bucket's mean size.
    Message: a float32 scale for each bucket, then the bits (Karimireddy et al. 2019, section 4).

    For a bucket of n values, ||x - sent||^2 = (1 - ||x||_1^2 / (n ||x||^2)) ||x||^2."""

    size: int
    bucket: int = BUCKET
    summable: bool = field(default=False, init=False)

    def start(self) -> State:
        return {}

    def compress(self, x: Floats, state: State, rng: np.random.Generator) -> tuple[bytes, Floats]:
        x = sendable(x, self.size)
        rows = np.abs(in_buckets(x, self.bucket)).astype(np.float64)
        counts = np.full(len(rows), self.bucket)
        counts[-1] = self.size - self.bucket * (len(rows) - 1)
        scale = as_float32(rows.sum(axis=1) / counts)
        message = scale.tobytes() + pack(x >= 0, 1)
        return message, self.decode(message, state).astype(x.dtype)

    def decode(self, message: bytes, state: State) -> Floats:
        buckets = -(-self.size // self.bucket)
        scale = read_float32(message[: 4 * buckets], buckets)
        positive = unpack(message[4 * buckets :], 1, self.size) == 1
        each = np.repeat(scale, self.bucket)[: self.size]
        return np.where(positive, each, -each)

    def agree(self, messages: list[bytes], state: State) -> State:
        return state


def in_buckets(x: Floats, bucket: int) -> Floats:
    """x (d,) as rows of `bucket` values, the last one filled with zeros."""
    rows = np.zeros((-(-len(x) // bucket), bucket), dtype=x.dtype)
    rows.ravel()[: len(x)] = x
    return rows
