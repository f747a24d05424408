"""How long n nodes take to add up an array that each of them holds, and what each one sends.

The alpha-beta model: a message of s bytes takes alpha + s/B seconds. All links have the latency
alpha and the bandwidth B in each direction at once; everybody works in step (Thakur, Rabenseifner
and Gropp 2005, section 3).
"""

from __future__ import annotations

SCHEMES = ("ring", "tree", "server", "all_to_all")


def all_reduce_s(
    scheme: str, nodes: int, size: float, latency_s: float, bytes_per_s: float
) -> float:
    """Seconds until every node holds the sum of all the arrays of `size` bytes; 0 for one node.

    ring: the array in n pieces, round a ring twice: 2(n-1) messages of size/n.
    tree: up a binomial tree and down again: 2 ceil(log2 n) messages of the whole array.
    server: everybody sends all to one node, which adds and sends all back: its link is shared.
    all_to_all: everybody sends all to everybody, each over one link of its own.
    """
    if nodes == 1:
        return 0.0
    whole = size / bytes_per_s
    if scheme == "ring":
        return 2 * (nodes - 1) * (latency_s + whole / nodes)
    if scheme == "tree":
        return 2 * (nodes - 1).bit_length() * (latency_s + whole)
    if scheme == "server":
        return 2 * (latency_s + (nodes - 1) * whole)
    if scheme == "all_to_all":
        return latency_s + (nodes - 1) * whole
    raise ValueError(f"no scheme {scheme!r}: one of {', '.join(SCHEMES)}")
