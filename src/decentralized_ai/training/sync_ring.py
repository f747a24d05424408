"""A ring all-reduce that really passes pieces round: what the animation plays and the tests add up.

Each node cuts its array into n pieces. For n - 1 steps everybody sends one piece to the next node,
which adds it to its own; then every piece has been through all nodes, and one node holds its sum.
For n - 1 further steps the sums go round, and replace what was there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def schedule(nodes: int) -> list[list[int]]:
    """For each of the 2(n-1) steps, the piece that node 0, 1, ... sends to the node after it.

    In the first n - 1 steps the receiver adds, in the others it replaces.
    """
    adding = [[(i - step) % nodes for i in range(nodes)] for step in range(nodes - 1)]
    copying = [[(i + 1 - step) % nodes for i in range(nodes)] for step in range(nodes - 1)]
    return adding + copying


def ring_all_reduce(arrays: Sequence[Floats]) -> tuple[list[Floats], list[int]]:
    """What every node holds in the end, and how many bytes each one sent.

    arrays: one of shape (d,) for each node; pieces may differ in length by one number.
    """
    nodes = len(arrays)
    held = [np.array_split(np.array(array), nodes) for array in arrays]
    sent = [0] * nodes
    for step, pieces in enumerate(schedule(nodes)):
        # Everybody sends at once: copies first, so that nobody passes on what has just arrived.
        messages = [held[i][piece].copy() for i, piece in enumerate(pieces)]
        for i, (piece, message) in enumerate(zip(pieces, messages, strict=True)):
            after = (i + 1) % nodes
            held[after][piece] = message + (held[after][piece] if step < nodes - 1 else 0)
            sent[i] += message.nbytes
    return [np.concatenate(pieces) for pieces in held], sent
