"""Bills of one provider and of many operators: laws, and break-even against a search."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.inference.batching import MEASURED, curve
from decentralized_ai.inference.batching_hardware import GPUS, MODELS, RENTS, WORKS
from decentralized_ai.inference.batching_market import TICKS, Side, break_even, closed_form
from decentralized_ai.validation.batching import gap, searched

CURVES = {
    key: curve(gpu, MODELS["qwen3_8b"], WORKS["chat"], MEASURED, 20) for key, gpu in GPUS.items()
}
cards = st.sampled_from(list(GPUS))
parts = st.integers(5, 200)


@st.composite
def two_sides(draw: st.DrawFn) -> tuple[Side, Side]:
    mine, theirs = draw(cards), draw(cards)
    operators = draw(st.sampled_from((1, 2, 3, 7, 16, 64)))
    return (
        Side(CURVES[mine], 1, RENTS["secure"][mine] * draw(parts)),
        Side(CURVES[theirs], operators, RENTS["secure"][theirs] * draw(parts)),
    )


@settings(max_examples=150, deadline=None)
@given(two_sides())
def test_break_even_against_a_search(sides: tuple[Side, Side]) -> None:
    assert gap(*sides, 3e5) <= 1e-6


@settings(max_examples=150, deadline=None)
@given(two_sides())
def test_the_closed_form_is_right_up_to_one_machine(sides: tuple[Side, Side]) -> None:
    """N x their rent over the provider's, times its capacity. Machines come whole, so the true
    break-even lies below it by one provider's machine at most."""
    provider, market = sides
    smooth = closed_form(provider, market)
    if smooth is None:
        assert market.floor() > provider.floor()
        return
    by_hand = (
        market.operators * market.machine_rent / provider.machine_rent * provider.curve.capacity
    )
    assert smooth == pytest.approx(by_hand, rel=1e-12)
    even = break_even(provider, market, 1e9)
    assert even is not None
    assert -1e-9 <= (smooth - even) / provider.curve.capacity <= 1 + 1e-9


@settings(max_examples=150, deadline=None)
@given(two_sides(), st.floats(1, 1e6))
def test_a_bill_is_whole_machines_at_their_rent(sides: tuple[Side, Side], demand: float) -> None:
    for side in sides:
        count = side.machines(demand)
        assert count % side.operators == 0 and count >= side.operators
        assert count * side.curve.capacity >= demand * (1 - 1e-9)
        least = (count - side.operators) * side.curve.capacity
        assert count == side.operators or least < demand * (1 + 1e-9)
        dollars = count * side.rent / TICKS * side.curve.machine.cards
        assert side.cost(demand) * demand * 3600 / 1e6 == pytest.approx(dollars, rel=1e-12)
        assert side.cost(demand) >= side.floor() * (1 - 1e-9)


@settings(max_examples=100, deadline=None)
@given(cards, st.sampled_from((2, 4, 16, 256)), st.floats(1, 1e6))
def test_scattering_over_equal_cards_is_never_cheaper(
    card: str, operators: int, demand: float
) -> None:
    """And costs `operators` times as much while one card would do."""
    one, many = (Side(CURVES[card], n, RENTS["secure"][card] * 100) for n in (1, operators))
    assert many.bill(demand) >= one.bill(demand)
    if demand < one.curve.capacity * (1 - 1e-9):
        assert many.bill(demand) == operators * one.bill(demand)


def test_with_one_equal_operator_there_is_nothing_to_even_out() -> None:
    one = Side(CURVES["h100"], 1, 1)
    assert break_even(one, Side(CURVES["h100"], 1, 1), 1e6) == 0.0
    assert break_even(one, Side(CURVES["h100"], 1, 2), 1e4) is None
    assert searched(one, Side(CURVES["h100"], 1, 2), 1e4) == math.inf
