"""One comparison of a model with something its authors did not write."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """model: what was tested. against: what it was held against. source: a key of
    book/references.bib, or a file. error: what was measured now, in the unit of `tolerance`.
    why: what the tolerance is made of. test: the pytest node that asserts error <= tolerance."""

    model: str
    against: str
    source: str
    error: float
    tolerance: float
    why: str
    test: str

    @property
    def passed(self) -> bool:
        return self.error <= self.tolerance


def all_checks() -> list[Check]:
    """The checks of every module of this package that has a function `checks`, by module name."""
    package = __name__.rpartition(".")[0]
    path = importlib.import_module(package).__path__
    found: list[Check] = []
    for name in sorted(module.name for module in pkgutil.iter_modules(path)):
        checks = getattr(importlib.import_module(f"{package}.{name}"), "checks", None)
        if checks is not None:
            found += checks()
    return found
