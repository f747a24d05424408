"""Make src/decentralized_ai/recorded/NAME.json from each book/NAME.yml: `python tools/facts.py`.

The yml files are the source: facts about real systems, each with where it was read. The page has no
YAML reader, so the models read the JSON; a test holds both together.
"""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
NAMES = tuple(sorted(path.stem for path in (ROOT / "book").glob("*.yml")))


def recorded(name: str) -> Path:
    """Where the JSON file of that name lies."""
    return ROOT / "src" / "decentralized_ai" / "recorded" / f"{name}.json"


def read(name: str) -> dict[str, Any]:
    """What book/NAME.yml says."""
    return yaml.safe_load((ROOT / "book" / f"{name}.yml").read_text(encoding="utf-8"))


def made(name: str) -> str:
    """The text of the JSON file that belongs to book/NAME.yml."""
    head = {"command": "python tools/facts.py", "source": f"book/{name}.yml"}
    return json.dumps({**head, **read(name)}, indent=1, ensure_ascii=False, default=_day) + "\n"


def _day(value: Any) -> str:
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(f"{value!r} is no plain value")


if __name__ == "__main__":
    for name in NAMES:
        recorded(name).write_text(made(name), encoding="utf-8")
        print(recorded(name).relative_to(ROOT))
