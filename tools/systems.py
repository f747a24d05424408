"""Make src/decentralized_ai/recorded/systems.json from book/systems.yml: `python tools/systems.py`.

The yml is the source. The page has no YAML reader, so the models read the JSON; a test holds both
together.
"""

from __future__ import annotations

import json
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "book" / "systems.yml"
RECORDED = ROOT / "src" / "decentralized_ai" / "recorded" / "systems.json"


def made() -> str:
    """The text of the JSON file that belongs to the yml."""
    found = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    found["checked"] = found["checked"].isoformat()
    head = {"command": "python tools/systems.py", "source": "book/systems.yml"}
    return json.dumps({**head, **found}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    RECORDED.write_text(made(), encoding="utf-8")
    print(RECORDED.relative_to(ROOT))
