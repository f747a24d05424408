"""Provers that cheat in Freivalds' check, and the exact chance that each has.

A change is D = C - A B. A round misses it if D r = 0. If all rows of D are multiples of one row v
(rank one), that is v . r = 0, whose chance `survival` counts exactly.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from .field import Elements, Field

CHANGES = ("entry", "column", "row", "pattern", "every")


def change(
    kind: str, shape: tuple[int, int], field: Field, rng: np.random.Generator
) -> tuple[Elements, Elements]:
    """Two factors (m, s) and (s, n) of a change D, s its rank: what the reader of the book can do.

    entry: one entry, by 1. column: one whole column. row: each entry of one row, by 1.
    pattern: every entry, all rows multiples of one row of 1 and -1.
    every: every entry at random, of full rank.
    """
    m, n = shape
    i, j = int(rng.integers(m)), int(rng.integers(n))
    left, right = np.zeros((m, 1), dtype=np.int64), np.zeros((1, n), dtype=np.int64)
    some = rng.integers(1, field.p, (m, 1), dtype=np.int64)
    signs = rng.permutation(np.arange(n) % 2) * (field.p - 2) + 1
    if kind == "every":
        # Triangular with ones on the diagonal: invertible in every field.
        lower = np.tril(field.random(rng, (m, min(m, n))), -1)
        upper = np.triu(field.random(rng, (min(m, n), n)), 1)
        return lower + np.eye(*lower.shape, dtype=np.int64), upper + np.eye(
            *upper.shape, dtype=np.int64
        )
    if kind == "entry":
        left[i], right[0, j] = 1, 1
    elif kind == "column":
        left, right[0, j] = some, 1
    elif kind == "row":
        left[i], right[:] = 1, 1
    elif kind == "pattern":
        left, right[0] = some, signs
    else:
        raise ValueError(f"a change is one of {CHANGES}, not {kind!r}")
    return left, right


def survival(right: Elements, field: Field, kind: str) -> Fraction:
    """The chance that one round misses a change whose right factor is `right`, (s, n), of rank s.

    Field challenges: the kernel has p^(n-s) of p^n vectors, so p^-s. Binary challenges: for s = 1
    the zero-one vectors with v . r = 0 are counted, one number of v after the other; for s = n only
    r = 0 is missed. Between the two there is no short count: ValueError.
    """
    rank, length = right.shape
    if kind == "field":
        return Fraction(1, field.p**rank)
    if rank == length and rank > 1:
        return Fraction(1, 2**length)
    if rank != 1:
        raise ValueError(f"no count for rank {rank}")
    # Sums of the small numbers of either sign stay few: -1 rather than p - 1.
    small = [int(v) - field.p if 2 * int(v) > field.p else int(v) for v in right[0]]
    ways = {0: 1}
    for step in small:
        more = dict(ways)
        for total, count in ways.items():
            more[total + step] = more.get(total + step, 0) + count
        ways = more
    hits = sum(count for total, count in ways.items() if total % field.p == 0)
    return Fraction(hits, 2**length)


def fitted(asked: Elements, field: Field) -> Elements | None:
    """A row v, not 0, with v . r = 0 for every column r of `asked`, (n, rounds): for a prover that
    knows the challenges. Any multiples of v may be added to the rows of A B, and no round sees it.
    None if there is none: once the challenges span all vectors, only the true product passes."""
    rows, pivots = _reduced(asked.T, field)
    free = [j for j in range(asked.shape[0]) if j not in pivots]
    if not free:
        return None
    v = np.zeros(asked.shape[0], dtype=np.int64)
    v[free] = 1  # any values would do; the pivots follow from them
    for row, j in zip(rows, pivots, strict=True):
        v[j] = field.sub(0, int(field.matmul(row[free], v[free])))
    return v


def rank(matrix: Elements, field: Field) -> int:
    return len(_reduced(matrix, field)[1])


def _reduced(matrix: Elements, field: Field) -> tuple[Elements, list[int]]:
    """Gauss and Jordan: the nonzero rows of the reduced echelon form, and their pivot columns."""
    work = matrix.copy()
    pivots: list[int] = []
    for j in range(work.shape[1]):
        at = len(pivots)
        found = np.flatnonzero(work[at:, j])
        if found.size == 0:
            continue
        work[[at, at + found[0]]] = work[[at + found[0], at]]
        work[at] = field.mul(work[at], field.inverse(int(work[at, j])))
        others = work[:, j].copy()
        others[at] = 0
        work = field.sub(work, field.mul(others[:, None], work[at][None, :]))
        pivots.append(j)
        if len(pivots) == work.shape[0]:
            break
    return work[: len(pivots)], pivots
