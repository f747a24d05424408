"""Pay for the score, and the score is what you get: selection, copying, gaming, luck."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..contract import (
    Challenge,
    Column,
    Demo,
    Guess,
    Preset,
    Slider,
    Table,
    View,
    linear,
)
from ..governance.goodhart import Contest, distortion, expected_best, intensity
from ..governance.goodhart_rounds import Round, play
from ..quantities import digits
from .pictures.goodhart import figure

OPERATORS = 3000  # in each round: one in a hundred is still thirty
SURE = 1e-9  # closer to nought than this is nought, on every machine


def compute(tie: float, keep: float, rounds: int, gaming: int, harm: float, seed: int) -> View:
    """Keep the best by score, let everybody copy them, and look at what they are worth."""
    contest = Contest(tie, gaming / 100, harm, keep / 100)
    played = play(contest, rounds, OPERATORS, seed)
    expected = [contest.quality(t) for t in range(1, rounds + 2)]
    found = _metrics(contest, rounds, expected, played)
    return View(
        figure=figure(contest, played, expected[:-1]),
        takeaway=_takeaway(keep, rounds, found, expected),
        metrics=found,
        table=_table(contest, played, expected),
    )


def _metrics(
    contest: Contest, rounds: int, expected: list[float], played: Sequence[Round]
) -> dict[str, float]:
    """In standard deviations of the first operators; shares between 0 and 1. best: over the rounds
    played; next: one more. turn: the push along the score's slope after which more is worse."""
    best = max(range(rounds), key=lambda t: round(expected[t], 9))
    score, quality = contest.score(rounds), expected[rounds - 1]
    alpha, beta = contest.bends()
    found = {
        "tie": contest.tie,
        "kept": contest.kept,
        "rounds": rounds,
        "gaming": contest.gaming,
        "harm": contest.harm,
        "score": score,
        "quality": quality,
        "each": quality / score,
        "first.score": contest.score(1),
        "first.quality": expected[0],
        "best": expected[best],
        "best_round": best + 1,
        "next": expected[rounds],
        "games": contest.games(rounds),
        "simulated": played[-1].of_kept(played[-1].worth),
        "intensity": contest.pull,
        "best_of": expected_best(round(1 / contest.kept)),
        "alpha": alpha,
        "beta": beta,
    }
    if contest.turn() < math.inf:
        found["turn"] = contest.turn()
        found["summit"] = contest.worth(contest.turn())
        found["nats"] = contest.turn() * contest.turn() / 2
    if contest.tie or contest.gaming_weight:
        measure = (contest.tie, math.sqrt(contest.gaming_weight))
        found["part"] = distortion((1.0, 0.0), measure)[1]
    return found


def _takeaway(keep: float, rounds: int, found: dict[str, float], expected: list[float]) -> str:
    times = "one round" if rounds == 1 else f"{rounds} rounds"
    quality = found["quality"]
    moved = f"{'up' if quality > 0 else 'down'} by {digits(abs(quality))}"
    if abs(quality) <= SURE:
        moved = "where it was"
    first = (
        f"After {times} of keeping the best {digits(keep)}%, their score is up by "
        f"{digits(found['score'])} and their quality is {moved}."
    )
    best, after = int(found["best_round"]), found["next"] - quality
    if all(abs(value) <= SURE for value in expected):
        second = "This score says nothing about quality, however hard it is used."
    elif found["best"] <= SURE:
        second = "In no round were the winners better than the operators of the start."
    elif best < rounds:
        little = "a little " if digits(found["best"]) == digits(quality) else ""
        second = (
            f"It was best in round {best}, at {digits(found['best'])}; since then every round "
            f"of copying the winners has made it {little}worse."
        )
    else:
        ahead = "raise" if after > SURE else "lower" if after < -SURE else "not change"
        second = (
            f"That is {digits(found['each'], 2)} of quality for each point of score, and another "
            f"round would {ahead} it."
        )
    return f"{first} {second}"


def _table(contest: Contest, played: Sequence[Round], expected: list[float]) -> Table:
    rows = tuple(
        (
            str(t),
            contest.score(t),
            one.of_kept(one.score),
            expected[t - 1],
            one.of_kept(one.worth),
            contest.games(t),
        )
        for t, one in enumerate(played, 1)
    )
    return Table(
        f"Those kept in each round, in standard deviations of the first operators. Simulated: "
        f"{OPERATORS:,} operators a round.",
        (
            Column("round"),
            Column("score"),
            Column("score, simulated"),
            Column("quality"),
            Column("quality, simulated"),
            Column("gaming"),
        ),
        rows,
    )


def _told(view: View) -> int:
    """Which answer to the guess is right."""
    of = view.metrics
    if of["first.quality"] <= 0:
        return 3
    if of["best_round"] < of["rounds"]:
        return 2
    return 0 if of["each"] > 0.9 else 1


def _luck(view: View) -> bool:
    of = view.metrics
    return of["first.score"] >= 2 and abs(of["first.quality"]) <= 0.05


def _nearly(view: View) -> bool:
    of = view.metrics
    return of["tie"] >= 0.9 and of["best"] > 0 and of["quality"] < 0


def _loose(view: View) -> bool:
    of = view.metrics
    rising = of["best_round"] == of["rounds"] and of["next"] > of["quality"] + SURE
    return of["tie"] <= 0.5 and of["rounds"] >= 8 and rising and of["quality"] >= 5


def _stop(view: View) -> bool:
    of = view.metrics
    bent = of["gaming"] >= 0.5 and of["harm"] >= 0.2 and of["rounds"] >= 4
    return bent and of["best_round"] == of["rounds"] and of["next"] < of["quality"]


DEMO = Demo(
    id="goodhart",
    title="Pay for the score, and the score is what you get",
    part="governance",
    question=(
        "You cannot see how good an operator is. You see a score that goes with it, and pay the "
        "best by score. Everybody learns from those who were paid. What happens to quality?"
    ),
    guess=Guess(
        "Score and quality go well together: their correlation is 0.7. Six times, the best tenth "
        "by score is kept, and everybody copies them. The score rises each time. And the quality "
        "of those kept?",
        (
            "It rises each time, about as much",
            "It rises each time, more slowly",
            "It rises, and then falls",
            "It falls from the start",
        ),
        _told,
        "At first the winners are better, for that is what the correlation says. But what wins is "
        "the sum of quality and gaming, so both are copied. Quality grows in step, and the harm of "
        "gaming grows with its square.",
    ),
    controls=(
        Slider(
            "tie",
            "Correlation of score and quality",
            0.7,
            (0, 0.1, 0.2, 0.3, 0.35, 0.42, 0.47, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1),
            help="among operators whom nobody has selected yet",
        ),
        Slider("keep", "Kept, by score", 10, (1, 2, 3.7, 5, 10, 20, 30, 50, 80), "%"),
        Slider("rounds", "Rounds of copying the winners", 6, linear(1, 10, 1)),
        Slider(
            "gaming",
            "Of the rest of the score, gaming",
            50,
            (0, 10, 25, 50, 75, 90, 100),
            "%",
            "what is left is luck, which nobody can copy",
        ),
        Slider(
            "harm",
            "What gaming costs quality",
            0.5,
            (0, 0.02, 0.05, 0.1, 0.115, 0.13, 0.135, 0.2, 0.3, 0.5, 1),
            help="this, times half of its square",
        ),
        Slider("seed", "Random seed", 1, linear(0, 99, 1), help="other luck"),
    ),
    main="tie",
    presets=(
        Preset(
            "small",
            "A small judge",
            "A reward model of 3 million parameters stood in for one of 6 billion. Its law, read "
            "off a figure: alpha 0.490, beta 0.120. In this model that is a tie of 0.35 and a harm "
            "of 0.135, pushed to about 10 nats as in the paper.",
            "gao2022",
            {"tie": 0.35, "gaming": 100, "harm": 0.135, "keep": 30, "rounds": 4},
        ),
        Preset(
            "middle",
            "A middling judge",
            "The same with 85 million parameters: alpha 0.599, beta 0.106.",
            "gao2022",
            {"tie": 0.42, "gaming": 100, "harm": 0.13, "keep": 30, "rounds": 4},
        ),
        Preset(
            "large",
            "A large judge",
            "The same with 3 billion parameters: alpha 0.662, beta 0.090. At 10 nats it was still "
            "rising.",
            "gao2022",
            {"tie": 0.47, "gaming": 100, "harm": 0.115, "keep": 30, "rounds": 4},
        ),
        Preset(
            "arena",
            "Best of 27",
            "A study of 2025 counted 27 private variants of one maker on a leaderboard, and sent "
            "in the same model twice: 1,069 and 1,052 points. Between copies of one model all of "
            "the difference is luck.",
            "singh2025",
            {"tie": 0, "gaming": 0, "harm": 0, "keep": 3.7, "rounds": 1},
        ),
        Preset(
            "judge",
            "0.98, and a null model",
            "The ranks of an automatic benchmark agreed with people's to 0.98, among models that "
            "were not trying to please it. Then somebody wrote one constant answer that won 86.5% "
            "of its comparisons.",
            "zheng2024",
            {"tie": 0.98, "gaming": 100, "harm": 1, "keep": 1, "rounds": 10},
        ),
    ),
    challenges=(
        Challenge(
            "luck",
            "Let the winners of the first round lead by two points of score or more, and not be "
            "better at all (0.05 at most).",
            "Many tries, and a score that is all luck.",
            _luck,
        ),
        Challenge(
            "nearly",
            "With a correlation of 0.9 or more, let copying help first, and end below the start.",
            "Push hard, push long, and let gaming be dangerous.",
            _nearly,
        ),
        Challenge(
            "loose",
            "With a correlation of 0.5 at most, let quality rise for eight rounds or more, to 5.",
            "A poor score is not the danger. What is the rest of it made of?",
            _loose,
        ),
        Challenge(
            "stop",
            "Stop in time: after four rounds or more, with at least half gaming and a harm of 0.2, "
            "no earlier round was better, and one more would be worse.",
            "Push less each time, or stop earlier.",
            _stop,
        ),
    ),
    compute=compute,
    shown=(Contest, intensity, play, distortion),
)
