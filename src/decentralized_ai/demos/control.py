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
from ..governance.control_words import gone, takeaway
from .pictures.control import STATES, figure

HOW = {
    "disagree": "turn against the rest",
    "leave": "leave",
    "compelled": "are ordered to stop",
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
    numbers = _metrics(chosen, found)
    return View(
        figure=figure(chosen, acting, found, how),
        takeaway=takeaway(chosen, who, how, acting, found, numbers),
        metrics={
            **numbers,
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
        "lost": sum(gone(one) and not one.copied for one in found.values()),
        "copied": sum(gone(one) and one.copied for one in found.values()),
        "keys_run": float(found["keys"].state == RUNS),
        "cases": len(cases),
        "hits": sum(case.hit for case in cases),
        "misses": sum(not case.hit for case in cases),
        **{name: value for name, value in numbers.items() if value is not None},
    }


def _table(chosen: Setup, found: dict[str, Outcome], how: str) -> Table:
    """The rules of each asset, and below them what was reported of this set-up."""
    names = {group.id: group.short for group in chosen.groups.values()}

    def least(rule: Rule | None) -> str:
        return "not known" if rule is None else rule.words(names)

    def fate(one: Outcome, ordered: bool) -> str:
        return STATES[one.state][ordered] + ("; a copy goes on" if one.copied else "")

    assets = tuple(
        (
            ASSETS[key],
            f"held by {asset.holds}; change: {least(asset.change)}; stop: "
            f"{least(stoppers(asset, chosen.seats()))}; copy: {least(asset.copy)}",
            fate(found[key], how == "compelled"),
            asset.why,
            chosen.when,
            asset.source,
        )
        for key, asset in chosen.assets.items()
    )
    reported = tuple(
        (
            ASSETS[case.asset],
            "as reported",
            f"{fate(Outcome(case.state, bool(case.copied)), case.how == 'compelled')} ("
            + ("by the rule too" if case.hit else "not by the rule")
            + ("" if case.counts else ", not counted")
            + ")",
            case.told,
            case.date,
            case.source,
        )
        for case in reports()
        if case.setup.id == chosen.id
    )
    return Table(
        f"{chosen.name}, {chosen.when}: who holds each asset, and what becomes of it; below, what "
        f"was reported. Sources are keys of the bibliography, checked on {checked()}.",
        tuple(Column(x) for x in ("asset", "who can", "now", "why", "date", "source")),
        (*assets, *reported),
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


def _take_along(view: View) -> bool:
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
            "The Pile, July 2023: its host took the books down after a notice from a rights "
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
            "coindesk2020steem",
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
            "take_along",
            "Let nine in ten of OpenAI's staff leave, so that something stops and nothing is lost.",
            "What would the leavers have to be able to take along?",
            _take_along,
        ),
    ),
    compute=compute,
    shown=(outcome, Rule, Setup),
)
