"""The network that is captured and tuned in the lab "Run the network's politics".

Everything about it that is not a rule is fixed and stands here, in the open. Money is counted in
coins, stake and votes in tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from numbers import Real
from typing import Any

from ..governance.voting import Tally, Vote
from .attempt import Wrong, short

# Who is there. Five validators test; two are lazy: they copy as long as that pays.
TESTING = (1900, 1500, 1200, 900, 500)  # tokens of stake
LAZY = (2300, 1700)
STAKED = sum(TESTING) + sum(LAZY)
SUPPLY = 30_000  # tokens that can vote
OPERATORS = 8
CHANGE = 0.08  # in each epoch, the chance that an operator becomes better or worse
HONEST, FAKE = 1.0, 0.15  # qualities: of a good operator, and of one that runs a tiny model

# What things cost.
POOL = 20_000  # tokens, and as many coins: where tokens are bought
LENT = 6_000  # tokens that others lend
FLASH = 0.0005  # for a loan that is paid back in the same block, a share of it
DAY = 0.005  # interest a day, a share of the loan
OPERATORS_PAY = 20.0  # coins an epoch, for all operators together

CAPTURED = 0.25  # share of the operators' pay that goes to operators who do nothing for it
BUDGET = 5_000.0  # coins

BOUNDS: dict[str, tuple[float, float]] = {
    "kappa": (0.05, 0.95),
    "alpha": (0.005, 1.0),
    "lag": (0, 40),
    "quorum": (0.0, 0.9),
    "delay": (0, 30),
    "registration": (0, 1000),
}
WHOLE = ("lag", "delay")
MEANING = {
    "kappa": "of the stake has to support a weight",
    "alpha": "of a bond is new in each epoch",
    "lag": "epochs until weights are public",
    "quorum": "of all tokens has to vote for a proposal",
    "delay": "days that a proposal is open",
    "registration": "coins for the first new operator of a day",
}
UNITS = {
    "kappa": "a share of the stake",
    "alpha": "a share of each new bond",
    "lag": "whole epochs",
    "quorum": "a share of all tokens",
    "delay": "whole days",
    "registration": "coins",
}


@dataclass(frozen=True)
class Network:
    """Its rules.

    kappa: share of stake that has to support a weight. alpha: share of a new bond in the average.
    lag: epochs until weights are public. quorum: share of all tokens that has to vote for a
    proposal, besides more for it than against. delay: days that a proposal is open; loans have to
    last as long. registration: coins for the first new operator of a day; each further one costs
    twice as much as the one before.
    """

    kappa: float = 0.25
    alpha: float = 0.02
    lag: int = 0
    quorum: float = 0.05
    delay: int = 0
    registration: float = 40.0

    def __repr__(self) -> str:
        lines = [f"{name:<12} {getattr(self, name):>6g}  {MEANING[name]}" for name in BOUNDS]
        return "\n".join(lines)

    def change(self, **rules: Any) -> Network:
        """The same network with some rules changed."""
        return replace(self, **rules).checked()

    def checked(self) -> Network:
        """This network; Wrong, in words, if a rule cannot be what it is."""
        for name in BOUNDS:
            check_rule(name, getattr(self, name))
        return self


@dataclass(frozen=True)
class Plan:
    """What an attacker does, in this order.

    stake: tokens bought and staked. borrow: tokens borrowed for a vote. propose: one rule and what
    it shall become, such as {"kappa": 0.1}. operators: how many it registers; each takes the place
    of a good one. bait: whether they do good work until they are trusted.
    """

    stake: float = 0
    borrow: float = 0
    propose: Mapping[str, Any] | None = None
    operators: int = 1
    bait: bool = False


def check_rule(name: str, value: Any) -> None:
    """Wrong if there is no such rule, or if it cannot have this value."""
    if name not in BOUNDS:
        raise Wrong(f"There is no rule {name!r}; the rules are {', '.join(BOUNDS)}.")
    low, high = BOUNDS[name]
    number = not isinstance(value, bool) and isinstance(value, Real) and isfinite(value)
    if not number or (name in WHOLE and value != int(value)):
        raise Wrong(f"{name} is a number ({UNITS[name]}); this is {short(value)}.")
    if not low <= value <= high:
        raise Wrong(f"{name} goes from {low:g} to {high:g} ({UNITS[name]}); this is {value:g}.")


def price(tokens: float) -> float:
    """Coins for so many tokens, from a pool in which tokens times coins stay the same."""
    return tokens * POOL / (POOL - tokens)


def affordable(coins: float) -> float:
    """Tokens for so many coins: the other way round."""
    return coins * POOL / (POOL + coins)


def interest(tokens: float, days: int) -> float:
    """Coins for a loan over a vote of so many days; 0 days are one block."""
    return tokens * (FLASH if days == 0 else DAY * days)


def registering(operators: int, first: float) -> float:
    """Coins for so many new operators on one day: first * (1 + 2 + 4 + ...)."""
    return first * (2**operators - 1)


def awake(days: int) -> float:
    """Tokens that come to an honest vote of so many days: word spreads. Half of them also notice
    an attack, and vote against it."""
    return SUPPLY * (10 + 3 * min(days, 10)) / 100


def passes(yes: float, against: float, quorum: float) -> bool:
    """One token one vote: more for than against, and as many for it as the quorum at least."""
    return Vote(quorum=quorum).passes(Tally(yes, 0.0, against, SUPPLY))
