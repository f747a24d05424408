"""What the model of a network and a company found, in words."""

from __future__ import annotations

from ..quantities import duration, listed
from .censorship import (
    CHANCE,
    CLOUD,
    DOOR,
    FIRST,
    HUB,
    LAW,
    LISTED,
    OPEN,
    RAIL,
    Network,
    World,
    weakest,
)

YEAR = 31_557_600.0  # seconds
OUT = {
    CLOUD: "the largest cloud",
    LAW: "everything under the home law",
    HUB: "the model hub",
    RAIL: "the first payment rail",
    DOOR: "the best-known front end",
}
WHERE = {
    OPEN: "where nothing is blocked",
    FIRST: "where the first way in is closed",
    LISTED: "where every listed way in is blocked",
}


def takeaway(
    network: Network, world: World, region: str, pair: tuple[float, float], floor: float
) -> str:
    """Two sentences. pair: network and company, away there. floor: with perfect operators."""
    out = [words for event, words in OUT.items() if event in world.happens]
    calm = "" if CHANCE in world.happens else " and nothing else fails"
    verb = "are" if len(out) > 1 else "is"
    lead = f"While {listed(out)} {verb} out{calm}, {WHERE[region]}," if out else f"{WHERE[region]},"
    ours = f"the network of {network.operators} operator{'s' if network.operators > 1 else ''}"
    if pair == (1.0, 1.0):
        what = f"neither {ours} nor the company answers"
    else:
        what = f"{ours} {_state(pair[0])} and the company {_state(pair[1])}"
    first = f"{lead[0].upper()}{lead[1:]} {what}."
    links = network.links(world, region)
    worst = weakest(links)
    if not worst:
        return f"{first} None of the network's four links is ever away."
    names = {
        "ways": "the way in" if network.doors == 1 else f"its {network.doors} ways in",
        "hub": "the model hub",
        "rail": "the payment rail" if network.rails == 1 else "its two payment rails",
        "operators": f"the operators, of which {network.needed} must be there",
    }
    what = "link is" if len(worst) == 1 else "links are"
    alone = links[worst[0]]
    each = "each " if len(worst) > 1 else ""
    gone = "gone" if alone >= 1 else f"{each}away {yearly(alone)}"
    perfect = f"with operators that never fail it would still be away {yearly(floor)}"
    if floor >= 1:
        perfect = "operators that never fail would change nothing"
    elif floor <= 0:
        perfect = "with operators that never fail it would always answer"
    second = f"Its weakest {what} {listed([names[name] for name in worst])} ({gone}); {perfect}."
    return f"{first} {second}"


def _state(share: float) -> str:
    if share <= 0:
        return "always answers"
    return "never answers" if share >= 1 else f"is away {yearly(share)}"


def yearly(share: float, count: int = 3) -> str:
    """A share of the time between never and always, as a reader counts it, in `count` digits."""
    if share > 0.999:
        return "nearly all the time"
    if share * YEAR < 1:
        return "less than a second a year"
    return f"{duration(share * YEAR, count)} a year"
