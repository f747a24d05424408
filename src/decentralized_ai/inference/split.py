"""A real model in two to four stages, as it was measured, and what the latency model says to it.

`recorded/split.json` holds the runs: SmolLM2-135M in stages, each a process behind a link that is
slow on purpose. The model is told what was computed for a token, which was measured in the same
run. One constant is taken from one row: the work of packing and passing on, from three stages
without delay. All other rows are predicted with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..recorded import load
from .latency import seconds_per_token

ANCHOR = {
    "stages": 3,
    "rtt_ms": 0,
    "mbit": 1000,
    "path": "hub",
}  # the row that the one constant is taken from


@dataclass(frozen=True)
class Row:
    """One recorded setting. path: whether the client sends to each stage in turn ("hub"), or each
    stage hands on to the next ("chain"). step_s, compute_s: the mean of tokens after the first."""

    stages: int
    rtt_ms: float
    mbit: float
    path: str
    step_s: float
    compute_s: float
    message_bytes: int
    same: bool

    def predicted_s(self, packing_s: float = 0.0) -> float:
        """Seconds a token by the latency model."""
        return seconds_per_token(
            self.stages,
            self.compute_s,
            self.rtt_ms / 2e3,
            self.mbit * 1e6,
            self.message_bytes,
            self.path,
            packing_s,
        )

    def error(self, packing_s: float = 0.0) -> float:
        """Of the predicted tokens a second, as a share of the measured ones."""
        return self.step_s / self.predicted_s(packing_s) - 1


@dataclass(frozen=True)
class Curve:
    """Tokens a second against the round trip: lists of one length."""

    rtts_ms: list[float]
    measured: list[float]
    predicted: list[float]


def rows() -> list[Row]:
    """All that was recorded."""
    return [_row(entry) for entry in load("split")["rows"]]


def _row(entry: dict[str, Any]) -> Row:
    return Row(
        entry["stages"],
        entry["rtt_ms"],
        entry["mbit"],
        entry["path"],
        entry["step_ms"] / 1e3,
        entry["compute_ms"] / 1e3,
        entry["message_bytes"],
        entry["same"],
    )


def is_anchor(row: Row) -> bool:
    return all(getattr(row, name) == value for name, value in ANCHOR.items())


def packing_s() -> float:
    """Of each stage and token: what the row without delay took longer than was computed in it."""
    (anchor,) = filter(is_anchor, rows())
    return (anchor.step_s - anchor.predicted_s()) / anchor.stages


def curve(stages: int, path: str = "hub", packing: float = 0.0) -> Curve:
    """The recorded sweep over round trips with so many stages. packing: seconds for each stage."""
    wanted = (stages, ANCHOR["mbit"], path)
    sweep = [row for row in rows() if (row.stages, row.mbit, row.path) == wanted]
    sweep.sort(key=lambda row: row.rtt_ms)
    return Curve(
        [row.rtt_ms for row in sweep],
        [1 / row.step_s for row in sweep],
        [1 / row.predicted_s(packing) for row in sweep],
    )
