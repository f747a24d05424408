"""Thousands of machines, one switch: how many parties it takes to stop a system, layer by layer."""

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
    View,
)
from ..definitions.definitions import (
    AXES,
    FROM,
    LAYERS,
    MANY,
    NONE,
    ONE,
    TENS,
    UNKNOWN,
    WORDS,
    YOURS,
    Grade,
    System,
    checked,
    grade,
    known_systems,
    passing,
)
from ..quantities import listed
from .pictures.definitions import figure

SYSTEMS = {system.id: system for system in known_systems()}
QUESTIONS = {
    "hardware": "Who can be switched off?",
    "hosting": "Who can run it?",
    "weights": "Who holds the weights?",
    "training": "Who can change them?",
    "routing": "Who checks, and picks who answers?",
    "payment": "Through whom is anybody paid?",
    "front_end": "Who can fork it, and open another door?",
    "governance": "Who decides on rules and code?",
}
ANSWERS: dict[int | float, str] = {
    0: "as found",
    1: "one party",
    2: "2 to 9",
    3: "10 to 99",
    4: "100 or anyone",
}


def compute(
    system: str,
    least: int,
    counted: tuple[str, ...],
    hardware: int,
    hosting: int,
    weights: int,
    training: int,
    routing: int,
    payment: int,
    front_end: int,
    governance: int,
) -> View:
    """Take a system as its sources describe it, change what the reader changed, find the weakest
    layer."""
    said = (hardware, hosting, weights, training, routing, payment, front_end, governance)
    changes = {name: value for name, value in zip(LAYERS, said, strict=True) if value}
    found = SYSTEMS.get(system, YOURS)
    chosen = found.changed(changes)
    return View(
        figure=figure(chosen, changes, known_systems(), counted, least),
        takeaway=_takeaway(chosen, len(changes), least, counted),
        metrics=_metrics(found, chosen, changes, least, counted),
        table=_table(chosen, counted),
    )


def _metrics(
    found: System, chosen: System, changes: dict[str, int], least: int, counted: tuple[str, ...]
) -> dict[str, float]:
    """Grades 1 to 4 and 0 for unknown; what there is not is left out."""
    before = found.grades()
    low, at = chosen.weakest(counted)
    kinds = {kind: chosen.axis(kind, counted) for kind in AXES}
    grades = chosen.grades(counted)
    return {
        "low": low or UNKNOWN,
        "weakest": len(at),
        "before": found.weakest(counted)[0] or UNKNOWN,
        "unknown": chosen.unknown(counted),
        "counted": len(counted),
        "changes": len(changes),
        "raised": sum(value > (before.get(name) or MANY) for name, value in changes.items()),
        "real": float(found is not YOURS),
        "systems": len(SYSTEMS),
        "passing": len(passing(known_systems(), least, counted)),
        "single": sum(s.weakest(counted)[0] == ONE for s in known_systems()),
        **{
            f"one.{name}": sum(s.layers[name].grade == ONE for s in known_systems())
            for name in LAYERS
        },
        **{
            f"is.{name}": sum(bool(s.layers[name].grade) for s in known_systems())
            for name in LAYERS
        },
        **{f"layer.{name}": value for name, value in grades.items() if value is not NONE},
        **{kind: value for kind, value in kinds.items() if value is not NONE},
    }


def _takeaway(chosen: System, changes: int, least: int, counted: tuple[str, ...]) -> str:
    low, at = chosen.weakest(counted)
    name = chosen.name
    if changes and chosen.id != YOURS.id:
        name += f", with {changes} answer{'s' if changes > 1 else ''} of your own"
    unknown = chosen.unknown(counted)
    if not low:
        first = f"{name}: nothing is known of the layers that you count, so it has no place here."
    else:
        can = "can" if low == ONE else "together can"
        where = f"stop a layer of it, or change it for everybody: {_layers(at)}"
        first = f"{name}: {WORDS[low]} {can} {where}"
        if low == MANY:
            first = (
                f"{name}: to stop a layer of it, or change it for everybody, takes 100 parties, if "
                "anybody can"
            )
        more = f"{unknown} unknown layer{'s' if unknown > 1 else ''} may lower that"
        first += f"; {more}." if unknown and low > ONE else "."
    count = len(passing(known_systems(), least, counted))
    verb = "takes" if count == 1 else "take"
    which = "every layer" if len(counted) == len(LAYERS) else "every layer that you count"
    return (
        f"{first} Of {len(SYSTEMS)} real systems, {count} {verb} {least} parties or more in "
        f"{which}, as far as it is known."
    )


def _layers(names: tuple[str, ...]) -> str:
    if len(names) == len(LAYERS):
        return "every layer"
    return listed([LAYERS[name] for name in names])


def _table(chosen: System, counted: tuple[str, ...]) -> Table:
    def bracket(value: Grade) -> str:
        return "none" if value is NONE else "unknown" if value == UNKNOWN else ANSWERS[value]

    weakest = chosen.weakest(counted)[1]
    rows = tuple(
        (
            LAYERS[name],
            bracket(layer.grade),
            layer.why or "nothing said yet",
            layer.source or None,
            "weakest" if name in weakest else "" if name in counted else "left out",
        )
        for name, layer in chosen.layers.items()
    )
    return Table(
        f"{chosen.name}: parties that it takes to stop each layer, or to change it for everybody. "
        f"Keys of the bibliography; checked on {checked()}.",
        (Column("layer"), Column("parties"), Column("why"), Column("source"), Column("here")),
        rows,
    )


def _one_change(view: View) -> bool:
    of = view.metrics
    whole = of["real"] and of["counted"] == len(LAYERS)
    return bool(whole and of["changes"] == 1 and of["low"] > of["before"] > UNKNOWN)


def _no_help(view: View) -> bool:
    of = view.metrics
    return bool(of["real"] and of["raised"] >= 3 and of["low"] == of["before"] > UNKNOWN)


def _drawn(view: View) -> bool:
    of = view.metrics
    return of["counted"] >= 3 and 2 * of["passing"] >= of["systems"]


def _yours(view: View) -> bool:
    of = view.metrics
    whole = not of["real"] and of["counted"] == len(LAYERS) and not of["unknown"]
    return bool(whole and of["low"] >= TENS)


DEMO = Demo(
    id="definitions",
    title="Thousands of machines, one switch",
    part="definitions",
    question=(
        "A system calls itself decentralised. Take it apart: who owns the machines, who holds the "
        "weights, who picks the answer, who decides? How many parties would have to act together "
        "to stop it, or to change it for everybody?"
    ),
    guess=Guess(
        f"{len(SYSTEMS)} real systems, most of which call themselves decentralised or open. In how "
        "many is there a layer that a single party can stop or change for everybody?",
        ("in none", "in 1 to 4", "in 5 to 11", "in 12 or more"),
        lambda view: sum(view.metrics["single"] >= count for count in (1, 5, 12)),
        "The machines have many owners. But somewhere there is one router, one account that pays, "
        "one repository or one company that decides.",
    ),
    controls=(
        Choice(
            "system",
            "System",
            "petals",
            {**{s.id: s.name for s in known_systems()}, YOURS.id: YOURS.name},
        ),
        Slider(
            "least",
            "You call it decentralised from",
            2,
            tuple(FROM[bracket] for bracket in (2, 3, 4)),
            "parties",
            "in the weakest layer that counts",
        ),
        MultiChoice("counted", "Layers that count", tuple(LAYERS), dict(LAYERS), len(LAYERS)),
        *(
            Slider(
                name,
                f"{QUESTIONS[name]} ({words})",
                0,
                tuple(ANSWERS),
                words=ANSWERS,
            )
            for name, words in LAYERS.items()
        ),
    ),
    main="least",
    presets=(
        Preset(
            "swarm",
            "Volunteers",
            "Petals: anyone may add a machine or leave, and each client picks its own path. The "
            "swarm is found through two entry servers of one project.",
            "petals_head",
            {"system": "petals"},
        ),
        Preset(
            "chain",
            "A chain and its foundation",
            "Bittensor: anyone may register a machine. In the chain's code of June 2026 one root "
            "account may change the rules; its documentation of December 2025 tells of a senate "
            "and three employees who propose.",
            "subtensor2026",
            {"system": "bittensor"},
        ),
        Preset(
            "phones",
            "Ten million phones",
            "Federated learning of a keyboard: the data stay on tens of millions of phones; one "
            "server picks the phones and merges what they send.",
            "bonawitz2019",
            {"system": "gboard"},
        ),
        Preset(
            "run",
            "Thirty providers",
            "INTELLECT-1: 30 independent providers gave the machines for one training run; one "
            "company led it, and published the model.",
            "intellect1",
            {"system": "intellect1"},
        ),
        Preset(
            "central",
            "The other end",
            "OpenAI's API: one company, which may block an account from a country that it does "
            "not list.",
            "openai_countries",
            {"system": "openai"},
        ),
    ),
    challenges=(
        Challenge(
            "one_change",
            "Change one layer of a real system, and lift the whole of it above one party.",
            "It works only where a single layer is the weakest.",
            _one_change,
        ),
        Challenge(
            "no_help",
            "Raise three layers of a real system, and leave the whole as weak as it was.",
            "Any three, but not the weakest.",
            _no_help,
        ),
        Challenge(
            "drawn",
            "Count at least three layers, and let half of all real systems pass your bar.",
            "Leave out what is weakest. This is how such lists are made.",
            _drawn,
        ),
        Challenge(
            "yours",
            "Describe a system of your own that ten parties or more must agree to stop.",
            "Choose your system, and answer all eight questions.",
            _yours,
        ),
    ),
    compute=compute,
    shown=(grade, System, passing),
)
