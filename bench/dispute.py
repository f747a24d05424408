"""Settling a dispute beside running the computation again: rounds, bytes, and the referee's time.

    python bench/dispute.py

All figures come from this one run. The referee's time is the whole dispute less what the parties
need to answer (they run in the same process here). The re-run is the fastest that this package has:
numpy, a whole update at a time, no hashes. The two alternate, and the best of several counts.
Before a time is believed, the liar must have lost at the step at which it lied.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from decentralized_ai.verification.dispute import Party, Question, settle, state_of
from decentralized_ai.verification.dispute_costs import most_rounds
from decentralized_ai.verification.dispute_machines import OPERATIONS, Training
from decentralized_ai.verification.dispute_parties import Honest, make_liar, run

UPDATES = tuple(4**power for power in range(9))  # 1 .. 65,536


class Timed:
    """A party whose own time is counted, to be taken off."""

    def __init__(self, party: Party):
        self.party, self.seconds = party, 0.0

    def answer(self, question: Question) -> bytes | None:
        begin = time.perf_counter()
        message = self.party.answer(question)
        self.seconds += time.perf_counter() - begin
        return message


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()  # nobody pays for what the other left behind
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def ratio(updates: int, arity: int = 2) -> dict[str, Any]:
    """A dispute about a training run of so many updates of 1,024 multiply-adds, the lie at 70%:
    rounds, bytes, hashes, seconds of the referee and of a re-run, and the first over the second."""
    machine = Training(updates, 1)
    truth = run(machine, machine.start())
    statement = state_of(machine, truth[0])
    at = 1 + int(0.7 * (updates - 1))
    liar = make_liar("alter", statement, machine, machine, truth, at, slip=489)
    honest = Honest(statement, machine, truth)
    # The referee must not find anything computed for the parties.
    fresh = Training(updates, 1)
    assert fresh.program == machine.program
    referee, again, count = float("inf"), float("inf"), 0
    while count < 3 or (count < 20 and again * count < 0.5):
        parties = {"A": Timed(liar), "B": Timed(honest)}
        seconds, verdict = timed(lambda p=parties: settle(statement, fresh, p, arity))
        assert set(verdict.guilty) == {"A"}
        assert verdict.at == (at - 1, 489)
        assert len(verdict.rounds) <= most_rounds((updates, OPERATIONS), arity)
        referee = min(referee, seconds - sum(party.seconds for party in parties.values()))
        seconds, states = timed(lambda: run(fresh, truth[0]))
        assert np.array_equal(states[-1], truth[-1])
        again, count = min(again, seconds), count + 1
    spent = verdict.spent
    return {
        "updates": updates,
        "steps": updates * OPERATIONS,
        "rounds": len(verdict.rounds),
        "bytes": spent.bytes_in + spent.bytes_out,
        "hashes": spent.hashes,
        "rerun": spent.steps,
        "referee_s": referee,
        "recompute_s": again,
        "ratio": referee / again,
    }


def main() -> None:
    for arity in (2, 16):
        print(f"Training run, 1,024 multiply-adds an update, {arity} parts a round:")
        crossing = None
        for updates in UPDATES:
            found = ratio(updates, arity)
            print(
                f"  {found['steps']:>11,} steps: {found['rounds']:>2} rounds, "
                f"{found['bytes']:>7,} bytes, {found['hashes']:>5,} hashes, {found['rerun']} "
                f"re-run; referee {1000 * found['referee_s']:6.2f} ms, re-run of all "
                f"{1000 * found['recompute_s']:8.2f} ms, ratio {found['ratio']:.4f}"
            )
            if crossing is None and found["ratio"] < 1:
                crossing = found["steps"]
        print(f"  settling is cheaper than running again from {crossing:,} steps on")


if __name__ == "__main__":
    main()
