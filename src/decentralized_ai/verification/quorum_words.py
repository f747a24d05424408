"""What the parts of a vote are called, the rules behind the names, and numbers in words."""

from __future__ import annotations

from .. import quantities
from .quorum_committee import COLLUDER, DIFFERS, ERROR, GOOD, LAZY, NONE, RIGHT, WRONG
from .quorum_laws import Chances, colluders_in

LEAST = 1e-5  # the smallest probability that is told apart from none
REVEALS = {
    "turn": "in turn, in any order",
    "rush": "in turn, colluders first",
    "unbound": "committed, without the sender's id",
    "commit": "committed, with the sender's id",
}
SHORT = {
    "turn": "Told in turn",
    "rush": "Colluders first",
    "unbound": "No id in commitment",
    "commit": "Committed",
}
ANSWERS = {
    "turn": "answers told in turn",
    "rush": "answers told in turn (colluders first)",
    "unbound": "answers committed without an id",
    "commit": "answers committed with an id",
}
KINDS = {
    COLLUDER: "colludes",
    LAZY: "copies",
    GOOD: "worked",
    ERROR: "worked, and erred",
    DIFFERS: "worked: right, in other bits",
}
RESULTS = {WRONG: "\u2717 wrong", RIGHT: "\u2713 right", NONE: "\u2013 none"}
RULES = {
    "two": "two",
    "third": "more than a third",
    "majority": "more than half",
    "two_thirds": "two thirds",
    "all": "all",
}
POOLS = {
    "many": "very many",
    "ten": "ten times as many as are asked",
    "double": "twice as many as are asked",
    "same": "just those who are asked",
}


def needed_of(n: int, rule: str) -> int:
    """How many of n must agree; never fewer than two."""
    need = {"two": 2, "third": n // 3 + 1, "majority": n // 2 + 1, "two_thirds": -(-2 * n // 3)}
    return max(2, need.get(rule, n))


def pool_of(n: int, pool: str) -> int | None:
    return {"ten": 10 * n, "double": 2 * n, "same": n}.get(pool)


def percent(p: float) -> str:
    """A probability in words, true at the digits that it shows."""
    return quantities.percent(p, LEAST)


def takeaway(
    law: dict[str, Chances],
    one: float,
    reveal: str,
    rival: str,
    asked: int,
    needed: int,
    lazy: int,
    colluders: int,
    pool: int | None,
) -> str:
    who = f"{colluders}%" if pool is None else f"{colluders_in(pool, colluders)} of {pool}"
    other = rival if reveal == "commit" else "commit"
    own, rest = law[reveal], law[other]
    copy = f" and {lazy}% of the others copy" if lazy else ""
    return (
        f"When {needed} of {asked} must agree, {who} collude{copy}, {ANSWERS[reveal]} bring a "
        f"wrong answer in {percent(own.wrong)} of cases and no decision in {percent(own.none)}; "
        f"asking one operator is wrong in {percent(one)}. With {ANSWERS[other]} it would be a "
        f"wrong answer in {percent(rest.wrong)} and no decision in {percent(rest.none)}."
    )


def interval(tries: int, hits: int) -> tuple[float, float]:
    """Wilson's 95% interval for a share."""
    z2 = 1.96**2
    middle = (hits + z2 / 2) / (tries + z2)
    half = 1.96 * (hits * (tries - hits) / tries + z2 / 4) ** 0.5 / (tries + z2)
    return max(0.0, middle - half), min(1.0, middle + half)
