"""The place of a demo in a page or in a notebook's stored output, and what fills it.

A notebook stores `<section class="dai-demo" data-demo="routing" data-params="{...}">...</section>`
rather than the whole block: small, and the same on every run. The book puts the block there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from html import escape
from html.parser import HTMLParser

_OPEN = re.compile(r"<section\b[^>]*\bdata-demo=[^>]*>")
_TAG = re.compile(r"<(/?)section\b[^>]*>")


class _Attributes(HTMLParser):
    """Reads the attributes of the first tag that it is fed."""

    found: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.found is None:
            self.found = {name: text or "" for name, text in attrs}


def place(demo_id: str, params: Mapping[str, object]) -> str:
    """An empty place for a demo at a setting, as plain JSON values."""
    return (
        f'<section class="dai-demo" data-demo="{escape(demo_id)}" '
        f'data-params="{escape(json.dumps(params))}"></section>'
    )


def fill(html: str, block: Callable[[str, dict[str, object]], str]) -> str:
    """`html` with each placeholder replaced by `block(demo id, setting)`.

    Only a section with both data-demo and data-params is one: a finished block has no data-params.
    Raises ValueError where data-params is not a JSON object.
    """
    done, rest = "", html
    while match := _OPEN.search(rest):
        reader = _Attributes()
        reader.feed(match[0])
        attributes = reader.found or {}
        if "data-params" not in attributes:
            done, rest = done + rest[: match.end()], rest[match.end() :]
            continue
        params = json.loads(attributes["data-params"] or "{}")
        if not isinstance(params, dict):
            raise ValueError(f"data-params of {attributes['data-demo']} is not an object")
        done += rest[: match.start()] + block(attributes["data-demo"], params)
        rest = rest[_end(rest, match.end()) :]
    return done + rest


def _end(html: str, start: int) -> int:
    depth = 1
    for tag in _TAG.finditer(html, start):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.end()
    raise ValueError("a demo's section is not closed")
