"""The source of what just ran, coloured by Pygments with classes: the CSS has the colours."""

from __future__ import annotations

from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from ..contract import Demo


def code_html(demo: Demo) -> str:
    """A folded list of the functions and classes behind a demo: `compute` first."""
    pieces = "".join(
        f'<p class="dai-file"><code>{escape(name)}</code></p>'
        '<div class="highlight"><pre tabindex="0">'
        f"{highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))}</pre></div>"
        for name, source in demo.sources()
    )
    return (
        '<details class="dai-code"><summary>Show the code</summary>'
        "<p>This is the Python that ran: at build for the first picture, in this page since.</p>"
        f"{pieces}</details>"
    )
