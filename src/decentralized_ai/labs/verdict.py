"""The answer of a checker."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """`ok`: whether the exercise is solved. `words`: what was found, and what to try next."""

    ok: bool
    words: str

    def __repr__(self) -> str:
        # Lines that fit the column of a page: a long one would have to be scrolled.
        return textwrap.fill(f"{'Right.' if self.ok else 'Not yet.'} {self.words}", 72)

    def __bool__(self) -> bool:
        return self.ok


def right(words: str) -> Verdict:
    """The exercise is solved; `words` say what the answer shows."""
    return Verdict(True, words)


def not_yet(words: str) -> Verdict:
    """The exercise is not solved; `words` say what is wrong and hint at the next step."""
    return Verdict(False, words)
