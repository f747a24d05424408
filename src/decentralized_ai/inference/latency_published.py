"""What Petals measured, the three constants read off it, and what follows for the other cells.

Table "Benchmarks" of Petals' README at commit 8dab37c (13 March 2023): BLOOM-176B in 8 bits, 70
blocks, hidden states of 14,336 numbers. Its own benchmark scripts (at commit 22afba6) average the
speed over a whole sequence, from its first token to its last, and run the forward pass on sequences
of 128 tokens. The offloading rows agree with 128: see `offloading_work_s`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .latency import crossings, seconds_per_token, transfer_s, wire_s

WIDTH, BLOCKS, SERVERS = 14_336, 70, 3
BYTES = 1  # a number of a hidden state, sent in 8 bits
PACKING_S = 0.018  # for each server: Petals' route planner counts it (commit 22afba6)
NEAR_S = 0.005  # the table says "< 5 ms"
BATCH_TOKENS = 1024  # the client cuts a batch into pieces of that many tokens (commit 8dab37c)
FORWARD_TOKENS = 128
WEIGHT_BITS = 176e9 * 8
NO_ROUND_TRIP = "this row of the table gives no round trip"


@dataclass(frozen=True)
class Row:
    """A network, and what was measured on it: steps/s at sequences of 128 and of 2,048 tokens,
    tokens/s of a forward pass on 1 and on 64 sequences. rtt_s: None where the table has none."""

    bits_per_s: float
    rtt_s: float | None
    steps: tuple[float, float]
    forward: tuple[float, float]


THREE_SERVERS = (
    Row(1e9, NEAR_S, (1.71, 1.54), (70.0, 253.6)),
    Row(1e8, NEAR_S, (1.66, 1.49), (56.4, 182.0)),
    Row(1e8, 0.100, (1.23, 1.11), (19.7, 112.2)),
)
REAL_SERVERS = Row(1e8, None, (0.83, 0.79), (32.6, 179.4))  # 14 of them, 100 to 1,000 Mbit/s
OFFLOADING = (
    Row(256e9, None, (0.18, 0.18), (2.7, 170.3)),
    Row(128e9, None, (0.09, 0.09), (2.4, 152.8)),
)
LENGTHS, BATCHES = (128, 2048), (1, 64)


@dataclass(frozen=True)
class Machines:
    """Seconds that all stages together compute in a pass: `base` for one token with nothing before
    it, `context` more for each token before it, `extra` for each further token of the same pass."""

    base_s: float
    context_s: float
    extra_s: float

    def compute_s(self, tokens: float, context: float) -> float:
        return math.fsum((self.base_s, self.context_s * context, self.extra_s * (tokens - 1)))


def network_s(row: Row, rtt_s: float, path: str, servers: int = SERVERS) -> float:
    """Of one pass with one token."""
    return seconds_per_token(
        servers, 0.0, rtt_s / 2, row.bits_per_s, WIDTH * BYTES, path, PACKING_S
    )


def calibrated(path: str = "hub") -> Machines:
    """The three constants, from three cells of the first row (1 Gbit/s, below 5 ms)."""
    row = THREE_SERVERS[0]
    short, long = (1 / steps - network_s(row, NEAR_S, path) for steps in row.steps)
    context = (long - short) / (LENGTHS[1] / 2 - LENGTHS[0] / 2)
    base = short - context * LENGTHS[0] / 2
    bare = Machines(base, context, 0.0)
    left = FORWARD_TOKENS / row.forward[0] - forward_s(bare, row, 1)
    return Machines(base, context, left / (FORWARD_TOKENS - 1))


def steps_per_s(
    machines: Machines,
    row: Row,
    length: int,
    path: str,
    rtt_s: float | None = None,
    servers: int = SERVERS,
) -> float:
    """Tokens a second, one sequence, averaged from its first token to its last."""
    rtt = row.rtt_s if rtt_s is None else rtt_s
    if rtt is None:
        raise ValueError(NO_ROUND_TRIP)
    return 1 / (machines.compute_s(1, length / 2) + network_s(row, rtt, path, servers))


def forward_s(
    machines: Machines, row: Row, batch: int, rtt_s: float | None = None, servers: int = SERVERS
) -> float:
    """Seconds of a forward pass of `batch` sequences; the client stands between any two servers.

    The batch goes in pieces, as in a factory: the first piece through all, and each further one
    after what takes longest, a server or the client's own line (all servers' inputs go through it).
    """
    rtt = row.rtt_s if rtt_s is None else rtt_s
    if rtt is None:
        raise ValueError(NO_ROUND_TRIP)
    pieces = max(1, batch * FORWARD_TOKENS // BATCH_TOKENS)
    tokens = batch * FORWARD_TOKENS // pieces
    message = tokens * WIDTH * BYTES
    count = crossings(servers, "hub")
    work = machines.compute_s(tokens, 0)
    first = math.fsum((work, servers * PACKING_S, count * transfer_s(message, rtt, row.bits_per_s)))
    slowest = max(work / servers, servers * wire_s(message, row.bits_per_s))
    return first + (pieces - 1) * slowest


def tokens_per_s(
    machines: Machines, row: Row, batch: int, rtt_s: float | None = None, servers: int = SERVERS
) -> float:
    """Of that forward pass."""
    return batch * FORWARD_TOKENS / forward_s(machines, row, batch, rtt_s, servers)


def offloading_s(row: Row) -> float:
    """Seconds in which all weights cross to the GPU once: the least that a pass can take."""
    return WEIGHT_BITS / row.bits_per_s


def offloading_work_s() -> float:
    """Seconds besides, in a forward pass with offloading, from the cell of 64 sequences at
    256 Gbit/s. The other three cells then follow, with sequences of 128 tokens; why one sequence
    should take as long as 64 the table does not say."""
    row = OFFLOADING[0]
    return BATCHES[1] * FORWARD_TOKENS / row.forward[1] - offloading_s(row)
