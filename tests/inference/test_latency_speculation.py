"""Speculative decoding against its closed forms, tossed coins, and published speedups."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decentralized_ai.inference.latency_speculation import (
    chances,
    passes,
    speedup,
    tokens_a_pass,
)
from decentralized_ai.validation.latency import LARGE, LEVIATHAN, PASSES, SMALL, tossed

PUBLISHED = json.loads((Path(__file__).parent.parent / "data/latency_leviathan.json").read_text())
accepts = st.floats(0, 0.99)
drafts = st.integers(0, 20)


@given(accepts, drafts)
def test_equation_1(a: float, g: int) -> None:
    assert tokens_a_pass(a, g) == pytest.approx((1 - a ** (g + 1)) / (1 - a), rel=1e-9)
    share = chances(a, g)
    assert math.fsum(share) == pytest.approx(1, abs=1e-12)
    mean = math.fsum(j * p for j, p in enumerate(share, start=1))
    assert mean == pytest.approx(tokens_a_pass(a, g), rel=1e-9)


@given(accepts, st.integers(1, 20), st.floats(0, 0.5))
def test_theorem_and_corollary(a: float, g: int, c: float) -> None:
    theirs = (1 - a ** (g + 1)) / ((1 - a) * (g * c + 1))
    assert speedup(a, g, c, 1.0) == pytest.approx(theirs, rel=1e-9)
    # If a > c, one draft already gains (1 + a) / (1 + c).
    assert speedup(a, 1, c, 1.0) == pytest.approx((1 + a) / (1 + c), rel=1e-9)


@given(st.integers(1, 300), accepts, drafts)
def test_passes_by_renewal(tokens: int, a: float, g: int) -> None:
    count, mean = passes(tokens, a, g), tokens_a_pass(a, g)
    # Wald: what all passes bring, the wanted tokens and at most g more.
    assert tokens <= count * mean * (1 + 1e-9)
    assert count * mean <= tokens + g + 1e-9
    assert passes(tokens, a, 0) == tokens


@pytest.mark.parametrize("g", [1, 5])
def test_the_rule_keeps_the_large_models_distribution(g: int) -> None:
    mean, first = tossed(g, seed=g)
    a = float(np.minimum(LARGE, SMALL).sum())  # the paper's corollary 3.6
    # Tokens of a pass lie between 1 and g + 1: their variance is at most (g / 2)^2.
    assert abs(mean - (1 - a ** (g + 1)) / (1 - a)) < 4.5 * g / 2 / math.sqrt(PASSES)
    assert np.all(np.abs(first - LARGE) < 4.5 * np.sqrt(LARGE * (1 - LARGE) / PASSES))


def test_published_speedups() -> None:
    rows = [(r["drafts"], r["acceptance"], r["speedup"]) for r in PUBLISHED["rows"]]
    assert rows == [(g, a, gain) for _, _, g, a, gain in LEVIATHAN]
    # The draft is a hundredth of the large model: with its time left out, three rows lie within
    # 10%, and one (summaries, temperature 0) is faster than the theory allows.
    errors = [tokens_a_pass(a, g) / gain - 1 for g, a, gain in rows]
    assert max(map(abs, errors)) < 0.16
    assert sum(abs(error) < 0.1 for error in errors) == 3
