"""The same marketplace as processes in SimPy, to hold inference/routing.py against.

Arrivals, lengths, luck and each policy's `choose` are the same; what is held against SimPy is
everything that happens in time: queues, slots, the start and end of each service, load reports,
failures, retries, second copies and when a policy hears of them. SimPy is imported when called:
only this comparison needs it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np

from ..inference.operators import Market
from ..inference.policies import Policy, Request, View
from ..inference.routing import ATTEMPTS, HANGS, TIMEOUT, uniforms
from ..inference.workload import Workload

Process = Generator[Any, Any, None]


class SimPyMarket:
    """Runs on construction. By request, as in routing.Outcome: `started`, `ended` (s), `operator`,
    `attempts`."""

    def __init__(
        self, work: Workload, market: Market, policy: Policy, staleness: float = 0.0, seed: int = 0
    ) -> None:
        import simpy

        self.policy, self.staleness = policy, staleness
        self.operators = market.operators
        self.env = simpy.Environment()
        self.slots = [simpy.Resource(self.env, o.slots) for o in self.operators]
        self.load = [0] * len(market)
        self.board = list(self.load) if staleness else self.load
        self.luck, self.first_draw, self.retry_draw = (uniforms(seed, s) for s in (3, 4, 5))
        self.view = View(
            slots=[o.slots for o in self.operators],
            price_in=[o.price_in for o in self.operators],
            price_out=[o.price_out for o in self.operators],
            pace=[o.pace[0] for o in self.operators],
            outstanding=self.board,
            random=self.first_draw,
        )
        policy.begin(self.view)
        self.rtt = [list(row) for row in market.rtt]
        self.time, self.region = work.time.tolist(), work.region.tolist()
        self.prompt = work.prompt.tolist()
        self.amount, self.before = work.work.tolist(), work.first.tolist()
        n = len(work)
        self.started, self.ended = np.full(n, np.inf), np.full(n, np.inf)
        self.operator, self.attempts = np.full(n, -1), np.zeros(n, dtype=int)
        self.env.process(self.arrive())
        if staleness:
            self.env.process(self.report())
        self.env.run()

    def arrive(self) -> Process:
        for i, time in enumerate(self.time):
            yield self.env.timeout(time - self.env.now)
            self.env.process(self.route(i))

    def report(self) -> Process:
        # Long enough for every retry of the last request.
        while self.env.now < self.time[-1] + (ATTEMPTS + 1) * TIMEOUT:
            yield self.env.timeout(self.staleness)
            self.board[:] = self.load

    def route(self, i: int) -> Process:
        """The router's side of a request: copies until one is on its way, or it gives up."""
        tried: list[int] = []
        in_flight = False
        while True:
            j = self.choose(i, tried)
            tried.append(j)
            self.attempts[i] += 1
            failed = self.fails(i, j)
            first = self.env.event()
            if failed is None:
                in_flight = True
                self.env.process(self.serve(i, j, first))
            else:
                self.env.process(self.notice(j, failed))
            patience = self.policy.hedge(self.request(i)) if len(tried) == 1 else None
            if failed is not None:
                yield self.env.timeout(failed if patience is None else min(failed, patience))
                if in_flight:
                    return
            elif patience is None:
                return
            else:
                yield first | self.env.timeout(patience)
                if first.triggered:
                    return
            if len(tried) == ATTEMPTS:
                self.ended[i] = self.env.now
                return

    def choose(self, i: int, tried: list[int]) -> int:
        everyone = range(len(self.operators))
        self.view.choices = [j for j in everyone if j not in tried] or list(everyone)
        self.view.rtt = self.rtt[self.region[i]]
        self.view.random = self.retry_draw if tried else self.first_draw
        return self.policy.choose(self.request(i), self.view)

    def request(self, i: int) -> Request:
        return Request(self.env.now, self.region[i], self.prompt[i])

    def fails(self, i: int, j: int) -> float | None:
        """Seconds until the client notices that this copy has failed, or None if it has not."""
        if not any(o.failure for o in self.operators):
            return None
        draw, chance = self.luck(), self.operators[j].failure
        if draw >= chance:
            return None
        return TIMEOUT if draw < HANGS * chance else self.rtt[self.region[i]][j]

    def notice(self, j: int, after: float) -> Process:
        yield self.env.timeout(after)
        self.policy.learn(self.env.now, j, None, None)

    def serve(self, i: int, j: int, first: Any) -> Process:
        """One copy at its operator, and its answer's way back."""
        sent, trip = self.env.now, self.rtt[self.region[i]][j]
        self.load[j] += 1
        with self.slots[j].request() as slot:
            yield slot
            start, pace = self.env.now, self.operators[j].pace[self.slots[j].count - 1]
            self.env.process(self.first_token(first, self.before[i] * pace + trip))
            yield self.env.timeout(self.amount[i] * pace)
        self.load[j] -= 1
        yield self.env.timeout(trip)
        # `first` holds when the client had its first token: always before its last.
        self.policy.learn(self.env.now, j, first.value - sent, self.env.now - sent)
        if self.env.now < self.ended[i]:
            self.started[i], self.ended[i], self.operator[i] = start, self.env.now, j

    def first_token(self, first: Any, after: float) -> Process:
        yield self.env.timeout(after)
        first.succeed(self.env.now)
