"""You are paid for what the others say: Yuma consensus, from weights to everybody's pay."""

from __future__ import annotations

import numpy as np

from ..contract import (
    Challenge,
    Choice,
    Column,
    Demo,
    Grid,
    Guess,
    Preset,
    Slider,
    Table,
    View,
)
from ..governance.yuma import Liquid, Rules, epoch, weighted_median
from ..governance.yuma_retention import recorded_needs
from ..governance.yuma_scenes import Scene, play
from ..governance.yuma_words import CABALS, OPERATORS, SURE, VALIDATORS, Season, takeaway, tidy
from ..quantities import percent
from .pictures.yuma import figure

VERSIONS = {
    "two": "Yuma 2",
    "three": "Yuma 3",
    "liquid": "Yuma 3 with liquid alpha",
}
SCENES = {
    "steady": "all keep their weights",
    "blink": "3 swaps A and B for one epoch",
    "turn": "all swap A and B: 1 first, ... 4",
    "copy": "A, B trade places; 4 only copies",
}
LAGS: dict[int | float, str] = {0: "public at once", 1: "1 epoch"}

# The documentation's game: the honest do 60% of the useful work, the league gives to its own.
GAME = (3, 3, 2, 2) * 2 + (0, 0, 5, 5) * 2


def compute(
    weights: tuple[int, ...],
    stakes: tuple[int, ...],
    kappa: int,
    cabal: int,
    scene: str,
    when: int,
    lag: int,
    epochs: int,
    version: str,
    alpha: float,
    beta: int,
) -> View:
    """Some epochs of Yuma with the reader's weights and stakes."""
    table = np.array(weights, dtype=float).reshape(len(VALIDATORS), len(OPERATORS))
    rules = rules_of(kappa, version, alpha, beta)
    season = Season(play(stakes, table, epochs, rules, Scene(scene, when, lag)), cabal)
    metrics = _metrics(season)
    return View(
        figure=figure(season.epochs, rules.kappa, cabal),
        takeaway=takeaway(season, metrics, kappa, scene, lag),
        metrics=metrics,
        table=_table(season),
    )


def rules_of(kappa: int, version: str, alpha: float, beta: int) -> Rules:
    """Liquid alpha goes from the chosen alpha to three times that, as 0.1 and 0.3 in the chain's
    own tests."""
    liquid = Liquid(alpha, min(1.0, 3 * alpha)) if version == "liquid" else None
    return Rules(2 if version == "two" else 3, kappa / 100, alpha, beta / 100, liquid)


def _metrics(season: Season) -> dict[str, float]:
    """Shares between 0 and 1; gain in times the stake's share."""
    last, times, k = season.epochs[-1], season.times(), season.cabal
    total = season.paid.sum()
    found = {"clipped": season.clipped}
    for j, name in enumerate(OPERATORS):
        found[f"paid_{name}"] = float(season.paid[j] / total) if total > 0 else 0.0
        found[f"consensus_{name}"] = float(last.consensus[j])
        found[f"incentive_{name}"] = float(last.incentive[j])
    for i, name in enumerate(VALIDATORS):
        found[f"stake_{name}"] = float(season.stake[i])
        found[f"trust_{name}"] = float(last.trust[i])
        found[f"dividends_{name}"] = float(last.dividends[i])
        if season.stake[i] > 0:
            found[f"gain_{name}"] = float(times[i])
    found["operators"] = float(total)
    if k:
        found["cabal_stake"] = float(season.stake[-k:].sum())
        found["cabal_pay"] = float(season.earned[-k:].sum() + season.paid[-k:].sum())
    return {**{name: tidy(value) for name, value in found.items()}, **recorded_needs()}


def _table(season: Season) -> Table:
    last, times = season.epochs[-1], season.times()
    rows: list[tuple[str | float | None, ...]] = []
    for i, name in enumerate(VALIDATORS):
        cells = [
            f"{percent(tidy(kept))} of {percent(tidy(given))}"
            for kept, given in zip(last.clipped[i], last.weights[i], strict=True)
        ]
        gain = float(times[i]) if last.stake[i] > 0 else None
        pay = [100 * float(last.dividends[i]), gain]
        rows.append((f"validator {name}", 100 * float(last.stake[i]), *cells, *pay))
    level = [percent(tidy(c)) for c in last.consensus]
    rows.append(("consensus", None, *level, None, None))
    total = float(season.paid.sum())
    paid = [percent(tidy(p / total) if total > 0 else 0.0) for p in season.paid]
    rows.append(("share of the operators' pay, all epochs", None, *paid, None, None))
    return Table(
        f"Epoch {len(season.epochs)}: weight that counts, of what each validator gives.",
        (
            Column(""),
            Column("stake", "%", 1),
            *(Column(name) for name in OPERATORS),
            Column("dividends", "%"),
            Column("pay over stake, all epochs", "times"),
        ),
        tuple(rows),
    )


def _captured(view: View) -> bool:
    held, got = view.metrics.get("cabal_stake", 1.0), view.metrics.get("cabal_pay", 0.0)
    return 0 < held < 0.5 and got > held + SURE


def _free_ride(view: View) -> bool:
    own = view.metrics.get("gain_4", 0.0)
    others = [view.metrics.get(f"gain_{name}", 2.0) for name in "123"]
    return " copies " in view.takeaway and own > max(others) + 0.01


def _stale(view: View) -> bool:
    return " copies " in view.takeaway and 0 < view.metrics.get("gain_4", 1.0) < 0.8


def _early(view: View) -> bool:
    small = [n for n in VALIDATORS if 0 < view.metrics[f"stake_{n}"] <= 0.2]
    return any(view.metrics[f"gain_{n}"] >= 1.5 for n in small)


HONEST = (5, 3, 1, 1, 4, 2, 3, 1, 3, 4, 2, 1)
DEMO = Demo(
    id="yuma",
    title="You are paid for what the others say",
    part="governance",
    question=(
        "Four validators judge four operators. Nobody can measure whose judgement is right, so "
        "the network compares them: what a validator gives beyond what enough of the stake "
        "supports is cut off. Who gets paid, and can a group pay itself?"
    ),
    guess=Guess(
        "Validator 4 holds 20% of the stake and owns operator D. It gives D everything it has to "
        "give; the others give D a tenth. How much of all pay do the two get?",
        ("Well above 20%: it votes for itself", "About 20%, its share", "Less than 10%"),
        lambda view: (
            2 if view.metrics["cabal_pay"] < 0.1 else 1 if view.metrics["cabal_pay"] < 0.25 else 0
        ),
        "Nine tenths of its vote lie above what half of the stake supports, and are cut off. That "
        "lowers D's pay to what the others say, and validator 4's own pay with it.",
    ),
    controls=(
        Grid(
            "weights",
            "Weights: who gives how much to whom",
            tuple(f"Validator {name}" for name in VALIDATORS),
            OPERATORS,
            (*HONEST, 0, 0, 0, 10),
            help="each row is made to sum to 100%",
        ),
        Grid(
            "stakes",
            "Stakes of the validators",
            ("",),
            VALIDATORS,
            (30, 25, 25, 20),
            high=100,
            help="in any unit",
        ),
        Slider(
            "kappa",
            "Share of stake that has to support a weight",
            50,
            (1, 10, 20, 30, 40, 45, 50, 55, 60, 67, 70, 80, 90, 100),
            "%",
            "kappa; 50% on the chain",
        ),
        Slider("cabal", "Who is in league", 1, tuple(CABALS), words=CABALS),
        Choice("scene", "What happens", "steady", SCENES),
        Slider(
            "when",
            "It happens after (A and B trade places every)",
            2,
            (1, 2, 3, 4, 5, 6, 8, 10, 20),
            "epochs",
            words={1: "1 epoch"},
        ),
        Slider(
            "lag",
            "Weights stay hidden from a copier for",
            0,
            (0, 1, 2, 3, 4, 5, 8, 10),
            "epochs",
            "commit-reveal",
            words=LAGS,
        ),
        Slider(
            "epochs",
            "Epochs",
            10,
            (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40),
            words={1: "one"},
        ),
        Choice("version", "Version", "two", VERSIONS, "liquid: alpha up to three times as large"),
        Slider(
            "alpha",
            "New bonds, of a bond's moving average",
            0.1,
            (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9, 1.0),
            "",
            "alpha; 0.1 on the chain",
        ),
        Slider(
            "beta",
            "Bonds penalty: what is clipped buys no bonds",
            100,
            (0, 25, 50, 75, 100),
            "%",
            "beta; 100% on the chain",
        ),
    ),
    main="kappa",
    presets=(
        Preset(
            "honest",
            "All agree",
            "The chain's own test: stakes 1 to 4, all weights 1:2:3:4. Its incentives are 0.1, "
            "0.2, 0.3 and 0.4, its dividends the same.",
            "subtensor_epoch_tests",
            {"weights": (1, 2, 3, 4) * 4, "stakes": (1, 2, 3, 4), "cabal": 0},
        ),
        Preset(
            "minority",
            "A league of 40%",
            "The documentation's game: 60% of the stake is honest and does 60% of the useful "
            "work; the rest gives all to its own. Where all judge alike, it says, that is enough.",
            "subtensor_consensus",
            {
                "weights": GAME,
                "stakes": (30, 30, 20, 20),
                "cabal": 2,
            },
        ),
        Preset(
            "majority",
            "A league of 60%",
            "The same game with the shares turned round. The documentation promises nothing here: "
            "all its guarantees assume an honest majority.",
            "subtensor_consensus",
            {
                "weights": GAME,
                "stakes": (20, 20, 30, 30),
                "cabal": 2,
            },
        ),
        Preset(
            "high",
            "Kappa 60%, honest 55%",
            "With kappa at 0.6, the documentation says, an honest stake below that is not "
            "protected, however good its work. Here the honest do 90% of it.",
            "subtensor_consensus",
            {
                "weights": (9, 9, 1, 1, 9, 9, 1, 1, 0, 0, 5, 5, 0, 0, 5, 5),
                "stakes": (30, 25, 25, 20),
                "kappa": 60,
                "cabal": 2,
            },
        ),
        Preset(
            "copier",
            "A copier, weights public",
            "The problem that the documentation describes: a validator reads the table of weights "
            "and gives what the others agree on. A and B trade places every 3 epochs.",
            "bittensor_weight_copying",
            {"cabal": 0, "scene": "copy", "when": 3, "epochs": 30, "lag": 0},
        ),
        Preset(
            "hidden",
            "A copier, commit-reveal",
            "The same with commit-reveal as new subnets have it: switched on, weights hidden for "
            "1 epoch.",
            "subtensor_runtime",
            {"cabal": 0, "scene": "copy", "when": 3, "epochs": 30, "lag": 1},
        ),
        Preset(
            "turn",
            "One leads, two follow",
            "The chain's test of Yuma 3: a validator with 8 of 10 stakes moves to another "
            "operator, then the others. After 6 epochs the dividends are 0.8418, 0.0884, 0.0697.",
            "subtensor_epoch_tests",
            {
                "weights": (10, 0, 0, 0) * 3 + (0, 0, 0, 0),
                "stakes": (8, 1, 1, 0),
                "cabal": 0,
                "scene": "turn",
                "when": 1,
                "epochs": 6,
                "version": "liquid",
                "beta": 0,
            },
        ),
        Preset(
            "blink",
            "One changes its mind, once",
            "The chain's test of a one-epoch switch: stakes 33, 33, 34; the third gives to "
            "another operator in epoch 3 only. Its dividends fall from 0.34 to 0.2436.",
            "subtensor_epoch_tests",
            {
                "weights": (10, 0, 0, 0) * 3 + (0, 0, 0, 0),
                "stakes": (33, 33, 34, 0),
                "cabal": 0,
                "scene": "blink",
                "when": 2,
                "epochs": 3,
                "version": "liquid",
                "beta": 0,
            },
        ),
    ),
    challenges=(
        Challenge(
            "captured",
            "Let a league with less than half of the stake get more than its share of all pay.",
            "Who decides, if no honest weight finds enough support? Look at kappa. Or give the "
            "league's operators something that the others agree on.",
            _captured,
        ),
        Challenge(
            "free_ride",
            "Let a validator that only copies earn more for its stake than each one that works.",
            "Weights are public, and the three that work do not quite agree.",
            _free_ride,
        ),
        Challenge(
            "stale",
            "Make copying cost the copier more than a fifth of what its stake would bring.",
            "Hide the weights for as long as it takes the operators to trade places.",
            _stale,
        ),
        Challenge(
            "early",
            "Let a validator with at most a fifth of the stake earn 1.5 times its stake's share.",
            "Be first with an operator that the others come to later. Bonds remember.",
            _early,
        ),
    ),
    compute=compute,
    shown=(epoch, weighted_median, Liquid, Scene),
)
