"""The demo of access: its takeaway against the file of facts, its picture, its presets."""

from __future__ import annotations

import math
import re
from pathlib import Path

import yaml
from hypothesis import given, settings

from decentralized_ai import demos

from .. import every
from ..bibliography import ENTRIES

DEMO = demos.get("access")
FILE = yaml.safe_load((Path(__file__).parents[2] / "book" / "access.yml").read_text("utf-8"))
COUNTRIES, PRICES = FILE["countries"], FILE["prices"]
PEOPLE = sum(row["people"]["value"] for row in COUNTRIES.values())
NAMES = {
    "provider": "the rule of whoever offers it",
    "law": "the law",
    "network": "the network",
    "price": "the price",
}

SOLUTIONS = {
    "half": {"plan": "free"},
    "nobody": {"plan": "free"},
    "machine": {"tokens": 100},
    "one_gate": {"gates": ["provider", "law", "network"]},
}


def rank(z: float) -> float:
    """The share of a normal distribution below z."""
    return math.erfc(-z / math.sqrt(2)) / 2


def edge(share: float) -> float:
    """Below which z that share lies: by halving."""
    low, up = -10.0, 10.0
    for _ in range(80):
        middle = (low + up) / 2
        low, up = (middle, up) if rank(middle) < share else (low, middle)
    return low


def asked(p: dict, route: str, country: str) -> float:
    """Dollars a month, by the prices of the file."""
    mixed = {
        name: p["tokens"] * (0.75 * PRICES[name]["input"] + 0.25 * PRICES[name]["output"])
        for name in ("token", "market")
    }
    if route == "market":
        return mixed["market"]
    if route == "own":
        speed = PRICES["speed"]
        seconds = p["tokens"] * (0.75e6 / speed["read"] + 0.25e6 / speed["write"])
        return math.ceil(seconds / 86_400 / 30 - 1e-9) * PRICES["machine"]["whole"] / 36
    if p["plan"] == "token":
        return mixed["token"]
    if p["plan"] == "go" and country == "india":
        return PRICES["go_india"]["month"]
    return PRICES[p["plan"]]["month"]


def states(offer: str, country: str, gates: tuple) -> list[str]:
    cells = (FILE["offers"][offer][g] for g in ("provider", "law", "network") if g in gates)
    return [cell.get(country, cell["rest"])["state"] for cell in cells]


def through(p: dict, route: str, country: str, gates: tuple) -> tuple[float, float]:
    """Bounds of the share that gets through, by the file."""
    offers = {
        "market": ["market"],
        "own": [p["licence"]],
        "closed": [p["company"]],
    }[route]
    if offers == ["any"]:
        offers = ["openai", "anthropic", "deepseek"]
    found = [states(offer, country, gates) for offer in offers]
    sure = any(set(f) <= {"open"} for f in found)
    maybe = any("shut" not in f for f in found)
    row = COUNTRIES[country]
    share = 1.0
    price = asked(p, route, country)
    if "price" in gates and price:
        needed, mean = price / (p["bar"] / 100), row["income"]["value"] / 12
        if p["unequal"]:
            sigma = math.sqrt(2) * edge((1 + row["gini"]["value"] / 100) / 2)
            share = rank(-(math.log(needed / mean) + sigma**2 / 2) / sigma)
        else:
            share = float(needed <= mean * (1 + 1e-12))
    share = min(share, row["online"]["value"] / 100)
    return (sure * share, maybe * share)


def whole(p: dict, chosen: tuple, gates: tuple, bound: int) -> float:
    """People who get through by any of the routes."""
    return sum(
        row["people"]["value"]
        * max((through(p, route, name, gates)[bound] for route in chosen), default=0.0)
        for name, row in COUNTRIES.items()
    )


def near(said: str, true: float) -> bool:
    """A percentage as the demo prints it: three digits, one or two after the point."""
    if said.startswith("less than 0.1"):
        return 0 < true < 0.001 + 1e-9
    value = float(said.rstrip("%"))
    return abs(value - 100 * true) <= 10 ** (math.floor(math.log10(max(value, 0.1))) - 2) * 0.51


@settings(max_examples=150, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    chosen, gates = p["routes"], p["gates"]
    bound = int(p["unknown"] == "open")
    head = re.match(
        r"With ([\d.]+)% of a month's income to spend, (less than 0\.1%|[\d.]+%)"
        r"(?: to (less than 0\.1%|[\d.]+%))? of the 5\.09 billion people in 16 countries get "
        r"through by (.+?)(?:, with (.+) left out of the count)?\. ",
        takeaway,
    )
    assert head, takeaway
    assert float(head[1]) == p["bar"] and round(PEOPLE / 1e9, 2) == 5.09
    low, up = (whole(p, chosen, gates, i) / PEOPLE for i in (0, 1))
    if low == 0:
        assert head[2] == "0%"
    else:
        assert near(head[2], low)
    assert near(head[3] or head[2], up) or (up == 0 and head[2] == "0%")
    missing = [words for gate, words in NAMES.items() if gate not in gates]
    assert re.split(r", | and ", head[5] or "") == (missing or [""])
    assert (head[4] == "at least one of these routes") == (len(chosen) > 1)

    rest = takeaway[head.end() :]
    known = "If all that is unknown is open" if bound else "By what is known"
    shut = [
        row["name"]
        for name, row in COUNTRIES.items()
        if states("market", name, ("law",)) == ["shut"]
    ]
    law = re.search(r"in ([\w ,]+) a law shuts it, and a law holds on every route\.$", rest, re.I)
    assert bool(law) == ("market" in chosen)
    if law:
        assert re.split(r", | and ", law[1]) == sorted(shut)
        assert ("ut in " in rest) == ("law" not in gates)
        more = re.match(rf"{known}, the decentralised market adds (.+?) to the rest; ", rest)
        assert bool(more) == (len(chosen) > 1)
        if more:
            others = tuple(route for route in chosen if route != "market")
            gain = whole(p, chosen, gates, bound) - whole(p, others, gates, bound)
            if more[1] == "nobody":
                assert gain < 1.001
            elif more[1].startswith("fewer"):
                assert 0.999 < gain < 1e5 + 1
            else:
                number, unit = re.match(r"([\d.,]+) (million|billion) people", more[1]).groups()
                told = float(number.replace(",", "")) * {"million": 1e6, "billion": 1e9}[unit]
                assert abs(told - gain) <= 0.006 * gain
        return
    best = {gate: whole(p, chosen, tuple(g for g in gates if g != gate), bound) for gate in gates}
    now = whole(p, chosen, gates, bound)
    most = max(best.values())
    if rest == f"{known}, no gate alone keeps anybody out.":
        assert most - now <= 1e-8 * PEOPLE
        return
    told = re.match(
        rf"{known}, what alone keeps out most is (.+?): without it, (.+?%) would get through\.$",
        rest,
    )
    gate = next(g for g, words in NAMES.items() if words == told[1])
    assert best[gate] >= most - 1e-8 * PEOPLE and near(told[2], best[gate] / PEOPLE)


@settings(max_examples=60, deadline=None)
@given(every.setting(DEMO))
def test_the_picture_has_a_cell_for_each_country_and_route(raw: dict) -> None:
    p = DEMO.parse(raw)
    view = DEMO.view(raw)
    *cells, sure, more = view.figure["data"]
    assert len(cells) == len(p["routes"])
    names = view.figure["layout"]["yaxis"]["ticktext"]
    assert sorted(names) == sorted(row["name"] for row in COUNTRIES.values())
    by_name = {row["name"]: name for name, row in COUNTRIES.items()}
    for trace, route in zip(cells, p["routes"], strict=True):
        for country, text, shape in zip(
            names, trace["text"], trace["marker"]["symbol"], strict=True
        ):
            low, up = through(p, route, by_name[country], p["gates"])
            word = text.strip("\N{NO-BREAK SPACE}")
            if shape == "circle":
                assert low == up
                if word == "price":
                    assert up < 0.01 + 1e-9
                else:
                    assert abs(float(word.rstrip("%")) - 100 * up) <= 0.51
            else:
                assert low == 0 and word.endswith("?") == (shape == "circle-open")
    for i, (base, extra) in enumerate(zip(sure["x"], more["x"], strict=True)):
        name = p["routes"][i] if i < len(p["routes"]) else None
        low = view.metrics["low" if name is None else f"low.{name}"]
        up = view.metrics["up" if name is None else f"up.{name}"]
        assert abs(base - 100 * low) < 0.02 and abs(base + extra - 100 * up) < 0.02
    assert len(view.table.rows) == len(COUNTRIES)


def test_each_source_of_the_table_is_a_key_of_the_bibliography() -> None:
    for company in ("openai", "anthropic", "deepseek"):
        for row in DEMO.view({"company": company, "licence": "llama"}).table.rows:
            for cell in row:
                for key in re.findall(r"\[(\w+)\]", cell if isinstance(cell, str) else ""):
                    assert key in ENTRIES


def test_the_guess_says_what_the_view_says() -> None:
    of = DEMO.view().metrics
    assert of["cost.market"] < of["cost.closed"] / 2
    assert (of["shut.market"], of["unknown.market"]) == (4, 8)
    assert of["low.own"] > max(of["low.closed"], of["low.market"])


def test_presets_say_what_their_notes_say() -> None:
    views = {preset.id: DEMO.view(preset.params) for preset in DEMO.presets}
    # Mean incomes and a bar of 2%: a price of 20 dollars needs 1,000 dollars a month.
    rich = [n for n, row in COUNTRIES.items() if row["income"]["value"] >= 12_000]
    listed = [n for n in rich if n not in ("china", "russia", "iran")]
    people = sum(
        COUNTRIES[n]["people"]["value"] * COUNTRIES[n]["online"]["value"] / 100 for n in listed
    )
    assert abs(views["target"].metrics["low"] - people / PEOPLE) < 1e-12
    assert sorted(listed) == ["germany", "italy", "usa"]
    # China, Russia and Iran are not on the company's list.
    barred = sum(COUNTRIES[n]["people"]["value"] for n in ("china", "russia", "iran"))
    assert views["target"].metrics["barred"] == barred / PEOPLE
    # 4.60 dollars of 2,650 a year: 2.08%, as the note says.
    assert views["go"].metrics["india.cost"] == 4.6
    assert round(100 * views["go"].metrics["india.share"], 2) == 2.08
    assert abs(views["go"].metrics["india.share"] - 4.6 * 12 / 2650) < 1e-12
    italy = views["italy"]
    assert (italy.metrics["shut.closed"], italy.metrics["unknown.closed"]) == (1, 0)
    without = DEMO.view({**DEMO.presets[2].params, "gates": ["provider", "network", "price"]})
    assert without.metrics["shut.closed"] == 0  # the network alone lets Italy through
    assert views["licence"].metrics["shut.own"] == 2
    assert views["seller"].metrics["cost.market"] == 10 * (0.75 * 0.225 + 0.25 * 1.98)
    assert views["free"].metrics["added"] < 1
