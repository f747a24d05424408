"""Bytes for what parties send and hash: one spelling for each value, and no value spelt twice.

A value is None, a bool, an int, bytes, a str, an array of int64 or of floats, or a tuple of such.
Each is written as a letter for its type, its length in bytes (8, big-endian), and its content. So
("ab", "c") and ("a", "bc") differ, 1 and "1" differ, and a list of leaves is not a leaf.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np

from .refusal import Malformed, WrongLength, WrongType

HEAD = 9  # a letter and a length
DTYPES = {"<i8", "<f4", "<f8"}
DEEPEST = 16  # tuples in tuples: enough for any proof here, too few to exhaust Python's stack


def encode(value: Any) -> bytes:
    """The one spelling of `value`. Raises WrongType for anything that has none."""
    if value is None:
        return _put(b"N", b"")
    if type(value) is bool:
        return _put(b"B", bytes([value]))
    if type(value) is int:
        return _put(b"I", value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
    if type(value) is bytes:
        return _put(b"Y", value)
    if type(value) is str:
        return _put(b"S", value.encode())
    if type(value) is tuple:
        return _put(b"T", b"".join(encode(item) for item in value))
    if type(value) is np.ndarray and (dtype := value.dtype.newbyteorder("<").str) in DTYPES:
        head = encode(dtype) + encode(tuple(int(side) for side in value.shape))
        return _put(b"A", head + np.ascontiguousarray(value).astype(dtype).tobytes())
    raise WrongType(f"a {type(value).__name__} has no spelling")


def decode(data: bytes) -> Any:
    """The value that `encode` wrote. Raises Malformed for any other bytes: also for a second
    spelling of a value, so that encode(decode(x)) == x always."""
    if type(data) is not bytes:
        raise WrongType(f"a message is bytes, not {type(data).__name__}")
    value, rest = _take(data, 0)
    if rest:
        raise WrongLength(f"{len(rest)} bytes after the end of the message")
    if encode(value) != data:
        raise Malformed("not the one spelling of this value")
    return value


def digest(purpose: str, *values: Any) -> bytes:
    """SHA-256 of the values, for one purpose: the same values hashed for another purpose give
    another digest (domain separation), so no answer of one protocol can be used in another."""
    return hashlib.sha256(encode(("decentralized-ai", purpose, values))).digest()


def _put(letter: bytes, content: bytes) -> bytes:
    return letter + len(content).to_bytes(8, "big") + content


def _take(data: bytes, depth: int) -> tuple[Any, bytes]:
    if len(data) < HEAD:
        raise WrongLength("the message ends early")
    if depth > DEEPEST:
        raise Malformed("too many tuples in tuples")
    letter, size = data[:1], int.from_bytes(data[1:HEAD], "big")
    content, rest = data[HEAD : HEAD + size], data[HEAD + size :]
    if len(content) < size:
        raise WrongLength("the message ends early")
    return _read(letter, content, depth), rest


def _read(letter: bytes, content: bytes, depth: int) -> Any:
    if letter == b"N":
        return None
    if letter == b"B":
        return content == b"\x01"
    if letter == b"I":
        return int.from_bytes(content, "big", signed=True)
    if letter == b"Y":
        return content
    if letter == b"S":
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise Malformed("a text that is not UTF-8") from None
    if letter == b"T":
        items = []
        while content:
            item, content = _take(content, depth + 1)
            items.append(item)
        return tuple(items)
    if letter == b"A":
        dtype, rest = _take(content, depth + 1)
        shape, rest = _take(rest, depth + 1)
        return _array(dtype, shape, rest)
    raise Malformed(f"no type has the letter {letter!r}")


def _array(dtype: Any, shape: Any, content: bytes) -> Any:
    if dtype not in DTYPES or type(shape) is not tuple:
        raise Malformed("an array of no type or shape that is sent here")
    if any(type(side) is not int or side < 0 for side in shape):
        raise Malformed("the sides of an array are whole numbers")
    if math.prod(shape) * np.dtype(dtype).itemsize != len(content):
        raise WrongLength("an array of another size than its shape says")
    return np.frombuffer(content, dtype=dtype).reshape(shape).copy()
