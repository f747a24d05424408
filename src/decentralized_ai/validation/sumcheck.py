"""verification/sumcheck*.py against a textbook, other people's programs, and the exact law."""

from __future__ import annotations

from math import sqrt

import numpy as np

from ..verification.field import MERSENNE31, Field
from ..verification.refusal import Refused
from ..verification.sumcheck import Claim, FunctionProver, Message, ProductProver, Verifier
from ..verification.sumcheck_cheats import (
    chance,
    forge_unbound,
    liar,
    measure,
    product_chance,
)
from ..verification.sumcheck_matmul import Product, prove, verify
from .check import Check

TESTS = "tests/verification/test_sumcheck.py"
MATMUL = "tests/verification/test_sumcheck_matmul.py"
RUNS, PRODUCTS, FORGED = 20_000, 2000, 100

# g = 2 X^3 + X Z + Y Z, which adds up to 12; coefficients from the constant upwards.
TEXTBOOK = (((1, 2, 0, 8), 2), ((34, 1), 3), ((16, 5), 6))
# g = 2 V^2 + V W X + W Z^3 + W + Y modulo 13 adds up to 11; here someone's program claims 4, tells
# these polynomials, meets these challenges, and is believed.
LUCKY = (((7, 9, 7), 7), ((9, 5), 6), ((2, 9), 3), ((12, 5), 9), ((7, 12, 11, 7), 2))


class Script:
    """Coins that fall as written down."""

    def __init__(self, challenges: list[int]):
        self.left = challenges

    def answer(self, message: Message) -> int:
        return self.left.pop(0)

    def point(self, count: int) -> tuple[int, ...]:
        return tuple(self.left.pop(0) for _ in range(count))


def at(coefficients: tuple[int, ...], x: int, p: int) -> int:
    return sum(c * x**i for i, c in enumerate(coefficients)) % p


def textbook_differences() -> int:
    """How many of the messages of Thaler's example come out otherwise."""
    prover = FunctionProver(MERSENNE31, lambda x, y, z: 2 * x**3 + x * z + y * z, 3, 3)
    wrong = int(prover.total() != 12)
    for coefficients, r in TEXTBOOK:
        printed = tuple(at(coefficients, x, MERSENNE31.p) for x in range(4))
        wrong += prover.message() != printed
        prover.challenged(r)
    return wrong


def lucky_lie_is_believed() -> bool:
    def g(v: int, w: int, x: int, y: int, z: int) -> int:
        return (2 * v**2 + v * w * x + w * z**3 + w + y) % 13

    script = Script([r for _, r in LUCKY])
    verifier = Verifier(Claim(Field(13), 5, 3, 4), script)  # type: ignore[arg-type]
    try:
        for coefficients, _ in LUCKY:
            verifier.receive(tuple(at(coefficients, x, 13) for x in range(4)))
        return verifier.conclude(lambda point: g(*point)) == 4
    except Refused:
        return False


def other_program_differences() -> int:
    """A product of two multilinear polynomials over 2^31 - 1, as sumcheck-py has its rounds."""
    prover = ProductProver(MERSENNE31, TABLES)
    wrong = 0
    for values, r in ROUNDS:
        wrong += prover.message() != values
        prover.challenged(r)
    return wrong


def law_error(p: int, rounds: int) -> float:
    """Of RUNS lies, how many standard errors the accepted ones are from the exact chance."""
    law = chance(p, rounds, 2)
    accepted = measure(Field(p), rounds, 2, RUNS, np.random.default_rng(p)) / RUNS
    return abs(accepted - law) / sqrt(law * (1 - law) / RUNS)


def accepted_by(statement: Product, bound: bool) -> bool:
    try:
        verify(statement, prove(statement, liar(), bound), bound=bound)
    except Refused:
        return False
    return True


def product_error(p: int, size: int) -> float:
    """The same for whole products with a false entry, proved with a hash; standard errors."""
    field, rng, accepted = Field(p), np.random.default_rng(p), 0
    for _ in range(PRODUCTS):
        a, b = field.random(rng, (size, size)), field.random(rng, (size, size))
        c = field.matmul(a, b)
        i, j = rng.integers(0, size, 2)
        c[i, j] = (c[i, j] + rng.integers(1, p)) % p
        accepted += accepted_by(Product(field, a, b, c), True)
    bits = (size - 1).bit_length()
    law = product_chance(p, (bits, bits, bits))
    return abs(accepted / PRODUCTS - law) / sqrt(law * (1 - law) / PRODUCTS)


def forgeries() -> tuple[int, int]:
    """False products over 2^31 - 1: believed where the hash leaves the statement out, and where it
    does not."""
    rng, weak, strong = np.random.default_rng(1), 0, 0
    for i in range(FORGED):
        a, b = MERSENNE31.random(rng, (8, 8)), MERSENNE31.random(rng, (8, 8))
        true = Product(MERSENNE31, a, b, MERSENNE31.matmul(a, b))
        false, _ = forge_unbound(true, i % 8, 0, 1 + i)
        weak += accepted_by(false, False)
        strong += accepted_by(false, True)
    return weak, strong


def checks() -> list[Check]:
    """About two seconds on one core."""
    weak, strong = forgeries()
    rows = [
        (
            "sum-check: messages of the honest prover",
            "Thaler's worked example, 3 rounds",
            "thaler2022",
            float(textbook_differences()),
            0.0,
            "messages that differ; whole numbers",
            f"{TESTS}::test_worked_examples_of_others",
        ),
        (
            "sum-check: messages of the honest prover, products of two polynomials",
            "another program, 3 rounds over 2,147,483,647",
            "sumcheck_py",
            float(other_program_differences()),
            0.0,
            "messages that differ; whole numbers. Five more such runs are in the test",
            f"{TESTS}::test_products_of_multilinear_polynomials_against_another_program",
        ),
        (
            "sum-check: the verifier's verdict on a lie with lucky challenges",
            "another program's stored run over 13 numbers: accepted",
            "zknotes",
            float(not lucky_lie_is_believed()),
            0.0,
            "0: the same verdict",
            f"{TESTS}::test_worked_examples_of_others",
        ),
        *(
            (
                f"sum-check: best lie, {rounds} rounds over {p} numbers",
                f"exact chance {chance(p, rounds, 2):.4f}",
                "thaler2022",
                law_error(p, rounds),
                3.3,
                f"standard errors of {RUNS:,} runs, 99.9% of the time within",
                f"{TESTS}::test_the_same_law_over_many_runs_at_once",
            )
            for p, rounds in ((5, 3), (13, 3), (101, 5))
        ),
        (
            "sum-check: a product with one false entry, 4 by 4 over 101 numbers, hashed",
            f"exact chance {product_chance(101, (2, 2, 2)):.4f}",
            "thaler2022",
            product_error(101, 4),
            3.3,
            f"standard errors of {PRODUCTS:,} proofs, 99.9% of the time within",
            f"{MATMUL}::test_the_same_with_the_hash_for_a_verifier",
        ),
        (
            "sum-check: false products forged against a hash without the statement",
            "all believed without it, none with it",
            "trailofbits2022",
            float(FORGED - weak + strong),
            0.0,
            f"exceptions among {FORGED}",
            f"{MATMUL}::test_a_hash_without_the_statement_is_forged_and_with_it_is_not",
        ),
    ]
    return [Check(*row) for row in rows]


# From tests/data/sumcheck_cases.json, which says how it was made.
TABLES = (
    (96489770, 2037681507, 130366815, 1627840016, 584452956, 108297828, 1011748218, 1765933371),
    (1855418536, 1625687423, 1213858003, 2106208583, 505246121, 420703690, 1779229625, 1916234515),
)
ROUNDS = (
    ((964465065, 1550323984, 620146938), 1558469887),
    ((882536936, 254866557, 159063249), 1024794051),
    ((1267005259, 688664996, 1315741966), 1266183490),
)
