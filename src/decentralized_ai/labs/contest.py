"""The tournament of the routing lab: a learner's policies against the built-in ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..inference.routing import POLICIES, Policy, make_market, make_workload, simulate

REQUESTS = 2000
STALENESS = 2.0  # s, the age of load reports in the tournament


class Wrong(Exception):
    """A policy that cannot be run; the message says why, in the learner's terms."""


@dataclass(frozen=True)
class Row:
    """How one policy did. Times in s, dollars for a thousand requests; rank None: too dear."""

    name: str
    p50: float
    p95: float
    dollars: float
    failed: float
    rank: int | None


@dataclass(frozen=True)
class Standings:
    """The rows of a tournament, best first. Above `dearest` dollars a policy is not ranked."""

    rows: tuple[Row, ...]
    dearest: float

    def __repr__(self) -> str:
        width = max(len(row.name) for row in self.rows)
        lines = [f"rank  {'policy':<{width}}  p50 (s)  p95 (s)  $ per 1000  failed"]
        for row in self.rows:
            rank = "-" if row.rank is None else str(row.rank)
            lines.append(
                f"{rank:>4}  {row.name:<{width}}  {row.p50:7.2f}  {row.p95:7.2f}  "
                f"{row.dollars:10.3f}  {row.failed:6.1%}"
            )
        lines.append(f"-: costs more than ${self.dearest:.3f}, so it buys its speed")
        return "\n".join(lines)


def tournament(
    policies: dict[str, Any] | None = None,
    seeds: Sequence[int] = range(1, 7),
    staleness: float = STALENESS,
) -> Standings:
    """`policies` and the built-in ones on one market a seed, with load reports `staleness` s old.

    Ranked by p95; times are geometric means over the markets, so that no single market decides.
    Who costs more than 5% above random is not ranked. Raises Wrong, in words, on a policy that
    cannot be run.
    """
    cases = list(_cases(seeds))
    entries = {**POLICIES, **{name: accept(policy) for name, policy in (policies or {}).items()}}
    rows: list[Row] = []
    for name, policy in entries.items():
        every = [run(work, market, policy, staleness, seed=0) for market, work in cases]
        times = {k: math.exp(mean([math.log(s[k]) for s in every])) for k in ("p50", "p95")}
        dollars = 1000 * mean([s["cost"] for s in every])
        rows.append(
            Row(
                name,
                **times,
                dollars=dollars,
                failed=mean([s["failed"] for s in every]),
                rank=None,
            )
        )
    dearest = 1.05 * next(row.dollars for row in rows if row.name == "random")
    fair = sorted((row for row in rows if row.dollars <= dearest), key=lambda row: row.p95)
    ranked = [Row(**{**vars(row), "rank": i}) for i, row in enumerate(fair, start=1)]
    return Standings((*ranked, *(row for row in rows if row.dollars > dearest)), dearest)


def _cases(seeds: Sequence[int]) -> Iterator[tuple[Any, Any]]:
    """A market and its workload for each seed: size, inequality, failures, load, bursts vary."""
    for seed in seeds:
        rng = np.random.default_rng([seed, 77])
        market = make_market(
            operators=int(rng.integers(4, 17)),
            inequality=float(rng.uniform(0.2, 0.9)),
            failure=float(rng.uniform(0, 0.04)),
            seed=seed,
        )
        load, bursty = float(rng.uniform(0.5, 0.8)), rng.random() < 0.5
        arrivals = "bursty" if bursty else "poisson"
        yield market, make_workload(market, load, REQUESTS, arrivals, seed)


def run(work: Any, market: Any, policy: type[Policy], age: float, seed: int) -> dict[str, float]:
    """The summary of one run; Wrong if the policy fails in it."""
    try:
        return simulate(work, market, policy, staleness=age, seed=seed).summary()
    except Exception as error:  # whatever the learner's code raises
        raise Wrong(_explain(policy.__name__, error)) from error


def _explain(name: str, error: Exception) -> str:
    if isinstance(error, NotImplementedError):
        return f"{name} does not define choose(self, request, view) yet, or leaves it unfinished."
    text = str(error)
    if "not one of view.choices" in text:
        return (
            f"{text}. Return the number of an operator, and only one from view.choices: on a "
            "second attempt those already tried are not in it."
        )
    return f"{name}.choose raised {type(error).__name__}: {text}. Call it by hand to see where."


def accept(policy: Any) -> type[Policy]:
    """`policy` if it is a class that a learner wrote; else Wrong, with what to hand over."""
    if policy is None:
        raise Wrong("Write a class first: class Mine(Policy), with a method choose.")
    if isinstance(policy, str) or policy in POLICIES.values():
        raise Wrong("A built-in policy is not yours: write a class of your own.")
    if isinstance(policy, Policy):
        raise Wrong("Hand over the class itself, without brackets: each run makes its own.")
    if not (isinstance(policy, type) and issubclass(policy, Policy)):
        raise Wrong(f"A policy is a class that extends Policy; this is a {type(policy).__name__}.")
    return policy


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean, as a plain float."""
    return float(np.mean(values))
