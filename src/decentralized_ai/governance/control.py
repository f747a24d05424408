"""Who can do it together? Rules over groups of holders, and their duals.

A rule says which coalitions suffice. It is monotone: whoever joins a coalition that suffices takes
nothing away. Holders of one group are alike, so that a coalition is a number for each group (a
multipartite access structure: Tassa and Dyn 2009; access structures: Ito, Saito and Nishizeki
1987). A coalition can block a rule if those who are left do not suffice: the blocking coalitions
are again a monotone rule, the dual, and the dual of the dual is the rule itself.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Coalition = Mapping[str, int]  # how many of each group; a group left out counts none
Way = tuple[tuple[str, int], ...]  # one way to suffice: at least so many of each group


@dataclass(frozen=True)
class Rule:
    """The least coalitions that suffice, none of which holds another. No way at all: nobody can.
    A way that asks for nothing: anyone can."""

    ways: tuple[Way, ...]

    def allows(self, have: Coalition) -> bool:
        """Whether this coalition suffices."""
        return any(all(have.get(group, 0) >= need for group, need in way) for way in self.ways)

    def least(self) -> int | None:
        """How many holders the smallest coalition that suffices has; None if there is none."""
        return min((sum(need for _, need in way) for way in self.ways), default=None)

    def dual(self, seats: Coalition) -> Rule:
        """The rule of those who can block: all but so few that the rest does not suffice.

        Each way has to be spoilt by one of its groups; to spoil `need` of n seats takes
        n - need + 1 of them.
        """
        spoilt = [
            [{group: seats[group] - need + 1} for group, need in way if need <= seats[group]]
            for way in self.ways
            if all(need <= seats[group] for group, need in way)
        ]
        return rule_of(_joined(picked) for picked in itertools.product(*spoilt))

    def groups(self) -> tuple[str, ...]:
        """Every group that some way names, in the order in which they appear."""
        return tuple(dict.fromkeys(group for way in self.ways for group, _ in way))

    def words(self, names: Mapping[str, str]) -> str:
        """Such as "4 board or 17 witnesses": the ways in words."""
        if not self.ways:
            return "nobody"
        if () in self.ways:
            return "anyone"
        return " or ".join(
            " + ".join(f"{need} {names[group]}" for group, need in way) for way in self.ways
        )


def _joined(coalitions: Iterable[Coalition]) -> dict[str, int]:
    """The smallest coalition that holds each of these."""
    found: dict[str, int] = {}
    for coalition in coalitions:
        for group, count in coalition.items():
            found[group] = max(count, found.get(group, 0))
    return found


def rule_of(coalitions: Iterable[Coalition]) -> Rule:
    """The rule that is met by each of these coalitions, and by all that hold one of them."""
    ways = {tuple(sorted((g, n) for g, n in c.items() if n > 0)) for c in coalitions}
    least = [way for way in ways if not any(_within(other, way) for other in ways - {way})]
    return Rule(tuple(sorted(least, key=lambda way: (sum(n for _, n in way), way))))


def _within(small: Way, large: Way) -> bool:
    have = dict(large)
    return all(have.get(group, 0) >= need for group, need in small)


ANYONE, NOBODY = rule_of([{}]), rule_of([])


def parsed(text: str) -> Rule:
    """The rule that "board 4 + cloud 1 or staff 9", "anyone" or "nobody" stands for."""
    if text in {"anyone", "nobody"}:
        return ANYONE if text == "anyone" else NOBODY
    ways = []
    for part in text.split(" or "):
        terms = [term.rsplit(" ", 1) for term in part.split(" + ")]
        ways.append({group: int(need) for group, need in terms})
    return rule_of(ways)


def both(rules: Sequence[Rule]) -> Rule:
    """Who suffices for all of these rules at once."""
    found = ANYONE
    for rule in rules:
        found = rule_of(_joined((dict(one), dict(two))) for one in found.ways for two in rule.ways)
    return found


def suffice(rule: Rule, seats: Coalition) -> int:
    """How many sets of single holders suffice: counted group by group, not one by one."""
    total = 0
    for counts in itertools.product(*(range(n + 1) for n in seats.values())):
        if rule.allows(dict(zip(seats, counts, strict=True))):
            total += math.prod(math.comb(n, k) for n, k in zip(seats.values(), counts, strict=True))
    return total
