"""What the tests of the lab "A real model, split over several machines" share: its functions."""

from __future__ import annotations

import contextlib
import io
from functools import cache
from typing import Any

import nbformat
import numpy as np

from decentralized_ai.labs.inference import Gone

from .hints import FENCE, NOTEBOOKS


@cache
def lab() -> dict[str, Any]:
    """The functions that the lab defines, its solutions too, without its runs."""
    names: dict[str, Any] = {"Gone": Gone, "np": np, "watch": None, "swarm": None, "sweep": None}
    for cell in nbformat.read(NOTEBOOKS / "inference.ipynb", as_version=4).cells:
        programs = [cell.source] if cell.cell_type == "code" else []
        if "solution" in cell.metadata.get("tags", []):
            programs = FENCE.findall(cell.source)
        for text in programs:
            if "def " in text:
                names |= {f"check_{i}": lambda *a: None for i in range(1, 5)} | {"whole": Nobody()}
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(text, names)
    return names


class Nobody:
    ends = None
