"""One proposal, the same holders, five rules: who votes with how much, and what passes.

A hundred million tokens at a dollar each. One holder, the proposer, is for the proposal; a thousand
others are against it, as far as they vote. That is the proposer's worst case: whoever passes a
proposal here passes it alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

TOKENS = 100_000_000  # at a dollar each
OTHERS = 1000
DELEGATES = 5  # the largest of the others
# Share of the votes cast that a proposal has to exceed, to (for) : (against) at the tie.
MAJORITIES = {50: 1.0, 60: 1.5, 67: 2.0, 75: 3.0}
TIE = 1e-12  # sums of square roots carry rounding: closer than this is equal

RULES = ("token", "account", "quadratic", "delegated", "conviction")


def exceeds(a: float, b: float) -> bool:
    """More than, ties aside: the same answer on every machine."""
    return a > b + TIE * abs(b)


def reaches(a: float, b: float) -> bool:
    """At least, ties included."""
    return a >= b - TIE * abs(b)


@lru_cache(maxsize=64)
def others(tokens: int, steep: float) -> tuple[int, ...]:
    """`tokens` among the OTHERS, the i-th in proportion to i^-steep, in whole tokens, largest
    first. Only products and square roots, which round alike everywhere; so `steep` is a multiple
    of one half."""
    if steep not in (0.0, 0.5, 1.0, 1.5):
        raise ValueError(f"steep must be 0, 0.5, 1 or 1.5; got {steep}")
    half, whole = steep % 1 == 0.5, int(steep)
    parts = [1 / (i**whole * (math.sqrt(i) if half else 1.0)) for i in range(1, OTHERS + 1)]
    total = math.fsum(parts)
    held = [math.floor(tokens * part / total) for part in parts]
    for i in range(tokens - sum(held)):  # what rounding left over: one token each
        held[i] += 1
    return tuple(held)


@dataclass(frozen=True)
class Tally:
    """Votes in the unit of a rule. own: the proposer's. extra: those that an attack added.
    against: what voted against. all: every vote there is, whether cast or not."""

    own: float
    extra: float
    against: float
    all: float

    @property
    def yes(self) -> float:
        return self.own + self.extra

    @property
    def share(self) -> float:
        """Of the votes cast."""
        return self.yes / (self.yes + self.against)


@dataclass(frozen=True)
class Vote:
    """The holders and the rules of the house; shares between 0 and 1, times in days.

    whale: of all tokens, the proposer's. turnout: of each other holder's votes (or of the other
    accounts), cast. majority: a key of MAJORITIES. quorum: of all votes that exist, those for the
    proposal that are needed at least. delegated: of the others' tokens, spoken for by the
    DELEGATES in equal parts, who always vote. wait: how long votes must have been held, 0 for not
    at all. request: of the common pool, what the proposal asks for (conviction voting only).
    account: dollars for one more account. ask: what a voter wants for a vote, of the tokens' worth.
    """

    whale: float = 0.1
    steep: float = 1.0
    turnout: float = 0.1
    majority: int = 50
    quorum: float = 0.0
    delegated: float = 0.3
    wait: float = 0.0
    request: float = 0.02
    account: float = 10.0
    ask: float = 0.01

    def __post_init__(self) -> None:
        for name in ("turnout", "delegated", "ask"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be a share from 0 to 1")
        if not 0 < self.whale < 1 or not 0 <= self.quorum < 1:
            raise ValueError("whale must be between 0 and 1, and quorum from 0 to below 1")
        if self.majority not in MAJORITIES or self.wait < 0 or self.account < 0:
            raise ValueError("an unknown majority, or a time or price below nought")

    @cached_property
    def own(self) -> int:
        """The proposer's tokens."""
        return round(self.whale * TOKENS)

    @cached_property
    def held(self) -> tuple[int, ...]:
        """The others' tokens, largest first."""
        return others(TOKENS - self.own, self.steep)

    @property
    def rest(self) -> int:
        """All the others' tokens."""
        return TOKENS - self.own

    @property
    def ratio(self) -> float:
        """Votes for, to one against, at the tie."""
        return MAJORITIES[self.majority]

    @cached_property
    def roots(self) -> tuple[float, ...]:
        """Square roots of the others' tokens."""
        return tuple(math.sqrt(tokens) for tokens in self.held)

    @cached_property
    def root_sum(self) -> float:
        return math.fsum(self.roots)

    @property
    def through(self) -> float:
        """Of the others' tokens, those that vote when a part is delegated."""
        return self.delegated + self.turnout * (1 - self.delegated)

    def alone(self, rule: str) -> Tally:
        """The vote without any attack. Not for conviction voting, which knows no votes against."""
        if rule == "token":
            return Tally(self.own, 0.0, self.turnout * self.rest, TOKENS)
        if rule == "account":
            return Tally(1.0, 0.0, self.turnout * OTHERS, 1.0 + OTHERS)
        if rule == "quadratic":
            own = math.sqrt(self.own)
            return Tally(own, 0.0, self.turnout * self.root_sum, own + self.root_sum)
        if rule == "delegated":
            return Tally(self.own, 0.0, self.through * self.rest, TOKENS)
        raise ValueError(f"no votes against under {rule}")

    def passes(self, tally: Tally) -> bool:
        """More than the majority of the votes cast, and as many as the quorum at least."""
        return exceeds(tally.yes, self.ratio * tally.against) and reaches(
            tally.yes, self.quorum * tally.all
        )

    def needed(self, tally: Tally) -> float:
        """Of the votes cast, the share at which it passes: above 1, if too few turn up."""
        most = self.ratio / (1 + self.ratio)
        return max(most, self.quorum * tally.all / (tally.yes + tally.against))
