"""`python -m decentralized_ai.experiments [NAME ...]`: run the recorded grids anew."""

from __future__ import annotations

import argparse
import importlib
import os
from pathlib import Path

from .grid import Experiment, record

HERE = Path(__file__).parent
NOT_EXPERIMENTS = {"__init__", "__main__", "grid", "language", "text"}


def known() -> dict[str, Experiment]:
    """Every experiment by name: the modules here that hold a value EXPERIMENT."""
    names = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NOT_EXPERIMENTS)
    modules = {name: importlib.import_module(f"{__package__}.{name}") for name in names}
    return {name: module.EXPERIMENT for name, module in modules.items()}


def main() -> None:
    experiments = known()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(experiments)}")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="processes at once")
    parser.add_argument(
        "--folder", type=Path, default=Path("_build/record"), help="where results so far are kept"
    )
    parser.add_argument("--target", type=Path, default=HERE.parent / "recorded")
    args = parser.parse_args()
    if unknown := set(args.names) - set(experiments):
        parser.error(f"no experiment {', '.join(sorted(unknown))}")
    for name in args.names or experiments:
        record(experiments[name], args.cores, args.folder, args.target / f"{name}.json")


if __name__ == "__main__":
    main()
