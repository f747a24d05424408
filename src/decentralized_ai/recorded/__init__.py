"""Small results of long runs: each file names the command, the versions and the seed behind it."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """The contents of NAME.json; read once, so a caller changes nothing in it."""
    return json.loads(resources.files(__name__).joinpath(f"{name}.json").read_text("utf-8"))
