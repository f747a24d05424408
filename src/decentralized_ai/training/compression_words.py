"""Published figures beside ours, as a reader says them."""

from __future__ import annotations

from ..quantities import settled
from .compression_published import Published


def published_words(item: Published) -> str:
    return (
        f"{item.what}: {item.figure:g} {item.unit} published, {settled(item.ours):.4g} by our "
        f"count ({item.count}), {100 * settled(item.error):+.1f}%."
    )
