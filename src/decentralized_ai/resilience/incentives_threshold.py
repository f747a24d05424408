"""Waiting: when a machine that costs something to set up is switched on, and when off for good.

Dixit (1989): pay P moves as a geometric Brownian motion. Idle is worth B P^beta, working is worth
A P^-alpha + P / (rho - mu) - cost / rho. At the pay `enter` the two differ by the cost of setting
up, at the pay `stay` by nothing, and both times they touch smoothly.
"""

from __future__ import annotations

import math
from functools import lru_cache

DISCOUNT = 0.1 / 12  # a month
STEPS = 200


def roots(drift: float, swing: float, discount: float) -> tuple[float, float]:
    """(alpha, beta) > 0 such that -alpha and beta solve
    swing^2/2 x (x - 1) + drift x - discount = 0."""
    half = swing * swing / 2
    middle = (half - drift) / (2 * half)
    root = math.sqrt(middle * middle + discount / half)
    return root - middle, root + middle


def gap(
    pay: float, low: float, high: float, setup: float, swing: float, discount: float, drift: float
) -> tuple[float, float]:
    """Working less idle, and its slope, at a pay, if the two powers are chosen so that it is nought
    at `low` and `setup` at `high` (cost of running: 1)."""
    alpha, beta = roots(drift, swing, discount)
    perpetual = 1 / (discount - drift)
    # Powers of pay / high and of pay / low: neither grows beyond all bounds.
    r = low / high
    left = -(low * perpetual - 1 / discount)
    right = setup - (high * perpetual - 1 / discount)
    # a (P/low)^-alpha - b (P/high)^beta: at low a - b r^beta = left; at high a r^alpha - b = right
    fall, rise = r**alpha, r**beta
    b = (left * fall - right) / (1 - fall * rise)
    a = left + b * rise
    down, up = (pay / low) ** -alpha, (pay / high) ** beta
    value = a * down - b * up + pay * perpetual - 1 / discount
    slope = -alpha * a * down / pay - beta * b * up / pay + perpetual
    return value, slope


@lru_cache(maxsize=512)
def thresholds(
    setup: float, swing: float, discount: float = DISCOUNT, drift: float = 0.0
) -> tuple[float, float]:
    """(stay, enter): pay over running cost. setup: months of running cost. swing: standard
    deviation of the pay in a month. Without swing, or without setting up, the textbook's pair."""
    if setup < 0 or swing < 0 or discount <= drift or discount <= 0:
        raise ValueError(f"no such machine: {setup}, {swing}, {discount}, {drift}")
    if not setup or not swing:
        return 1.0, 1 + discount * setup
    low, high = 0.999, 1 + discount * setup
    for _ in range(STEPS):
        f, g = _slopes(low, high, setup, swing, discount, drift)
        h = 1e-6
        fl, gl = _slopes(low * (1 + h), high, setup, swing, discount, drift)
        fh, gh = _slopes(low, high * (1 + h), setup, swing, discount, drift)
        a, b, c, d = (fl - f) / h, (fh - f) / h, (gl - g) / h, (gh - g) / h
        det = a * d - b * c
        dl, dh = (-f * d + g * b) / det, (-g * a + f * c) / det
        size = min(1.0, 0.3 / max(abs(dl), abs(dh), 1e-300))
        low, high = low * math.exp(dl * size), high * math.exp(dh * size)
        low = min(low, 1 - 1e-9)
        high = max(high, 1 + discount * setup)
        if abs(dl) + abs(dh) < 1e-11:
            break
    # Six digits: the search's last bits are not the same on every machine.
    return float(f"{low:.6g}"), float(f"{high:.6g}")


def _slopes(
    low: float, high: float, setup: float, swing: float, discount: float, drift: float
) -> tuple[float, float]:
    """Smooth touching asks that both be nought."""
    at = (low, high, setup, swing, discount, drift)
    return gap(low, *at)[1], gap(high, *at)[1]
