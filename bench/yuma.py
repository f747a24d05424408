"""One epoch of Yuma, 256 validators by 4,096 operators, beside a plain loop over the definition.

    python bench/yuma.py

Both get the same stakes, weights and bonds. Before a time is believed, all that they make has to
agree to 1e-12. The two alternate; the best of several counts.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from decentralized_ai.governance.yuma import Liquid, Rules, epoch
from decentralized_ai.governance.yuma_plain import plain_epoch

VALIDATORS, OPERATORS = 256, 4096
BAR = 1.0  # s
RUNS = 2  # of the loops; each takes many seconds
FIELDS = ("stake", "weights", "consensus", "clipped", "incentive", "trust", "bonds", "dividends")
KINDS = {
    "Yuma 2": Rules(),
    "Yuma 3": Rules(version=3),
    "Yuma 3, liquid alpha": Rules(version=3, liquid=Liquid()),
}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()  # nobody pays for what the other left behind
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def ratio(
    rules: Rules, validators: int = VALIDATORS, operators: int = OPERATORS, runs: int = RUNS
) -> dict[str, float]:
    """Seconds of the fast epoch and of the plain one, and how many times as fast the first is."""
    rng = np.random.default_rng(1)
    stake = rng.random(validators)
    weights = rng.integers(0, 65_536, (validators, operators)) * rng.integers(
        0, 2, (validators, operators)
    )
    bonds = rng.random((validators, operators))
    lists = (stake.tolist(), weights.tolist(), bonds.tolist())
    fast, plain = float("inf"), float("inf")
    for _ in range(runs):
        for _ in range(3):
            seconds, found = timed(lambda: epoch(stake, weights, bonds, rules))
            fast = min(fast, seconds)
        seconds, told = timed(lambda: plain_epoch(*lists, rules))
        plain = min(plain, seconds)
        for name in FIELDS:
            gap = float(np.abs(getattr(found, name) - np.array(told[name])).max())
            assert gap <= 1e-12, (name, gap)
    return {"fast_s": fast, "plain_s": plain, "ratio": plain / fast}


def main() -> None:
    print(f"One epoch, {VALIDATORS} validators by {OPERATORS:,} operators:")
    for name, rules in KINDS.items():
        found = ratio(rules)
        print(
            f"  {name:21} {1000 * found['fast_s']:6.0f} ms (bar {1000 * BAR:.0f} ms); plain loops "
            f"{found['plain_s']:6.2f} s; {found['ratio']:.0f} times as fast"
        )
        assert found["fast_s"] <= BAR


if __name__ == "__main__":
    main()
