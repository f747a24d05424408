"""What was reported of real votes: book/voting.yml, each figure with its date and source."""

from __future__ import annotations

from ..recorded import load


def fact(name: str) -> float:
    """A figure, in the unit that the file gives."""
    return float(load("voting")["facts"][name]["value"])
