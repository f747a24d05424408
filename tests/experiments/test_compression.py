"""The recorded runs come again: two cells, their first measurements."""

from __future__ import annotations

import pytest

from decentralized_ai.experiments import compression
from decentralized_ai.experiments.grid import Cell
from decentralized_ai.recorded import load

# A start changed by a millionth part moves these by up to 0.001 and 0.022 (top-k and DeMo: a sign
# turns where a sum is near nought); one thread or two: by nothing. Another processor's order of
# sums is a change of a ten-millionth part.
CELLS: list[tuple[Cell, float]] = [
    ({"method": "topk", "strength": 0.03, "feedback": True, "seed": 1}, 0.005),
    ({"method": "demo", "strength": 16, "feedback": True, "seed": 1}, 0.05),
]


@pytest.mark.parametrize(("cell", "tolerance"), CELLS, ids=["topk", "demo"])
def test_a_recorded_run_comes_again(cell: Cell, tolerance: float) -> None:
    """100 of the 600 steps."""
    (stored,) = [
        entry
        for entry in load("compression")["cells"]
        if all(entry[name] == value for name, value in cell.items())
    ]
    again = compression.run(cell, steps=100)
    points = 100 // compression.EVERY + 1
    assert again["loss"] == pytest.approx(stored["loss"][:points], abs=tolerance)
    # What is sent does not depend on the values.
    assert again["bytes"] == pytest.approx(stored["bytes"], rel=1e-9)


def test_every_method_has_a_rate_and_a_compressor() -> None:
    for cell in compression.cells():
        method = str(cell["method"])
        tool = compression.compressor(method, float(cell["strength"]), bool(cell["feedback"]))
        assert len(compression.RATES[method]) == 2 and callable(tool.compress)
    with pytest.raises(ValueError, match="no method 'zip'"):
        compression.compressor("zip", 1, True)
