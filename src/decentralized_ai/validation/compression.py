"""training/compress*.py against two reference implementations, closed forms, published figures."""

from __future__ import annotations

import math

import numpy as np

from ..training.compress_demo import DctTopK
from ..training.compress_powersgd import PowerSGD
from ..training.compress_quantise import Quantise, Sign
from ..training.compression import break_even, received_bytes
from ..training.compression_published import PUBLISHED
from ..training.compressors import Compressor, RandomK, TopK, exchange
from .check import Check

# From tests/data/compression_cases.json, which says how they were made: DeMo's demo.py on 16 values
# with the 4 largest coefficients, and epfml/powersgd with rank 1 on one matrix, eight times.
DEMO_X = (
    -1.1258398,
    -1.1523602,
    -0.25057858,
    -0.43387881,
    0.84871036,
    0.69200915,
    -0.31601277,
    -2.1152194,
    0.32227492,
    -1.2633348,
    0.34998319,
    0.30813393,
    0.11984151,
    1.2376579,
    1.1167772,
    -0.24727815,
)
DEMO_SENT = (
    -0.77162641,
    -1.0681448,
    -0.37974346,
    -0.074521258,
    0.99345195,
    -0.29819953,
    -0.30153543,
    -1.3439378,
    0.16640434,
    -0.18621489,
    0.78594983,
    0.18408141,
    1.2520546,
    0.86749381,
    0.58039445,
    -0.40590695,
)
MATRIX = (
    (-0.48115933, 0.31189138, -0.31366634, -1.0773104),
    (-0.60711867, 0.13139176, -0.30672657, -0.1149834),
    (0.24749815, -0.28646797, 0.24537404, 0.68089545),
    (-0.081382185, -0.54158753, 0.53012812, 2.3482804),
    (0.70941347, -0.59385449, 0.67056304, 1.6439165),
    (0.20764872, -0.42049256, 0.42535561, 1.3613397),
)
ROWS = (1.5409961, -0.2934289, -2.1787894, 0.56843126, -1.0845224, -1.3985954)
COLUMNS = (0.40334684, 0.83802634, -0.71925759, -0.40334353)
RUNNING = (
    0.85809821,
    0.30410382,
    0.25448319,
    0.24554239,
    0.27086645,
    0.24320024,
    0.19354255,
    0.21020959,
)
RULES = "tests/training/test_compression_rules.py"
REFERENCES = "tests/training/test_compression_references.py"
MODEL = "tests/training/test_compression.py"
SHAPES = ((12, 8), (10,), (6, 9), (3,))
SIZE = 163


def running_mean() -> float:
    """Largest relative difference in the eight errors of the running mean."""
    gradient = np.array(MATRIX, dtype=np.float32).reshape(1, -1)
    tool = PowerSGD(((6, 4),), 1)
    thin = [[np.array(side, dtype=np.float32)[:, None]] for side in (ROWS, COLUMNS)]
    state, left, total = tool.begun(thin, 0), np.zeros_like(gradient), np.zeros(24)
    worst = 0.0
    for step, expected in enumerate(RUNNING, start=1):
        done, state = exchange(tool, gradient, left, state, np.random.default_rng(0))
        left, total = done.residuals, total + done.mean
        error = np.linalg.norm(total / step - gradient[0]) / np.linalg.norm(gradient)
        worst = max(worst, abs(float(error) / expected - 1))
    return worst


def lost_by_feedback() -> float:
    """Over all compressors: the sum of what was sent, and of what is kept, against the sum of all
    gradients after 20 steps of 3 workers; relative to the largest sum."""
    tools: list[Compressor] = [
        TopK(SIZE, 17),
        RandomK(SIZE, 17),
        Quantise(SIZE, 4, 50, random=False),
        Sign(SIZE, 50),
        PowerSGD(SHAPES, 2),
        DctTopK(SHAPES, 3, 4),
    ]
    worst = 0.0
    for tool in tools:
        rng, state = np.random.default_rng(1), tool.start()
        left, total, sent = np.zeros((3, SIZE)), np.zeros(SIZE), np.zeros(SIZE)
        for _ in range(20):
            rows = rng.normal(size=(3, SIZE))
            done, state = exchange(tool, rows, left, state, rng)
            left, total, sent = done.residuals, total + rows.mean(axis=0), sent + done.mean
        lost = np.abs(sent + left.mean(axis=0) - total).max() / np.abs(total).max()
        worst = max(worst, float(lost))
    return worst


def contraction() -> float:
    """By how much top-k, over 200 vectors, exceeds (1 - k/d) of the squared length, at most."""
    rng, worst = np.random.default_rng(2), -math.inf
    for k in rng.integers(1, SIZE + 1, 200):
        x = rng.normal(size=SIZE) ** 3
        _, sent = TopK(SIZE, int(k)).compress(x, {}, rng)
        worst = max(worst, float(np.sum((x - sent) ** 2) / np.sum(x**2) - (1 - k / SIZE)))
    return max(worst, 0.0)


def checks() -> list[Check]:
    """Well under a second on one core."""
    x = np.array(DEMO_X, dtype=np.float32)
    _, sent = DctTopK(((16,),), 4, 16).compress(x, {}, np.random.default_rng(0))
    draws, rng = 3000, np.random.default_rng(6)
    y = np.random.default_rng(7).normal(size=100).astype(np.float32)
    tool = Quantise(100, 3, 100)
    mean = np.mean([tool.compress(y, {}, rng)[1] for _ in range(draws)], axis=0, dtype=float)
    step = float(np.abs(y).max()) / tool.levels
    found = [
        Check(
            model="compression: DeMo, what 4 of 16 coefficients say",
            against="demo.py's own reconstruction",
            source="demo_code",
            error=float(np.abs(sent - np.array(DEMO_SENT)).max()),
            tolerance=1e-6,
            why="float32 on both sides, values of size 1",
            test=f"{REFERENCES}::test_demo_sends_what_demo_sends",
        ),
        Check(
            model="compression: PowerSGD with error feedback, running mean of one gradient",
            against="epfml/powersgd, rank 1, eight steps, relative errors",
            source="powersgd_code",
            error=running_mean(),
            tolerance=2e-5,
            why="float32 over eight steps; relative",
            test=f"{REFERENCES}::test_powersgd_running_mean_of_a_constant_gradient",
        ),
        Check(
            model="compression: sent plus kept, six compressors, 20 steps",
            against="the sum of all gradients",
            source="karimireddy2019",
            error=lost_by_feedback(),
            tolerance=1e-13,
            why="float64 sums of 20 terms; relative",
            test=f"{RULES}::test_nothing_is_lost_over_many_steps",
        ),
        Check(
            model="compression: top-k, share of the squared length that is lost",
            against="1 - k/d at most: the excess",
            source="stich2018",
            error=contraction(),
            tolerance=1e-12,
            why="values travel as float32",
            test=f"{RULES}::test_top_k_is_the_contraction_of_stich",
        ),
        Check(
            model="compression: mean of quantisation by lot, 3 bits",
            against="the vector itself",
            source="qsgd",
            error=float(np.abs(mean - y).max()) / step,
            tolerance=5 * 0.5 / math.sqrt(draws),
            why="steps of the grid; 3,000 draws, 5 standard errors",
            test=f"{RULES}::test_stochastic_quantisation_is_unbiased_and_within_qsgds_variance",
        ),
        Check(
            model="compression: nodes from which 4-bit messages bring more than a ring",
            against="2 S / m, tried for every number of nodes up to 199",
            source="vogels2019",
            error=float(
                sum(
                    (received_bytes(1, n, False) > received_bytes(8, n, True) * (1 + 1e-12))
                    != (n > break_even(1, 8))
                    for n in range(2, 200)
                )
            ),
            tolerance=0.0,
            why="numbers of nodes on which the two disagree",
            test=f"{MODEL}::test_the_number_of_nodes_from_which_compression_brings_nothing",
        ),
    ]
    return found + [
        Check(
            model=f"compression: {item.what}",
            against=f"published: {item.figure:g} {item.unit}; ours {item.ours:.4g}",
            source=item.source,
            error=abs(item.error),
            tolerance=0.45 if item.id == "dgc" else 0.005,
            why="relative; "
            + (
                "the abstract does not say what else is sent"
                if item.id == "dgc"
                else f"printed digits; {item.assumed} assumed, to fit"
                if item.assumed
                else "printed digits"
            ),
            test=f"{MODEL}::test_published_figures",
        )
        for item in PUBLISHED.values()
    ]
