"""Numbers with their units, and lists, as a reader says them: the same on every machine.

A number is rounded to some significant digits, and zeros that say nothing are left out. Before
that its last bits go, in which the exponentials of two machines may differ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

TIMES = (
    (1e-6, "µs"),
    (1e-3, "ms"),
    (1.0, "s"),
    (60.0, "min"),
    (3600.0, "hours"),
    (86_400.0, "days"),
    (31_557_600.0, "years"),  # of 365.25 days
)
SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
RATES = ((1e9, "Gb/s"), (1e6, "Mb/s"))


def settled(value: float) -> float:
    """Without the last bits: a number half-way between two printed ones is then printed alike on
    two machines."""
    return float(f"{value:.12g}")


def digits(value: float, count: int = 3) -> str:
    """`count` significant digits, or all before the point: 0.0474, 1.4, 12.4, 1,017."""
    value = settled(value)
    if not value:
        return "0"
    places = count - 1 - math.floor(math.log10(abs(value)))
    value = round(value, max(0, places))
    text = f"{value:,.{max(0, places)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def time_unit(seconds: float) -> tuple[float, str]:
    """Length in seconds and name of the largest unit in which the time is at least two (one, up
    to seconds)."""
    fits = [(size, name) for size, name in TIMES if seconds >= size * (2 if size > 1 else 1)]
    return fits[-1] if fits else TIMES[0]


def duration(seconds: float, count: int = 3) -> str:
    """Such as 4.41 s or 12.4 min."""
    size, name = time_unit(seconds)
    return f"{digits(seconds / size, count)} {name}" if seconds else "0 s"


def data_size(bytes_: float) -> str:
    """Such as 86.8 MB."""
    bytes_ = settled(bytes_)
    for large, name in SIZES:
        if bytes_ >= large:
            return f"{digits(bytes_ / large)} {name}"
    return f"{digits(bytes_)} bytes"


def bandwidth(bits_per_s: float, count: int = 3) -> str:
    """Such as 155 Gb/s."""
    unit, name = next((r for r in RATES if settled(bits_per_s) >= r[0]), RATES[-1])
    return f"{digits(bits_per_s / unit, count)} {name}"


def percent(share: float, least: float = 1e-3) -> str:
    """Of a share from 0 to 1. What is not quite nothing or all says so; below `least` it is only
    said to be less."""
    if 0 < share < least:
        return f"less than {digits(100 * least)}%"
    if 0.999 < share < 1:
        return "more than 99.9%"
    return f"{digits(100 * share)}%"


def listed(names: Sequence[str], last: str = "and") -> str:
    """At least one name, in a sentence: a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
