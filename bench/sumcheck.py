"""What it costs to check a matrix product by sum-check, beside multiplying again.

    python bench/sumcheck.py

Recomputing is `field.matmul`: four exact float64 products on BLAS. The verifier's time is all that
it does with a product that it is handed: it looks at every entry, evaluates three extensions, and
follows the rounds. With dice the challenges cost nothing; with a hash all entries go through
SHA-256. Each figure is the best of several, the runs of one size taken in turns, so that a busy
machine slows them alike. Before a time is believed, the proof must be accepted.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from decentralized_ai.verification.field import MERSENNE31
from decentralized_ai.verification.sumcheck import Dice, Message
from decentralized_ai.verification.sumcheck_matmul import (
    Product,
    ProductVerifier,
    make_prover,
    prove,
    to_bytes,
    verify,
)

SIZES = (32, 64, 96, 128, 192, 256, 384, 512, 768, 1024)


class SameDice(Dice):
    """Dice that fall alike in each run, so that recorded messages answer them."""

    def __init__(self) -> None:
        super().__init__(MERSENNE31, np.random.default_rng(7))


def messages(statement: Product) -> list[Message]:
    verifier, sent = ProductVerifier(statement, SameDice()), []
    prover = make_prover(statement, verifier.left, verifier.right)
    for _ in range(statement.bits[1]):
        sent.append(prover.message())
        prover.challenged(verifier.receive(sent[-1]))
    verifier.conclude()
    return sent


def alone(statement: Product) -> None:
    """What the prover does, from the point to the last round, for challenges known beforehand."""
    dice, (rows, rounds, columns) = SameDice(), statement.bits
    left, right = dice.point(rows), dice.point(columns)
    prover = make_prover(statement, left, right)
    for _ in range(rounds):
        prover.message()
        prover.challenged(dice.point(1)[0])


def best(runs: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """The least seconds of each, taken in turns."""
    found = dict.fromkeys(runs, float("inf"))
    for _ in range(repeats):
        for name, run in runs.items():
            gc.collect()
            begin = time.perf_counter()
            run()
            found[name] = min(found[name], time.perf_counter() - begin)
    return found


def ratio(n: int) -> dict[str, float]:
    """For n by n matrices modulo 2^31 - 1. Seconds: `recompute`, `verify` (dice), `verify_hashed`,
    `prove` (without the product itself). `ratio` and `ratio_hashed`: verifying over recomputing.
    `overhead`: the prover's extra time over the product. `bytes`: of the proof."""
    rng = np.random.default_rng(n)
    a, b = MERSENNE31.random(rng, (n, n)), MERSENNE31.random(rng, (n, n))
    c = MERSENNE31.matmul(a, b)
    statement = Product(MERSENNE31, a, b, c)
    sent, proof = messages(statement), prove(statement)

    def with_dice() -> None:
        verifier = ProductVerifier(Product(MERSENNE31, a, b, c), SameDice())
        for message in sent:
            verifier.receive(message)
        verifier.conclude()

    took = best(
        {
            "recompute": lambda: MERSENNE31.matmul(a, b),
            "verify": with_dice,
            "verify_hashed": lambda: verify(Product(MERSENNE31, a, b, c), proof),
            "prove": lambda: alone(statement),
        },
        repeats=25 if n <= 256 else 9,
    )
    return {
        **took,
        "n": float(n),
        "ratio": took["verify"] / took["recompute"],
        "ratio_hashed": took["verify_hashed"] / took["recompute"],
        "overhead": took["prove"] / took["recompute"],
        "bytes": float(len(to_bytes(proof))),
    }


def crossing(rows: list[dict[str, float]], key: str) -> str:
    """The first size from which verifying stays cheaper than recomputing."""
    dear = [row["n"] for row in rows if row[key] >= 1]
    cheap = [row["n"] for row in rows if row["n"] > max(dear, default=0)]
    return f"from n = {cheap[0]:.0f}" if cheap else f"not up to n = {rows[-1]['n']:.0f}"


def main() -> None:
    print("verifying a product of n by n matrices modulo 2^31 - 1 by sum-check")
    print("     n   recompute   dice: verify, ratio   hash: verify, ratio   prover extra   proof")
    rows = [ratio(n) for n in SIZES]
    for row in rows:
        print(
            f"{row['n']:6.0f} {1e3 * row['recompute']:8.2f} ms"
            f" {1e3 * row['verify']:9.2f} ms {row['ratio']:7.3f}"
            f" {1e3 * row['verify_hashed']:10.2f} ms {row['ratio_hashed']:7.3f}"
            f" {100 * row['overhead']:11.1f}% {row['bytes']:6.0f} B"
        )
    print(f"verifying is cheaper with dice {crossing(rows, 'ratio')}")
    print(f"verifying is cheaper with a hash {crossing(rows, 'ratio_hashed')}")


if __name__ == "__main__":
    main()
