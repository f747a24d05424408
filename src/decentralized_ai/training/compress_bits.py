"""What messages are made of: float32, and whole numbers of a few bits, packed without gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
Ints = NDArray[np.int64]
LARGEST = np.finfo(np.float32).max


def sendable(x: Any, size: int) -> Floats:
    """x as an array (size,) of floating-point numbers that float32 can carry. Raises ValueError
    otherwise."""
    x = np.asarray(x)
    if x.shape != (size,):
        raise ValueError(f"not {size} values, but an array of shape {x.shape}")
    if x.dtype.kind != "f":
        raise ValueError(f"not floating-point numbers, but {x.dtype}")
    as_float32(x)
    return x


def as_float32(values: Floats) -> Floats:
    """Rounded. Raises ValueError for nan and for what is larger than float32 can hold."""
    if not (np.abs(values) <= LARGEST).all():
        raise ValueError(f"values that are not finite, or beyond {LARGEST:.4g}")
    return values.astype("<f4")


def read_float32(packed: bytes, count: int) -> Floats:
    """Raises ValueError for another number of bytes."""
    if len(packed) != 4 * count:
        raise ValueError(f"{len(packed)} bytes for {count} values of 4 bytes")
    return np.frombuffer(packed, dtype="<f4")


def bits_for(values: int) -> int:
    """Bits that tell `values` different things apart: ceil(log2 values), 0 for one thing."""
    return (values - 1).bit_length()


def packed_size(count: int, bits: int) -> int:
    """Bytes of `count` numbers of `bits` bits."""
    return (count * bits + 7) // 8


def pack(numbers: Any, bits: int) -> bytes:
    """Numbers 0 <= x < 2**bits, the highest bit first; the last byte is filled with zeros.
    bits: 0 to 32. Raises ValueError for a number that does not fit."""
    numbers = np.asarray(numbers, dtype=np.int64)
    if not 0 <= bits <= 32 or (
        numbers.size and not 0 <= numbers.min() <= numbers.max() < 1 << bits
    ):
        raise ValueError(f"numbers that do not fit into {bits} bits")
    if bits == 0:
        return b""
    if 8 % bits == 0:  # several in a byte
        rows = np.zeros((-(-numbers.size * bits // 8), 8 // bits), dtype=np.uint8)
        rows.ravel()[: numbers.size] = numbers
        whole = np.zeros(len(rows), dtype=np.uint8)
        for column, shift in enumerate(range(8 - bits, -1, -bits)):
            whole |= rows[:, column] << np.uint8(shift)
        return whole.tobytes()
    width = 8 if bits <= 8 else 16 if bits <= 16 else 32
    octets = numbers.astype(f">u{width // 8}").view(np.uint8).reshape(-1, width // 8)
    return np.packbits(np.unpackbits(octets, axis=1)[:, width - bits :]).tobytes()


def unpack(packed: bytes, bits: int, count: int) -> Ints:
    """The numbers that `pack` was given. Raises ValueError for another number of bytes."""
    if not 0 <= bits <= 32 or count < 0 or len(packed) != packed_size(count, bits):
        raise ValueError(f"{len(packed)} bytes for {count} numbers of {bits} bits")
    if bits == 0:
        return np.zeros(count, dtype=np.int64)
    if 8 % bits == 0:
        shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
        rows = np.frombuffer(packed, dtype=np.uint8)[:, None] >> shifts
        return (rows & ((1 << bits) - 1)).ravel()[:count].astype(np.int64)
    width = 8 if bits <= 8 else 16 if bits <= 16 else 32
    flags = np.zeros((count, width), dtype=np.uint8)
    found = np.unpackbits(np.frombuffer(packed, dtype=np.uint8), count=count * bits)
    flags[:, width - bits :] = found.reshape(count, bits)
    return np.packbits(flags, axis=1).view(f">u{width // 8}").ravel().astype(np.int64)
