"""Freivalds' check as a learner wrote it: what it accepts, how often, and with how much work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..verification.field import MERSENNE31, Elements, Field
from .attempt import Wrong, accept, attempt, most, yes_or_no
from .verdict import Verdict, not_yet, right

SMALL = Field(5)  # small enough to see false products accepted
TRIALS = 2000
SIDE = 48  # of the matrices whose multiplications are counted
WHOLE = "Draw r from the whole field, 0 and p - 1 too: field.random(rng, n)."
Check = Callable[..., bool]


def check_4(check: Any) -> Verdict:
    """check(field, A, B, C, rounds, rng): is A B = C? In O(rounds n^2), wrong with p^-rounds."""
    try:
        accept(check, "check", "field, A, B, C, rounds, rng")

        def run(*arguments: Any) -> bool:
            return yes_or_no("check", attempt("check", check, *arguments))

        _accepts_what_is_right(run)
        work = _multiplications(run)
        _does_not_overflow(run)
        _draws_from_the_given_dice(run)
        _finds_each_kind_of_change(run)
        rates = _rates(run, work)
    except Wrong as error:
        return not_yet(str(error))
    return right(
        f"Modulo 5, {rates[1]:.1%} of the false products pass one round, {rates[2]:.1%} two "
        f"and {rates[3]:.1%} three; by the law it is 20%, 4% and 0.8%. For a side of {SIDE}, one "
        f"round takes {work[1]:,} multiplications; the product takes {SIDE**3:,}."
    )


def _accepts_what_is_right(run: Check) -> None:
    rng = np.random.default_rng(401)
    for shape in [(4, 4, 4), (5, 3, 2), (1, 6, 3), (3, 1, 4)] * 5:
        if not run(SMALL, *_product(SMALL, shape, rng), 3, rng):
            m, inner, n = shape
            raise Wrong(
                f"It refuses a true product, of {m} x {inner} and {inner} x {n} modulo 5. The "
                "vector r has one entry for each column of C; A (B r) and C r are then equal."
            )


def _does_not_overflow(run: Check) -> None:
    rng = np.random.default_rng(4010)
    for _ in range(10):
        if not run(MERSENNE31, *_product(MERSENNE31, (8, 8, 8), rng), 2, rng):
            raise Wrong(
                "It accepts true products modulo 5, but refuses them modulo 2^31 - 1. A product "
                "of two elements is below 2^62, and a sum of a few leaves int64, silently: it "
                "overflows. Use field.matmul, which does not."
            )


def _draws_from_the_given_dice(run: Check) -> None:
    dice, untouched = (np.random.default_rng(402) for _ in range(2))
    run(SMALL, *_product(SMALL, (4, 4, 4), np.random.default_rng(1)), 2, dice)
    if dice.bit_generator.state == untouched.bit_generator.state:
        raise Wrong(
            "It does not draw from the rng that it is given. A prover that can foresee r adds to C "
            "what r cannot see. Use rng, for instance field.random(rng, n)."
        )


def _finds_each_kind_of_change(run: Check) -> None:
    rng = np.random.default_rng(403)
    m, n = 4, 3

    def found(*changes: tuple[int, int, int]) -> bool:
        """Whether one of 12 checks refuses; (row, column, what is added) for each change."""
        for _ in range(12):
            a, b, c = _product(SMALL, (m, 5, n), rng)
            for i, j, add in changes:
                c[i, j] = (c[i, j] + add) % SMALL.p
            if not run(SMALL, a, b, c, 3, rng):
                return True
        return False

    missed = [(i, j) for i in range(m) for j in range(n) if not found((i, j, 1))]
    if len(missed) == m * n:
        raise Wrong(
            "It never refuses a product with one wrong entry. Are the entries of A (B r) compared "
            "with those of C r, and is r drawn at random?"
        )
    if missed:
        i, j = missed[0]
        raise Wrong(
            f"A wrong entry in row {i}, column {j} is never found, elsewhere it is. Compare whole "
            "vectors, and let r have an entry for each column."
        )
    for name, second in (("column", (2, 1, -1)), ("row", (0, 2, -1))):
        if not found((0, 1, 1), second):
            raise Wrong(
                f"Add 1 to an entry and take 1 from another in the same {name}: that is never "
                "found. Sums hide what cancels: compare entry by entry, and draw each entry of r "
                "anew."
            )


def _multiplications(run: Check) -> dict[int, int]:
    """How many a check of 1 and of 4 rounds takes."""
    rng = np.random.default_rng(404)
    found = {}
    for rounds in (1, 4):
        meter = Meter()
        matrices = [meter.counted(x) for x in _product(SMALL, (SIDE, SIDE, SIDE), rng)]
        run(SMALL, *matrices, rounds, rng)
        found[rounds] = meter.count
        if meter.count >= SIDE**3:
            raise Wrong(
                f"It takes {meter.count:,} multiplications to check a product of side {SIDE} "
                f"(rounds: {rounds}). That is the work of the whole product. Mind the brackets: "
                "A (B r), never (A B) r."
            )
    return found


def _rates(run: Check, work: dict[int, int]) -> dict[int, float]:
    """The share of false products accepted, by rounds. Judged by the worse of two changes."""
    rng = np.random.default_rng(405)
    both = {k: [_passed(run, k, pair, rng) for pair in (False, True)] for k in (1, 2, 3)}
    counts = {k: max(pair) for k, pair in both.items()}
    rates = {k: count / TRIALS for k, count in counts.items()}
    said = "Modulo 5, {0:.1%} of the false products pass {1}; it must be at most {2:.1%}."
    if counts[1] < TRIALS / 5 - 6 * (TRIALS * 0.16) ** 0.5:
        raise Wrong(
            f"Modulo 5, {rates[1]:.1%} of the false products pass one round. That is too good: "
            "with an r over 5 elements it must be 20%. Does it compute the product after all, or "
            "more rounds than it is asked for?"
        )
    if counts[1] > most(1 / 5, TRIALS):
        half = "With zeros and ones alone it is a half. " if rates[1] > 0.4 else ""
        raise Wrong(f"{said.format(rates[1], 'one round', 0.2)} {half}{WHOLE}")
    for k in (2, 3):
        if counts[k] <= most(5.0**-k, TRIALS):
            continue
        found = said.format(rates[k], f"{k} rounds", 5.0**-k)
        if rates[k] > 1.3 * rates[1]:
            hint = "More rounds accept more: one round that differs must be enough to refuse."
        elif rates[k] < 0.6 * rates[1]:
            hint = WHOLE
        elif work[4] < 2 * work[1]:
            hint = "As many as in one round: does it use `rounds` at all?"
        else:
            hint = "It does the work of more rounds, but does each of them draw an r of its own?"
        raise Wrong(f"{found} {hint}")
    big = sum(_wrong(run, MERSENNE31, 1, False, rng) for _ in range(200))
    if big:
        raise Wrong(
            f"Modulo 2^31 - 1, {big} of 200 false products are accepted; none should be. Is r "
            "drawn from the whole field there?"
        )
    return {k: sum(pair) / (2 * TRIALS) for k, pair in both.items()}


def _passed(run: Check, rounds: int, pair: bool, rng: np.random.Generator) -> int:
    return sum(_wrong(run, SMALL, rounds, pair, rng) for _ in range(TRIALS))


def _wrong(run: Check, field: Field, rounds: int, pair: bool, rng: np.random.Generator) -> bool:
    """Whether a false product is accepted: one entry is off, or two that cancel in a row."""
    a, b, c = _product(field, (3, 3, 3), rng)
    i, j = rng.integers(0, 3, 2)
    c[i, j] = (c[i, j] + 1) % field.p
    if pair:
        c[i, j - 1] = (c[i, j - 1] - 1) % field.p
    return run(field, a, b, c, rounds, rng)


def _product(
    field: Field, shape: tuple[int, int, int], rng: np.random.Generator
) -> tuple[Elements, Elements, Elements]:
    m, inner, n = shape
    a, b = field.random(rng, (m, inner)), field.random(rng, (inner, n))
    return a, b, field.matmul(a, b)


class Meter:
    """Counts the multiplications in which its arrays, or what is computed from them, take part."""

    def __init__(self) -> None:
        self.count = 0

    def counted(self, matrix: Elements) -> Any:
        array = matrix.view(Counted)
        array.meter = self
        return array


class Counted(np.ndarray):
    """An array that tells its meter."""

    meter: Meter | None = None

    def __array_finalize__(self, source: Any) -> None:
        self.meter = getattr(source, "meter", None)

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any
    ) -> Any:
        plain = [np.asarray(x) if isinstance(x, Counted) else x for x in inputs]
        if out is not None:
            options["out"] = tuple(np.asarray(x) for x in out)
        result = getattr(ufunc, method)(*plain, **options)
        if ufunc is np.matmul:
            self._add(np.size(result) * np.shape(plain[0])[-1])
        elif ufunc is np.multiply:
            self._add(np.size(result))
        return self._own(result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func is np.dot:
            return np.matmul(args[0], args[1])
        if func in (np.einsum, np.inner, np.tensordot):
            # One multiplication for each setting of all letters; the other two sum one letter.
            letters = {x for x in str(args[0]).split("->")[0] if x.isalpha()}
            sides = len(letters) if func is np.einsum else sum(map(np.ndim, args)) - 1
            self._add(self.shape[0] ** sides)
        return self._own(super().__array_function__(func, types, args, kwargs))

    def dot(self, other: Any, out: Any = None) -> Any:
        return np.matmul(self, other)

    def _add(self, count: int) -> None:
        if self.meter is not None:
            self.meter.count += count

    def _own(self, result: Any) -> Any:
        if isinstance(result, np.ndarray):
            result = result.view(Counted)
            result.meter = self.meter
        return result
