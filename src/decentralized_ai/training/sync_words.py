"""How fast many are together, in words."""

from __future__ import annotations

from ..quantities import digits


def speed(times: float) -> str:
    """Of all nodes together, in times one node alone."""
    if abs(times - 1) < 0.005:
        return "about as fast as one alone"
    if times < 0.001:
        return "slower than one alone, at less than a thousandth of its speed"
    if times < 1:
        return f"slower than one alone, at {digits(times)} of its speed"
    return f"{digits(times)} times as fast as one alone"
