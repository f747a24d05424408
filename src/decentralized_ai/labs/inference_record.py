"""Measures the split model over links of many kinds, and writes `recorded/split.json`.

python -m decentralized_ai.labs.inference_record      about five minutes, on a quiet machine
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from .inference_client import Run
from .inference_file import PACKAGE, SHA256, VERSION, Weights
from .inference_model import Whole
from .inference_swarm import Swarm

TARGET = Path(__file__).parent.parent / "recorded" / "split.json"
PROMPT, MOST, TIMES = "Why is the sky blue?", 16, 3
CUTS = {2: (0, 15, 30), 3: (0, 10, 20, 30), 4: (0, 8, 15, 23, 30)}
RTTS_MS, MBIT = (0, 10, 20, 50, 100, 200), 1000
NARROW = [(20, 100), (20, 10), (20, 1)]  # round trip, Mbit/s; with three stages


def settings(stages: int) -> list[tuple[int, int, str]]:
    """(round trip in ms, Mbit/s, path) of each run with so many stages."""
    found = [(rtt, MBIT, "hub") for rtt in RTTS_MS]
    if stages == 3:
        found += [(rtt, mbit, "hub") for rtt, mbit in NARROW]
        found += [(rtt, MBIT, "chain") for rtt in RTTS_MS]
    return found


def measured(
    swarm: Swarm, whole: Whole, tokens: list[int], rtt_ms: int, mbit: int, path: str
) -> Any:
    """One row: the quickest of TIMES answers, as whatever else this machine does only slows it."""
    runs = [
        Run(swarm, whole.ends, PROMPT, most=MOST, rtt_ms=rtt_ms, mbit=mbit, path=path).wait()
        for _ in range(TIMES)
    ]
    best = min(runs, key=lambda run: run.step_s)
    row = {
        "stages": len(swarm.spans),
        "rtt_ms": rtt_ms,
        "mbit": mbit,
        "path": path,
        "step_ms": round(1e3 * best.step_s, 3),
        "compute_ms": round(1e3 * best.compute_s, 3),
        "message_bytes": best.message_bytes,
        "first_ms": round(1e3 * best.timing.whole[0], 1),
        "same": all(run.tokens == tokens for run in runs),
    }
    print(json.dumps(row), file=sys.stderr, flush=True)
    return row


def record() -> dict[str, Any]:
    whole = Whole(Weights())
    tokens = whole.generate(PROMPT, MOST)
    rows = []
    for cuts in CUTS.values():
        with Swarm(list(pairwise(cuts))) as swarm:
            Run(swarm, whole.ends, PROMPT, most=MOST).wait()  # what is read for the first time
            rows += [
                measured(swarm, whole, tokens, *setting) for setting in settings(len(cuts) - 1)
            ]
    return {
        "command": "python -m decentralized_ai.labs.inference_record",
        "what": "Milliseconds a token after the first (step_ms), and of them computed by stages "
        "and client (compute_ms); of the first token, with the whole prompt (first_ms); whether "
        "all tokens were those of the unsplit model (same). Of each setting the quickest of "
        "`times` answers. The links are the lab's own proxy.",
        "date": datetime.date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}; "
        "all processes on it, one thread each",
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "model": {"package": f"{PACKAGE} {VERSION}", "sha256": SHA256},
        "setting": {"prompt": PROMPT, "tokens": MOST, "times": TIMES},
        "rows": rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--target", type=Path, default=TARGET)
    parser.add_argument("--note", default="", help="more words on the machine")
    args = parser.parse_args()
    found = record()
    found["machine"] += f"; {args.note}" if args.note else ""
    lines = ",\n".join(f"    {json.dumps(row)}" for row in found.pop("rows"))
    head = json.dumps(found, indent=2)[:-2]
    args.target.write_text(f'{head},\n  "rows": [\n{lines}\n  ]\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
