"""The rule of maturity against a plain reading of its file, and the file's lines against the
figures of their sources."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from decentralized_ai.definitions.maturity import (
    CONSTRAINTS,
    KINDS,
    WORDS,
    Cell,
    Evidence,
    cells,
    count,
)

from ..bibliography import ENTRIES

ROOT = Path(__file__).parents[2]
FILE = yaml.safe_load((ROOT / "book" / "maturity.yml").read_text(encoding="utf-8"))
FACTS = json.loads((ROOT / "tests" / "data" / "maturity_facts.json").read_text(encoding="utf-8"))
PIECES = [
    (kind, constraint, piece)
    for kind, found in FILE["evidence"].items()
    for constraint, pieces in found.items()
    for piece in pieces
]


def lines(source: str) -> str:
    return "\n".join(piece["what"] for _, _, piece in PIECES if piece["source"] == source)


# --- the file


def test_the_file_has_every_kind_and_every_constraint() -> None:
    assert tuple(FILE["evidence"]) == KINDS
    assert tuple(FILE["constraints"]) == CONSTRAINTS
    assert all(tuple(found) == CONSTRAINTS for found in FILE["evidence"].values())


@pytest.mark.parametrize(("kind", "constraint", "piece"), PIECES)
def test_each_finding_is_dated_and_sourced(kind: str, constraint: str, piece: dict) -> None:
    assert set(piece) == {"year", "stage", "by", "finding", "what", "source"}
    assert piece["stage"] in {"paper", "run", "service"}
    assert piece["by"] in {"makers", "others"} and piece["finding"] in {"for", "against"}
    assert 15 <= len(piece["what"]) <= 95
    # The year is the source's own.
    assert str(piece["year"]) in ENTRIES[piece["source"]]


# --- what the lines say, against what their sources say


def test_petals_figures() -> None:
    steps = FACTS["petals_readme"]["steps_per_s"]
    near, less, far = steps.values()
    assert f"{far} steps a second" in lines("petals_readme")
    cost = re.search(r"a tenth of the bandwidth costs (\d)%", lines("petals_readme"))[1]
    assert abs(100 * (1 - less / near) - int(cost)) <= 0.5
    assert f"up to {FACTS['petals_head']['tokens_per_s_70b']} tokens a second from 70 billion" in (
        lines("petals_head")
    )


def test_figures_of_papers_and_posts() -> None:
    f = FACTS
    assert f"{f['ong2025']['bytes']} bytes for {f['ong2025']['tokens']} tokens" in lines("ong2025")
    assert f"{f['gao2025']['differ']} of {f['gao2025']['endpoints']}" in lines("gao2025")
    low, high = f["intellect1"]["utilisation_percent"]
    assert f"{low} to {high}%" in lines("intellect1")
    assert f"{f['intellect1']['times_fewer_bytes']} times fewer" in lines("intellect1")
    assert f"{f['intellect1']['providers']} providers" in lines("intellect1")
    assert f"{f['douillard2023']['times_less']} times less" in lines("douillard2023")
    assert f"{f['covenant_post']['times_smaller']} times smaller" in lines("covenant_post")


def test_figures_of_markets_and_chains() -> None:
    assert len(set(FACTS["silybench"]["sellers"])) == int(lines("silybench").split()[0])
    akash = FACTS["akash_docs"]
    assert akash["voting_h"] == 24 * 3 and "takes three days" in lines("akash_docs")
    assert f"{akash['validators']} validators" in lines("akash_docs")
    assert f"{akash['max_block_bytes'] // 1000} kB" in lines("akash_docs")
    forum = FACTS["akash_forum"]
    assert f"{forum['validators']} validators" in lines("akash_forum")
    assert str(forum["proposed"]) in lines("akash_forum")


# --- the rule

pieces = st.builds(
    Evidence,
    year=st.integers(2015, 2026),
    stage=st.sampled_from(("paper", "run", "service")),
    by=st.sampled_from(("makers", "others")),
    finding=st.sampled_from(("for", "against")),
    what=st.just("x"),
    source=st.just("y"),
)
any_cell = st.lists(pieces, max_size=6).map(lambda found: Cell("training", "trust", tuple(found)))


def ladder(found: tuple[Evidence, ...]) -> int:
    """The rule in words, step by step from the top."""
    good = [e for e in found if e.finding == "for"]
    if any(e.stage == "service" and e.by == "others" for e in good):
        return 4
    for step, stage in ((3, "service"), (2, "run"), (1, "paper")):
        if any(e.stage == stage for e in good):
            return step
    return 0


@given(any_cell)
def test_the_grade_is_the_ladders(cell: Cell) -> None:
    assert cell.grade == ladder(cell.evidence)
    assert cell.grade in WORDS
    assert (cell.best is None) == (cell.grade == 0)
    if cell.best:
        assert cell.best.finding == "for"
        assert ladder((cell.best,)) == cell.grade


@given(any_cell, pieces)
def test_another_finding_never_lowers_a_grade_and_may_contest_it(
    cell: Cell, more: Evidence
) -> None:
    larger = Cell(cell.kind, cell.constraint, (*cell.evidence, more))
    assert larger.grade >= cell.grade
    assert larger.contested == (cell.contested or more.finding == "against")
    for bar in (1, 2, 3, 4):
        assert larger.mature(bar, False) >= cell.mature(bar, False)
        assert cell.mature(bar, True) <= cell.mature(bar, False)
        assert bar == 1 or cell.mature(bar, False) <= cell.mature(bar - 1, False)


@given(st.integers(2016, 2026), st.booleans())
def test_time_and_belief_only_add(year: int, makers: bool) -> None:
    for before, after in zip(cells(year - 1, makers), cells(year, makers), strict=True):
        assert set(before.evidence) <= set(after.evidence)
        assert before.grade <= after.grade
    for doubted, believed in zip(cells(year, False), cells(year, True), strict=True):
        assert doubted.grade <= believed.grade


@given(st.integers(2016, 2026), st.sampled_from((1, 2, 3, 4)), st.booleans(), st.booleans())
def test_the_count_by_reading_the_file(year: int, bar: int, makers: bool, strict: bool) -> None:
    for kind, found in count(cells(year, makers), bar, strict).items():
        expected = 0
        for kept in FILE["evidence"][kind].values():
            heard = tuple(
                Evidence(**piece)
                for piece in kept
                if piece["year"] <= year and (makers or piece["by"] == "others")
            )
            contested = any(e.finding == "against" for e in heard)
            expected += ladder(heard) >= bar and not (strict and contested)
        assert found == expected
