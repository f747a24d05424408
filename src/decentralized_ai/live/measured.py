"""A plot of what this machine has just measured: shown in a notebook, and not stored in it.

Seconds differ from machine to machine and from run to run, so only the caption is kept.
"""

from __future__ import annotations

from typing import Any

from .plotting import Plot


class Measured(Plot):
    """`plot` as usual, then `Measured.of(plot)`."""

    @classmethod
    def of(cls, plot: Plot) -> Measured:
        return cls(plot.figure, plot.caption, plot.table)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(include, exclude)
        return {kind: shown for kind, shown in bundle.items() if kind != "text/html"}
