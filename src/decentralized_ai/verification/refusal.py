"""Why a verifier said no: one named error for each kind of bad proof.

A verifier here never answers False. It returns what it learned, or raises one of these, so that no
caller can forget to look at the answer.
"""

from __future__ import annotations

from typing import Any


class Refused(ValueError):
    """The proof does not convince. Every refusal is one of the classes below."""


class Malformed(Refused):
    """Not a proof at all: it cannot be read as one."""


class WrongType(Malformed):
    """A part of the proof is of another type than the protocol sends."""


class WrongLength(Malformed):
    """A part is missing or too much: a truncated proof, an extra round, another shape."""


class OutOfField(Malformed):
    """A number is not a canonical element of the field, 0 to p - 1.

    Accepting x + p for x would give one proof two spellings, which is a second proof for free.
    """


class WrongStatement(Refused):
    """A good proof, of something else: replayed, or bound to another request."""


class CheckFailed(Refused):
    """A well-formed proof of this statement that a check of the verifier finds false.

    `check` names it, in the words of the protocol; `round` counts from 0 where there are
    rounds (the message counts from 1).
    """

    def __init__(self, check: str, round: int | None = None):
        super().__init__(check if round is None else f"{check} (round {round + 1})")
        self.check, self.round = check, round


def expect(value: Any, kind: type | tuple[type, ...], name: str) -> Any:
    """`value`, if it is exactly of a type in `kind`: True is no int, and a dataclass without all
    of its fields is none. Raises WrongType."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    exact = any(type(value) is one for one in kinds)  # `in` would ask the type if it is equal
    fields = getattr(type(value), "__dataclass_fields__", None) if exact else None
    if not exact or (fields and not fields.keys() <= vars(value).keys()):
        wanted = " or ".join(k.__name__ for k in kinds)
        raise WrongType(f"{name} must be {wanted}, not {type(value).__name__}")
    return value


def expect_tuple(value: Any, length: int, name: str) -> tuple[Any, ...]:
    """`value`, if it is a tuple of `length`. Raises WrongType or WrongLength."""
    expect(value, tuple, name)
    if len(value) != length:
        raise WrongLength(f"{name} must have {length} entries, not {len(value)}")
    return value
