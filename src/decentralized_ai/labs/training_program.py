"""The text of `together.py`, for a notebook: reading it needs no torch."""

from __future__ import annotations

import ast
from pathlib import Path

PROGRAM = Path(__file__).with_name("together.py")


def program(*names: str) -> str:
    """The source of those functions of together.py, in the order asked for."""
    text = PROGRAM.read_text(encoding="utf-8")
    parts = {
        node.name: ast.get_source_segment(text, node)
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    return "\n\n\n".join(str(parts[name]) for name in names)
