"""Links between machines, from a home uplink to the wires inside one server.

Rates are in bytes a second, as a program counts; providers print bits (8 bits are a byte). The
latency is what a message of no length takes from one machine to another, one way. None of the
sources prints it. Light in glass covers about 200 km a millisecond: we assume 35 ms across a
continent (7,000 km) and 50 ms across an ocean (10,000 km). In a data centre we assume 5
microseconds; a hop between TPUs takes about 1 (scaling book, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass

MBIT = 1e6 / 8  # bytes a second
GBIT = 1e9 / 8
CONTINENT, OCEAN, HALL, BOARD = 0.035, 0.050, 5e-6, 1e-6  # seconds, one way


@dataclass(frozen=True)
class Link:
    """latency_s: one way. up_bytes_s, down_bytes_s: sending and receiving, both at once.
    source: a key of book/references.bib, for the two rates."""

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
        Link("slow_home", "Home: 10 Mb/s up, 100 down", CONTINENT, 10 * MBIT, 100 * MBIT, "distro"),
        Link("home", "Home: 20 Mb/s up, 100 down", CONTINENT, 20 * MBIT, 100 * MBIT, "fcc2024"),
        Link("fast_home", "Home: 60 Mb/s up", CONTINENT, 60 * MBIT, 200 * MBIT, "epoch2025"),
        Link("peer", "Server: 110 Mb/s up, 500 down", OCEAN, 110 * MBIT, 500 * MBIT, "covenant72b"),
        Link("world", "Across oceans: 500 Mb/s", OCEAN, 500 * MBIT, 500 * MBIT, "intellect1"),
        Link(
            "peer8",
            "Server: 880 Mb/s up, 4 Gb/s down",
            OCEAN,
            8 * 110 * MBIT,
            8 * 500 * MBIT,
            "covenant72b",
        ),
        Link("gigabit", "Internet: 1 Gb/s", CONTINENT, GBIT, GBIT, "petals_readme"),
        Link("country", "Across a country: 4 Gb/s", CONTINENT, 4 * GBIT, 4 * GBIT, "intellect1"),
        Link("hall", "Data centre: 400 Gb/s", HALL, 400 * GBIT, 400 * GBIT, "llama3"),
        Link("tpu", "Between TPU v5p chips: 180 GB/s", BOARD, 180e9, 180e9, "scaling_book"),
        Link("nvlink", "Inside a server: NVLink, 450 GB/s", BOARD, 450e9, 450e9, "mlperf_h200"),
    )
}
