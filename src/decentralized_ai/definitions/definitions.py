"""A system as a chain of layers, each with the least number of parties that can stop it.

A system works while all its layers do. So whoever stops the weakest layer stops the system, and
the number for the whole is the smallest number of any layer, never a mean: Srinivasan and Lee's
"minimum Nakamoto coefficient" (2017), here over the layers of an AI service instead of those of a
blockchain. What is known of real systems stands in book/systems.yml, with a source for each cell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ..recorded import load

LAYERS = {
    "hardware": "hardware",
    "hosting": "hosting",
    "weights": "weights",
    "training": "training",
    "routing": "routing",
    "payment": "payment",
    "front_end": "front end",
    "governance": "governance",
}
# What an axis needs in order to work; governance is a kind of its own.
AXES = {
    "inference": ("hardware", "hosting", "weights", "routing", "payment", "front_end"),
    "training": ("hardware", "weights", "training", "routing", "payment"),
    "governance": ("governance",),
}
# Grades by the number of parties: each bracket from ... on. 0 is kept for "unknown".
ONE, FEW, TENS, MANY = 1, 2, 3, 4
FROM = {ONE: 1, FEW: 2, TENS: 10, MANY: 100}
WORDS = {
    ONE: "one party",
    FEW: "2 to 9 parties",
    TENS: "10 to 99 parties",
    MANY: "no fewer than 100 parties",
}
UNKNOWN, NONE = 0, None  # a layer of which nothing is known; a layer that there is not
Grade = int | None


def grade(parties: int | str) -> Grade:
    """The bracket of a number of parties; "anyone" is MANY, "none" and "unknown" are themselves."""
    if parties == "anyone":
        return MANY
    if parties == "none":
        return NONE
    if parties == "unknown":
        return UNKNOWN
    if not isinstance(parties, int) or parties < 1:
        raise ValueError(f"{parties!r} is no number of parties")
    return max(bracket for bracket, least in FROM.items() if parties >= least)


@dataclass(frozen=True)
class Layer:
    """parties: a number, or anyone, none, unknown. why: in a line. source: a bibliography key."""

    parties: int | str
    why: str = ""
    source: str = ""

    @property
    def grade(self) -> Grade:
        return grade(self.parties)


@dataclass(frozen=True)
class System:
    """does: what it offers, of inference and training. layers: one for each name in LAYERS."""

    id: str
    name: str
    does: tuple[str, ...]
    layers: Mapping[str, Layer]

    def grades(self, counted: Collection[str] = tuple(LAYERS)) -> dict[str, Grade]:
        """Of the layers that count and exist, in the order of LAYERS; 0 where nothing is known."""
        found = {name: self.layers[name].grade for name in LAYERS if name in counted}
        return {name: value for name, value in found.items() if value is not NONE}

    def weakest(self, counted: Collection[str] = tuple(LAYERS)) -> tuple[Grade, tuple[str, ...]]:
        """The lowest known grade and the layers that have it; (None, ()) if none is known.

        A layer of which nothing is known can only lower it.
        """
        known = {name: value for name, value in self.grades(counted).items() if value}
        if not known:
            return NONE, ()
        low = min(value for value in known.values() if value)
        return low, tuple(name for name, value in known.items() if value == low)

    def axis(self, kind: str, counted: Collection[str] = tuple(LAYERS)) -> Grade:
        """The grade of inference, training or governance; None if it is not offered, 0 if nothing
        is known."""
        if kind != "governance" and kind not in self.does:
            return NONE
        needs = [name for name in AXES[kind] if name in counted]
        if not self.grades(needs):
            return NONE
        return self.weakest(needs)[0] or UNKNOWN

    def unknown(self, counted: Collection[str] = tuple(LAYERS)) -> int:
        """How many of the layers that count are unknown."""
        return sum(value == UNKNOWN for value in self.grades(counted).values())

    def changed(self, grades: Mapping[str, int]) -> System:
        """The same system with other grades for some layers, each by the reader's own word."""
        new = {name: Layer(FROM[value], "your own answer") for name, value in grades.items()}
        return replace(self, layers={**self.layers, **new})


def passing(systems: Iterable[System], least: int, counted: Collection[str]) -> list[System]:
    """Those of which every layer that counts and is known takes at least `least` parties (the
    first of a bracket)."""
    return [s for s in systems if (low := s.weakest(counted)[0]) and FROM[low] >= least]


def from_record(name: str, record: Mapping[str, Any]) -> System:
    """A system as book/systems.yml has it; KeyError for a layer left out."""
    layers = {layer: Layer(**record[layer]) for layer in LAYERS}
    return System(name, record["name"], tuple(record["does"]), layers)


@cache
def known_systems() -> tuple[System, ...]:
    """The systems of the book, in its order."""
    return tuple(from_record(*pair) for pair in load("systems")["systems"].items())


def checked() -> str:
    """The day on which the file of systems was last held against its sources."""
    return str(load("systems")["checked"])


YOURS = System(
    "yours", "Your system", ("inference", "training"), dict.fromkeys(LAYERS, Layer("unknown"))
)
