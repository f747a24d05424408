"""What tests of labs share: the notebook with its solutions, what a hint must be, and an answer
that always fails."""

from __future__ import annotations

import contextlib
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

from decentralized_ai.labs import Verdict

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"
FENCE = re.compile(r"```python\n(.*?)```", re.S)


@cache
def solved(lab: str) -> dict[str, Any]:
    """The names after all cells of a lab, solutions included, ran from top to bottom."""
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in nbformat.read(NOTEBOOKS / f"{lab}.ipynb", as_version=4).cells:
            if cell.cell_type == "code":
                exec(cell.source, names)
            elif "solution" in cell.metadata.get("tags", []):
                for program in FENCE.findall(cell.source):
                    exec(program, names)
    return names


def assert_hint(verdict: Verdict, *words: str) -> None:
    assert not verdict.ok and not verdict
    assert repr(verdict).startswith("Not yet. ") and len(verdict.words) > 40
    assert max(map(len, repr(verdict).splitlines())) <= 72
    for word in words:
        assert word in verdict.words, verdict


def broken(*arguments: Any) -> Any:
    return arguments[99]
