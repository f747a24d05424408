"""training/diloco.py and training/localsgd.py against torchft's data, limits, published figures."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from ..training.diloco import DiLoCo, averaging, fragments
from ..training.localsgd import curve, pace
from ..training.optimisers import SGD, AdamW
from .check import Check

RULE, CLOCK = "tests/training/test_diloco.py", "tests/training/test_localsgd.py"
RUNS = "tests/demos/test_localsgd.py"
# torchft's mocked_updates_0 and _4: (delay, mixing), both weights before each of 16 inner steps;
# tests/data/localsgd_torchft.json holds all, with their licence.
TORCHFT = {
    (0, 0.0): (
        (1, -1, -3, -11, -13, -15, -17, -19, -21, -35, -37, -39, -41, -43, -45, -59),
        (1, -1, -3, -5, -7, -9, -23, -25, -27, -29, -31, -33, -47, -49, -51, -53),
    ),
    (1, 0.5): (
        (1, -1, -3, -6, -8, -10, -12, -14, -16, -21.5, -23.5, -25.5, -27.5, -29.5, -31.5, -35.75),
        (1, -1, -3, -5, -7, -9, -15, -17, -19, -21, -23, -25, -29, -31, -33, -35),
    ),
}


def torchft(delay: int, mixing: float) -> float:
    """The largest difference from torchft's history."""
    workers = np.ones((2, 2))
    rule = DiLoCo(workers[0], 6, lambda: SGD(2), fragments(2, 2), delay, mixing)
    worst = 0.0
    for weights in zip(*TORCHFT[delay, mixing], strict=True):
        worst = max(worst, float(np.abs(workers - np.array(weights)).max()))
        workers -= 2
        rule.after_step(workers)
    return worst


def synchronous() -> float:
    """H = 1 with plain SGD inside and out against averaged gradients, in fractions."""
    slopes = np.array([[Fraction(i * j + 1, 7 + i) for j in range(4)] for i in range(5)])
    start = np.array([Fraction(j, 3) for j in range(4)], dtype=object)
    together, workers, lr = start.copy(), np.tile(start, (5, 1)), Fraction(1, 13)
    rule = DiLoCo(start, 1, averaging)
    for _ in range(4):
        together = together - lr * (slopes * together + slopes).sum(axis=0) / 5
        SGD(lr).step(workers, slopes * workers + slopes)
        rule.after_step(workers)
    return float(np.abs(rule.common - together).max())


def alone() -> float:
    """One worker, outer step 1, H = 7, against its inner AdamW in float32."""
    rng = np.random.default_rng(6)
    own = rng.normal(size=(1, 300)).astype(np.float32)
    workers, one, other = own.copy(), AdamW(0.01), AdamW(0.01)
    rule = DiLoCo(own[0], 7, averaging)
    for _ in range(70):
        gradient = rng.normal(size=(1, 300)).astype(np.float32)
        one.step(own, gradient)
        other.step(workers, gradient)
        rule.after_step(workers)
    return float(np.abs(workers - own).max())


def momentum() -> float:
    """SGD with Nesterov momentum under a gradient of 1 against the sum of its geometric series."""
    at, rule, mu, steps = np.zeros(1), SGD(0.7, 0.9, nesterov=True), 0.9, 40
    for _ in range(steps):
        rule.step(at, np.ones(1))
    powers = mu * (1 - mu**steps) / (1 - mu)
    return abs(float(at[0]) + 0.7 * (steps + mu * (steps - powers) / (1 - mu)))


def worse(
    method: tuple[str, int, int, str, float], than: tuple[str, int, int, str, float]
) -> float:
    """By how many per cent the perplexity of one recorded run ends above another's."""
    one, other = curve(*method), curve(*than)
    assert one is not None and other is not None  # both are in the grid
    return 100 * math.expm1(one.losses[-1] - other.losses[-1])


def checks() -> list[Check]:
    """Well under a second."""
    exact = "whole numbers, halves and quarters: no rounding"
    ring = pace("diloco", 16, 100, 1e10, 8, 10.0)
    published = 2 * 1e10 / 125e6 * (1 - 1 / 16) + 2 * 15 * 0.035
    often = pace("sync", 8, 1, 1e9, 32, 1.0).bytes_per_step
    rarely = worse(("diloco", 8, 500, "own", 0.0), ("diloco", 8, 50, "own", 0.0))
    meetings = worse(("diloco", 8, 50, "own", 0.0), ("diloco", 8, 10, "own", 0.0))
    lost = worse(("diloco", 8, 500, "own", 0.5), ("diloco", 8, 500, "own", 0.0))
    return [
        Check(
            model="DiLoCo in two fragments, H = 6",
            against="torchft's recorded history of 16 steps",
            source="torchft",
            error=torchft(0, 0.0),
            tolerance=1e-6,
            why=exact,
            test=f"{RULE}::test_torchfts_histories",
        ),
        Check(
            model="Streaming DiLoCo: delay of a step, half mixed",
            against="torchft's recorded history of 16 steps",
            source="torchft",
            error=torchft(1, 0.5),
            tolerance=1e-6,
            why=exact,
            test=f"{RULE}::test_torchfts_histories",
        ),
        Check(
            model="DiLoCo with H = 1 and plain SGD inside and out",
            against="synchronous SGD, in fractions",
            source="douillard2023",
            error=synchronous(),
            tolerance=0.0,
            why="exact",
            test=f"{RULE}::test_one_step_of_sgd_inside_and_out_is_synchronous_sgd",
        ),
        Check(
            model="DiLoCo with one worker, outer step 1, no momentum",
            against="its inner AdamW alone, in float32",
            source="douillard2023",
            error=alone(),
            tolerance=0.0,
            why="equal to the last bit",
            test=f"{RULE}::test_one_worker_with_outer_step_one_is_its_inner_optimiser_to_the_last_bit",
        ),
        Check(
            model="SGD with Nesterov momentum under a constant gradient",
            against="the sum of a geometric series",
            source="douillard2023",
            error=momentum(),
            tolerance=1e-12,
            why="forty steps in float64; the tests hold it against torch.optim too",
            test="tests/training/test_optimisers.py::test_sgd_is_torchs",
        ),
        Check(
            model="Seconds of an exchange of DiLoCo: 10 billion weights, 16 nodes, 1 Gb/s",
            against="2 N / W (1 - 1/R) + epsilon",
            source="diloco_calculator",
            error=abs(ring.exchange_s(125e6, 0.035) / published - 1),
            tolerance=1e-12,
            why="closed forms on both sides",
            test=f"{CLOCK}::test_the_published_wall_clock_of_diloco",
        ),
        Check(
            model="DiLoCo, H = 500: traffic against synchronous training",
            against="500 times less",
            source="douillard2023",
            error=abs(often / pace("diloco", 8, 500, 1e9, 32, 1.0).bytes_per_step - 500),
            tolerance=0.0,
            why="arithmetic",
            test=f"{CLOCK}::test_published_savings",
        ),
        Check(
            model="DiLoCo, H = 100 and 8 bits: traffic against synchronous training in 32",
            against="INTELLECT-1: 400 times less",
            source="intellect1",
            error=abs(often / pace("diloco", 8, 100, 1e9, 8, 1.0).bytes_per_step - 400),
            tolerance=0.0,
            why="arithmetic",
            test=f"{CLOCK}::test_published_savings",
        ),
        Check(
            model=f"DiLoCo, H = 500 instead of 50: perplexity {rarely:+.1f}%",
            against="+2.9% from H = 50 to 1000",
            source="douillard2023",
            error=abs(rarely - 2.9),
            tolerance=20.0,
            why="points, printed for comparison: the test holds the sign alone. Ours counts "
            "characters and has 4 meetings, theirs pieces of words and 64",
            test=f"{RUNS}::test_losses_against_what_was_published",
        ),
        Check(
            model=f"DiLoCo, 40 meetings instead of 200: perplexity {meetings:+.1f}%",
            against="+2.9% with 64 meetings instead of 1,280",
            source="douillard2023",
            error=abs(meetings - 2.9),
            tolerance=5.0,
            why="points, likewise: of one sign; a piece of a word is several characters",
            test=f"{RUNS}::test_losses_against_what_was_published",
        ),
        Check(
            model=f"DiLoCo, half of the outer gradients lost: perplexity {lost:+.1f}%",
            against="+2.1%",
            source="douillard2023",
            error=abs(lost - 2.1),
            tolerance=10.0,
            why="points, likewise: of one sign; 4 meetings for 128",
            test=f"{RUNS}::test_losses_against_what_was_published",
        ),
    ]
