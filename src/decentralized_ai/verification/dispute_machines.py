"""A training run in steps that every machine computes alike, and one in float32 that need not be.

Whole numbers: weights and data are fixed-point with 10 bits after the point, in int64. No sum
overflows: admitted entries are below 2^40 and data below 2^12, so a product is below 2^52, and 32
of them below 2^57. Integer sums are the same in any order, so all parties agree to the last bit.

float32: the same training with rounding after each operation. The result then depends on the order
of the sums, and each order is written out here (no library decides it).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .dispute import Machine, State
from .refusal import OutOfField, WrongLength, WrongType, expect
from .wire import digest

Floats = npt.NDArray[np.float32]
ROWS, BATCH, FEATURES = 128, 32, 16  # data, rows an update, weights
OPERATIONS = 2 * BATCH * FEATURES  # multiply-adds in an update
POINT, RATE = 10, 19  # bits: after the point; by which a gradient is shifted (mean of 32 rows / 16)
LIMIT, LARGEST = 2**40, 2**15  # of an admitted entry, of a weight


def admitted(state: Any, size: int, dtype: Any, limit: float) -> State:
    """`state`, if it is `size` finite numbers of `dtype` no larger than `limit`. Raises Refused."""
    expect(state, np.ndarray, "a state")
    if state.dtype != dtype:
        raise WrongType(f"a state holds {np.dtype(dtype)}")
    if state.shape != (size,):
        raise WrongLength(f"a state holds {size} numbers here")
    if not bool(np.all((state >= -limit) & (state <= limit))):
        raise OutOfField("no run comes to such a state")
    return np.asarray(state)


# --- The orders of a sum over the first axis --------------------------------------------------


def forward(terms: Any) -> Any:
    """((a + b) + c) + d: what a plain loop does."""
    return np.add.accumulate(terms, axis=0)[-1]  # each partial sum is an output: no other order


def backward(terms: Any) -> Any:
    """((d + c) + b) + a."""
    return forward(terms[::-1])


def pairwise(terms: Any) -> Any:
    """(a + b) + (c + d): neighbours, then neighbours of the sums. A power of two of terms."""
    while len(terms) > 1:
        terms = terms[0::2] + terms[1::2]
    return terms[0]


def blocked(terms: Any) -> Any:
    """Blocks of 8, each forward, then the blocks' sums forward."""
    return forward(np.stack([forward(terms[i : i + 8]) for i in range(0, len(terms), 8)]))


ORDERS: dict[str, Callable[[Any], Any]] = {
    "forward": forward,
    "backward": backward,
    "pairwise": pairwise,
    "blocked": blocked,
}


# --- The training run -------------------------------------------------------------------------


@dataclass(frozen=True)
class Training:
    """Linear regression by stochastic gradient descent. State: the 16 weights.

    floats: float32 instead of whole numbers. order: how it sums (for whole numbers: no matter).
    coarse: the data rounded to 4 bits after the point, as a party does that saves work.
    """

    steps: int
    seed: int = 0
    floats: bool = False
    order: str = "forward"
    coarse: bool = False

    @cached_property
    def data(self) -> tuple[Any, Any]:
        """(ROWS, FEATURES) and (ROWS,): fixed-point int64, or the same numbers as float32."""
        rng = np.random.default_rng([self.seed, 61])
        x = rng.integers(-(2**11), 2**11, (ROWS, FEATURES))
        hidden = rng.integers(-(2**11), 2**11, FEATURES)
        y = (x @ hidden >> POINT) + rng.integers(-64, 65, ROWS)
        if self.coarse:
            x = x >> 6 << 6
        if self.floats:
            unit = np.float32(2**POINT)
            return x.astype(np.float32) / unit, y.astype(np.float32) / unit
        return x, y

    @cached_property
    def program(self) -> bytes:
        # The order is no part of it: two parties may run the same program in different orders.
        return digest("training run", self.floats, *self.data)

    def start(self) -> State:
        """Small random weights."""
        whole = np.random.default_rng([self.seed, 62]).integers(-512, 513, FEATURES)
        return whole.astype(np.float32) / np.float32(2**POINT) if self.floats else whole

    def admit(self, index: int, state: Any) -> State:
        kind = np.float32 if self.floats else np.int64
        return admitted(state, FEATURES, kind, LARGEST)

    def batch(self, index: int) -> tuple[Any, Any]:
        rows = slice(BATCH * index % ROWS, BATCH * index % ROWS + BATCH)
        return self.data[0][rows], self.data[1][rows]

    def step(self, index: int, state: State) -> State:
        """One update: predict 32 rows, go down the gradient."""
        x, y = self.batch(index)
        if self.floats:
            add = ORDERS[self.order]
            error = add((x * state).T) - y
            return clipped32(state - add(x * error[:, None]) * np.float32(2.0**-9))
        error = (x @ state >> POINT) - y
        return np.minimum(np.maximum(state - (error @ x >> RATE), -LARGEST), LARGEST)

    def inside(self, index: int) -> Machine:
        return Update(self, index)


def clipped32(weights: Floats) -> Floats:
    top = np.float32(LARGEST)
    return np.minimum(np.maximum(weights, -top), top)


@dataclass(frozen=True)
class Update:
    """Inside one update: 1,024 multiply-adds, in the forward order.

    State 0 and the last are weights. Between: 16 weights, 32 errors, 16 gradients. Operation t
    below 512 adds data x weight to the error of a row; the others add error x data to a gradient.
    The last addition to an error subtracts the wanted value, the last to a gradient makes it the
    new weight.
    """

    training: Training
    index: int
    steps: int = OPERATIONS

    @property
    def program(self) -> bytes:
        return digest("inside an update", self.training.program, self.index)

    def admit(self, index: int, state: Any) -> State:
        if index in (0, self.steps):
            return self.training.admit(self.index, state)
        kind = np.float32 if self.training.floats else np.int64
        return admitted(state, 2 * FEATURES + BATCH, kind, LIMIT)

    def step(self, index: int, state: State) -> State:
        x, y = self.training.batch(self.index)
        if index == 0:
            state = np.concatenate([state, np.zeros(BATCH + FEATURES, dtype=state.dtype)])
        else:
            state = state.copy()
        floats = self.training.floats
        if index < self.steps // 2:
            row, j = divmod(index, FEATURES)
            place = FEATURES + row
            state[place] += x[row, j] * state[j]
            if j == FEATURES - 1:
                state[place] = (state[place] if floats else state[place] >> POINT) - y[row]
            return state
        j, row = divmod(index - self.steps // 2, BATCH)
        place = FEATURES + BATCH + j
        state[place] += x[row, j] * state[FEATURES + row]
        if row == BATCH - 1:
            down = state[place] * np.float32(2.0**-9) if floats else state[place] >> RATE
            state[place] = min(max(state[j] - down, -LARGEST), LARGEST)
        return state[-FEATURES:].copy() if index == self.steps - 1 else state

    def inside(self, index: int) -> None:
        return None
