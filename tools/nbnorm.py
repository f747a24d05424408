"""Keep notebooks small, comparable and the same on every machine.

    python tools/nbnorm.py            normalise notebooks/*.ipynb in place
    python tools/nbnorm.py --run      run them first and store their outputs
    python tools/nbnorm.py --check    change nothing; say what is not normal and exit with 1

Normal means: nbformat 4.5, cell ids by position, the kernel "python3", execution counts in order,
no empty cells, no widget state or views (they hold random ids), nothing on stderr, no errors.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LIMIT = 200_000  # bytes; a lab's stored outputs are tables and sentences


def normal(notebook: NotebookNode) -> NotebookNode:
    """A normalised copy of `notebook`."""
    cells = [_cell(cell) for cell in notebook.cells if cell.source.strip()]
    count = 0
    for index, cell in enumerate(cells, start=1):
        cell.id = f"cell-{index:02d}"
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return nbformat.from_dict(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    )


def text(notebook: NotebookNode) -> str:
    """The bytes of a file, as text."""
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def problems(path: Path) -> list[str]:
    """What is wrong with the notebook at `path`, in words; empty if nothing is."""
    raw = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(raw, as_version=4)
    found = []
    if text(normal(notebook)) != raw:
        found.append("is not normalised: run `python tools/nbnorm.py`")
    if len(raw.encode()) > LIMIT:
        found.append(f"has {len(raw.encode())} bytes; at most {LIMIT} are allowed")
    for index, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                found.append(f"cell {index} ends in {output.ename}: {output.evalue}")
            if output.get("name") == "stderr":
                found.append(f"cell {index} writes to stderr: {output.text.strip()[:200]}")
    return found


def run(path: Path) -> NotebookNode:
    """The notebook at `path` run from a fresh kernel in its own folder; raises on an error."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=180, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    )
    return client.execute()


def _cell(cell: NotebookNode) -> NotebookNode:
    kept = {name: cell.metadata[name] for name in ("tags", "jupyter") if name in cell.metadata}
    source = "\n".join(line.rstrip() for line in cell.source.strip().splitlines())
    new = {"cell_type": cell.cell_type, "id": "", "metadata": kept, "source": source}
    if cell.cell_type == "code":
        new |= {"execution_count": None, "outputs": [_output(output) for output in cell.outputs]}
    return nbformat.from_dict(new)


def _output(output: NotebookNode) -> NotebookNode:
    new = {name: value for name, value in output.items() if name != "transient"}
    if "data" in new:
        new["data"] = {kind: value for kind, value in new["data"].items() if kind != WIDGET_VIEW}
        new["metadata"] = {}
    return nbformat.from_dict(new)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--run", action="store_true", help="run first and store the outputs")
    parser.add_argument("paths", nargs="*", type=Path, help="default: notebooks/*.ipynb")
    args = parser.parse_args(argv)
    bad = 0
    for path in args.paths or sorted((ROOT / "notebooks").glob("*.ipynb")):
        if not args.check:
            notebook = run(path) if args.run else nbformat.read(path, as_version=4)
            path.write_text(text(normal(notebook)), encoding="utf-8")
        for problem in problems(path):
            bad = 1
            print(f"{path.name} {problem}", file=sys.stderr)
    return bad


if __name__ == "__main__":
    raise SystemExit(main())
