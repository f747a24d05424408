"""The dispute demo: its takeaway against a re-run of everything, its challenges, its presets."""

import re

import numpy as np
from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.demos.dispute import STOPS
from decentralized_ai.verification.dispute_case import expected_cost, make_case
from decentralized_ai.verification.dispute_machines import OPERATIONS
from decentralized_ai.verification.dispute_transformer import OPERATORS

from .. import every

DEMO = demos.get("dispute")

SOLUTIONS = {
    "framed": {"computation": "pairwise", "who": "nobody"},
    "slip_through": {"referee": "opening", "cheat": "root"},
    "hurry": {"arity": 16},
    "healed": {"computation": "transformer", "cheat": "skip"},
}
SIZE = re.compile(r"([\d,]+) (?:multiply-add|operator)s")


def number(text: str) -> int:
    return int(text.replace(",", ""))


@settings(max_examples=150, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    """Both runs are kept here, so who is right and where they part is seen by comparing all
    states, and no referee is asked."""
    view = DEMO.view(raw)
    said, who = view.takeaway, {"both": "AB", "nobody": ""}.get(raw["who"], raw["who"])
    case = make_case(
        raw["computation"],
        raw["steps"],
        raw["seed"],
        raw["cheat"],
        who,
        raw["strike"],
        raw["arity"],
    )
    runs = {name: case.parties[name].states for name in "AB"}
    apart = [
        index
        for index, (a, b) in enumerate(zip(runs["A"], runs["B"], strict=False))
        if not np.array_equal(a, b)
    ]
    total = raw["steps"] * (1 if raw["computation"] == "transformer" else OPERATIONS)
    assert not (size := SIZE.search(said)) or number(size[1]) == total
    convicted = (
        re.findall(r"[AB]", re.search(r"(?:convicts|re-run,) (.*?)(?: lost:|\.)", said)[1])
        if "convicts" in said or " lost: " in said
        else []
    )
    careful = raw["referee"] == "careful"

    if "compares two hashes" in said:
        assert not who and not apart
    if "died out" in said:
        assert who and not convicted and raw["steps"] not in apart
    if "nobody is convicted" in said:
        assert not careful and not np.array_equal(
            runs[who[0]][raw["steps"]], _true_end(raw, who[0])
        )
    if "rounds narrow" in said:
        if careful:  # a lazy referee may be led anywhere
            step = _disputed_step(said, raw["computation"])
            assert step + 1 in apart and step not in apart
            wanted = case.machine.step(step, runs["A"][step])
            wrong = {n for n in "AB" if not np.array_equal(runs[n][step + 1], wanted)}
            # At the first operation inside the step that they part over, one may still be right.
            assert convicted and set(convicted) <= wrong
            assert set(convicted) == wrong or (who and raw["computation"] != "transformer")
        rounds = int(re.match(r"(\d+) rounds", said)[1])
        if raw["arity"] == 2:
            levels = 0 if raw["computation"] == "transformer" else 10
            assert rounds == raw["steps"].bit_length() - 1 + levels
        assert rounds <= view.metrics["rounds_bound"]
    assert set(re.findall(r"But ([AB]) is honest", said)) <= set(convicted) - set(who)
    if "leaves out a check" in said:
        assert not careful
    if "a rounding passes" in said:
        assert raw["computation"] in ("backward", "pairwise", "blocked")
    if careful and raw["computation"] in ("training", "transformer", "agreed"):
        assert "is honest" not in said  # an honest party never loses where steps are reproducible
        assert who or not convicted
    for name in re.findall(r"But ([AB]) lied too", said):
        assert name in who and name not in convicted
        assert not np.array_equal(runs[name][raw["steps"]], _true_end(raw, name))
    if kilobytes := re.search(r"together: ([\d.]+) kB", said):
        assert abs(float(kilobytes[1]) - view.metrics["bytes"] / 1000) <= 0.05 + 1e-9


def _true_end(raw: dict, name: str) -> np.ndarray:
    honest = make_case(raw["computation"], raw["steps"], raw["seed"], "alter", "", 0)
    return honest.parties[name].states[-1]


def _disputed_step(said: str, computation: str) -> int:
    if computation == "transformer":
        operator, word = re.search(r"operator “(.+?)” of word ([\d,]+)", said).groups()
        return (number(word) - 1) * len(OPERATORS) + OPERATORS.index(operator)
    return number(re.search(r"of update ([\d,]+)", said)[1]) - 1


def test_the_curve_below_is_what_disputes_cost() -> None:
    for computation in ("training", "agreed", "transformer"):
        for arity in (2, 16, 40):
            for steps in STOPS[::2]:
                raw = {"computation": computation, "arity": arity, "steps": steps, "strike": 35}
                metrics = DEMO.view(raw).metrics
                cost = expected_cost(computation, steps, 35, arity, 1)
                assert metrics["steps_rerun"] == 1
                assert metrics["hashes"] == cost.hashes
                assert metrics["bytes"] == cost.bytes_in + cost.bytes_out
                assert metrics["messages"] == cost.messages
                assert metrics["rounds"] == cost.rounds


def test_twenty_questions_for_a_million() -> None:
    metrics = DEMO.view().metrics
    assert metrics["total_steps"] == 2**20
    assert metrics["rounds"] == 20
    assert metrics["steps_rerun"] == 1


def test_the_picture_marks_what_was_opened() -> None:
    figure = DEMO.view({"arity": 4}).figure
    bars, same, differ = figure["data"][:3]
    rounds = DEMO.view({"arity": 4}).table.rows[:-1]
    opened = sum(row[5] + row[6] for row in rounds)
    assert len(same["x"]) + len(differ["x"]) == opened + 4  # and both ends of each level
    assert len(bars["x"]) == 3 * len(rounds)
    assert all(-0.1 <= x <= 100.1 for x in same["x"] + differ["x"])
