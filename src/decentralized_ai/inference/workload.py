"""The requests: when they come, from where, and how long they are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .grid import LONGEST, TIME, WORK, on_grid
from .operators import Market, _between, _whole
from .regions import REGIONS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# A prompt token is read about 200 times faster than an output token is written: 2,048 of them
# took 50.7 ms (p99), one output token 4.8 ms, on the server of operators.py with one user.
READ_FASTER = 200

# Median tokens, and standard deviation of their logarithm, of 19,366 conversation requests to one
# production service, November 2023: Azure/AzurePublicDataset, data/AzureLLMInferenceTrace_conv.csv
# at commit 79092101, CC BY 4.0 (Patel et al. 2024). A lognormal is smoother than that trace and
# its longest answers are longer (99%: 950 tokens against 601).
PROMPT_MEDIAN, PROMPT_SIGMA = 1020, 0.99
OUTPUT_MEDIAN, OUTPUT_SIGMA = 129, 0.86
LONGEST_PROMPT, LONGEST_OUTPUT = 32_768, 4_096

# Bursts: a fifth of the time the rate is 3 times its mean, else half of it, so that three fifths
# of the requests come in bursts. A calm and a burst together bring 200 requests on average.
BURST_SHARE, BURST_RATE, CYCLE = 0.2, 3.0, 200
CALM_RATE = (1 - BURST_SHARE * BURST_RATE) / (1 - BURST_SHARE)


@dataclass(frozen=True)
class Workload:
    """Requests in order of arrival; every array has one entry for each.

    time: arrival, s. region: of the client, index into REGIONS. prompt, output: tokens.
    work: what an operator has to do, in output tokens. first: the part before the first token is
    out. load: offered load, or NaN where it is not known.
    """

    time: Floats
    region: Ints
    prompt: Ints
    output: Ints
    work: Floats
    first: Floats
    load: float

    def __len__(self) -> int:
        return len(self.time)

    def __post_init__(self) -> None:
        n = len(self.time)
        if n == 0:
            raise ValueError("time must hold at least one request")
        for name in ("region", "prompt", "output", "work", "first"):
            if len(getattr(self, name)) != n:
                raise ValueError(f"{name} must hold {n} entries, one for each request")
        if not (self.time[0] >= 0 and np.all(np.diff(self.time) >= 0) and self.time[-1] < LONGEST):
            raise ValueError(f"time must ascend from 0 or later and stay below {LONGEST:.0f} s")
        if not (np.all(self.work > 0) and np.all(np.isfinite(self.work))):
            raise ValueError("work must be positive and finite")
        if not (np.all(self.first > 0) and np.all(self.first <= self.work)):
            raise ValueError("first must be positive and at most work")


def mean_work() -> float:
    """Expected work of a request in output tokens (the mean of a lognormal, cuts neglected)."""
    prompt = PROMPT_MEDIAN * math.exp(PROMPT_SIGMA**2 / 2)
    output = OUTPUT_MEDIAN * math.exp(OUTPUT_SIGMA**2 / 2)
    return float(on_grid(output + prompt / READ_FASTER, WORK))


def capacity(market: Market) -> float:
    """Requests per second that the market serves with every slot taken, slowdown included."""
    return market.token_rate / mean_work()


def make_workload(
    market: Market,
    load: float = 0.7,
    requests: int = 1500,
    arrivals: str = "poisson",
    seed: int = 0,
) -> Workload:
    """Random requests at an offered `load`: their mean rate is `load` times capacity(market).

    load: 0.01 to 2. requests: 1 to 10,000,000. arrivals: "poisson" or "bursty" (a Markov-modulated
    Poisson process of two states). Lengths are lognormal; clients are spread evenly over REGIONS.
    The same seed draws the same lengths and places whatever the load. Raises ValueError.
    """
    _between("load", load, 0.01, 2)
    _whole("requests", requests, 1, 10_000_000)
    _whole("seed", seed, 0, 2**63 - 1)
    if arrivals not in ("poisson", "bursty"):
        raise ValueError(f"arrivals must be poisson or bursty; got {arrivals!r}")
    rng = np.random.default_rng([seed, 2])
    steady = np.cumsum(on_grid(rng.exponential(size=requests), TIME))  # one request a time unit
    prompt = _lognormal(rng, PROMPT_MEDIAN, PROMPT_SIGMA, LONGEST_PROMPT, requests)
    output = _lognormal(rng, OUTPUT_MEDIAN, OUTPUT_SIGMA, LONGEST_OUTPUT, requests)
    region = rng.integers(0, len(REGIONS), requests)
    if arrivals == "bursty":
        steady = _in_bursts(rng, steady)
    time = on_grid(steady / (load * capacity(market)), TIME)
    read = on_grid(prompt / READ_FASTER, WORK)
    return Workload(time, region, prompt, output, read + output, read + 1.0, float(load))


def _lognormal(
    rng: np.random.Generator, median: float, sigma: float, most: int, count: int
) -> Ints:
    draws = median * np.exp(sigma * rng.standard_normal(count))
    return np.clip(np.rint(draws), 1, most).astype(np.int64)


def _in_bursts(rng: np.random.Generator, steady: Floats) -> Floats:
    """Bends steady time: the same requests, closer together in bursts, further apart between."""
    cycles = int(steady[-1] / CYCLE * 1.5) + 20
    lengths = np.empty(2 * cycles)
    lengths[0::2] = rng.exponential(CYCLE * (1 - BURST_SHARE), cycles)
    lengths[1::2] = rng.exponential(CYCLE * BURST_SHARE, cycles)
    rates = np.tile([CALM_RATE, BURST_RATE], cycles)
    clock = np.concatenate([[0.0], np.cumsum(lengths)])
    expected = np.concatenate([[0.0], np.cumsum(lengths * rates)])
    while expected[-1] <= steady[-1]:  # the last state simply goes on
        clock = np.append(clock, clock[-1] + CYCLE)
        expected = np.append(expected, expected[-1] + CYCLE * CALM_RATE)
    return np.interp(steady, expected, clock)
