"""Bytes, seconds and published figures as a reader says them."""

from __future__ import annotations

from .compression_published import Published


def size_words(value: float) -> str:
    """Three digits, in the unit that leaves one to three of them before the point."""
    value = _settled(value)
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{_three(value / size)} {unit}"
    return f"{_three(value)} bytes"


def seconds_words(value: float) -> str:
    value = _settled(value)
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if value >= 2 * size:
            return f"{_three(value / size)} {unit}"
    return f"{_three(value)} s" if value >= 1 else f"{_three(value * 1000)} ms"


def times_words(value: float) -> str:
    """A ratio, to three digits."""
    return f"{_three(value)} times"


def published_words(item: Published) -> str:
    return (
        f"{item.what}: {item.figure:g} {item.unit} published, {_settled(item.ours):.4g} by our "
        f"count ({item.count}), {100 * _settled(item.error):+.1f}%."
    )


def _three(value: float) -> str:
    """Three significant digits, without an exponent."""
    value = float(f"{_settled(value):.3g}")
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _settled(value: float) -> float:
    """Without the last bits, in which two machines may differ."""
    return float(f"{value:.12g}")
