"""Published sizes of compressed messages, and the same sizes by our own count."""

from __future__ import annotations

from dataclasses import dataclass

from .compress_bits import bits_for

GB, MB = 1e9, 1e6
CHUNK = 64 * 64


@dataclass(frozen=True)
class Published:
    """what: one figure of a source. figure, ours: in `unit`. source: a key of references.bib.
    count: how ours comes about, in words. assumed: what of it no source that we read
    says, and was chosen to fit the figure; else empty."""

    id: str
    what: str
    figure: float
    ours: float
    unit: str
    source: str
    count: str
    assumed: str = ""

    @property
    def error(self) -> float:
        """Relative."""
        return self.ours / self.figure - 1


def sparse_ratio(kept: int, of: int, value_bits: float, place_bits: float) -> float:
    """How many times smaller than float32 a message of the kept values and their places is."""
    return of * 32 / (kept * (value_bits + place_bits))


DISTRO_WEIGHTS, DISTRO_NODES, DISTRO_MESSAGE = 1.2e9, 32, 2.8 * MB
# What its baseline would receive on a ring that adds, GB.
RING = 2 * (DISTRO_NODES - 1) / DISTRO_NODES * DISTRO_WEIGHTS * 2 / GB

PUBLISHED = {
    item.id: item
    for item in (
        Published(
            "distro_plain",
            "DisTrO's baseline, received by each of 32 nodes in a step",
            74.4,
            (DISTRO_NODES - 1) * DISTRO_WEIGHTS * 2 / GB,
            "GB",
            "distro",
            f"31 gradients of 1.2 billion values, 2 bytes each; a ring would bring {RING:.3g}",
        ),
        Published(
            "distro",
            "DisTrO, received by each of 32 nodes in a step",
            86.8,
            (DISTRO_NODES - 1) * DISTRO_MESSAGE / MB,
            "MB",
            "distro",
            "31 messages of 2.8 MB",
        ),
        Published(
            "distro_ratio",
            "DisTrO, received in a step against its baseline",
            857,
            DISTRO_WEIGHTS * 2 / DISTRO_MESSAGE,
            "times less",
            "distro",
            "2.4 GB over 2.8 MB",
        ),
        Published(
            "distro_down",
            "DisTrO, download of a step at 100 Mb/s",
            6.94,
            (DISTRO_NODES - 1) * DISTRO_MESSAGE * 8 / 100e6,
            "s",
            "distro",
            "31 messages of 2.8 MB",
        ),
        Published(
            "distro_up",
            "DisTrO, upload of a step at 10 Mb/s",
            2.24,
            DISTRO_MESSAGE * 8 / 10e6,
            "s",
            "distro",
            "one message of 2.8 MB",
        ),
        Published(
            "demo",
            "DeMo, sent by each GPU against AdamW",
            85,
            sparse_ratio(32, CHUNK, 32, 16),
            "times less",
            "demo2024",
            "32 of 4,096 values, assumed to take 6 bytes each, place included",
            "6 bytes a value",
        ),
        Published(
            "covenant",
            "Covenant-72B's message against a dense gradient",
            146,
            sparse_ratio(64, CHUNK, 2, bits_for(CHUNK)),
            "times smaller",
            "covenant_post",
            "64 of 4,096 values at 2 bits and a place of 12 bits",
        ),
        Published(
            "signsgd",
            "signSGD against full precision",
            32,
            32 / 1,
            "times less",
            "signsgd_vote",
            "1 bit for 32, no scales",
        ),
        Published(
            "dgc",
            "Deep Gradient Compression's message for ResNet-50",
            0.35,
            97 / 4 * 0.001 * (4 + 4),
            "MB",
            "dgc",
            "a thousandth of 97 MB at 4 bytes, and 4 for each place",
        ),
    )
}

# What the same systems' numbers give when they are counted in another way.
BESIDE: dict[str, dict[str, float]] = {
    "distro_plain": {
        "ring": RING,
        "ring_less": 2 * DISTRO_WEIGHTS * 2 / (DISTRO_NODES * DISTRO_MESSAGE),  # times
    },
    "demo": {"as_coded": sparse_ratio(32, CHUNK, 32, 64)},  # places as int64, as demo.py sends them
}
