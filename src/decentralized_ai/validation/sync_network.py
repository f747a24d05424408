"""A network that carries messages one by one, and knows none of the formulas of training/.

Every node can send at `up` and receive at `down` bytes a second, both at once. Messages that share
an end share its rate, max-min fairly (Bertsekas and Gallager, Data Networks, 6.5.2): nobody gets
more while somebody with less could. A message starts once those that it needs have arrived; its
latency passes, then its bytes flow. From one event to the next all rates stand still.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..training.sync_ring import schedule


@dataclass(frozen=True)
class Message:
    """from_, to: nodes. needs: positions of messages that have to arrive before this one starts."""

    from_: int
    to: int
    size: float
    needs: tuple[int, ...] = ()


def play(
    messages: Sequence[Message], up: Sequence[float], down: Sequence[float], latency: float
) -> list[float]:
    """When each message has arrived, in seconds."""
    arrived: dict[int, float] = {}
    waiting = {i: len(message.needs) for i, message in enumerate(messages)}
    unlocks: dict[int, list[int]] = {}
    for i, message in enumerate(messages):
        for need in message.needs:
            unlocks.setdefault(need, []).append(i)
    begins = {i: latency for i, count in waiting.items() if count == 0}  # flows from then on
    left: dict[int, float] = {}
    now = 0.0
    while len(arrived) < len(messages):
        rates = _fair(messages, left, up, down)
        events = [*begins.values(), *(now + left[i] / rates[i] for i in left)]
        then = min(events)
        ended = [i for i in left if now + left[i] / rates[i] <= then * (1 + 1e-13)]
        for i in left:
            left[i] -= rates[i] * (then - now)
        now = then
        for i in [i for i, at in begins.items() if at <= now]:
            left[i] = messages[i].size
            del begins[i]
        for i in ended:
            arrived[i] = now
            del left[i]
            for later in unlocks.get(i, []):
                waiting[later] -= 1
                if waiting[later] == 0:
                    begins[later] = now + latency
    return [arrived[i] for i in range(len(messages))]


def _fair(
    messages: Sequence[Message],
    flowing: dict[int, float],
    up: Sequence[float],
    down: Sequence[float],
) -> dict[int, float]:
    """Progressive filling: the tightest end fixes the rate of its messages, then the next."""
    room: dict[tuple[str, int], float] = {}
    users: dict[tuple[str, int], set[int]] = {}
    for i in flowing:
        for end in (("up", messages[i].from_), ("down", messages[i].to)):
            room.setdefault(end, (up if end[0] == "up" else down)[end[1]])
            users.setdefault(end, set()).add(i)
    rates: dict[int, float] = {}
    while users:
        tightest = min(users, key=lambda end: room[end] / len(users[end]))
        share = room[tightest] / len(users[tightest])
        for i in list(users[tightest]):
            rates[i] = share
            for end in (("up", messages[i].from_), ("down", messages[i].to)):
                users[end].discard(i)
                room[end] -= share
        users = {end: left for end, left in users.items() if left}
    return rates


def ring(nodes: int, size: float) -> list[Message]:
    """The messages of training/sync_ring.py; each needs the one that the sender got before."""
    messages: list[Message] = []
    for step in range(len(schedule(nodes))):
        for i in range(nodes):
            before = (step - 1) * nodes
            # A node sends one message at a time, and passes on what has just arrived.
            needs = (before + i, before + (i - 1) % nodes) if step else ()
            messages.append(Message(i, (i + 1) % nodes, size / nodes, tuple(sorted(set(needs)))))
    return messages


def tree(nodes: int, size: float) -> list[Message]:
    """Up a binomial tree to node 0 and down again; a node takes part in one message at a time."""
    messages: list[Message] = []
    last: dict[int, int] = {}  # the message in which a node took part last
    levels = range((nodes - 1).bit_length())
    hops = [(i + 2**k, i) for k in levels for i in range(0, nodes - 2**k, 2 ** (k + 1))]
    for child, parent in hops + [(parent, child) for child, parent in reversed(hops)]:
        needs = {last[end] for end in (child, parent) if end in last}
        messages.append(Message(child, parent, size, tuple(sorted(needs))))
        last[child] = last[parent] = len(messages) - 1
    return messages


def server(nodes: int, size: float) -> list[Message]:
    """All to node 0, which adds up once it has everything, and back."""
    there = [Message(i, 0, size) for i in range(1, nodes)]
    return there + [Message(0, i, size, tuple(range(nodes - 1))) for i in range(1, nodes)]


def all_to_all(nodes: int, size: float) -> list[Message]:
    """Everybody to everybody, all at once."""
    return [Message(i, j, size) for i in range(nodes) for j in range(nodes) if i != j]


def bucket(nodes: int, size: float) -> list[Message]:
    """All to a store (node number `nodes`), then from there to all the others."""
    there = [Message(i, nodes, size) for i in range(nodes)]
    back = [
        Message(nodes, i, size, tuple(range(nodes)))
        for i in range(nodes)
        for j in range(nodes)
        if i != j
    ]
    return there + back


def butterfly(shares: Sequence[float], size: float, slices: int) -> list[Message]:
    """Node j adds up the share w_j, slice by slice: it returns a sum while it gets the next slice.

    With more and finer slices the seconds approach those of the formula, from above.
    """
    nodes = len(shares)
    messages: list[Message] = []
    before: dict[tuple[str, int, int], int] = {}  # one slice at a time on each path
    for _ in range(slices):
        for owner, share in enumerate(shares):
            if share == 0:
                continue
            piece, got = share * size / slices, []
            for i in range(nodes):
                if i != owner:
                    earlier = before.get(("in", i, owner))
                    messages.append(Message(i, owner, piece, () if earlier is None else (earlier,)))
                    got.append(len(messages) - 1)
                    before["in", i, owner] = len(messages) - 1
            for i in range(nodes):
                if i != owner:
                    earlier = before.get(("out", owner, i))
                    needs = (*got, *(() if earlier is None else (earlier,)))
                    messages.append(Message(owner, i, piece, needs))
                    before["out", owner, i] = len(messages) - 1
    return messages
