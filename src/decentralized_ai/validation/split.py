"""A real model over links that are slow on purpose, against inference/latency.py, row by row.

Here the measurement is ours and the model is what is checked, so every row's error counts.
"""

from __future__ import annotations

from collections.abc import Callable

from ..inference.split import Row, is_anchor, packing_s, rows
from .check import Check

TEST = "tests/labs/test_inference_recorded.py"
SOURCE = "src/decentralized_ai/recorded/split.json"


def worst(chosen: Callable[[Row], bool], packing: float) -> float:
    """The largest error among the chosen rows, per cent of the measured tokens a second."""
    return max(abs(100 * row.error(packing)) for row in rows() if chosen(row))


def checks() -> list[Check]:
    """Reads one file."""
    packing = packing_s()
    told = (
        "per cent of tokens a second, at worst. Told: what was computed for a token, measured in "
        "the same run"
    )
    one = f"{told}; and {1e3 * packing:.1f} ms of packing a stage, from the row without delay"

    def check(
        model: str, chosen: Callable[[Row], bool], own: float, limit: float, why: str
    ) -> Check:
        return Check(
            model=model,
            against=f"measured: {sum(map(chosen, rows()))} settings of SmolLM2-135M over TCP",
            source=SOURCE,
            error=worst(chosen, own),
            tolerance=limit,
            why=why,
            test=f"{TEST}::test_the_latency_model_against_every_recorded_row",
        )

    return [
        check(
            "A real model in stages: nothing fitted, a round trip of 20 ms and more",
            lambda row: row.rtt_ms >= 20,
            0.0,
            8.0,
            f"{told}. Nobody told it of the work of packing",
        ),
        check(
            "A real model in stages: three of them, 10 to 200 ms",
            lambda row: (
                row.stages == 3 and row.mbit == 1000 and row.path == "hub" and not is_anchor(row)
            ),
            packing,
            5.0,
            one,
        ),
        check(
            "A real model in stages: two and four of them, 0 to 200 ms",
            lambda row: row.stages != 3,
            packing,
            5.0,
            one,
        ),
        check(
            "A real model in stages: three of them, 1 to 100 Mbit/s, 20 ms",
            lambda row: row.mbit < 1000,
            packing,
            5.0,
            one,
        ),
        check(
            "A real model in stages: each of three hands on to the next, 0 to 200 ms",
            lambda row: row.path == "chain",
            packing,
            5.0,
            one,
        ),
    ]
