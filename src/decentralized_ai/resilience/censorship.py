"""Can a user still get an answer? A network of many operators beside one company.

A chain of four links: a way in (front end and gateway), a model hub, a payment rail, and enough
operators. Most of them lean on something shared: a cloud, a country, one address. What is shared
may be down by chance, or be taken out on purpose. Exact, by trying both states of the one thing
that two links share, the largest cloud; the rest is series, parallel and k-out-of-n.

All chances are of being away, from 0 (never) to 1 (always).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .censorship_exact import parallel, series, sure, too_few

# What may happen, one or several at once. "chance" is everyday trouble; the others are certain.
CHANCE, CLOUD, LAW, HUB, RAIL, DOOR = "chance", "cloud", "law", "hub", "rail", "door"
EVENTS = (CHANCE, CLOUD, LAW, HUB, RAIL, DOOR)
# What the user's network lets through: everything, all but the best-known way in, nothing listed.
OPEN, FIRST, LISTED = "open", "first", "listed"
REGIONS = (OPEN, FIRST, LISTED)
# Where the ways in other than the first stand. Hidden ones stand abroad and are on no list.
SAME_CLOUD, SAME_COUNTRY, ABROAD, HIDDEN = "cloud", "country", "abroad", "hidden"
LINKS = ("ways", "hub", "rail", "operators")


@dataclass(frozen=True)
class World:
    """outage: chance that a shared thing is down. away: chance that one operator is. happens: of
    EVENTS. Both chances count only if CHANCE is among them."""

    outage: float
    away: float
    happens: frozenset[str] = frozenset({CHANCE})

    @property
    def shared(self) -> float:
        return self.outage if CHANCE in self.happens else 0.0

    @property
    def single(self) -> float:
        return self.away if CHANCE in self.happens else 0.0

    @property
    def cloud(self) -> float:
        """Chance that the largest cloud is out."""
        return 1.0 if CLOUD in self.happens else self.shared

    def hit(self, event: str, chance: float) -> float:
        """Chance that what `event` takes out is away."""
        return 1.0 if event in self.happens else chance


@dataclass(frozen=True)
class Network:
    """operators: how many. share: % of them in the largest cloud, whose company is in the home
    country. law: % of the others under the same law. need: % that must be there to carry the load
    (at least one). doors: ways in; the first stands in the largest cloud, the others where `apart`
    says. copies: operators hold the weights themselves. rails: ways to pay; the first at home."""

    operators: int
    share: int = 0
    law: int = 0
    need: int = 0
    doors: int = 1
    apart: str = ABROAD
    copies: bool = False
    rails: int = 1

    @property
    def needed(self) -> int:
        return max(1, -(-self.need * self.operators // 100))

    @property
    def in_cloud(self) -> int:
        return (self.share * self.operators + 50) // 100

    @property
    def under_law(self) -> int:
        """Operators outside the largest cloud that the same law reaches."""
        return (self.law * (self.operators - self.in_cloud) + 50) // 100

    def left(self, world: World, cloud_out: bool) -> int:
        """Operators that no certain event and no outage of the cloud takes out."""
        law = LAW in world.happens
        out = self.in_cloud if law or cloud_out else 0
        return self.operators - out - (self.under_law if law else 0)

    def ways_left(self, world: World, region: str, cloud_out: bool) -> int:
        """Ways in that a user there could still come by, if nothing fails by chance."""
        happens = world.happens
        count = 0
        for door in range(self.doors):
            place = SAME_CLOUD if door == 0 else self.apart
            home = place in (SAME_CLOUD, SAME_COUNTRY)
            closed = (
                (place == SAME_CLOUD and cloud_out)
                or (home and LAW in happens)
                or (door == 0 and (DOOR in happens or region == FIRST))
                or (place != HIDDEN and region == LISTED)
            )
            count += not closed
        return count

    def hub(self, world: World) -> float:
        """Weights that each operator holds need no hub."""
        if self.copies:
            return 0.0
        return 1.0 if LAW in world.happens else world.hit(HUB, world.shared)

    def rail(self, world: World) -> float:
        first = 1.0 if LAW in world.happens else world.hit(RAIL, world.shared)
        return parallel([first] + [world.shared] * (self.rails - 1))

    def _given(self, world: World, region: str, cloud_out: bool) -> tuple[float, float]:
        """Ways in and operators, with the largest cloud out or not."""
        ways = parallel([world.shared] * self.ways_left(world, region, cloud_out))
        few = too_few(self.needed, self.left(world, cloud_out), world.single)
        return ways, few

    def links(self, world: World, region: str = OPEN) -> dict[str, float]:
        """Each link by itself: how often it is away. The chain is away at least as often."""
        out, up = self._given(world, region, True), self._given(world, region, False)
        both = [
            sure(world.cloud * a + (1.0 - world.cloud) * b) for a, b in zip(out, up, strict=True)
        ]
        alone = (both[0], self.hub(world), self.rail(world), both[1])
        return dict(zip(LINKS, alone, strict=True))

    def away(self, world: World, region: str = OPEN, perfect: bool = False) -> float:
        """How often a user there gets no answer. perfect: as if operators could not fail."""
        fixed = series([self.hub(world), self.rail(world)])
        total = 0.0
        for chance, cloud_out in ((world.cloud, True), (1.0 - world.cloud, False)):
            ways, few = self._given(world, region, cloud_out)
            total += chance * series([fixed, ways] if perfect else [fixed, ways, few])
        return sure(total)

    def tries(self, world: World) -> float | None:
        """Operators that one asks at random, one after another with repetition, until one answers
        that is not taken out on purpose; None if there is none."""
        left = self.left(world, CLOUD in world.happens)
        return self.operators / left if left else None


def company(world: World, clouds: int = 1, region: str = OPEN) -> float:
    """How often one company's service is away: one front end, one payment rail, all of it under
    the home law, its own weights, machines in `clouds` clouds of which one is enough."""
    if LAW in world.happens or region != OPEN:
        return 1.0
    first = [world.hit(event, world.shared) for event in (DOOR, RAIL)]
    machines = [world.cloud] + [world.shared] * (clouds - 1)
    return series([*first, parallel(machines)])


def weakest(links: dict[str, float]) -> tuple[str, ...]:
    """The links that are away longest, all that are level with it; () if none is ever away."""
    most = max(links.values())
    if most <= 0.0:
        return ()
    return tuple(name for name, value in links.items() if value >= most * (1 - 1e-9))


def happening(events: Collection[str]) -> frozenset[str]:
    """A set of EVENTS, or a ValueError."""
    found = frozenset(events)
    if not found or not found <= set(EVENTS):
        raise ValueError(f"{sorted(found)} is not some of {', '.join(EVENTS)}")
    return found
