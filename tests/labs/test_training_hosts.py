"""The program of "Train together" between two hosts with networks of their own.

Where the machine lets us make network namespaces, the tests run between two of them, joined by a
cable that tc slows down; elsewhere between two loopback addresses. The test's id says which.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from decentralized_ai.labs.training_hosts import LOOPBACK, NAMESPACES, refusal

WHY_NOT = refusal()
HOW = pytest.mark.parametrize("how", ["loopback" if WHY_NOT else "namespaces"])
MBIT = 10.0
WEIGHTS = 33_760


def between_hosts(*options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "decentralized_ai.labs.training_hosts", "--json"]
    done = subprocess.run(
        [*command, "--mbit", f"{MBIT:g}", *options], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    print(found["how"], WHY_NOT)
    return found


@pytest.mark.alone
@HOW
def test_two_hosts_find_each_other_and_diloco_hardly_feels_the_slow_cable(how: str) -> None:
    found = between_hosts("--steps", "40", "--every", "20")
    words = NAMESPACES if how == "namespaces" else LOOPBACK
    assert found["how"] == words.format(mbit=MBIT)
    ddp, diloco = found["rows"]
    for row in (ddp, diloco):
        assert row["story"] == "40 of 40 steps done by 2 workers; they hold the same weights."
        assert row["loss"] < 3.5
    # Two workers on a ring: each sends the model once for an exchange, four bytes a weight.
    assert (ddp["sent"], diloco["sent"]) == (40 * 4 * WEIGHTS, 2 * 4 * WEIGHTS)
    # What the cable must take, and cannot be quicker than. (The burst of tc is free: 8 kB.)
    least = 8 * ddp["sent"] / (1e6 * MBIT)
    assert 0.95 * least < ddp["seconds"]
    assert diloco["seconds"] < ddp["seconds"] - 0.5 * least
    if how == "namespaces":
        for row in (ddp, diloco):
            # The device's own count: TCP/IP's envelopes and receipts are some 7%; arranging the
            # start and comparing the weights at the end take at most four models more.
            assert row["sent"] < row["wire"] < 1.1 * row["sent"] + 4 * 4 * WEIGHTS


@HOW
def test_when_a_host_is_lost_the_other_goes_on(how: str) -> None:
    (row,) = between_hosts("--lose", "--steps", "150", "--every", "50")["rows"]
    assert row["story"].startswith("Killed by SIGKILL in mid-run: the host of worker 1")
    assert "started 1 anew" in row["story"]
    assert row["story"].endswith("150 of 150 steps done by 1 worker.")
    assert row["loss"] < 3.2
