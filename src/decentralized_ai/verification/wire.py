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
SIDES = 8  # of an array; one with a side of 0 may have others of any length
DEEPEST = 16  # tuples in tuples: enough for any proof here, too few to exhaust Python's stack


def encode(value: Any, depth: int = 0) -> bytes:
    """The one spelling of `value`. Raises WrongType for anything that has none: `decode` would not
    read it. depth: in how many tuples it lies."""
    if value is None:
        return _put(b"N", b"")
    if type(value) is bool:
        return _put(b"B", bytes([value]))
    if type(value) is int:
        return _put(b"I", value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
    if type(value) is bytes:
        return _put(b"Y", value)
    if type(value) is str:
        try:
            return _put(b"S", value.encode())
        except UnicodeEncodeError:
            raise WrongType("half of a character has no spelling") from None
    if depth > DEEPEST:
        raise WrongType("too many tuples in tuples")
    if type(value) is tuple:
        return _put(b"T", b"".join(encode(item, depth + 1) for item in value))
    dtype = value.dtype.newbyteorder("<").str if type(value) is np.ndarray else None
    if dtype in DTYPES and value.ndim <= SIDES:
        head = encode(dtype) + encode(tuple(int(side) for side in value.shape))
        return _put(b"A", head + np.ascontiguousarray(value).astype(dtype).tobytes())
    raise WrongType(f"a {type(value).__name__} has no spelling")


def decode(data: bytes) -> Any:
    """The value that `encode` wrote. Raises Malformed for any other bytes: also for a second
    spelling of a value, so that encode(decode(x)) == x always."""
    if type(data) is not bytes:
        raise WrongType(f"a message is bytes, not {type(data).__name__}")
    value, end = _take(data, 0, len(data), 0)
    if end < len(data):
        raise WrongLength(f"{len(data) - end} bytes after the end of the message")
    if encode(value) != data:
        raise Malformed("not the one spelling of this value")
    return value


def digest(purpose: str, *values: Any) -> bytes:
    """SHA-256 of the values, for one purpose: the same values hashed for another purpose give
    another digest (domain separation), so no answer of one protocol can be used in another."""
    return hashlib.sha256(encode(("decentralized-ai", purpose, values))).digest()


def _put(letter: bytes, content: bytes) -> bytes:
    return letter + len(content).to_bytes(8, "big") + content


def _take(data: bytes, at: int, end: int, depth: int) -> tuple[Any, int]:
    """The value that is spelt from `at` on, and where it ends: at `end` or before."""
    if end - at < HEAD:
        raise WrongLength("the message ends early")
    if depth > DEEPEST:
        raise Malformed("too many tuples in tuples")
    start = at + HEAD
    stop = start + int.from_bytes(data[at + 1 : start], "big")
    if stop > end:
        raise WrongLength("the message ends early")
    return _read(data, at, start, stop, depth), stop


def _read(data: bytes, at: int, start: int, stop: int, depth: int) -> Any:
    letter = data[at : at + 1]
    if letter == b"T":  # not cut out first: each byte is copied once, however many items there are
        items = []
        while start < stop:
            item, start = _take(data, start, stop, depth + 1)
            items.append(item)
        return tuple(items)
    if letter == b"A":
        dtype, start = _take(data, start, stop, depth + 1)
        shape, start = _take(data, start, stop, depth + 1)
        return _array(dtype, shape, data[start:stop])
    content = data[start:stop]
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
    raise Malformed(f"no type has the letter {letter!r}")


def _array(dtype: Any, shape: Any, content: bytes) -> Any:
    if type(dtype) is not str or dtype not in DTYPES or type(shape) is not tuple:
        raise Malformed("an array of no type or shape that is sent here")
    if len(shape) > SIDES or any(type(side) is not int or not 0 <= side < 2**32 for side in shape):
        raise Malformed(f"an array has at most {SIDES} sides, whole numbers below 2^32")
    if math.prod(shape) * np.dtype(dtype).itemsize != len(content):
        raise WrongLength("an array of another size than its shape says")
    try:
        return np.frombuffer(content, dtype=dtype).reshape(shape).copy()
    except ValueError:  # no numbers, and sides whose product numpy cannot count
        raise Malformed("an array of no possible shape") from None
