"""The Freivalds demo: its takeaway against the protocol itself, its challenges."""

import re
from fractions import Fraction
from math import isclose

import numpy as np
from hypothesis import given, settings

from decentralized_ai import demos
from decentralized_ai.demos.freivalds import LONGEST, PRIMES, RUNS, STRENGTHS
from decentralized_ai.verification.freivalds_cheats import rank

from .. import every

DEMO = demos.get("freivalds")

SOLUTIONS = {
    "one_round": {"rounds": 1, "challenge": "field"},
    "always": {"rounds": 10, "known": True},
    "hide": {
        "numbers": "float32",
        "change": "every",
        "size": 32,
        "rounds": 10,
        "strength": 1e-6,
    },
    "alarm": {"numbers": "float32", "factor": 0.01},
}
CLOSE = {"rel_tol": 0.06, "abs_tol": 1e-12}  # two digits are printed


def number(text: str) -> float:
    return float(text.replace(",", ""))


def same(text: str, value: float) -> bool:
    """A printed size or percentage is `value`, to the digits printed."""
    if text.startswith("less than"):
        return 0 < value < 0.001
    if text.startswith("more than"):
        return 0.999 < value < 1
    if text.endswith("%"):
        return abs(float(text[:-1]) / 100 - value) <= max(0.00051, 0.06 * value)
    return isclose(float(text), value, **CLOSE)


def replay(params: dict) -> tuple[int, np.ndarray, np.ndarray, int]:
    """p, A and B of a setting, once more from its seed, and the generator after them."""
    rng = np.random.default_rng([params["seed"], params["size"]])
    p, n = PRIMES[params["numbers"]], params["size"]
    a, b = rng.integers(0, p, (n, n)), rng.integers(0, p, (n, n))
    return p, a, b, rng


@settings(max_examples=60, deadline=None)
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    params = DEMO.parse(raw)
    view = DEMO.view(raw)
    if params["numbers"] == "float32":
        floats_takeaway_is_true(params, view)
    else:
        exact_takeaway_is_true(params, view)


def exact_takeaway_is_true(params: dict, view) -> None:
    n, k = params["size"], params["rounds"]
    words, rounds = view.takeaway, f"{k} round{'s' if k > 1 else ''}"
    assert rounds in words
    if params["change"] == "none":
        assert words == f"Nothing is altered: all 100 checks of {rounds} accept, and always will."
        assert view.metrics["share"] == 1
        return
    altered = number(re.search(r"([\d,]+) of [\d,]+ entries", words)[1])
    assert 1 <= altered == np.sum(np.array(view.figure["data"][-3]["z"]) >= 2)
    p, _, _, rng = replay(params)
    asked = rng.integers(0, 2 if params["challenge"] == "binary" else p, (n, LONGEST))[:, :k]
    if params["known"]:
        from decentralized_ai.verification.field import Field

        hides = rank(asked, Field(p)) < n  # a matrix with fewer rows than unknowns has a kernel
        assert ("every time" in words) and (("accepts that" in words) == hides)
        assert ("no change unseen" in words) == (not hides)
        assert view.metrics["share"] == hides
        return
    said = re.fullmatch(
        r"You altered .+ entries, and ([\d,]+) of 2,000 checks of .+ accepted that\. No change has "
        r"a better chance than 1 in ([\d.,e+]+)(, and this one has it|; this one has 1 in "
        r"([\d.,e+]+))\.",
        words,
    )
    assert said, words
    accepted, bound = number(said[1]), (2 if params["challenge"] == "binary" else p) ** k
    assert 1 <= Fraction(bound) / Fraction(said[2].replace(",", "")) < Fraction(11, 10)
    chance = Fraction(1, bound) if said[4] is None else 1 / Fraction(said[4].replace(",", ""))
    assert chance <= Fraction(1, bound) * Fraction(11, 10)  # two digits are printed
    # Five standard deviations and one: once in millions of settings by luck.
    mean = RUNS * float(chance)
    assert abs(accepted - mean) <= 5 * (mean * (1 - float(chance))) ** 0.5 + 1
    assert accepted == view.metrics["accepted"] <= RUNS


def floats_takeaway_is_true(params: dict, view) -> None:
    """The residuals again, by numpy's own product in long double: other code, another order."""
    n, k = params["size"], params["rounds"]
    said = re.match(
        r"Rounding alone leaves up to (\S+) of a usual entry, and (\S+) is forgiven(.*)",
        view.takeaway,
    )
    assert said, view.takeaway
    rng = np.random.default_rng([params["seed"], n])
    a, b = (rng.standard_normal((n, n)).astype(np.float32) for _ in range(2))
    if params["challenge"] == "binary":
        asked = rng.integers(0, 2, (n, 300)).astype(float)
    else:
        asked = rng.standard_normal((n, 300))
    if not (params["known"] and params["change"] != "none"):
        honest = np.zeros((n, n), dtype=np.float32)
        for i in range(n):
            honest = honest + np.multiply.outer(a[:, i], b[i])
        exact = a.astype(np.longdouble) @ b.astype(np.longdouble) - honest
        left = np.abs(exact @ asked).max(axis=0) / np.sqrt(n)
        assert same(said[1], float(left.max()))
        u = 2.0**-24
        weight = np.abs(a).astype(float) @ np.abs(b).astype(float) @ np.abs(asked)
        bound = params["factor"] * n * u / (1 - n * u) * weight / np.sqrt(n)
        assert same(said[2], float(np.median(bound)))
        alarm = float(
            np.mean((np.abs(exact @ asked) / np.sqrt(n) > bound * (1 + 1e-6)).any(axis=0))
        )
        words = r"(?:honest product in|honest work in) ([^%]+%)"
        assert same(re.search(words, said[3])[1], 1 - (1 - alarm) ** k)
    if params["change"] == "none":
        assert "You moved" not in said[3]
        return
    told = re.search(
        r"You moved ([\d,]+) of ([\d,]+) entries by about (\S+): checks of (\d+) rounds? accept "
        r"that in ([^%]+%) of cases",
        said[3],
    )
    assert told, said[3]
    at = STRENGTHS.index(params["strength"])
    assert number(told[1]) == view.metrics["altered"] and number(told[2]) == n * n
    assert same(told[3], params["strength"]) and int(told[4]) == k
    assert same(told[5], view.metrics["share"])
    # The same number stands in the figure's curve and in the table, at the reader's size.
    curve = next(t for t in view.figure["data"] if t["name"] == "Your change")
    assert isclose(curve["y"][at], 100 * view.metrics["share"], rel_tol=1e-3, abs_tol=1e-9)
    if params["strength"] < 1e-7 and params["factor"] == 1.0:
        assert view.metrics["share"] == 1  # far below the tolerance at any size


def test_fitting_a_change_needs_fewer_rounds_than_columns() -> None:
    for rounds, accepted in ((3, 1), (4, 0), (20, 0)):
        view = DEMO.view({"known": True, "size": 4, "rounds": rounds, "challenge": "field"})
        assert view.metrics["share"] == accepted


def test_a_whole_column_costs_a_cheat_no_more_than_one_entry() -> None:
    one, column = (DEMO.view({"change": change}).metrics for change in ("entry", "column"))
    assert one["chance"] == column["chance"] == 1 / 16
    assert (one["altered"], column["altered"]) == (1, 16)


def test_a_view_stays_small() -> None:
    import json

    for setting in ({"size": 32, "change": "every"}, {"size": 32, "numbers": "float32"}):
        assert len(json.dumps(DEMO.answer(setting))) < 12_000
