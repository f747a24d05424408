"""Ways to spoil a proof: what a truncated, careless or malicious message may look like.

A proof is any nesting of frozen dataclasses, tuples, ints, bools, bytes, strings and arrays.
`spoil` changes one place of it at random; `refused` says by which named error a verifier said no.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from typing import Any

import numpy as np

from decentralized_ai.verification.refusal import Refused

ODD = (None, True, False, -1, 2**31, 2**70, 0.5, float("nan"), "", "x", b"", b"x" * 33, (), {}, [])


def spoil(proof: Any, rng: random.Random) -> Any:
    """`proof` with one place changed, deep inside or as a whole; never equal to `proof`."""
    while True:
        spoilt = _spoil(proof, rng)
        if not same(spoilt, proof):
            return spoilt


def refused(verify: Callable[[], Any]) -> str | None:
    """The name of the error by which `verify()` refuses, or None if it accepts. Any error that is
    no Refused is a crash, and passes through to fail the test."""
    try:
        verify()
    except Refused as error:
        return type(error).__name__
    return None


def same(a: Any, b: Any) -> bool:
    """Equal in type and in content, down to the last entry."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and bool(np.array_equal(a, b))
    if dataclasses.is_dataclass(a):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    if isinstance(a, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def _spoil(part: Any, rng: random.Random) -> Any:
    inner = dataclasses.is_dataclass(part) or (isinstance(part, tuple) and part)
    if not inner or rng.random() < 0.1:
        return _at_the_top(part, rng)
    if isinstance(part, tuple):
        at = rng.randrange(len(part))
        return (*part[:at], _spoil(part[at], rng), *part[at + 1 :])
    name = rng.choice([f.name for f in dataclasses.fields(part)])
    return dataclasses.replace(part, **{name: _spoil(getattr(part, name), rng)})


def _at_the_top(part: Any, rng: random.Random) -> Any:
    ways: list[Callable[[], Any]] = [lambda: rng.choice(ODD)]
    if isinstance(part, tuple) and part:
        at = rng.randrange(len(part))
        ways += [
            lambda: part[:-1],
            lambda: (*part, part[at]),
            lambda: part[at],
            lambda: (*part[:at], *part[at + 1 :]),
            lambda: tuple(reversed(part)),
        ]
    elif type(part) is int:
        ways += [lambda: part + rng.choice((-1, 1, 2**31 - 1)), lambda: rng.randrange(2**31)] * 3
    elif type(part) is bool:
        ways += [lambda: not part, lambda: int(part)]
    elif type(part) is bytes and part:
        at = rng.randrange(len(part))
        flipped = bytes([part[at] ^ (1 << rng.randrange(8))])
        ways += [lambda: part[:at] + flipped + part[at + 1 :], lambda: part[:-1]] * 3
    elif isinstance(part, np.ndarray):
        ways += [lambda: _other_array(part, rng)] * 6
    return rng.choice(ways)()


def _other_array(part: Any, rng: random.Random) -> Any:
    spoilt = part.copy()
    if spoilt.size:
        at = tuple(rng.randrange(side) for side in spoilt.shape)
        spoilt[at] = rng.choice((-1, 0, 1, 2, 2**31 - 1)) + (
            spoilt[at] if rng.random() < 0.7 else 0
        )
    return rng.choice(
        (spoilt, spoilt, spoilt, part[:-1], part.T, part.astype(np.float64), part.tolist())
    )
