"""Two parties, two answers, one long computation: a referee finds the lie by asking."""

from __future__ import annotations

import math

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
from ..verification.dispute import Referee, Verdict
from ..verification.dispute_case import Case, expected_cost, make_case
from ..verification.dispute_costs import most_rounds
from ..verification.dispute_parties import CHEATS, Honest, make_liar
from ..verification.dispute_transformer import OPERATORS
from .pictures.dispute import STOPS, figure

COMPUTATIONS = {
    "training": "training, whole numbers",
    "transformer": "transformer, whole numbers",
    "agreed": "training, float32, one order",
    "backward": "float32, B adds backwards",
    "pairwise": "float32, B adds in pairs",
    "blocked": "float32, B adds in blocks of 8",
}
REFEREES = {
    "careful": "checks everything",
    "opening": "skips the Merkle check",
    "bound": "forgets earlier claims",
    "state": "accepts any state",
    "rerun": "re-runs nothing, believes A",
}
WHO = {"A": "A (asked first)", "B": "B", "both": "both, differently", "nobody": "nobody"}


def compute(
    steps: int,
    strike: int,
    cheat: str,
    who: str,
    computation: str,
    arity: int,
    referee: str,
    seed: int,
) -> View:
    """Both parties run the computation, commit, and answer; the referee settles it."""
    liars = {"both": "AB", "nobody": ""}.get(who, who)
    case = make_case(computation, steps, seed, cheat, liars, strike, arity)
    verdict = case.settle(arity, frozenset({referee} - {"careful"}))
    metrics = _metrics(case, verdict, arity, referee != "careful")
    careful = verdict
    if metrics["lazy"] and metrics["honest_convicted"]:  # whose fault is it?
        careful = make_case(computation, steps, seed, cheat, liars, strike, arity).settle(arity)
    curve = [(n, expected_cost(computation, n, strike, arity, seed).hashes) for n in STOPS]
    return View(
        figure=figure(case, verdict, metrics, curve, computation),
        takeaway=_takeaway(case, verdict, careful, metrics, computation),
        metrics=metrics,
        table=_table(case, verdict),
    )


def _metrics(case: Case, verdict: Verdict, arity: int, lazy: bool) -> dict[str, float]:
    """Counts; bytes both ways. lies_standing: false answers that the verdict leaves unrefuted."""
    total, spent, guilty = math.prod(case.sizes), verdict.spent, set(verdict.guilty)
    return {
        "total_steps": float(total),
        "rounds": float(len(verdict.rounds)),
        "rounds_bound": float(most_rounds(case.sizes, arity)),
        "bytes": float(spent.bytes_in + spent.bytes_out),
        "messages": float(spent.messages),
        "hashes": float(spent.hashes),
        "steps_rerun": float(spent.steps),
        "share_rerun": spent.steps / total,
        "convicted": float(len(guilty)),
        "honest_convicted": float(len(guilty - case.liars)),
        "lies_standing": float(len(case.false - guilty)),
        "healed": float(bool(case.liars) and not case.false),
        "lazy": float(lazy),
        "gap": case.gap,
    }


def unit(computation: str, count: int) -> str:
    word = "operator" if computation == "transformer" else "multiply-add"
    return f"{count:,} {word}" + ("" if count == 1 else "s")


def place(verdict: Verdict, computation: str) -> str:
    """The disputed step in words, counted from 1."""
    if verdict.at is None:
        return ""
    if computation == "transformer":
        word, operator = divmod(verdict.at[0], len(OPERATORS))
        return f"operator “{OPERATORS[operator]}” of word {word + 1:,}"
    return f"multiply-add {verdict.at[1] + 1:,} of update {verdict.at[0] + 1:,}"


def _takeaway(
    case: Case, verdict: Verdict, careful: Verdict, metrics: dict[str, float], computation: str
) -> str:
    """careful: the verdict of a referee that checks everything."""
    guilty, all_of_it = verdict.guilty, unit(computation, math.prod(case.sizes))
    cheats, names = " and ".join(sorted(case.liars)), " and ".join(sorted(guilty))
    if not guilty and not cheats:
        return (
            f"Both ran all {all_of_it} and have the same answer: the referee compares two hashes "
            "and re-runs nothing."
        )
    if not guilty and not case.false:
        return (
            f"{cheats} cheated, but the lie died out before the last state: both answers are the "
            "same and right, and there is nothing to dispute."
        )
    if not guilty:
        return (
            f"{cheats} lied and nobody is convicted: the lie passes for no dispute, and the false "
            "answer stands. This referee left out the check that would have shown it."
        )
    rounds, most = len(verdict.rounds), f"{metrics['rounds_bound']:.0f}"
    if verdict.spent.steps:
        how = (
            f"{rounds} rounds narrow {all_of_it} down to one, {place(verdict, computation)}: the "
            f"referee re-runs it and convicts {names}."
        )
    else:
        why = "; ".join(sorted({str(error) for error in guilty.values()}))
        how = f"After {rounds} of at most {most} rounds, with nothing re-run, {names} lost: {why}."
    if innocent := sorted(set(guilty) - case.liars):
        rounding = innocent[0] in careful.guilty
        cause = "a rounding passes for a lie" if rounding else "this referee leaves out a check"
        return f"{how} But {innocent[0]} is honest: {cause}."
    if standing := sorted(case.false - set(guilty)):
        return (
            f"{how} But {standing[0]} lied too, and its answer stands: one party has to be honest."
        )
    return f"{how} All messages together: {metrics['bytes'] / 1000:.1f} kB."


def _table(case: Case, verdict: Verdict) -> Table:
    each = case.sizes[-1] if len(case.sizes) > 1 else 1
    rows: list[tuple[str | float | None, ...]] = [
        (
            str(number + 1),
            "one step" if turn.path else "the whole run",
            float(turn.low),
            float(turn.high),
            float((turn.high - turn.low) * (1 if turn.path else each)),
            float(sum(turn.same)) if turn.same else None,
            float(len(turn.same) - sum(turn.same)) if turn.same else None,
        )
        for number, turn in enumerate(verdict.rounds)
    ]
    words = "; ".join(f"{name} loses: {error}" for name, error in sorted(verdict.guilty.items()))
    end = (words or "nobody loses", None, None, float(verdict.spent.steps), None, None)
    return Table(
        "The rounds: the last state on which the two are known to agree, the first on which they "
        "are known to differ, and what they opened between. In the last row: steps re-run.",
        (
            Column("round"),
            Column("searched"),
            Column("agree at state", digits=0),
            Column("differ at state", digits=0),
            Column("smallest steps in dispute", digits=0),
            Column("opened, same", digits=0),
            Column("opened, different", digits=0),
        ),
        (*rows, ("verdict", *end)),
    )


DEMO = Demo(
    id="dispute",
    title="Two answers, one honest",
    part="verification",
    question=(
        "Two parties ran the same long computation and report different results. You can't afford "
        "to run it again. How much of it do you have to re-run to know who is wrong?"
    ),
    guess=Guess(
        "A training run of a million multiply-adds, two results. How many multiply-adds does the "
        "referee re-run?",
        ("All of them", "About a thousand", "About twenty", "One"),
        lambda view: sum(view.metrics["steps_rerun"] <= limit for limit in (100_000, 500, 5)),
        "The referee never looks for the lie in the numbers. It asks both for hashes of the same "
        "intermediate state, again and again at the middle of what is left, until it holds a state "
        "on which both agree and the next one, on which they do not. One step lies between.",
    ),
    controls=(
        Slider(
            "steps",
            "Steps committed to",
            1024,
            STOPS,
            help="updates of the training run (1,024 multiply-adds each), or operators of the "
            "transformer",
        ),
        Slider("strike", "The lie begins at", 70, linear(0, 100, 5), "%", "of the run"),
        Choice("cheat", "The cheat", "alter", CHEATS),
        Choice("who", "Who cheats", "A", WHO),
        Choice("computation", "The computation", "training", COMPUTATIONS),
        Slider("arity", "Parts at each round", 2, (2, 4, 8, 16, 40)),
        Choice("referee", "The referee", "careful", REFEREES),
        Slider("seed", "Random seed", 1, linear(0, 49, 1), help="other data, other weights"),
    ),
    main="steps",
    presets=(
        Preset(
            "twenty",
            "Twenty questions",
            "Two servers, one of them honest, halving: the protocol as first described.",
            "canetti2013",
            {},
        ),
        Preset(
            "verde",
            "First the update, then the operation",
            "Verde's two levels, and sums in one order on every machine, as its operators have "
            "them: float32 without a false verdict.",
            "arun2025",
            {"computation": "agreed", "cheat": "cheap"},
        ),
        Preset(
            "opml",
            "Whole numbers on a blockchain",
            "opML's contract halves the interval and runs one instruction; its documentation "
            "chooses fixed-point numbers so that all machines agree.",
            "opml_code",
            {"computation": "transformer", "cheat": "cheap", "strike": 40},
        ),
        Preset(
            "nitro",
            "Forty at a time",
            "Arbitrum's challenge contract cuts into up to 40 parts a round: fewer rounds, more "
            "bytes.",
            "nitro_contracts",
            {"arity": 40},
        ),
        Preset(
            "rounding",
            "Two honest answers",
            "Nobody lies; B adds the same float32 numbers in another order, as software does when "
            "its batch changes.",
            "batch_invariant_ops",
            {"computation": "pairwise", "who": "nobody"},
        ),
    ),
    challenges=(
        Challenge(
            "framed",
            "Have a careful referee convict an honest party.",
            "Nobody needs to lie for that. What could two honest machines do differently?",
            lambda view: view.metrics["honest_convicted"] > 0 and not view.metrics["lazy"],
        ),
        Challenge(
            "slip_through",
            "Choose a lazy referee and a cheat, so that nobody is convicted and a lie stands.",
            "The lie must look like no dispute at all. Which referee does not notice that the "
            "story changed?",
            lambda view: not view.metrics["convicted"] and view.metrics["lies_standing"] > 0,
        ),
        Challenge(
            "hurry",
            "Settle a dispute about a million multiply-adds in at most six rounds.",
            "Who says that the interval has to be halved? Watch what it costs in bytes.",
            lambda view: (
                view.metrics["total_steps"] >= 1_000_000
                and view.metrics["steps_rerun"] == 1
                and view.metrics["rounds"] <= 6
            ),
        ),
        Challenge(
            "healed",
            "Cheat so that there is nothing to dispute.",
            "Some computations forget. Leave something out: does the end still show it?",
            lambda view: view.metrics["healed"] == 1 and not view.metrics["convicted"],
        ),
    ),
    compute=compute,
    shown=(Referee, Honest, make_liar),
)
