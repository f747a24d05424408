"""Yuma's epoch once more, loop by loop, in any kind of number: what the fast one is held against.

In floats it is the definition without any trick. In fractions it is exact. In `Fixed`, whole
multiples of 2^-32 that are rounded down at each product and quotient, it is what the chain does, to
the last bit (the sigmoid of liquid alpha apart).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .yuma import Rules

Number = Any  # float, Fraction or Fixed
Vector = list[Any]
Matrix = list[list[Any]]


@dataclass(frozen=True, order=True)
class Fixed:
    """A number of the chain: I32F32, here without its limits of size."""

    raw: int

    @classmethod
    def of(cls, value: float | int | Fraction) -> Fixed:
        exact = Fraction(value)
        return cls((exact.numerator << 32) // exact.denominator)

    def __add__(self, other: Fixed) -> Fixed:
        return Fixed(self.raw + other.raw)

    def __sub__(self, other: Fixed) -> Fixed:
        return Fixed(self.raw - other.raw)

    def __mul__(self, other: Fixed) -> Fixed:
        return Fixed((self.raw * other.raw) >> 32)

    def __truediv__(self, other: Fixed) -> Fixed:
        return Fixed((self.raw << 32) // other.raw)

    def __float__(self) -> float:
        return self.raw / 2**32

    def as_u16(self) -> int:
        """A share as so many parts of 65,535."""
        return (self.raw * 65_535) >> 32


def share(value: float, number: Callable[[Any], Number]) -> Number:
    """A rule such as 32767/65535 or 0.1 as it was meant, not as a float holds it."""
    meant = Fraction(value).limit_denominator(1_000_000)
    return number(meant.numerator) / number(meant.denominator)


def shares(values: Vector, zero: Number) -> Vector:
    total = zero
    for value in values:
        total = total + value
    return [value / total for value in values] if total > zero else list(values)


def column_shares(table: Matrix, zero: Number) -> Matrix:
    result = [list(row) for row in table]
    for j in range(len(table[0])):
        column = shares([row[j] for row in table], zero)
        for i, value in enumerate(column):
            result[i][j] = value
    return result


def supported(stake: Vector, scores: Vector, kappa: Number, zero: Number) -> Number:
    """Equation (3): the largest score that at least kappa of the stake gives or exceeds."""
    voters = sorted(
        ((scores[i], held) for i, held in enumerate(stake) if held > zero),
        key=lambda voter: voter[0],
        reverse=True,
    )
    if not voters:
        return zero
    total = zero
    for _, held in voters:
        total = total + held
    so_far = zero
    for score, held in voters:
        so_far = so_far + held
        # The chain sums from below and compares with what kappa leaves: the same, but for bits.
        if total - so_far <= total - kappa:
            return score
    return voters[-1][0]


def plain_epoch(
    stake: Sequence[Any],
    weights: Sequence[Sequence[Any]],
    bonds: Sequence[Sequence[Any]] | None,
    rules: Rules,
    number: Callable[[Any], Number] = float,
) -> dict[str, Any]:
    """The fields of `yuma.Epoch`, as lists. Liquid alpha works in floats only."""
    zero, one = number(0), number(1)
    rows, columns = range(len(weights)), range(len(weights[0]))
    kappa, beta = share(rules.kappa, number), share(rules.beta, number)
    rate = one - share(1 - rules.alpha, number)  # the chain keeps what stays, 0.9, not alpha
    held = shares(shares([number(s) for s in stake], zero), zero)
    given = [shares([number(w) for w in row], zero) for row in weights]
    before = [[zero for _ in columns] for _ in rows]
    if bonds is not None:
        before = [[number(b) for b in row] for row in bonds]

    consensus = [supported(held, [given[i][j] for i in rows], kappa, zero) for j in columns]
    clipped = [[min(given[i][j], consensus[j]) for j in columns] for i in rows]
    ranks, trust = [zero for _ in columns], [zero for _ in rows]
    for i in rows:
        for j in columns:
            ranks[j] = ranks[j] + held[i] * clipped[i][j]
            trust[i] = trust[i] + clipped[i][j]
    incentive = shares(ranks, zero)
    bought = clipped
    if rules.beta < 1:
        bought = [
            [given[i][j] + beta * (clipped[i][j] - given[i][j]) for j in columns] for i in rows
        ]

    if rules.version == 2:
        instant = column_shares([[held[i] * bought[i][j] for j in columns] for i in rows], zero)
        old = column_shares(before, zero)
        mixed = [[rate * instant[i][j] + (one - rate) * old[i][j] for j in columns] for i in rows]
        after = column_shares(mixed, zero)
        earning = after
    else:
        after = []
        for i in rows:
            row = []
            for j in columns:
                a = rate
                if rules.liquid is not None and any(consensus):
                    a = liquid_alpha(bought[i][j], before[i][j], consensus[j], rules)
                row.append(min((one - a) * before[i][j] + a * bought[i][j], one))
            after.append(row)
        earning = column_shares(after, zero)
    dividends = [zero for _ in rows]
    for i in rows:
        for j in columns:
            dividends[i] = dividends[i] + earning[i][j] * incentive[j]
        if rules.version == 3:
            dividends[i] = dividends[i] * held[i]
    return {
        "stake": held,
        "weights": given,
        "consensus": consensus,
        "clipped": clipped,
        "incentive": incentive,
        "trust": trust,
        "bonds": after,
        "dividends": shares(dividends, zero),
    }


def liquid_alpha(weight: float, bond: float, consensus: float, rules: Rules) -> float:
    """The alpha of one bond."""
    assert rules.liquid is not None
    low, high, steepness = rules.liquid.low, rules.liquid.high, rules.liquid.steepness
    apart = weight - consensus if weight >= bond else bond - weight
    apart = min(max(apart, 0.0), 1.0)
    power = min(max(-steepness * (apart - 0.5), -20.0), 20.0)
    return min(max(low + (high - low) / (1 + math.exp(power)), low), high)


def stored_u16(bonds: Matrix, version: int) -> list[list[int]]:
    """What the chain writes down of the bonds of an epoch in `Fixed`."""
    result = [[bond.as_u16() for bond in row] for row in bonds]
    if version == 2:
        for j in range(len(bonds[0])):
            most = max(row[j] for row in bonds)
            for i, row in enumerate(bonds):
                result[i][j] = (row[j] / most).as_u16() if most.raw else 0
    return result
