"""One lie must breed another: the sum-check proof of a matrix product, round by round."""

from __future__ import annotations

from ..contract import Challenge, Choice, Column, Demo, Guess, Preset, Slider, Table, View, linear
from ..verification.sumcheck import ProductProver, Verifier
from ..verification.sumcheck_cheats import Liar, product_bound, product_chance
from ..verification.sumcheck_matmul import ProductVerifier, extension
from ..verification.sumcheck_watch import Watched, meetings, stage
from .pictures.sumcheck import FIELDS, figure

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
    seen, spent = stage(size, p, prover, start, forgets, coins, tries, seed)
    shown = min(round, len(seen.rounds))
    step = seen.rounds[shown - 1]
    bits = (seen.total_rounds,) * 3
    chance, bound = product_chance(p, bits), product_bound(p, bits)
    meets = meetings(step, p)
    metrics = {
        "chance": chance,
        "bound": bound,
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
        figure=figure(seen, shown, p, bits),
        takeaway=_takeaway(seen, shown, p, meets, spent, chance, bound),
        metrics=metrics,
        table=_table(seen, p),
    )


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
    lie = "a false polynomial was sent, which meets the true one at"
    points = "point" if meets == 1 else "points"
    what += f"{lie} {meets:,} {points} of {p:,}" if step.lied else "the true polynomial was sent"
    if step.challenge is None:
        what += f", and it was refused: {WHY[str(seen.caught)]}. "
    else:
        now = "true" if step.claim == step.true_claim else "false"
        what += f"; after the challenge {step.challenge:,} the claim is {now}. "
    product = f"a {'true' if seen.product_true else 'false'} product"
    after = f" after {spent} tries" if spent > 1 else ""
    verb = "accepts" if seen.caught is None else "refuses"
    where = {None: "", "final": " at the final evaluation"}
    at = where.get(seen.caught, f" in round {len(seen.rounds)}")
    law = "with every check and fresh dice the best lie passes with chance"
    verdict = f"The verifier {verb} {product}{after}{at}; {law}"
    return f"{what}{verdict} {odds(chance)}, and the bound is {odds(bound)}."


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
