"""definitions/maturity.py against its rule in words, and the file's figures against sources."""

from __future__ import annotations

import itertools
import random
import re

from ..definitions.maturity import WORDS, Cell, Evidence, known_evidence
from .check import Check

TESTS = "tests/definitions/test_maturity.py"
CELLS = 2000
# Petals, README at commit 8dab37c: steps a second at 1 Gbit/s and at 100 Mbit/s, both below 5 ms.
NEAR, LESS = 1.71, 1.66


def step(found: tuple[Evidence, ...]) -> int:
    """The rule as the chapter words it, from the top down."""
    good = [e for e in found if e.finding == "for"]
    tests = (
        (4, lambda e: e.stage == "service" and e.by == "others"),
        (3, lambda e: e.stage == "service"),
        (2, lambda e: e.stage == "run"),
        (1, lambda e: e.stage == "paper"),
    )
    return next((number for number, holds in tests if any(map(holds, good))), 0)


def drawn(seed: int = 1) -> list[Cell]:
    """Cells of up to six findings of every sort."""
    sorts = list(
        itertools.product(("paper", "run", "service"), ("makers", "others"), ("for", "against"))
    )
    rng = random.Random(seed)
    return [
        Cell(
            "training",
            "trust",
            tuple(
                Evidence(2020, *rng.choice(sorts), "a finding", "a source")
                for _ in range(rng.randint(0, 6))
            ),
        )
        for _ in range(CELLS)
    ]


def checks() -> list[Check]:
    """Well below a second."""
    real = [Cell(*where, found) for where, found in known_evidence().items()]
    wrong = sum(cell.grade != step(cell.evidence) for cell in [*real, *drawn()])
    text = "\n".join(e.what for cell in real for e in cell.evidence if e.source == "petals_readme")
    told = re.search(r"a tenth of the bandwidth costs (\d+)%", text)
    return [
        Check(
            model=f"maturity: grades of {len(real)} real and {CELLS:,} drawn cells, "
            f"{len(WORDS)} steps",
            against="the rule as worded in the chapter, from the top down",
            source=TESTS,
            error=float(wrong),
            tolerance=0.0,
            why="cells graded differently",
            test=f"{TESTS}::test_the_grade_is_the_ladders",
        ),
        Check(
            model="maturity: what a tenth of the bandwidth costs Petals, as the file says",
            against=f"{NEAR} and {LESS} steps a second, published",
            source="petals_readme",
            error=abs(100 * (1 - LESS / NEAR) - float(told[1])) if told else float("inf"),
            tolerance=0.5,
            why="percentage points; the file prints a whole number",
            test=f"{TESTS}::test_petals_figures",
        ),
    ]
