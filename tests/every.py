"""Every setting that a demo's controls allow, drawn by hypothesis or by a seeded generator."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from decentralized_ai.contract import Control, Demo, Grid, MultiChoice


def values(control: Control) -> st.SearchStrategy[Any]:
    """Every value of a control, as its `parse` returns it."""
    if isinstance(control, MultiChoice):
        some = st.lists(
            st.sampled_from(list(control.options)), min_size=1, max_size=control.most, unique=True
        )
        return some.map(control.parse)
    if isinstance(control, Grid):
        cells = st.integers(control.low, control.high)
        return st.lists(cells, min_size=control.size, max_size=control.size).map(tuple)
    return st.sampled_from(control.values())


def setting(demo: Demo) -> st.SearchStrategy[dict[str, Any]]:
    """Every full setting of a demo."""
    return st.fixed_dictionaries({control.name: values(control) for control in demo.controls})


def drawn(demo: Demo, rng: random.Random) -> dict[str, Any]:
    """One of them, as plain JSON values."""
    raw: dict[str, Any] = {}
    for control in demo.controls:
        if isinstance(control, MultiChoice):
            raw[control.name] = rng.sample(list(control.options), rng.randint(1, control.most))
        elif isinstance(control, Grid):
            raw[control.name] = [rng.randint(control.low, control.high) for _ in control.default]
        else:
            raw[control.name] = rng.choice(control.values())
    return raw
