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
    """The arrays of `pack`. A message is data and never code; one that lies about its length
    raises RuleFailed."""
    head, _, body = message.partition(b"\n")
    arrays, at = [], 0
    try:
        for kind, shape in json.loads(head):
            dtype, count = np.dtype(kind), math.prod(shape)
            if count < 0:  # numpy would take it for "all that is left"
                raise ValueError(f"{count} numbers")
            arrays.append(np.frombuffer(body, dtype, count, at).reshape(shape))
            at += dtype.itemsize * count
    except (ValueError, TypeError) as error:
        raise RuleFailed(f"a message cannot be read: {error}") from None
    return arrays
