"""Open weights, one key: who may change, stop and copy what, when the holders fall out."""

from __future__ import annotations

from ..contract import (
    Challenge,
    Choice,
    Column,
    Demo,
    Guess,
    MultiChoice,
    Preset,
    Slider,
    Table,
    Toggle,
    View,
)
from ..governance.control import Rule
from ..governance.control_events import (
    FROZEN,
    RUNS,
    STOPPED,
    TAKEN,
    UNKNOWN,
    Outcome,
    blockers,
    outcome,
    outcomes,
    reports,
    stoppers,
    to_stop_all,
)
from ..governance.control_setups import ASSETS, TRUSTEES, Setup, checked, setups
from .pictures.control import STATES, figure

PLURAL = ("weights", "keys")  # of the assets' names
HOW = {
    "disagree": "turn against the rest",
    "leave": "leave",
    "compelled": "are ordered to stop",
}
VERB = {
    "disagree": ("turns against the rest", "turn against the rest"),
    "leave": ("leaves", "leave"),
    "compelled": ("is ordered to stop", "are ordered to stop"),
}
ROLES = {
    "deciders": "those who decide",
    "makers": "those who made it",
    "machines": "those with the machines",
    "hosts": "those who host it",
}


def compute(
    setup: str,
    how: str,
    who: tuple[str, ...],
    share: int,
    trustees: int,
    doors: int,
    copies: bool,
) -> View:
    """Let some holders of a real set-up disagree, leave or be ordered to stop, and see what
    becomes of each asset."""
    chosen = setups()[setup].changed(trustees, doors, copies)
    acting = chosen.acting(who, share)
    found = outcomes(chosen, how, acting)
    return View(
        figure=figure(chosen, acting, found, how),
        takeaway=_takeaway(chosen, who, how, acting, found),
        metrics={
            **_metrics(chosen, found),
            "real": float(not (trustees or doors or copies)),
            "trustees": trustees,
            "share": share,
            "acting": sum(acting.values()),
            **{f"who.{role}": float(role in who) for role in ROLES},
            **{f"how.{name}": float(name == how) for name in HOW},
            **{f"is.{name}": float(name == setup) for name in setups()},
        },
        table=_table(chosen, found, how),
    )


def _metrics(chosen: Setup, found: dict[str, Outcome]) -> dict[str, float]:
    """Numbers of assets by what becomes of them; the fewest holders who can do something. What
    nobody can do is left out."""
    seats, keys = chosen.seats(), chosen.assets["keys"]
    states = [one.state for one in found.values()]
    all_ = to_stop_all(chosen)
    change, block = keys.change, blockers(keys, seats)
    numbers = {
        "change_rules": change.least() if change else None,
        "block_rules": block.least() if block else None,
        "stop_all": all_,
    }
    cases = [case for case in reports() if case.counts]
    return {
        **{state: states.count(state) for state in (RUNS, FROZEN, TAKEN, STOPPED, UNKNOWN)},
        "lost": sum(_gone(one) and not one.copied for one in found.values()),
        "copied": sum(_gone(one) and one.copied for one in found.values()),
        "keys_run": float(found["keys"].state == RUNS),
        "cases": len(cases),
        "hits": sum(case.hit for case in cases),
        "misses": sum(not case.hit for case in cases),
        **{name: value for name, value in numbers.items() if value is not None},
    }


def _gone(one: Outcome) -> bool:
    return one.state in (TAKEN, STOPPED)


def _takeaway(
    chosen: Setup, who: tuple[str, ...], how: str, acting: dict[str, int],
    found: dict[str, Outcome],
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
        first = f"{where}: if {_listed(actors)} {verb}, {_states(found)}."
    return f"{first} {_numbers(chosen, found)}"


def _counted(count: int, seats: int, name: str) -> str:
    return f"the {name}" if seats == 1 else f"{count} of {seats} {name}"


def _states(found: dict[str, Outcome]) -> str:
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
            parts.append(f"{_listed([f'the {ASSETS[key]}' for key in names])} {verbs[many]}")
    on = sum(one.state == RUNS for one in found.values())
    if on == len(found):
        return "everything goes on"
    return "; ".join([*parts, "the rest goes on"] if on else parts)


def _numbers(chosen: Setup, found: dict[str, Outcome]) -> str:
    gone = [one for one in found.values() if _gone(one)]
    copied = sum(one.copied for one in gone)
    carried = ""
    if gone:
        many = {0: "none of it", len(gone): "all of it"}.get(
            copied, f"{copied} of these {len(gone)}"
        )
        carried = f"{many} can be carried on elsewhere as a copy; "
    numbers = _metrics(chosen, found)
    text = (
        f"{carried}it takes {numbers['change_rules']} to change the rules and "
        f"{numbers['block_rules']} to block every change, and "
    )
    everything = numbers.get("stop_all")
    text += f"{everything} to stop everything." if everything else "nobody can stop everything."
    return text[0].upper() + text[1:]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _table(chosen: Setup, found: dict[str, Outcome], how: str) -> Table:
    names = {group.id: group.short for group in chosen.groups.values()}

    def least(rule: Rule | None) -> str:
        return "not known" if rule is None else rule.words(names)

    rows = tuple(
        (
            ASSETS[key],
            asset.holds,
            least(asset.change),
            least(stoppers(asset, chosen.seats())),
            least(asset.copy),
            STATES[found[key].state][how == "compelled"]
            + ("; copies can go on" if found[key].copied else ""),
            asset.why,
            asset.source,
        )
        for key, asset in chosen.assets.items()
    )
    return Table(
        f"{chosen.name}, {chosen.when}: who holds each asset, and what becomes of it. Keys of the "
        f"bibliography; checked on {checked()}.",
        tuple(
            Column(label)
            for label in (
                "asset",
                "held by",
                "to change it",
                "to stop it",
                "to copy it",
                "now",
                "why",
                "source",
            )
        ),
        rows,
    )


def _survives(view: View) -> bool:
    of = view.metrics
    only = of["who.makers"] and not (of["who.deciders"] or of["who.hosts"] or of["who.machines"])
    whole = of["real"] and of["how.leave"] and only and of["share"] == 100
    return bool(whole and of[RUNS] == len(ASSETS))


def _ordered(view: View) -> bool:
    of = view.metrics
    whole = of["real"] and of["how.compelled"] and of["who.hosts"] and of["share"] == 100
    return bool(whole and of[STOPPED] and not of["lost"])


def _third(view: View) -> bool:
    of = view.metrics
    third = of["how.disagree"] and of["who.deciders"] and of["share"] >= 33
    return bool(of["trustees"] and third and of["keys_run"])


def _staff(view: View) -> bool:
    of = view.metrics
    left = of["is.openai"] and of["how.leave"] and of["who.makers"] and of["share"] >= 90
    return bool(left and of[STOPPED] and not of["lost"])


DEMO = Demo(
    id="control",
    title="Open weights, one key",
    part="governance",
    question=(
        "Weights, data, machines, rules, money, front end: each has holders. Some of them fall "
        "out, leave or get an order. What goes on, what stops, and what can be carried away?"
    ),
    guess=Guess(
        "November 2023: four of six directors of OpenAI act together, against the chief executive "
        "and, as it turns out, nearly all of 770 employees. Of six assets, how many can the four "
        "change by the rules?",
        ("none", "one: who is chief executive", "five: all but the cloud", "all six"),
        lambda view: {0: 0, 1: 1, 5: 2, 6: 3}[int(view.metrics[TAKEN])],
        "By the bylaws a majority of the board may take any action. Only the machines belonged to "
        "somebody else. Yet the four lost within five days: look what happens if the staff leaves.",
    ),
    controls=(
        Choice("setup", "Set-up", "openai", {key: s.name for key, s in setups().items()}),
        Choice("how", "What happens: some", "disagree", HOW),
        MultiChoice("who", "Of whom", ("deciders",), ROLES, 4),
        Slider(
            "share",
            "How many of them",
            66,
            (0, 10, 20, 33, 40, 50, 60, 66, 75, 90, 95, 100),
            "%",
            "rounded up to whole people",
        ),
        Slider(
            "trustees",
            "If nine trustees held the rules: needed to change them",
            0,
            tuple(range(TRUSTEES + 1)),
            "of 9",
            "in place of those who decide now",
            {0: "as found"},
        ),
        Slider(
            "doors",
            "If it had more hosts, any one of them enough",
            0,
            (0, 2, 5, 20),
            "hosts",
            "",
            {0: "as found"},
        ),
        Toggle(
            "copies",
            "If everybody had a copy",
            False,
            "of weights, data, code and front end",
        ),
    ),
    main="share",
    presets=(
        Preset(
            "board",
            "Four of six",
            "OpenAI, 17 November 2023: four directors removed the chief executive. By the bylaws a "
            "majority of the board may take any action (reported by WIRED).",
            "wired2023board",
            {},
        ),
        Preset(
            "staff",
            "Seven hundred letters",
            "OpenAI, 20 November 2023: more than 700 of about 770 employees threatened to leave. "
            "Here they do; 95% are 732.",
            "observer2023board",
            {"how": "leave", "who": ("makers",), "share": 95},
        ),
        Preset(
            "page",
            "The page is gone",
            "Stable Diffusion 1.5, August 2024: Runway closed its page on the model hub. Programs "
            "switched to copies.",
            "openvino824",
            {"setup": "diffusion", "how": "leave", "who": ("hosts",), "share": 100},
        ),
        Preset(
            "archive",
            "A notice to one archive",
            "The Pile, August 2023: its host took the books down after a notice from a rights "
            "holders' association, and later the whole.",
            "gizmodo2023books",
            {"setup": "eleuther", "how": "compelled", "who": ("hosts",), "share": 100},
        ),
        Preset(
            "team",
            "The team walks out",
            "Bittensor, 10 April 2026: Covenant AI announced that it leaves, with its model.",
            "htx2026covenant",
            {"setup": "bittensor", "how": "leave", "who": ("makers",), "share": 100},
        ),
        Preset(
            "bought",
            "Bought and outvoted",
            "Steem, 2 March 2020: a new owner and three exchanges, with their customers' deposits, "
            "voted in all twenty witnesses.",
            "decrypt2020hive",
            {"setup": "steem", "who": ("makers", "hosts"), "share": 100},
        ),
        Preset(
            "sanctioned",
            "Sanctioned",
            "Tornado Cash, 8 August 2022: site and code pages vanished within hours of US "
            "sanctions. The contracts ran on.",
            "star2022",
            {"setup": "tornado", "how": "compelled", "who": ("hosts",), "share": 100},
        ),
    ),
    challenges=(
        Challenge(
            "survives",
            "Find a real set-up that goes on, whole, when all who made it leave.",
            "Change nothing else about it. There is more than one.",
            _survives,
        ),
        Challenge(
            "ordered",
            "Find a real set-up in which an order to every host stops something, and nothing is "
            "lost for good.",
            "Somebody must have a copy.",
            _ordered,
        ),
        Challenge(
            "third",
            "Choose a number of trustees such that a third of them can neither change the rules "
            "nor freeze them.",
            "To change takes k. To block takes all but k - 1. Both must be more than a third.",
            _third,
        ),
        Challenge(
            "staff",
            "Let nine in ten of OpenAI's staff leave, so that something stops and nothing is lost.",
            "What would the leavers have to be able to take along?",
            _staff,
        ),
    ),
    compute=compute,
    shown=(outcome, Rule, Setup),
)
