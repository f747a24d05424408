"""Ten ways to choose who answers a request. How to write an eleventh stands in policy.py."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from itertools import accumulate

from .policy import Policy, Request, View

__all__ = ["POLICIES", "Policy", "Request", "View"]


class Random(Policy):
    """Anyone, all alike. The yardstick: no information at all."""

    label = "Random"
    looks = False

    def choose(self, request: Request, view: View) -> int:
        return view.pick()


class RoundRobin(Policy):
    """Each in turn."""

    label = "Round robin"
    looks = False

    def begin(self, view: View) -> None:
        self.turn = -1

    def choose(self, request: Request, view: View) -> int:
        self.turn = (self.turn + 1) % len(view.slots)
        while self.turn not in view.choices:  # on a retry: the next one not yet tried
            self.turn = (self.turn + 1) % len(view.slots)
        return self.turn


class LeastOutstanding(Policy):
    """Whoever has the fewest requests; ties are broken by going round from a random start."""

    label = "Least outstanding"

    def choose(self, request: Request, view: View) -> int:
        everyone = len(view.choices) == len(view.outstanding)
        loads = view.outstanding if everyone else [view.outstanding[j] for j in view.choices]
        start = int(view.random() * len(loads))
        fewest = min(loads)
        place = loads.index(fewest)
        if place < start and fewest in (ahead := loads[start:]):
            place = start + ahead.index(fewest)
        return view.choices[place]


class PowerOfTwo(Policy):
    """The less busy of two drawn at random (Vvedenskaya et al. 1996; Mitzenmacher 2001)."""

    label = "Power of two choices"

    def choose(self, request: Request, view: View) -> int:
        a, b = view.pick_two()
        return b if view.outstanding[b] < view.outstanding[a] else a


class PowerOfThree(Policy):
    """The least busy of `d` drawn at random: set another d in a subclass."""

    label = "Power of three choices"
    d = 3

    def choose(self, request: Request, view: View) -> int:
        return min(view.pick_some(self.d), key=view.outstanding.__getitem__)


class Cheapest(Policy):
    """The lowest price of an output token."""

    label = "Cheapest"
    looks = False

    def choose(self, request: Request, view: View) -> int:
        return min(view.choices, key=view.price_out.__getitem__)


class Nearest(Policy):
    """The shortest round trip from this client."""

    label = "Nearest"
    looks = False

    def choose(self, request: Request, view: View) -> int:
        return min(view.choices, key=view.rtt.__getitem__)


class Score(Policy):
    """Price and expected time on one scale: a second is worth `dollars_per_second`.

    The time expected is the round trip plus a usual answer at the operator's own pace, longer by
    one such time for each full set of slots already taken. Our rule; no source.
    """

    label = "Price-latency score"
    usual_output = 187  # tokens, the mean of workload.py
    dollars_per_second = 1e-4

    def begin(self, view: View) -> None:
        self.answer = [self.usual_output * pace for pace in view.pace]

    def choose(self, request: Request, view: View) -> int:
        prompt, output, second = request.prompt, self.usual_output, 1e6 * self.dollars_per_second
        costs = [
            prompt * view.price_in[j]
            + output * view.price_out[j]
            + second * (view.rtt[j] + self.answer[j] * (1 + view.outstanding[j] / view.slots[j]))
            for j in view.choices
        ]  # in millionths of a dollar
        return view.choices[costs.index(min(costs))]


class PriceWeighted(Policy):
    """By chance, weighted by 1/price**2, among operators without a recent outage.

    OpenRouter's documented default: "Prioritize providers that have not seen significant outages
    in the last 30 seconds. For the stable providers, look at the lowest-cost candidates and select
    one weighted by inverse square of the price. Use the remaining providers as fallbacks."
    (OpenRouterTeam/docs, guides/routing/provider-selection.mdx at commit 1674c63e; its later page
    guides/providers/traffic-routing describes a newer rule.) What is "significant" and how many
    are "candidates" it does not say: here three failures within 30 s, and all stable operators.
    """

    label = "Price-weighted, outage filter"
    looks = False
    failures_only = True
    window = 30.0  # s
    significant = 3  # failures

    def begin(self, view: View) -> None:
        self.failures: list[deque[float]] = [deque(maxlen=self.significant) for _ in view.slots]
        self.out_until = [-math.inf] * len(view.slots)
        self.weight = [1 / max(price, 1e-6) ** 2 for price in view.price_out]
        self.marks_until = -math.inf  # until when self.marks holds, if all are choices

    def learn(self, time: float, operator: int, first: float | None, total: float | None) -> None:
        if first is None:
            recent = self.failures[operator]
            recent.append(time)
            if len(recent) == self.significant:
                self.out_until[operator] = recent[0] + self.window
                self.marks_until = -math.inf

    def choose(self, request: Request, view: View) -> int:
        if len(view.choices) < len(self.weight):
            marks = self.weigh(request.time, view.choices)
        else:
            if request.time > self.marks_until:
                self.marks = self.weigh(request.time, view.choices)
                out = [until for until in self.out_until if until >= request.time]
                self.marks_until = min(out, default=math.inf)
            marks = self.marks
        place = bisect_right(marks, view.random() * marks[-1])
        return view.choices[min(place, len(marks) - 1)]

    def weigh(self, time: float, choices: list[int]) -> list[float]:
        """Running sums of the weights of those without an outage; of all, if nobody is without."""
        weights = [self.weight[j] * (self.out_until[j] < time) for j in choices]
        return list(accumulate(weights if any(weights) else [self.weight[j] for j in choices]))


class Learned(Policy):
    """UCB1 (Auer, Cesa-Bianchi and Fischer 2002): try whoever may still prove best.

    The reward of an answer is 1 at zero seconds, 0 at `patience` or later, 0 for a failure. The
    rule assumes that operators do not change; ours do, because the rule itself loads them.

    It is the one policy that compares logarithms, whose last bit depends on the machine; a run
    could differ only where two operators' indices agree to 15 digits.
    """

    label = "Learned (UCB1)"
    looks = False
    patience = 8.0  # s

    def begin(self, view: View) -> None:
        self.total = 0
        self.sent = [0] * len(view.slots)
        self.answers = [0] * len(view.slots)
        self.reward = [0.0] * len(view.slots)

    def learn(self, time: float, operator: int, first: float | None, total: float | None) -> None:
        self.answers[operator] += 1
        if total is not None:
            self.reward[operator] += max(0.0, 1 - total / self.patience)

    def choose(self, request: Request, view: View) -> int:
        unheard = [j for j in view.choices if not self.answers[j]]
        if unheard:
            best = min(unheard, key=self.sent.__getitem__)
        else:
            spread = 2 * math.log(self.total)
            index = [
                self.reward[j] / self.answers[j] + math.sqrt(spread / self.sent[j])
                for j in view.choices
            ]
            best = view.choices[index.index(max(index))]
        self.total += 1
        self.sent[best] += 1
        return best


class Hedged(PowerOfTwo):
    """Power of two, and a second copy elsewhere if the first is slow (Dean and Barroso 2013).

    "Slow" is a first token later than 95% of those so far. `after` follows that mark: up 19 small
    steps for each later one, down one for each earlier one, so that it rests where one in 20 is
    later. Both copies run to their end and both are paid for: nothing is cancelled.
    """

    label = "Hedged"
    step = 1 / 64  # s

    def begin(self, view: View) -> None:
        self.after = 1.0  # s

    def hedge(self, request: Request) -> float | None:
        return self.after

    def learn(self, time: float, operator: int, first: float | None, total: float | None) -> None:
        late = first is None or first > self.after
        self.after = max(self.step, self.after + self.step * (19 if late else -1))


POLICIES: dict[str, type[Policy]] = {
    "random": Random,
    "round_robin": RoundRobin,
    "least_outstanding": LeastOutstanding,
    "power_of_two": PowerOfTwo,
    "cheapest": Cheapest,
    "nearest": Nearest,
    "score": Score,
    "price_weighted": PriceWeighted,
    "learned": Learned,
    "hedged": Hedged,
}
