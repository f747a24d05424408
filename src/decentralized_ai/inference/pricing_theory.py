"""What theory says about prices: the closed forms to hold the rules and the market against."""

from __future__ import annotations

import math


def rejected_mean(sellers: int, units: int) -> float:
    """Mean price when `units` are bought at the first ask that is not needed, with costs drawn
    evenly from 0 to 1: the mean of the (units + 1)-th smallest of `sellers` such numbers."""
    return (units + 1) / (sellers + 1)


def first_price_ask(cost: float, sellers: int) -> float:
    """One unit, the winner is paid its own ask: what everybody asks in the equilibrium, with costs
    drawn evenly from 0 to 1. Honest would be `cost`."""
    return cost + (1 - cost) / sellers


def headroom_price(cost: float, running: float, target: float) -> float:
    """Where entry stops under a base fee, if all machines cost the same: working machines pay the
    rent of the idle ones. With a target of 1 it is the cost."""
    return running * cost + (1 - running) * cost / target


def overshoot(step: float = 0.125, target: float = 0.5) -> float:
    """How far the mean use under a bounded base fee can lie above its target at most, as a share of
    the target. The fee ends where it began, so the mean of log(1 + step x) over the rounds is 0,
    where x is the use above target over the target; full and empty rounds in turn get the most.
    Below a step of 1, with which one empty round would end the fee."""
    most = (1 - target) / target
    rise, fall = math.log(1 + step * most), -math.log(1 - step)
    full = fall / (rise + fall)
    return full * most - (1 - full)


def rounds_to_multiply(factor: float, step: float = 0.125, target: float = 0.5) -> int:
    """Full rounds that a base fee needs at least to be `factor` times as high."""
    rounds, fee = 0, 1.0
    while fee < factor:
        fee *= 1 + step * (1 - target) / target
        rounds += 1
    return rounds
