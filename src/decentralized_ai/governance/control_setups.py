"""Six real set-ups as rules: who may change, run and copy each asset. From book/control.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ..recorded import load
from .control import ANYONE, Rule, parsed, rule_of

ASSETS = {
    "weights": "weights",
    "data": "data",
    "compute": "compute",
    "keys": "rules and code",
    "treasury": "treasury",
    "front_end": "front end",
}
ROLES = ("deciders", "makers", "machines", "hosts")
COPIED = ("weights", "data", "keys", "front_end")  # what can be given away and kept
TRUSTEES = 9  # seats, where the reader hands the rules to trustees


@dataclass(frozen=True)
class Group:
    """seats: how many there are; 0 for strangers, of whom nobody in particular can act."""

    id: str
    role: str
    name: str
    short: str
    seats: int
    why: str
    source: str


@dataclass(frozen=True)
class Asset:
    """change, run, copy: the rules; None where no source that we opened says."""

    id: str
    holds: str
    change: Rule | None
    run: Rule | None
    copy: Rule | None
    why: str
    source: str
    assumed: bool = False

    @property
    def known(self) -> bool:
        return self.change is not None and self.run is not None


@dataclass(frozen=True)
class Setup:
    id: str
    name: str
    when: str
    groups: Mapping[str, Group]
    assets: Mapping[str, Asset]

    def seats(self) -> dict[str, int]:
        """Of each group whose holders can be counted."""
        return {group.id: group.seats for group in self.groups.values() if group.seats}

    def known(self) -> list[Asset]:
        """The assets of which the sources say who may change and who has to run them."""
        return [asset for asset in self.assets.values() if asset.known]

    def acting(self, roles: tuple[str, ...], share: int) -> dict[str, int]:
        """How many of each group act: this share of those with a role, rounded up."""
        return {
            group.id: -(-share * group.seats // 100)
            for group in self.groups.values()
            if group.role in roles and group.seats
        }

    def changed(self, needed: int = 0, doors: int = 0, copies: bool = False) -> Setup:
        """The set-up as the reader would have it: `needed` of nine trustees in place of those who
        decide, `doors` hosts of which any one is enough, a copy for everybody. 0: as found."""
        deciders, hosts = (
            next(g for g in self.groups.values() if g.role == role)
            for role in ("deciders", "hosts")
        )
        groups, assets = dict(self.groups), dict(self.assets)
        if needed:
            new = replace(deciders, name="trustees", short="trustees", seats=TRUSTEES)
            groups[deciders.id] = new
            assets = {
                name: replace(
                    asset,
                    change=_handed(asset.change, deciders.id, needed, alone=True),
                    run=_handed(asset.run, deciders.id, needed, alone=False),
                )
                for name, asset in assets.items()
            }
        if doors:
            groups[hosts.id] = replace(hosts, name="hosts", short="hosts", seats=doors)
            assets = {
                name: replace(
                    asset,
                    change=_handed(asset.change, hosts.id, doors, alone=False),
                    run=_handed(asset.run, hosts.id, 1, alone=False),
                )
                for name, asset in assets.items()
            }
        if copies:
            assets = {
                name: replace(asset, copy=ANYONE) if name in COPIED else asset
                for name, asset in assets.items()
            }
        return replace(self, groups=groups, assets=assets)


def _handed(rule: Rule | None, group: str, needed: int, alone: bool) -> Rule | None:
    """With `needed` of a group wherever it has a say; `alone`: and then nobody else may."""
    if rule is None or group not in rule.groups():
        return rule
    if alone:
        return rule_of([{group: needed}])
    return rule_of({g: needed if g == group else n for g, n in way} for way in rule.ways)


def from_record(name: str, record: Mapping[str, Any]) -> Setup:
    """A set-up as book/control.yml has it."""
    groups = {
        key: Group(key, **{**found, "seats": 0 if found["seats"] == "open" else found["seats"]})
        for key, found in record["groups"].items()
    }
    assets = {key: _asset(key, record["assets"][key]) for key in ASSETS}
    return Setup(name, record["name"], record["when"], groups, assets)


def _asset(key: str, found: Mapping[str, Any]) -> Asset:
    def rule(name: str) -> Rule | None:
        return None if found[name] == "unknown" else parsed(found[name])

    return Asset(
        key,
        found["holds"],
        rule("change"),
        rule("run"),
        rule("copy"),
        found["why"],
        found["source"],
        found.get("assumed", False),
    )


@cache
def setups() -> dict[str, Setup]:
    """The six, in the order of the file."""
    return {key: from_record(key, found) for key, found in load("control")["setups"].items()}


def checked() -> str:
    """The day on which the file was last held against its sources."""
    return str(load("control")["checked"])
