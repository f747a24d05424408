"""A grid goes on where it stopped, and says what made it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from decentralized_ai.experiments import grid, text


def run(cell: grid.Cell) -> dict[str, float]:
    return {"double": 2 * float(cell["x"])}


def experiment(count: int) -> grid.Experiment:
    return grid.Experiment(
        "doubles", "Twice x.", lambda: [{"x": x} for x in range(count)], run, (), {"seed": 1}
    )


def test_a_grid_is_run_once_and_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "doubles.json"
    grid.record(experiment(3), 1, tmp_path / "logs", target)
    assert "3 cells, 3 to run" in capsys.readouterr().out
    (log,) = (tmp_path / "logs").iterdir()
    # The run was killed while it wrote its last line.
    log.write_text(log.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    grid.record(experiment(4), 1, tmp_path / "logs", target)
    assert "4 cells, 2 to run" in capsys.readouterr().out
    written = json.loads(target.read_text(encoding="utf-8"))
    assert written["cells"] == [{"x": x, "double": 2.0 * x} for x in range(4)]
    grid.record(experiment(4), 1, tmp_path / "logs", target)
    assert "4 cells, 0 to run" in capsys.readouterr().out


def test_a_recorded_file_says_how_it_was_made(tmp_path: Path) -> None:
    grid.record(experiment(1), 1, tmp_path, target := tmp_path / "doubles.json")
    written = json.loads(target.read_text(encoding="utf-8"))
    assert written["command"] == "python -m decentralized_ai.experiments doubles"
    assert set(written["versions"]) == {"python", "torch", "numpy", "sympy"}
    assert written["setting"] == {"seed": 1} and len(written["text"]["sha256"]) == 64


def test_another_setting_does_not_take_old_results() -> None:
    one = experiment(1)
    other = grid.Experiment("doubles", "", one.cells, run, (), {"seed": 2})
    more = grid.Experiment("doubles", "", one.cells, run, (json,), {"seed": 1})
    away = grid.Experiment("doubles", "", one.cells, text.batch, (), {"seed": 1})
    assert len({grid.fingerprint(e) for e in (one, other, more, away)}) == 4
