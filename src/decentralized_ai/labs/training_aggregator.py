"""Exercise 4 of the lab "Train together": a learner's aggregator against liars."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..training.attacks import inner_product, little, sign_flip
from .attempt import Wrong, accept, attempt, short
from .together_message import Vector
from .training_compressor import Watch, array_of, watch_or_wait
from .training_launch import Training
from .verdict import Verdict, not_yet, right

CROWDS = ((4, 1), (7, 2), (10, 3))  # workers, attackers among them
SIZE = 400
NEAR = 0.15  # nats above the run in which nobody lies
RUN: dict[str, Any] = {"workers": 4, "steps": 60, "every": 20}
ROUGH = 1.6  # times the mean's error, where nobody lies
PULLED = 1.25  # standard deviations of an honest worker, under attack


def check_4(aggregate: Any, watch: Watch | None = None) -> Verdict:
    """aggregate(rows, attackers): rows (n, p), of which that many may be lies; returns (p,)."""
    try:
        accept(aggregate, "aggregate", "rows, attackers")
        _without(aggregate)
        _with(aggregate)
        honest = Training("sync", **RUN)
        attacked = Training(
            "sync", attackers=1, attack="flip", rules={"aggregate": aggregate}, **RUN
        )
        watch_or_wait(watch, {"the mean, nobody lies": honest, "yours, 1 of 4 lies": attacked})
        for run in (honest, attacked):
            if not run.ok:
                raise Wrong(f"The real run did not get to its end. {run.story()}")
        if not attacked.loss <= honest.loss + NEAR:
            raise Wrong(
                f"In a real run with 1 liar of 4 the held-out loss after {attacked.steps} steps is "
                f"{attacked.loss:.2f}; where nobody lies the mean has {honest.loss:.2f}, and at "
                f"most {NEAR} more is the goal."
            )
    except Wrong as error:
        return not_yet(str(error))
    return right(
        f"Up to 3 liars of 10 move you no further than honest workers differ. In a real run with 1 "
        f"liar of 4 you reach a loss of {attacked.loss:.2f}; the mean, where nobody lies, "
        f"{honest.loss:.2f}. What it cost: each worker got everybody's vector."
    )


def honest_rows(rng: np.random.Generator, count: int, truth: Vector) -> Vector:
    """(count, p) float32: the truth, and around it what each worker's text adds; deviation 1."""
    return (truth + rng.normal(size=(count, len(truth)))).astype(np.float32)


def _call(aggregate: Callable[..., Any], rows: Vector, attackers: int, about: str) -> Vector:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a liar's nan makes numpy complain
        found = attempt("aggregate", aggregate, rows.copy(), attackers)
    vector = array_of(found)
    if vector.dtype.kind not in "fiu" or vector.shape != (rows.shape[1],):
        raise Wrong(
            f"aggregate must return a vector of {rows.shape[1]} numbers, one a column of rows; "
            f"this is {short(found)}."
        )
    if not np.isfinite(vector).all():
        raise Wrong(
            f"{about}: the result holds nan or infinite numbers. One such entry is enough to end "
            "the training; whoever sends it need not be clever."
        )
    return vector.astype(np.float64)


def _without(aggregate: Callable[..., Any]) -> None:
    """Where nobody lies: nearly the mean, in whatever order the rows come."""
    rng = np.random.default_rng(404)
    for workers, attackers in CROWDS:
        errors = []
        for _ in range(8):
            truth = rng.normal(size=SIZE)
            rows = honest_rows(rng, workers, truth)
            found = _call(aggregate, rows, attackers, f"{workers} workers, nobody lies")
            again = _call(aggregate, rows[rng.permutation(workers)], attackers, "In another order")
            if not np.allclose(found, again, rtol=1e-3, atol=1e-3):
                raise Wrong(
                    "The result depends on the order of the rows. Anybody may come first, the "
                    "attackers too."
                )
            errors.append(np.linalg.norm(found - truth) / np.linalg.norm(rows.mean(axis=0) - truth))
        if np.mean(errors) > ROUGH:
            raise Wrong(
                f"Of {workers} workers nobody lies, and you are {np.mean(errors):.1f} times as far "
                f"from the truth as their mean (at most {ROUGH} is the goal). You throw away too "
                "much honest work."
            )


def _with(aggregate: Callable[..., Any]) -> None:
    rng = np.random.default_rng(405)
    for workers, attackers in CROWDS:
        truth = rng.normal(size=SIZE)
        honest = honest_rows(rng, workers - attackers, truth)
        for name, lies in _lies(honest, attackers, rng):
            rows = np.concatenate([honest, lies]).astype(np.float32)[rng.permutation(workers)]
            about = f"{attackers} of {workers} workers lie ({name})"
            found = _call(aggregate, rows, attackers, about)
            pulled = float(np.sqrt(np.mean((found - honest.mean(axis=0)) ** 2)))
            if pulled > PULLED:
                raise Wrong(
                    f"{about}: they move your result by {pulled:,.3g} from the honest mean, in "
                    "each weight, where honest workers differ by 1. In each column the liars' "
                    "numbers are among the others: which of them could be theirs?"
                )


def _lies(honest: Vector, attackers: int, rng: np.random.Generator) -> Iterator[tuple[str, Vector]]:
    """Attacks by name; the rows that the attackers send, (attackers, p)."""
    size = honest.shape[1]

    def all_send(row: Vector) -> Vector:
        return np.tile(row, (attackers, 1))

    yield "the mean with its sign turned, times 8", all_send(sign_flip(honest, 8.0))
    yield "loud noise", rng.normal(0, 1000, (attackers, size))
    yield "nan instead of numbers", np.full((attackers, size), np.nan)
    yield "infinite numbers", np.full((attackers, size), np.inf)
    yield "a short arrow uphill", all_send(inner_product(honest, 0.5))
    yield "all a little to one side", all_send(little(honest, 1.5))
