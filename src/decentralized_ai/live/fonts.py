"""Fonts cut down to what the book shows: the text's two, and the theme's icons.

The theme draws icons with a script of 540 KB compressed, and has the same icons as a font. The
pages drop the script; of the font and of its style sheet stays what the written pages name: 3 KB.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterable
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it reports each table that it cuts
THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
CSS = Path("styles/pydata-sphinx-theme.css")
ICONS = Path("vendor/fontawesome/webfonts")
SOLID = "fa-solid-900.woff2"
RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}')

TEXT = "@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-{style}.woff2"
LATIN = (*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, "–—‘’“”•…−→←≤≥≈×"))  # noqa: RUF001


def text(modules: Path, target: Path) -> None:
    """Source Serif 4, upright and italic, weights 400 to 700, Western European letters."""
    target.mkdir(parents=True, exist_ok=True)
    for style in ("normal", "italic"):
        path = target / f"source-serif-4-{style}.woff2"
        if not path.exists():
            font = TTFont(modules / TEXT.format(style=style))
            font = instancer.instantiateVariableFont(font, {"wght": (400, 700)})
            path.write_bytes(_cut(font, LATIN, ["kern", "liga", "mark", "ccmp", "locl"]))


def icons(pages: Iterable[str], static: Path) -> None:
    """Leave under `static` the icons that `pages` name and those that the style sheet draws."""
    css = (THEME / CSS).read_text(encoding="utf-8")
    drawn = [*re.findall(r'--pst-icon-[\w-]+:"\\?(\w+|.)"', css), "f107"]
    points = {int(icon, 16) if len(icon) > 1 else ord(icon) for icon in drawn}
    named = {name for page in pages for name in re.findall(r"\bfa-[a-z0-9-]+", page)}

    def rule(match: re.Match[str]) -> str:
        if not named.intersection(re.findall(r"fa-[\w-]+", match[1])):
            return ""
        points.add(int(match[2], 16))
        return match[0]

    slim = RULE.sub(rule, css)
    # Only the solid style is used; an @font-face without its file would be a broken address.
    slim = re.sub(r"@font-face\{[^}]*fa-(?:brands|regular)-400[^}]*\}", "", slim)
    slim = re.sub(r',url\([^)]*fa-solid-900\.ttf\) format\("truetype"\)', "", slim)
    (static / CSS).write_text(slim, encoding="utf-8")
    for font in (static / ICONS).glob("*"):
        font.unlink()
    (static / ICONS).mkdir(parents=True, exist_ok=True)
    font = TTFont(THEME / ICONS / SOLID)
    (static / ICONS / SOLID).write_bytes(_cut(font, sorted(points), []))


def _cut(font: TTFont, points: Iterable[int], features: list[str]) -> bytes:
    options = subset.Options(flavor="woff2", layout_features=features, drop_tables=["FFTM"])
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=points)
    cutter.subset(font)
    out = io.BytesIO()
    subset.save_font(font, out, options)
    return out.getvalue()
