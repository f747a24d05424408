"""Reads a GGUF file: a head with names and settings, then the weights, most of them in 4 bits.

Only what the lab's model has in it. The format is documented with GGML; the tests hold this reader
against the package `gguf`. (That one needs some seconds for a vocabulary, in each process.)
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

STRING, ARRAY = 8, 9
# The head's kinds of numbers, by their code in the file.
NUMBERS = {
    **{0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?"},
    **{10: "<Q", 11: "<q", 12: "<d"},
}
BLOCK = 32  # weights that share a scale


class NotGGUF(ValueError):
    """The file is not what this reader knows; the message says what it met."""


def float32(raw: np.ndarray) -> np.ndarray:
    return raw.view("<f4")


def q8_0(raw: np.ndarray) -> np.ndarray:
    """A weight is scale * q; q has 8 bits with a sign. A block: the scale in 16 bits, 32 q."""
    blocks = raw.reshape(-1, 2 + BLOCK)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    return blocks[:, 2:].view(np.int8).astype(np.float32) * scale


def q4_1(raw: np.ndarray) -> np.ndarray:
    """A weight is least + scale * q; q has 4 bits. A block: scale and least in 16 bits each, then
    16 bytes, which hold the first 16 q in their low halves and the others in their high ones."""
    blocks = raw.reshape(-1, 4 + BLOCK // 2)
    scale, least = blocks[:, :4].copy().view("<f2").astype(np.float32).T
    q = np.concatenate([blocks[:, 4:] & 15, blocks[:, 4:] >> 4], axis=1).astype(np.float32)
    return q * scale[:, None] + least[:, None]


# Code in the file: bytes of a block, weights in it, and how to make float32 of them.
KINDS: Mapping[int, tuple[int, int, Callable[[np.ndarray], np.ndarray]]] = {
    0: (4, 1, float32),
    3: (4 + BLOCK // 2, BLOCK, q4_1),
    8: (2 + BLOCK, BLOCK, q8_0),
}


class GGUF:
    """The file at `path`. fields: its settings. `array(name)`: weights as float32."""

    def __init__(self, path: Path) -> None:
        self.bytes = np.memmap(path, np.uint8, "r")
        self._at = 0
        try:
            if (letters := self._take(4)) != b"GGUF" or self._number("<I") != 3:
                raise NotGGUF(f"{path.name} begins with {letters!r}: no GGUF file of version 3")
            arrays, fields = self._number("<Q"), self._number("<Q")
            self.fields = {self._string(): self._value(self._number("<I")) for _ in range(fields)}
            self._arrays = {self._string(): self._array_entry() for _ in range(arrays)}
        except (struct.error, UnicodeDecodeError, MemoryError) as error:
            raise NotGGUF(f"the head of {path.name} is broken ({error})") from None
        align = self.fields.get("general.alignment", 32)
        self._start = -(-self._at // align) * align

    def array(self, name: str) -> np.ndarray:
        """float32, in the order of the file: (out, in) for a matrix."""
        if name not in self._arrays:
            raise NotGGUF(f"no array {name!r} in the file")
        shape, kind, offset = self._arrays[name]
        if kind not in KINDS:
            raise NotGGUF(f"{name} is stored in a way (type {kind}) that this reader does not know")
        size, weights, expand = KINDS[kind]
        begin = self._start + offset
        raw = self.bytes[begin : begin + prod(shape) // weights * size]
        if len(raw) * weights != prod(shape) * size:
            raise NotGGUF(f"the file ends before {name} does")
        return np.ascontiguousarray(expand(np.asarray(raw)).reshape(shape), dtype=np.float32)

    def _take(self, count: int) -> bytes:
        found = self.bytes[self._at : self._at + count].tobytes()
        if len(found) < count:
            raise struct.error("it ends too early")
        self._at += count
        return found

    def _number(self, how: str) -> Any:
        return struct.unpack(how, self._take(struct.calcsize(how)))[0]

    def _string(self) -> str:
        return self._take(self._number("<Q")).decode("utf-8")

    def _value(self, kind: int) -> Any:
        if kind == STRING:
            return self._string()
        if kind == ARRAY:
            inner, count = self._number("<I"), self._number("<Q")
            if inner in NUMBERS:
                how = NUMBERS[inner][1:]
                return list(
                    struct.unpack(f"<{count}{how}", self._take(count * struct.calcsize(how)))
                )
            return [self._value(inner) for _ in range(count)]
        if kind not in NUMBERS:
            raise NotGGUF(f"a setting of an unknown kind, {kind}")
        return self._number(NUMBERS[kind])

    def _array_entry(self) -> tuple[tuple[int, ...], int, int]:
        """Shape (the file has its last axis first), kind of storage, bytes from the start."""
        axes = [self._number("<Q") for _ in range(self._number("<I"))]
        return tuple(reversed(axes)), self._number("<I"), self._number("<Q")
