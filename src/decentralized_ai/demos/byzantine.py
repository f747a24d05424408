"""A little poison is enough: fifteen workers, some of which lie, and rules that should bear it."""

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
    linear,
)
from ..quantities import listed, settled
from ..training.aggregators import (
    RULES,
    centered_clipping,
    krum,
    krum_scores,
    median,
    refusal,
)
from ..training.attacks import ATTACKS, little, quiet_enough
from ..training.byzantine import WORKERS, Curve, Step, curve, step, steps
from .pictures.byzantine import counts, plane, runs

PLACES = {"server": "at the server", "workers": "at each worker"}
SHARDS = {"same": "everybody reads the whole text", "own": "each worker has a part of the text"}
SHOWN = {
    "runs": "the training, recorded",
    "counts": "how many liars it bears, recorded",
    "step": "one step, poisoned by hand",
}
NAMES = {name: rule.name for name, rule in RULES.items()}
COUNTS = (0, 1, 3, 5, 7)
SURE = 1e-9  # of the true gradient's length; closer to nought than this is nought


def compute(
    attackers: int,
    attack: str,
    rules: tuple[str, ...],
    momentum: str,
    shards: str,
    show: str,
    strength: float,
    seed: int,
) -> View:
    """Recorded runs of one setting, and one step in the plane under the same attack."""
    curves = {name: curve(name, attack, attackers, momentum, shards) for name in rules}
    clean = curve("mean", attack, 0, momentum, shards)
    one = step(rules, attack, attackers, strength, momentum, shards, seed)
    if show == "step":
        figure, table = plane(one, rules), _step_table(one, rules)
        takeaway = _step_takeaway(one, rules, attackers)
    else:
        takeaway = _runs_takeaway(curves, clean, attackers)
        if show == "runs":
            figure, table = runs(curves, clean, attackers), _runs_table(curves, clean)
        else:
            every = {
                name: {f: curve(name, attack, f, momentum, shards) for f in COUNTS}
                for name in rules
            }
            figure, table = counts(every, attackers), _counts_table(every)
    return View(figure, takeaway, _metrics(curves, clean, one, attackers, attack), table)


def _metrics(
    curves: dict[str, Curve | None], clean: Curve | None, one: Step, attackers: int, attack: str
) -> dict[str, float]:
    """Nats a character for losses; lengths of the true gradient for one step. poison: strength of
    the attack in the recorded runs. ended: the step by which every run that fell
    apart had. What does not exist (a run that ended early, a rule that refuses) is left out."""
    poison = ATTACKS[attack].strength
    found: dict[str, float] = {"liars": attackers, "steps": steps(), "poison": poison}
    if attackers:
        found["quiet"] = quiet_enough(WORKERS, attackers)
    if clean is not None and clean.final is not None:
        found["start"], found["clean"] = clean.losses[0][0], clean.final
    for name, run in curves.items():
        limit = RULES[name].limit(WORKERS)
        found[f"limit.{name}"] = 0 if limit is None else limit
        if run is not None and run.final is not None:
            found[f"final.{name}"] = run.final
            found[f"lost.{name}"] = run.final - found["clean"]
        if run is not None and run.last_end is not None:
            found[f"ended.{name}"] = run.last_end
        away, progress = one.away(name), one.progress(name)
        if away is not None and progress is not None:
            found[f"away.{name}"], found[f"progress.{name}"] = away, progress
    return found


def _runs_takeaway(
    curves: dict[str, Curve | None],
    clean: Curve | None,
    attackers: int,
) -> str:
    refused = _refused(tuple(curves), attackers)
    seen = {name: run for name, run in curves.items() if run is not None}
    if all(refusal(name, WORKERS, attackers) for name in curves):
        return refused
    if not seen or clean is None:
        text = (
            "No run was recorded for this. With a part of the text for each worker, momentum was "
            "at the workers, and nobody lied or 3 sent a little; one step by hand always works."
        )
        return f"{text} {refused}" if refused else text
    ended: dict[str, list[str]] = {}  # in which runs: "one of two runs", or "" for all
    for name, run in seen.items():
        if run.fell:
            ended.setdefault(run.fell.removesuffix("fell apart").strip(), []).append(_the(name))
    through = {name: run.final for name, run in seen.items() if run.final is not None}
    parts = []
    if through:
        ranked = sorted(through, key=lambda name: _printed(through[name]))
        best, worst = ranked[0], ranked[-1]
        start = f"the loss goes from {clean.losses[0][0]:.2f}"
        parts.append(f"{start} to {through[best]:.2f} nats a character with {_the(best)}")
        if worst != best:
            parts[0] += f" and {through[worst]:.2f} with {_the(worst)}"
    for where, names in sorted(ended.items()):
        parts.append(
            f"training with {listed(names)} falls apart" + (f" in {where}" if where else "")
        )
    lying = f"{attackers} of {WORKERS}" if attackers else "nobody"
    text = f"With {lying} lying, {'; '.join(parts)}."
    if attackers:
        text += f" With nobody lying a plain mean comes to {clean.final:.2f}."
    return f"{text} {refused}" if refused else text


def _step_takeaway(one: Step, rules: tuple[str, ...], attackers: int) -> str:
    refused = _refused(rules, attackers)
    working = [name for name in rules if one.answers[name] is not None]
    if not working:
        return refused
    away = {name: settled(one.away(name) or 0.0) for name in working}
    ranked = sorted(working, key=lambda name: (_printed(away[name]), working.index(name)))
    near, far = ranked[0], ranked[-1]
    text = f"In this step {_the(near)} lands {away[near]:.2f} from the honest mean"
    text += _direction(one, near)
    if far != near:
        text += f"; {_the(far)} {away[far]:.2f}{_direction(one, far)}"
    text += " (the true gradient is 1 long)."
    return f"{text} {refused}" if refused else text


def _printed(value: float) -> float:
    """As printed: what reads alike is alike, on every machine."""
    return float(f"{value:.2f}")


def _direction(one: Step, name: str) -> str:
    return " and points uphill" if (one.progress(name) or 0.0) < -SURE else ""


def _refused(rules: tuple[str, ...], attackers: int) -> str:
    """What the rules themselves say about too many attackers, as a sentence or none."""
    words = [text for name in rules if (text := refusal(name, WORKERS, attackers)) is not None]
    return f"Refused: {'; '.join(words)}." if words else ""


def _the(name: str) -> str:
    """A rule inside a sentence: Krum, Multi-Krum and Bulyan are names, the others things."""
    if name in ("krum", "multi_krum", "bulyan"):
        return NAMES[name]
    if name == "clipping":
        return "centered clipping"
    return "the coordinate median" if name == "median" else f"the {NAMES[name].lower()}"


def _runs_table(curves: dict[str, Curve | None], clean: Curve | None) -> Table:
    """The loss after every 30 steps, mean of the seeds."""
    lines = {NAMES[name]: run for name, run in curves.items()} | {"Mean, nobody lies": clean}
    shown = range(0, steps() // 10 + 1, 3)
    rows: list[tuple[str | float | None, ...]] = []
    for name, run in lines.items():
        if run is None:
            rows.append((name, *(None for _ in shown), "refused or not recorded"))
            continue
        short = min(len(line) for line in run.losses)
        means = [
            sum(line[i] for line in run.losses) / len(run.losses) if i < short else None
            for i in shown
        ]
        note = f"{run.fell} by step {run.last_end}" if run.fell else "whole"
        rows.append((name, *means, note))
    return Table(
        "Loss on held-out text, nats a character, mean of the recorded runs",
        (Column("rule"), *(Column(f"step {10 * i}", "", 3) for i in shown), Column("run")),
        tuple(rows),
    )


def _counts_table(every: dict[str, dict[int, Curve | None]]) -> Table:
    rows = []
    for name, by_count in every.items():
        cells = []
        for f, run in by_count.items():
            if refusal(name, WORKERS, f) is not None:
                cells.append("refused")
            elif run is None:
                cells.append("not recorded")
            else:
                cells.append(run.fell if run.final is None else f"{run.final:.3f}")
        limit = RULES[name].limit(WORKERS)
        rows.append((NAMES[name], *cells, "none" if limit is None else f"{limit}"))
    return Table(
        f"Loss after {steps()} steps, nats a character, mean of the recorded runs",
        (
            Column("rule"),
            *(Column(f"{f} liars" if f != 1 else "1 liar") for f in COUNTS),
            Column("limit"),
        ),
        tuple(rows),
    )


def _step_table(one: Step, rules: tuple[str, ...]) -> Table:
    rows: list[tuple[str | float | None, ...]] = [
        ("Honest mean", float(one.true[0]), float(one.true[1]), 0.0, 1.0)
    ]
    for name in rules:
        answer = one.answers[name]
        if answer is None:
            rows.append((f"{NAMES[name]} (refused)", None, None, None, None))
        else:
            place = (float(answer[0]), float(answer[1]))
            rows.append((NAMES[name], *place, one.away(name), one.progress(name)))
    for i, vector in enumerate(one.sent, start=1):
        rows.append((f"Liar {i} sends", float(vector[0]), float(vector[1]), None, None))
    return Table(
        "One step in the plane; the true gradient is (1, 0)",
        (
            Column("what"),
            Column("x", "", 3),
            Column("y", "", 3),
            Column("from the honest mean", "", 3),
            Column("progress along it", "", 3),
        ),
        tuple(rows),
    )


def _quiet_win(view: View) -> bool:
    """Every rule shown trains nearly as well as honest workers do, though 5 lie by a little."""
    m = view.metrics
    quiet = m["liars"] == 5 and m["poison"] == ATTACKS["little"].strength
    chosen = [key.removeprefix("limit.") for key in m if key.startswith("limit.")]
    # A rule that refuses, was not recorded or fell apart has lost nothing: it has no end.
    return quiet and bool(chosen) and all(m.get(f"lost.{name}", 9.0) < 0.2 for name in chosen)


def _ruined(view: View) -> bool:
    """One liar turns the mean uphill."""
    return view.metrics["liars"] == 1 and view.metrics.get("progress.mean", 0.0) < -SURE


def _costly(view: View) -> bool:
    lost = [value for key, value in view.metrics.items() if key.startswith("lost.")]
    return view.metrics["liars"] == 0 and max(lost, default=0.0) >= 0.2


DEMO = Demo(
    id="byzantine",
    title="The loud liar is easy, the quiet one is not",
    part="training",
    question=(
        "Fifteen workers train one model together. Each step, each of them sends a gradient, and "
        "some send poison. Which rule for combining them keeps the training going, and how many "
        "liars does it bear?"
    ),
    guess=Guess(
        "Three of 15 workers lie, by a little: in every coordinate they send the mean of the "
        "honest ones less 1.5 standard deviations, at the edge of what honest ones send. The "
        "server takes the median of each coordinate. After 150 steps, the model is ...",
        (
            "about as good as with honest workers alone: three cannot outvote twelve",
            "better than at the start, but clearly behind",
            "no better than at the start, or far worse",
        ),
        lambda view: _guessed(view),
        "The median of noisy gradients is pulled to one side by a little, at every step, to the "
        "same side. The pull adds up; the noise does not.",
    ),
    controls=(
        Slider(
            "attackers",
            "Workers that lie",
            3,
            COUNTS,
            "of 15",
            words={0: "nobody"},
        ),
        Choice(
            "attack",
            "What they send",
            "little",
            {
                "sign_flip": "the opposite, ten times as long",
                "noise": "noise, a hundred times as long",
                "little": "a little: the mean less 1.5 spreads",
                "inner_product": "the opposite, a tenth as long",
            },
        ),
        MultiChoice("rules", "Rules", ("mean", "median", "clipping", "multi_krum"), NAMES, 4),
        Choice("momentum", "Momentum (0.9) sits", "server", PLACES),
        Choice("shards", "Text", "same", SHARDS),
        Choice("show", "Show", "runs", SHOWN),
        Slider(
            "strength",
            "By hand: strength of the poison",
            1.5,
            (0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0),
            help="only in one step; the recorded runs have the strengths named above",
        ),
        Slider("seed", "By hand: random seed", 1, linear(0, 49, 1), help="other gradients"),
    ),
    main="attackers",
    presets=(
        Preset(
            "alie",
            "A little is enough",
            "The authors' own code: 51 workers, 24% of them colluding (here 20%), each sending the "
            "mean less 1.5 standard deviations; momentum at the server; trimmed mean, Krum and "
            "Bulyan as defences.",
            "baruch_code",
            {
                "attackers": 3,
                "attack": "little",
                "momentum": "server",
                "rules": ("mean", "trimmed", "krum", "bulyan"),
            },
        ),
        Preset(
            "history",
            "Learning from history",
            "Karimireddy, He and Jaggi's code: 5 of 25 workers lie (20%, as here), momentum 0.9 at "
            "each worker.",
            "karimireddy_code",
            {
                "attackers": 3,
                "attack": "little",
                "momentum": "workers",
                "rules": ("median", "geometric_median", "clipping", "krum"),
            },
        ),
        Preset(
            "inner",
            "Nearly half, and short",
            "The same code: 11 of 25 (44%; here 47%) send a tenth of the opposite of the mean, "
            "with momentum 0.9 at each worker.",
            "karimireddy_code",
            {
                "attackers": 7,
                "attack": "inner_product",
                "momentum": "workers",
                "rules": ("median", "trimmed", "geometric_median", "clipping"),
            },
        ),
        Preset(
            "where",
            "Where the momentum sits",
            "El-Mhamdi, Guerraoui and Rouault's code: 24 of 51 workers lie (47%, as here), by 1.5 "
            "standard deviations, momentum 0.9 at the server or at each worker. With 51 workers "
            "Krum may still be used, with 15 not.",
            "elmhamdi_code",
            {
                "attackers": 7,
                "attack": "little",
                "momentum": "workers",
                "rules": ("median", "trimmed", "krum"),
            },
        ),
        Preset(
            "flower",
            "Flower's Bulyan",
            "Flower refuses Bulyan for fewer than 4f + 3 workers: with 15 it takes 3 liars.",
            "flower_aggregate",
            {"attackers": 3, "attack": "sign_flip", "rules": ("mean", "bulyan", "trimmed")},
        ),
    ),
    challenges=(
        Challenge(
            "one",
            "Let a single liar ruin one step for the mean: its answer points uphill.",
            "One step, by hand. The mean has no limit; neither has a liar.",
            _ruined,
        ),
        Challenge(
            "memory",
            "Five lie by a little: let every rule shown end within 0.2 nats of honest workers.",
            "Who should remember? One of the rules remembers, too.",
            _quiet_win,
        ),
        Challenge(
            "costly",
            "Find a rule that ends 0.2 nats behind the plain mean although nobody lies.",
            "A rule that listens to one worker only.",
            _costly,
        ),
    ),
    compute=compute,
    shown=(step, median, krum, krum_scores, centered_clipping, little),
)


def _guessed(view: View) -> int:
    final = view.metrics.get("final.median")
    if final is None or final > view.metrics["start"]:
        return 2
    return 1 if final > view.metrics["clean"] + 0.1 else 0
