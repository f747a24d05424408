"""Links between machines, from a home uplink to the wires inside one server.

Rates are in bytes a second, as a program counts; providers print bits (8 bits are a byte). The
latency is what a message of no length takes from one machine to another: half a round trip.
"""

from __future__ import annotations

from dataclasses import dataclass

MBIT = 1e6 / 8  # bytes a second
GBIT = 1e9 / 8


@dataclass(frozen=True)
class Link:
    """latency_s: one way. up_bytes_s, down_bytes_s: sending and receiving, both at once.
    source: a key of book/references.bib."""

    id: str
    label: str
    latency_s: float
    up_bytes_s: float
    down_bytes_s: float
    source: str

    @property
    def both_ways_bytes_s(self) -> float:
        """What a node can pass on while it receives as much: the slower direction."""
        return min(self.up_bytes_s, self.down_bytes_s)


LINKS = {
    link.id: link
    for link in (
        Link("home", "Home, 20 Mb/s up", 0.035, 20 * MBIT, 100 * MBIT, "fcc2024"),
        Link("fast_home", "Fast home, 60 Mb/s up", 0.035, 60 * MBIT, 200 * MBIT, "epoch2025"),
        Link("internet", "Internet, 1 Gb/s", 0.035, GBIT, GBIT, "petals_readme"),
        Link("datacentre", "Data centre, 400 Gb/s", 5e-6, 400 * GBIT, 400 * GBIT, "llama3"),
        Link("nvlink", "Inside a server, NVLink", 1e-6, 450e9, 450e9, "nvlink"),
    )
}
