"""If nobody cheats, nobody checks: spot checks, stakes, and who would go on checking."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..contract import (
    Challenge,
    Choice,
    Column,
    Demo,
    Guess,
    Preset,
    Slider,
    Table,
    View,
    linear,
)
from ..quantities import percent
from ..verification.spotcheck_game import Floats, Inspection, Rules, play, simulate, smallest_rate
from .pictures.spotcheck import figure

OPERATORS, BATCHES = 20, 25  # simulated: enough to see luck, few enough for a slider to feel live
BOUNTY = 0.1  # of a lost stake to whoever found the cheat: truebit-os, IncentiveLayer.sol
JACKPOT = 100.0  # fees, for who finds a planted error
ROUNDS = 10_000  # of two sides that learn
SURE = 1e-9  # fees; closer to nought than this is nought, on every machine
DRAWN = {
    "after": "after the operator has committed",
    "grind": "from its commitment alone",
    "known": "before it answers",
}


def compute(
    rate: float,
    stake: float,
    saving: int,
    share: int,
    answers: int,
    drawn: str,
    detection: int,
    alarm: float,
    planted: float,
    cost: int,
    seed: int,
) -> View:
    """One batch of answers, what faking some of them brings, and what checking them brings."""
    rules = Rules(rate / 100, stake, saving / 100, answers, detection / 100, alarm / 100, drawn)
    fakes = max(1, round(answers * share / 100))
    shown = np.unique(np.rint(answers * np.array([0, 2, 5, 10, 20, 35, 50, 75, 100]) / 100))
    shown = np.union1d(shown, [0, 1]).astype(np.int64)
    gain, lost, caught = simulate(rules, shown, BATCHES, OPERATORS, seed)
    metrics = _metrics(rules, fakes, planted / 100, cost / 100)
    return View(
        figure=figure(rules, fakes, shown, gain, caught),
        takeaway=_takeaway(rules, fakes, metrics, planted),
        metrics=metrics,
        table=_table(rules, shown, gain, lost),
    )


def _metrics(rules: Rules, fakes: int, planted: float, cost: float) -> dict[str, float]:
    """Fees a batch, shares and chances between 0 and 1. What does not exist is left out."""
    best, extra = rules.best()
    honest = float(rules.gain(0))
    chosen = best if extra > SURE else 0  # what an operator does that looks after its purse
    checks = rules.rate * rules.answers
    bounty = BOUNTY * rules.stake
    game = Inspection(rules.saving, rules.stake, cost, bounty, rules.detection, planted, JACKPOT)
    cheats, checking = game.equilibrium()
    learned = play(game, ROUNDS)
    found = {
        "caught": float(rules.caught(fakes)),
        "gain": float(rules.gain(fakes)) - honest,
        "gain_one": float(rules.gain(1)) - honest,
        "gain_all": float(rules.gain(rules.answers)) - honest,
        "best": extra,
        "best_share": best / rules.answers,
        "alarm_cost": rules.alarm_cost(),
        "check_cost": checks * cost,
        "checker": bounty * float(rules.caught(chosen)) + checks * (planted * JACKPOT - cost),
        "balance_cheats": cheats,
        "balance_checks": checking,
        "learned_cheats": learned[0],
        "learned_checks": learned[1],
    }
    needed = rules.smallest_stake()
    if needed is not None:
        found["smallest_stake"] = needed
    if rules.stake > 0 and rules.draw == "after":
        q = smallest_rate(rules.stake, rules.saving, rules.answers, rules.detection, rules.alarm)
        if q is not None:
            found["smallest_rate"] = q
    return found


def _takeaway(rules: Rules, fakes: int, metrics: dict[str, float], planted: float) -> str:
    gain, checker = metrics["gain"], metrics["checker"]
    result = "neither gain nor lose by it"
    if abs(gain) > SURE:
        result = f"{'gain' if gain > 0 else 'lose'} {_fees(abs(gain))} a batch by it"
    first = (
        f"Fake {fakes:,} of {rules.answers:,} answers, and you are caught with a chance of "
        f"{percent(metrics['caught'])} and {result} on average."
    )
    price = _fees(metrics["check_cost"])
    end = f"leave a verifier {_fees(abs(checker))} {'ahead' if checker > 0 else 'behind'}"
    if abs(checker) <= SURE:
        end = "just pay for themselves"
    on = "it would go on" if checker >= -SURE else "it would stop"
    if metrics["best"] > SURE:
        count = round(metrics["best_share"] * rules.answers)
        most = "everything is faked" if count == rules.answers else f"{count:,} are faked"
        second = (
            f"Cheating pays, most of all if {most}; checks cost {price} a batch and {end}: {on}."
        )
    elif planted == 0:
        second = (
            f"No number of fakes pays, so checks find nothing and only cost {price} a batch: a "
            "verifier that minds its purse would stop."
        )
    else:
        second = (
            "No number of fakes pays, so checks find only planted errors; they cost "
            f"{price} a batch and {end}: {on}."
        )
    return f"{first} {second}"


def _fees(value: float) -> str:
    digits = next(
        d for least, d in ((1000, 0), (10, 1), (0.1, 2), (0.001, 4), (0, 8)) if value >= least
    )
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text} fee" if text == "1" else f"{text} fees"


def _table(rules: Rules, shown: Any, gain: Floats, lost: Floats) -> Table:
    rows = tuple(
        (
            f"{int(m):,}",
            100 * float(rules.caught(m)),
            100 * float(rules.flagged(m)),
            100 * float(lost[:, i].mean()),
            float(rules.gain(m)),
            float(gain[:, i].mean()),
        )
        for i, m in enumerate(shown)
    )
    return Table(
        f"A batch of {rules.answers:,} answers. Simulated: {OPERATORS} operators, {BATCHES} "
        "batches each.",
        (
            Column("answers faked"),
            Column("caught", "%", 1),
            Column("stake lost", "%", 1),
            Column("stake lost, simulated", "%", 1),
            Column("beyond honest pay", "fees a batch"),
            Column("beyond honest pay, simulated", "fees a batch"),
        ),
        rows,
    )


def _cheaply(view: View) -> bool:
    return view.metrics["best"] < -SURE and view.metrics["check_cost"] <= 0.2


def _all_in(view: View) -> bool:
    return view.metrics["gain_one"] < -SURE and view.metrics["gain_all"] > SURE


def _innocent(view: View) -> bool:
    return view.metrics["best"] < -SURE and view.metrics["alarm_cost"] >= 50


def _goes_on(view: View) -> bool:
    return view.metrics["best"] < -SURE and view.metrics["checker"] > SURE


DEMO = Demo(
    id="spotcheck",
    title="If nobody cheats, nobody checks",
    part="verification",
    question=(
        "You cannot run every answer again, so you check a few. The operator has left a deposit, "
        "its stake, which it loses if a fake is found. How few checks are enough, and who would "
        "go on paying for checks that never find anything?"
    ),
    guess=Guess(
        "A batch of 100 answers, one in a hundred is checked. A fake saves half a fee. The stake "
        "is worth 100 fees. Does faking pay?",
        (
            "Yes: so few checks are as good as none, so fake them all",
            "Yes, but only a few at a time",
            "No, however many it fakes",
        ),
        lambda view: 2 if view.metrics["best"] < 0 else 0 if view.metrics["best_share"] == 1 else 1,
        "One fake brings half a fee and risks one hundredth of 100 fees: a whole one. Faking all "
        "brings 50 fees, but is caught more often than not. The stake does the work, not the "
        "check.",
    ),
    controls=(
        Slider(
            "rate",
            "Answers checked",
            1,
            (0.1, 0.2, 0.5, 1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 50, 75, 100),
            "%",
        ),
        Slider(
            "stake",
            "Stake: all that being caught costs",
            100,
            (0, 1, 2, 5, 10, 11.2, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000),
            "fees",
            words={1: "1 fee"},
        ),
        Slider(
            "saving", "What a fake saves", 50, (1, 2, 5, 10, 20, 30, 50, 70, 90, 100), "% of fee"
        ),
        Slider("share", "You fake", 20, (1, 2, 5, 10, 20, 30, 50, 70, 100), "%", "at least one"),
        Slider("answers", "Answers in a batch", 100, (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
        Choice("drawn", "The checks are drawn", "after", DRAWN),
        Slider(
            "detection",
            "A check finds a fake",
            100,
            (10, 30, 50, 70, 80, 90, 95, 99, 100),
            "%",
            "less for fingerprints, and if some who check collude",
        ),
        Slider(
            "alarm",
            "A check flags an honest answer",
            0.0,
            (0.0, 0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
            "%",
            "the same model does not always give the same answer",
        ),
        Slider(
            "planted",
            "Planted errors",
            0.0,
            (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0),
            "%",
            "wrong on purpose; who finds one gets 100 fees",
        ),
        Slider("cost", "A check costs", 100, (1, 2, 5, 10, 20, 50, 100), "% of fee"),
        Slider("seed", "Random seed", 1, linear(0, 99, 1), help="other luck"),
    ),
    main="rate",
    presets=(
        Preset(
            "pocket",
            "On the line",
            "Pocket Network's documentation: one claim in a hundred has to be proven, and a "
            "missing proof costs 2,000 tokens where a claim is worth up to 20. Each claim stands "
            "for itself.",
            "pocket_proofs",
            {"rate": 1, "stake": 100, "saving": 100, "answers": 1, "share": 100},
        ),
        Preset(
            "plan",
            "Just short of it",
            "A published plan for Proof of Sampling: 8% checks; a cheat loses its reward of 1.2 "
            "and a slash of 10 times what computing costs; one checker in ten may collude.",
            "splitup_plan",
            {
                "rate": 8,
                "stake": 11.2,
                "saving": 100,
                "answers": 1,
                "share": 100,
                "detection": 90,
            },
        ),
        Preset(
            "volunteers",
            "Nothing to lose",
            "BOINC's adaptive replication: a volunteer with ten good results in a row has one "
            "job in ten checked. There is no stake; a bad result costs the good name.",
            "boinc_adaptive",
            {"rate": 10, "stake": 0},
        ),
        Preset(
            "planted",
            "Planted errors",
            "TrueBit's public contract draws a forced error at 500,000 in a million and gives a "
            "tenth of a lost deposit to the finder. Here the jackpot is 100 fees.",
            "truebit_os",
            {"planted": 50.0},
        ),
        Preset(
            "audit",
            "The rule of three",
            "Rivest's estimate for an election audit: to find 100 bad ones among 1,000 with 95%, "
            "look at 1,000 (1 - exp(-3/100)) of them, 30.",
            "rivest2006",
            {"rate": 3, "answers": 1000, "share": 10},
        ),
    ),
    challenges=(
        Challenge(
            "cheaply",
            "Let no cheat pay while checking costs at most 0.2 fees a batch, of any size.",
            "Fewer checks need a larger stake. Or a cheaper check.",
            _cheaply,
        ),
        Challenge(
            "all_in",
            "Find rules under which faking one answer loses money and faking all of them pays.",
            "One catch takes the stake once. How much can be saved before it is taken?",
            _all_in,
        ),
        Challenge(
            "innocent",
            "Deter every cheat, and take at least 50 fees a batch from operators that never cheat.",
            "Checks that sometimes flag an honest answer. Then check more, and stake more.",
            _innocent,
        ),
        Challenge(
            "goes_on",
            "Let no cheat pay, and let a verifier still earn something by checking.",
            "There is nothing to find. Unless somebody puts something there.",
            _goes_on,
        ),
    ),
    compute=compute,
    shown=(Rules, simulate, Inspection, play),
)
