"""The places of this package's own methods on the map of all methods, measured.

    python bench/frontier.py            measure, and print beside what is recorded
    python bench/frontier.py --record   write recorded/frontier.json
    python bench/frontier.py --quick    the smallest size of each alone, as JSON

Each run gives seconds: `recompute`, a plain run of what is checked; `verifier`, the check; `extra`,
what the prover does on top of the plain run. What is drawn are ratios of these, so that a slow
machine changes them little. The products are timed by bench/freivalds.py (one round with a vector
over the field) and bench/sumcheck.py (a proof, the hashing of the matrices included), the dispute
below. EZKL was measured once, by its own code, as tests/data/frontier_cases.json says; its figures
are carried over.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

# The benches beside this file. The first sets one core for each side of a ratio, before numpy.
import freivalds  # isort: skip
import sumcheck  # isort: skip
import numpy as np

from decentralized_ai.verification.dispute import state_of
from decentralized_ai.verification.dispute_case import machine_of, make_case
from decentralized_ai.verification.dispute_parties import Honest, run
from decentralized_ai.verification.field import MERSENNE31
from decentralized_ai.verification.sumcheck_matmul import Product, prove

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "src" / "decentralized_ai" / "recorded" / "frontier.json"
CASES = ROOT / "tests" / "data" / "frontier_cases.json"
COMMAND = "python bench/frontier.py --record"
SEED, TRIES = 1, 40
SIZES = {
    "freivalds": (256, 512, 1024),
    "sumcheck": (256, 512, 1024),
    "dispute": (256, 1024, 4096),
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


class Timed:
    """A party whose answering is not the referee's time."""

    def __init__(self, party: Honest):
        self.party, self.spent = party, 0.0

    def answer(self, question: Any) -> bytes | None:
        began = time.perf_counter()
        answer = self.party.answer(question)
        self.spent += time.perf_counter() - began
        return answer


def time_dispute(steps: int) -> dict[str, float]:
    """A small transformer's forward pass, one operation a step. recompute: all steps. extra: hash
    all states and commit to them. verifier: the referee, in a dispute fought to its end."""
    machine = machine_of("transformer", steps, SEED)
    statement = state_of(machine, machine.start())
    states = run(machine, machine.start())
    question = type("Q", (), {"kind": "commit", "path": (), "points": ()})()

    def referee() -> float:
        case = make_case("transformer", steps, SEED, "alter", "B", 50.0)
        timed = {name: Timed(party) for name, party in case.parties.items()}
        case.parties.update(timed)  # type: ignore[arg-type]
        began = time.perf_counter()
        case.settle()
        took = time.perf_counter() - began
        return took - sum(party.spent for party in timed.values())

    works: dict[str, Callable[[], Any]] = {
        "recompute": lambda: run(machine, machine.start()),
        "extra": lambda: Honest(statement, machine, states).answer(question),
    }
    best = {"verifier": float("inf"), **dict.fromkeys(works, float("inf"))}
    for _ in range(TRIES):  # in turn, so that a busy moment hits all alike
        for name, work in works.items():
            began = time.perf_counter()
            work()
            best[name] = min(best[name], time.perf_counter() - began)
        best["verifier"] = min(best["verifier"], referee())
    return {"size": steps, **best}


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
        "seed": SEED,
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
