"""What others measured about cheaper models and about finding them, with the keys of their sources.

From each follows a number of the demo's: what serving a cheaper model saves, what its answers are
worth less, how well a check tells the two apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

# llamacpp_quantize: Llama-3.1-8B, text generation, tokens a second, one machine.
SPEED = {"F16": 29.17, "Q8_0": 50.93, "Q4_K_M": 71.93}
# gptq_readme: perplexity on WikiText-2. rtn: plain rounding to the nearest.
PERPLEXITY = {
    "LLaMa-7B": {"fp16": 5.68, "rtn4": 6.29, "gptq4": 6.09, "rtn3": 25.54, "gptq3": 8.07},
    "LLaMa-65B": {"fp16": 3.53, "rtn4": 3.92, "gptq4": 3.84, "rtn3": 10.59, "gptq3": 5.04},
}
# silybench: $ per million tokens (input, output) on 7 October 2026.
ASKED = {
    ("Qwen3-14B", "int4"): (0.10, 0.22),
    ("Qwen3-14B", "fp8"): (0.12, 0.24),
    ("Qwen3.8-27B", "bf16"): (0.15, 1.875),
    ("Qwen3.8-27B", "fp4"): (0.05, 2.20),
}
POWER = 0.774  # gao2025: median power of their test, average of 10 samples a prompt
ENDPOINTS = (11, 31)  # gao2025: of 31 commercial endpoints in summer 2024, 11 differed
AUC = 0.999  # karvonen2025: Token-DiFR, 4-bit against 16-bit, within 300 tokens
PLAN = {"cost": 1.0, "reward": 1.2, "slash": 10.0, "collude": 0.1, "rate": 0.08}  # splitup_plan


def time_saved(quantised: str) -> float:
    """Share of the time of a token, and so of a rented machine, against 16 bits."""
    return 1 - SPEED["F16"] / SPEED[quantised]


def probability_lost(model: str, quantised: str) -> float:
    """Perplexity is one over the mean (geometric) probability of the right token. By what share
    that probability falls."""
    return 1 - PERPLEXITY[model]["fp16"] / PERPLEXITY[model][quantised]


def blended(asked: tuple[float, float], inputs: float = 3.0) -> float:
    """$ per million tokens, `inputs` input tokens for each output token."""
    return (inputs * asked[0] + asked[1]) / (inputs + 1)


def found_at_least(auc: float, alarm: float) -> float:
    """The least share of cheats that a test with this AUC finds at this rate of false alarms,
    whatever its curve: above it lies a rectangle, alarm (1 - found), within 1 - auc."""
    return max(0.0, 1 - (1 - auc) / alarm) if alarm > 0 else 0.0


def area(alarms: Sequence[float], found: Sequence[float]) -> float:
    """Area under a curve of steps: at alarms[i] the share found rises to found[i]."""
    ends = [*alarms[1:], 1.0]
    return math.fsum(f * (b - a) for a, b, f in zip(alarms, ends, found, strict=True))
