"""What is done to each page, and formulas: small cases with known answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from decentralized_ai.live import maths, pages

PAGE = """<html><head>
<meta charset="utf-8">
<script>document.documentElement.dataset.mode = 1;</script>
<script defer src="_static/scripts/fontawesome.js"></script>
<link rel="preload" as="script" href="_static/scripts/bootstrap.js" />
<script src="searchindex.js"></script>
</head><body><header id="pst-header"><button>Search</button></header>
<button onclick="window.print()">PDF</button>
<script type="application/json" class="dai-data">{"a":1}</script>
<script src="_static/app.js"></script>
</body></html>"""


def finish(html: str) -> tuple[str, dict[str, str]]:
    kept: dict[str, str] = {}

    def keep(body: str) -> str:
        kept[pages.inline_name(body)] = body
        return f"_static/dai/{pages.inline_name(body)}"

    return pages.finish(html, "../", keep), kept


def test_no_program_stays_in_the_page() -> None:
    html, kept = finish(PAGE)
    assert list(kept.values()) == ["document.documentElement.dataset.mode = 1;"]
    (name,) = kept
    assert f'<script src="../_static/dai/{name}"></script>' in html
    assert '<script type="application/json" class="dai-data">{"a":1}</script>' in html
    assert "onclick" not in html and 'data-print=""' in html
    assert '<script src="_static/app.js"></script>' in html


def test_what_no_page_needs_is_gone() -> None:
    html, _ = finish(PAGE)
    for gone in ("fontawesome", "preload", "searchindex", "<button>Search"):
        assert gone not in html


def test_the_search_page_keeps_its_index() -> None:
    html, _ = finish(PAGE.replace("<body>", '<body><div id="search-results"></div>'))
    assert "searchindex.js" in html


def test_a_second_pass_changes_nothing() -> None:
    once, _ = finish(PAGE)
    assert finish(once)[0] == once
    assert once.count(pages.META) == 1


def test_a_bare_redirect_becomes_a_page() -> None:
    html, _ = finish('\n<meta http-equiv="Refresh" content="0; url=book/index.html" />\n')
    assert html.startswith("<!DOCTYPE html>") and html.count(pages.META) == 1
    assert 'content="0; url=book/index.html"' in html
    assert finish(html)[0] == html


def test_the_policy_is_the_strict_one() -> None:
    rules = dict(rule.split(" ", 1) for rule in pages.POLICY.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert rules["connect-src"] == rules["font-src"] == rules["worker-src"] == "'self'"


@pytest.fixture
def drawer() -> Iterator[maths.Drawer]:
    drawer = maths.Drawer()
    yield drawer
    drawer.close()


def test_a_formula_is_drawn_and_can_be_heard(drawer: maths.Drawer) -> None:
    html = drawer.draw(r"\frac{1}{\mu-\lambda}", display=True)
    spoken = re.search(r"<math.*</math>", html, re.S)
    assert spoken is not None
    # MathML 3, section 3.3.2: a fraction is mfrac with numerator and denominator.
    bare = re.sub(r"\s*<(/?\w+)[^>]*>\s*", r"<\1>", spoken[0])
    assert "<mfrac><mn>1</mn><mrow><mi>μ</mi><mo>−</mo><mi>λ</mi></mrow></mfrac>" in bare  # noqa: RUF001
    assert "<svg" in html and 'aria-hidden="true"' in html
    assert "data-c=" not in html


def test_a_formula_that_tex_cannot_read_is_an_error(drawer: maths.Drawer) -> None:
    with pytest.raises(ValueError, match="Undefined control sequence"):
        drawer.draw(r"\notacommand", display=False)
    assert "<svg" in drawer.draw("x", display=False)  # and the next one is drawn all the same
