"""Ask three, believe two: a vote among operators who may collude, copy, err or disagree."""

from __future__ import annotations

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
    Value,
    View,
    linear,
)
from ..verification import quorum_words as words
from ..verification.quorum import commitment_value, decide, to_bytes
from ..verification.quorum_committee import (
    GOOD,
    WRONG,
    count,
    draw,
    play,
)
from ..verification.quorum_laws import MODES, Chances, Habits, alone, chances, colluders_in, curve
from .pictures.quorum import SHARES, SHOWN, figure

DOTS = (10, 20, 30, 40, 50, 60)
FEW, MANY = 1000, 4000  # committees behind a dot, and behind the reader's


def compute(
    colluders: int,
    asked: int,
    rule: str,
    reveal: str,
    lazy: int,
    error: int,
    differs: int,
    pool: str,
    seed: int,
) -> View:
    """The exact law at this setting and along the colluding share; and committees, played."""
    needed, size = words.needed_of(asked, rule), words.pool_of(asked, pool)
    habits = Habits(lazy / 100, error / 100, differs / 100)
    law = {mode: chances(asked, needed, mode, habits, colluders, size) for mode in MODES}
    one = alone(colluders, habits, size)
    rival = "rush" if reveal == "commit" else reveal
    curves = {m: curve(asked, needed, m, habits, SHARES, size)[0] for m in ("commit", rival)}

    rng = np.random.default_rng(seed)
    shown = [
        play(row, needed, reveal, rng) for row in draw(rng, SHOWN, asked, colluders, habits, size)
    ]
    tries = {share: FEW for share in DOTS} | {colluders: MANY}
    hits = {}
    for share, times in sorted(tries.items()):
        kinds = draw(rng, times, asked, share, habits, size)
        hits[share] = (times, int((count(kinds, needed, reveal) == WRONG).sum()))
    metrics = _metrics(law, one, hits[colluders], needed, asked, size, colluders, reveal)
    ones = [alone(share, habits, size) for share in SHARES]
    return View(
        figure=figure(curves, ones, hits, shown, colluders, law[reveal].wrong, reveal),
        takeaway=words.takeaway(law, one, reveal, rival, asked, needed, lazy, colluders, size),
        metrics=metrics,
        table=_table(curves, rival, ones, hits, colluders, reveal),
    )


def _metrics(
    law: dict[str, Chances],
    one: float,
    own: tuple[int, int],
    needed: int,
    asked: int,
    pool: int | None,
    colluders: int,
    reveal: str,
) -> dict[str, float]:
    """Probabilities between 0 and 1; answers paid for; bytes an operator sends.

    Bytes are those of the wire form, for an answer of 32 bytes (the hash of a long one)."""
    rng = np.random.default_rng(0)
    honest = np.full(asked, GOOD, dtype=np.int8)
    sent = {m: len(to_bytes(play(honest, needed, m, rng).messages)) for m in ("turn", "commit")}
    metrics = {
        "needed": float(needed),
        "cost": float(asked),
        "committed": float(reveal == "commit"),
        "alone": one,
        "tries": float(own[0]),
        "hits": float(own[1]),
        "pool": float(pool or 0),
        "marked": float(0 if pool is None else colluders_in(pool, colluders)),
        "bytes.turn": sent["turn"] / asked,
        "bytes.commit": sent["commit"] / asked,
    }
    for mode, chance in law.items():
        for name in ("wrong", "right", "none"):
            metrics[f"{mode}.{name}"] = float(getattr(chance, name))
    return metrics


def _table(
    curves: dict[str, list[float]],
    rival: str,
    ones: list[float],
    hits: dict[int, tuple[int, int]],
    colluders: int,
    reveal: str,
) -> Table:
    def row(share: int) -> tuple[str | float | None, ...]:
        tries, wrong = hits.get(share, (0, 0))
        low, high = words.interval(tries, wrong) if tries else (0.0, 0.0)
        return (
            float(share),
            100 * ones[share],
            100 * curves[rival][share],
            100 * curves["commit"][share],
            100 * wrong / tries if tries else None,
            f"{100 * low:.2f} to {100 * high:.2f}" if tries else None,
        )

    return Table(
        "How often a wrong answer is accepted, by the share who collude: exact, and simulated "
        f"with answers {words.REVEALS[reveal]}.",
        (
            Column("collude", "%", 0),
            Column("asking one", "%"),
            Column(words.REVEALS[rival], "%", 4),
            Column(words.REVEALS["commit"], "%", 4),
            Column("simulated", "%"),
            Column("95% interval", "%"),
        ),
        tuple(row(share) for share in sorted({0, *DOTS, colluders})),
    )


def _safe_from_copiers(view: View) -> bool:
    m = view.metrics
    hard = m["alone"] >= 0.2 and m["rush.wrong"] >= 0.2
    return hard and m["committed"] == 1 and m["commit.wrong"] <= 0.001


def _worse_than_one(view: View) -> bool:
    m = view.metrics
    return m["committed"] == 1 and m["commit.wrong"] >= 2 * m["alone"] > 0


def _silent(view: View) -> bool:
    m = view.metrics
    return m["alone"] == 0 and m["rush.none"] >= 0.5 and m["rush.wrong"] == 0


def _knife(view: View) -> bool:
    m = view.metrics
    never = m["committed"] == 1 and m["commit.wrong"] == 0
    asked_all = m["pool"] == m["cost"] and m["marked"] >= 0.3 * m["cost"]
    return never and asked_all and m["commit.right"] > 0.9


JUST_COLLUDERS: dict[str, Value] = {"reveal": "commit", "lazy": 0, "error": 0}

DEMO = Demo(
    id="quorum",
    title="Ask three, believe two: until they talk to each other",
    part="verification",
    question=(
        "You cannot check an answer, so you ask several operators and believe what enough of them "
        "agree on. How much does each further answer buy, and what if some do not work but copy?"
    ),
    guess=Guess(
        "One operator in ten colludes, and three in ten of the others copy the first answer they "
        "see. You ask three and believe two. Compared with asking one, a wrong answer is accepted",
        ("far less often", "about as often", "more often"),
        lambda view: sum(
            view.metrics["rush.wrong"] > factor * view.metrics["alone"] for factor in (0.5, 1.1)
        ),
        "A colluder needs no time to compute, so it answers first, and whoever copies makes two "
        "of three. You asked three, paid three, and heard one.",
    ),
    controls=(
        Slider("colluders", "Operators who collude", 10, linear(0, 60, 1), "%"),
        Slider("asked", "Operators asked", 3, (2, 3, 4, 5, 7, 9, 11, 15, 21, 29, 31)),
        Choice("rule", "How many must agree", "majority", words.RULES, "never fewer than two"),
        Choice("reveal", "Answers come", "rush", words.REVEALS),
        Slider("lazy", "Of the others, copy", 30, linear(0, 90, 10), "%"),
        Slider("error", "Honest work that is wrong", 1, (0, 1, 2, 5, 10, 20), "%"),
        Slider(
            "differs",
            "Honest work that differs",
            0,
            (0, 1, 2, 5, 10, 20, 50),
            "%",
            "right, but not bit for bit the same",
        ),
        Choice("pool", "Operators there are", "many", words.POOLS),
        Slider("seed", "Random seed", 1, linear(0, 99, 1), help="other committees"),
    ),
    main="colluders",
    presets=(
        Preset(
            "boinc",
            "BOINC's default",
            "Each job goes to two volunteers, and both must agree: the defaults of its command for "
            "submitting jobs. Nobody is shown another's result.",
            "boinc_jobs",
            {"asked": 2, "rule": "all", "reveal": "commit", "lazy": 0, "error": 5},
        ),
        Preset(
            "seti",
            "SETI@home, first years",
            "A signal counted as fully verified if at least 60% of the results for its piece of "
            "data had it: here three of five.",
            "seti_integrity",
            {"asked": 5, "rule": "majority", "reveal": "commit", "lazy": 0},
        ),
        Preset(
            "sabotage",
            "A third of the volunteers",
            "A study of voting under sabotage: 35% collude, and 15 results must agree (of at most "
            "29) to keep the error below 5%.",
            "vc_voting",
            {**JUST_COLLUDERS, "colluders": 35, "asked": 29},
        ),
        Preset(
            "oracle",
            "An oracle of 31",
            "Chainlink's second reporting contract: at most 31 oracles, f of them faulty with 3f "
            "below their number, f + 1 signatures for a report. Here f = 10 collude. Add one.",
            "libocr",
            {**JUST_COLLUDERS, "colluders": 32, "asked": 31, "rule": "third", "pool": "same"},
        ),
        Preset(
            "two_clouds",
            "Two clouds",
            "Ask two and compare. In this published scheme contracts pay whoever betrays the "
            "other, so that the two dare not collude; the numbers here leave that out.",
            "dong2017",
            {"asked": 2, "rule": "all", "reveal": "commit", "lazy": 0},
        ),
    ),
    challenges=(
        Challenge(
            "outvote",
            "With at least a fifth colluding, and enough copiers that answers in turn would be "
            "wrong in a fifth of cases, bring wrong answers to one in a thousand at most.",
            "Commitments with an id take the copiers out. Then it is a question of numbers: what "
            "does the answer cost now?",
            _safe_from_copiers,
        ),
        Challenge(
            "worse",
            "Although everybody commits, be wrong at least twice as often as by asking one.",
            "Ask more, but not more who must agree.",
            _worse_than_one,
        ),
        Challenge(
            "silence",
            "Nobody colludes and nobody errs, and still get no decision in half of the cases.",
            "Two right answers can differ in their last bits.",
            _silent,
        ),
        Challenge(
            "knife",
            "At least three in ten of those asked collude, and a wrong answer is never accepted: "
            "not rarely, never. And a right one nearly always.",
            "Chance comes in with the draw. Ask everybody there is.",
            _knife,
        ),
    ),
    compute=compute,
    shown=(chances, decide, commitment_value),
)
