"""Where a token's time goes when a model is cut over several machines.

A token is made in one pass through all stages, and the next pass cannot begin before it: the path
between the machines is walked once a token. Two paths are known from Petals (Borzunov et al. 2022).
"hub": the client sends to each server in turn and gets the answer back, two crossings a server; so
its code did when its benchmark was printed (commit 8dab37c, March 2023). "chain": each server hands
on to the next, one crossing a server and one back (since commit 158013a, July 2023).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

PATHS = ("chain", "hub")
SEGMENT_BYTES = 1460  # of TCP's payload in an Ethernet frame
FIRST_WINDOW = 10 * SEGMENT_BYTES  # what TCP sends before the first acknowledgement (RFC 6928)


@dataclass(frozen=True)
class Pass:
    """Seconds of one pass through the model, by what they are spent on. drafting: a small model's
    guesses, made beforehand."""

    compute: float
    queue: float = 0.0
    packing: float = 0.0
    wire: float = 0.0
    distance: float = 0.0
    drafting: float = 0.0

    @property
    def total(self) -> float:
        return math.fsum((self.compute, self.queue, self.drafting, self.network))

    @property
    def network(self) -> float:
        return math.fsum((self.packing, self.wire, self.distance))

    def shared_by(self, tokens: float) -> Pass:
        """The part of each, where one pass brings that many tokens."""
        return Pass(*(getattr(self, field.name) / tokens for field in fields(self)))


def crossings(stages: int, path: str) -> int:
    """How often a pass crosses the network between two machines. ValueError for another path."""
    if stages < 1 or path not in PATHS:
        raise ValueError(f"{stages} stages by path {path!r}: at least one, by {PATHS}")
    return 2 * stages if path == "hub" else stages + 1


def seconds_per_token(
    stages: int,
    compute_s: float,
    delay_s: float,
    bits_per_s: float,
    message_bytes: float,
    path: str = "chain",
    packing_s: float = 0.0,
) -> float:
    """Of a pipeline of `stages` that makes one token a pass.

    compute_s: of all stages together. delay_s: one way, on each crossing (half a round trip).
    bits_per_s, message_bytes: each crossing carries one message of that size. packing_s: for each
    stage, to pack a message and unpack it.
    """
    count = crossings(stages, path)
    return math.fsum(
        (
            compute_s,
            stages * packing_s,
            count * delay_s,
            count * wire_s(message_bytes, bits_per_s),
        )
    )


def wire_s(message_bytes: float, bits_per_s: float) -> float:
    """Seconds that a message keeps the line busy."""
    return 8.0 * message_bytes / bits_per_s


def transfer(
    message_bytes: float, rtt_s: float, bits_per_s: float, warm: bool = False
) -> tuple[float, float]:
    """Seconds from the first byte sent to the last one arrived, on a TCP connection that was idle:
    (what the distance takes, what the line takes).

    Slow start: ten segments, then a wait for their acknowledgement, then twice as many, and so on,
    until the line is never idle. A message of one window crosses in half a round trip and its time
    on the wire, as `seconds_per_token` has it; so does any on a warm line. No packet is lost.
    """
    if warm:
        return rtt_s / 2, wire_s(message_bytes, bits_per_s)
    left, window, waits = float(message_bytes), float(FIRST_WINDOW), 0
    while left > window and wire_s(window, bits_per_s) < rtt_s:
        left -= window
        window *= 2
        waits += 1
    return rtt_s / 2 + waits * rtt_s, wire_s(left, bits_per_s)


def transfer_s(message_bytes: float, rtt_s: float, bits_per_s: float) -> float:
    """Both parts of `transfer` together."""
    return math.fsum(transfer(message_bytes, rtt_s, bits_per_s))


def queue_s(compute_s: float, busy: float) -> float:
    """Mean wait of a pass at its servers, which other people's passes keep busy.

    Each server is a queue M/D/1: equal pieces of work, come at random, a share `busy` of its time.
    The wait is busy / (2 (1 - busy)) of a piece; the pieces of one pass add up to `compute_s`.
    """
    if not 0 <= busy < 1:
        raise ValueError(f"busy {busy}: from 0 to below 1")
    return compute_s * busy / (2 * (1 - busy))
