"""What tests of labs share: what a hint must be, and an answer that always fails."""

from __future__ import annotations

from typing import Any

from decentralized_ai.labs import Verdict


def assert_hint(verdict: Verdict, *words: str) -> None:
    assert not verdict.ok and not verdict
    assert repr(verdict).startswith("Not yet. ") and len(verdict.words) > 40
    assert max(map(len, repr(verdict).splitlines())) <= 72
    for word in words:
        assert word in verdict.words, verdict


def broken(*arguments: Any) -> Any:
    return arguments[99]
