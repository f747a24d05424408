"""What lies in recorded/: every cell of its grid, from the text and setting that the code has."""

from __future__ import annotations

from pathlib import Path

import pytest

from decentralized_ai.experiments import text
from decentralized_ai.experiments.__main__ import known
from decentralized_ai.experiments.grid import Experiment, key
from decentralized_ai.recorded import load

RECORDED = Path(__file__).parents[2] / "src" / "decentralized_ai" / "recorded"


@pytest.mark.parametrize("experiment", known().values(), ids=known())
def test_a_recorded_file_is_its_experiments_own(experiment: Experiment) -> None:
    recorded = load(experiment.name)
    assert recorded["command"].endswith(f" {experiment.name}")
    assert recorded["setting"] == experiment.setting
    assert recorded["text"]["sha256"] == text.SHA256
    assert {"python", "torch", "numpy", "sympy"} <= set(recorded["versions"])
    cells = experiment.cells()
    assert len({key(cell) for cell in cells}) == len(cells)
    stored = [{name: entry[name] for name in cells[0]} for entry in recorded["cells"]]
    assert stored == cells, "recorded anew since the grid changed? make record"


def test_recorded_files_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in RECORDED.glob("*.json")}
    assert sum(sizes.values()) <= 1_500_000, sizes
