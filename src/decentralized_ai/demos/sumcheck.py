"""One lie must breed another: the sum-check proof of a matrix product, round by round."""

from __future__ import annotations

from functools import lru_cache
from math import expm1, log1p
from typing import Any

import numpy as np

from ..contract import Challenge, Choice, Column, Demo, Guess, Preset, Slider, Table, View, linear
from ..contract.figure import CHEATING, HONEST, READER, THRESHOLD, axis, layout, thin
from ..verification.field import Field
from ..verification.sumcheck import Dice, Hashed, ProductProver, Verifier, interpolate
from ..verification.sumcheck_cheats import (
    Liar,
    high_degree,
    liar,
    measure,
    product_bound,
    product_chance,
    unnoticed,
)
from ..verification.sumcheck_matmul import (
    PROTOCOL,
    Play,
    Product,
    ProductVerifier,
    extension,
    honest,
)
from ..verification.sumcheck_watch import Round, Watched, watch

DRAWN = 101  # up to this size of field every point is drawn; above, the points sent and one more
FIELDS = {
    "5": "5",
    "13": "13",
    "31": "31",
    "101": "101",
    "1009": "1,009",
    "65537": "65,537",
    "2147483647": "2,147,483,647",
}
MEASURED, RUNS = (5, 13, 31, 101), 400
PROVERS = {
    "honest": "tells the truth",
    "consistent": "lies, and keeps the lie consistent",
    "once": "lies once, then tells the truth",
    "twice": "lies twice, then tells the truth",
    "degree": "hides the lie in too high a degree",
}
GAPS = {
    "nothing": "nothing",
    "degree": "to limit the degree",
    "first_sum": "the first sum",
    "later_sums": "the later sums",
    "final": "the final evaluation",
}
COINS = {
    "dice": "the verifier's dice",
    "hash": "a hash of everything said",
    "unbound": "a hash without the statement",
}


def compute(
    round: int,
    size: int,
    field: str,
    prover: str,
    start: int,
    forgets: str,
    coins: str,
    tries: int,
    seed: int,
) -> View:
    """One proof of one product, watched by someone who knows the truth."""
    p = int(field)
    seen, spent = _run(size, p, prover, start, forgets, coins, tries, seed)
    shown = min(round, len(seen.rounds))
    step = seen.rounds[shown - 1]
    bits = (seen.total_rounds,) * 3
    chance, bound = product_chance(p, bits), product_bound(p, bits)
    meets = _meets(step, p)
    metrics = {
        "chance": chance,
        "bound": bound,
        "chance_all_tries": -expm1(tries * log1p(-min(chance, 1 - 1e-12))),
        "accepted": float(seen.caught is None),
        "deceived": float(seen.caught is None and not seen.product_true),
        "product_true": float(seen.product_true),
        "rounds": float(seen.total_rounds),
        "rounds_played": float(len(seen.rounds)),
        "round_shown": float(shown),
        "lies": float(sum(each.lied for each in seen.rounds)),
        "meets": float(meets),
        "tries_spent": float(spent),
        "numbers_sent": float(sum(len(each.sent) for each in seen.rounds)),
        "field": float(p),
        "checks_left_out": float(forgets != "nothing"),
        "dice": float(coins == "dice"),
        "statement_left_out": float(coins == "unbound"),
    }
    return View(
        figure=_figure(seen, shown, p, bits),
        takeaway=_takeaway(seen, shown, p, meets, spent, chance, bound),
        metrics=metrics,
        table=_table(seen, p),
    )


@lru_cache(maxsize=64)
def _run(
    size: int, p: int, prover: str, start: int, forgets: str, coins: str, tries: int, seed: int
) -> tuple[Watched, int]:
    """The run, and how many false products the prover tried before it: more than one only where
    challenges come from a hash, with which a cheat can be alone."""
    field, rng = Field(p), np.random.default_rng([seed, size, p])
    a, b = field.random(rng, (size, size)), field.random(rng, (size, size))
    true = Product(field, a, b, field.matmul(a, b))
    row, column = (int(i) for i in rng.integers(0, size, 2))
    play = _play(prover, start, int(rng.integers(p)))
    skip = [] if forgets == "nothing" else [forgets]
    false_product = prover != "honest" and start == 0
    alone = coins == "hash" and false_product
    spent, most, accepted = 0, tries if alone else 1, False
    while spent < most and not accepted:
        spent += 1
        statement, add = true, int(rng.integers(1, p))
        if false_product and coins == "unbound":
            statement = unnoticed(true, row, column, add)
        elif false_product:
            c = true.c.copy()
            c[row, column] = (c[row, column] + add) % p
            statement = Product(field, a, b, c)
        source: Dice | Hashed = Dice(field, rng)
        if coins != "dice":
            source = Hashed(field, PROTOCOL, statement.digest if coins == "hash" else None)
        seen = watch(statement, true, source, play, skip)
        accepted = seen.caught is None
    return seen, spent


def _play(prover: str, start: int, choice: int) -> Play:
    slip = start - 1 if start else None
    if prover == "honest":
        return honest
    if prover == "degree":
        return high_degree(slip)
    return liar(choice, {"consistent": None, "once": start, "twice": start + 1}[prover], slip)


def _meets(step: Round, p: int) -> int:
    """At how many points of the field the message's polynomial meets the true one."""
    if not step.lied:
        return p
    field = Field(p)
    if len(step.sent) == p:
        every = np.arange(p)
        true = interpolate(field, _columns(step.true), every)
        return int(np.count_nonzero(true == np.array(step.sent)))
    if p <= 1024:
        every = np.arange(p)
        sent, true = (interpolate(field, _columns(v), every) for v in (step.sent, step.true))
        return int(np.count_nonzero(sent == true))
    longer = [int(interpolate(field, step.true, x)) for x in range(len(step.sent))]
    differ = [(s - t) % p for s, t in zip(step.sent, longer, strict=True)]
    return differ.count(0) if len(differ) > 3 else _roots(differ, p)


def _columns(values: tuple[int, ...]) -> list[Any]:
    return [np.int64(value) for value in values]


def _roots(values: list[int], p: int) -> int:
    """How many roots in the field the polynomial of degree 2 with these values at 0, 1, 2 has."""
    half = pow(2, -1, p)
    square = (values[2] - 2 * values[1] + values[0]) * half % p
    linear_part = (values[1] - values[0] - square) % p
    if not square:
        return int(linear_part != 0)
    inside = (linear_part**2 - 4 * square * values[0]) % p
    return 1 if not inside else 2 * (pow(inside, (p - 1) // 2, p) == 1)


def odds(chance: float) -> str:
    """A probability in words a reader can picture, to three digits."""
    if chance >= 0.001:
        return f"{100 * chance:.3g}%"
    return f"1 in {float(f'{1 / chance:.3g}'):,.0f}"


WHY = {
    "degree": "the message is too long",
    "first_sum": "its values at 0 and 1 do not add up to the claim",
    "later_sums": "its values at 0 and 1 do not add up to the claim",
    "final": "the last claim is not what the verifier computes itself",
}


def _takeaway(
    seen: Watched, shown: int, p: int, meets: int, spent: int, chance: float, bound: float
) -> str:
    step = seen.rounds[shown - 1]
    what = f"Round {shown} of {seen.total_rounds}: "
    if not step.lied:
        what += "the true polynomial was sent"
    else:
        points = "point" if meets == 1 else "points"
        what += (
            f"a false polynomial was sent, which meets the true one at {meets:,} {points} of {p:,}"
        )
    if step.challenge is None:
        what += f", and it was refused: {WHY[str(seen.caught)]}. "
    else:
        now = "true" if step.claim == step.true_claim else "false"
        what += f"; after the challenge {step.challenge:,} the claim is {now}. "
    kind = "true" if seen.product_true else "false"
    after = f" after {spent} tries" if spent > 1 else ""
    if seen.caught is None:
        verdict = f"The verifier accepts a {kind} product{after}"
    elif seen.caught == "final":
        verdict = f"The verifier refuses a {kind} product{after} at the final evaluation"
    else:
        verdict = f"The verifier refuses a {kind} product{after} in round {len(seen.rounds)}"
    return (
        f"{what}{verdict}; with every check and fresh dice the best lie passes with chance "
        f"{odds(chance)}, and the bound is {odds(bound)}."
    )


def _figure(seen: Watched, shown: int, p: int, bits: tuple[int, int, int]) -> dict[str, Any]:
    step = seen.rounds[shown - 1]
    data = [*_polynomials(step, p), *_strip(seen, shown), *_soundness(p, bits)]
    shapes, notes = [], []
    if step.challenge is not None:
        at = step.challenge if p <= DRAWN else 3
        shapes.append(
            {
                "type": "line",
                "x0": at,
                "x1": at,
                "yref": "y domain",
                "y0": 0,
                "y1": 1,
                "line": {"color": THRESHOLD, "width": 2, "dash": "dash"},
            }
        )
        notes.append(_note(f"challenge {step.challenge:,}", at, 1, "x", "y domain", "bottom", p))
    ticks = (
        {} if p <= DRAWN else {"tickvals": [0, 1, 2, 3], "ticktext": ["0", "1", "2", "challenge"]}
    )
    span = [-0.04 * p, 1.04 * p - 1] if p <= DRAWN else [-0.4, 3.4]
    steps = ["product", "point", *(str(j + 1) for j in range(seen.total_rounds)), "end"]
    marks = [float(name) for name in FIELDS]
    return {
        "data": data,
        "layout": layout(
            height=580,
            margin={"l": 50, "r": 12, "t": 8, "b": 44},
            xaxis=axis(_where(shown, seen.total_rounds, p), range=span, zeroline=False, **ticks),
            yaxis=axis(
                "value / p" if p > DRAWN else "value",
                domain=[0.62, 0.95],
                range=[-0.06, 1.06] if p > DRAWN else [-0.06 * p, 1.06 * p],
                zeroline=False,
            ),
            xaxis2=axis(
                "what is claimed, step by step",
                anchor="y2",
                tickvals=list(range(len(steps))),
                ticktext=steps,
                range=[-0.6, len(steps) - 0.4],
                zeroline=False,
                tickangle=0,
            ),
            yaxis2=axis(
                "",
                anchor="x2",
                domain=[0.36, 0.48],
                range=[-0.6, 1.6],
                tickvals=[0, 1],
                ticktext=["false", "true"],
                zeroline=False,
            ),
            xaxis3=axis(
                "size of the field",
                anchor="y3",
                type="log",
                tickvals=marks[::2],
                ticktext=["5", "31", "1,009", "2 billion"],
            ),
            yaxis3=axis(
                "chance",
                anchor="x3",
                domain=[0, 0.2],
                type="log",
                tickvals=[1, 1e-3, 1e-6, 1e-9],
                ticktext=["1", "1e-3", "1e-6", "1e-9"],
                range=[-9, 0.5],
            ),
            shapes=[
                *shapes,
                {
                    "type": "rect",
                    "xref": "x2",
                    "yref": "y2 domain",
                    "x0": shown + 0.6,
                    "x1": shown + 1.4,
                    "y0": 0,
                    "y1": 1,
                    "line": {"color": READER, "width": 2},
                },
            ],
            annotations=notes,
        ),
    }


def _where(shown: int, rounds: int, p: int) -> str:
    if p <= DRAWN:
        return f"round {shown} of {rounds}: every point of the field"
    return f"round {shown} of {rounds}: 4 of {p:,} points"


def _note(
    text: str, x: float, y: float, xref: str, yref: str, yanchor: str, p: int
) -> dict[str, Any]:
    left = x > 0.6 * (p if p <= DRAWN else 3)
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": xref,
        "yref": yref,
        "xanchor": "right" if left else "left",
        "yanchor": yanchor,
        "showarrow": False,
    }


def _polynomials(step: Round, p: int) -> list[dict[str, Any]]:
    """The true polynomial and the one sent, at every point or at the points sent and one more."""
    field = Field(p)
    if p <= DRAWN:
        points, places, scale = list(range(p)), list(range(p)), 1
    else:
        points, places, scale = [0, 1, 2], [0, 1, 2], p
        if step.challenge is not None:
            points, places = [*points, step.challenge], [*places, 3]
    every = np.array(points)
    true, sent = (interpolate(field, _columns(values), every) for values in (step.true, step.sent))
    same = [x for x, s, t in zip(places, sent, true, strict=True) if s == t]
    met = [t / scale for s, t in zip(sent, true, strict=True) if s == t]
    base: dict[str, Any] = {"type": "scatter", "mode": "markers"}
    data = [
        {
            **base,
            "name": "true",
            "x": places,
            "y": thin(true / scale),
            "marker": {"color": HONEST, "symbol": "circle-open", "size": 9, "line": {"width": 2}},
            "hovertemplate": "at %{x}: true %{y}",
        }
    ]
    if step.lied:
        data += [
            {
                **base,
                "name": "sent",
                "x": places,
                "y": thin(sent / scale),
                "marker": {
                    "color": CHEATING,
                    "symbol": "x-thin-open",
                    "size": 7,
                    "line": {"width": 2},
                },
                "hovertemplate": "at %{x}: sent %{y}",
            },
            {
                **base,
                "name": "they meet",
                "x": same,
                "y": thin(met),
                "marker": {
                    "color": THRESHOLD,
                    "symbol": "square-open",
                    "size": 16,
                    "line": {"width": 3},
                },
                "hovertemplate": "they meet at %{x}",
            },
        ]
    return data


def _strip(seen: Watched, shown: int) -> list[dict[str, Any]]:
    """What was claimed after each step: true or false, and where it was refused."""
    truths = list(seen.truths)
    stopped = len(truths)
    base = {"type": "scatter", "xaxis": "x2", "yaxis": "y2"}
    data: list[dict[str, Any]] = [
        {
            **base,
            "mode": "markers",
            "showlegend": False,
            "x": [i for i, truth in enumerate(truths) if truth is kind],
            "y": [int(kind)] * truths.count(kind),
            "marker": {"color": colour, "symbol": symbol, "size": 11},
            "hovertemplate": "true" if kind else "false",
        }
        for kind, colour, symbol in ((True, HONEST, "circle"), (False, CHEATING, "x"))
    ]
    end = seen.total_rounds + 2 if seen.caught in (None, "final") else stopped
    accepted = seen.caught is None
    data.append(
        {
            **base,
            "mode": "markers+text",
            "showlegend": False,
            "x": [end],
            "y": [0.5],
            "text": ["✓" if accepted else "✗"],
            "marker": {
                "color": "rgba(0,0,0,0)",
                "symbol": "circle" if accepted else "octagon",
                "size": 24,
                "line": {"width": 3, "color": HONEST if accepted else THRESHOLD},
            },
            "hovertemplate": "accepted" if accepted else "refused",
        }
    )
    return data


@lru_cache(maxsize=64)
def _measured(p: int, rounds: int) -> float:
    rng = np.random.default_rng([p, rounds])
    return measure(Field(p), rounds, 2, RUNS, rng, point=2 * rounds) / RUNS


def _soundness(p: int, bits: tuple[int, int, int]) -> list[dict[str, Any]]:
    sizes = [int(name) for name in FIELDS]
    base = {"type": "scatter", "xaxis": "x3", "yaxis": "y3", "x": sizes}
    law, bound = ([f(size, bits) for size in sizes] for f in (product_chance, product_bound))
    return [
        {
            **base,
            "mode": "lines",
            "name": "bound",
            "y": thin(bound),
            "line": {"color": THRESHOLD, "dash": "dash", "width": 2},
        },
        {
            **base,
            "mode": "markers",
            "name": f"passed, of {RUNS} lies",
            "x": list(MEASURED),
            "y": thin(_measured(size, bits[1]) for size in MEASURED),
            "marker": {"color": CHEATING, "symbol": "x", "size": 8},
        },
        {
            **base,
            "mode": "markers",
            "name": "this field",
            "x": [p],
            "y": thin([product_chance(p, bits)]),
            "marker": {"color": READER, "symbol": "diamond-open", "size": 14, "line": {"width": 3}},
        },
        {
            **base,
            "mode": "lines",
            "name": "exact chance",
            "y": thin(law),
            "line": {"color": CHEATING, "width": 1},
        },
    ]


def _table(seen: Watched, p: int) -> Table:
    rows: list[tuple[str | float | None, ...]] = []
    claim, true = seen.claim, seen.true_claim
    for j, step in enumerate(seen.rounds):
        sent = [float(value) for value in step.sent[:3]]
        rows.append(
            (
                float(j + 1),
                float(claim),
                float(true),
                *sent,
                float(len(step.sent)),
                "false" if step.lied else "true",
                None if step.challenge is None else float(step.challenge),
            )
        )
        if step.claim is not None and step.true_claim is not None:
            claim, true = step.claim, step.true_claim
    return Table(
        f"The proof, round by round, modulo {p:,}. The last claim is {claim:,}; true is {true:,}.",
        (
            Column("round", digits=0),
            Column("claimed before", digits=0),
            Column("true", digits=0),
            *(Column(f"sent for {x}", digits=0) for x in range(3)),
            Column("numbers sent", digits=0),
            Column("message"),
            Column("challenge", digits=0),
        ),
        tuple(rows),
    )


def _deceived(view: View, coins: str, gap: bool, least: int) -> bool:
    m = view.metrics
    said = "dice" if m["dice"] else "unbound" if m["statement_left_out"] else "hash"
    return bool(
        m["deceived"] and said == coins and m["checks_left_out"] == gap and m["field"] >= least
    )


DEMO = Demo(
    id="sumcheck",
    title="One lie must breed another",
    part="verification",
    question=(
        "A machine claims to have multiplied two matrices. It proves it by answering a few "
        "questions about polynomials. If the product is false, what must it lie about next, and "
        "where does that end?"
    ),
    guess=Guess(
        "The field has 31 numbers. The product is false, so the first polynomial must be false "
        "too, or the first sum would not come out. The machine chooses the best false one. The "
        "verifier then picks one of the 31 points at random. At how many of them is the lie saved?",
        ("At none", "At one or two", "At about half", "At all but one or two"),
        lambda view: sum(
            view.metrics["meets"] > share * view.metrics["field"] for share in (0, 0.2, 0.8)
        ),
        "Two different polynomials of degree 2 have the same value at no more than two points. At "
        "those the false claim turns true by luck. At all others it stays false, and the next "
        "message must be false again.",
    ),
    controls=(
        Slider(
            "round",
            "Round shown",
            1,
            linear(1, 6, 1),
            help="the last one played, if there are fewer",
        ),
        Slider(
            "size",
            "Rows and columns",
            16,
            (4, 8, 16, 32, 64),
            help="rounds: how often this can be halved",
        ),
        Choice("field", "Numbers in the field", "31", FIELDS),
        Choice("prover", "The prover", "consistent", PROVERS),
        Slider(
            "start",
            "Round in which the lie starts",
            0,
            linear(0, 6, 1),
            help="0: in the product itself. Above: the product is right, and a message is not",
        ),
        Choice("forgets", "The verifier forgets", "nothing", GAPS),
        Choice("coins", "Challenges come from", "dice", COINS),
        Slider(
            "tries",
            "False products tried",
            1,
            (1, 3, 10, 30, 100),
            help="only alone with a hash that covers the statement can a cheat practise",
        ),
        Slider("seed", "Random seed", 2, linear(0, 99, 1), help="other matrices, other luck"),
    ),
    main="round",
    presets=(
        Preset(
            "honest",
            "As it should be",
            "An honest prover: log2 of the rows rounds, polynomials of degree 2, as in the "
            "protocol for matrix products of 2013.",
            "thaler2013",
            {"size": 64, "field": "2147483647", "prover": "honest"},
        ),
        Preset(
            "thirteen",
            "The lucky lie",
            "Five rounds over 13 numbers, the size of a published run in which a lie got through.",
            "zknotes",
            {"size": 32, "field": "13", "seed": 8},
        ),
        Preset(
            "mersenne",
            "A field that is used",
            "2,147,483,647 is the prime of the proof system S-two. For soundness it goes on to a "
            "field of that size to the fourth power.",
            "stwo_field",
            {"size": 64, "field": "2147483647"},
        ),
        Preset(
            "frozen",
            "The forgotten statement",
            "The hash leaves out what is proved. Flaws of this kind were disclosed in seven "
            "published code bases in April 2022.",
            "trailofbits2022",
            {"size": 64, "field": "2147483647", "coins": "unbound"},
        ),
        Preset(
            "unchecked",
            "No last look",
            "The original protocol ends with one evaluation by the verifier itself. Without it "
            "every consistent lie is believed.",
            "lund1992",
            {"field": "2147483647", "forgets": "final"},
        ),
    ),
    challenges=(
        Challenge(
            "lucky",
            "Get a false product past a verifier that forgets nothing and throws dice, in a field "
            "of 101 numbers or more.",
            "The best lie is saved now and then. More rounds are more chances; so are more seeds.",
            lambda view: _deceived(view, "dice", False, 101),
        ),
        Challenge(
            "gap",
            "In the largest field, with dice, get a false product accepted.",
            "Luck will not do. Let the verifier forget something, and find the lie that fits.",
            lambda view: _deceived(view, "dice", True, 2**31 - 1),
        ),
        Challenge(
            "unbound",
            "In the largest field, get a false product past a verifier that forgets no check.",
            "The challenges need not be random, if they are known before the product is chosen.",
            lambda view: _deceived(view, "unbound", False, 2**31 - 1),
        ),
        Challenge(
            "practice",
            "With a hash that covers everything, get a false product accepted in a field of 1,009 "
            "numbers.",
            "Alone with the hash, a cheat may try again and again before it shows anything.",
            lambda view: _deceived(view, "hash", False, 1009),
        ),
    ),
    compute=compute,
    shown=(Verifier, ProductProver, ProductVerifier, extension, Liar),
)
