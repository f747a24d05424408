"""Light and dark, desk and phone: accessible, within the screen, and in the page's own colours."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from decentralized_ai.contract import Demo
from decentralized_ai.live import assets

from .reader import Reader, once, page_of

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
SIZES = {1280: 900, 390: 844}


@pytest.fixture(scope="session")
def axe() -> str:
    return (assets.prepare().modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(params=[(w, c) for w in SIZES for c in ("light", "dark")], ids=lambda p: f"{p}")
def looks(request: pytest.FixtureRequest, chromium: Browser, site, built_book, demo: Demo):
    """The reader at each width and in each colour scheme."""
    width, scheme = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": SIZES[width]},
        color_scheme=scheme,
        has_touch=width == 390,
        reduced_motion="reduce",
    )
    reader = Reader(context.new_page(), site, page_of(built_book, demo), demo).open()
    assert reader.page.evaluate("document.documentElement.dataset.theme") == scheme
    yield reader
    context.close()


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(f"{axe}\n;0")
    # Of what passes one node a rule is enough: half the time, and the same violations.
    found = page.evaluate(
        "(tags) => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })", RULES
    )
    return [
        f"{rule['id']}: {json.dumps(node['target'])} {node['failureSummary'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(looks: Reader, axe: str) -> None:
    assert violations(looks.page, axe) == []  # with the guess in place of the picture
    looks.look()
    looks.block.evaluate("(el) => el.querySelectorAll('details').forEach((d) => (d.open = true))")
    looks.block.locator(".dai-preset").first.click()
    looks.live()
    assert violations(looks.page, axe) == []
    assert looks.page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def test_fingers_find_what_they_touch(chromium: Browser, site, built_book, demo: Demo) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    reader = Reader(context.new_page(), site, page_of(built_book, demo), demo).open().look()
    targets = reader.block.locator(
        ".dai-opening button, .dai-rest button, select, .dai-box, .dai-slider input, "
        ".dai-table > summary, .dai-code > summary"
    )
    small = []
    for target in targets.all():
        box = target.bounding_box()
        if box and box["height"] < 44:
            small.append((target.evaluate("(el) => el.outerHTML.slice(0, 80)"), box["height"]))
    assert small == []
    context.close()


# Relative luminance and contrast as WCAG 2.1 defines them, of the figure's words on the page.
CONTRAST = """
(block) => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => {
    const [r, g, b] = rgb(text).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(block).backgroundColor);
  return [...block.querySelectorAll(".dai-figure svg text")].map((text) => {
    const ink = light(getComputedStyle(text).fill);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  });
}
"""


@once
def test_the_figure_follows_the_theme_switch(reader: Reader) -> None:
    reader.page.emulate_media(color_scheme="light")
    reader.open().look()
    html = reader.page.locator("html")
    text = reader.block.locator(".dai-figure svg .xtick text").first
    colours, papers = [], []
    for _ in range(3):  # the theme's button goes round: light, dark, automatic
        fill = "(el) => getComputedStyle(el).fill"
        contrasts = reader.block.evaluate(CONTRAST)
        assert contrasts and min(contrasts) >= 4.5
        colours.append((html.get_attribute("data-theme"), text.evaluate(fill)))
        papers.append(reader.block.evaluate("(el) => getComputedStyle(el).backgroundColor"))
        reader.page.locator(".theme-switch-button").first.click()
        reader.page.wait_for_timeout(300)
    assert len(set(colours)) == 2, colours  # one colour for light, another for dark
    assert len(set(papers)) == 2, papers


@once
def test_print_shows_takeaway_and_table_and_no_controls(reader: Reader) -> None:
    reader.open()
    reader.page.emulate_media(media="print")
    expect(reader.block.locator(".dai-takeaway")).to_be_visible()
    expect(reader.block.locator(".dai-table table")).to_be_visible()
    for control in reader.block.locator("input, select, button").all():
        expect(control).to_be_hidden()
