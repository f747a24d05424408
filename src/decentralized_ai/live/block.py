"""The block of a demo: one `<section>` that reads well dead and that app.js brings to life.

Everything a reader without JavaScript needs is text here: the question, the takeaway, the table,
the code. Controls are native inputs, so keyboard and screen reader work as they do everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from ..contract import Demo
from . import answers, controls_html
from .code_html import code_html


def block_html(
    demo: Demo,
    params: Mapping[str, Any] | None = None,
    prepared: bool = True,
    *,
    block_id: str = "",
    level: int = 3,
    sources: Mapping[str, tuple[str, str]] | None = None,
) -> str:
    """The HTML of one demo, showing the setting `params` (controls left out take their defaults).

    prepared: put the answers of `demo.prepared()` into the page, not only that of `params`.
    block_id: the id of the section where a page shows a demo twice; "demo-<id>" otherwise.
    level: of the heading, 2 to 6. sources: a preset's source key to (words, address or "").
    Raises BadParameter if `params` is not a setting of this demo.
    """
    here = block_id or f"demo-{demo.id}"
    setting = demo.parse(params or {})
    first = answers.answer(demo, setting)
    parts = [
        _head(demo, here, level),
        controls_html.opening(demo, setting, here, sources or {}),
        _stage(demo, here),
        f'<p class="dai-takeaway" id="{here}-takeaway" role="status">'
        f"{escape(first['takeaway'])}</p>",
        controls_html.rest(demo, setting, here),
        '<div class="dai-scene dai-js" hidden></div>',
        _challenges(demo),
        table_html(first["table"]),
        code_html(demo),
        _data(demo, setting, first, prepared),
    ]
    return (
        f'<section class="dai-demo" data-demo="{escape(demo.id)}" id="{here}" data-state="picture" '
        f'aria-labelledby="{here}-title">\n' + "\n".join(parts) + "\n</section>"
    )


def _head(demo: Demo, here: str, level: int) -> str:
    return (
        f'<header class="dai-head"><h{level} class="dai-title" id="{here}-title">'
        f"{escape(demo.title)}</h{level}>"
        f'<p class="dai-question">{escape(demo.question)}</p></header>'
    )


def _stage(demo: Demo, here: str) -> str:
    """The guess and the picture share one place: the guess stands there until it is made."""
    options = "".join(
        f'<label class="dai-option"><input type="radio" name="{here}-guess" value="{i}"> '
        f"<span>{escape(option)}</span></label>"
        for i, option in enumerate(demo.guess.options)
    )
    return (
        '<div class="dai-stage">'
        '<form class="dai-guess dai-js"><fieldset disabled>'
        f"<legend>Your guess first: {escape(demo.guess.question)}</legend>"
        f'<div class="dai-options">{options}</div>'
        '<p><button type="submit">Look</button> '
        '<button type="button" class="dai-quiet dai-skip">Look without guessing</button></p>'
        "</fieldset></form>"
        '<p class="dai-verdict dai-js" hidden></p>'
        '<div class="dai-picture dai-js">'
        '<div class="dai-badge"><span class="dai-badge-text">Computed in advance</span>'
        '<progress class="dai-progress" max="1" value="0" hidden '
        'aria-label="Python is starting"></progress></div>'
        '<div class="dai-alert" role="alert"></div>'
        '<ul class="dai-legend" aria-label="Legend"></ul>'
        f'<div class="dai-figure" role="img" aria-label="Figure: {escape(demo.title)} '
        'The takeaway and the table below say what it shows."></div>'
        "</div></div>"
    )


def _challenges(demo: Demo) -> str:
    if not demo.challenges:
        return ""
    items = "".join(
        f'<li data-challenge="{escape(c.id)}"><span class="dai-goal">{escape(c.goal)}</span> '
        '<span class="dai-done" hidden>\N{CHECK MARK} Done</span>'
        f"<details><summary>Hint</summary><p>{escape(c.hint)}</p></details></li>"
        for c in demo.challenges
    )
    return (
        '<div class="dai-challenges dai-js"><p class="dai-label">Challenges</p>'
        f'<ul>{items}</ul><p class="dai-cheer" role="log"></p></div>'
    )


def table_html(table: Mapping[str, Any]) -> str:
    """The table behind the figure, folded. app.js writes the same markup after each change."""
    heads = "".join(
        f'<th scope="col">{escape(c["label"])}'
        + (f' <span class="dai-unit">({escape(c["unit"])})</span>' if c["unit"] else "")
        + "</th>"
        for c in table["columns"]
    )
    rows = "".join(
        "<tr>"
        + f'<th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in table["rows"]
    )
    return (
        '<details class="dai-table"><summary>The numbers as a table</summary>'
        '<div class="dai-scroll" tabindex="0" role="region" aria-label="Table">'
        f"<table><caption>{escape(table['caption'])}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _data(demo: Demo, setting: Mapping[str, Any], first: dict[str, Any], prepared: bool) -> str:
    ready = {demo.key(dict(setting)): first}
    if prepared:
        ready |= {key: answers.answer(demo, params) for key, params in demo.prepared().items()}
    spec = demo.spec()
    for shown, control in zip(spec["controls"], demo.controls, strict=True):
        shown["allowed"] = control.allowed
        if control.kind == "slider":
            shown["texts"] = [control.text(stop) for stop in control.values()]
    right = demo.guess.answer(answers.view(demo))
    payload = {
        "spec": spec,
        "guess": {"right": int(right), "because": demo.guess.because},
        "params": answers.plain(setting),
        "answers": ready,
    }
    return f'<script type="application/json" class="dai-data">{script_json(payload)}</script>'


def script_json(value: Any) -> str:
    """JSON that may stand inside `<script>`: nothing in it can close the element or open another.

    Raises ValueError where a number is not finite, which JSON cannot hold.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text
