"""resilience/access*.py against published income shares, totals, and persons drawn one by one."""

from __future__ import annotations

import math

import numpy as np

from ..recorded import load
from ..resilience.access import NORMAL, able, countries, price, spread
from .check import Check

TEST = "tests/resilience/test_access.py"
PERSONS = 100_000


def errors() -> tuple[list[float], list[float]]:
    """Percentage points by which lognormal incomes miss the published shares of the poorest fifth
    and of the richest tenth, country by country."""
    poor, rich = [], []
    for country in countries():
        published = load("access")["checks"]["income_shares"][country.id]
        sigma = spread(country.gini)
        fifth = NORMAL.cdf(NORMAL.inv_cdf(0.2) - sigma)
        tenth = 1 - NORMAL.cdf(NORMAL.inv_cdf(0.9) - sigma)
        poor.append(abs(100 * fifth - published["poorest_fifth"]))
        rich.append(abs(100 * tenth - published["richest_tenth"]))
    return poor, rich


def checks() -> list[Check]:
    """A tenth of a second."""
    poor, rich = errors()
    names = {country.id: country for country in countries()}
    totals = load("access")["checks"]["total_income"]
    rng = np.random.default_rng(11)
    drawn = 0.0
    for country in countries():
        sigma = spread(country.gini)
        incomes = country.income / 12 * rng.lognormal(-(sigma**2) / 2, sigma, PERSONS)
        share = float(np.mean(price("plus")["month"] <= 0.02 * incomes))
        drawn = max(drawn, abs(share - able(price("plus")["month"], 0.02, country)))
    return [
        Check(
            model="access: share of all income that the poorest fifth has",
            against="World Bank, 16 countries, percentage points: worst of them",
            source="gapminder_sg",
            error=max(poor),
            tolerance=1.25,
            why="one number, the Gini index, for all of a country; too little nearly everywhere",
            test=f"{TEST}::test_lognormal_incomes_against_the_world_banks_shares",
        ),
        Check(
            model="access: share of all income that the richest tenth has",
            against="World Bank, 16 countries, percentage points: worst of them",
            source="gapminder_sg",
            error=max(rich),
            tolerance=2.8,
            why="the same; published shares run from 22% to 41%",
            test=f"{TEST}::test_lognormal_incomes_against_the_world_banks_shares",
        ),
        Check(
            model="access: people times income a head",
            against="the World Bank's totals for three countries, packaged by somebody else",
            source="probster2025",
            error=max(
                abs(names[n].people * names[n].income / row["value"] - 1)
                for n, row in totals.items()
            ),
            tolerance=0.003,
            why="income a head is rounded to tens of dollars; revisions in between",
            test=f"{TEST}::test_incomes_are_what_the_world_banks_totals_say",
        ),
        Check(
            model="access: share of people who can pay",
            against=f"{PERSONS:,} persons drawn in each of 16 countries: worst of them",
            source="gapminder_sg",
            error=drawn,
            tolerance=4.5 * math.sqrt(0.25 / PERSONS),
            why="4.5 standard deviations of the binomial, at most",
            test=f"{TEST}::test_persons_drawn_one_by_one_get_through_as_often_as_the_formula_says",
        ),
    ]
