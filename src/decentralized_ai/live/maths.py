"""Formulas drawn when the book is built, by MathJax in Node: SVG to look at, MathML to hear.

A reader's browser then needs no script, no font and no network for them. A formula that TeX cannot
read is a warning, so the gate of the build stops on it.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from . import assets

PROGRAM = Path(__file__).parent / "npm" / "maths.cjs"
# What MathJax notes on each glyph for its own use: a third of the bytes.
NOTES = re.compile(r' (?:data-c|data-mml-node|data-mjx-texclass|style)="[^"]*"(?=[^<]*>)')
log = logging.getLogger(__name__)


class Drawer:
    """One Node process a build; the same formula is drawn once."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._drawn: dict[tuple[str, bool], str] = {}

    def draw(self, tex: str, display: bool) -> str:
        """HTML of the formula. ValueError, in MathJax's words, if TeX cannot read it."""
        key = (tex, display)
        if key not in self._drawn:
            answer = self._ask({"tex": tex, "display": display})
            if "error" in answer:
                raise ValueError(answer["error"])
            self._drawn[key] = _slim(answer["html"])
        return self._drawn[key]

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()  # closes its input: it ends by itself
            self._process = None

    def _ask(self, question: dict[str, object]) -> dict[str, str]:
        if self._process is None:
            command = [*assets.node_command(), str(PROGRAM), str(assets.prepare().modules)]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ValueError("MathJax ended early: delete the cache folder and build again")
        answer: dict[str, str] = json.loads(line)
        return answer


def _slim(html: str) -> str:
    # The svg keeps its style: it sets the formula on the line's base.
    head, svg, rest = html.partition("<svg")
    tag, close, inside = rest.partition(">")
    return NOTES.sub("", head) + svg + tag + close + NOTES.sub("", inside)


drawer = Drawer()


def _html(node: nodes.Element, display: bool) -> str:
    tex = node.astext()
    if display and "\\begin{align" not in tex and "\\\\" in tex:
        tex = f"\\begin{{gathered}}{tex}\\end{{gathered}}"
    try:
        return drawer.draw(tex, display)
    except ValueError as error:
        log.warning("formula %r: %s", tex, error, location=node)
        return ""


def inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(self.starttag(node, "span", "", CLASS="math"))
    self.body.append(f"{_html(node, display=False)}</span>")
    raise nodes.SkipNode


def block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(f"{_html(node, display=True)}</div>")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer("drawn", (inline, None), (block, None))
    app.connect("build-finished", lambda *_: drawer.close())
