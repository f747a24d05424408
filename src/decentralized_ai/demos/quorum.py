"""Ask three, believe two: a vote among operators who may collude, copy, err or disagree."""

from __future__ import annotations

from collections import Counter
from math import log10
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
    Value,
    View,
    linear,
)
from ..contract.figure import CENTRAL, CHEATING, HONEST, READER, axis, layout, thin
from ..verification import quorum_words as words
from ..verification.quorum import commitment_value, decide, to_bytes
from ..verification.quorum_committee import (
    COLLUDER,
    GOOD,
    LAZY,
    NONE,
    RIGHT,
    WRONG,
    Played,
    count,
    draw,
    play,
)
from ..verification.quorum_laws import MODES, Chances, Habits, alone, chances, colluders_in, curve

SHARES = tuple(range(61))  # percent who collude
DOTS = (10, 20, 30, 40, 50, 60)
FEW, MANY, SHOWN = 1000, 4000, 5  # committees behind a dot, behind the reader's, and drawn


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
        figure=_figure(curves, ones, hits, shown, colluders, law[reveal].wrong, reveal),
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


def _figure(
    curves: dict[str, list[float]],
    ones: list[float],
    hits: dict[int, tuple[int, int]],
    shown: list[Played],
    colluders: int,
    here: float,
    reveal: str,
) -> dict[str, Any]:
    """Above: how often a wrong answer is accepted. Below: a few committees, seat by seat."""
    # Two axes only, so that the picture jumps at most once as a slider moves.
    lowest = 1e-3 if curves["commit"][5] > 1e-3 and here > 1e-3 else words.LEAST

    def line(name: str, values: list[float], style: dict[str, Any]) -> dict[str, Any]:
        kept = [
            (share, p) for share, p in zip(SHARES, values, strict=True) if p >= words.LEAST / 10
        ]
        return {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": [share for share, _ in kept],
            "y": thin([p for _, p in kept]),
            "line": style,
            "hovertemplate": "%{x}% collude: %{y:.2~%}",
        }

    solid = {"color": HONEST, "width": 3}
    dashed = {"color": CHEATING, "width": 3, "dash": "dash"}
    data = [
        line("Ask one", ones, {"color": CENTRAL, "width": 2, "dash": "dot"}),
        *(
            line(words.SHORT[mode], values, solid if mode == "commit" else dashed)
            for mode, values in curves.items()
        ),
        _dots(hits, reveal),
        {
            "type": "scatter",
            "mode": "markers",
            "name": "Your setting",
            "x": [colluders],
            "y": [max(1.4 * lowest, float(f"{here:.4g}"))],
            "marker": {
                "color": READER,
                "size": 14,
                "symbol": "diamond" if here >= lowest else "triangle-down",
            },
            "hovertemplate": words.percent(here) + " accepted wrongly",
        },
        *_seats(shown),
    ]
    seats = max(7, len(shown[0].kinds))
    return {
        "data": data,
        "layout": layout(
            height=520,
            xaxis=axis("% of operators who collude", range=[0, 61], dtick=10),
            yaxis=axis(
                "wrong answer accepted",
                type="log",
                range=[round(log10(lowest)), 0.1],
                tickvals=[10.0**e for e in range(-5, 1)],
                ticktext=["0.001%", "0.01%", "0.1%", "1%", "10%", "100%"],
                domain=[0.47, 1],
            ),
            xaxis2={"anchor": "y2", "range": [0.4, 0.8 + 1.34 * seats], "visible": False},
            yaxis2={"anchor": "x2", "domain": [0, 0.23], "range": [5.6, 0.4], "visible": False},
            annotations=_captions(shown),
        ),
    }


def _dots(hits: dict[int, tuple[int, int]], reveal: str) -> dict[str, Any]:
    """Simulated committees with intervals; a share without a hit has no place on a log axis."""
    found = [(share, *seen) for share, seen in hits.items() if seen[1]]
    shares = [wrong / tries for _, tries, wrong in found]
    ends = [words.interval(tries, wrong) for _, tries, wrong in found]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Simulated",
        "x": [share for share, _, _ in found],
        "y": thin(shares),
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": thin([high - p for (_, high), p in zip(ends, shares, strict=True)]),
            "arrayminus": thin([p - low for (low, _), p in zip(ends, shares, strict=True)]),
            "thickness": 1.5,
            "color": HONEST if reveal == "commit" else CHEATING,
        },
        "marker": {"color": HONEST if reveal == "commit" else CHEATING, "size": 8},
        "hovertemplate": "%{y:.2~%} of the simulated committees",
    }


COLOURS = {WRONG: CHEATING, RIGHT: HONEST, NONE: CENTRAL}
SYMBOLS = dict(zip(words.KINDS, ("x", "diamond", "circle", "circle", "circle-open"), strict=True))


def _seats(shown: list[Played]) -> list[dict[str, Any]]:
    """A row of seats for each committee, in the order in which they answer, and what came out."""
    seats = len(shown[0].kinds)
    at = {"type": "scatter", "xaxis": "x2", "yaxis": "y2", "showlegend": False}
    size = 11 if seats <= 11 else 8 if seats <= 21 else 6
    traces: list[dict[str, Any]] = []
    for kind, symbol in SYMBOLS.items():
        places = [
            (seat + 1, row + 1, COLOURS[played.votes[seat]])
            for row, played in enumerate(shown)
            for seat in range(seats)
            if played.kinds[seat] == kind
        ]
        x, y, colours = ([place[i] for place in places] for i in range(3))
        marker = {"size": size, "symbol": symbol, "color": colours}
        told = {"hovertemplate": words.KINDS[kind] + "<extra></extra>"}
        traces.append({**at, **told, "mode": "markers", "x": x, "y": y, "marker": marker})
    return [
        *traces,
        {
            **at,
            "mode": "text",
            "x": [seats + 0.7] * len(shown),
            "y": list(range(1, len(shown) + 1)),
            "text": [words.RESULTS[played.outcome] for played in shown],
            "textposition": "middle right",
            "textfont": {"color": [COLOURS[played.outcome] for played in shown]},
            "hoverinfo": "skip",
        },
    ]


def _captions(shown: list[Played]) -> list[dict[str, Any]]:
    """Above the seats: what the marks mean. Below: who was caught, in the protocol's own words."""

    def paint(colour: str, text: str) -> str:
        return f'<span style="color:{colour}">{text}</span>'

    caught = Counter(
        fault
        for played in shown
        for kind, fault in zip(played.kinds, played.faults, strict=True)
        if fault and kind in (LAZY, COLLUDER) and not fault.endswith("never came")
    )
    colludes = paint(CHEATING, "\u2715")
    right, wrong = paint(HONEST, "right"), paint(CHEATING, "wrong")
    reasons = [f"Caught {times}: {fault}" for fault, times in caught.items()]
    lines = (
        (0.295, f"{SHOWN} committees: \u25cf works, {colludes} colludes, \u25c6 copies"),
        (0.245, f"Answer: {right}, {wrong}, {paint(CENTRAL, 'not counted')}. First at left."),
        (-0.07, "; ".join(reasons) or "Caught: nobody"),
    )
    place: dict[str, Any] = {"xref": "paper", "yref": "paper", "x": 0, "xshift": -58}
    place |= {"xanchor": "left", "align": "left", "showarrow": False}
    return [
        {**place, "y": y, "yanchor": "bottom", "text": text, "font": {"size": 12 if y > 0 else 11}}
        for y, text in lines
    ]


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
