"""The laws against enumeration in fractions, published tables, and runs of the protocol."""

import itertools
from collections import Counter
from fractions import Fraction
from math import comb, log2

import numpy as np
import pytest

from decentralized_ai.verification.quorum_committee import (
    COLLUDER,
    DIFFERS,
    ERROR,
    GOOD,
    LAZY,
    NONE,
    RIGHT,
    WRONG,
    count,
    draw,
    in_order,
    play,
)
from decentralized_ai.verification.quorum_laws import (
    MODES,
    Habits,
    alone,
    binomial,
    chances,
    colluders_in,
    colluders_seated,
    curve,
    hypergeometric,
    tail,
)

ROUNDING = 1e-12  # sums of at most a few thousand doubles below 1


def by_hand(seats: tuple[int, ...], needed: int, mode: str) -> int:
    """One committee, voted by writing down what each says: nothing of the model is used."""
    if mode in ("rush", "unbound"):
        seats = tuple(sorted(seats, key=lambda kind: kind != COLLUDER))
    said = {
        i: "wrong" if kind == COLLUDER else "right" if kind == GOOD else f"{kind} {i}"
        for i, kind in enumerate(seats)
        if kind != LAZY
    }
    if mode != "commit" and said:
        first = said[min(said)]
        said |= {i: first for i, kind in enumerate(seats) if kind == LAZY}
    enough = {answer for answer, votes in Counter(said.values()).items() if votes >= needed}
    if any(answer == "wrong" or answer.startswith(str(ERROR)) for answer in enough):
        return WRONG
    return RIGHT if enough else NONE


def enumerated(
    n: int, needed: int, mode: str, habits: tuple[Fraction, ...], colluding: dict
) -> list[Fraction]:
    """P(WRONG), P(RIGHT), P(NONE): every sequence of seats, weighed in exact fractions.

    colluding: P of each pattern (tuple of bools) of who colludes."""
    lazy, error, differs = habits
    chance = {
        LAZY: lazy,
        ERROR: (1 - lazy) * error,
        DIFFERS: (1 - lazy) * differs,
        GOOD: (1 - lazy) * (1 - error - differs),
    }
    total = [Fraction(0)] * 3
    for pattern, weight in colluding.items():
        others = pattern.count(False)
        for kinds in itertools.product(chance, repeat=others):
            rest = iter(kinds)
            seats = tuple(COLLUDER if colludes else next(rest) for colludes in pattern)
            p = weight
            for kind in kinds:
                p *= chance[kind]
            total[by_hand(seats, needed, mode)] += p
    return total


def from_a_pool(n: int, pool: int, marked: int) -> dict:
    """Every ordered draw of n different operators out of a pool whose first `marked` collude."""
    draws = list(itertools.permutations(range(pool), n))
    patterns = Counter(tuple(who < marked for who in drawn) for drawn in draws)
    return {pattern: Fraction(times, len(draws)) for pattern, times in patterns.items()}


def without_end(n: int, c: Fraction) -> dict:
    patterns = itertools.product((True, False), repeat=n)
    return {p: c ** p.count(True) * (1 - c) ** p.count(False) for p in patterns}


SETTINGS = [
    (n, needed, percent, pool, habits)
    for n, needed in ((2, 2), (3, 2), (3, 3), (4, 2), (4, 3), (5, 3))
    for percent, pool, habits in (
        (20, None, (30, 5, 10)),
        (35, None, (0, 0, 0)),
        (50, 6, (25, 10, 0)),
        (30, 7, (60, 0, 20)),
    )
]


@pytest.mark.parametrize("mode", MODES)
def test_the_law_is_the_sum_over_every_committee(mode: str) -> None:
    for n, needed, percent, pool, habits in SETTINGS:
        if pool is None:
            who = without_end(n, Fraction(percent, 100))
        else:
            who = from_a_pool(n, pool, colluders_in(pool, percent))
        exact = enumerated(n, needed, mode, tuple(Fraction(h, 100) for h in habits), who)
        law = chances(n, needed, mode, Habits(*(h / 100 for h in habits)), percent, pool)
        found = (law.wrong, law.right, law.none)
        assert found == pytest.approx([float(p) for p in exact], abs=ROUNDING)


def test_colluders_alone_give_the_binomial_and_the_hypergeometric_tail() -> None:
    """The textbook sums, in fractions."""
    for n, needed, percent in ((3, 2, 10), (7, 4, 33), (21, 11, 40), (31, 16, 45)):
        c = Fraction(percent, 100)
        exact = sum(comb(n, i) * c**i * (1 - c) ** (n - i) for i in range(needed, n + 1))
        assert chances(n, needed, "commit", Habits(), percent).wrong == pytest.approx(
            float(exact), rel=1e-12
        )
        pool, marked = 4 * n, colluders_in(4 * n, percent)
        exact = Fraction(
            sum(comb(marked, i) * comb(pool - marked, n - i) for i in range(needed, n + 1)),
            comb(pool, n),
        )
        assert chances(n, needed, "commit", Habits(), percent, pool).wrong == pytest.approx(
            float(exact), rel=1e-12
        )


def test_m_first_voting_has_the_published_redundancy() -> None:
    """Collect until M results agree, all saboteurs colluding: a share of 0.35 needs M = 15 for an
    error of 0.05, M = 29 for 0.01, more than 50 for 0.001 (vc_voting, section 3). The first to M is
    who has the majority of 2M - 1."""

    def error(m: int) -> float:
        return chances(2 * m - 1, m, "commit", Habits(), 35).wrong

    for m, bound in ((15, 0.05), (29, 0.01)):
        assert error(m) <= bound < error(m - 1)
    assert error(50) > 0.001


def test_m_first_voting_in_its_other_form() -> None:
    """Waiting for the M-th wrong result with j right ones before it: a negative binomial sum."""
    f = Fraction(35, 100)
    for m in (2, 5, 11):
        waiting = sum(comb(m - 1 + j, j) * f**m * (1 - f) ** j for j in range(m))
        law = chances(2 * m - 1, m, "commit", Habits(), 35).wrong
        assert law == pytest.approx(float(waiting), rel=1e-12)


def test_the_committee_of_111_is_safe_to_two_to_the_minus_40() -> None:
    """Ethereum's minimum committee: a third attack, two thirds are needed (liang2019)."""
    third = 1 / 3
    assert log2(tail(binomial(111, third), 74)) < -40 < log2(tail(binomial(108, third), 72))
    # Drawn from 300,000 validators without putting back, the bound holds all the more.
    drawn = tail(hypergeometric(111, 300_000, 100_000), 74)
    assert log2(drawn) < log2(tail(binomial(111, third), 74))


@pytest.mark.parametrize(("n", "pool", "percent"), [(5, 10, 40), (9, 18, 30), (7, 7, 50)])
def test_the_pool_against_another_sampler(n: int, pool: int, percent: int) -> None:
    """numpy's own hypergeometric draws, 200,000: each frequency within 4.5 standard errors."""
    marked, draws = colluders_in(pool, percent), 200_000
    other = np.random.default_rng(1).hypergeometric(marked, pool - marked, n, draws)
    law = colluders_seated(n, percent, pool)
    found = np.bincount(other, minlength=n + 1) / draws
    assert np.all(np.abs(found - law) <= 4.5 * np.sqrt(law * (1 - law) / draws) + 1e-12)
    ours = draw(np.random.default_rng(2), draws, n, percent, Habits(), pool)
    found = np.bincount((ours == COLLUDER).sum(axis=1), minlength=n + 1) / draws
    assert np.all(np.abs(found - law) <= 4.5 * np.sqrt(law * (1 - law) / draws) + 1e-12)


LIVES = (
    (3, 2, 20, None, Habits(0.3, 0.05, 0.05)),
    (5, 3, 30, 10, Habits(0.4, 0.1, 0.0)),
    (9, 2, 10, None, Habits(0.2, 0.02, 0.3)),
    (4, 4, 50, None, Habits(0.5, 0.0, 0.0)),
)


@pytest.mark.parametrize("mode", MODES)
def test_committees_played_message_by_message_follow_the_law(mode: str) -> None:
    """3,000 committees of each setting, 12,000 a mode: wrong answers accepted by the protocol,
    within 4.5 standard errors of the law; and the quick count agrees on every single one."""
    for setting, (n, needed, percent, pool, habits) in enumerate(LIVES):
        rng = np.random.default_rng([setting, MODES.index(mode)])
        kinds = draw(rng, 3000, n, percent, habits, pool)
        played = [play(row, needed, mode, rng).outcome for row in kinds]
        assert played == count(kinds, needed, mode).tolist()
        law = chances(n, needed, mode, habits, percent, pool)
        for outcome, p in ((WRONG, law.wrong), (RIGHT, law.right), (NONE, law.none)):
            found = played.count(outcome) / len(played)
            assert abs(found - p) <= 4.5 * (p * (1 - p) / len(played)) ** 0.5 + 1e-12


@pytest.mark.parametrize("mode", MODES)
def test_the_quick_count_is_the_count_by_hand(mode: str) -> None:
    kinds = np.array(list(itertools.product(range(5), repeat=4)), dtype=np.int8)
    for needed in (2, 3, 4):
        quick = count(kinds, needed, mode).tolist()
        assert quick == [by_hand(tuple(row), needed, mode) for row in kinds.tolist()]


def test_the_quick_count_follows_the_law_for_large_committees() -> None:
    for n, needed, percent, pool in ((31, 16, 40, None), (21, 8, 30, 42), (16, 2, 5, None)):
        for mode in MODES:
            rng = np.random.default_rng(n)
            habits = Habits(0.25, 0.02, 0.05)
            found = np.bincount(
                count(draw(rng, 40_000, n, percent, habits, pool), needed, mode), minlength=3
            )
            law = chances(n, needed, mode, habits, percent, pool)
            for times, p in zip(found / 40_000, (law.wrong, law.right, law.none), strict=True):
                assert abs(times - p) <= 4.5 * (p * (1 - p) / 40_000) ** 0.5 + 1e-12


def test_copiers_and_the_committed_vote() -> None:
    """What the chapter says, at settings all over: a commitment never lets more wrong answers
    through than answers in turn, and colluders who are first never fewer than any order."""
    for n, needed, percent, pool, habits in SETTINGS:
        rates = Habits(*(h / 100 for h in habits))
        wrong = {m: chances(n, needed, m, rates, percent, pool).wrong for m in MODES}
        assert wrong["commit"] <= wrong["turn"] + ROUNDING
        assert wrong["commit"] <= wrong["rush"] + ROUNDING
        assert wrong["unbound"] == wrong["rush"]


def test_a_copier_at_the_front_waits() -> None:
    assert in_order([LAZY, GOOD, LAZY, COLLUDER], "turn") == [GOOD, LAZY, LAZY, COLLUDER]
    assert in_order([LAZY, GOOD, LAZY, COLLUDER], "rush") == [COLLUDER, LAZY, GOOD, LAZY]
    assert in_order([LAZY, LAZY], "turn") == [LAZY, LAZY]


def test_the_edges() -> None:
    assert chances(5, 3, "commit", Habits(), 0).wrong == 0
    assert chances(5, 3, "turn", Habits(lazy=1.0), 0).none == 1
    assert alone(10, Habits(0.5, 0.1, 0.2)) == pytest.approx(0.19)
    wrong, right = curve(3, 2, "commit", Habits(), (0, 100))
    assert (wrong, right) == ([0.0, 1.0], [1.0, 0.0])
    for bad in ((3, 1, "commit"), (3, 4, "commit"), (3, 2, "aloud")):
        with pytest.raises(ValueError):
            chances(*bad, Habits(), 10)
    with pytest.raises(ValueError):
        hypergeometric(5, 4, 2)
