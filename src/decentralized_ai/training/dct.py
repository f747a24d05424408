"""The discrete cosine transform of a tensor, chunk by chunk, as DeMo uses it."""

from __future__ import annotations

from functools import cache

import numpy as np

from .compress_bits import Floats


@cache
def basis(n: int) -> Floats:
    """(n, n), orthonormal; column k is the k-th cosine of the DCT-II. Read-only."""
    i, k = np.arange(n)[:, None], np.arange(n)[None, :]
    cosines = np.sqrt(2 / n) * np.cos(np.pi * (2 * i + 1) * k / (2 * n))
    cosines[:, 0] /= np.sqrt(2)
    cosines.setflags(write=False)
    return cosines


@cache
def side(length: int, chunk: int) -> int:
    """The largest divisor of `length` that is at most `chunk`: a chunk never stands over."""
    return max(n for n in range(1, min(length, chunk) + 1) if length % n == 0)


def chunk_shape(shape: tuple[int, ...], chunk: int) -> tuple[int, ...]:
    return tuple(side(length, chunk) for length in shape)


def transform(x: Floats, chunk: int) -> Floats:
    """The chunks of a vector or matrix, transformed: (chunks, values in a chunk), in the order of
    the chunks' rows and columns. Raises ValueError for more than two dimensions."""
    if x.ndim == 1:
        n = side(len(x), chunk)
        return x.reshape(-1, n) @ basis(n).astype(x.dtype)
    if x.ndim != 2:
        raise ValueError(f"a vector or a matrix, not {x.ndim} dimensions")
    n, m = chunk_shape(x.shape, chunk)
    blocks = x.reshape(x.shape[0] // n, n, x.shape[1] // m, m).swapaxes(1, 2)
    turned = basis(n).T.astype(x.dtype) @ blocks @ basis(m).astype(x.dtype)
    return turned.reshape(-1, n * m)


def back(coefficients: Floats, shape: tuple[int, ...], chunk: int) -> Floats:
    """The tensor of this shape whose transform is `coefficients`."""
    kind = coefficients.dtype
    if len(shape) == 1:
        n = side(shape[0], chunk)
        return (coefficients @ basis(n).T.astype(kind)).reshape(shape)
    n, m = chunk_shape(shape, chunk)
    blocks = coefficients.reshape(shape[0] // n, shape[1] // m, n, m)
    turned = basis(n).astype(kind) @ blocks @ basis(m).T.astype(kind)
    return turned.swapaxes(1, 2).reshape(shape)
