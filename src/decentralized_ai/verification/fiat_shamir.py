"""Challenges from a hash of everything said so far, so that no verifier needs to be present.

Fiat and Shamir 1986. Secure only if the hash covers the statement too, and all messages before the
challenge: else a prover tries statements or messages until the challenge suits it.
"""

from __future__ import annotations

from typing import Any

from .field import Field
from .wire import digest


class Transcript:
    """What prover and verifier both saw. Absorb each message; draw challenges from all of them."""

    def __init__(self, protocol: str):
        self._state = digest("transcript", protocol)

    def absorb(self, label: str, value: Any) -> None:
        """Add a message. `value` is anything that wire.encode can spell."""
        self._state = digest("absorb", self._state, label, value)

    def challenge(self, label: str, field: Field, count: int) -> tuple[int, ...]:
        """`count` elements, uniform over the field if SHA-256 behaves like a random function."""
        found: list[int] = []
        tries = 0
        # 2^64 is no multiple of p: draws above the last multiple are thrown away, not folded in.
        limit = 2**64 - 2**64 % field.p
        while len(found) < count:
            draw = int.from_bytes(digest("draw", self._state, label, tries)[:8], "big")
            tries += 1
            if draw < limit:
                found.append(draw % field.p)
        self.absorb(f"challenge {label}", tuple(found))
        return tuple(found)
