"""The quorum demo: its takeaway against the model, its challenges, what it draws."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.demos.quorum import DOTS
from decentralized_ai.verification.quorum_committee import RIGHT, WRONG, count, draw
from decentralized_ai.verification.quorum_laws import Habits, chances
from decentralized_ai.verification.quorum_words import needed_of, percent

from .. import every

DEMO = demos.get("quorum")

SOLUTIONS = {
    "outvote": {"colluders": 20, "asked": 31, "reveal": "commit"},
    "worse": {"colluders": 10, "asked": 9, "rule": "two", "reveal": "commit"},
    "silence": {"colluders": 0, "lazy": 0, "error": 0, "differs": 20, "asked": 5, "rule": "all"},
    "knife": {
        "colluders": 32,
        "asked": 31,
        "lazy": 0,
        "error": 0,
        "pool": "same",
        "reveal": "commit",
    },
}
SAID = re.compile(
    r"When (\d+) of (\d+) must agree, (?:(\d+)%|(\d+) of (\d+)) collude"
    r"(?: and (\d+)% of the others copy)?, "
    r"answers (.+) bring a wrong answer in (.+) of cases and no decision in (.+); "
    r"asking one operator is wrong in (.+)\. "
    r"With answers (.+) it would be a wrong answer in (.+) and no decision in (.+)\."
)
MODES = {
    "told in turn": "turn",
    "told in turn (colluders first)": "rush",
    "committed without an id": "unbound",
    "committed with an id": "commit",
}
POOL = {"ten": 10, "double": 2, "same": 1}


def holds(words: str, p: float) -> bool:
    """Is a probability what these words say?"""
    if words == "less than 0.001%":
        return p < 1e-5
    if words == "more than 99.9%":
        return p > 0.999
    number = words.removesuffix("%")
    decimals = len(number.partition(".")[2])
    # Half a unit of the last digit shown; a number below 10 is shown to two digits, its zeros cut.
    half = 0.5 * 10.0**-decimals if p >= 0.1 or p == 0 else 0.05 * 100 * p
    return abs(float(number) - 100 * p) <= half * 1.001 + 1e-9


@settings(max_examples=60, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    params = DEMO.parse(raw)
    said = SAID.fullmatch(DEMO.view(raw).takeaway)
    assert said, DEMO.view(raw).takeaway
    needed, asked, share, marked, pool, lazy, mode, wrong, none, one, other, wrong2, none2 = (
        said.groups()
    )
    n = params["asked"]
    assert int(asked) == n and int(lazy or 0) == params["lazy"]
    least = {"two": 2, "third": n / 3, "majority": n / 2, "two_thirds": 2 * n / 3, "all": n}
    floor = least[params["rule"]]
    # The smallest whole number that is over a third or a half, or reaches the others; two at least.
    strict = params["rule"] in ("third", "majority")
    assert int(needed) == next(
        k for k in range(2, n + 1) if (k > floor if strict else k >= floor - 1e-9)
    )
    size = None
    colluding = params["colluders"] / 100
    if params["pool"] == "many":
        assert int(share) == params["colluders"]
    else:
        size = n * POOL[params["pool"]]
        assert int(pool) == size
        assert abs(100 * int(marked) - params["colluders"] * size) <= 50  # the nearest, exactly
        colluding = int(marked) / size
    honest = 1 - params["error"] / 100
    assert holds(one, 1 - (1 - colluding) * honest)
    habits = Habits(params["lazy"] / 100, params["error"] / 100, params["differs"] / 100)
    assert MODES[mode] == params["reveal"]
    assert (MODES[other] == "commit") != (params["reveal"] == "commit")
    for which, bad, silent in ((mode, wrong, none), (other, wrong2, none2)):
        law = chances(n, int(needed), MODES[which], habits, params["colluders"], size)
        assert holds(bad, law.wrong)
        assert holds(silent, law.none)
        # And the simulation says the same: within 5 standard errors of 3,000 committees.
        rng = np.random.default_rng(1234)
        kinds = draw(rng, 3000, n, params["colluders"], habits, size)
        outcomes = count(kinds, int(needed), MODES[which])
        for outcome, p in ((WRONG, law.wrong), (RIGHT, law.right)):
            spread = (p * (1 - p) / 3000) ** 0.5
            assert abs(np.mean(outcomes == outcome) - p) <= 5 * spread + 2 / 3000


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.0, "0%"),
        (1e-7, "less than 0.001%"),
        (1.04e-5, "0.00104%"),
        (0.0283, "2.83%"),
        (0.15652, "15.7%"),
        (0.99951, "more than 99.9%"),
        (1.0, "100%"),
    ],
)
def test_probabilities_in_words(p: float, words: str) -> None:
    assert percent(p) == words and holds(words, p)


def test_never_fewer_than_two_must_agree() -> None:
    assert [needed_of(2, r) for r in ("two", "third", "majority", "two_thirds", "all")] == [2] * 5
    assert [needed_of(31, r) for r in ("two", "third", "majority", "two_thirds", "all")] == [
        2,
        11,
        16,
        21,
        31,
    ]


def test_three_asked_are_wrong_more_often_than_one() -> None:
    """The chapter's claim at the first setting, and what commitments make of it."""
    metrics = DEMO.view().metrics
    assert metrics["rush.wrong"] > 1.1 * metrics["alone"] > 3 * metrics["commit.wrong"]
    assert DEMO.guess.answer(DEMO.view()) == 2


@settings(max_examples=25, deadline=None)
@given(every.setting(DEMO))
def test_what_is_drawn_is_what_was_played(raw: dict) -> None:
    params, answer = DEMO.parse(raw), DEMO.answer(raw)
    assert len(json.dumps(answer)) < 13_000
    traces = answer["figure"]["data"]
    seats = [t for t in traces if t.get("yaxis") == "y2" and t["mode"] == "markers"]
    at = [place for t in seats for place in zip(t["x"], t["y"], strict=True)]
    assert sorted(at) == [(x, y) for x in range(1, params["asked"] + 1) for y in range(1, 6)]
    dots = next(t for t in traces if t.get("name") == "Simulated")
    assert set(dots["x"]) <= {*DOTS, params["colluders"]}
    setting = next(t for t in traces if t.get("name") == "Your setting")
    assert setting["x"] == [params["colluders"]]


def test_a_copier_who_copies_a_commitment_is_caught_by_name() -> None:
    def caught(reveal: str) -> str:
        words = DEMO.view({"reveal": reveal, "lazy": 90, "asked": 7}).figure["layout"]
        return words["annotations"][-1]["text"]

    assert "the opening does not fit the commitment" in caught("commit")
    assert caught("unbound") == caught("rush") == "Caught: nobody"


def test_the_oracle_of_31_falls_with_one_colluder_more() -> None:
    oracle = next(p for p in DEMO.presets if p.id == "oracle").params
    ten, eleven = (DEMO.view({**oracle, "colluders": c}).metrics for c in (32, 34))
    assert (ten["marked"], ten["needed"], ten["commit.wrong"]) == (10, 11, 0)
    assert (eleven["marked"], eleven["commit.wrong"]) == (11, 1)
