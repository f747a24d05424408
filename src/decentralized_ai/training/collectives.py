"""How long n nodes take to add up an array that each of them holds.

The alpha-beta model: a message of s bytes takes alpha + s/B seconds. All links have the latency
alpha; everybody works in step (Thakur, Rabenseifner and Gropp 2005, section 3). Adding numbers up
takes no time here. The tests play each scheme message by message and find the same seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from .splitting import smallest_time

SCHEMES = ("ring", "tree", "server", "all_to_all", "butterfly", "weighted", "bucket")
# What adds up on the way needs all messages to hold the same numbers; these only collect.
COLLECTING = ("all_to_all", "bucket")


@dataclass(frozen=True)
class Exchange:
    """Seconds of one exchange: waiting for messages to arrive, and for their bytes to pass."""

    latency_s: float
    bandwidth_s: float

    @property
    def total_s(self) -> float:
        return self.latency_s + self.bandwidth_s


def exchange(
    scheme: str,
    nodes: int,
    size: float,
    latency_s: float,
    up: float,
    down: float | None = None,
    slow: float = 1.0,
) -> Exchange:
    """One exchange of `size` bytes a node, at `up` and `down` bytes a second (down = up if None).

    The link of one node, a leaf of the tree and a client of the server, is `slow` times slower,
    both ways. What a node receives it has to pass on, so that in all schemes but the last two its
    slower direction counts.

    ring: the array in n pieces, round a ring twice: 2(n-1) messages of size/n.
    tree: up a binomial tree and down again: 2 ceil(log2 n) messages of the whole array.
    server: everybody sends all to one node, which adds and sends all back: its link is shared.
    all_to_all: everybody sends all to everybody, each over its one link.
    butterfly: each node adds up one of n equal pieces: it gets that piece from all, and returns the
        sum while it still receives.
    weighted: the same, but the pieces are as large as the links allow (training/splitting.py).
    bucket: everybody uploads once to a store that never waits, then downloads all the others'.

    Raises ValueError for an unknown scheme, less than one node, or numbers that no link has.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"no scheme {scheme!r}: one of {', '.join(SCHEMES)}")
    if nodes < 1:
        raise ValueError(f"an exchange needs nodes; got {nodes}")
    rates = (up, up if down is None else down)
    if not (size >= 0 and latency_s >= 0 and slow >= 1 and min(rates) > 0):
        raise ValueError(
            "an exchange needs a size and a latency of 0 or more, rates above 0, slow of 1 or more"
        )
    if nodes == 1:
        return Exchange(0.0, 0.0)
    down = up if down is None else down
    whole = size / min(up, down)
    others, late = nodes - 1, slow * whole  # late: seconds for the whole array on the slow link
    if scheme == "ring":
        return Exchange(2 * others * latency_s, 2 * others * late / nodes)
    if scheme == "tree":
        levels = others.bit_length()
        return Exchange(2 * levels * latency_s, 2 * ((levels - 1) * whole + late))
    if scheme == "all_to_all":
        return Exchange(latency_s, others * late)
    if scheme == "butterfly":
        return Exchange(2 * latency_s, 2 * others * late / nodes)
    if scheme == "weighted":
        return Exchange(2 * latency_s, whole * smallest_time(others, 1 / slow))
    if scheme == "server":
        shared = max(others * size / down, slow * size / up)
        return Exchange(2 * latency_s, shared + max(others * size / up, slow * size / down))
    return Exchange(2 * latency_s, slow * (size / up + others * size / down))


def all_reduce_s(
    scheme: str, nodes: int, size: float, latency_s: float, bytes_per_s: float
) -> float:
    """Seconds until every node holds the sum of all the arrays of `size` bytes; 0 for one node."""
    return exchange(scheme, nodes, size, latency_s, bytes_per_s).total_s
