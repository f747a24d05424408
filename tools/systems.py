"""Make src/decentralized_ai/recorded/{systems,maturity}.json from book/{systems,maturity}.yml:
`python tools/systems.py`.

The yml files are the source. The page has no YAML reader, so the models read the JSON; a test holds
both together.
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
NAMES = ("systems", "maturity")


def recorded(name: str) -> Path:
    """Where the JSON file of that name lies."""
    return ROOT / "src" / "decentralized_ai" / "recorded" / f"{name}.json"


def made(name: str) -> str:
    """The text of the JSON file that belongs to book/NAME.yml."""
    found = yaml.safe_load((ROOT / "book" / f"{name}.yml").read_text(encoding="utf-8"))
    found["checked"] = found["checked"].isoformat()
    head = {"command": "python tools/systems.py", "source": f"book/{name}.yml"}
    return json.dumps({**head, **found}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in NAMES:
        recorded(name).write_text(made(name), encoding="utf-8")
        print(recorded(name).relative_to(ROOT))
