"""The incentives demo: its takeaway against operators counted anew, its challenges, its presets."""

import math
import re

import numpy as np
from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.resilience.incentives_measured import cuts
from decentralized_ai.resilience.incentives_threshold import thresholds

from .. import every

DEMO = demos.get("incentives")

SOLUTIONS = {
    "loyal": {"fees": 1, "spread": 1},
    "unpaid": {"fees": 0, "volunteers": 20},
    "outnumbered": {"rule": "presence"},
    "grown": {"growth": 50},
}
TIE = 1 + 1e-9


def prices(p: dict) -> list[float]:
    """Of a token, month by month: a geometric walk around a level that drifts for a year."""
    steps = np.random.default_rng(p["seed"]).standard_normal(96)[:95] * p["swing"] / 100 / 12**0.5
    drift = (p["swing"] / 100) ** 2 / 24
    logs = [0.0, *np.cumsum(steps - drift)]
    return [
        (p["price"] / 100) ** (min(t, 12) / 12) * math.exp(float(x)) for t, x in enumerate(logs)
    ]


def income(p: dict, month: int, price: float) -> tuple[float, float]:
    """Fees, and emission at the token's price."""
    fees = p["fees"] * (1 + p["growth"] / 100) ** (month / 12)
    cuts = month // p["every"]
    return fees, (100 - p["fees"]) * (p["keep"] / 100) ** cuts * price


def each(p: dict, fees: float, emission: float, n: int) -> float:
    """What one of n real operators gets, with fakes counted out one way or the other."""
    cost = p["fake"] / 100
    if p["rule"] == "presence" and emission:
        machines = max(n, emission / cost)
        return fees / n + emission / machines
    if p["rule"] == "orders" and emission:
        orders = max(fees, emission / cost)
        return fees / n + emission * fees / orders / n
    return (fees + emission) / n


def costs(p: dict) -> list[float]:
    """Sorted: how dear the i-th of those is who want pay."""
    free = p["volunteers"]
    power = math.log(0.9) / math.log(1 - p["spread"] / 100)
    return [0.0] * free + [(i / (100 - free)) ** power for i in range(1, 101 - free)]


def most(p: dict, fees: float, emission: float) -> int:
    """The largest number of which even the dearest covers its costs."""
    able = [n for n, c in enumerate(costs(p), 1) if c <= each(p, fees, emission, n) * TIE or c == 0]
    return max(able, default=0)


def after_eight_years(p: dict) -> int:
    """Operators with names: nobody relies on who is cheaper than whom."""
    path = prices(p)
    stay, enter = thresholds(
        float(p["entry"]), p["swing"] / 100 * (100 - p["fees"]) / 100 / math.sqrt(12)
    )
    c = costs(p)
    here = set(range(most(p, *income(p, 0, path[0]))))
    lost = dict.fromkeys(range(100), 0)
    for month, price in enumerate(path):
        fees, emission = income(p, month, price)

        def pay(n: int, fees: float = fees, emission: float = emission) -> float:
            return each(p, fees, emission, n) * TIE if n else 0.0

        now = pay(len(here))
        for i in lost:
            lost[i] = lost[i] + 1 if i in here and now < stay * c[i] else 0
        while tired := [
            i for i in here if lost[i] > p["patience"] and pay(len(here)) < stay * c[i]
        ]:
            here.remove(max(tired, key=c.__getitem__))
        while out := [i for i in range(100) if i not in here]:
            new = min(out, key=c.__getitem__)
            if pay(len(here) + 1) < enter * c[new]:
                break
            here.add(new)
            lost[new] = 0
    return len(here)


@settings(max_examples=200, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    emission = 100 - p["fees"]
    start, alone = most(p, p["fees"], emission), most(p, p["fees"], 0.0)
    words = "Customers pay nothing"
    if p["fees"]:
        words = f"Customers pay {p['fees']:g}% of the income"
    if not start:
        words += ", and faking is so cheap that nobody real is there at all. "
    elif not emission:
        words += f", so no subsidy can end for these {start} operators. "
    else:
        some = "operator" if start == 1 else "operators"
        words += f": if the subsidy ended today, {alone or 'none'} of {start} {some} would stay. "
    assert takeaway.startswith(words), takeaway
    rest = takeaway.removeprefix(words)
    left = after_eight_years(p)
    counted = "1 is" if left == 1 else f"{left or 'none'} are"
    assert rest.startswith(f"After the eight years shown, {counted} left"), (rest, left)
    fakes = re.search(
        r"; at the start (?:([\d,.]+|less than one) fake machines|made-up orders) take "
        r"(less than |more than )?([\d.]+)% of the emission\.$",
        rest,
    )
    bound = {
        "work": 1.0,
        "presence": p["fake"] / 100 * start,
        "orders": p["fake"] / 100 * p["fees"],
    }
    gone = 0.0 if p["rule"] == "work" or not emission else 1 - bound[p["rule"]] / emission
    if gone <= 1e-12:
        assert fakes is None
        return
    assert fakes, rest
    if fakes[2]:
        assert gone < 1e-3 if fakes[2] == "less than " else gone > 0.999
    else:
        assert abs(float(fakes[3]) - 100 * gone) <= 0.05 * (1 + 1e-6) or gone >= 0.9995
    if p["rule"] == "presence":
        number = emission / (p["fake"] / 100) - start
        if fakes[1] == "less than one":
            assert number < 1
        else:
            assert abs(float(fakes[1].replace(",", "")) - number) <= 0.005 * number + 0.5


def test_the_figure_holds_what_the_table_says() -> None:
    view = DEMO.view({"rule": "presence", "fake": 10, "fees": 20, "swing": 50})
    traces = {trace["name"]: trace for trace in view.figure["data"]}
    for row in view.table.rows:
        t = min(12 * int(row[0]), 95)
        assert abs(traces["fees"]["y"][t] - row[1]) <= 0.005 * row[1] + 1e-9
        total = traces["emission"]["y"][t] + traces["emission to fakes"]["y"][t]
        assert abs(total - row[2]) <= 0.01 * row[2] + 1e-9
        assert traces["operators"]["y"][t] == row[4]


def test_swings_are_those_of_a_geometric_walk_of_mean_one() -> None:
    """Logarithms of the price after seven years, over all seeds: mean -s^2 t / 2 and variance
    s^2 t. 4.5 standard errors of 100 walks."""
    logs = []
    for seed in range(100):
        view = DEMO.view({"fees": 0, "keep": 100, "swing": 50, "seed": seed})
        logs.append(math.log(float(view.table.rows[7][2]) / 100))
    variance = 0.25 * 7
    assert abs(np.mean(logs) + variance / 2) < 4.5 * math.sqrt(variance / 100)
    assert abs(np.var(logs) / variance - 1) < 4.5 * math.sqrt(2 / 100)


def test_each_cut_is_marked() -> None:
    for months, count in ((12, 7), (24, 3), (48, 1)):
        view = DEMO.view({"every": months})
        marks = next(t for t in view.figure["data"] if t["name"] == "cut")
        assert sorted({x for x in marks["x"] if x is not None}) == [
            round(months * (i + 1) / 12, 3) for i in range(count)
        ]
        assert view.metrics["cuts"] == count
    assert all(t["name"] != "cut" for t in DEMO.view({"keep": 100}).figure["data"])


def test_what_was_reported_stands_in_the_picture() -> None:
    trace = next(t for t in DEMO.view().figure["data"] if t["name"] == "reported")
    for cut, x, y in zip(cuts(), trace["x"], trace["y"], strict=True):
        assert abs(x - 100 * cut.income) < 0.01 and abs(y - 100 * cut.stayed) < 0.01


def test_presets_say_what_their_notes_say() -> None:
    of = {preset.id: DEMO.view(preset.params).metrics for preset in DEMO.presets}
    # Reported: 19 of 100 left in 2020, and 6 to 11 of 100 in 2024. The model: 17, and 15.
    assert abs(of["bitcoin20"]["after_cut"] / 100 - of["bitcoin20"]["bitcoin_2020_stayed"]) < 0.03
    assert abs(of["bitcoin24"]["after_cut"] / 100 - of["bitcoin24"]["bitcoin_2024_stayed"]) < 0.12
    assert abs(of["helium"]["after_cut"] / 100 - of["helium"]["helium_stayed"]) < 0.04
    assert abs(of["helium"]["fee_share"] - of["helium"]["helium_share"]) < 5e-5
    assert abs(of["bittensor"]["fee_share"] - of["bittensor"]["bittensor_share"]) < 0.01
    assert abs(1 - of["ionet"]["taken"] - of["ionet"]["io_net_real"]) < 0.002
    fees_2024 = 0.95 / (6.25 + 0.95)
    assert abs(of["bitcoin24"]["fee_share"] - fees_2024) < 0.003
