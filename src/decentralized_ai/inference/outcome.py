"""What a run of the marketplace gives: arrays by request and by operator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .fast import Copies
from .operators import Market
from .workload import Workload

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Outcome:
    """What became of each request (arrays of n) and of each operator (arrays of m).

    sent, started, ended (s): when it was sent, when the copy that was answered first began to be
    served, and when the client had its last token, or gave up. operator: who answered, -1 if
    nobody did. attempts: copies sent. first, latency (s): to the first and last token; where
    nobody answered, both are the time until the router gave up. wait (s): in the queue. cost ($):
    of all copies served. served: whether it was answered.
    requests, income ($), utilisation (share of slot-seconds from 0 to the last end): by operator.
    """

    sent: Floats
    started: Floats
    ended: Floats
    operator: Ints
    attempts: Ints
    first: Floats
    latency: Floats
    wait: Floats
    cost: Floats
    served: npt.NDArray[np.bool_]
    requests: Ints
    income: Floats
    utilisation: Floats

    def summary(self) -> dict[str, float]:
        """Plain numbers: seconds and dollars over answered requests, shares over all of them.
        Where nobody was answered, the times are those until giving up."""
        some = self.served if self.served.any() else np.ones_like(self.served)
        p50, p95, p99 = (float(x) for x in np.quantile(self.latency[some], (0.5, 0.95, 0.99)))
        return {
            "mean": float(self.latency[some].mean()),
            "p50": p50,
            "p95": p95,
            "p99": p99,
            "first_p50": float(np.quantile(self.first[some], 0.5)),
            "first_p95": float(np.quantile(self.first[some], 0.95)),
            "wait": float(self.wait[some].mean()),
            "cost": float(self.cost[some].mean()),
            "failed": float(1 - self.served.mean()),
            "attempts": float(self.attempts.mean()),
            "busiest": float(self.utilisation.max()),
        }


def collect(
    work: Workload,
    market: Market,
    copies: Copies,
    attempts: Ints | None = None,
    given_up: dict[int, float] | None = None,
) -> Outcome:
    """Arrays by request and by operator; of two copies of one request, the first answer counts."""
    n, m = len(work), len(market)
    i, j, start, pace = copies.request, copies.operator, copies.start, copies.pace
    sent = work.time
    if copies.once:
        amount, before, prompt, output, region = (
            work.work, work.first, work.prompt, work.output, work.region
        )  # fmt: skip
    else:
        amount, before, prompt, output, region = (
            work.work[i], work.first[i], work.prompt[i], work.output[i], work.region[i]
        )  # fmt: skip
    trip = np.array(market.rtt)[region, j]
    end = start + amount * pace
    price_in = np.array([o.price_in for o in market.operators]) / 1e6
    price_out = np.array([o.price_out for o in market.operators]) / 1e6
    price = prompt * price_in[j] + output * price_out[j]
    slots = np.array([o.slots for o in market.operators])
    horizon = float(end.max(initial=sent[-1])) or 1.0
    answer, first = end + trip, start + before * pace + trip
    # In the browser an index has 32 bits, and bincount takes no wider one.
    by_operator = {
        "requests": np.bincount(j.astype(np.intp), minlength=m).astype(np.int64),
        "income": np.bincount(j.astype(np.intp), price, m).astype(float),
        "utilisation": np.bincount(j.astype(np.intp), end - start, m) / (slots * horizon),
    }
    if copies.once:
        return Outcome(
            sent=sent,
            started=start,
            ended=answer,
            operator=j,
            attempts=np.ones(n, dtype=np.int64),
            first=first - sent,
            latency=answer - sent,
            wait=start - sent,
            cost=price,
            served=np.ones(n, dtype=bool),
            **by_operator,
        )
    by = np.lexsort((answer, i))
    best = by[np.diff(i[by], prepend=-1) > 0]
    gone = sent.copy()
    if given_up:
        gone[list(given_up)] = list(given_up.values())

    def filled(values: Floats, otherwise: Floats) -> Floats:
        result = otherwise.copy()
        result[i[best]] = values[best]
        return result

    operator = np.full(n, -1, dtype=np.int64)
    operator[i[best]] = j[best]
    return Outcome(
        sent=sent,
        started=filled(start, gone),
        ended=filled(answer, gone),
        operator=operator,
        attempts=np.ones(n, dtype=np.int64) if attempts is None else attempts,
        first=filled(first - sent[i], gone - sent),
        latency=filled(answer - sent[i], gone - sent),
        wait=filled(start - sent[i], np.zeros(n)),
        cost=np.bincount(i.astype(np.intp), price, n).astype(float),
        served=operator >= 0,
        **by_operator,
    )
