"""The book's bibliography: each entry's own lines, by its key."""

from __future__ import annotations

import re
from pathlib import Path

TEXT = (Path(__file__).parents[1] / "book" / "references.bib").read_text(encoding="utf-8")
# An entry opens at the margin and closes with a brace of its own.
ENTRIES = dict(re.findall(r"^@\w+\{(\w+),\n(.*?)^\}$", TEXT, re.MULTILINE | re.DOTALL))
