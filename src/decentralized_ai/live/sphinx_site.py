"""The Sphinx extension for the site as a whole: assets, one strict policy for all pages, maths.

What is particular to a demo is in sphinx_demo.py. Here: `_static/dai/` is filled before pages are
written, only pages with a demo load its script, and each written page gets its last touch.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

from . import assets, bundle, fonts, maths, pages, validation_table

log = logging.getLogger(__name__)
# Files that the theme copies and no page of ours asks for.
UNUSED = (
    "scripts/fontawesome.js",
    "scripts/fontawesome.js.LICENSE.txt",
    "images/logo_*",
    "*-macros.html",
)


def setup(app: Sphinx) -> dict[str, Any]:
    # Jupyter Book sets this for sphinx-comments, which is not loaded here: known, and not used.
    app.add_config_value("comments_config", {}, "html")
    maths.setup(app)
    validation_table.setup(app)
    app.add_js_file("book.js", loading_method="defer")
    app.connect("builder-inited", _fill)
    app.connect("html-page-context", _load_demo_files)
    app.connect("build-finished", _finish, priority=900)  # after all that writes pages
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}


def _is_html(app: Sphinx) -> bool:
    return app.builder.format == "html"


def _static(app: Sphinx) -> Path:
    return Path(app.outdir) / "_static"


def _fill(app: Sphinx) -> None:
    if not _is_html(app):
        return
    try:
        bundle.fill(_static(app) / "dai")
    except assets.AssetError as error:
        raise ExtensionError(str(error)) from error


def _load_demo_files(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if 'class="dai-demo"' in context.get("body", ""):
        app.add_js_file("dai/app.js", loading_method="defer")
        app.add_css_file("dai/app.css")


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error or not _is_html(app):
        return
    out, static = Path(app.outdir), _static(app)

    def keep(body: str) -> str:
        name = f"_static/dai/{pages.inline_name(body)}"
        (out / name).write_text(body, encoding="utf-8")
        return name

    written = []
    for page in sorted(out.rglob("*.html")):
        if static in page.parents:
            continue
        old = page.read_text(encoding="utf-8")
        root = os.path.relpath(out, page.parent).replace(os.sep, "/") + "/"
        new = pages.finish(old, "" if root == "./" else root, keep)
        if new != old:
            page.write_text(new, encoding="utf-8")
        written.append(new)
    fonts.icons(written, static)
    for pattern in (*UNUSED, "**/*.map"):
        for unused in static.glob(pattern):
            unused.unlink()
