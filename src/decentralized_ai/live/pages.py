"""The last touch to each written page: text in, text out, and a second pass changes nothing.

What the theme writes is made to work under a strict Content-Security-Policy and without a request
to another host, and the few things that a screen reader stumbles over are put right.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        "connect-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'

SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>\s*", re.S | re.I)
TYPE = re.compile(r'\btype="([^"]*)"', re.I)
# Scripts that no page of ours needs: the icons come from a font (icons.py), and the index of the
# whole book is loaded by the search page alone.
DROPPED = re.compile(r'src="[^"]*(?:scripts/fontawesome\.js|require(?:\.min)?\.js)')
SEARCH = re.compile(r'src="[^"]*(?:searchtools|language_data|searchindex)\.js')
# Notes to parts of the theme that are not on our pages (version switcher, search as you type).
NOTED = re.compile(r"DOCUMENTATION_OPTIONS\.(?:pagename|search_as_you_type) = [^;]*;")
# A second bar with nothing in it but a second search button; the theme's script measures it.
HEADER = re.compile(r'<header id="pst-header".*?</header>', re.S)
EMPTY = '<header id="pst-header" class="bd-header" style="display: none !important"></header>'
# The way from the top of the site to the first page: a bare line, made a page.
BARE = re.compile(r'\A\s*<meta http-equiv="Refresh" content="0; url=([^"]+)" ?/?>\s*\Z')
WHOLE = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta http-equiv="refresh" content="0; url=\\1">\n'
    '<link rel="icon" href="_static/favicon.svg">\n<title>To the first page</title>\n</head>\n'
    '<body><main><h1><a href="\\1">To the first page</a></h1></main></body>\n</html>\n'
)
HANDLER = re.compile(r'\s+onclick="window\.print\(\)"')


def finish(html: str, root: str, keep: Callable[[str], str]) -> str:
    """The page as it is published.

    root: the way from the page to the top of the site, such as "../". keep: stores the text of an
    inline script and returns its path from the top of the site.
    """

    def script(match: re.Match[str]) -> str:
        attributes, body = match.groups()
        kind = TYPE.search(attributes)
        if kind and kind[1] not in ("text/javascript", "module", "text/x-mathjax-config"):
            return match[0]  # data, not a program
        if "src=" in attributes:
            unused = DROPPED.search(attributes)
            if unused or (SEARCH.search(attributes) and 'id="search-results"' not in html):
                return ""
            return match[0]
        if not body.strip() or NOTED.fullmatch(body.strip()):
            return ""
        return f'<script src="{root}{keep(body)}"></script>\n'

    html = SCRIPT.sub(script, html)
    html = re.sub(r'<link rel="preload" as="script"[^>]*>\s*', "", html)
    html = HEADER.sub(EMPTY, html)
    html = HANDLER.sub(' data-print=""', html)
    for pattern, replacement in ACCESS:
        html = pattern.sub(replacement, html)
    html = BARE.sub(WHOLE, html)
    if META not in html:
        html = re.sub(r"(<meta charset=[^>]*>)", rf"\1\n{META}", html, count=1)
    return html


def inline_name(body: str) -> str:
    """The file name for an inline script: the same words, the same file."""
    return f"inline-{hashlib.sha256(body.encode()).hexdigest()[:12]}.js"


# What axe finds on the theme's own pages (WCAG 2.1 AA), and the smallest change that mends it.
ACCESS: tuple[tuple[re.Pattern[str], str], ...] = (
    # The button's name must hold the words that stand on it ("Search Ctrl+K").
    (re.compile(r'(<button class="btn search-button-field[^>]*?) aria-label="Search"'), r"\1"),
    # A part that folds in the sidebar has an arrow for a name.
    (
        re.compile(r'(href="[^"]*">)([^<]*)(</a><details[^>]*>)<summary>'),
        r'\1\2\3<summary aria-label="Pages under \2">',
    ),
    # Code that is wider than a phone scrolls, so it must take the keyboard.
    (re.compile(r'(<div class="highlight">)<pre>'), r'\1<pre tabindex="0">'),
    # Without JavaScript nothing resolves "auto", and the theme's colours would be missing.
    (re.compile(r'(<html[^>]*) data-theme="auto"'), r'\1 data-theme="light"'),
    # Roles of the list of sources: one is withdrawn from ARIA, the other asks for list items.
    (re.compile(r' role="doc-biblioentry"| role="list"(?= class="citation-list")'), ""),
    # The logo stands outside of every landmark.
    (
        re.compile(r'<div id="pst-primary-sidebar" class="([^"]*)">'),
        r'<div id="pst-primary-sidebar" class="\1" role="region" aria-label="Book">',
    ),
)
