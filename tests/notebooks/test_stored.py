"""The labs as they lie in the repository: normal, small, without errors, and still true."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from .conftest import LABS, NOTEBOOKS, ROOT

sys.path.insert(0, str(ROOT / "tools"))
import nbnorm

NAMES = [path.stem for path in LABS]
IGNORING = "NBVAL_IGNORE_OUTPUT"


@pytest.mark.parametrize("path", LABS, ids=NAMES)
def test_is_normal_small_and_without_errors(path: Path) -> None:
    assert nbnorm.problems(path) == []
    assert path.stat().st_size < 50_000


@pytest.mark.parametrize("path", LABS, ids=NAMES)
def test_has_exercises_with_folded_solutions(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    solutions = [cell for cell in cells if "solution" in cell.metadata.get("tags", [])]
    exercises = [c for c in cells if c.cell_type == "markdown" and "## Exercise " in c.source]
    assert 3 <= len(exercises) == len(solutions)
    assert all(cell.source.startswith("<details>") for cell in solutions)
    assert not any(IGNORING in cell.source for cell in cells)


def test_running_them_again_gives_the_stored_outputs_in_time() -> None:
    """nbval, strict: every output is compared. Three minutes are a lab's limit."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", str(NOTEBOOKS)]
    done = subprocess.run(
        [*command, "-q", "-p", "no:cacheprovider"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert time.monotonic() - begun < 180 * len(LABS)


def messy() -> nbformat.NotebookNode:
    code = nbformat.v4.new_code_cell("1 + 1   \n")
    code.execution_count = 7
    code.metadata = {"tags": ["x"], "collapsed": True}
    view = {"model_id": "9f8e"}
    data = {"text/plain": "2", nbnorm.WIDGET_VIEW: view}
    code.outputs = [nbformat.v4.new_output("execute_result", data, execution_count=7)]
    cells = [nbformat.v4.new_markdown_cell("# T"), nbformat.v4.new_code_cell("  "), code]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = {"widgets": {"state": {}}, "kernelspec": {"name": "my-env"}}
    return notebook


def test_normalising_takes_out_what_is_random_and_keeps_what_is_said() -> None:
    clean = nbnorm.normal(messy())
    assert nbnorm.text(nbnorm.normal(clean)) == nbnorm.text(clean)
    nbformat.validate(clean)
    assert [cell.id for cell in clean.cells] == ["cell-01", "cell-02"]
    assert clean.metadata == {"kernelspec": nbnorm.KERNEL, "language_info": {"name": "python"}}
    code = clean.cells[1]
    assert (code.source, code.execution_count, code.metadata) == ("1 + 1", 1, {"tags": ["x"]})
    assert code.outputs[0].execution_count == 1
    assert code.outputs[0].data == {"text/plain": "2"}


def test_check_reports_and_leaves_the_file_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = messy()
    notebook.cells[2].outputs.append(
        nbformat.v4.new_output("error", ename="ZeroDivisionError", evalue="by zero")
    )
    path = tmp_path / "lab.ipynb"
    nbformat.write(notebook, path)
    before = path.read_bytes()
    assert nbnorm.main(["--check", str(path)]) == 1
    said = capsys.readouterr().err
    assert "is not normalised" in said and "ends in ZeroDivisionError: by zero" in said
    assert path.read_bytes() == before
    notebook.cells[2].outputs.pop()
    nbformat.write(notebook, path)
    assert nbnorm.main([str(path)]) == 0
    assert nbnorm.main(["--check", str(path)]) == 0
