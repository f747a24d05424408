"""training/aggregators.py and attacks.py against laws, and recorded runs against published ones.

The outputs of byzfl and Flower on stored vectors are compared in the tests (they are too long for
here); what is recomputed here are definitions that need no stored case.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ..training.aggregators import (
    bulyan,
    geometric_median,
    krum,
    mean,
    median,
    multi_krum,
    trimmed_mean,
)
from ..training.attacks import quiet_enough
from ..training.byzantine import curve
from .check import Check

RULE_TESTS = "tests/training/test_aggregators.py"
RUN_TESTS = "tests/training/test_byzantine.py"
# Karimireddy, He and Jaggi's accuracies in %, means of their seeds: without and with momentum 0.9.
THEIRS = {
    ("little", 3): {
        "median": (24.0, 50.8),
        "trimmed": (45.4, 49.7),
        "geometric_median": (32.2, 50.5),
        "clipping": (68.0, 86.6),
    },
    ("inner_product", 7): {
        "median": (12.5, 50.0),
        "trimmed": (12.6, 51.0),
        "geometric_median": (10.9, 42.8),
        "clipping": (83.7, 89.1),
    },
}


def krum_by_hand(vectors: np.ndarray, f: int) -> np.ndarray:
    """By trying every set of n - f - 2 others: the definition, word for word."""
    best, chosen = np.inf, vectors[0]
    for i, here in enumerate(vectors):
        others = np.delete(vectors, i, axis=0)
        costs = np.square(others - here).sum(axis=1)
        score = min(map(sum, combinations(costs, len(vectors) - f - 2)))
        if score < best:
            best, chosen = score, here
    return chosen


def against_us() -> int:
    """Of the eight pairs of rule and attack, in how many momentum at the workers does not help in
    our recorded runs although it helped in theirs."""
    wrong = 0
    for (attack, f), rules in THEIRS.items():
        for rule, (without, with_it) in rules.items():
            ours, server = curve(rule, attack, f, "workers"), curve(rule, attack, f, "server")
            assert ours is not None and server is not None
            helped = ours.final is not None and (server.final is None or server.final > ours.final)
            wrong += helped != (with_it > without)
    return wrong


def checks() -> list[Check]:
    """About half a second on one core."""
    rng = np.random.default_rng(11)
    sets = [rng.normal(size=(11, 3)) for _ in range(20)]
    same = [
        float(np.abs(rule(v, 0) - v.mean(axis=0)).max())
        for v in sets
        for rule in (mean, trimmed_mean, multi_krum, bulyan)
    ]
    slopes = []
    for v in sets:
        away = v - geometric_median(v, 2)
        slopes.append(np.abs((away / np.linalg.norm(away, axis=1)[:, None]).sum(axis=0)).max())
    far = [np.concatenate([v, np.full((3, 3), 1e6)]) for v in sets]
    inside = max(
        float(np.maximum(answer - v.max(axis=0), v.min(axis=0) - answer).max())
        for v, all_of_them in zip(sets, far, strict=True)
        for answer in (rule(all_of_them, 3) for rule in (median, trimmed_mean, krum, multi_krum))
    )
    clean, server = curve("mean", "none", 0, "workers"), curve("mean", "none", 0, "server")
    assert clean is not None and server is not None
    return [
        Check(
            model="aggregation: Krum, 11 vectors, f = 3",
            against="every set of n - f - 2 neighbours tried",
            source="blanchard2017",
            error=max(float(np.abs(krum(v, 3) - krum_by_hand(v, 3)).max()) for v in sets),
            tolerance=0.0,
            why="it returns one of the vectors; the same test has byzfl's and Flower's cases",
            test=f"{RULE_TESTS}::test_further_cases",
        ),
        Check(
            model="aggregation: geometric median",
            against="sum of unit vectors towards all points, which is nought there",
            source="byzfl",
            error=float(max(slopes)),
            tolerance=1e-6,
            why="the iteration stops when its weights have settled",
            test=f"{RULE_TESTS}::test_the_geometric_median_has_the_smallest_sum_of_distances",
        ),
        Check(
            model="aggregation: trimmed mean, Multi-Krum and Bulyan with f = 0",
            against="the mean",
            source="elmhamdi2018",
            error=max(same),
            tolerance=1e-12,
            why="the order of sums",
            test=f"{RULE_TESTS}::test_with_no_attackers_to_fear_some_rules_become_the_mean",
        ),
        Check(
            model="aggregation: 3 of 14 vectors a million away, beyond the honest range by",
            against="nought, for median, trimmed mean, Krum and Multi-Krum",
            source="yin2018",
            error=max(inside, 0.0),
            tolerance=1e-12,
            why="the order of sums",
            test=f"{RULE_TESTS}"
            "::test_attackers_far_away_move_a_robust_rule_by_no_more_than_the_honest_spread",
        ),
        Check(
            model="attack: z of a little is enough, 25 workers, 5 liars",
            against="the normal distribution's table: Phi(0.2533) = 0.6",
            source="karimireddy_code",
            error=abs(quiet_enough(25, 5) - 0.2533),
            tolerance=5e-5,
            why="four decimals of the table",
            test="tests/training/test_attacks.py::test_how_quiet_is_quiet_enough",
        ),
        Check(
            model="recorded: nobody lies, momentum at the server",
            against="the run with momentum at the workers, which is the same by linearity",
            source="elmhamdi2021",
            error=max(
                abs(a - b)
                for one, two in zip(clean.losses, server.losses, strict=True)
                for a, b in zip(one, two, strict=True)
            ),
            tolerance=0.01,
            why="nats; float32 sums in another order, through 150 steps",
            test=f"{RUN_TESTS}::test_without_liars_the_recorded_runs_obey_the_laws_of_their_rules",
        ),
        Check(
            model="recorded: pairs of rule and attack in which worker momentum helps or not",
            against="Karimireddy et al.'s accuracies on CIFAR-10, 8 pairs: other sign in",
            source="karimireddy_code",
            error=float(against_us()),
            tolerance=0.0,
            why="pairs; signs only, as model, text and the control differ",
            test=f"{RUN_TESTS}"
            "::test_momentum_at_the_workers_helps_where_it_helped_karimireddy_et_al",
        ),
    ]
