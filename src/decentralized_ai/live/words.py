"""What an author writes about a demo in a chapter: settings, numbers, links. No Sphinx in here."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from .. import demos
from ..__main__ import read
from ..contract import BadParameter, Demo, Params
from . import answers


def demo(demo_id: str) -> Demo:
    """The demo of that id; BadParameter, with the nearest names, if there is none."""
    try:
        return demos.get(demo_id.strip())
    except KeyError as error:
        raise BadParameter(error.args[0]) from None


def setting(of: Demo, words: Iterable[str]) -> Params:
    """A full setting from words such as `load=90` and `policies=random,nearest`.

    Raises BadParameter for a word without "=", an unknown control or a value it does not take.
    """
    raw: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise BadParameter(f"{word!r}: write a setting as name=value")
        raw[name] = read(of.control(name), text)
    return of.parse(raw)


def address(text: str) -> tuple[Demo, Params, bool]:
    """`routing?load=90&seed=3` as a demo, a full setting, and whether it names any control."""
    name, _, query = text.strip().partition("?")
    words = [word for word in query.split("&") if word]
    of = demo(name)
    return of, setting(of, words), bool(words)


def value(text: str) -> str:
    """A computed number in words: `routing:central.p95?load=90 | .2f`.

    Between ":" and "?" stands a metric of the view, or the name of a control, which gives its value
    in this setting; after "|" a format as in Python's format(), ".4g" if it is left out.
    """
    body, _, style = text.partition("|")
    match = re.fullmatch(r"\s*([\w-]+):([\w.-]+)(\?\S*)?\s*", body)
    if not match:
        raise BadParameter(f"{text!r}: write demo:metric?control=value | format")
    of, params, _ = address(match[1] + (match[3] or ""))
    name = match[2]
    metrics = answers.view(of, params).metrics
    if name in metrics:
        number: Any = metrics[name]
    elif name in params:
        number = params[name]
    else:
        near = difflib.get_close_matches(name, metrics, n=3, cutoff=0.3) or sorted(metrics)
        raise BadParameter(f"{of.id} has no metric {name!r}; did you mean {', '.join(near)}?")
    try:
        return format(number, style.strip() or ".4g")
    except (ValueError, TypeError) as error:
        raise BadParameter(f"{text!r}: {error}") from None


def query(of: Demo, params: Mapping[str, Any]) -> str:
    """The query of a share link: what differs from the defaults, or else the main control. The
    same as `query` in js/state/link.js."""
    named = [c for c in of.controls if params[c.name] != c.default] or [of.control(of.main)]
    return "&".join(f"{of.id}.{c.name}={_write(params[c.name])}" for c in named)


def _write(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return quote(",".join(map(str, value)), safe=",")
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # as JavaScript prints it
    return quote(str(value), safe=",")
