"""The same network with coins instead of formulas: every part of it tossed, moment by moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from .censorship import (
    ABROAD,
    DOOR,
    FIRST,
    HIDDEN,
    HUB,
    LAW,
    LISTED,
    RAIL,
    SAME_CLOUD,
    SAME_COUNTRY,
    Network,
    World,
)

MOMENTS, MOST_OPERATORS, MOST_DOORS = 8192, 128, 8
SHARED = 4  # the largest cloud, the hub, two rails


@dataclass(frozen=True)
class Tossed:
    """away: share of the moments without an answer. error: one standard error of it."""

    away: float
    error: float


@lru_cache(maxsize=2)
def _coins(seed: int) -> tuple[Any, Any]:
    """One number in [0, 1) for each moment and operator, and each moment and shared thing: a part
    is away where its number is below its chance."""
    rng = np.random.default_rng(seed)
    return rng.random((MOMENTS, MOST_OPERATORS)), rng.random((MOMENTS, SHARED + MOST_DOORS))


def toss(
    network: Network, world: World, region: str, sizes: Sequence[int], seed: int
) -> tuple[Tossed, ...]:
    """The network at each of these numbers of operators, in the same MOMENTS."""
    operators, shared = _coins(seed)
    gone = shared < world.shared
    cloud_up = ~(gone[:, 0] | (world.cloud == 1.0))
    law = LAW in world.happens
    hub = np.full(MOMENTS, network.copies) | ~(gone[:, 1] | law | (HUB in world.happens))
    rail = ~(gone[:, 2] | law | (RAIL in world.happens))
    if network.rails > 1:
        rail |= ~gone[:, 3]
    chain = hub & rail & _some_way(network, world, region, gone[:, SHARED:], cloud_up)
    # present[:, i]: how many of the first i operators are there; the first ones sit in the cloud.
    present = np.zeros((MOMENTS, MOST_OPERATORS + 1), dtype=np.int16)
    np.cumsum(operators >= world.single, axis=1, out=present[:, 1:])
    found = []
    for size in sizes:
        here = replace(network, operators=size)
        first, skipped = here.in_cloud, here.in_cloud + (here.under_law if law else 0)
        count = present[:, size] - present[:, skipped]
        if not law:
            count = count + present[:, first] * cloud_up
        away = int(MOMENTS - np.count_nonzero(chain & (count >= here.needed))) / MOMENTS
        found.append(Tossed(away, float(np.sqrt(away * (1.0 - away) / MOMENTS))))
    return tuple(found)


def _some_way(network: Network, world: World, region: str, gone: Any, cloud_up: Any) -> Any:
    """At which moments a user there finds a way in."""
    some = np.zeros(MOMENTS, dtype=bool)
    for door in range(network.doors):
        place = network.apart if door else SAME_CLOUD
        if LAW in world.happens and place not in (ABROAD, HIDDEN):
            continue
        if door == 0 and (DOOR in world.happens or region == FIRST):
            continue
        if region == LISTED and place in (SAME_CLOUD, SAME_COUNTRY, ABROAD):
            continue
        up = ~gone[:, door]
        some |= up & cloud_up if place == SAME_CLOUD else up
    return some
