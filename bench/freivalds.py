"""Checking a matrix product beside computing it again, and from which size on checking is cheaper.

    python bench/freivalds.py

All figures come from this one run. Checking and recomputing alternate, on one core each, and the
best of several counts, so that a busy machine slows both alike. Both use the same Field.matmul,
which runs on the BLAS: the check gets no faster arithmetic than the work that it saves. Wrong
products are refused before any time is believed. Hashing the statement, which both sides do once,
is timed apart.
"""

from __future__ import annotations

import gc
import itertools
import math
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is first imported

import numpy as np

from decentralized_ai.verification.field import MERSENNE31
from decentralized_ai.verification.freivalds import Claim, Statement, prove, soundness, verify
from decentralized_ai.verification.freivalds_float import UNIT64, growth
from decentralized_ai.verification.refusal import CheckFailed

SIZES = (16, 32, 64, 128, 256, 512, 1024, 2048)


def timed(run: Callable[[], Any]) -> float:
    gc.collect()  # nobody pays for what the other left behind
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def race(check: Callable[[], Any], again: Callable[[], Any]) -> tuple[float, float]:
    """Best times in seconds of the two, alternating: at least two each, and as many as go into
    half a second, up to fifty."""
    pairs = [(timed(check), timed(again))]
    while len(pairs) < 2 or (len(pairs) < 50 and sum(map(sum, pairs)) < 0.5):
        pairs.append((timed(check), timed(again)))
    return min(a for a, _ in pairs), min(b for _, b in pairs)


def ratio(n: int, rounds: int, kind: str = "field", columns: int | None = None) -> dict[str, Any]:
    """Seconds to check and to recompute a product of (n, n) and (n, columns), n if None, modulo
    2^31 - 1, in so many rounds; their ratio; and seconds to hash the statement, once."""
    rng = np.random.default_rng(n)
    a = MERSENNE31.random(rng, (n, n))
    about = Statement(a, MERSENNE31.random(rng, (n, columns or n)), MERSENNE31)
    digest = timed(lambda: about.digest)
    claim = prove(about)
    wrong = claim.product.copy()
    wrong[n // 2, -1] = (wrong[n // 2, -1] + 1) % MERSENNE31.p
    try:
        verify(about, Claim(about.digest, wrong), rounds, rng, kind)
        raise AssertionError("a wrong product was accepted")
    except CheckFailed:
        pass
    check, again = race(
        lambda: verify(about, claim, rounds, rng, kind),
        lambda: np.array_equal(MERSENNE31.matmul(about.a, about.b), claim.product),
    )
    return {
        **{"n": n, "columns": columns or n, "rounds": rounds, "kind": kind, "hash": digest},
        **{"verify": check, "recompute": again, "ratio": check / again},
    }


def float_ratio(n: int) -> dict[str, Any]:
    """The same in 64-bit floats: one round with normal numbers, tolerance and all."""
    rng = np.random.default_rng(n)
    a, b = rng.standard_normal((n, n)), rng.standard_normal((n, n))
    c = a @ b

    def check() -> bool:
        r = rng.standard_normal((n, 1))
        size = np.abs(r)
        weight = np.abs(a) @ (np.abs(b) @ size) + np.abs(c) @ size
        return bool(np.all(np.abs(a @ (b @ r) - c @ r) <= 4 * growth(n + 2, UNIT64) * weight))

    assert check()
    c[0, 0] += 1e-3
    assert not check()
    c[0, 0] -= 1e-3
    best, again = race(check, lambda: a @ b)
    return {"n": n, "verify": best, "recompute": again, "ratio": best / again}


def crossing(found: list[dict[str, Any]]) -> str:
    """Where the ratio falls below 1 for good: between two measured sizes, on log scales."""
    for small, large in reversed(list(itertools.pairwise(found))):
        if small["ratio"] >= 1 > large["ratio"]:
            x, y = (math.log(each["n"]) for each in (small, large))
            u, v = (math.log(each["ratio"]) for each in (small, large))
            return (
                f"checking is cheaper from about n = {math.exp(x + u / (u - v) * (y - x)):.0f} on"
            )
    always = "at every size measured" if found[-1]["ratio"] < 1 else "at no size measured"
    return f"checking is cheaper {always}"


def report(title: str, measure: Callable[[int], dict[str, Any]]) -> None:
    def lines() -> Iterator[dict[str, Any]]:
        for n in SIZES:
            one = measure(n)
            hashed = f", hash once {1e3 * one['hash']:8.2f} ms" if "hash" in one else ""
            print(
                f"  n = {n:4d}: verify {1e3 * one['verify']:8.3f} ms, "
                f"recompute {1e3 * one['recompute']:9.3f} ms, ratio {one['ratio']:7.3f}{hashed}",
                flush=True,
            )
            yield one

    print(title)
    print(f"  {crossing(list(lines()))}")


if __name__ == "__main__":
    for rounds, kind, words in (
        (1, "field", "one round of any numbers modulo 2^31 - 1"),
        (30, "binary", "thirty rounds of zeros and ones"),
    ):
        wrong = math.log2(soundness(MERSENNE31, rounds, kind))
        report(
            f"exact, {words} (a wrong product passes with at most 2^{wrong:.0f}):",
            lambda n, rounds=rounds, kind=kind: ratio(n, rounds, kind),
        )
    report("64-bit floats, one round of normal numbers, within the tolerance:", float_ratio)
    print("exact, one round, 1,024 rows and few columns (a small batch):")
    for columns in (1, 4, 16, 64, 256):
        one = ratio(1024, 1, columns=columns)
        print(f"  {columns:3d} columns: ratio {one['ratio']:.3f}")
