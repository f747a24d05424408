"""The places of this package's own methods on the map of all methods, measured.

    python bench/frontier.py            measure, and print beside what is recorded
    python bench/frontier.py --record   write recorded/frontier.json
    python bench/frontier.py --quick    the smallest size of each alone, as JSON

Each run gives seconds: `recompute`, a plain run of what is checked; `verifier`, the check; `extra`,
what the prover does on top of the plain run. What is drawn are ratios of these, so that a slow
machine changes them little. The products are timed by bench/freivalds.py (one round with a vector
over the field) and bench/sumcheck.py (a proof, the hashing of the matrices included), the referee
by bench/dispute.py. EZKL was measured once, by its own code, as tests/data/frontier_cases.json
says; its figures are carried over.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

# The benches beside this file. The first sets one core for each side of a ratio, before numpy.
import freivalds  # isort: skip
import dispute  # isort: skip
import sumcheck  # isort: skip
import numpy as np

from decentralized_ai.verification.dispute import Question, state_of
from decentralized_ai.verification.dispute_machines import Training
from decentralized_ai.verification.dispute_parties import Honest, run
from decentralized_ai.verification.field import MERSENNE31
from decentralized_ai.verification.sumcheck_matmul import Product, prove

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "src" / "decentralized_ai" / "recorded" / "frontier.json"
CASES = ROOT / "tests" / "data" / "frontier_cases.json"
COMMAND = "python bench/frontier.py --record"
TRIES = 10
SIZES = {
    "freivalds": (256, 512, 1024),
    "sumcheck": (256, 512, 1024),
    "dispute": (512, 2048, 8192),
}


def time_freivalds(n: int) -> dict[str, float]:
    """The prover sends the product, as it would anyway: nothing extra."""
    took = freivalds.ratio(n, rounds=1)
    return {"size": n, "recompute": took["recompute"], "verifier": took["verify"], "extra": 0.0}


def time_sumcheck(n: int) -> dict[str, float]:
    """The check with its hashing as bench/sumcheck.py times it. The prover's part of making a
    proof is timed whole, the hashing of the matrices aside: an upper bound of what it adds."""
    took = sumcheck.ratio(n)
    rng = np.random.default_rng(n)
    a, b = MERSENNE31.random(rng, (n, n)), MERSENNE31.random(rng, (n, n))
    statement = Product(MERSENNE31, a, b, MERSENNE31.matmul(a, b))
    prove(statement)  # hashes the statement, which is kept
    best = float("inf")
    for _ in range(TRIES):
        began = time.perf_counter()
        prove(statement)
        best = min(best, time.perf_counter() - began)
    return {
        "size": n,
        "recompute": took["recompute"],
        "verifier": took["verify_hashed"],
        "extra": best,
    }


def time_dispute(updates: int) -> dict[str, float]:
    """The training run of bench/dispute.py, and its referee. extra: hash all states and commit to
    them, timed in turn with running all updates."""
    took = dispute.ratio(updates)
    machine = Training(updates, 1)
    truth = run(machine, machine.start())
    statement = state_of(machine, truth[0])
    again = extra = float("inf")
    for _ in range(TRIES):
        began = time.perf_counter()
        run(machine, truth[0])
        between = time.perf_counter()
        Honest(statement, machine, truth).answer(Question("commit", ()))
        ended = time.perf_counter()
        again, extra = min(again, between - began), min(extra, ended - between)
    recompute = took["recompute_s"]
    return {
        "size": updates,
        "recompute": recompute,
        "verifier": took["referee_s"],
        "extra": recompute * extra / again,  # the ratio of two times taken in turn
    }


TIMERS = {"freivalds": time_freivalds, "sumcheck": time_sumcheck, "dispute": time_dispute}


def ezkl() -> list[dict[str, float]]:
    runs = json.loads(CASES.read_text(encoding="utf-8"))["ezkl"]["runs"]
    return [
        {
            "size": run["params"],
            "recompute": run["recompute"],
            "verifier": run["verify"],
            "extra": run["prove"],
        }
        for run in runs
    ]


def measure(sizes: int | None = None) -> dict[str, Any]:
    """All sizes of each, or the first few."""
    runs: dict[str, Any] = {
        name: [timer(size) for size in SIZES[name][:sizes]] for name, timer in TIMERS.items()
    }
    return {
        "command": COMMAND,
        "date": date.today().isoformat(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "seed": "in each bench: the size, 1 for the dispute",
        "about": "seconds; ezkl: its own run of November 2026, see tests/data/frontier_cases.json",
        "runs": runs,
    }


def table(found: dict[str, Any], old: dict[str, Any]) -> None:
    print(f"{'method':<10} {'size':>6} {'check':>9} {'recorded':>9} {'extra':>9} {'recorded':>9}")
    for name, runs in found.items():
        known = {run["size"]: run for run in old.get(name, [])}
        for run_ in runs:
            words = f"{name:<10} {run_['size']:>6}"
            for part in ("verifier", "extra"):
                then = known.get(run_["size"], {part: float("nan"), "recompute": 1})
                words += f" {run_[part] / run_['recompute']:>9.3g}"
                words += f" {then[part] / then['recompute']:>9.3g}"
            print(words)


def main() -> None:
    if "--quick" in sys.argv:
        print(json.dumps(measure(1)["runs"]))
        return
    found = measure()
    found["runs"]["ezkl"] = ezkl()
    old = json.loads(RECORD.read_text(encoding="utf-8"))["runs"] if RECORD.exists() else {}
    table(found["runs"], old)
    if "--record" in sys.argv:
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {RECORD.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
