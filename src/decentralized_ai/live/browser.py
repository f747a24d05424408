"""What the page's worker calls, in Pyodide: text in, text out, never an exception."""

from __future__ import annotations

import json
from typing import Any

from .. import demos
from ..contract import BadParameter


def answer(demo_id: str, setting: str) -> str:
    """The answer of one demo as JSON text, so that only two strings cross into JavaScript.

    setting: a JSON object from control names to values. Gives `{"answer": ...}`, or
    `{"error": words}` where the demo or the setting is not one of ours, or the model failed.
    """
    try:
        raw = json.loads(setting)
        if not isinstance(raw, dict):
            raise BadParameter(f"a setting is an object of control names; got {type(raw).__name__}")
        reply: dict[str, Any] = {"answer": demos.get(demo_id).answer(raw)}
    except (BadParameter, KeyError, ValueError) as error:
        reply = {"error": str(error.args[0]) if error.args else type(error).__name__}
    except Exception as error:  # whatever a model does, the page must say so in words
        reply = {"error": f"the model stopped with {type(error).__name__}: {error}"}
    return json.dumps(reply, separators=(",", ":"))


def warm_up(demo_id: str) -> None:
    """Import a demo and its model ahead of the first request."""
    demos.get(demo_id)
