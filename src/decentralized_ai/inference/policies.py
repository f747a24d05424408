"""Ten ways to choose who answers a request. Write an eleventh: subclass Policy, define choose.

    class Roomiest(Policy):
        def choose(self, request, view):
            return max(view.choices, key=lambda j: view.slots[j] - view.outstanding[j])

    simulate(work, market, Roomiest)

`choose` gets the request (time, region, prompt) and what a router can know (View), and returns one
of view.choices. It is called once for each attempt, in order of time. Three more methods may be
defined: `begin` (before the first request), `learn` (each answer or failure, when the client sees
it) and `hedge` (after how long a silence a second copy goes out).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate


@dataclass(slots=True)
class Request:
    """What a router knows of a request. How long the answer will be, nobody knows yet."""

    time: float = 0.0  # s
    region: int = 0  # of the client
    prompt: int = 0  # tokens


@dataclass(slots=True)
class View:
    """What a router knows of the market. Lists have one entry for each operator.

    choices: whom this request may go to: all on the first attempt, then those not yet tried.
    outstanding: requests waiting or in service, as last reported (see staleness in simulate).
    slots, price_in, price_out ($ per million tokens), pace (s per token when alone): as listed.
    rtt: seconds from this request's client and back. random(): the next number in [0, 1).
    """

    slots: list[int]
    price_in: list[float]
    price_out: list[float]
    pace: list[float]
    outstanding: list[int]
    random: Callable[[], float]
    choices: list[int] = field(default_factory=list)
    rtt: list[float] = field(default_factory=list)

    def pick(self) -> int:
        """One of the choices at random, all alike."""
        return self.choices[int(self.random() * len(self.choices))]

    def pick_two(self) -> tuple[int, int]:
        """Two different choices at random (the same one twice if there is only one)."""
        choices, random = self.choices, self.random
        many = len(choices)
        a, b = int(random() * many), int(random() * (many - 1))
        if b >= a and many > 1:
            b += 1  # skip over the first
        return choices[a], choices[b]

    def pick_some(self, d: int) -> list[int]:
        """`d` different choices at random, or all of them if there are fewer."""
        places: list[int] = []
        for taken in range(min(d, len(self.choices))):
            place = int(self.random() * (len(self.choices) - taken))
            for earlier in sorted(places):
                place += place >= earlier  # skip over those already drawn
            places.append(place)
        return [self.choices[place] for place in places]


class Policy:
    """See the top of this file. `label` is for figures. Two promises make a run faster:
    `looks = False` that view.outstanding is not used, `failures_only = True` that `learn` needs to
    hear of failures only."""

    label = "Your own"
    looks = True
    failures_only = False

    def begin(self, view: View) -> None:
        """Called once before the first request: set up what you remember."""

    def choose(self, request: Request, view: View) -> int:
        """The operator to send this request to, one of view.choices."""
        raise NotImplementedError(f"{type(self).__name__} must define choose(request, view)")

    def learn(self, time: float, operator: int, first: float | None, total: float | None) -> None:
        """At `time` the client of one attempt knows: `first` and `total` are the seconds to its
        first and last token, or None if the attempt failed."""

    def hedge(self, request: Request) -> float | None:
        """Seconds without a first token after which a second copy goes out; None for never."""
        return None


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
        around = loads[start:] + loads[:start]
        return view.choices[(start + around.index(min(around))) % len(loads)]


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

    def learn(self, time: float, operator: int, first: float | None, total: float | None) -> None:
        if first is None:
            recent = self.failures[operator]
            recent.append(time)
            if len(recent) == self.significant:
                self.out_until[operator] = recent[0] + self.window

    def choose(self, request: Request, view: View) -> int:
        weights = [self.weight[j] * (self.out_until[j] < request.time) for j in view.choices]
        if not any(weights):  # nobody is stable: all are fallbacks
            weights = [self.weight[j] for j in view.choices]
        marks = list(accumulate(weights))
        place = bisect_right(marks, view.random() * marks[-1])
        return view.choices[min(place, len(marks) - 1)]


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
