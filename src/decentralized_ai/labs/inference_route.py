"""Exercise 1 of the lab "A real model, split over several machines": which machines to take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .attempt import Wrong, accept, attempt, short
from .verdict import Verdict, not_yet, right


@dataclass(frozen=True)
class Offer:
    """A machine that would compute layers `first` up to, not including, `last`: so many ms of a
    round trip to it, and so many for each of its layers."""

    name: str
    first: int
    last: int
    rtt_ms: float
    layer_ms: float

    @property
    def ms(self) -> float:
        """What one token costs on this machine, the way there and back included."""
        return self.rtt_ms + self.layer_ms * (self.last - self.first)


# The exercise's own: the longest spans are far away, and the nearest machine leads nowhere.
OFFERS = (
    Offer("Oslo", 0, 20, 160, 1.0),
    Offer("Bonn", 0, 10, 10, 2.0),
    Offer("Lima", 0, 9, 4, 2.0),
    Offer("Bern", 10, 20, 12, 2.0),
    Offer("Kyiv", 10, 30, 40, 1.5),
    Offer("Rome", 20, 30, 14, 2.0),
    Offer("Cork", 20, 30, 30, 1.0),
)


def total_ms(chain: Sequence[Offer]) -> float:
    return math.fsum(offer.ms for offer in chain)


def quickest(offers: Sequence[Offer], layers: int) -> float:
    """ms for a token on the quickest chain of whole offers; infinite if none covers all layers."""
    best = [0.0] + [math.inf] * layers  # to have computed so many layers
    for offer in sorted(offers, key=lambda offer: offer.first):
        best[offer.last] = min(best[offer.last], best[offer.first] + offer.ms)
    return best[layers]


def cases() -> list[tuple[str, tuple[Offer, ...], int]]:
    """What a route is tried on: what the case is about, the offers, and how many layers."""
    draw = np.random.default_rng(4)
    found = [
        ("the offers above", OFFERS, 30),
        ("one machine has everything", (Offer("A", 0, 4, 5, 1), Offer("B", 2, 4, 1, 1)), 4),
        ("nobody has layer 2", (Offer("A", 0, 2, 5, 1), Offer("B", 3, 5, 1, 1)), 5),
        ("nobody has the last layer", (Offer("A", 0, 3, 5, 1), Offer("B", 3, 4, 1, 1)), 5),
        (
            "two near machines are quicker than a far one",
            (Offer("A", 0, 8, 90, 1), Offer("B", 0, 4, 9, 1), Offer("C", 4, 8, 9, 1)),
            8,
        ),
        (
            "one machine is quicker than two near ones",
            (Offer("B", 0, 4, 9, 1), Offer("C", 4, 8, 9, 1), Offer("A", 0, 8, 15, 1)),
            8,
        ),
    ]
    for number in range(40):
        layers = int(draw.integers(3, 13))
        offers = []
        for i in range(int(draw.integers(4, 15))):
            first, last = sorted(draw.choice(layers + 1, 2, replace=False).tolist())
            ms, each = int(draw.integers(1, 200)), int(draw.integers(1, 20))
            offers.append(Offer(f"m{i}", first, last, ms, each))
        found.append((f"random offers, number {number}", tuple(offers), layers))
    return found


def check_1(route: Any) -> Verdict:
    """route(offers, layers): the quickest chain, as a list of offers; an empty one if none is."""
    try:
        accept(route, "route", "offers, layers")
        for about, offers, layers in cases():
            found = attempt("route", route, list(offers), layers)
            _judge(about, offers, layers, found)
    except Wrong as error:
        return not_yet(str(error))
    best = quickest(OFFERS, 30)
    return right(
        f"{best:g} ms for a token of the offers above, {1000 / best:.1f} tokens/s. A client of "
        "Petals searches in the same way, only that it may also use a part of what a machine "
        "offers."
    )


def _judge(about: str, offers: tuple[Offer, ...], layers: int, found: Any) -> None:
    if not isinstance(found, list | tuple) or not all(isinstance(o, Offer) for o in found):
        raise Wrong(f"route must return a list of offers, in order; this is {short(found)}.")
    best = quickest(offers, layers)
    case = f"Where {about}"
    if about.startswith(("the offers", "random")):
        case = f"With {about}"
    names = " - ".join(offer.name for offer in found) or "nothing"
    if math.isinf(best):
        if found:
            raise Wrong(f"{case}, no chain is whole, but route returns {names}: return [].")
        return
    if not found:
        raise Wrong(f"{case}, there is a chain, and route finds none. Does it try them all?")
    at = 0
    for offer in found:
        if offer not in offers:
            raise Wrong(f"{case}, {offer.name} is none of the offers.")
        if offer.first != at:
            raise Wrong(
                f"{case}, route returns {names}: layers 0 to {at} are done, and {offer.name} goes "
                f"on with layer {offer.first}."
            )
        at = offer.last
    if at != layers:
        raise Wrong(f"{case}, route returns {names}, which ends after {at} of {layers} layers.")
    if total_ms(found) > best + 1e-9:
        raise Wrong(
            f"{case}, route returns {names}: {total_ms(found):g} ms for a token. There is a chain "
            f"with {best:g}. A far machine costs its round trip once a token, however many layers "
            "it has: note for each layer the least time in which it can be reached."
        )
