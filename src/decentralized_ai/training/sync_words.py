"""Seconds, bytes, shares and speeds in words: three digits, alike on every machine."""

from __future__ import annotations

TIMES = (
    (1e-6, "µs"),
    (1e-3, "ms"),
    (1.0, "s"),
    (60.0, "min"),
    (3600.0, "hours"),
    (86400.0, "days"),
)
SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def settled(value: float) -> float:
    """Without the last bits, in which two machines may differ."""
    return float(f"{value:.12g}")


def digits(value: float) -> str:
    """Three digits, more for large numbers: 0.0474, 1.40, 12.4, 1,017."""
    value = settled(value)
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}".rstrip(".")


def unit(seconds: float) -> tuple[float, str]:
    """The largest unit in which the time is at least two (one, up to seconds)."""
    fits = [(size, name) for size, name in TIMES if seconds >= size * (2 if size > 1 else 1)]
    return fits[-1] if fits else TIMES[0]


def duration(seconds: float) -> str:
    """Such as 4.41 s or 12.4 min."""
    size, name = unit(seconds)
    return f"{digits(seconds / size)} {name}" if seconds else "0 s"


def size(count: float) -> str:
    """Bytes, such as 2 GB."""
    for large, name in SIZES:
        if count >= large:
            return f"{digits(count / large)} {name}"
    return f"{digits(count)} bytes"


def percent(share: float) -> str:
    """Of 0 to 1; what is not quite nothing or all says so."""
    if share < 0.001:
        return "less than 0.1%"
    if 0.999 < share < 1:
        return "more than 99.9%"
    return f"{settled(100 * share):.3g}%"


def speed(times: float) -> str:
    """Of all nodes together, in times one node alone."""
    if abs(times - 1) < 0.005:
        return "about as fast as one alone"
    if times < 0.001:
        return "slower than one alone, at less than a thousandth of its speed"
    if times < 1:
        return f"slower than one alone, at {digits(times)} of its speed"
    return f"{digits(times)} times as fast as one alone"
