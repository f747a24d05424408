"""Exercise 8 of the lab "Run the network's politics": rules under which every capture fails and an
honest network still works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..governance.yuma import Rules, epoch
from .attempt import Wrong, short
from .governance_capture import carry_out, copying_pays, setting_of
from .governance_game import Vector, play
from .governance_strategies import Honest
from .governance_world import (
    BUDGET,
    CAPTURED,
    LAZY,
    LENT,
    OPERATORS,
    OPERATORS_PAY,
    SUPPLY,
    TESTING,
    Network,
    Plan,
    affordable,
    awake,
    interest,
    registering,
)
from .verdict import Verdict, not_yet, right

# What honest people need.
OFFLINE = (0, 1)  # of TESTING: these two, with a third of the stake, fall silent
SILENT = 0.34
LONGEST_LAG = 12  # epochs until a good newcomer is paid
LONGEST_DELAY = 14  # days until a broken rule is mended
PAID_BACK = 50  # epochs in which a good newcomer earns its registration
STEADY = 0.015  # the most that an honest validator's pay may jump, from one epoch to the next
# What no validator should get: pay for work that it stopped doing.
RESTED, PENSION = 30, 0.10  # epochs later, a share of what its stake would earn


@dataclass(frozen=True)
class Finding:
    """One thing that was tried. bad: it went as it should not."""

    name: str
    words: str
    bad: bool


@dataclass(frozen=True)
class Report:
    """What becomes of a network: its captures, and what honest people find."""

    captures: tuple[Finding, ...]
    needs: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not any(finding.bad for finding in (*self.captures, *self.needs))

    def __repr__(self) -> str:
        width = max(len(finding.name) for finding in (*self.captures, *self.needs))
        lines = [f"captures, with {BUDGET:,.0f} coins:"]
        lines += [
            f"  {'CAPTURED' if f.bad else 'fails':<8}  {f.name:<{width}}  {f.words}"
            for f in self.captures
        ]
        lines.append("an honest network:")
        lines += [
            f"  {'BROKEN' if f.bad else 'works':<8}  {f.name:<{width}}  {f.words}"
            for f in self.needs
        ]
        return "\n".join(lines)


def report(network: Network) -> Report:
    """Tries every capture of the list, and looks after every need of honest people. Wrong, in
    words, if a rule cannot be what it is."""
    network.checked()
    return Report(tuple(_captures(network)), tuple(_needs(network)))


def plans(network: Network) -> dict[str, list[Plan]]:
    """The captures that are tried, by name; each spends the whole budget, if that helps."""

    def rest(operators: int, first: float, days: int = 0, loan: float = 0) -> float:
        coins = BUDGET - registering(operators, first) - (interest(loan, days) if loan else 0)
        return float(np.floor(affordable(coins))) if coins > 0 else -1.0

    found: dict[str, list[Plan]] = {"buy stake": [], "flood": [], "bait": []}
    for operators in range(1, OPERATORS + 1):
        stake = rest(operators, network.registration)
        if stake >= 0:
            name = "buy stake" if operators == 1 else "flood"
            found[name].append(Plan(stake, operators=operators))
            found["bait"].append(Plan(stake, operators=operators, bait=True))
    loan = {"borrow": LENT, "days": network.delay}
    for name, proposal, operators, first in (
        ("free entry by loan", {"registration": 0}, 6, 0.0),
        ("low kappa by loan", {"kappa": 0.05}, 1, network.registration),
    ):
        stake = rest(operators, first, network.delay, LENT)
        if stake >= 0:
            found[name] = [Plan(stake, loan["borrow"], proposal, operators)]
    return found


def _captures(network: Network) -> Iterator[Finding]:
    for name, tries in plans(network).items():
        outcomes = [(carry_out(network, plan), plan) for plan in tries]
        if not outcomes:
            yield Finding(name, "costs more than that", False)
        elif all(outcome.passed is False for outcome, _ in outcomes):
            yield Finding(name, "the proposal fails", False)
        else:
            worst, plan = max(outcomes, key=lambda pair: pair[0].take)
            words = f"{worst.take:.0%} of the pay, with {plan.operators} of {OPERATORS} operators"
            yield Finding(name, words, worst.captured)
    left = pension(network)
    words = f"{left:.0%} of its pay, {RESTED} epochs later"
    yield Finding("rest on old bonds", words, left > PENSION)


def _needs(network: Network) -> Iterator[Finding]:
    silent = sum(TESTING[i] for i in OFFLINE) / sum((*TESTING, *LAZY))
    paid = paid_when_silent(network)
    yield Finding("outage", f"{silent:.0%} of stake silent: {paid:.0%} is paid", paid < 1)
    yield Finding("testing pays", "more than copying", copying_pays(network))
    jump = jumps(network)
    yield Finding(
        "steady pay", f"jumps by {jump:.1%} an epoch (at most {STEADY:.1%})", jump > STEADY
    )
    yield Finding(
        "good newcomers",
        f"are paid after {network.lag:g} epochs (at most {LONGEST_LAG})",
        network.lag > LONGEST_LAG,
    )
    back = network.registration / (OPERATORS_PAY / OPERATORS)
    yield Finding(
        "entry", f"is earned back in {back:.0f} epochs (at most {PAID_BACK})", back > PAID_BACK
    )
    turnout = awake(network.delay) / SUPPLY
    yield Finding(
        "honest votes", f"{turnout:.0%} come, quorum {network.quorum:.0%}", turnout < network.quorum
    )
    yield Finding(
        "repairs",
        f"take {network.delay:g} days (at most {LONGEST_DELAY})",
        network.delay > LONGEST_DELAY,
    )


def paid_when_silent(network: Network) -> float:
    """The operators' pay in an epoch in which two validators give no weights at all."""
    weights = np.ones((len(TESTING) + len(LAZY), OPERATORS))
    weights[list(OFFLINE)] = 0.0
    rules = Rules(kappa=network.kappa, alpha=network.alpha)
    return float(epoch(np.array((*TESTING, *LAZY), float), weights, None, rules).incentive.sum())


def pension(network: Network) -> float:
    """What a validator still gets RESTED epochs after it has stopped testing and named one
    operator that nobody else names; a share of what its stake would earn."""
    stakes = np.array((*TESTING, *LAZY), float)
    weights = np.ones((len(stakes), OPERATORS))
    weights[:, -1] = 0.0
    rules = Rules(kappa=network.kappa, alpha=network.alpha)
    bonds, result = None, None
    for now in range(60 + RESTED):
        if now == 60:
            weights[0] = np.eye(OPERATORS)[-1]
        result = epoch(stakes, weights, bonds, rules)
        bonds = result.bonds
    assert result is not None
    return float(result.dividends[0] / result.stake[0])


def jumps(network: Network) -> float:
    """How much an honest validator's pay changes from one epoch to the next: the mean over the
    validators and epochs, of its pay. Everybody tests, and no operator changes."""
    return _jumps(network.kappa, network.alpha)


@cache
def _jumps(kappa: float, alpha: float) -> float:
    found: list[Vector] = []
    for seed in (51, 52):
        setting = setting_of(Network(kappa=kappa, alpha=alpha))
        seats = [Honest] * (len(TESTING) + len(LAZY))
        quality = np.ones((setting.epochs, OPERATORS))
        paid = play(setting, seats, (*TESTING, *LAZY), seed, quality).dividends
        late = paid[len(paid) // 2 :]  # the first bonds have settled
        found.append(np.abs(np.diff(late, axis=0)) / late[1:])
    return float(np.mean(found))


def check_8(network: Any) -> Verdict:
    """Rules under which no capture of the list succeeds and an honest network works."""
    try:
        if isinstance(network, type) or not isinstance(network, Network):
            raise Wrong(f"Hand over a Network, such as Network(kappa=0.4); not {short(network)}.")
        found = report(network)
    except Wrong as error:
        return not_yet(str(error))
    bad = [finding for finding in (*found.captures, *found.needs) if finding.bad]
    if bad:
        names = ", ".join(finding.name for finding in bad)
        first = bad[0]
        return not_yet(
            f"{len(bad)} of {len(found.captures) + len(found.needs)} go wrong: {names}. "
            f"First: {first.name}: {first.words}. {HINTS[first.name]}"
        )
    return right(
        f"With {BUDGET:,.0f} coins none of {len(found.captures)} captures takes "
        f"{CAPTURED:.0%}, and honest people can work, enter, vote and repair. Each rule is held "
        "from both sides: every lock also keeps somebody honest out."
    )


HINTS = {
    "buy stake": "What share of the stake does the budget buy, by itself and with those who "
    "copy? Compare it with kappa, and with 1 - kappa.",
    "flood": "How many fakes displace enough good operators, and what do they cost in a row?",
    "bait": "Lazy validators copy what is paid today. They and the attacker's stake together may "
    "reach kappa; do they copy at all?",
    "free entry by loan": "How many tokens can be borrowed, and how many come to vote against? "
    "What if the votes for it had to reach a quorum?",
    "low kappa by loan": "How many tokens can be borrowed, and how many come to vote against? What "
    "if the votes for it had to reach a quorum?",
    "rest on old bonds": "Old bonds fade by a share alpha an epoch: what is left after 30?",
    "outage": "Silence supports nothing: how much stake is left to reach kappa?",
    "testing pays": "Who could copy holds 40% of the stake. If that reaches kappa, they agree "
    "among themselves; if the others alone do not, nothing goes without them. Else the lag "
    "decides.",
    "steady pay": "The larger alpha is, the more one noisy test decides.",
    "good newcomers": "Weights count once they are public.",
    "entry": "An operator earns an eighth of the operators' pay.",
    "honest votes": "The longer a vote is open, the more come.",
    "repairs": "A longer vote also delays who wants to mend something.",
}
