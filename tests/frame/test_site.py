"""The site in a real browser: accessible, and the theme's own controls work under the policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from decentralized_ai import demos
from decentralized_ai.live import assets

from ..browser.reader import page_of, pages

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass
class Visit:
    """A page and what it did until it was quiet."""

    page: Page
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Any]:
    """visit(url, **options of the context) -> Visit; contexts are closed at the end."""
    contexts = []

    def go(url: str, **options: Any) -> Visit:
        context = chromium.new_context(**{"viewport": DESK} | options)
        contexts.append(context)
        page = context.new_page()
        seen = Visit(page)

        page.on("request", lambda request: seen.asked.append(request.url))
        page.on("requestfailed", lambda request: seen.said.append(f"failed: {request.url}"))
        page.on("pageerror", lambda error: seen.said.append(str(error)))
        page.on(
            "console",
            lambda message: (
                seen.said.append(message.text) if message.type in ("error", "warning") else None
            ),
        )
        page.goto(url, wait_until="networkidle")
        return seen

    yield go
    for context in contexts:
        context.close()


@pytest.mark.parametrize("viewport", (DESK, PHONE), ids=("desk", "phone"))
@pytest.mark.parametrize("scheme", ("light", "dark"))
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    site: str, built_book: Path, chromium: Browser, viewport: dict[str, int], scheme: str
) -> None:
    """The pages without a demo; tests/browser/test_looks.py has the others."""
    axe = assets.prepare().modules / "axe-core" / "axe.min.js"
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    wrong = []
    # Axe itself is an inline program: only this test's context lets it in.
    context = chromium.new_context(viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    shown_elsewhere = {page_of(built_book, demo) for demo in map(demos.get, demos.ids())}
    for name in sorted(set(pages(built_book)) - shown_elsewhere):
        page.goto(f"{site}/{name}")
        page.add_script_tag(path=axe)
        found = page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", rules
        )
        wrong += [
            f"{name}: {violation['id']}: {node['html'][:160]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]
        assert len(found["passes"]) > 10  # axe did look
        if page.evaluate("document.documentElement.scrollWidth") > viewport["width"]:
            wrong.append(f"{name} is wider than the screen")
    context.close()
    assert not wrong, "\n".join(wrong)


def test_the_policy_stops_a_program_in_the_page(site: str, visit: Any) -> None:
    seen = visit(f"{site}/book/index.html")
    seen.page.evaluate(
        "() => { const s = document.createElement('script'); s.text = 'window.ran = 1';"
        " document.head.append(s); const i = new Image(); i.src = 'http://example.invalid/x.png'; }"
    )
    seen.page.wait_for_timeout(300)
    assert seen.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in words for words in seen.said)


def test_the_theme_switch(site: str, visit: Any) -> None:
    page = visit(f"{site}/book/index.html", color_scheme="light").page
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "light")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    switch = page.get_by_role("button", name="Color mode")
    seen = []
    for _ in range(3):  # auto, light, dark, in the theme's own order
        switch.click()
        seen.append(html.get_attribute("data-theme"))
    assert set(seen) == {"light", "dark"}
    while html.get_attribute("data-theme") != "dark":
        switch.click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != paper
    page.reload()  # the choice is kept
    expect(html).to_have_attribute("data-theme", "dark")


def test_search(site: str, visit: Any) -> None:
    seen = visit(f"{site}/book/index.html")
    page = seen.page
    page.keyboard.press("Control+k")
    page.locator("#pst-search-dialog input[type=search]").fill("queue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=queue*")
    results = page.locator("#search-results li a")
    expect(results.first).to_be_visible()
    page.wait_for_load_state("networkidle")  # the page reads each result for its first lines
    results.first.click()
    expect(page.locator("article h1")).to_be_visible()
    assert seen.said == []


def test_the_sidebar_folds_on_a_desk(site: str, visit: Any) -> None:
    page = visit(f"{site}/book/index.html").page
    sidebar = page.locator("#pst-primary-sidebar")
    expect(sidebar).to_be_in_viewport()
    page.locator(".primary-toggle").first.click()
    expect(sidebar).not_to_be_in_viewport()
    page.locator(".primary-toggle").first.click()
    expect(sidebar).to_be_in_viewport()


def test_the_menu_opens_on_a_phone(site: str, visit: Any) -> None:
    page = visit(f"{site}/book/index.html", viewport=PHONE, has_touch=True).page
    link = page.locator("dialog a, #pst-primary-sidebar a").filter(has_text="What was checked")
    expect(link.first).not_to_be_in_viewport()
    page.locator(".primary-toggle").first.click()
    expect(link.first).to_be_visible()
    link.first.click()
    expect(page.locator("article h1")).to_contain_text("What was checked")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]  # nothing sticks out at the side


def test_the_print_button(site: str, visit: Any) -> None:
    page = visit(f"{site}/book/index.html").page
    page.evaluate("window.print = () => { window.printed = true; }")
    page.get_by_role("button", name="Download this page").click()
    page.locator("[data-print]").click()
    assert page.evaluate("window.printed") is True


def test_the_book_reads_from_disk(built_book: Path, visit: Any) -> None:
    seen = visit((built_book / "book" / "index.html").as_uri())
    assert seen.said == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in seen.asked)
    fonts = seen.page.evaluate("document.fonts.ready.then(f => [...f].map(x => x.status))")
    assert "loaded" in fonts
    seen.page.get_by_role("button", name="Color mode").click()  # its script runs under the policy
    assert seen.page.locator("html").get_attribute("data-mode") in {"light", "dark", "auto"}
