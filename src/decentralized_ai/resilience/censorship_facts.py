"""What happened when something shared was taken out, with sources: book/censorship.yml."""

from __future__ import annotations

from typing import Any

from ..recorded import load

MINUTES = 365.25 * 24 * 60  # in a year


def happened(event: str) -> dict[str, Any]:
    """The record of one event: what, day, source, and its figures."""
    return load("censorship")["events"][event]


def checked() -> str:
    """The day on which the facts were last looked at."""
    return load("censorship")["checked"]


def share_of_a_year(event: str) -> float:
    """An outage of so many minutes, as a share of the year in which nothing else happens."""
    return happened(event)["minutes"] / MINUTES


def longer(refusing: float) -> float:
    """How much longer one waits, as a share, for the first block-maker that does not refuse, if
    each is drawn by itself and a share refuses: the geometric law, 1/(1 - refusing) - 1."""
    return 1.0 / (1.0 - refusing) - 1.0
