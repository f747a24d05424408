"""Graphics cards, language models and rents: what the batching model takes from data sheets.

Cards: memory in bytes, bandwidth in bytes/s, arithmetic in floating-point operations/s of tensor
cores that add up in 32 bits, dense (data sheets print twice that, "with sparsity"). Sources:
NVIDIA's data sheets of H200, H100 SXM, A100 80GB SXM and L40S, and appendix A of its Ada
whitepaper, version 2.02, for the RTX 4090.

Rents: dollars per GPU and hour, in steps of 0.0001 so that they are whole numbers. All are what was
asked on one day, as copied by others: RunPod and Google (spot) by the project silybench-data on 25
and 26 September 2026 (CC BY 4.0), Akash ("starting at") by api-evangelist on 20 September 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Gpu:
    """One card. `flops`: operations/s by the bits of a number; the A100 has no 8-bit floats."""

    name: str
    memory: int
    bandwidth: float
    flops: Mapping[int, float]


GPUS = {
    "h200": Gpu("H200", 141 * 10**9, 4.8e12, {8: 1979e12, 16: 989.5e12}),
    "h100": Gpu("H100", 80 * 10**9, 3.35e12, {8: 1979e12, 16: 989.5e12}),
    "a100": Gpu("A100", 80 * 10**9, 2.039e12, {16: 312e12}),
    "l40s": Gpu("L40S", 48 * 10**9, 0.864e12, {8: 733e12, 16: 362.05e12}),
    "rtx4090": Gpu("RTX 4090", 24 * 10**9, 1.008e12, {8: 330.3e12, 16: 165.2e12}),
}

RENTS: dict[str, dict[str, int]] = {
    "secure": {"h200": 45900, "h100": 34900, "a100": 15900, "l40s": 10900, "rtx4090": 7400},
    "community": {"h200": 35900, "h100": 26900, "a100": 13900, "l40s": 7900, "rtx4090": 3400},
    "akash": {"h200": 44500, "h100": 27100, "a100": 17100, "rtx4090": 3900},
    "spot": {"h100": 65710},
}


@dataclass(frozen=True)
class Model:
    """A decoder-only transformer, by the numbers in its configuration file.

    attention, feed: parameters of one layer; `feed` is one expert's where there are `experts`,
    of which each token uses `used`. Weights of the layers have `bits` bits, keys and values
    `kv_bits`, embeddings and output layer 16.
    """

    name: str
    layers: int
    attention: int
    feed: int
    head: int  # parameters of the output layer; the embeddings have as many
    heads: int
    kv_heads: int
    size: int = 128  # of a head
    experts: int = 1
    used: int = 1
    bits: int = 8
    kv_bits: int = 16

    @property
    def stored(self) -> int:
        """Bytes that the weights fill."""
        layer = self.attention + self.experts * self.feed
        return self.layers * layer * self.bits // 8 + 4 * self.head

    @property
    def kv(self) -> int:
        """Bytes of keys and values that one token of context leaves behind."""
        return 2 * self.layers * self.kv_heads * self.size * self.kv_bits // 8

    @property
    def active(self) -> int:
        """Parameters of the layers that one token passes through; the output layer is apart."""
        return self.layers * (self.attention + self.used * self.feed)

    def parameters(self) -> int:
        return self.layers * (self.attention + self.experts * self.feed) + 2 * self.head

    def read(self, batch: int) -> np.ndarray:
        """Bytes of weights that a step reads, for 1, 2, ... `batch` sequences: all of them, and of
        the experts those that at least one sequence is sent to, if each picks at random."""
        spared = np.cumprod(np.full(batch, 1 - self.used / self.experts))
        feed = self.experts * self.feed * (1 - spared)
        return self.layers * (self.attention + feed) * self.bits / 8 + 2.0 * self.head

    def work(self, context: float) -> float:
        """Floating-point operations of a token that attends to `context` others, without the
        output layer."""
        return 2.0 * self.active + 4.0 * self.layers * self.heads * self.size * context


def layer(hidden: int, heads: int, kv_heads: int, size: int = 128) -> int:
    """Parameters of attention: queries, keys, values, output."""
    return 2 * hidden * heads * size + 2 * hidden * kv_heads * size


MODELS = {
    "qwen3_8b": Model("Qwen3-8B", 36, layer(4096, 32, 8), 3 * 4096 * 12288, 151936 * 4096, 32, 8),
    "llama_70b": Model(
        "Llama 3.1 70B", 80, layer(8192, 64, 8), 3 * 8192 * 28672, 128256 * 8192, 64, 8
    ),
    "qwen3_30b": Model(
        "Qwen3-30B-A3B",
        48,
        layer(2048, 32, 4) + 2048 * 128,
        3 * 2048 * 768,
        151936 * 2048,
        32,
        4,
        experts=128,
        used=8,
    ),
}


@dataclass(frozen=True)
class Work:
    """Requests of one size: tokens that come in, tokens that go out."""

    coming: int
    going: int

    @property
    def length(self) -> int:
        return self.coming + self.going

    @property
    def context(self) -> float:
        """How much a token that is being written looks back on, on average."""
        return self.coming + self.going / 2


WORKS = {
    "chat": Work(128, 128),
    "write": Work(128, 1024),
    "read": Work(1024, 128),
    "talk": Work(2048, 2048),
    "long": Work(8192, 512),
}
