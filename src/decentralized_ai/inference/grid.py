"""Times on a grid, so that every machine counts alike.

`exp` and `log` may differ in their last bit from one C library to the next (a laptop's and a
browser's do). A simulation compares times all day, and one flipped comparison changes all that
follows. So every drawn number is rounded once to a multiple of a power of two. Sums of such
numbers, and products with whole numbers, are exact in floating point: nothing rounds after the
draw, and the same seed gives the same run everywhere. (Where sums are not on a grid, `math.fsum`
gives the same everywhere; `sum` does not: Python 3.12 made it more exact.)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

TIME = 2.0**-30  # seconds; sums are exact up to 2**23 s, about three months
PACE = 2.0**-24  # seconds per token
WORK = 2.0**-6  # tokens; WORK * PACE = TIME
LONGEST = 2.0**23


def on_grid(values: npt.ArrayLike, step: float) -> npt.NDArray[np.float64]:
    """`values` rounded to whole multiples of `step`, a power of two. Same shape, same unit."""
    return np.rint(np.asarray(values, dtype=float) / step) * step
