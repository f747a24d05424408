"""What the map says, in words and in named numbers."""

from __future__ import annotations

from .frontier import (
    BELIEFS,
    BREAKS,
    CHEATS,
    HIDDEN,
    OWNERS,
    SIZES,
    Method,
    Needs,
    copies_needed,
    rate_needed,
    unbeaten,
)

Judged = list[tuple[Method, tuple[str, ...]]]
CLOCK = ((86_400.0, "day"), (3600.0, "hour"), (60.0, "minute"))


def seconds(value: float) -> str:
    """A time in the words of a clock, to three digits."""
    for unit, name in CLOCK:
        if value >= unit:
            count = f"{value / unit:.3g}"
            return f"{count} {name}" + ("s" if count != "1" else "")
    return f"{value:.2g} s"


def runs(value: float) -> str:
    """Work in plain runs of the model, to two digits."""
    if value == 0:
        return "none"
    if value < 0.995:
        return f"{100 * value:.2g}% of a run"
    digits = f"{float(f'{value:.2g}'):,.10g}"
    return f"{digits} run" + ("s" if digits != "1" else "")


def share(value: float) -> str:
    """A check as a share of running the model again, to two digits."""
    for unit, name in ((1e-9, "billionths"), (1e-6, "millionths")):
        if value < 1000 * unit and value < 1e-4:
            return f"{float(f'{value / unit:.2g}'):g} {name} of a run"
    return runs(value)


def why(method: Method, reason: str, needs: Needs) -> str:
    """A reason of frontier.fails, naming what the method does and the need does not allow."""
    broken = [BELIEFS[x] for x in BELIEFS if x in method.believes & BREAKS[needs.owner]]
    return {
        "cheat": f"not shown to see {CHEATS[needs.cheat]}",
        "chance": "catches too seldom for so large a gain",
        "owner": "would need: " + ", and ".join(broken),
        "asks": "needs the other side to take part",
        "wait": f"final after {seconds(method.cost(needs).wait)}",
        "hidden": f"does not hide {HIDDEN[needs.hidden]}",
        "size": "not shown on so large a model",
        "budget": f"costs {runs(method.cost(needs).total)} in all",
    }[reason]


def rests_on(method: Method) -> str:
    return "; ".join(BELIEFS[belief] for belief in BELIEFS if belief in method.believes)


def verdict(judged: Judged, needs: Needs) -> str:
    """What is left of the methods, and the one of these that leaves least to your own check; if
    none is left, the one with fewest reasons against it."""
    asked = (
        f"Final within {seconds(needs.wait)}, {CHEATS[needs.cheat]} to catch, the machine in the "
        f"hands of {OWNERS[needs.owner]}: "
    )
    left = [method for method, reasons in judged if not reasons]
    if not left:
        method, reasons = min(judged, key=lambda pair: len(pair[1]))
        against = "; ".join(why(method, reason, needs) for reason in reasons)
        return f"{asked}none of {len(judged)} methods is left. Nearest is {method.name}: {against}."
    count = f"{len(left)} of {len(judged)} methods {'is' if len(left) == 1 else 'are'} left"
    says = f"{asked}{count} ({', '.join(method.short for method in left)})."
    checks = {m: cost.check.typical for m in left if (cost := m.cost(needs)).check}
    if not checks:
        return says
    best = min(checks, key=checks.__getitem__)
    who = "Your own check is" if len(left) == 1 else f"The lightest check is {best.name}:"
    return f"{says} {who} {share(checks[best])}. It rests on: {rests_on(best)}."


def metrics(judged: Judged, needs: Needs) -> dict[str, float]:
    """Per method: left (1 or 0), extra, check and total in plain runs, wait in seconds. Of all:
    how many are left, and how many no other beats in everything."""
    found = {
        "methods": float(len(judged)),
        "left": float(sum(not reasons for _, reasons in judged)),
        "unbeaten": float(len(unbeaten([method for method, _ in judged], needs))),
        "rate": rate_needed(needs.gain, needs.stake),
        "copies": float(copies_needed(needs.gain, needs.stake)),
        "exposed": float(needs.hidden == "nothing"),
        "weights": float(SIZES[needs.size]),
    }
    for method, reasons in judged:
        cost = method.cost(needs)
        found |= {
            f"{method.id}.left": float(not reasons),
            f"{method.id}.extra": cost.extra.typical,
            f"{method.id}.total": cost.total,
            f"{method.id}.wait": cost.wait,
        }
        if cost.check:
            found[f"{method.id}.check"] = cost.check.typical
    return found
