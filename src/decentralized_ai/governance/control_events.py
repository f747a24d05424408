"""What becomes of each asset when some of its holders disagree, leave or are compelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..recorded import load
from .control import Coalition, Rule, both, rule_of
from .control_setups import Asset, Setup, setups

RUNS, FROZEN, TAKEN, STOPPED, UNKNOWN = "runs", "frozen", "taken", "stopped", "unknown"
HOW = ("disagree", "leave", "compelled")


@dataclass(frozen=True)
class Outcome:
    """state: of the asset itself. copied: whether somebody may carry a copy on elsewhere, those
    who are left if they lost it, or else those who leave."""

    state: str
    copied: bool


def outcome(asset: Asset, seats: Coalition, how: str, acting: Coalition) -> Outcome:
    """The rule. Who disagrees changes the asset, if they suffice. Whoever leaves, or is ordered
    to stop, is missing: it stops if the rest does not suffice to run it. It is frozen if the
    rest does not suffice to change it any more."""
    if asset.change is None or asset.run is None:
        return Outcome(UNKNOWN, False)
    rest = {group: n - acting.get(group, 0) for group, n in seats.items()}
    changes = any(acting.values()) and asset.change.allows(acting)
    stops = not asset.run.allows(rest)
    if how == "disagree" and changes:
        state = TAKEN
    elif stops:
        state = STOPPED
    elif how == "compelled" and changes:
        state = TAKEN
    elif asset.change.allows(seats) and not asset.change.allows(rest):
        state = FROZEN
    else:
        state = RUNS
    leavers = acting if how == "leave" and any(acting.values()) else None
    others = leavers if state == RUNS else rest
    copied = others is not None and asset.copy is not None and asset.copy.allows(others)
    return Outcome(state, copied)


def outcomes(setup: Setup, how: str, acting: Coalition) -> dict[str, Outcome]:
    """Of each asset."""
    seats = setup.seats()
    return {key: outcome(asset, seats, how, acting) for key, asset in setup.assets.items()}


def stoppers(asset: Asset, seats: Coalition) -> Rule | None:
    """Who can stop it: those without whom it does not run, and those who may change it."""
    if asset.change is None or asset.run is None:
        return None
    return rule_of(dict(way) for way in (*asset.run.dual(seats).ways, *asset.change.ways))


def blockers(asset: Asset, seats: Coalition) -> Rule | None:
    """Who can block every change of it."""
    return asset.change.dual(seats) if asset.change is not None else None


def to_stop_all(setup: Setup) -> int | None:
    """The fewest who can stop every asset whose rules are known; None if nobody can."""
    found = [stoppers(asset, setup.seats()) for asset in setup.known()]
    return both([rule for rule in found if rule is not None]).least()


@dataclass(frozen=True)
class Report:
    """One asset in one event: what was reported, and what the rule says."""

    setup: Setup
    asset: str
    date: str
    how: str
    roles: tuple[str, ...]
    share: int
    state: str
    copied: bool | None
    counts: bool
    told: str
    source: str

    def rule(self) -> Outcome:
        acting = self.setup.acting(self.roles, self.share)
        return outcome(self.setup.assets[self.asset], self.setup.seats(), self.how, acting)

    @property
    def hit(self) -> bool:
        rule = self.rule()
        return rule.state == self.state and (not self.copied or rule.copied)


def report(record: Mapping[str, Any]) -> Report:
    """A line of the file's list of events."""
    return Report(
        setups()[record["setup"]],
        record["asset"],
        record["date"],
        record["how"],
        tuple(record["who"].split(" + ")),
        record["share"],
        record["state"],
        record.get("copied"),
        record["counts"],
        record["told"],
        record["source"],
    )


def reports() -> list[Report]:
    """Everything reported, in the order of the file."""
    return [report(record) for record in load("control")["events"]]
