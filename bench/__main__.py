"""`make bench`: every measured figure of the book, each printed beside its reference.

Each file runs in a Python of its own, so that none warms up for the next. `python -m bench routing`
runs one.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(chosen: list[str]) -> int:
    known = sorted(path.stem for path in HERE.glob("[!_]*.py"))
    if unknown := set(chosen) - set(known):
        print(f"No bench {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
        return 2
    failed = 0
    for name in chosen or known:
        print(f"== {name}", flush=True)
        failed |= subprocess.run([sys.executable, str(HERE / f"{name}.py")]).returncode
    return failed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
