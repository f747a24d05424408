"""One synchronous round of training: everybody computes, everybody exchanges, then the next round.

A round is `every` steps of computing and one exchange. Ordinary data parallelism exchanges after
every step; methods that communicate little do it after 30, 100 or 500.
"""

from __future__ import annotations

from dataclasses import dataclass

from .collectives import COLLECTING, Exchange, exchange
from .links import Link

# Bits a parameter, of what a node sends in one exchange.
BITS = {
    "fp32": 32.0,
    "bf16": 16.0,
    "int8": 8.0,
    "int4": 4.0,
    # SparseLoCo: 64 of each 4,096 values, 2 bits each and 12 for its place (covenant72b, 2.1, 4.1)
    "sparse": 64 / 4096 * (2 + 12),
    # DisTrO: 2.8 MB of a model of 1.2 billion (distro, 3.1)
    "distro": 2.8e6 * 8 / 1.2e9,
}
SPARSE = ("sparse", "distro")  # every node sends other places: they cannot be added up on the way
BACKWARD = 2 / 3  # of a step's operations: 4 N D of 6 N D; gradients come out of it one by one


def compute_s(parameters: float, tokens: float, flops_per_s: float, utilisation: float) -> float:
    """Seconds in which a node trains on `tokens`: 6 N D operations at the speed it reaches.

    utilisation: the share of the peak rate that the training reaches, 0 to 1 (MFU).
    """
    return 6 * parameters * tokens / (flops_per_s * utilisation)


@dataclass(frozen=True)
class Round:
    """Seconds. hidden_s: of the exchange, behind computing that goes on meanwhile."""

    compute_s: float
    latency_s: float
    bandwidth_s: float
    hidden_s: float

    @property
    def exchange_s(self) -> float:
        return self.latency_s + self.bandwidth_s

    @property
    def wait_s(self) -> float:
        return self.exchange_s - self.hidden_s

    @property
    def total_s(self) -> float:
        return self.compute_s + self.wait_s

    @property
    def share(self) -> float:
        """Of the time, how much the machines compute: their utilisation, by this count."""
        return self.compute_s / self.total_s

    @property
    def bottleneck(self) -> str:
        """Where most of the time goes: "compute", "latency" or "bandwidth"."""
        if self.wait_s <= self.compute_s:
            return "compute"
        return "latency" if self.latency_s > self.bandwidth_s else "bandwidth"


@dataclass(frozen=True)
class Training:
    """parameters: of the model. tokens: in the batch of a step; own: each node has a batch of its
    own, else all divide one. flops_per_s, utilisation: of one node. sent: a key of BITS. every:
    steps from one exchange to the next. slow: by how much one node's link is slower.
    overlap: the exchange runs behind the backward pass (every = 1), or behind the whole next round,
    whose end its result then waits for (every > 1; the model learns from it one round late)."""

    parameters: float
    tokens: float
    own: bool
    flops_per_s: float
    utilisation: float
    sent: str
    every: int
    link: Link
    scheme: str
    slow: float = 1.0
    overlap: bool = False

    @property
    def possible(self) -> bool:
        """Sparse updates cannot be added up on the way: they have to be collected."""
        return self.sent not in SPARSE or self.scheme in COLLECTING

    @property
    def message_bytes(self) -> float:
        return self.parameters * BITS[self.sent] / 8

    def exchange(self, nodes: int, scheme: str | None = None) -> Exchange:
        """What one exchange takes; with another scheme, if one is named."""
        link, how = self.link, scheme or self.scheme
        rates = link.latency_s, link.up_bytes_s, link.down_bytes_s
        return exchange(how, nodes, self.message_bytes, *rates, self.slow)

    def round(self, nodes: int) -> Round:
        """What one round takes with so many nodes."""
        tokens = self.every * (self.tokens if self.own else self.tokens / nodes)
        busy = compute_s(self.parameters, tokens, self.flops_per_s, self.utilisation)
        sent = self.exchange(nodes)
        room = busy * (BACKWARD if self.every == 1 else 1.0) if self.overlap else 0.0
        return Round(busy, sent.latency_s, sent.bandwidth_s, min(sent.total_s, room))

    def hiding_tokens(self, nodes: int) -> float:
        """Tokens that a node needs in a step for its backward pass to last as long as an exchange:
        for large n, with a ring and no latency, C / W of the scaling book's section 5."""
        backward = compute_s(self.parameters, BACKWARD, self.flops_per_s, self.utilisation)
        return self.round(nodes).exchange_s / backward

    def tokens_per_s(self, nodes: int) -> float:
        """What all nodes together train on, in the end."""
        batch = self.tokens * nodes if self.own else self.tokens
        return self.every * batch / self.round(nodes).total_s

    def speedup(self, nodes: int) -> float:
        """How many times as fast as one node alone."""
        return self.tokens_per_s(nodes) / self.tokens_per_s(1)

    def best(self, most: int) -> int:
        """The smallest number of nodes, up to `most`, that no larger one beats (by more than one
        part in a thousand million: less is a matter of rounding)."""
        rates = [self.tokens_per_s(nodes) for nodes in range(1, most + 1)]
        enough = max(rates) * (1 - 1e-9)
        return next(i for i, rate in enumerate(rates, start=1) if rate >= enough)
