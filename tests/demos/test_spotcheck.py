"""The spot-check demo: its takeaway against the rules of the game, its challenges, its presets."""

import re

import numpy as np
from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.demos.spotcheck import BOUNTY, JACKPOT

from .. import every

DEMO = demos.get("spotcheck")

SOLUTIONS = {
    "cheaply": {"rate": 0.2, "stake": 500},
    "all_in": {"rate": 2, "stake": 50},
    "innocent": {"rate": 20, "stake": 500, "alarm": 1.0},
    "goes_on": {"planted": 2.0},
}


def chance_caught(p: dict, fakes: int) -> float:
    """Coin by coin, not by the model's code: every fake is checked and found with q d."""
    if p["drawn"] == "known":
        return 0.0
    free = seen = 1.0
    for _ in range(fakes):
        free *= 1 - p["rate"] / 100
        seen *= 1 - p["rate"] / 100 * p["detection"] / 100
    if p["drawn"] == "after":
        return 1 - seen
    if free > 1 - 1e-12:
        return 0.0
    return (1 - free) ** 1000 * (1 - seen) / (1 - free)


def extra(p: dict, fakes: int) -> float:
    """Fees a batch more than honest work brings."""
    quiet = 1 - p["rate"] / 100 * p["alarm"] / 100
    known = p["drawn"] == "known"
    saved = fakes * p["saving"] / 100 * (1 - p["rate"] / 100 if known else 1)
    kept = (1 - chance_caught(p, fakes)) * quiet ** (
        p["answers"] if known else p["answers"] - fakes
    )
    return saved - p["stake"] * (quiet ** p["answers"] - kept)


def read(text: str) -> float:
    return float(text.replace(",", ""))


def near(said: str, true: float) -> bool:
    """Whole fees from 1,000 on, one decimal from 10, two from 0.1, four below: half of that."""
    half = next(
        h for limit, h in ((999, 0.5), (9.9, 0.05), (0.09, 0.005), (0, 5e-5)) if true >= limit
    )
    return abs(read(said) - true) <= half + 1e-9


@settings(max_examples=150, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    p = DEMO.parse(raw)
    takeaway = DEMO.view(raw).takeaway
    n = p["answers"]
    said = re.match(
        r"Fake ([\d,]+) of ([\d,]+) answers, and you are caught with a chance of (less than |more "
        r"than )?([\d.]+)% and (neither gain nor lose by it|(gain|lose) ([\d,.]+) fees? a batch by "
        r"it) on average\. ",
        takeaway,
    )
    assert said, takeaway
    fakes = int(read(said[1]))
    assert fakes == max(1, round(n * p["share"] / 100)) and read(said[2]) == n
    caught = 100 * chance_caught(p, fakes)
    if said[3]:
        assert caught < 0.1 if said[3].startswith("less") else 99.9 < caught <= 100 + 1e-9
    else:
        assert abs(caught - float(said[4])) <= 0.0501
    gain = extra(p, fakes)
    if said[6]:
        assert (gain > 0) == (said[6] == "gain")
        assert near(said[7], abs(gain))
    else:
        assert abs(gain) < 1e-8

    every = np.array([extra(p, m) for m in range(1, n + 1, max(1, n // 100))] + [extra(p, n)])
    pays = every.max() > 1e-8
    rest = takeaway[said.end() :]
    checks = n * p["rate"] / 100
    if pays:
        most = re.match(r"Cheating pays, most of all if (everything is|[\d,]+ are) faked;", rest)[1]
        best = n if most == "everything is" else int(read(most.split()[0]))
        assert extra(p, best) >= every.max() - 1e-6
    else:
        # Between two of the numbers tried here it may still pay, by little.
        best = 0
        if rest.startswith("Cheating"):
            count = int(read(re.match(r"Cheating pays, most of all if ([\d,]+) are", rest)[1]))
            assert extra(p, count) > 0
            best = count
        else:
            assert rest.startswith("No number of fakes pays, so checks find ")
    income = BOUNTY * p["stake"] * (chance_caught(p, best) if best else 0.0)
    income += checks * p["planted"] / 100 * JACKPOT
    net = income - checks * p["cost"] / 100
    price = re.search(r"cost ([\d,.]+) fees? a batch", rest)[1]
    assert near(price, checks * p["cost"] / 100)
    if stated := re.search(r"leave a verifier ([\d,.]+) fees? (ahead|behind)", rest):
        assert near(stated[1], abs(net)) and (net > 0) == (stated[2] == "ahead")
    elif "just pay" in rest:
        assert abs(net) < 1e-8
    else:
        assert not p["planted"] and not best
    assert ("would stop" in rest) == (net < -1e-9)
    assert ("would go on" in rest) != ("would stop" in rest)


def test_the_table_is_the_figure() -> None:
    view = DEMO.view({"alarm": 0.5, "rate": 5})
    answers = DEMO.parse({})["answers"]
    dots = next(t for t in view.figure["data"] if t["name"].startswith("simulated"))
    assert [round(x * answers / 100) for x in dots["x"]] == [
        read(row[0]) for row in view.table.rows
    ]
    for y, row in zip(dots["y"], view.table.rows, strict=True):
        assert abs(y * answers / 100 - row[5]) <= 1e-3 * max(1, abs(row[5]))


def test_a_choice_off_the_picture_is_marked_at_its_edge() -> None:
    view = DEMO.view({"stake": 10_000, "rate": 30, "share": 50})
    mine = next(t for t in view.figure["data"] if t["name"] == "your choice")
    low, high = view.figure["layout"]["yaxis"]["range"]
    assert low < mine["y"][0] < high
    assert mine["marker"]["symbol"] == "triangle-down"


def test_presets_say_what_their_notes_say() -> None:
    views = {preset.id: DEMO.view(preset.params) for preset in DEMO.presets}
    assert abs(views["pocket"].metrics["gain"]) < 1e-12
    assert 0 < views["plan"].metrics["gain"] < 0.2
    assert views["volunteers"].metrics["best"] == 50
    assert views["planted"].metrics["checker"] > 0
    assert 0.95 <= views["audit"].metrics["caught"] < 0.96
