"""How far each kind of decentralised AI has come against each constraint, by a stated rule.

Every cell has its evidence in book/maturity.yml, each piece with a year and a source. The rule
looks only at what kind of evidence it is, never at how impressive. A finding against (a limit, a
break, a concentration) lowers no grade: it makes the cell contested, and the reader says what that
means.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from ..recorded import load

KINDS = ("inference", "training", "governance")
CONSTRAINTS = ("latency", "verification", "pricing", "bandwidth", "synchronisation", "trust")
NOTHING, PAPER, RUN, SERVICE, MEASURED = range(5)
WORDS = {
    NOTHING: "nothing found",
    PAPER: "shown on paper",
    RUN: "run over the internet",
    SERVICE: "in service",
    MEASURED: "in service, and measured by others",
}
STAGES = {"paper": PAPER, "run": RUN, "service": SERVICE}


@dataclass(frozen=True)
class Evidence:
    """One finding. stage: paper, run or service. by: makers or others. finding: for or against."""

    year: int
    stage: str
    by: str
    finding: str
    what: str
    source: str

    @property
    def grade(self) -> int:
        """A service that others have measured is a step of its own."""
        if self.stage == "service" and self.by == "others":
            return MEASURED
        return STAGES[self.stage]


@dataclass(frozen=True)
class Cell:
    """The evidence for one kind and one constraint, as far as it counts."""

    kind: str
    constraint: str
    evidence: tuple[Evidence, ...]

    @property
    def grade(self) -> int:
        """The highest that any finding for it reaches."""
        return max((e.grade for e in self.evidence if e.finding == "for"), default=NOTHING)

    @property
    def contested(self) -> bool:
        """Whether there is a finding against."""
        return any(e.finding == "against" for e in self.evidence)

    @property
    def best(self) -> Evidence | None:
        """The latest of the findings that reach the grade."""
        reach = [e for e in self.evidence if e.finding == "for" and e.grade == self.grade]
        return max(reach, key=lambda e: e.year, default=None)

    def mature(self, bar: int, strict: bool) -> bool:
        """Whether the grade reaches the bar; strict: and nothing speaks against."""
        return self.grade >= bar and not (strict and self.contested)


@cache
def known_evidence() -> dict[tuple[str, str], tuple[Evidence, ...]]:
    """By kind and constraint, in the order of the file."""
    found = load("maturity")["evidence"]
    return {
        (kind, constraint): tuple(Evidence(**piece) for piece in found[kind].get(constraint, ()))
        for kind in KINDS
        for constraint in CONSTRAINTS
    }


def cells(year: int, makers: bool = True) -> list[Cell]:
    """All cells, as they stood at the end of `year`. makers: whether what the makers say counts."""
    return [
        Cell(
            kind,
            constraint,
            tuple(e for e in pieces if e.year <= year and (makers or e.by == "others")),
        )
        for (kind, constraint), pieces in known_evidence().items()
    ]


def count(some: Iterable[Cell], bar: int, strict: bool) -> dict[str, int]:
    """Mature cells of each kind."""
    found = list(some)
    return {kind: sum(c.mature(bar, strict) for c in found if c.kind == kind) for kind in KINDS}
