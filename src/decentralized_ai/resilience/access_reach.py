"""Shares of people over all countries: by route, by any route, and what each gate costs."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .access import GATES, Country, Route

Bounds = tuple[float, float]  # what is unknown counted as shut, and as open


@dataclass(frozen=True)
class Setting:
    """bar: share of an income, 0 to 1. unequal: incomes differ within a country. gates: those that
    count; the others stand open."""

    bar: float
    unequal: bool = True
    gates: tuple[str, ...] = GATES


def in_country(routes: Sequence[Route], country: Country, setting: Setting) -> Bounds:
    """Share of a country's people who get through by one route or another. The same people are
    the first to afford each of them, so the widest open route has all of them."""
    found = [r.reach(country, setting.bar, setting.unequal, setting.gates) for r in routes]
    return (max((low for low, _ in found), default=0.0), max((up for _, up in found), default=0.0))


def over_all(shares: Sequence[Bounds], people: Sequence[int]) -> Bounds:
    """The mean of both bounds, weighed by people."""
    total = sum(people)
    if total <= 0 or min(people) < 0 or len(shares) != len(people):
        raise ValueError("every country needs a share and a number of people")
    weighed = [math.fsum(s[i] * n for s, n in zip(shares, people, strict=True)) for i in (0, 1)]
    return (weighed[0] / total, weighed[1] / total)


def reached(routes: Sequence[Route], where: Sequence[Country], setting: Setting) -> Bounds:
    """Share of all people of these countries who get through by any of the routes."""
    shares = [in_country(routes, country, setting) for country in where]
    return over_all(shares, [country.people for country in where])


def without(
    gate: str, routes: Sequence[Route], where: Sequence[Country], setting: Setting
) -> Bounds:
    """The same with one gate taken away."""
    rest = tuple(g for g in setting.gates if g != gate)
    return reached(routes, where, Setting(setting.bar, setting.unequal, rest))


def added(
    route: Route, others: Sequence[Route], where: Sequence[Country], setting: Setting, bound: int
) -> float:
    """People whom a route reaches and the others do not; bound 0 or 1, as in Bounds."""
    return math.fsum(
        country.people
        * (
            in_country([*others, route], country, setting)[bound]
            - in_country(others, country, setting)[bound]
        )
        for country in where
    )


def everybody(where: Collection[Country]) -> int:
    return sum(country.people for country in where)
