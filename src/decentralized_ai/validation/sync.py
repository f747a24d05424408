"""training/{collectives,splitting,sync}.py against carried messages, hivemind, published runs."""

from __future__ import annotations

import itertools

import numpy as np

from ..training.collectives import exchange
from ..training.links import LINKS, Link
from ..training.splitting import least_time, shares, time_of
from ..training.sync import Training, compute_s
from ..training.sync_ring import ring_all_reduce
from . import sync_network as network
from .check import Check

EXCHANGE = "tests/training/test_collectives.py"
SPLIT, STEP = "tests/training/test_splitting.py", "tests/training/test_sync.py"
SHAPES = {
    "ring": network.ring,
    "tree": network.tree,
    "server": network.server,
    "all_to_all": network.all_to_all,
    "bucket": network.bucket,
}
# Bandwidths, and the seconds that hivemind's linear programme finds (its own repository, MIT).
HIVEMIND = (
    ((0.25, 0.5, 1.0), 4.0),
    ((1.0, 2.0, 3.0, 4.0), 1.0),
    ((100.0, 20.0, 20.0, 5.0, 0.0), 0.2),
    ((940.0, 110.0, 110.0, 110.0, 80.0, 20.0), 0.05),
)


def carried() -> float:
    """The largest relative gap between a closed form and a network that carries each message."""
    size, rate, latency, gap = 12e6, 2.5e6, 0.03, 0.0
    for scheme, nodes, slow in itertools.product(SHAPES, (2, 5, 8), (1.0, 4.0)):
        ends = [rate] * nodes
        ends[1 if scheme == "tree" else nodes - 1] /= slow
        ends += [1e6 * rate] * (scheme == "bucket")
        played = max(network.play(SHAPES[scheme](nodes, size), ends, ends, latency))
        gap = max(
            gap, abs(played / exchange(scheme, nodes, size, latency, rate, slow=slow).total_s - 1)
        )
    return gap


def added() -> float:
    """What a ring of arrays of whole numbers ends with, less the sum that numpy finds."""
    arrays = np.random.default_rng(7).integers(-99, 99, (7, 100)).astype(np.float64)
    held, _ = ring_all_reduce(list(arrays))
    return max(float(np.max(np.abs(array - arrays.sum(axis=0)))) for array in held)


def critical_tokens() -> float:
    """Tokens a chip from which the gradients of an 8-billion model hide, for many TPU v5p."""
    rate = LINKS["tpu"].up_bytes_s
    link = Link("", "", 0.0, rate, rate, "")
    low, high = 1.0, 1e6
    while high - low > 1e-3:
        tokens = (low + high) / 2
        step = Training(8e9, tokens, True, 459e12, 1.0, "bf16", 1, link, "ring", overlap=True)
        low, high = (low, tokens) if step.round(10**6).wait_s == 0 else (tokens, high)
    return high


def intellect(link: str) -> float:
    """The share of computing in a run like INTELLECT-1, 14 nodes."""
    tokens, peak = 128 * 8192, 8 * 989e12
    run = Training(1e10, tokens, True, peak, 0.35, "int8", 100, LINKS[link], "ring")
    return run.round(14).share


def covenant(link: str) -> float:
    """Seconds of an exchange in a run like Covenant-72B, 20 peers."""
    tokens, peak = 192 * 2048, 8 * 2250e12
    run = Training(72e9, tokens, True, peak, 0.24, "sparse", 30, LINKS[link], "bucket")
    return run.round(20).exchange_s


def checks() -> list[Check]:
    """Under a second on one core."""
    plain = Training(6e8, 1.0, True, 1.0, 1.0, "fp32", 1, LINKS["fast_home"], "ring")
    distro = Training(1.2e9, 1.0, True, 1.0, 1.0, "distro", 1, LINKS["slow_home"], "bucket")
    best = max(abs(time_of(shares(b), b) - seconds) for b, seconds in HIVEMIND)
    certificate = max(least_time(b) - time_of(shares(b), b) for b, _ in HIVEMIND)
    return [
        Check(
            model="sync: seconds of a ring, tree, server, all-to-all and store, links unequal too",
            against="a network that carries each message and shares rates max-min fairly",
            source="bertsekas1992",
            error=carried(),
            tolerance=1e-9,
            why="relative; rounding only, as both describe the same messages",
            test=f"{EXCHANGE}::test_the_closed_form_is_what_a_network_needs",
        ),
        Check(
            model="sync: what a ring of 7 nodes ends with",
            against="the sum of the arrays",
            source="thakur2005",
            error=added(),
            tolerance=0.0,
            why="whole numbers: the order of adding does not matter",
            test=f"{EXCHANGE}::test_a_ring_adds_up_and_each_node_sends_twice_the_array_less_two_pieces",
        ),
        Check(
            model="sync: time of a split by bandwidth",
            against="hivemind's linear programme, 4 cases",
            source="hivemind",
            error=max(best, abs(certificate)),
            tolerance=1e-9,
            why="seconds; ours is a formula, and a bound that no split can beat",
            test=f"{SPLIT}::test_the_time_is_hiveminds",
        ),
        Check(
            model="sync: operations of GPT-3's training, 6 N D",
            against="3.14e23, 174.6 billion parameters, 300 billion tokens",
            source="brown2020",
            error=abs(compute_s(174.6e9, 300e9, 1.0, 1.0) / 3.14e23 - 1),
            tolerance=0.002,
            why="relative; printed with three digits",
            test=f"{STEP}::test_a_step_of_gpt3_size",
        ),
        Check(
            model="sync: tokens a chip from which a TPU v5p hides its gradients",
            against="2,550",
            source="scaling_book",
            error=abs(critical_tokens() - 2550),
            tolerance=0.5,
            why="tokens; the book rounds",
            test=f"{STEP}::test_2550_tokens_hide_the_gradients_of_a_tpu",
        ),
        Check(
            model="sync: exchange of 600 million parameters at 60 Mb/s, 32 bits, 16 nodes",
            against="10 minutes (as quoted by others)",
            source="epoch2025",
            error=abs(plain.round(16).exchange_s / 600 - 1),
            tolerance=0.01,
            why="relative; the latency is ours",
            test=f"{STEP}::test_plain_data_parallelism_at_home",
        ),
        Check(
            model="sync: DisTrO's 2.8 MB up at 10 Mb/s, 31 times that down at 100 Mb/s",
            against="2.24 s and 6.94 s",
            source="distro",
            error=abs(distro.round(32).bandwidth_s - 2.24 - 6.94),
            tolerance=0.006,
            why="seconds; printed with two decimals",
            test=f"{STEP}::test_distro",
        ),
        Check(
            model="sync: INTELLECT-1 worldwide, share of computing at 0.5 Gb/s",
            against="83.0%, rate of the links not published (0.5 to 4 Gb/s)",
            source="intellect1",
            error=abs(intellect("world") - 0.830),
            tolerance=0.06,
            why="the model knows no quantising, no lost connection: it is too quick",
            test=f"{STEP}::test_intellect_1",
        ),
        Check(
            model="sync: INTELLECT-1 in the USA, share of computing at 4 Gb/s",
            against="95.7%",
            source="intellect1",
            error=abs(intellect("country") - 0.957),
            tolerance=0.03,
            why="as above",
            test=f"{STEP}::test_intellect_1",
        ),
        Check(
            model="sync: Covenant-72B, exchange with links 8 times as fast as stated",
            against="70 s (at the stated rates we find ten times as much: see the chapter)",
            source="covenant72b",
            error=abs(covenant("peer8") / 70 - 1),
            tolerance=0.35,
            why="relative; that the links were so fast is our guess",
            test=f"{STEP}::test_covenant_72b",
        ),
    ]
