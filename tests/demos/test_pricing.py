"""The pricing demo: its takeaway told again from the model, its challenges, its presets."""

import re

import numpy as np
from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.inference.pricing import Market, simulate
from decentralized_ai.inference.pricing_sellers import SELLERS
from decentralized_ai.inference.pricing_theory import overshoot

from .. import every

DEMO = demos.get("pricing")

SOLUTIONS = {
    "withhold": {"largest": 27},
    "gentle": {"lasts": 20, "step": 2, "target": 90, "entry": 0, "running": 25},
    "no_rest": {"shock": 1, "step": 100, "target": 16.67, "running": 25},
    "fee_cheaper": {"lasts": 20, "step": 2, "target": 90, "entry": 0, "running": 25},
}
NAMES = {
    "posted prices": "posted",
    "a Vickrey auction": "vickrey",
    "one price for all": "uniform",
    "a base fee": "base_fee",
}
TIMES = {
    "only a quarter of": 0.25,
    "only half of": 0.5,
    "only three quarters of": 0.75,
    "1.25 times": 1.25,
    "1.5 times": 1.5,
    "twice": 2,
    "2.5 times": 2.5,
    "three times": 3,
    "four times": 4,
    "five times": 5,
}


def costs_of(p: dict) -> np.ndarray:
    """Written anew: what each of the 54 machines costs."""
    if p["costs"] == "sellers":
        mix = p["mix"]
        asked = sorted((mix * s.input + s.output) / (mix + 1) for s in SELLERS)
        return np.array([price for price in asked for _ in range(3)])
    half = {"wide": 0.5, "near": 0.1, "equal": 0.0}[p["costs"]]
    draws = np.random.default_rng([p["seed"], 3]).random(54)
    return np.sort([1 - half + 2 * half * u for u in draws])


def rerun(p: dict) -> dict:
    """Each rule's prices and units sold in the 160 rounds shown."""
    costs = costs_of(p)
    own = np.zeros(54, dtype=bool)
    for i in range(p["largest"]):
        own[int((i + 0.5) * 54 / p["largest"])] = True
    top = 4 * float(np.mean(costs)) if p["costs"] == "sellers" else 4.0
    shares = {name: p[name] / 100 for name in ("running", "entry", "step", "target")}
    luck = np.random.default_rng([p["seed"], 7]).standard_normal(200)
    usual = [36 * (p["shock"] if 70 <= i < 70 + p["lasts"] else 1) for i in range(200)]
    buyers = np.array([round(n * (1 + 0.02 * z)) for n, z in zip(usual, luck, strict=True)])
    market = Market(costs, own, top=top, **shares)
    return {
        rule: simulate(market, buyers.astype(np.int64), rule, p["seed"]).after(40)
        for rule in p["rules"]
    }


def usd(text: str) -> float:
    return float(text.replace(",", ""))


def near(text: str, true: float) -> bool:
    return abs(usd(text) - true) <= 0.005 + 1e-6


@settings(max_examples=120, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    assert takeaway.count(". ") <= 1
    (check_line if p["picture"] == "line" else check_time)(p, takeaway)


def check_time(p: dict, takeaway: str) -> None:
    runs = rerun(p)
    shock, end = p["shock"], 30 + p["lasts"]
    wave = {rule: run.price[30:end] for rule, run in runs.items()}
    if shock == 1:
        text = r"between \$([\d,.]+) and \$([\d,.]+) under ([a-zA-Z ]+?)(?=[.,])"
        assert takeaway.startswith("With no wave of buyers, the price stays between ")
        lows = {rule: run.price.min() for rule, run in runs.items()}
        highs = {rule: run.price.max() for rule, run in runs.items()}
        found = re.findall(text, takeaway.split(". ")[0] + ".")
    else:
        text = r"\$([\d,.]+) under ([a-zA-Z ]+) \(\$([\d,.]+) before\)"
        head = re.match(
            r"With (.*?)(?: the)? buyers for (\d+) rounds, the price at its (lowest|highest) is ",
            takeaway,
        )
        assert TIMES[head[1]] == shock and int(head[2]) == p["lasts"]
        assert (head[3] == "lowest") == (shock < 1)
        lows = {rule: run.price[10:30].mean() for rule, run in runs.items()}
        highs = {r: prices.min() if shock < 1 else prices.max() for r, prices in wave.items()}
        found = [(b, a, n) for a, n, b in re.findall(text, takeaway.split(". ")[0])]
    said = {NAMES[name] for _, _, name in found}
    for low, high, name in found:
        assert near(low, lows[NAMES[name]]) and near(high, highs[NAMES[name]])
    for outer in (max(highs.values()), min(highs.values())):
        assert any(abs(highs[rule] - outer) < 1e-9 for rule in said)

    paid = {rule: np.average(run.price, weights=run.sold) for rule, run in runs.items()}
    rest = takeaway.split(". ")[1]
    if len(runs) == 1:
        (only,) = paid.values()
        text = r"Over the whole time buyers pay \$([\d,.]+) per million tokens on average\."
        assert near(re.fullmatch(text, rest)[1], only)
    elif rest.endswith("whatever the rule."):
        text = re.search(r"\$([\d,.]+) on average", rest)[1]
        assert all(near(text, price) for price in paid.values())
    else:
        text = (
            r"Over the whole time buyers pay least under ([a-zA-Z ]+), \$([\d,.]+) on average, and "
            r"most under ([a-zA-Z ]+), \$([\d,.]+)\."
        )
        least, a, most, b = re.fullmatch(text, rest).groups()
        assert near(a, min(paid.values())) and near(a, paid[NAMES[least]])
        assert near(b, max(paid.values())) and near(b, paid[NAMES[most]])


def needed(costs: np.ndarray, top: float, buyers: int) -> int:
    """Counted one by one: the k-th cheapest machine against the k-th keenest buyer."""
    count = 0
    while (
        count < min(54, buyers) and costs[count] <= top * (1 - (count + 0.5) / buyers)
    ):  # fmt: skip
        count += 1
    return count


def check_line(p: dict, takeaway: str) -> None:
    costs = costs_of(p)
    top = 4 * float(np.mean(costs)) if p["costs"] == "sellers" else 4.0
    said = re.match(
        r"(\d+) of 54 machines are needed: they (?:cost|ask) \$([\d,.]+) on average, the dearest "
        r"of them (?:costs|asks) \$([\d,.]+)(?:; in the wave (\d+) are, and the dearest "
        r"(?:costs|asks) \$([\d,.]+))?\. ",
        takeaway,
    )
    usual, wave = needed(costs, top, 36), needed(costs, top, round(36 * p["shock"]))
    assert int(said[1]) == usual
    assert near(said[2], costs[:usual].mean()) and near(said[3], costs[usual - 1])
    assert (said[4] is None) == (p["shock"] == 1)
    if said[4]:
        assert int(said[4]) == wave and near(said[5], costs[wave - 1])
    rest = takeaway[said.end() :]
    if p["costs"] != "sellers":
        assert rest == "At one price for all, that is about what each of them is paid."
        return
    text = (
        r"Of 18 sellers, (.+) asks least at this mix of tokens, \$([\d,.]+) per million, and (.+) "
        r"most, \$([\d,.]+)\."
    )
    first, a, last, b = re.fullmatch(text, rest).groups()
    asked = {s.name: (p["mix"] * s.input + s.output) / (p["mix"] + 1) for s in SELLERS}
    assert abs(asked[first] - min(asked.values())) < 1e-9 and near(a, asked[first])
    assert abs(asked[last] - max(asked.values())) < 1e-9 and near(b, asked[last])


def test_the_price_of_the_auction_is_near_the_dearest_machine_needed() -> None:
    """What the sentence about the line-up says, in quiet times and over many draws of costs."""
    for seed in range(20):
        metrics = DEMO.view({"seed": seed, "rules": ["uniform"], "shock": 1}).metrics
        assert abs(metrics["uniform.before"] / metrics["balance"] - 1) < 0.25


def test_the_table_is_the_figure() -> None:
    view = DEMO.view({"rules": list(DEMO.control("rules").options)})
    lines = [t for t in view.figure["data"] if t["name"] == "one price for all"]
    column = next(i for i, c in enumerate(view.table.columns) if c.label.startswith("one price"))
    drawn = dict(zip(lines[0]["x"], lines[0]["y"], strict=True))
    for row in view.table.rows:
        assert abs(drawn[int(row[0])] - row[column]) <= 0.01 * row[column]
    machines = lines[1]
    for row in view.table.rows:
        at = max(i for i, x in enumerate(machines["x"]) if x <= int(row[0]))
        assert machines["y"][at] == row[column + 1]


def test_the_line_up_is_its_table() -> None:
    view = DEMO.view({"picture": "line", "costs": "sellers", "mix": 10})
    bars = {
        x: y
        for t in view.figure["data"]
        if t["type"] == "bar"
        for x, y in zip(t["x"], t["y"], strict=True)
    }
    assert len(view.table.rows) == 18 and len(bars) == 54
    for i, row in enumerate(view.table.rows):
        assert abs(bars[3 * i + 1] - row[5]) <= 0.01 * row[5]
    network = next(t for t in view.figure["data"] if t["name"].startswith("say"))
    assert len(network["x"]) == 9  # three of the sellers, three machines each


def test_presets_have_the_figures_of_their_sources() -> None:
    views = {preset.id: DEMO.view(preset.params).metrics for preset in DEMO.presets}
    assert abs(views["ethereum"]["base_fee.rise"] - 0.125) < 1e-9
    assert abs(views["optimism"]["base_fee.rise"] - 0.02) < 1e-5  # a sixth is written 16.67%
    assert round(views["sellers"]["spread_input"]) == 41
    assert round(views["sellers"]["spread_output"], 1) == 2.9
    # 647.3 W at 12 cents a kilowatt-hour, of 2.69 dollars an hour.
    params = next(preset.params for preset in DEMO.presets if preset.id == "rented")
    assert abs(0.6473 * 0.12 / 2.69 - params["running"] / 100) < 0.0015
    assert -0.01 < views["steady"]["base_fee.over"] < overshoot()


def test_what_is_drawn_is_small() -> None:
    import json

    for picture in ("time", "line"):
        for costs in ("wide", "sellers"):
            raw = {"rules": ["posted", "uniform", "base_fee"], "picture": picture, "costs": costs}
            assert len(json.dumps(DEMO.answer(raw))) < 12_000
