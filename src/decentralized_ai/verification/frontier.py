"""All methods to verify remote inference on one map, and which of them a reader's needs leave over.

Two costs, both in units of one plain run of the model:
    extra   work added on the side that is not trusted (a second provider, a proof)
    check   work left to whoever checks and is trusted
and beside them the chance to catch a cheat, the time until the answer is final, and what must be
believed. The methods and their sources are in frontier_methods.py; here is what is asked of them.

A check that looks now and then has to be backed by a loss. With a gain g from an undiscovered cheat
and a loss L when it is found (the fee and the stake), cheating pays unless c L >= (1 - c) g, so the
chance c of being caught must reach g / (g + L): `rate_needed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from .quorum_laws import binomial, tail

CHEATS = {
    "model": "another, smaller model",
    "int4": "a 4-bit copy of the model",
    "int8": "an 8-bit copy of the model",
    "number": "one altered number",
    "context": "a shortened input",
}
# Who can lay hands on the machine, and which beliefs that breaks.
OWNERS = {
    "cloud": "a cloud that both sides trust",
    "operator": "the operator itself",
    "volunteers": "unknown volunteers",
}
BREAKS: dict[str, frozenset[str]] = {
    "cloud": frozenset(),
    "operator": frozenset({"closed"}),
    "volunteers": frozenset({"closed", "strangers"}),
}
BELIEFS = {
    "coins": "your own coin flips and copy of the weights",
    "whole": "the model is run in whole numbers",
    "checker": "a checker with the weights and a machine",
    "stake": "a stake that can be taken",
    "bits": "honest runs agree to the last bit",
    "strangers": "the copies are run by different people",
    "majority": "fewer than half of the copies collude",
    "one": "one of the two providers is honest",
    "watcher": "an honest watcher runs every answer again",
    "vendor": "the chip maker, its keys and its design",
    "closed": "nobody opens the machine",
    "hashes": "the cryptography of the proof",
    "setup": "whoever made the proof system's keys",
    "range": "the cheat looks like those in the tests",
    "seed": "a sampling seed that both sides know",
    "blind": "the operator cannot tell a test from a request",
}
HIDDEN = {
    "nothing": "nothing",
    "weights": "the weights, from the checker",
    "prompt": "the prompt, from the operator",
}
SIZES = {"mlp": 34_048, "gpt2": 124_000_000, "8b": 8_000_000_000, "70b": 70_000_000_000}
SOME_COLLUDE = 0.2  # of known operators: what a quorum's size is worked out for
MOST_COPIES = 99
REASONS = ("cheat", "chance", "owner", "asks", "wait", "hidden", "size", "budget")


@dataclass(frozen=True)
class Needs:
    """What the reader asks.

    wait: seconds until the answer must be final. gain: of a cheat that is not found, in fees for
    one answer. stake: what a caught cheat loses on top of its fee, in fees. owner, cheat, hidden,
    size: keys of OWNERS, CHEATS, HIDDEN, SIZES. budget: most work, all sides together, in plain
    runs. takes_part: will the other side run a protocol with you, or only answer?
    """

    wait: float
    gain: float
    stake: float
    owner: str
    cheat: str
    budget: float
    hidden: str
    size: str
    takes_part: bool = True


@dataclass(frozen=True)
class Range:
    """A figure with the range that its source leaves open."""

    low: float
    typical: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.typical <= self.high:
            raise ValueError(f"not in order: {self.low}, {self.typical}, {self.high}")


@dataclass(frozen=True)
class Cost:
    """extra and check as above. check is None where no figure was found. wait: seconds."""

    extra: Range
    check: Range | None
    wait: float

    @property
    def total(self) -> float:
        """Work of all sides together, in plain runs."""
        return 1 + self.extra.typical + (self.check.typical if self.check else 0.0)


@dataclass(frozen=True)
class Method:
    """evidence: "measured" (a recorded run), "published" (a paper), "vendor" (a claim about
    itself), "closed form". cost: what it costs under these needs. catches: under these needs, the
    chance to catch one cheat of each kind that it sees at all; a kind left out is not seen, or not
    shown to be. believes: keys of BELIEFS. hides: keys of HIDDEN. largest: parameters of the
    largest model that its source shows, None without a limit. sources: keys of the book's
    references, or files. basis: where the figures come from, in words. asks: must the other side
    do more than answer?"""

    id: str
    name: str
    short: str
    family: str
    evidence: str
    cost: Callable[[Needs], Cost]
    catches: Callable[[Needs], dict[str, float]]
    believes: frozenset[str]
    hides: frozenset[str]
    largest: int | None
    sources: tuple[str, ...]
    basis: str
    asks: bool = True


def rate_needed(gain: float, stake: float) -> float:
    """The chance of being caught at which a cheat stops paying: gain / (gain + 1 + stake).

    A cheat that is caught loses its fee (1) and its stake."""
    return gain / (gain + 1 + stake)


def outvoted(copies: int, share: float = SOME_COLLUDE) -> float:
    """P(more than half of `copies` operators collude), each with chance `share`."""
    return tail(binomial(copies, share), copies // 2 + 1)


@cache
def copies_needed(gain: float, stake: float) -> int:
    """The smallest odd number of copies, at least 3, whose majority is wrong so seldom that a
    collusion does not pay; MOST_COPIES if none is."""
    copies = 3
    while copies < MOST_COPIES and 1 - outvoted(copies) < rate_needed(gain, stake):
        copies += 2
    return copies


def fails(method: Method, needs: Needs) -> tuple[str, ...]:
    """Why the method does not do, as keys of REASONS in their order; empty if it does."""
    cost, caught = method.cost(needs), method.catches(needs).get(needs.cheat)
    found = {
        "cheat": caught is None,
        # Equal up to rounding is enough: a spot check is set to just this rate.
        "chance": caught is not None
        and caught < rate_needed(needs.gain, needs.stake) * (1 - 1e-12),
        "owner": bool(method.believes & BREAKS[needs.owner]),
        "asks": method.asks and not needs.takes_part,
        "wait": cost.wait > needs.wait,
        "hidden": needs.hidden != "nothing" and needs.hidden not in method.hides,
        "size": method.largest is not None and method.largest < SIZES[needs.size],
        "budget": cost.total > needs.budget,
    }
    return tuple(reason for reason in REASONS if found[reason])


def survivors(methods: Iterable[Method], needs: Needs) -> list[tuple[Method, tuple[str, ...]]]:
    """Each method with the reasons it fails; a survivor has none."""
    return [(method, fails(method, needs)) for method in methods]


def beats(a: Method, b: Method, needs: Needs) -> bool:
    """Is `a` at least as good as `b` in everything, and better in something?

    Everything: both costs, the wait, each kind of cheat, what must be believed, what stays hidden,
    the size, what is asked of the other side. An unknown cost is neither better nor worse.
    """
    ours, theirs = a.cost(needs), b.cost(needs)
    if ours.check is None or theirs.check is None:
        return False
    caught, by_other = a.catches(needs), b.catches(needs)
    no_limit = float("inf")
    pairs = [
        (theirs.extra.typical, ours.extra.typical),
        (theirs.check.typical, ours.check.typical),
        (theirs.wait, ours.wait),
        (a.largest or no_limit, b.largest or no_limit),
        (b.asks, a.asks),
        *((caught.get(cheat, 0.0), by_other.get(cheat, 0.0)) for cheat in CHEATS),
    ]
    at_least = all(x >= y for x, y in pairs)
    at_least &= a.believes <= b.believes and a.hides >= b.hides
    better = any(x > y for x, y in pairs) or a.believes < b.believes or a.hides > b.hides
    return at_least and better


def unbeaten(methods: Iterable[Method], needs: Needs) -> list[Method]:
    """The methods that no other beats: the Pareto frontier."""
    every = list(methods)
    return [b for b in every if not any(beats(a, b, needs) for a in every)]
