"""A ladder with no free rung: every method to verify remote inference, on one map."""

from __future__ import annotations

from ..contract import Challenge, Choice, Column, Demo, Guess, Preset, Slider, Table, Toggle, View
from ..verification.frontier import (
    CHEATS,
    HIDDEN,
    OWNERS,
    Method,
    Needs,
    beats,
    copies_needed,
    fails,
    rate_needed,
    survivors,
)
from ..verification.frontier_methods import METHODS
from ..verification.frontier_words import (
    Judged,
    metrics,
    rests_on,
    runs,
    seconds,
    share,
    verdict,
    why,
)
from .pictures.frontier import figure

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
WAITS = (0.1, 1.0, 3.0, 10.0, 30.0, MINUTE, 300.0, 1800.0, HOUR, 6 * HOUR, DAY, 7 * DAY)
SIZE_WORDS = {
    "mlp": "34 thousand weights",
    "gpt2": "124 million weights",
    "8b": "8 billion weights",
    "70b": "70 billion weights",
}


def compute(
    wait: float,
    owner: str,
    cheat: str,
    gain: float,
    stake: float,
    budget: float,
    hidden: str,
    size: str,
    takes_part: bool,
) -> View:
    """Ask every method what it costs under these needs, and keep those that meet them all."""
    needs = Needs(wait, gain, stake, owner, cheat, budget, hidden, size, takes_part)
    judged = survivors(METHODS, needs)
    return View(
        figure=figure(judged, needs),
        takeaway=verdict(judged, needs),
        metrics=metrics(judged, needs),
        table=_table(judged, needs),
    )


def _table(judged: Judged, needs: Needs) -> Table:
    def row(method: Method, reasons: tuple[str, ...]) -> tuple[str, ...]:
        cost, caught = method.cost(needs), method.catches(needs).get(needs.cheat)
        return (
            method.name,
            runs(cost.extra.typical),
            share(cost.check.typical) if cost.check else "not published",
            "not shown" if caught is None else f"{100 * caught:.3g}%",
            seconds(cost.wait),
            rests_on(method),
            f"{method.evidence}: {method.basis}",
            "; ".join(why(method, reason, needs) for reason in reasons) or "is left",
        )

    return Table(
        "Work in plain runs of the model. Rests on: what must be true besides the mathematics.",
        (
            Column("method"),
            Column("extra work for the other side"),
            Column("your own check"),
            Column("chance to catch the cheat"),
            Column("final after"),
            Column("rests on"),
            Column("figures"),
            Column("here"),
        ),
        tuple(row(method, reasons) for method, reasons in judged),
    )


def _one_left(view: View) -> bool:
    return view.metrics["left"] == 1


def _none_left(view: View) -> bool:
    return view.metrics["left"] == 0


def _proved(view: View) -> bool:
    of = view.metrics
    return of["weights"] >= 8e9 and any(of[f"{x}.left"] for x in ("ezkl", "deepprove", "zkllm"))


def _chip_not_stake(view: View) -> bool:
    of = view.metrics
    return bool(of["tee.left"] and not of["spotcheck.left"] and of["exposed"])


def _bucket(count: float) -> int:
    return sum(count >= least for least in (1, 3, 6, 9))


DEMO = Demo(
    id="frontier",
    title="Which check survives your needs?",
    part="verification",
    question=(
        "You send a question to a machine that you cannot see, and an answer comes back. There are "
        "a dozen ways to check that it ran the model you paid for. Each asks for something: work, "
        "time, or belief. Which are left when you say what you need?"
    ),
    guess=Guess(
        f"The operator owns the machine. You want to catch a 4-bit copy of the model, within ten "
        f"seconds, and will pay for four runs at most. How many of {len(METHODS)} "
        "methods are left?",
        ("None", "1 or 2", "3 to 5", "6 to 8", "9 or more"),
        lambda view: _bucket(view.metrics["left"]),
        "Ten seconds rule out whatever must be sent, proved or waited for. The owner of a machine "
        "can open it, which rules out trusted chips. What is left leans on a stake, on an honest "
        "second party, or on statistics.",
    ),
    controls=(
        Slider(
            "wait",
            "Final within",
            10.0,
            WAITS,
            "s",
            words={stop: seconds(stop) for stop in WAITS},
        ),
        Choice("owner", "The machine is in the hands of", "operator", OWNERS),
        Choice("cheat", "The cheat to catch", "int4", CHEATS),
        Slider(
            "gain",
            "Gain from a cheat",
            10.0,
            (0.5, 1.0, 3.0, 10.0, 100.0, 1e3, 1e4, 1e6),
            "fees",
            "of a cheat that nobody finds, in fees for one answer",
            words={1.0: "1 fee"},
        ),
        Slider(
            "stake",
            "Stake that can be taken",
            100.0,
            (0.0, 1.0, 10.0, 100.0, 1e3, 1e4, 1e6),
            "fees",
            "lost on top of the fee when a cheat is found",
            words={1.0: "1 fee"},
        ),
        Slider(
            "budget",
            "Most work you will pay for",
            4.0,
            (1.1, 1.25, 1.6, 2.5, 4.0, 10.0, 100.0, 1e4, 1e6, 1e8),
            "runs",
            "all sides together; 1 is the plain answer, unchecked",
        ),
        Choice("hidden", "What must stay hidden", "nothing", HIDDEN),
        Choice("size", "The model", "8b", SIZE_WORDS),
        Toggle("takes_part", "The other side runs your protocol", True, "off: it only answers"),
    ),
    main="wait",
    presets=(
        Preset(
            "api",
            "Tokens from an API",
            "In the summer of 2024, 11 of 31 commercial endpoints of Llama models answered unlike "
            "the published weights. No stake, little to gain on one answer, a day to find out.",
            "gao2025",
            {
                "wait": DAY,
                "cheat": "int8",
                "gain": 0.5,
                "stake": 0.0,
                "budget": 1.1,
                "takes_part": False,
            },
        ),
        Preset(
            "rollouts",
            "Answers from strangers",
            "INTELLECT-2 (2025): anyone may join and write answers with a model of 32 billion "
            "weights, on which it is then trained. Fingerprints check them.",
            "intellect2",
            {
                "wait": 300.0,
                "owner": "volunteers",
                "cheat": "model",
                "gain": 1.0,
                "stake": 10.0,
                "budget": 1.1,
                "size": "70b",
            },
        ),
        Preset(
            "private",
            "A question nobody may read",
            "The operator must not see the prompt, and the machine stands with a cloud that both "
            "sides trust: an H100 in confidential mode.",
            "zhu2024",
            {
                "wait": 1.0,
                "owner": "cloud",
                "cheat": "model",
                "budget": 1.1,
                "hidden": "prompt",
                "size": "70b",
            },
        ),
        Preset(
            "chain",
            "A contract that pays out",
            "A blockchain acts on the answer of a 7-billion-weight model. Much is to be gained by "
            "one false answer, and there is a week for anyone to object, as in optimistic rollups.",
            "conway2024",
            {
                "wait": 7 * DAY,
                "owner": "volunteers",
                "cheat": "number",
                "gain": 1e4,
                "stake": 1e4,
                "budget": 2.5,
            },
        ),
        Preset(
            "small",
            "A secret small model, proved",
            "A classifier of 34 thousand weights that its owner will not show, proved with EZKL, "
            "as measured for this book.",
            "ezkl",
            {
                "wait": 30.0,
                "cheat": "number",
                "gain": 1e6,
                "stake": 0.0,
                "budget": 1e8,
                "hidden": "weights",
                "size": "mlp",
            },
        ),
    ),
    challenges=(
        Challenge(
            "alone",
            "Find needs that leave exactly one method.",
            "Ask to hide something, or for an answer within a second.",
            _one_left,
        ),
        Challenge(
            "nothing",
            "Find needs that nothing meets.",
            "Hide the prompt from an operator who owns the machine.",
            _none_left,
        ),
        Challenge(
            "proof",
            "Let a zero-knowledge proof survive for a model of at least 8 billion weights.",
            "Be patient, and rich.",
            _proved,
        ),
        Challenge(
            "chip",
            "With nothing to hide, let trusted hardware survive and spot checks not.",
            "Who holds the machine? And how long does it take to run an answer again?",
            _chip_not_stake,
        ),
    ),
    compute=compute,
    shown=(Needs, Method, fails, rate_needed, copies_needed, beats),
)
