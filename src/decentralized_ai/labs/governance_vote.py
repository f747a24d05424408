"""Exercises 5 and 6 of the lab "Run the network's politics": votes that are borrowed or bought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from ..governance.voting import MAJORITIES, Tally, Vote
from .attempt import Wrong, accept, short
from .governance_patience import Patience
from .verdict import Verdict, not_yet, right

Offer = tuple[int, float]  # votes, and what their holder wants for all of them


def passed(yes: float, against: float, supply: int, ratio: float, quorum: int) -> bool:
    """More than `ratio` times as many for it as against it, and at least `quorum` per cent of
    all tokens for it."""
    majority = next(percent for percent, times in MAJORITIES.items() if times == ratio)
    return Vote(majority=majority, quorum=quorum / 100).passes(Tally(yes, 0.0, against, supply))


def check_5(loan: Any) -> Verdict:
    """loan(own, against, supply, ratio, quorum): the fewest tokens that must be borrowed."""
    try:
        accept(loan, "loan", "own, against, supply, ratio, quorum")
        with Patience() as patience:
            for case in _votes():
                _borrowed(patience.call("loan", loan, *case), *case)
    except Wrong as error:
        return not_yet(str(error))
    return right(
        "In a vote of one block the loan is paid back before it costs anything worth mentioning. "
        "A vote that is open for days makes it cost interest, and lets people come."
    )


def _borrowed(value: Any, own: int, against: int, supply: int, ratio: float, quorum: int) -> None:
    call = f"loan({own}, {against}, {supply}, {ratio:g}, {quorum})"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise Wrong(f"loan must return one number of tokens; {call} is {short(value)}.")
    tokens = float(value)
    if not 0 <= tokens < np.inf:
        raise Wrong(f"{call} is {tokens:g}: nobody can borrow that. The least is 0.")
    if tokens != int(tokens):
        raise Wrong(f"{call} is {tokens:g}: tokens are whole here. Which whole number is enough?")
    law = (supply, ratio, quorum)
    yes = own + int(tokens)
    if not passed(yes, against, *law):
        if yes <= ratio * against:
            more = (
                "more for it than against it" if ratio == 1 else f"more than {ratio:g} times that"
            )
            raise Wrong(
                f"{call} is {tokens:.0f}: with {yes} for and {against} against it does not pass. "
                f"It needs {more}."
            )
        raise Wrong(
            f"{call} is {tokens:.0f}: {yes} are for it, and the quorum is {quorum}% of {supply} "
            "tokens."
        )
    if tokens > 0 and passed(yes - 1, against, *law):
        raise Wrong(f"{call} is {tokens:.0f}: it would pass with a token less.")


def _votes() -> Iterable[tuple[int, int, int, float, int]]:
    yield 0, 1500, 30_000, 1.0, 5
    yield 0, 1500, 30_000, 1.0, 20
    yield 2000, 1500, 30_000, 1.0, 5
    rng = np.random.default_rng(105)
    for ratio in (1.0, 1.5, 2.0, 3.0):
        for quorum in (0, 3, 33):
            own, against = rng.integers(0, 4000, 2).tolist()
            yield own, against, int(rng.integers(10_000, 60_000)), ratio, quorum
    yield 100, 50, 1000, 2.0, 10  # a tie at the majority
    yield 100, 10, 1000, 1.0, 10  # exactly the quorum


def check_6(bribe: Any) -> Verdict:
    """bribe(offers, votes): which offers to take, so that they have that many votes."""
    try:
        accept(bribe, "bribe", "offers, votes")
        with Patience() as patience:
            for offers, votes in _markets():
                value = patience.call("bribe", bribe, list(offers), votes)
                _bribed(value, offers, votes)
    except Wrong as error:
        return not_yet(str(error))
    return right(
        "Votes go to those who ask least for them, and that is often who cares least. The vote "
        "costs what the careless want, not what it is worth to all."
    )


def cheapest(offers: Sequence[Offer], votes: int) -> float:
    """The least that so many votes cost: for each number of votes, the least so far."""
    least = np.full(votes + 1, np.inf)
    least[0] = 0.0
    for count, price in offers:
        for have in range(votes, -1, -1):
            reached = min(have + count, votes)
            least[reached] = min(least[reached], least[have] + price)
    return float(least[votes])


def _bribed(value: Any, offers: Sequence[Offer], votes: int) -> None:
    said = f"With the offers {short(offers)} and {votes} votes needed"
    try:
        taken = [int(i) for i in value]
        whole = all(not isinstance(i, bool) and i == int(i) for i in value)
    except (TypeError, ValueError):
        raise Wrong(f"bribe must return a list of numbers of offers, not {short(value)}.") from None
    if not whole or any(not 0 <= i < len(offers) for i in taken):
        raise Wrong(
            f"{said}, bribe returned {short(value)}: the offers are numbered from 0 to "
            f"{len(offers) - 1}. Return numbers of offers, not votes or prices."
        )
    if len(set(taken)) < len(taken):
        raise Wrong(f"{said}, an offer is taken twice: {short(value)}. Votes count once.")
    bought, paid = sum(offers[i][0] for i in taken), sum(offers[i][1] for i in taken)
    if bought < votes:
        raise Wrong(f"{said}, {short(taken)} buys only {bought}.")
    least = cheapest(offers, votes)
    if paid > least + 1e-9:
        by_price = sorted(range(len(offers)), key=lambda i: offers[i][1] / offers[i][0])
        greedy = [i for n, i in enumerate(by_price) if _before(offers, by_price[:n]) < votes]
        hint = (
            "Yours takes the cheapest votes first. The last offer then brings more than is needed, "
            "and two small ones may do."
            if sorted(greedy) == sorted(taken)
            else "There are few holders: all sets can be tried."
        )
        raise Wrong(f"{said}, {short(taken)} costs {paid:g}; {least:g} would do. {hint}")


def _before(offers: Sequence[Offer], which: Sequence[int]) -> int:
    return sum(offers[i][0] for i in which)


def _markets() -> Iterable[tuple[list[Offer], int]]:
    yield [(50, 50.0), (30, 33.0), (20, 24.0)], 50
    yield [(60, 54.0), (50, 50.0), (50, 49.0)], 100  # cheapest first costs more
    yield [(10, 1.0)], 10
    rng = np.random.default_rng(106)
    for holders in (4, 6, 8, 10, 10):
        count = rng.integers(5, 60, holders)
        price = np.round(count * rng.uniform(0.5, 1.5, holders), 1)
        offers = list(zip(count.tolist(), price.tolist(), strict=True))
        yield offers, int(rng.integers(1, count.sum() + 1))
