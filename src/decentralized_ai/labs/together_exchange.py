"""How the workers of `together.py` exchange a vector, what it costs, and who lies."""

from __future__ import annotations

import argparse
import runpy
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from .together_message import RuleFailed, Vector, pack, unpack, usable

Rules = dict[str, Callable[..., Any]]


def load_rules(path: Path | None) -> Rules:
    """The functions compress, expand and aggregate of a Python file, as far as it has them."""
    names = runpy.run_path(str(path)) if path else {}
    return {name: names[name] for name in ("compress", "expand", "aggregate") if name in names}


class Exchange:
    """Each worker hands in a vector (p,), float32, and all get the same one back: the mean, or
    what the rules make of them. `sent`: bytes that this worker has sent so far, without the
    envelopes of TCP/IP.

    Rules: compress(vector, residual) -> (arrays, new residual); expand(arrays, size) -> vector;
    aggregate(rows, attackers) -> vector. With rules, or with attackers, everybody sends his vector
    to everybody and aggregates for himself: who would you trust to do it?

    The residual lives here alone, not in the checkpoint: after a restart it begins at zero.
    """

    def __init__(self, args: argparse.Namespace, rules: Rules) -> None:
        self.rank, self.workers = dist.get_rank(), dist.get_world_size()
        self.mbit, self.rules, self.attackers = args.mbit, rules, args.attackers
        self.liar = args.attack if self.rank >= self.workers - self.attackers else None
        self.draw = np.random.default_rng([args.seed, self.rank, 0])
        self.residual: Vector | None = None  # what compress has kept back since the start
        self.sent = 0

    def __call__(self, vector: Vector) -> Vector:
        if not self.rules and not self.attackers:
            return self._mean(vector)
        if self.liar:
            vector = lie(self.liar, vector, self.draw)
        messages = self._gather(pack(self._compress(vector)))
        rows = np.stack([self._expand(unpack(message), len(vector)) for message in messages])
        if "aggregate" not in self.rules:
            return rows.mean(axis=0)
        return usable("aggregate", self._call("aggregate", rows, self.attackers), len(vector))

    def count_all_reduce(self, size: int) -> None:
        """An all-reduce sends each part of the array round once to add and once to share."""
        self._count(2 * (self.workers - 1) * size // self.workers)

    def _mean(self, vector: Vector) -> Vector:
        total = torch.from_numpy(vector.copy())
        dist.all_reduce(total)
        self.count_all_reduce(vector.nbytes)
        return (total / self.workers).numpy()

    def _compress(self, vector: Vector) -> Sequence[Vector]:
        if "compress" not in self.rules:
            return [vector]
        if self.residual is None:
            self.residual = np.zeros_like(vector)
        found = self._call("compress", vector, self.residual)
        try:
            arrays, residual = found
        except (TypeError, ValueError):
            raise RuleFailed("compress must return two things: arrays, residual") from None
        self.residual = usable("compress (the residual)", residual, len(vector))
        try:
            return [np.asarray(array) for array in arrays]
        except (TypeError, ValueError):
            raise RuleFailed("compress must return a list of arrays first") from None

    def _expand(self, arrays: Sequence[Vector], size: int) -> Vector:
        if "expand" not in self.rules:
            return usable("a message", arrays[0] if arrays else None, size, "hold")
        return usable("expand", self._call("expand", arrays, size), size)

    def _call(self, name: str, *arguments: Any) -> Any:
        try:
            return self.rules[name](*arguments)
        except Exception as error:  # whatever the rule raises
            raise RuleFailed(f"{name} raised {type(error).__name__}: {error}") from error

    def _gather(self, message: bytes) -> list[bytes]:
        """Everybody's message. All are filled up to the longest, as all_gather wants it."""
        lengths = [torch.zeros(1, dtype=torch.int64) for _ in range(self.workers)]
        dist.all_gather(lengths, torch.tensor([len(message)]))
        longest = max(int(length) for length in lengths)
        mine = torch.frombuffer(bytearray(message.ljust(longest, b"\0")), dtype=torch.uint8)
        buffers = [torch.empty_like(mine) for _ in lengths]
        dist.all_gather(buffers, mine)
        self._count((self.workers - 1) * (8 + longest))
        return [b.numpy().tobytes()[: int(n)] for b, n in zip(buffers, lengths, strict=True)]

    def _count(self, size: int) -> None:
        self.sent += size
        if self.mbit:
            time.sleep(8 * size / (1e6 * self.mbit))


def lie(attack: str, vector: Vector, draw: np.random.Generator) -> Vector:
    """What an attacker sends instead of its vector (p,)."""
    if attack == "flip":
        return -8 * vector
    if attack == "noise":
        return draw.normal(0, 100 * vector.std(), len(vector)).astype(vector.dtype)
    return np.full_like(vector, np.nan)
