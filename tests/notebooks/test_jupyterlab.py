"""The labs in a real JupyterLab: run them, move a slider, see sentence and figure change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from decentralized_ai import demos

from .conftest import LABS

DEMO = demos.get("routing")
MAIN = DEMO.control(DEMO.main)

KERNEL_IDLE = (
    "() => window.jupyterapp?.shell.currentWidget?.sessionContext"
    "?.session?.kernel?.status === 'idle'"
)
ALL_RUN = r"""() => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
    .every((prompt) => /\[\d+\]/.test(prompt.textContent))"""
CURVES = """() => [...document.querySelectorAll('.dai-live')[0]
    .querySelectorAll('.scatterlayer path.js-line')].map((path) => path.getAttribute('d'))"""
RED_OUTPUTS = "[data-mime-type$='vnd.jupyter.stderr'], [data-mime-type$='vnd.jupyter.error']"


Lab = tuple[Page, list[str], list[str]]  # with the hosts it asked, and the page's errors


@contextmanager
def after_run_all(address: str, chromium: Browser, name: str) -> Iterator[Lab]:
    """A lab after "Run All Cells"."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1600})
    page.set_default_timeout(60_000)
    hosts: list[str] = []
    errors: list[str] = []
    page.on("request", lambda r: hosts.append(urlsplit(r.url).hostname or ""))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}lab/tree/{name}.ipynb?reset")
    page.wait_for_function(KERNEL_IDLE)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(".dai-live .main-svg").first.wait_for()
    page.wait_for_function(ALL_RUN, timeout=240_000)  # a lab may take three minutes
    page.wait_for_function(KERNEL_IDLE)
    yield page, hosts, errors
    page.close()


@pytest.fixture(scope="module")
def lab(jupyterlab: str, chromium: Browser) -> Iterator[Lab]:
    """The routing lab, for all tests that move something in it."""
    with after_run_all(jupyterlab, chromium, DEMO.id) as found:
        yield found


def stop_after(steps: int) -> int | float:
    """The main control's value `steps` to the left of its default."""
    stops = MAIN.values()
    return stops[stops.index(MAIN.default) - steps]  # type: ignore[return-value]


def runs_clean(found: Lab) -> None:
    page, hosts, errors = found
    assert page.locator(RED_OUTPUTS).count() == 0
    assert errors == []
    assert set(hosts) - {""} == {"127.0.0.1"}  # "" is a blob or data address


def test_the_lab_runs_without_errors_and_asks_nobody_else(lab: Lab) -> None:
    runs_clean(lab)


@pytest.mark.parametrize("name", [path.stem for path in LABS if path.stem != DEMO.id])
def test_the_other_labs_do_too(jupyterlab: str, chromium: Browser, name: str) -> None:
    with after_run_all(jupyterlab, chromium, name) as found:
        runs_clean(found)
        assert found[0].locator(".dai-live .main-svg").count() > 0


def test_a_slider_moved_by_keyboard_changes_sentence_and_figure(
    lab: Lab,
) -> None:
    page = lab[0]
    takeaway = page.get_by_role("status").filter(has_text=DEMO.view().takeaway)
    expect(takeaway).to_be_visible()
    before = page.evaluate(CURVES)
    page.get_by_role("slider", name=MAIN.label).first.press("ArrowLeft")
    expect(page.locator(".dai-takeaway").first).to_have_text(
        DEMO.view({MAIN.name: stop_after(1)}).takeaway
    )
    page.wait_for_function(f"(before) => ({CURVES})().join() !== before", arg=",".join(before))
    slider = page.get_by_role("slider", name=MAIN.label).first
    expect(slider).to_have_attribute("aria-valuetext", MAIN.text(stop_after(1)))


def test_of_many_quick_moves_the_last_is_shown(lab: Lab) -> None:
    page = lab[0]
    page.get_by_role("button", name="Reset").first.click()
    expect(page.locator(".dai-takeaway").first).to_have_text(DEMO.view().takeaway)
    slider = page.get_by_role("slider", name=MAIN.label).first
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".dai-takeaway").first).to_have_text(
        DEMO.view({MAIN.name: stop_after(10)}).takeaway
    )


def test_every_slider_has_a_name_and_folds_open_by_keyboard(
    lab: Lab,
) -> None:
    page = lab[0]
    demo = page.locator(".dai-live").first
    names = [
        s.get_attribute("aria-label") for s in demo.locator(".dai-controls [role=slider]").all()
    ]
    assert names == [c.label for c in DEMO.controls if c.kind == "slider"]
    fold = demo.get_by_role("button", name="The numbers as a table")
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.press("Enter")
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(demo.get_by_role("table")).to_be_visible()


def test_the_figure_can_be_read_on_a_dark_theme(lab: Lab) -> None:
    page = lab[0]
    ink = """() => getComputedStyle(document.querySelector('.dai-picture .xtick text')).fill"""
    paper = """() => getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor"""
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
            theme,
        )
        page.wait_for_function(
            "(light) => document.body.dataset.jpThemeLight === light",
            arg=str(theme.endswith("Light")).lower(),
        )
        page.wait_for_timeout(500)  # the new style sheet
        text, ground = luminance(page.evaluate(ink)), luminance(page.evaluate(paper))
        contrast = (max(text, ground) + 0.05) / (min(text, ground) + 0.05)
        assert contrast >= 4.5, f"{theme}: {contrast:.1f}"  # WCAG 2.1 AA


def luminance(color: str) -> float:
    """Relative luminance of "rgb(r, g, b)" or "rgba(...)": WCAG 2.1's own formula."""
    parts = [float(x) / 255 for x in color[color.index("(") + 1 : -1].split(",")[:3]]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
