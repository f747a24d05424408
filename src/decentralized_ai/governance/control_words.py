"""What becomes of a set-up, in two sentences."""

from __future__ import annotations

from collections.abc import Mapping

from ..quantities import listed
from .control_events import FROZEN, RUNS, STOPPED, TAKEN, UNKNOWN, Outcome
from .control_setups import ASSETS, Setup

PLURAL = ("weights", "keys")  # of the assets' names
VERB = {
    "disagree": ("turns against the rest", "turn against the rest"),
    "leave": ("leaves", "leave"),
    "compelled": ("is ordered to stop", "are ordered to stop"),
}


def gone(one: Outcome) -> bool:
    """Whether those who are left have lost the asset itself."""
    return one.state in (TAKEN, STOPPED)


def takeaway(
    chosen: Setup, who: tuple[str, ...], how: str, acting: Mapping[str, int],
    found: Mapping[str, Outcome], numbers: Mapping[str, float],
) -> str:  # fmt: skip
    named = [g for g in chosen.groups.values() if g.role in who and g.seats]
    where = f"{chosen.name}, {chosen.when}"
    if not named:
        strangers = next(g for g in chosen.groups.values() if g.role in who)
        first = (
            f"{where}: strangers may take over from its {strangers.name}, so nobody in particular "
            "can act, and everything stays as it is."
        )
    elif not any(acting.values()):
        first = f"{where}: nobody acts, and everything stays as it is."
    else:
        actors = [_counted(acting[g.id], g.seats, g.name) for g in named]
        verb = VERB[how][len(actors) > 1 or acting[named[0].id] > 1]
        first = f"{where}: if {listed(actors)} {verb}, {_states(found)}."
    return f"{first} {_numbers(found, numbers)}"


def _counted(count: int, seats: int, name: str) -> str:
    return f"the {name}" if seats == 1 else f"{count} of {seats} {name}"


def _states(found: Mapping[str, Outcome]) -> str:
    """Such as "the data and the front end stop; the rest goes on"."""
    words = {
        TAKEN: ("is changed for everybody", "are changed for everybody"),
        STOPPED: ("stops", "stop"),
        FROZEN: ("can no longer be changed", "can no longer be changed"),
        UNKNOWN: ("is not known", "are not known"),
    }
    parts = []
    for state, verbs in words.items():
        names = [key for key, one in found.items() if one.state == state]
        if names:
            many = len(names) > 1 or names[0] in PLURAL
            parts.append(f"{listed([f'the {ASSETS[key]}' for key in names])} {verbs[many]}")
    on = sum(one.state == RUNS for one in found.values())
    if on == len(found):
        return "everything goes on"
    return "; ".join([*parts, "the rest goes on"] if on else parts)


def _numbers(found: Mapping[str, Outcome], numbers: Mapping[str, float]) -> str:
    lost = [one for one in found.values() if gone(one)]
    copied = sum(one.copied for one in lost)
    carried = ""
    if lost:
        many = {0: "none of it", len(lost): "all of it"}.get(
            copied, f"{copied} of these {len(lost)}"
        )
        carried = f"{many} can be carried on elsewhere as a copy; "
    text = (
        f"{carried}it takes {numbers['change_rules']} to change the rules and "
        f"{numbers['block_rules']} to block every change, and "
    )
    everything = numbers.get("stop_all")
    text += f"{everything} to stop everything." if everything else "nobody can stop everything."
    return text[0].upper() + text[1:]
