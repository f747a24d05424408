"""Answers computed once a process: a page asks for the same setting many times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..contract import Demo, View

_views: dict[tuple[str, str], View] = {}


def view(demo: Demo, raw: Mapping[str, Any] | None = None) -> View:
    """`demo.view(raw)`, remembered. Raises BadParameter for a setting no control allows."""
    params = demo.parse(raw or {})
    name = (demo.id, demo.key(params))
    if name not in _views:
        _views[name] = demo.compute(**params)
    return _views[name]


def answer(demo: Demo, raw: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What `demo.answer(raw)` gives, from the remembered view."""
    params = demo.parse(raw or {})
    seen = view(demo, params)
    return {
        "params": plain(params),
        **seen.to_json(),
        "met": {challenge.id: bool(challenge.met(seen)) for challenge in demo.challenges},
    }


def plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """A setting with lists for tuples, as JSON holds it."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in params.items()}
