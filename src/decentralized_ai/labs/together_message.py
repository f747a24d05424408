"""Arrays as bytes and back: what the workers of `together.py` really send."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

Vector = np.ndarray[Any, np.dtype[Any]]


class RuleFailed(Exception):
    """A rule of `--rules` raised, or returned what cannot be used; the message says which."""


def pack(arrays: Sequence[Vector]) -> bytes:
    """Arrays as bytes: for each its kind and shape in a line of text, then its numbers."""
    head = [[a.dtype.str, list(a.shape)] for a in arrays]
    return json.dumps(head).encode() + b"\n" + b"".join(a.tobytes() for a in arrays)


def unpack(message: bytes) -> list[Vector]:
    """The arrays of `pack`. A message is data and never code; one that lies about its length, or
    about anything else, raises RuleFailed."""
    head, _, body = message.partition(b"\n")
    arrays, at = [], 0
    try:
        for kind, shape in json.loads(head):
            dtype, count = _kind(kind), _count(shape)
            arrays.append(np.frombuffer(body, dtype, count, at).reshape(shape))
            at += dtype.itemsize * count
    except (ValueError, TypeError, OverflowError, SyntaxError, RecursionError) as error:
        raise RuleFailed(f"a message cannot be read: {error}") from None
    return arrays


def usable(name: str, value: Any, size: int, verb: str = "return") -> Vector:
    """`value` as a vector (size,), float32; RuleFailed if it is none."""
    try:
        vector = np.asarray(value)
        found = f"{vector.dtype} {vector.shape}"
    except ValueError:  # rows of unequal length
        vector, found = np.zeros(0), "what numpy makes no array of"
    if vector.shape != (size,) or vector.dtype.kind not in "fiu":
        raise RuleFailed(f"{name} must {verb} {size} numbers, a vector ({size},), not {found}")
    return vector.astype(np.float32)


def _kind(name: Any) -> np.dtype[Any]:
    """A kind of numbers; numpy knows others, and takes None for float64."""
    dtype = np.dtype(name) if isinstance(name, str) else None
    if dtype is None or dtype.kind not in "fiub":
        raise ValueError(f"{str(name)[:20]} is no kind of numbers")
    return dtype


def _count(shape: Any) -> int:
    """How many numbers. With -1 numpy would take "all that is left"."""
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"{str(shape)[:20]} is no shape")
    return math.prod(shape)
