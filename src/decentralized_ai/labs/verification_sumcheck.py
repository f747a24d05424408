"""Sum-check in the lab "Prove it": a learner's forger, and a learner's verifier against forgers.

A learner's prover is a class: Prover(statement, x, y, claimed), with message() and challenged(r).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..verification.field import MERSENNE31, Field
from ..verification.refusal import CheckFailed, Refused
from ..verification.sumcheck import Claim, Dice
from ..verification.sumcheck_cheats import FORGERIES, product_chance
from ..verification.sumcheck_matmul import (
    DEGREE,
    Point,
    Product,
    ProductVerifier,
    converse,
    make_prover,
)
from .attempt import Wrong, accept, attempt, most, short, yes_or_no
from .verdict import Verdict, not_yet, right

HOLES = ("final", "degree")  # what the lab's verifier leaves out
MIDDLE = Field(257)  # small enough for messages with a value for each element
TINY = Field(13)
TRIES = 100
Verify = Callable[..., bool]


def random_product(field: Field, shape: tuple[int, int, int], seed: int, wrong: int = 0) -> Product:
    """A statement: random a, (n, k), and b, (k, m), and their product with `wrong` entries off."""
    rng = np.random.default_rng(seed)
    n, k, m = shape
    a, b = field.random(rng, (n, k)), field.random(rng, (k, m))
    c = field.matmul(a, b)
    for at in rng.choice(n * m, wrong, replace=False).tolist():
        c[divmod(at, m)] = (c[divmod(at, m)] + int(rng.integers(1, field.p))) % field.p
    return Product(field, a, b, c)


class Honest:
    """A prover that knows the matrices and says what is true."""

    def __init__(self, statement: Product, x: Point, y: Point, claimed: int):
        self._prover = make_prover(statement, x, y)

    def message(self) -> tuple[int, ...]:
        return self._prover.message()

    def challenged(self, r: int) -> None:
        self._prover.challenged(r)


class _Handed:
    """A learner's prover, its messages spelt as the protocol has them."""

    def __init__(self, prover: Any):
        self.prover = prover

    def message(self) -> tuple[int, ...]:
        said = attempt("message", lambda: self.prover.message())
        if isinstance(said, np.ndarray):
            said = said.tolist()
        if not isinstance(said, list | tuple) or len(said) != DEGREE + 1:
            raise Wrong(f"A message is {DEGREE + 1} values, at 0, 1 and 2; this is {short(said)}.")
        for value in said:
            if isinstance(value, bool) or not isinstance(value, int | np.integer):
                raise Wrong(f"The values of a message are whole numbers; one is {short(value)}.")
        return tuple(int(value) for value in said)

    def challenged(self, r: int) -> None:
        attempt("challenged", lambda: self.prover.challenged(r))


def check_5(forger: Any) -> Verdict:
    """A prover that gets false products past a verifier without its last check."""
    rng = np.random.default_rng(501)
    shapes = [(4, 8, 4), (3, 5, 2), (8, 16, 8), (2, 2, 2)]
    try:
        if not isinstance(forger, type):
            raise Wrong("Hand over the class itself, without brackets: each run makes its own.")
        accept(forger, "Forger", "statement, x, y, claimed")
        for seed in range(20):
            field = MIDDLE if seed % 2 else MERSENNE31
            false = random_product(field, shapes[seed % 4], 5000 + seed, wrong=1 + seed % 3)
            _fools(forger, false, rng)
    except Wrong as error:
        return not_yet(str(error))
    return right(
        "20 of 20 false products are believed. The forger kept its story consistent and "
        "needed no matrix for it: round by round, the verifier only checked it against itself."
    )


def _fools(forger: Any, false: Product, rng: np.random.Generator) -> None:
    """Wrong, with the reason, if the verifier with the holes refuses."""
    verifier = ProductVerifier(false, Dice(false.field, rng), HOLES)
    arguments = (false, verifier.left, verifier.right, verifier.run.claim.total)
    prover = _Handed(attempt("Forger", forger, *arguments))
    try:
        converse(false, verifier, lambda _, claim: prover)
    except CheckFailed as error:
        raise Wrong(_refused(error, verifier)) from error
    except Refused as error:
        raise Wrong(
            f"The verifier cannot read a message: {error}. Take everything modulo the field's p."
        ) from error


def _refused(error: CheckFailed, verifier: ProductVerifier) -> str:
    claimed = verifier.run.claimed
    if error.round == 0:
        return (
            f"Refused in the first round: the values at 0 and 1 must add up to {claimed}, the "
            "number that the verifier holds (`claimed`). Which three values do? Any three."
        )
    return (
        f"Refused in round {error.round} (from 0): the values at 0 and 1 must add up to {claimed}. "
        "After each challenge r the verifier holds a new number: your last polynomial at r, "
        "interpolate(field, message, r). Keep it in `challenged`."
    )


def check_6(verify: Any) -> Verdict:
    """verify(statement, Prover, rng), complete: true products pass, no forgery does."""
    try:
        accept(verify, "verify", "statement, Prover, rng")

        def run(*arguments: Any) -> bool:
            return yes_or_no("verify", attempt("verify", verify, *arguments))

        _believes_the_truth(run)
        _asks_at_random(run)
        _refuses_forgeries(run)
        believed = _refuses_the_best_liar(run)
    except Wrong as error:
        return not_yet(str(error))
    chance = product_chance(TINY.p, (2, 2, 2))
    return right(
        f"True products pass, forgeries do not. Modulo 13, the best liar there can be fooled yours "
        f"{believed} times in {TRIES}; the protocol's own chance is {chance:.0%}. Modulo 2^31 - 1 "
        f"it is {product_chance(MERSENNE31.p, (2, 2, 2)):.0e}: the field is the safety."
    )


def _believes_the_truth(run: Verify) -> None:
    for seed, shape in enumerate([(4, 4, 4), (3, 5, 6), (8, 2, 1), (1, 1, 1)] * 5):
        true = random_product(MERSENNE31, shape, 6000 + seed)
        if not run(true, Honest, np.random.default_rng(seed)):
            n, k, m = shape
            raise Wrong(
                f"It refuses a true product, of {n} x {k} and {k} x {m}. At the end `claimed` is "
                "the extension of a at (x, r) times that of b at (r, y), modulo p."
            )


def _asks_at_random(run: Verify) -> None:
    asked = []

    class Listener(Honest):
        def challenged(self, r: int) -> None:
            asked.append(r)
            super().challenged(r)

    true = random_product(MERSENNE31, (2, 8, 2), 6100)
    for seed in range(4):
        run(true, Listener, np.random.default_rng(seed))
    if len(asked) != 12:
        raise Wrong(
            f"In 4 runs of 3 rounds the prover was challenged {len(asked)} times: in each round, "
            "hand it the challenge with prover.challenged(challenge)."
        )
    if len(set(asked)) < 12:
        raise Wrong(
            "Its challenges can be foreseen: other dice, same challenges. A liar that knows them "
            "meets the truth exactly there. Draw each from rng, after the message has come."
        )


def _refuses_forgeries(run: Verify) -> None:
    """Each play that a missing check would let through. The best liar has a chance of its own."""
    likely = most(product_chance(MIDDLE.p, (2, 2, 2)), TRIES)
    for gap, hint in HINTS.items():
        believed = sum(_plays(run, MIDDLE, gap, seed) for seed in range(TRIES))
        if believed > likely:
            raise Wrong(f"True products pass, but so do {believed} of {TRIES} false ones. {hint}")
    empty = type("Empty", (Honest,), {"message": lambda self: ()})
    try:
        believed = run(random_product(MIDDLE, (4, 4, 4), 6200), empty, np.random.default_rng(0))
    except Wrong as error:
        raise Wrong(
            f"A prover that sends an empty message must be refused, and not crash you. {error}"
        ) from error
    if believed:
        raise Wrong("A prover that sends empty messages is believed: look at their length first.")


HINTS = {
    "first_sum": (
        "This forger sends true messages about another number: compare the values at 0 and 1 with "
        "`claimed` in the first round too."
    ),
    "later_sums": (
        "This forger lies in the first round only and is truthful after: compare the values at 0 "
        "and 1 with `claimed` in each round."
    ),
    "final": (
        "This is the forger of exercise 5: nobody compares the last `claimed` with the matrices. "
        "What must it be, at the point (x, r, y)?"
    ),
    "degree": (
        "Your forger is refused now, but this one sends more than three values: a polynomial of "
        "high degree, which differs from the true one at a single point. How long may a message be?"
    ),
}


def _plays(run: Verify, field: Field, gap: str, seed: int) -> bool:
    """Whether the forgery for one missing check is believed, on a false product of its own."""

    class Forger:
        def __init__(self, statement: Product, x: Point, y: Point, claimed: int):
            claim = Claim(statement.field, statement.bits[1], DEGREE, int(claimed))
            self._prover = FORGERIES[gap](make_prover(statement, x, y), claim)

        def message(self) -> tuple[int, ...]:
            return self._prover.message()

        def challenged(self, r: int) -> None:
            self._prover.challenged(int(r))

    false = random_product(field, (4, 4, 4), 6300 + seed, wrong=1)
    return run(false, Forger, np.random.default_rng(seed))


def _refuses_the_best_liar(run: Verify) -> int:
    """How often the best liar is believed in a tiny field: as often as the protocol says."""
    chance = product_chance(TINY.p, (2, 2, 2))
    believed = sum(_plays(run, TINY, "final", seed) for seed in range(TRIES))
    if believed > most(chance, TRIES):
        raise Wrong(
            f"Modulo 13 the best liar is believed {believed} times in {TRIES}; the protocol allows "
            f"{chance:.0%}. Is each challenge drawn from the whole field?"
        )
    if believed < 2 * TRIES * chance - most(chance, TRIES):
        raise Wrong(
            f"Modulo 13 the best liar is believed {believed} times in {TRIES}; by the protocol it "
            f"must be {chance:.0%}. That is too good: does it multiply the matrices after all?"
        )
    return believed
