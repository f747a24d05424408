"""Speculative decoding: a small model drafts, the large one checks all drafts in one pass.

Leviathan, Kalman, Matias 2023, "Fast inference from transformers via speculative decoding". What
comes out has the large model's distribution, whatever the small one proposes. Over a network the
point is another: a pass crosses it once, however many tokens it brings.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def chances(accept: float, drafts: int) -> list[float]:
    """Of 1, 2, ..., drafts + 1 tokens from one pass, where each draft is accepted with the same
    chance: those before the first one refused, and one more by the large model."""
    found, kept = [], 1.0
    for _ in range(drafts):
        found.append(kept * (1 - accept))
        kept *= accept
    return [*found, kept]


def tokens_a_pass(accept: float, drafts: int) -> float:
    """Their mean: (1 - a^(g + 1)) / (1 - a), the paper's equation 1."""
    kept, total = 1.0, [1.0]
    for _ in range(drafts):
        kept *= accept
        total.append(kept)
    return math.fsum(total)


def speedup(accept: float, drafts: int, draft_s: float, pass_s: float) -> float:
    """How many times sooner the tokens come (the paper's theorem 3.8), where a pass takes as long
    for all drafts as for one token: the smaller a draft's share of a pass, the better."""
    return tokens_a_pass(accept, drafts) / (drafts * draft_s / pass_s + 1)


def passes(tokens: int, accept: float, drafts: int) -> float:
    """Mean number of passes until `tokens` tokens are there. A little more than tokens over the
    mean, as the last pass may bring more than is wanted."""
    found, share = [0.0], chances(accept, drafts)
    for n in range(1, tokens + 1):
        found.append(1 + math.fsum(p * found[max(0, n - j)] for j, p in enumerate(share, start=1)))
    return found[tokens]


def one_pass(large: Floats, small: Floats, drafts: int, rng: np.random.Generator) -> list[int]:
    """The tokens of one pass, by the paper's rule. large, small: each model's chances of a token,
    here the same at every place, shape (vocabulary,)."""
    tokens: list[int] = []
    for draft in rng.choice(len(small), drafts, p=small):
        if rng.random() * small[draft] >= large[draft]:
            rest = np.maximum(large - small, 0.0)
            return [*tokens, int(rng.choice(len(large), p=rest / rest.sum()))]
        tokens.append(int(draft))
    return [*tokens, int(rng.choice(len(large), p=large))]
