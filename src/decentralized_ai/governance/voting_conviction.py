"""Conviction voting: support gains weight with the time that it stands; nobody votes against.

y(t+1) = a y(t) + x, and a proposal that asks for the share r of the common pool passes at
rho S / ((1 - a)(beta - r)^2): as in 1Hive's contract and its documentation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

BLOCK = 12 / 86_400  # days


@dataclass(frozen=True)
class Conviction:
    """half_life: days after which support has half of its full weight. limit: beta, the share of
    the pool that no proposal gets. least: conviction that the smallest proposal needs, as a share
    of what all active tokens can reach. active: of all tokens, what counts as active at least."""

    half_life: float
    limit: float
    least: float
    active: float

    @property
    def rho(self) -> float:
        return self.least * self.limit * self.limit

    def grown(self, days: float) -> float:
        """Of its full weight, what constant support has reached after that time."""
        return 1 - 0.5 ** (days / self.half_life)

    def threshold(self, request: float) -> float:
        """Of the full conviction of all active tokens; infinite from the limit on."""
        if request >= self.limit:
            return math.inf
        gap = self.limit - request
        return self.rho / (gap * gap)

    def staked(self, supply: float, supporting: float, elsewhere: float) -> float:
        """Tokens that count as active: those staked on any proposal, but at least a share."""
        return max(self.active * supply, supporting + elsewhere)

    def days(self, share: float, request: float) -> float:
        """How long that share of the active tokens has to stand; infinite if never."""
        part = self.threshold(request) / share if share else math.inf
        return -self.half_life * math.log2(1 - part) if part < 1 else math.inf


def recursion(stake: float, decay: float, steps: int, start: float = 0.0) -> float:
    """y(t+1) = a y(t) + x, step by step: the definition."""
    conviction = start
    for _ in range(steps):
        conviction = decay * conviction + stake
    return conviction


# BrightDAO's proposal of parameters (5 days, 4%, 3%); a fifth of the supply as in 1Hive's tests.
USUAL = Conviction(half_life=5.0, limit=0.04, least=0.03, active=0.2)
