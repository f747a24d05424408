"""The sum-check demo: its takeaway against the protocol, its challenges, its picture."""

import json
import re
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings

from decentralized_ai import demos
from decentralized_ai.demos.pictures.sumcheck import DRAWN, FIELDS
from decentralized_ai.demos.sumcheck import odds
from decentralized_ai.verification.field import Field
from decentralized_ai.verification.sumcheck import interpolate
from decentralized_ai.verification.sumcheck_cheats import unnoticed
from decentralized_ai.verification.sumcheck_matmul import Product

from .. import every

ROOT = Path(__file__).parents[2]

DEMO = demos.get("sumcheck")

SOLUTIONS = {
    "lucky": {"field": "101", "size": 64},
    "gap": {"field": "2147483647", "forgets": "final"},
    "unbound": {"field": "2147483647", "coins": "unbound"},
    "practice": {"field": "1009", "size": 64, "coins": "hash", "tries": 100, "seed": 3},
}

WORDS = re.compile(
    r"Round (\d) of (\d): (the true polynomial was sent|a false polynomial was sent, which meets "
    r"the true one at ([\d,]+) points? of ([\d,]+))"
    r"(?:, and it was refused: [^.]+|; after the challenge ([\d,]+) the claim is (true|false))\. "
    r"The verifier (accepts|refuses) a (true|false) product(?: after (\d+) tries)?"
    r"(?: in round (\d)| at the final evaluation)?; with every check and fresh dice the best lie "
    r"passes with chance ([\d.,]+%|1 in [\d,]+), and the bound is ([\d.,]+%|1 in [\d,]+)\."
)


def number(text: str) -> int:
    return int(text.replace(",", ""))


def fold(table: list[int], r: int, p: int) -> list[int]:
    half = len(table) // 2
    return [(a + r * (b - a)) % p for a, b in zip(table[:half], table[half:], strict=True)]


def cells(view) -> list[list[int | None]]:
    return [[int(c) if isinstance(c, float) else c for c in row] for row in view.table.rows]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(every.setting(DEMO))
def test_the_takeaway_is_true_at_every_setting(raw: dict) -> None:
    params = DEMO.parse(raw)
    view = DEMO.view(raw)
    said = WORDS.fullmatch(view.takeaway)
    assert said, view.takeaway
    shown, of, what, meets, points, challenge, now, verdict, kind, tries, where, law, bound = (
        said.groups()
    )
    p, rounds = int(params["field"]), params["size"].bit_length() - 1
    rows = cells(view)
    assert number(of) == rounds
    assert number(shown) == min(params["round"], len(rows)) <= rounds

    # A check that a reader could do on the table: sums, and the claim after each challenge.
    row = rows[number(shown) - 1]
    if challenge:
        assert number(challenge) == row[-1]
        assert (now == "true") == (row_after(view, number(shown)))
    assert (what == "the true polynomial was sent") == (row[-2] == "true")
    assert not points or number(points) == p
    # Two polynomials of degree 2 that differ meet twice at most.
    if meets and row[6] == 3:
        assert number(meets) <= 2
    lied = params["prover"] != "honest" and params["start"] == 0
    assert (kind == "true") == (not lied)
    if params["prover"] == "honest":
        assert verdict == "accepts"
    if verdict == "accepts":
        assert len(rows) == rounds
        assert where is None
    if where:
        assert number(where) == len(rows)
    assert not tries or (number(tries) <= params["tries"] and params["coins"] == "hash")

    # The law once more, from whole numbers: runs that no challenge saves, of all there are.
    saved_by_none = (p - 1) ** (2 * rounds) * max(0, p - 2) ** rounds
    exact = 1 - saved_by_none / p ** (3 * rounds) if p < 2000 else 4 * rounds / p
    for text, value, close in ((law, exact, 1e-2), (bound, min(1, 4 * rounds / p), 1e-2)):
        read = 1 / number(text[5:]) if text.startswith("1 in") else float(text[:-1]) / 100
        assert abs(read / value - 1) <= close


def row_after(view, shown: int) -> bool:
    """Is the claim after the round true, by the table: the next round's, or the caption's."""
    rows = cells(view)
    if shown < len(rows):
        return rows[shown][1] == rows[shown][2]
    claim, true = re.search(r"claim is ([\d,]+); true is ([\d,]+)\.", view.table.caption).groups()
    return claim == true


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(every.setting(DEMO))
def test_the_table_is_a_run_of_the_protocol(raw: dict) -> None:
    """Claims follow from the messages, and a run goes on just as long as the checks made hold."""
    params, view = DEMO.parse(raw), DEMO.view(raw)
    p, rows = int(params["field"]), cells(view)
    field, forgets = Field(p), params["forgets"]
    for j, row in enumerate(rows):
        claimed, sent, length, challenge = row[1], row[3:6], row[6], row[-1]
        sum_is_right = (sent[0] + sent[1]) % p == claimed
        looked = forgets != ("later_sums" if j else "first_sum")
        short = length == 3 or forgets == "degree"
        assert (challenge is not None) == (short and (sum_is_right or not looked))
        if challenge is not None and length == 3 and j + 1 < len(rows):
            assert rows[j + 1][1] == interpolate(field, sent, challenge)
    if view.metrics["accepted"]:
        final_claim_true = row_after(view, len(rows))
        assert final_claim_true or forgets == "final"


def test_a_statement_can_be_forged_at_every_size_and_field() -> None:
    for field in FIELDS:
        for size in DEMO.control("size").values():
            p, rng = int(field), np.random.default_rng(size)
            f = Field(p)
            a, b = f.random(rng, (size, size)), f.random(rng, (size, size))
            true = Product(f, a, b, f.matmul(a, b))
            for row in range(min(size, 8)):
                false = unnoticed(true, row, size - 1 - row, 1)
                assert not np.array_equal(false.c, true.c)


def test_the_picture_marks_the_points_where_lie_and_truth_meet() -> None:
    """In a small field each point is drawn, and the marked ones are where the two agree."""
    for field in ("5", "13", "31", "101"):
        view = DEMO.view({"field": field, "seed": 4})
        assert int(field) <= DRAWN
        named = {trace.get("name"): trace for trace in view.figure["data"]}
        true, sent = named["true"]["y"], named.get("sent", named["true"])["y"]
        assert len(true) == int(field)
        meet = [x for x in range(int(field)) if true[x] == sent[x]]
        assert len(meet) == view.metrics["meets"]
        if "sent" in named:
            assert named["they meet"]["x"] == meet


def test_odds_are_short_and_right() -> None:
    assert odds(0.411) == "41.1%"
    assert odds(1.0) == "100%"
    assert odds(1 / 89_478_485) == "1 in 89,500,000"


def test_a_view_is_small() -> None:
    for raw in ({}, {"field": "101", "size": 64}, {"field": "101", "prover": "degree"}):
        assert len(json.dumps(DEMO.answer(raw))) < 12_000


def test_presets_show_what_they_say() -> None:
    seen = {preset.id: DEMO.view(preset.params).metrics for preset in DEMO.presets}
    assert seen["honest"]["accepted"]
    assert not seen["honest"]["deceived"]
    assert seen["honest"]["rounds"] == np.log2(64)
    assert seen["thirteen"]["deceived"]
    assert not seen["mersenne"]["accepted"]
    assert seen["frozen"]["deceived"]
    assert seen["unchecked"]["deceived"]


def test_each_forgotten_check_has_a_prover_that_uses_it() -> None:
    """In the largest field, but for the degree: that forgery is as long as the field is large."""
    for gap, prover, field in (
        ("first_sum", "once", "2147483647"),
        ("later_sums", "twice", "2147483647"),
        ("final", "consistent", "2147483647"),
        ("degree", "degree", "1009"),
    ):
        setting = {"prover": prover, "field": field}
        assert DEMO.view({**setting, "forgets": gap}).metrics["deceived"], gap
        assert not DEMO.view(setting).metrics["accepted"], gap


def test_the_chapter_prints_the_costs_of_ezkl_as_measured() -> None:
    runs = json.loads((ROOT / "tests/data/sumcheck_ezkl.json").read_text())["results"]
    chapter = " ".join((ROOT / "book/verification/sumcheck.md").read_text(encoding="utf-8").split())
    seconds = [f"{run['prove_s']:.1f}" for run in runs]
    check = [1000 * run["verify_s"] for run in runs]
    for words in (
        f"{runs[0]['params']}, {runs[1]['params']:,} and {runs[2]['params']:,} parameters",
        f"Proving took {seconds[0]}, {seconds[1]} and {seconds[2]} seconds",
        f"Verifying took {min(check):.0f} to {max(check):.0f} ms",
        f"The proof has {runs[0]['proof_bytes']:,} bytes",
        f"the prover's key has {runs[0]['pk_bytes'] // 10**6} million",
    ):
        assert words in chapter
    assert min(run["prove_over_inference"] for run in runs) > 1e6
