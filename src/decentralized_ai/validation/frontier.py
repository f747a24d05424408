"""verification/frontier*.py against laws of other chapters, exact counting, other people's
measurements, and the definition of what it is to beat."""

from __future__ import annotations

import itertools
from fractions import Fraction

from ..recorded import load
from ..verification import frontier as model
from ..verification.frontier import Method, Needs
from ..verification.frontier_methods import METHODS, sending_s
from ..verification.spotcheck_game import smallest_rate
from .check import Check

TESTS = "tests/verification/test_frontier.py"
GAINS, STAKES = (0.5, 10.0, 1e3, 1e6), (0.0, 10.0, 1e3, 1e6)
# Llama 3.1 70B as Meta's code has it: layers, width, width of keys and values, feed-forward width.
LLAMA_70B = (80, 8192, 1024, 28_672)
# ezkl 23.0.5 on 34,048 weights: seconds to prove and to verify, and numpy's for the plain run.
EZKL = (5.3813157081604, 0.037970781326293945, 4.442334175109863e-06)


def settings() -> list[Needs]:
    """A thousand needs from all over the space, every combination of a few values each."""
    return [
        Needs(wait, gain, stake, "cloud", cheat, 1e8, "nothing", size)
        for wait in (0.1, 10.0, 86_400.0)
        for gain in GAINS
        for stake in STAKES
        for cheat in model.CHEATS
        for size in model.SIZES
    ]


def goods(method: Method, needs: Needs) -> tuple[float, ...] | None:
    """All that is counted, larger is better; None for a method with an unknown cost."""
    cost, caught = method.cost(needs), method.catches(needs)
    if cost.check is None:
        return None
    return (
        -cost.extra.typical,
        -cost.check.typical,
        -cost.wait,
        float(method.largest or 10**18),
        -float(method.asks),
        *(caught.get(cheat, 0.0) for cheat in model.CHEATS),
        *(-float(belief in method.believes) for belief in model.BELIEFS),
        *(float(thing in method.hides) for thing in model.HIDDEN),
    )


def beaten(needs: Needs) -> set[str]:
    """By the definition: some other list of goods is nowhere smaller, and not the same."""
    lists = {m.id: found for m in METHODS if (found := goods(m, needs)) is not None}
    return {
        b
        for a, b in itertools.permutations(lists, 2)
        if lists[a] != lists[b] and all(x >= y for x, y in zip(lists[a], lists[b], strict=True))
    }


def outvoted_exactly(copies: int, share: Fraction = Fraction(1, 5)) -> Fraction:
    """P(more than half of `copies` collude), every pattern of them counted."""
    found = Fraction(0)
    for pattern in itertools.product((False, True), repeat=copies):
        bad = sum(pattern)
        if 2 * bad > copies:
            found += share**bad * (1 - share) ** (copies - bad)
    return found


def checks() -> list[Check]:
    """Below a second."""
    rates = [
        abs(model.rate_needed(g, s) / (smallest_rate(g + 1 + s, g, 1) or float("inf")) - 1)
        for g in GAINS
        for s in STAKES
    ]
    votes = [abs(model.outvoted(n) / float(outvoted_exactly(n)) - 1) for n in (3, 5, 7, 9, 11)]
    wrong = sum(
        {m.id for m in METHODS} - {m.id for m in model.unbeaten(METHODS, needs)} != beaten(needs)
        for needs in settings()
    )
    layers, width, keys, forward = LLAMA_70B
    llama = 4 * layers * (3 * width + 2 * keys + 2 * forward) * 500 / 12.5e6
    largest = load("frontier")["runs"]["ezkl"][-1]
    drawn = (largest["extra"] / largest["recompute"], largest["verifier"] / largest["recompute"])
    prove, verify, plain = EZKL
    return [
        Check(
            model="frontier: the rate of checks at which cheating stops paying",
            against="the spot check chapter's closed form, 16 gains and stakes",
            source="src/decentralized_ai/verification/spotcheck_game.py",
            error=max(rates),
            tolerance=1e-9,
            why="relative; rounding of 1 - (1 - x)",
            test=f"{TESTS}::test_the_rate_of_checks_is_the_spot_check_chapters",
        ),
        Check(
            model="frontier: a colluding majority among 3 to 11 copies",
            against="every pattern counted, in fractions",
            source="sarmenta2002",
            error=max(votes),
            tolerance=1e-12,
            why="relative; rounding of a few additions",
            test=f"{TESTS}::test_the_quorums_size_against_exact_counting",
        ),
        Check(
            model=f"frontier: which methods no other beats, {len(settings())} settings",
            against="the definition of Pareto dominance, by brute force",
            source=TESTS,
            error=float(wrong),
            tolerance=0.0,
            why="settings in which the two sets differ",
            test=f"{TESTS}::test_the_unbeaten_against_the_definition",
        ),
        Check(
            model="frontier: bytes that a 70-billion-weight model's linear layers put out",
            against="the shape of Llama 3.1 70B",
            source="llama_models",
            error=abs(sending_s("70b") / llama - 1),
            tolerance=0.25,
            why="relative; one power law stands for all sizes",
            test=f"{TESTS}::test_the_estimates_of_the_unit",
        ),
        Check(
            model="frontier: EZKL's place on the map, both costs",
            against="ezkl's own run on 34,048 weights",
            source="ezkl",
            error=max(abs(drawn[0] / (prove / plain) - 1), abs(drawn[1] / (verify / plain) - 1)),
            tolerance=1e-9,
            why="relative; copied figures, so only the arithmetic can differ",
            test=f"{TESTS}::test_ezkls_figures_are_those_of_the_data_with_their_source",
        ),
    ]
