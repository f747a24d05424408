"""What a notebook stores of a demo: plain HTML that says something by itself, on GitHub too.

The Sphinx extension puts the live block in its place: it finds `data-demo` and `data-params`.
"""

from __future__ import annotations

import html
import json
from typing import Any

from ..contract import Demo
from .still_plot import svg


def demo_html(demo: Demo, answer: dict[str, Any]) -> str:
    """The stored form of `demo` at the setting of `answer`; the same answer, the same bytes."""
    given = {
        name: value
        for name, value in answer["params"].items()
        if demo.control(name).parse(value) != demo.control(name).default
    }
    return (
        f'<section class="dai-demo" data-demo="{demo.id}" data-params="{_attribute(given)}">\n'
        f"<p><strong>{html.escape(demo.title)}</strong> {html.escape(demo.question)}</p>\n"
        f"<p>{html.escape(answer['takeaway'])}</p>\n"
        f"{table_html(answer['table'])}\n"
        "</section>"
    )


def plot_html(figure: dict[str, Any], caption: str, table: dict[str, Any]) -> str:
    """The stored form of a plot: the picture as SVG, its caption, its numbers."""
    return (
        f'<figure class="dai-plot">\n{svg(figure, caption)}\n'
        f"<figcaption>{html.escape(caption)}</figcaption>\n"
        f"<details><summary>The numbers</summary>\n{table_html(table)}\n</details>\n"
        "</figure>"
    )


def table_html(table: dict[str, Any]) -> str:
    """A table of `View.to_json`, as HTML with a caption and row headers."""
    heads = [
        html.escape(column["label"] + (f" ({column['unit']})" if column["unit"] else ""))
        for column in table["columns"]
    ]
    lines = ["<table>", f"<caption>{html.escape(table['caption'])}</caption>"]
    lines.append("<tr>" + "".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr>")
    for first, *rest in table["rows"]:
        cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in rest)
        lines.append(f'<tr><th scope="row">{html.escape(first)}</th>{cells}</tr>')
    return "\n".join([*lines, "</table>"])


def _attribute(value: Any) -> str:
    return html.escape(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
