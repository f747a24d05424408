"""When to switch on and off: Dixit's equations, and a machine that decides month by month."""

from __future__ import annotations

import math

import numpy as np
import pytest

from decentralized_ai.resilience.incentives_threshold import DISCOUNT, gap, roots, thresholds

MACHINES = [(k, s / math.sqrt(12)) for k in (3.0, 12.0, 48.0) for s in (0.2, 0.5, 1.0)]


@pytest.mark.parametrize(("setup", "swing"), MACHINES)
def test_the_two_thresholds_solve_the_published_equations(setup: float, swing: float) -> None:
    """Value matching and smooth pasting, with the two free powers found here from the values and
    checked by the slopes. Tolerance: the thresholds have six digits."""
    low, high = thresholds(setup, swing)
    alpha, beta = roots(0.0, swing, DISCOUNT)
    for x in (-alpha, beta):
        assert swing**2 / 2 * x * (x - 1) == pytest.approx(DISCOUNT, rel=1e-9)
    powers = np.array([[low**-alpha, -(low**beta)], [high**-alpha, -(high**beta)]])
    values = np.array([0.0 - (low - 1) / DISCOUNT, setup - (high - 1) / DISCOUNT])
    a, b = np.linalg.solve(powers, values)
    assert a > 0 and b > 0  # the right to switch off, and the right to switch on
    for pay in (low, high):
        slope = -alpha * a * pay ** (-alpha - 1) - beta * b * pay ** (beta - 1) + 1 / DISCOUNT
        assert abs(slope) * DISCOUNT < 2e-5


def decided(setup: float, swing: float, points: int = 401) -> tuple[float, float]:
    """The same machine, on a grid of pays, with no formula for its value: policy iteration on a
    walk that goes up or down one point at a time."""
    log_pay = np.linspace(-3.2, 3.2, points)
    step = log_pay[1] - log_pay[0]
    pay = np.exp(log_pay)
    drift = -(swing**2) / 2  # of the logarithm, if the pay itself has none
    up = (swing**2 / step**2 + drift / step) / 2
    down = (swing**2 / step**2 - drift / step) / 2
    move = np.zeros((points, points))
    for i in range(points):
        move[i, min(i + 1, points - 1)] += up
        move[i, max(i - 1, 0)] += down
        move[i, i] -= up + down
    wait = DISCOUNT * np.eye(points) - move
    leave, join = pay < 0.2, pay > 5.0
    for _ in range(60):
        both = np.zeros((2 * points, 2 * points))
        right = np.concatenate([np.zeros(points), pay - 1])
        both[:points, :points], both[points:, points:] = wait, wait
        for i in np.nonzero(join)[0]:  # idle, and better on
            both[i], right[i] = 0, -setup
            both[i, i], both[i, points + i] = 1, -1
        for i in np.nonzero(leave)[0]:  # working, and better off
            both[points + i], right[points + i] = 0, 0
            both[points + i, points + i], both[points + i, i] = 1, -1
        value = np.linalg.solve(both, right)
        idle, working = value[:points], value[points:]
        # One step of waiting against acting, at every point.
        idles = (move @ idle + (up + down) * idle) / (DISCOUNT + up + down)
        works = (move @ working + (up + down) * working + pay - 1) / (DISCOUNT + up + down)
        new_leave, new_join = idle > works + 1e-9, working - setup > idles + 1e-9
        if np.array_equal(new_leave, leave) and np.array_equal(new_join, join):
            break
        leave, join = new_leave, new_join
    return float(pay[leave].max()), float(pay[join].min())


@pytest.mark.parametrize(("setup", "swing"), [(12.0, 0.2 / 12**0.5), (6.0, 0.5 / 12**0.5)])
def test_a_machine_that_only_compares_finds_the_same(setup: float, swing: float) -> None:
    """Points of the grid lie 1.6% apart, and the walk is one on points: two of them."""
    low, high = decided(setup, swing)
    assert low == pytest.approx(thresholds(setup, swing)[0], rel=0.033)
    assert high == pytest.approx(thresholds(setup, swing)[1], rel=0.033)


def test_a_narrow_band_opens_with_the_cube_root() -> None:
    """Value matching is smooth to the third order where the band is narrow, so even the smallest
    cost of setting up opens a wide one, as its cube root. Eight times the cost, twice the band;
    tolerance 2%, for costs that are not quite nothing."""
    swing = 0.5 / math.sqrt(12)
    widths = [math.log(h / low) for low, h in (thresholds(k, swing) for k in (0.001, 0.008))]
    assert widths[1] / widths[0] == pytest.approx(2, rel=0.02)


def test_without_swings_the_textbook_is_right() -> None:
    assert thresholds(12.0, 0.0) == (1.0, 1 + 12 * DISCOUNT)
    assert thresholds(0.0, 0.3) == (1.0, 1.0)
    low, high = thresholds(12.0, 1e-3)
    assert 0.985 < low < 1 and 1 + 12 * DISCOUNT < high < 1.12


def test_more_swing_and_dearer_machines_widen_the_band() -> None:
    for setup in (3.0, 12.0):
        lows, highs = zip(*(thresholds(setup, s / 12**0.5) for s in (0.1, 0.4, 1.0)), strict=True)
        assert list(lows) == sorted(lows, reverse=True) and list(highs) == sorted(highs)
    lows, highs = zip(*(thresholds(k, 0.1) for k in (1.0, 6.0, 48.0)), strict=True)
    assert list(lows) == sorted(lows, reverse=True) and list(highs) == sorted(highs)


def test_value_and_slope_belong_together() -> None:
    low, high = thresholds(12.0, 0.1)
    at = (low, high, 12.0, 0.1, DISCOUNT, 0.0)
    h = 1e-6
    slope = (gap(1 + h, *at)[0] - gap(1 - h, *at)[0]) / (2 * h)
    assert gap(1.0, *at)[1] == pytest.approx(slope, rel=1e-6)


def test_what_makes_no_sense_is_refused() -> None:
    for bad in ((-1.0, 0.1), (1.0, -0.1), (1.0, 0.1, 0.0), (1.0, 0.1, 0.01, 0.02)):
        with pytest.raises(ValueError):
            thresholds(*bad)
