"""NVIDIA's own tables of what four kinds of cards do with four models, to predict and compare.

From NVIDIA/TensorRT-LLM (Apache License 2.0): a vendor's figures for its own cards and software.
Batches are fixed and known. Weights, keys and values in 8 bits; on the A100 all in 16.

ROWS: docs/source/performance.md at commit 138f96d (December 2023), section "Peak Throughput".
H200: docs/source/blogs/H200launch.md at commit 1555478 (November 2023). We read that one after
everything else was settled, constants and form; nothing was changed for it.
"""

from __future__ import annotations

from dataclasses import replace

from .batching import Machine
from .batching_hardware import GPUS, Model, layer

LLAMA_7B = Model("LLaMA 7B", 32, layer(4096, 32, 32), 3 * 4096 * 11008, 32000 * 4096, 32, 32)
LLAMA_70B = Model("LLaMA 70B", 80, layer(8192, 64, 8), 3 * 8192 * 28672, 32000 * 8192, 64, 8)
LLAMA_13B = Model("LLaMA 13B", 40, layer(5120, 40, 40), 3 * 5120 * 13824, 32000 * 5120, 40, 40)
GPT_J = Model("GPT-J 6B", 28, layer(4096, 16, 16, 256), 2 * 4096 * 16384, 50400 * 4096, 16, 16, 256)

# Card, model, cards that share it, batch, tokens in, tokens out, output tokens/s of each card. (The
# A100's heading leaves "of each card" out; with two and four cards only that reading fits.)
Row = tuple[str, Model, int, int, int, int, float]
ROWS: tuple[Row, ...] = (
    ("h100", GPT_J, 1, 1024, 128, 128, 26150),
    ("h100", GPT_J, 1, 120, 128, 2048, 8011),
    ("h100", GPT_J, 1, 64, 2048, 128, 2551),
    ("h100", GPT_J, 1, 64, 2048, 2048, 3327),
    ("h100", LLAMA_7B, 1, 768, 128, 128, 19694),
    ("h100", LLAMA_7B, 1, 112, 128, 2048, 6818),
    ("h100", LLAMA_7B, 1, 80, 2048, 128, 2244),
    ("h100", LLAMA_7B, 1, 48, 2048, 2048, 2740),
    ("h100", LLAMA_70B, 2, 1024, 128, 128, 2657),
    ("h100", LLAMA_70B, 4, 480, 128, 2048, 1486),
    ("h100", LLAMA_70B, 2, 96, 2048, 128, 306),
    ("h100", LLAMA_70B, 2, 64, 2048, 2048, 547),
    ("l40s", GPT_J, 1, 64, 128, 128, 3630),
    ("l40s", GPT_J, 1, 64, 128, 2048, 1859),
    ("l40s", GPT_J, 1, 32, 2048, 128, 616),
    ("l40s", GPT_J, 1, 32, 2048, 2048, 757),
    ("l40s", LLAMA_7B, 1, 64, 128, 128, 3240),
    ("l40s", LLAMA_7B, 1, 64, 128, 2048, 1622),
    ("l40s", LLAMA_7B, 1, 32, 2048, 128, 581),
    ("l40s", LLAMA_7B, 1, 16, 2048, 2048, 531),
    ("a100", GPT_J, 1, 512, 128, 128, 6374),
    ("a100", GPT_J, 2, 120, 128, 2048, 2192),
    ("a100", GPT_J, 1, 60, 2048, 128, 670),
    ("a100", GPT_J, 2, 64, 2048, 2048, 903),
    ("a100", LLAMA_7B, 1, 384, 128, 128, 5586),
    ("a100", LLAMA_7B, 1, 60, 128, 2048, 1928),
    ("a100", LLAMA_7B, 1, 52, 2048, 128, 591),
    ("a100", LLAMA_7B, 2, 64, 2048, 2048, 782),
    ("a100", LLAMA_70B, 4, 1280, 128, 128, 670),
    ("a100", LLAMA_70B, 4, 240, 128, 2048, 525),
    ("a100", LLAMA_70B, 4, 120, 2048, 128, 79),
)

H200: tuple[Row, ...] = (
    ("h200", LLAMA_13B, 1, 1024, 128, 128, 11819),
    ("h200", LLAMA_13B, 1, 128, 128, 2048, 4750),
    ("h200", LLAMA_13B, 1, 64, 2048, 128, 1349),
    ("h200", LLAMA_70B, 1, 512, 128, 128, 3014),
    ("h200", LLAMA_70B, 2, 512, 128, 2048, 1654),
    ("h200", LLAMA_70B, 1, 64, 2048, 128, 341),
    ("h200", LLAMA_70B, 1, 32, 2048, 128, 303),
)


def machine(card: str, model: Model, cards: int) -> Machine:
    bits = 16 if card == "a100" else 8
    return Machine(GPUS[card], replace(model, bits=bits, kv_bits=bits), cards)
