"""How often a vote goes wrong: exact laws for colluders, lazy copiers and honest mistakes.

Who sits in a committee of n: each seat is a colluder with probability c (or M of a pool of N
collude, and the committee is drawn from it); any other operator is lazy with probability `lazy`;
whoever works errs with probability `error`, and gets a right answer that differs in its bits with
probability `differs`. All colluders give one wrong answer. An honest mistake, or a differing
answer, agrees with nobody's. A lazy operator copies.

Where answers are revealed in turn, all lazy operators copy the first answer there is. Where they
are committed first, a copier has nothing that it could open, and does not count.

With needed <= n / 2 a wrong and a right answer can both have a quorum. Then the wrong one counts:
colluders need no time to compute, so they are first. (With needed > n / 2 the case cannot occur.)
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, fsum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
IN_TURN = ("turn", "rush", "unbound")
MODES = (*IN_TURN, "commit")


@dataclass(frozen=True)
class Habits:
    """Of those who do not collude: probabilities, error + differs <= 1."""

    lazy: float = 0.0
    error: float = 0.0
    differs: float = 0.0


@dataclass(frozen=True)
class Chances:
    """Of one committee: a wrong answer accepted, a right one accepted, no decision. Sum 1."""

    wrong: float
    right: float
    none: float


def binomial(n: int, p: float) -> Floats:
    """P(i of n), i = 0..n, each independently with probability p.

    Powers by multiplying: `**` may differ in its last bit between machines, and a chance that lies
    half-way between two printed ones would then be printed in two ways."""
    hit, miss = [1.0], [1.0]
    for _ in range(n):
        hit.append(hit[-1] * p)
        miss.append(miss[-1] * (1 - p))
    return np.array([comb(n, i) * hit[i] * miss[n - i] for i in range(n + 1)])


def hypergeometric(n: int, pool: int, marked: int) -> Floats:
    """P(i marked among n drawn), i = 0..n, from a pool with `marked` marked, without putting back.

    The integers are exact; one division rounds."""
    if not (0 <= n <= pool and 0 <= marked <= pool):
        raise ValueError(f"cannot draw {n} of {pool}, {marked} of them marked")
    ways = comb(pool, n)
    return np.array([comb(marked, i) * comb(pool - marked, n - i) / ways for i in range(n + 1)])


def colluders_seated(n: int, percent: int, pool: int | None) -> Floats:
    """P(i colluders in the committee), i = 0..n, when `percent` of the pool collude.

    pool: its size, or None for one without end. In a pool of N, that share rounded to a whole
    number of operators (halves up) collude."""
    if pool is None:
        return binomial(n, percent / 100)
    return hypergeometric(n, pool, colluders_in(pool, percent))


def colluders_in(pool: int, percent: int) -> int:
    return (2 * pool * percent + 100) // 200


def tail(chances: Floats, least: int) -> float:
    """P(i >= least), rounded once: the same bits on every machine and every Python (whose `sum`
    of floats changed in version 3.12)."""
    return fsum(chances[max(0, least) :].tolist())


def _tails(chances: Floats, most: int) -> list[float]:
    """P(i >= m) for m = 0..most; small terms are added first."""
    found = np.zeros(most + 1)
    found[: len(chances)] = np.cumsum(chances[::-1])[::-1]
    return [float(x) for x in found]


def given_colluders(n: int, needed: int, mode: str, habits: Habits) -> tuple[Floats, Floats]:
    """P(wrong accepted) and P(right accepted) given a colluders, a = 0..n; shape (n + 1,) each.

    mode: "commit"; or in turn: "turn" (any order is as likely as any other), "rush" (colluders
    answer first). "unbound", commitments without the sender's id, is "rush": a copier copies the
    first commitment, and its opening.
    """
    if mode not in MODES or not 2 <= needed <= n:
        raise ValueError(f"mode must be one of {MODES} and needed 2 to {n}")
    good = 1 - habits.error - habits.differs
    # agree[w][m]: P(at least m of w workers have the right answer in the same bits).
    agree = [_tails(binomial(w, good), n) for w in range(n + 1)]
    wrong, right = np.zeros(n + 1), np.zeros(n + 1)
    for a in range(n + 1):
        for lazy, p in enumerate(binomial(n - a, habits.lazy).tolist()):
            one = _given_seats(n, needed, mode, habits, agree, a, lazy)
            wrong[a] += p * one[0]
            right[a] += p * one[1]
    return wrong, right


def _given_seats(
    n: int, needed: int, mode: str, habits: Habits, agree: list[list[float]], a: int, lazy: int
) -> tuple[float, float]:
    """P(wrong), P(right) given `a` colluders and `lazy` copiers; the rest work."""
    workers = n - a - lazy
    if a >= needed:  # whatever the others do
        return 1.0, 0.0
    if mode == "commit" or a + workers == 0:  # nothing to copy
        return 0.0, agree[workers][needed]
    # Whose answer is first, and so copied? A colluder's:
    leads = float(a > 0) if mode != "turn" else a / (a + workers)
    followed = a + lazy >= needed
    wrong = leads * followed
    right = leads * (not followed) * agree[workers][needed]
    if workers:  # or that of a worker, of one of three kinds:
        first, enough = 1 - leads, lazy + 1 >= needed
        rest = agree[workers - 1][needed]
        right += (
            first
            * (1 - habits.error - habits.differs)
            * (agree[workers - 1][max(0, needed - lazy - 1)])
        )
        right += first * habits.differs * (1.0 if enough else rest)
        wrong += first * habits.error * enough
        right += first * habits.error * (not enough) * rest
    return wrong, right


def chances(
    n: int, needed: int, mode: str, habits: Habits, percent: int, pool: int | None = None
) -> Chances:
    """The exact law for one setting."""
    wrong, right = curve(n, needed, mode, habits, (percent,), pool)
    return Chances(wrong[0], right[0], max(0.0, 1 - wrong[0] - right[0]))


def curve(
    n: int,
    needed: int,
    mode: str,
    habits: Habits,
    percents: tuple[int, ...],
    pool: int | None = None,
) -> tuple[list[float], list[float]]:
    """P(wrong accepted) and P(right accepted) at each colluding share, in percent."""
    wrong_given, right_given = given_colluders(n, needed, mode, habits)
    wrong, right = [], []
    for percent in percents:
        seated = colluders_seated(n, percent, pool)
        wrong.append(tail(seated * wrong_given, 0))
        right.append(tail(seated * right_given, 0))
    return wrong, right


def alone(percent: int, habits: Habits, pool: int | None = None) -> float:
    """P(wrong) of asking one operator: a lazy one has nobody to copy, and works."""
    c = percent / 100 if pool is None else colluders_in(pool, percent) / pool
    return c + (1 - c) * habits.error
