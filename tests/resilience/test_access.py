"""Access: prices held against incomes, gates, and bounds; against published figures and persons."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.resilience import access as model
from decentralized_ai.resilience.access import Country, Route
from decentralized_ai.resilience.access_reach import (
    Setting,
    added,
    in_country,
    over_all,
    reached,
    without,
)

ROOT = Path(__file__).parents[2]
WORLD = json.loads((ROOT / "tests" / "data" / "access_world.json").read_text("utf-8"))
FILE = yaml.safe_load((ROOT / "book" / "access.yml").read_text(encoding="utf-8"))
WHERE = model.countries()
OFFERS = tuple(FILE["offers"])
dollars = st.floats(0.01, 1000)
bars = st.floats(0.001, 1)
someone = st.builds(
    Country,
    st.just("x"),
    st.just("X"),
    st.integers(1, 10**9),
    st.floats(300, 100_000),
    st.floats(0, 1),
    st.floats(0.2, 0.65),
)


def quantile_share(gini: float, low: float, up: float) -> float:
    """Share of all income that goes to the people between two ranks, incomes being lognormal."""
    sigma = model.spread(gini)

    def up_to(rank: float) -> float:
        return rank if rank in (0, 1) else model.NORMAL.cdf(model.NORMAL.inv_cdf(rank) - sigma)

    return up_to(up) - up_to(low)


def test_lognormal_incomes_against_the_world_banks_shares() -> None:
    """171 economies. The published shares come from surveys; a lognormal has one number for a
    whole country. It gives the poorest fifth a little too little almost everywhere."""
    rows = WORLD["income_shares"]["rows"].values()
    errors = np.array(
        [
            [
                100 * quantile_share(gini / 100, 0, 0.2) - poor,
                100 * quantile_share(gini / 100, 0.9, 1) - rich,
            ]
            for poor, rich, gini in rows
        ]
    )
    assert len(errors) == 171
    assert np.abs(errors).mean(axis=0) == pytest.approx([0, 0], abs=1.8)
    assert np.abs(errors).max(axis=0) == pytest.approx([0, 0], abs=4.5)
    for name, published in FILE["checks"]["income_shares"].items():
        gini = FILE["countries"][name]["gini"]["value"] / 100
        assert published["year"] == FILE["countries"][name]["gini"]["year"]
        assert abs(100 * quantile_share(gini, 0, 0.2) - published["poorest_fifth"]) < 1.25
        assert abs(100 * quantile_share(gini, 0.9, 1) - published["richest_tenth"]) < 2.8


def test_people_online_in_the_world_against_itus_figures() -> None:
    """Weighing by people, over 209 economies; ITU's figures are estimates of its own for 2024 and
    2025, the shares here the latest of each country up to 2024."""
    rows = WORLD["economies"]["rows"].values()
    published = {name: entry["value"] for name, entry in WORLD["published"].items()}
    shares = [(online / 100, online / 100) for _, online, _, _ in rows]
    low, up = over_all(shares, [people for people, *_ in rows])
    assert low == up
    world = 8_141_808_945  # World Bank, 2024
    assert abs(low * world - published["online_2024"]) / world < 0.03
    for group in ("low_income", "high_income"):
        mine = [row for row in rows if row[3] == group]
        share, _ = over_all([(r[1] / 100, r[1] / 100) for r in mine], [r[0] for r in mine])
        assert abs(100 * share - published[group]) < 1.5


def test_incomes_are_what_the_world_banks_totals_say() -> None:
    """Two of its tables, packaged by two others: a head's income times heads is the whole."""
    for name, total in WORLD["published"]["gni_total_2024"]["value"].items():
        country = next(c for c in WHERE if c.id == name)
        assert country.people * country.income == pytest.approx(total, rel=0.003)
        assert FILE["checks"]["total_income"][name]["value"] == total


def test_persons_drawn_one_by_one_get_through_as_often_as_the_formula_says() -> None:
    rng = np.random.default_rng(3)
    for country in WHERE[:6]:
        sigma = math.sqrt(2) * model.NORMAL.inv_cdf((1 + country.gini) / 2)
        incomes = country.income / 12 * rng.lognormal(-(sigma**2) / 2, sigma, 200_000)
        for price, bar in ((20.0, 0.02), (4.6, 0.02), (16.64, 0.1)):
            drawn = float(np.mean(price <= bar * incomes))
            share = model.able(price, bar, country)
            assert abs(drawn - share) < 4.5 * math.sqrt(0.25 / 200_000)
        # The Gini index of what was drawn, by its definition over sorted incomes.
        sorted_, ranks = np.sort(incomes), np.arange(1, incomes.size + 1)
        gini = float((2 * ranks - incomes.size - 1) @ sorted_ / (incomes.size * sorted_.sum()))
        assert gini == pytest.approx(country.gini, abs=0.005)
        assert float(incomes.mean()) == pytest.approx(country.income / 12, rel=0.01)


@settings(max_examples=150, deadline=None)
@given(someone, dollars, bars)
def test_a_dearer_price_or_a_lower_bar_lets_fewer_pay(c: Country, price: float, bar: float) -> None:
    share = model.able(price, bar, c)
    assert 0 <= share <= 1
    assert model.able(1.5 * price, bar, c) <= share <= model.able(price, 1.5 * bar, c)
    # Only the price over the bar matters, and a whole income of it is the median of nobody.
    assert model.able(2 * price, 2 * bar, c) == pytest.approx(share, abs=1e-12)
    sigma = model.spread(c.gini)
    median = c.income / 12 * math.exp(-(sigma**2) / 2)
    assert model.able(bar * median, bar, c) == pytest.approx(0.5, abs=1e-9)
    assert model.able(0, bar, c) == 1
    mean = c.income / 12
    assert model.able(bar * mean * 0.999, bar, c, unequal=False) == 1
    assert model.able(bar * mean * 1.001, bar, c, unequal=False) == 0


def test_what_means_nothing_is_refused() -> None:
    c = WHERE[0]
    for price, bar in ((-1.0, 0.02), (1.0, 0.0)):
        with pytest.raises(ValueError, match="means nothing"):
            model.able(price, bar, c)
    for gini in (0.0, 1.0, 36.0):
        with pytest.raises(ValueError, match="between 0 and 1"):
            model.spread(gini)
    for people in ([], [0], [-1, 3]):
        with pytest.raises(ValueError):
            over_all([(0.0, 1.0)] * len(people), people)
    with pytest.raises(KeyError):
        model.cell("nobody", "law", "china")


def test_prices_a_month_against_sums_by_hand() -> None:
    # 7.5 million read at 0.75 dollars a million, 2.5 million written at 4.5.
    assert model.by_token("token", 10) == pytest.approx(7.5 * 0.75 + 2.5 * 4.5)
    assert model.by_token("market", 10) == pytest.approx(7.5 * 0.225 + 2.5 * 1.98)
    # At 224.81 read and 20.87 written a second, a month of 30 days answers 169.2 million.
    most = 2_592_000 / (0.75e6 / 224.81 + 0.25e6 / 20.87)
    assert most == pytest.approx(169.2, abs=0.1)
    assert [model.machines(x) for x in (0.1, 0.999 * most, 1.001 * most, 1.999 * most, 3.5 * most)
            ] == [1, 1, 2, 2, 4]  # fmt: skip
    assert model.at_home(1) == pytest.approx(599 / 36)
    assert model.at_home(300) == pytest.approx(2 * 599 / 36)


def test_gates_are_read_as_the_file_has_them() -> None:
    for offer in OFFERS:
        for country in WHERE:
            states = []
            for gate in model.RULES:
                cells = FILE["offers"][offer][gate]
                states.append(cells.get(country.id, cells["rest"])["state"])
            expected = "shut" if "shut" in states else "unknown" if "unknown" in states else "open"
            assert model.state(offer, country.id) == expected
            assert model.state(offer, country.id, ()) == "open"
            if expected != "open":
                gate = model.first(offer, country.id, expected)
                assert states.index(expected) == model.RULES.index(gate)
    names = {c.id for c in WHERE}
    for offer in FILE["offers"].values():
        for gate in model.RULES:
            assert set(offer[gate]) - {"rest"} <= names
            assert {cell["state"] for cell in offer[gate].values()} <= {"open", "shut", "unknown"}


def test_the_ten_largest_countries_are_all_there() -> None:
    rows = WORLD["economies"]["rows"]
    largest = sorted((row[0] for row in rows.values()), reverse=True)[:10]
    assert {c.people for c in WHERE} >= set(largest)


routes = st.lists(
    st.builds(
        lambda offers, price: Route("r", tuple(offers), {"rest": price}),
        st.lists(st.sampled_from(OFFERS), min_size=1, max_size=3, unique=True),
        st.floats(0, 100),
    ),
    min_size=1,
    max_size=4,
)
some_gates = st.lists(st.sampled_from(model.GATES), unique=True).map(tuple)
setups = st.builds(Setting, bars, st.booleans(), some_gates)


@settings(max_examples=80, deadline=None)
@given(routes, setups)
def test_the_laws_of_bounds(chosen: list[Route], setting: Setting) -> None:
    low, up = reached(chosen, WHERE, setting)
    assert 0 <= low <= up <= 1
    alone = [reached([route], WHERE, setting) for route in chosen]
    # Any of several: at least the best of them, at most all together (Frechet's bounds).
    for i, whole in enumerate((low, up)):
        assert max(pair[i] for pair in alone) <= whole + 1e-12
        assert whole <= sum(pair[i] for pair in alone) + 1e-12
        for country in WHERE:
            assert in_country(chosen, country, setting)[i] <= country.online
    for gate in setting.gates:
        more = without(gate, chosen, WHERE, setting)
        assert more[0] >= low - 1e-12 and more[1] >= up - 1e-12
    # What a route adds, one after the other, is the whole.
    people = sum(c.people for c in WHERE)
    for i, whole in enumerate((low, up)):
        steps = [added(route, chosen[:at], WHERE, setting, i) for at, route in enumerate(chosen)]
        assert sum(steps) == pytest.approx(whole * people, abs=1e-3)
        assert all(step >= -1e-6 for step in steps)
    if not setting.gates:
        online = sum(c.people * c.online for c in WHERE) / people
        assert low == pytest.approx(online) and up == pytest.approx(online)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(WHERE), st.lists(st.floats(0.1, 100), min_size=2, max_size=3), bars)
def test_any_of_several_routes_against_persons(c: Country, asked: list[float], bar: float) -> None:
    """Ranks of people, the richest online first: each takes any open route that it can pay."""
    ranks = (np.arange(20_000) + 0.5) / 20_000
    sigma = model.spread(c.gini)
    z = np.array([model.NORMAL.inv_cdf(float(r)) for r in ranks[::100]])
    incomes = c.income / 12 * np.exp(sigma * z - sigma**2 / 2)
    online = ranks[::100] >= 1 - c.online
    pays = np.zeros(z.size, dtype=bool)
    chosen = [Route("r", ("apache",), {"rest": price}) for price in asked]
    for price in asked:
        pays |= price <= bar * incomes
    share = float(np.mean(pays & online))
    through = max(r.reach(c, bar, True, ("price",))[1] for r in chosen)
    assert through == pytest.approx(share, abs=0.011)
    assert in_country(chosen, c, Setting(bar, True, ("price",)))[0] == through
