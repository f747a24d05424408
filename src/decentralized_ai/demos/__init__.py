"""The demos, one file each. A file here is a demo: its name is the id, its DEMO the value. What it
draws may stand in pictures/, in a file of the same name."""

from __future__ import annotations

import difflib
import importlib
import pkgutil

from ..contract import Demo


def ids() -> list[str]:
    """The ids of all demos, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)


def get(demo_id: str) -> Demo:
    """The demo of that id; KeyError with the nearest names if there is none."""
    if demo_id not in ids():
        near = difflib.get_close_matches(demo_id, ids(), n=3, cutoff=0.4) or ids()
        raise KeyError(f"no demo {demo_id!r}; did you mean {', '.join(near)}?")
    demo = importlib.import_module(f"{__name__}.{demo_id}").DEMO
    if demo.id != demo_id:
        raise ValueError(f"demos/{demo_id}.py holds a demo with the id {demo.id!r}")
    return demo
