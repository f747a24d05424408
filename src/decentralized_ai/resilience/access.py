"""Who can use what, from where: four gates in a row, country by country.

A person gets through to a language model by a route if nothing shuts it: neither the rule of
whoever offers it, nor the law of the country, nor the network, nor the price. The first three
stand in book/access.yml, cell by cell, each with its source; the price is held against incomes
here. What no source settles is unknown, and is counted both ways. Nobody's law is judged.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

from ..quantities import settled
from ..recorded import load

RULES = ("provider", "law", "network")  # the gates that a source settles, in order
GATES = (*RULES, "price")
OPEN, SHUT, UNKNOWN = "open", "shut", "unknown"
MONTHS = 36  # for which a machine at home is used
READ = 3  # tokens read for each token written: a common mix of questions and answers
BUSY = 30 * 86_400.0  # seconds of a month in which a machine may work
NORMAL = NormalDist()


@dataclass(frozen=True)
class Country:
    """people; income: US dollars a head and year; online: share of people; gini: 0 to 1."""

    id: str
    name: str
    people: int
    income: float
    online: float
    gini: float


@dataclass(frozen=True)
class Cell:
    """state: open, shut or unknown. why: in a line. source: a key of the bibliography."""

    state: str
    why: str
    source: str


@cache
def countries() -> tuple[Country, ...]:
    """As book/access.yml lists them."""
    return tuple(
        Country(
            name,
            row["name"],
            row["people"]["value"],
            float(row["income"]["value"]),
            row["online"]["value"] / 100,
            row["gini"]["value"] / 100,
        )
        for name, row in load("access")["countries"].items()
    )


def cell(offer: str, gate: str, country: str) -> Cell:
    """What is known of one gate of an offer in one country. KeyError for an unknown offer."""
    found = load("access")["offers"][offer][gate]
    return Cell(**found.get(country, found["rest"]))


def price(name: str) -> dict[str, float]:
    """The numbers of one price, US dollars."""
    return {key: value for key, value in load("access")["prices"][name].items() if key != "what"}


def by_token(name: str, millions: float) -> float:
    """US dollars for that many million tokens, READ of them read for each one written."""
    asked = price(name)
    return millions * (READ * asked["input"] + asked["output"]) / (READ + 1)


def machines(millions: float) -> int:
    """How many machines at home it takes to answer that many million tokens in a month."""
    speed = price("speed")
    written = millions * 1e6 / (READ + 1)
    seconds = READ * written / speed["read"] + written / speed["write"]
    return max(1, math.ceil(settled(seconds / BUSY)))


def at_home(millions: float) -> float:
    """US dollars a month for machines of one's own, spread over MONTHS; power is not counted."""
    return machines(millions) * price("machine")["whole"] / MONTHS


def spread(gini: float) -> float:
    """The sigma of lognormal incomes with that Gini index, 0 to 1: gini = 2 Phi(sigma/sqrt 2) - 1
    (Aitchison and Brown)."""
    if not 0 < gini < 1:
        raise ValueError(f"a Gini index lies between 0 and 1; got {gini}")
    return math.sqrt(2) * NORMAL.inv_cdf((1 + gini) / 2)


def able(dollars: float, bar: float, country: Country, unequal: bool = True) -> float:
    """Share of people for whom that price a month is at most the share `bar` of their income.

    unequal: incomes are lognormal about the country's mean, with its Gini index; else everybody
    has the mean, as the published targets for broadband reckon.
    """
    if dollars < 0 or bar <= 0:
        raise ValueError(f"a price of {dollars} at {bar} of an income means nothing")
    if dollars == 0:
        return 1.0
    needed, mean = dollars / bar, country.income / 12
    if not unequal:
        return 1.0 if settled(needed) <= settled(mean) else 0.0
    sigma = spread(country.gini)
    return NORMAL.cdf(math.log(mean / needed) / sigma - sigma / 2)


def state(offer: str, country: str, gates: Collection[str] = RULES) -> str:
    """Of the gates that count, and leaving the price aside: shut if one is, else unknown if one
    is, else open."""
    found = {cell(offer, gate, country).state for gate in RULES if gate in gates}
    return SHUT if SHUT in found else UNKNOWN if UNKNOWN in found else OPEN


def first(offer: str, country: str, wanted: str, gates: Collection[str] = RULES) -> str:
    """The first gate, in their order, that is in that state. StopIteration if none is."""
    return next(g for g in RULES if g in gates and cell(offer, g, country).state == wanted)


@dataclass(frozen=True)
class Route:
    """offers: any of them will do. dollars: a month, by country; `rest` for all others."""

    name: str
    offers: tuple[str, ...]
    dollars: Mapping[str, float]

    def cost(self, country: str) -> float:
        return self.dollars.get(country, self.dollars["rest"])

    def best(self, country: str, gates: Collection[str] = RULES) -> tuple[str, str]:
        """The offer that is least shut there, and its state."""
        order = (OPEN, UNKNOWN, SHUT)
        found = ((offer, state(offer, country, gates)) for offer in self.offers)
        return min(found, key=lambda pair: order.index(pair[1]))

    def reach(
        self, country: Country, bar: float, unequal: bool, gates: Collection[str] = GATES
    ) -> tuple[float, float]:
        """Share of a country's people who get through: what is unknown shut, and open.

        Who can pay is taken to be online first, so of two shares the smaller one counts.
        """
        found = self.best(country.id, gates)[1]
        paying = able(self.cost(country.id), bar, country, unequal) if "price" in gates else 1.0
        through = min(paying, country.online)
        return (through if found == OPEN else 0.0, 0.0 if found == SHUT else through)
