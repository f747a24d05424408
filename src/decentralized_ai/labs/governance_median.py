"""Exercise 1 of the lab "Run the network's politics": the stake-weighted median, by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..governance.yuma import weighted_median
from .attempt import Wrong, accept, short
from .governance_game import Vector
from .governance_patience import Patience
from .verdict import Verdict, not_yet, right


def check_1(consensus: Any) -> Verdict:
    """consensus(stake, weights, kappa): the highest weight that enough stake supports, for each
    operator."""
    try:
        accept(consensus, "consensus", "stake, weights, kappa")
        with Patience() as patience:
            for about, stake, weights, kappa in _cases():
                _one(patience, consensus, about, stake, weights, kappa)
    except Wrong as error:
        return not_yet(str(error))
    return right(
        "Nobody below kappa of the stake moves a weight up alone, and nobody below 1 - kappa moves "
        "it down alone. That is all the protection there is."
    )


def _one(
    patience: Patience,
    consensus: Callable[..., Any],
    about: str,
    stake: Vector,
    weights: Vector,
    kappa: float,
) -> None:
    given = patience.call("consensus", consensus, stake.copy(), weights.copy(), kappa)
    try:
        found = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise Wrong(f"consensus must return numbers, not {short(given)}.") from None
    if given is None or found.shape != weights.shape[1:]:
        raise Wrong(
            f"consensus must return {weights.shape[1]} numbers, one for each column of weights; "
            f"this is {short(given)}."
        )
    if not np.isfinite(found).all():
        raise Wrong("consensus returned nan or an infinite number. A division by 0, perhaps?")
    exact = weighted_median(stake, weights, kappa)
    off = np.abs(found - exact) > 1e-9
    if not off.any():
        return
    j = int(off.argmax())
    column = weights[:, j]
    said = (
        f"{about}: stakes {_row(stake)}, weights {_row(column)}, kappa {kappa:g}. The consensus is "
        f"{exact[j]:g}, not {found[j]:g}."
    )
    for guess, hint in (
        (np.median(weights, axis=0), "Yours counts heads. Here stake counts."),
        (weights.mean(axis=0), "Yours is the plain mean: stakes do not count in it."),
        (stake @ weights / stake.sum(), "Yours is a mean: one large liar moves it at will."),
        (weighted_median(stake, weights, 1 - kappa), "Yours asks for 1 - kappa of the stake."),
    ):
        if np.allclose(found, guess):
            raise Wrong(f"{said} {hint}")
    backed = stake[column >= found[j]].sum() / stake.sum()
    if backed < kappa:
        raise Wrong(f"{said} Only {backed:.0%} of the stake gives {found[j]:g} or more.")
    raise Wrong(
        f"{said} It is the highest of the weights given that at least a share kappa of the stake "
        "supports. Supporting means: giving this or more. A share of exactly kappa is enough."
    )


def _cases() -> Iterator[tuple[str, Vector, Vector, float]]:
    """Stakes are multiples of 1/64: sums are exact, so that no answer hangs on a rounding."""
    yield (
        "Four validators",
        np.array([0.125, 0.125, 0.25, 0.5]),
        np.array([[0.5, 0.5], [0.5, 0.5], [0.125, 0.875], [0.0, 1.0]]),
        0.5,
    )
    rng = np.random.default_rng(106)
    for kappa in (0.5, 0.25, 0.75, 0.375):
        for validators, operators in ((4, 3), (7, 5), (1, 2), (12, 4)):
            cuts = np.sort(rng.choice(np.arange(1, 64), validators - 1, replace=False))
            stake = np.diff([0, *cuts, 64]) / 64
            scores = rng.integers(0, 5, (validators, operators)) / 8  # with ties
            yield f"{validators} validators", stake, scores, kappa


def _row(values: Vector) -> str:
    return ", ".join(f"{value:g}" for value in values)
