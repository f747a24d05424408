"""Arithmetic in a prime field, exact, on numpy arrays.

No product overflows. Elements are int64 between 0 and p - 1 with p < 2^31, so a product of two is
below 2^62. A sum of products could pass 2^63; `matmul` therefore cuts elements into a high and a
low half of 16 bits and multiplies the halves in float64, where each partial sum is a whole number
below 2^53: exact in any order of summation, on any machine, at the speed of BLAS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .refusal import OutOfField, WrongLength, WrongType, expect

Elements = npt.NDArray[np.int64]
EXACT = 2**53  # float64 holds every whole number up to here
HALF = 16  # bits


@dataclass(frozen=True)
class Field:
    """The integers modulo the prime `p`, 2 <= p < 2^31."""

    p: int

    def __post_init__(self) -> None:
        expect(self.p, int, "p")  # a number of numpy's would overflow in what follows
        if not 2 <= self.p < 2**31:
            raise ValueError(f"p must be a prime below 2^31, not {self.p}")
        if any(self.p % d == 0 for d in range(2, math.isqrt(self.p) + 1)):
            raise ValueError(f"{self.p} is not a prime")

    def array(self, values: Any) -> Elements:
        """Integers of any sign, reduced to 0 .. p - 1."""
        return np.asarray(values, dtype=np.int64) % self.p

    def add(self, a: Any, b: Any) -> Any:
        return (a + b) % self.p

    def sub(self, a: Any, b: Any) -> Any:
        return (a - b) % self.p

    def mul(self, a: Any, b: Any) -> Any:
        """Entry by entry; below 2^62 before the remainder is taken."""
        return a * b % self.p

    def inverse(self, a: int) -> int:
        """1 / a; ZeroDivisionError for 0."""
        if a % self.p == 0:
            raise ZeroDivisionError("0 has no inverse")
        return pow(int(a), -1, self.p)

    def matmul(self, a: Elements, b: Elements) -> Elements:
        """The product of a (..., n, k) and b (..., k, m), or of vectors, as numpy.matmul has it.

        k may be up to 2^20: then k * 2^32, the largest partial sum, is below 2^53.
        """
        terms = a.shape[-1]
        if terms * (self.p - 1) ** 2 < EXACT:
            return self._exact(a, b)
        if terms > 2**20:
            raise ValueError(f"a sum of {terms} products would not be exact")
        low = (1 << HALF) - 1
        a1, a0, b1, b0 = a >> HALF, a & low, b >> HALF, b & low
        top = self._exact(a1, b1) * (2 ** (2 * HALF) % self.p)
        middle = (self._exact(a1, b0) + self._exact(a0, b1)) % self.p * 2**HALF
        return (top + middle + self._exact(a0, b0)) % self.p

    def _exact(self, a: Elements, b: Elements) -> Elements:
        product = np.matmul(a.astype(np.float64), b.astype(np.float64))
        return np.asarray(product).astype(np.int64) % self.p

    def random(self, rng: np.random.Generator, shape: int | tuple[int, ...]) -> Elements:
        """Uniform elements."""
        return rng.integers(0, self.p, shape, dtype=np.int64)

    def element(self, value: Any, name: str) -> int:
        """A number out of an untrusted proof. Raises WrongType or OutOfField."""
        expect(value, int, name)
        if not 0 <= value < self.p:
            raise OutOfField(f"{name} must be 0 to {self.p - 1}")
        return int(value)

    def elements(self, value: Any, shape: tuple[int, ...], name: str) -> Elements:
        """An array out of an untrusted proof. Raises WrongType, WrongLength or OutOfField."""
        expect(value, np.ndarray, name)
        if value.dtype != np.int64:
            raise WrongType(f"an entry of {name} must be int64, not {value.dtype}")
        if value.shape != shape:
            raise WrongLength(f"{name} must have the shape {shape}, not {value.shape}")
        if value.size and not (value.min() >= 0 and value.max() < self.p):
            raise OutOfField(f"{name} must hold 0 to {self.p - 1}")
        return value


def kept(matrix: Any, name: str) -> Any:
    """A copy of an array that nobody writes to: what was hashed is then what is checked."""
    copy = expect(matrix, np.ndarray, name).copy()
    copy.flags.writeable = False
    return copy


MERSENNE31 = Field(2**31 - 1)  # the largest prime that fits
