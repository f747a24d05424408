"""What a policy is: the one question it answers, and what it may know when it does.

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

from collections.abc import Callable
from dataclasses import dataclass, field


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
