"""The marketplace: operators that serve one model from different places at different prices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .grid import PACE, TIME, on_grid
from .regions import REGIONS, RTT_MS

# How one server slows as it serves more at once: median milliseconds per output token of Qwen3-8B
# (fp8, vLLM 0.30.0, one H100) with this many requests of 2,048 + 2,048 tokens in flight.
# Source: tgarg01/silybench-data, derived/csv/perf_points.csv at commit 93e4887, workload
# balanced-2048-2048, column itl_median_ms, rounded to a microsecond. Licence CC BY 4.0.
MEASURED_MS_PER_TOKEN = {1: 4.796, 4: 5.319, 16: 7.217, 32: 9.811, 48: 12.252}
# At 48 that server still kept its latency goal (p99 first token within 2 s), at 56 it did not.
MEASURED_FULL = 48

# Dollars per million tokens, between the two offers for Qwen3-8B in the same data
# (Fireworks 0.20 in and 0.20 out; Alibaba 0.117 in and 0.455 out; September-October 2026).
PRICE_IN, PRICE_OUT = 0.15, 0.30

SLOWDOWNS = ("measured", "linear", "none")


def slowdown(share: float, kind: str = "measured") -> float:
    """How many times longer a token takes when `share` (0 to 1) of the slots are taken.

    "measured": the curve above, read at `share` of the 48 requests that filled that server, so
    that an operator with 4 slots slows, from empty to full, exactly as the measured one with 48.
    "linear": from 1 (empty) to 2 (full). "none": always 1.
    """
    if kind == "measured":
        users = max(1.0, share * MEASURED_FULL)
        counts, times = list(MEASURED_MS_PER_TOKEN), list(MEASURED_MS_PER_TOKEN.values())
        return float(np.interp(users, counts, times) / times[0])
    if kind == "linear":
        return 1.0 + share
    if kind == "none":
        return 1.0
    raise ValueError(f"slowdown must be one of {', '.join(SLOWDOWNS)}; got {kind!r}")


@dataclass(frozen=True)
class Operator:
    """One seller.

    region: index into REGIONS. slots: how many requests it serves at once.
    pace: seconds per output token with 1, 2, ... slots taken; length `slots`.
    price_in, price_out: dollars per million tokens. failure: chance that an attempt fails.
    """

    region: int
    slots: int
    pace: tuple[float, ...]
    price_in: float = PRICE_IN
    price_out: float = PRICE_OUT
    failure: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.region < len(REGIONS):
            raise ValueError(f"region must be 0 to {len(REGIONS) - 1}; got {self.region}")
        if self.slots < 1 or len(self.pace) != self.slots:
            raise ValueError(f"pace must hold one time for each of slots={self.slots}")
        if not all(0 < p < math.inf for p in self.pace):
            raise ValueError("pace must be positive and finite")
        if not (0 <= self.price_in < math.inf and 0 <= self.price_out < math.inf):
            raise ValueError("price_in and price_out must be finite and not negative")
        _between("failure", self.failure, 0, 1)

    @property
    def token_rate(self) -> float:
        """Output tokens per second with all slots taken."""
        return self.slots / self.pace[-1]


@dataclass(frozen=True)
class Market:
    """Operators, and the round-trip time in seconds from each region to each of them.

    slowdown: the kind of curve that they were made with; the central baseline takes the same.
    """

    operators: tuple[Operator, ...]
    rtt: tuple[tuple[float, ...], ...]  # [region][operator]
    slowdown: str = "none"

    def __post_init__(self) -> None:
        if not self.operators:
            raise ValueError("operators must hold at least one operator")
        if any(len(row) != len(self.operators) for row in self.rtt):
            raise ValueError("rtt must hold, for each region, one time for each operator")
        if not all(0 <= x < math.inf for row in self.rtt for x in row):
            raise ValueError("rtt must be finite and not negative")

    def __len__(self) -> int:
        return len(self.operators)

    @cached_property
    def token_rate(self) -> float:
        """Output tokens per second of all operators together, every slot taken."""
        return math.fsum(operator.token_rate for operator in self.operators)


def around_the_world(operators: Sequence[Operator], kind: str = "none") -> Market:
    """The market of these operators, with the measured round-trip times."""
    rows = on_grid(np.array(RTT_MS) / 1000, TIME)[:, [o.region for o in operators]]
    return Market(tuple(operators), tuple(map(tuple, rows.tolist())), kind)


def make_market(
    operators: int = 8,
    inequality: float = 0.5,
    failure: float = 0.0,
    seed: int = 0,
    slots: int = 4,
    slowdown_kind: str = "measured",
) -> Market:
    """A market drawn at random.

    operators: how many, 1 to 10,000. inequality: 0 (all alike but for the region) to 1: speed,
    slots and prices then range from half to twice the middle.
    failure: mean chance that an attempt fails, 0 to 0.5; operators differ in it as in the rest.
    slots: those of the middle operator. Raises ValueError naming what is out of range.
    """
    _whole("operators", operators, 1, 10_000)
    _between("inequality", inequality, 0, 1)
    _between("failure", failure, 0, 0.5)
    _whole("seed", seed, 0, 2**63 - 1)
    _whole("slots", slots, 1, 1024)
    rng = np.random.default_rng([seed, 1])
    regions = np.resize(rng.permutation(len(REGIONS)), operators)
    speed, size, price, luck = inequality * rng.uniform(-1, 1, (4, operators))
    base = MEASURED_MS_PER_TOKEN[1] / 1000 * np.exp2(-speed)
    count = np.maximum(1, np.rint(slots * np.exp2(size))).astype(int)
    # To a thousandth of a dollar, so that no last bit of exp2 decides who is cheapest.
    price_in, price_out = (np.rint(1000 * p * np.exp2(price)) / 1000 for p in (PRICE_IN, PRICE_OUT))
    curves: dict[int, np.ndarray] = {}
    made = []
    for j in range(operators):
        c = int(count[j])
        if c not in curves:
            curves[c] = np.array([slowdown(k / c, slowdown_kind) for k in range(1, c + 1)])
        made.append(
            Operator(
                region=int(regions[j]),
                slots=c,
                pace=tuple(on_grid(base[j] * curves[c], PACE).tolist()),
                price_in=float(price_in[j]),
                price_out=float(price_out[j]),
                failure=float(failure * (1 + luck[j])),
            )
        )
    return around_the_world(made, slowdown_kind)


def merge(market: Market, region: int, failure: float = 0.0) -> Market:
    """The central baseline: one provider with all slots of the market and one queue.

    Its speed is set so that all slots taken give the market's token rate; it slows with its
    share of taken slots as the operators do. Its price is the mean of the market's prices,
    weighted by token rate.
    """
    rates = [operator.token_rate for operator in market.operators]
    total = sum(operator.slots for operator in market.operators)
    curve = np.array([slowdown(k / total, market.slowdown) for k in range(1, total + 1)])
    pace = on_grid(curve / curve[-1] * (total / math.fsum(rates)), PACE)

    def mean(prices: list[float]) -> float:
        return math.fsum(p * r for p, r in zip(prices, rates, strict=True)) / math.fsum(rates)

    provider = Operator(
        region=region,
        slots=total,
        pace=tuple(pace.tolist()),
        price_in=mean([o.price_in for o in market.operators]),
        price_out=mean([o.price_out for o in market.operators]),
        failure=failure,
    )
    return around_the_world([provider], market.slowdown)


def _between(name: str, value: float, low: float, high: float) -> None:
    if not (isinstance(value, int | float | np.number) and low <= value <= high):
        raise ValueError(f"{name} must be {low} to {high}; got {value!r}")


def _whole(name: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ValueError(f"{name} must be a whole number; got {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be {low} to {high}; got {value!r}")
