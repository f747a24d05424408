"""How often a structure of unreliable parts is away, exactly.

Everything here is said in chances of being *away* (down), between 0 and 1, and put together without
subtracting nearly equal numbers: an outage of a second a year keeps its digits.

A structure is a part's name, or ("series", ...), ("parallel", ...), ("k", k, ...) of structures. A
name may stand in it more than once: that is a shared dependency. Names that do are factored out
(both states tried), so the rest is independent and the closed forms hold. This is the pivotal
decomposition of reliability theory; Moore and Shannon (1956) use it for relays.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

Structure = str | tuple[Any, ...]
MOST = 20  # shared names, or links of a graph: more would take more than a second


def series(away: Iterable[float]) -> float:
    """All are needed: away unless every one of these independent parts is there."""
    total = 0.0
    for one in away:
        total += (1.0 - total) * one
    return sure(total)


def sure(chance: float) -> float:
    """One, where only the last bits of a sum say otherwise."""
    return 1.0 if chance > 1.0 - 1e-14 else chance


def parallel(away: Iterable[float]) -> float:
    """One is enough: away only if every one of these independent parts is."""
    return math.prod(away)


@lru_cache(maxsize=4096)
def too_few(needed: int, parts: int, away: float) -> float:
    """The chance that fewer than `needed` of `parts` equal, independent parts are there.

    The lower tail of the binomial distribution, summed term by term from the small end.
    """
    if needed <= 0:
        return 0.0
    if needed > parts:
        return 1.0
    there, term = 1.0 - away, 1.0
    gone, here = [1.0], [1.0]
    for _ in range(parts):
        gone.append(gone[-1] * away)
        here.append(here[-1] * there)
    terms = []
    for up in range(needed):
        term = math.comb(parts, up) * here[up] * gone[parts - up]
        terms.append(term)
    return min(1.0, math.fsum(terms))


def fewer(needed: int, away: Sequence[float]) -> float:
    """The same for parts that are not equal: one part after another, O(parts x needed)."""
    if needed <= 0:
        return 0.0
    chance = [1.0] + [0.0] * (needed - 1)  # of exactly 0, 1, ... needed - 1 being there
    for gone in away:
        for up in range(needed - 1, 0, -1):
            chance[up] = chance[up] * gone + chance[up - 1] * (1.0 - gone)
        chance[0] *= gone
    return min(1.0, math.fsum(chance))


def consecutive(run: int, parts: int, away: float) -> float:
    """Parts in a row; the row is away if `run` neighbours are (a pipeline that can skip over up to
    run - 1 of them). By the place of the first part that is there."""
    if run < 1:
        raise ValueError(f"run must be 1 or more, got {run}")
    fine = [1.0] * (parts + 1)  # fine[n]: a row of n has no such run
    for n in range(run, parts + 1):
        fine[n] = sum(away**lost * (1.0 - away) * fine[n - lost - 1] for lost in range(run))
    return 1.0 - fine[parts]


def beta_factor(needed: int, parts: int, away: float, beta: float) -> float:
    """Parts of which a share `beta` of all failures strikes all at once: the beta-factor model of
    common-cause failures. One shared part in series with independent ones."""
    return series([beta * away, too_few(needed, parts, (1.0 - beta) * away)])


def names(structure: Structure) -> Counter[str]:
    """How often each part is named."""
    if isinstance(structure, str):
        return Counter([structure])
    found: Counter[str] = Counter()
    for child in _children(structure):
        found += names(child)
    return found


def away(structure: Structure, parts: Mapping[str, float]) -> float:
    """The chance that a structure is away, given those of its parts. Exact."""
    shared = sorted(name for name, count in names(structure).items() if count > 1)
    if len(shared) > MOST:
        raise ValueError(f"{len(shared)} shared parts are more than {MOST}")
    return _factored(structure, dict(parts), shared)


def _factored(structure: Structure, parts: dict[str, float], shared: list[str]) -> float:
    if not shared:
        return _independent(structure, parts)
    name, rest = shared[0], shared[1:]
    chance = parts[name]
    down = _factored(structure, {**parts, name: 1.0}, rest) if chance > 0 else 0.0
    up = _factored(structure, {**parts, name: 0.0}, rest) if chance < 1 else 0.0
    return chance * down + (1.0 - chance) * up


def _independent(structure: Structure, parts: Mapping[str, float]) -> float:
    if isinstance(structure, str):
        return parts[structure]
    children = [_independent(child, parts) for child in _children(structure)]
    if structure[0] == "series":
        return series(children)
    if structure[0] == "parallel":
        return parallel(children)
    return fewer(structure[1], children)


def _children(structure: tuple[Any, ...]) -> tuple[Structure, ...]:
    if structure[0] in ("series", "parallel"):
        return structure[1:]
    if structure[0] == "k" and isinstance(structure[1], int):
        return structure[2:]
    raise ValueError(f"{structure[0]!r} is no kind of structure")


Link = tuple[str, str, float]


def cut_off(links: Sequence[Link], start: str, end: str) -> float:
    """Two-terminal unreliability: the chance that no path of working links joins start and end.

    links: (one end, other end, chance of being away), two-way. By factoring: a link that is there
    makes its ends one place, a link that is not is left out.
    """
    if len(links) > MOST:
        raise ValueError(f"{len(links)} links are more than {MOST}")
    if start == end:
        return 0.0
    useful = [link for link in links if link[0] != link[1]]
    if not _joined(useful, start, end):
        return 1.0
    # A link at the start: whatever happens to it, the graph gets smaller there.
    at = next(i for i, link in enumerate(useful) if start in link[:2])
    one, other, gone = useful[at]
    rest = useful[:at] + useful[at + 1 :]
    far = other if one == start else one
    merged = [(_renamed(a, far, start), _renamed(b, far, start), q) for a, b, q in rest]
    there = cut_off(merged, start, _renamed(end, far, start))
    return gone * cut_off(rest, start, end) + (1.0 - gone) * there


def _renamed(name: str, old: str, new: str) -> str:
    return new if name == old else name


def _joined(links: Sequence[Link], start: str, end: str) -> bool:
    reached = {start}
    while True:
        more = {b for a, b, _ in links if a in reached} | {a for a, b, _ in links if b in reached}
        if more <= reached:
            return end in reached
        reached |= more
