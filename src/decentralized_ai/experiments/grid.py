"""A grid of runs: what it holds, how it is run, where its results are kept.

A cell is one run: a flat dict of plain values. Its result is a dict of plain JSON. Each result is
written to a file of its own line as soon as it is there, so an interrupted grid goes on where it
stopped. The file's name holds a digest of the code that a cell runs: after a change to that code,
old results are not mixed with new ones.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from . import language, text

Cell = dict[str, str | int | float | bool]


@dataclass(frozen=True)
class Experiment:
    """name: also of the file in recorded/. about: one line for that file. cells: all of the grid,
    the longest first. run: one cell to its result. code: the modules of ours that `run` uses,
    besides the text and the language model. setting: what is the same in all cells."""

    name: str
    about: str
    cells: Callable[[], list[Cell]]
    run: Callable[[Cell], dict[str, Any]]
    code: tuple[ModuleType, ...]
    setting: dict[str, Any]


def key(cell: Cell) -> str:
    """A cell in one line: `h=50 workers=4`."""
    return " ".join(f"{name}={value}" for name, value in sorted(cell.items()))


def record(experiment: Experiment, cores: int, folder: Path, target: Path) -> None:
    """Run what is missing of the grid on `cores` processes, and write recorded/NAME.json to
    `target`. `folder` keeps the results so far."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{experiment.name}-{fingerprint(experiment)}.jsonl"
    done = _read(log)
    cells = experiment.cells()
    missing = [cell for cell in cells if key(cell) not in done]
    print(f"{experiment.name}: {len(cells)} cells, {len(missing)} to run", flush=True)
    with log.open("a", encoding="utf-8") as file:
        for cell, result, note in _run(experiment, missing, cores):
            done[key(cell)] = result
            file.write(json.dumps({"cell": cell, "result": result}) + "\n")
            file.flush()
            print(f"  {note} {key(cell)}", flush=True)
    target.write_text(_document(experiment, [(c, done[key(c)]) for c in cells]), encoding="utf-8")
    print(f"{experiment.name}: {target.stat().st_size / 1000:.0f} kB in {target.name}", flush=True)


def fingerprint(experiment: Experiment) -> str:
    """Of the code that a cell runs, its own module included, and of the grid's setting."""
    digest = hashlib.sha256(json.dumps(experiment.setting, sort_keys=True).encode())
    own = sys.modules[experiment.run.__module__]
    for module in (text, language, own, *experiment.code):
        digest.update(inspect.getsource(module).encode())
    return digest.hexdigest()[:12]


def _run(
    experiment: Experiment, cells: list[Cell], cores: int
) -> Iterator[tuple[Cell, dict[str, Any], str]]:
    began = time.monotonic()
    # A fresh interpreter for each process: torch's threads do not survive a fork.
    with ProcessPoolExecutor(cores, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        jobs = {pool.submit(experiment.run, cell): cell for cell in cells}
        for count, job in enumerate(as_completed(jobs), start=1):
            spent = time.monotonic() - began
            left = spent / count * (len(cells) - count)
            yield jobs[job], job.result(), f"[{count}/{len(cells)}, about {left / 60:.0f} min left]"


def _read(log: Path) -> dict[str, dict[str, Any]]:
    if not log.exists():
        return {}
    # The last line may be half written: the run was stopped while it wrote. It goes, or the next
    # result would be written behind it.
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("}}\n")]
    log.write_text("".join(whole), encoding="utf-8")
    return {key(entry["cell"]): entry["result"] for entry in map(json.loads, whole)}


def _document(experiment: Experiment, results: list[tuple[Cell, dict[str, Any]]]) -> str:
    """The recorded file: a head, then a line a cell."""
    head = {
        "about": experiment.about,
        "command": f"python -m decentralized_ai.experiments {experiment.name}",
        "setting": experiment.setting,
        "text": {"what": "documentation strings of SymPy", "sha256": text.SHA256},
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "sympy": version("sympy"),
        },
    }
    lines = [json.dumps({**cell, **result}, separators=(",", ":")) for cell, result in results]
    start = json.dumps(head, indent=1).removesuffix("\n}")
    return f'{start},\n "cells": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"
