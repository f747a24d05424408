"""Who adds up how much, when links are not equal.

In a butterfly all-reduce node i adds up the share w_i of the array. It sends the other shares of
its own array away, 1 - w_i, and returns its sums to n - 1 nodes: in all 1 + (n-2) w_i, and it
receives as much. With bandwidth b_i (arrays a second) the exchange takes

    t = max over i of (1 + (n-2) w_i) / b_i,     w_i >= 0,  w_1 + ... + w_n = 1.

This is the objective of hivemind's load balancing (learning-at-home/hivemind,
averaging/load_balancing.py), which solves it as a linear programme. There is a shorter way. No t
can be smaller than two bounds:

- the slowest node has to send its own array away: t >= 1 / b_i for every i;
- all nodes together send 2n - 2 arrays: t (b_1 + ... + b_n) >= n + (n-2) = 2n - 2.

And the larger of the two can be reached: at that t node i has time to add up a share of
(t b_i - 1) / (n-2), which is never negative (first bound), and these add up to at least 1 (second).
A node without bandwidth of its own (b_i = 0) only takes part as a client, and is not waited for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def time_of(shares: Sequence[float] | Floats, bandwidths: Sequence[float] | Floats) -> float:
    """Seconds of an exchange with these shares; bandwidths in arrays a second."""
    n = len(bandwidths)
    return max((1 + (n - 2) * w) / b for w, b in zip(shares, bandwidths, strict=True) if b > 0)


def least_time(bandwidths: Sequence[float] | Floats) -> float:
    """The smallest time that any shares can reach: the larger of the two bounds above.

    Raises ValueError for fewer than two nodes, for what is no bandwidth, or for none at all.
    """
    usable = all(0 <= b < math.inf for b in bandwidths)  # false for nan too
    if len(bandwidths) < 2 or not usable or max(bandwidths) <= 0:
        raise ValueError(f"need two or more bandwidths >= 0, not all zero; got {bandwidths}")
    giving = [float(b) for b in bandwidths if b > 0]
    return max(1 / min(giving), (len(giving) + len(bandwidths) - 2) / math.fsum(giving))


def smallest_time(equal: int, slow: float) -> float:
    """The same for `equal` nodes with bandwidth 1 and one more with `slow` <= 1, without a list."""
    return max(1 / slow, 2 * equal / (equal + slow))


def shares(bandwidths: Sequence[float] | Floats) -> Floats:
    """Shares of shape (n,) that reach `least_time`: each node's room at that time, scaled to 1."""
    t, n = least_time(bandwidths), len(bandwidths)
    room = np.asarray(bandwidths, dtype=np.float64)
    if n > 2:
        room = np.maximum(t * room - 1, 0.0) * (room > 0)
    return room / math.fsum(room)


def whole_parts(size: int, wanted: Sequence[float] | Floats, least: int = 0) -> list[int]:
    """`size` numbers handed out in the proportions `wanted`: whole parts, largest remainders first.

    A part smaller than `least` is not worth its messages: it goes to the others, if there are any.
    """
    exact = _scaled(size, wanted)
    if max(exact) >= least:
        exact = _scaled(size, [part if part >= least else 0.0 for part in exact])
    parts = [math.floor(part) for part in exact]
    last = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
    for i in last[: size - sum(parts)]:
        parts[i] += 1
    return parts


def _scaled(size: int, wanted: Sequence[float] | Floats) -> list[float]:
    total = math.fsum(wanted)
    return [size * float(w) / total for w in wanted]
