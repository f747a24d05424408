"""What a dispute costs, from its size alone: no hash is computed here.

Rounds are at most ceil(log_k T) at each level. A round opens at most k - 1 hashes a party, each
with at most ceil(log2(T + 1)) hashes beside it, so bytes grow as k log_k(T) log2(T).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .dispute import Question, rounds_needed, split
from .wire import encode

HASH = b"\x00" * 32


@dataclass(frozen=True)
class Forecast:
    """Of a dispute that is fought to its end between parties that answer well."""

    rounds: int
    messages: int
    bytes_in: int
    bytes_out: int
    hashes: int


def path_length(index: int, count: int) -> int:
    """Hashes beside the path of leaf `index` of `count` (RFC 6962, section 2.1.1)."""
    if count == 1:
        return 0
    half = 1 << (count - 1).bit_length() - 1  # the largest power of two below count
    return 1 + (
        path_length(index, half) if index < half else path_length(index - half, count - half)
    )


def forecast(sizes: Sequence[int], at: Sequence[int], arity: int, state: int) -> Forecast:
    """sizes: the steps of each level. at: the disputed step in each. state: bytes of the message
    with the last state."""
    rounds = hashes = inward = outward = messages = 0
    for depth, (steps, step) in enumerate(zip(sizes, at, strict=True)):
        path, count = tuple(at[:depth]), steps + 1
        asked = [Question("commit", path)]
        replies = [("commit", HASH, count, HASH, *(_dummy(i, count) for i in (0, steps)))]
        low, high = 0, steps
        while high - low > 1:
            points = split(low, high, arity)
            asked.append(Question("open", path, points))
            replies.append(tuple(_dummy(i, count) for i in points))
            low = max([low, *(point for point in points if point <= step)])
            high = min([high, *(point for point in points if point > step)])
            rounds += 1
            hashes += 2 * sum(1 + path_length(i, count) for i in points)
        hashes += 2 * sum(1 + path_length(i, count) for i in (0, steps))
        messages += 2 * len(asked)
        outward += 2 * sum(len(question.encode()) for question in asked)
        inward += 2 * sum(len(encode(reply)) for reply in replies)
    last = Question("state", tuple(at[:-1]), (at[-1],))
    return Forecast(rounds, messages + 1, inward + state, outward + len(last.encode()), hashes + 2)


def most_rounds(sizes: Sequence[int], arity: int) -> int:
    return sum(rounds_needed(steps, arity) for steps in sizes)


def _dummy(index: int, count: int) -> tuple[int, bytes, tuple[bytes, ...]]:
    return index, HASH, (HASH,) * path_length(index, count)
