"""What each page of the book asks for, from whom, and how much comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from .reader import Reader, pages

KB = 1000
# A prose page; a page with a demo without and with the figure's library (DESIGN, issue 2).
PROSE, WITHOUT_LIBRARY, WITH_LIBRARY = 250 * KB, 350 * KB, 900 * KB
POLICY = {"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self'"}


@dataclass
class Visit:
    """What a page did until it was quiet, and after its demos had been touched."""

    sizes: dict[str, int] = field(default_factory=dict)  # compressed bytes before the touch
    asked: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def visits(chromium: Browser, site: str, built_book: Path) -> dict[str, Visit]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    found = {path: visit(context.new_page(), f"{site}/{path}") for path in pages(built_book)}
    context.close()
    return found


def visit(page: Page, address: str) -> Visit:
    seen = Visit()
    sizes: dict[str, int] = {}
    page.on("request", lambda request: seen.asked.append(request.url))
    page.on(
        "requestfinished",
        lambda request: sizes.update({request.url: request.sizes()["responseBodySize"]}),
    )
    page.on("requestfailed", lambda request: seen.trouble.append(f"failed: {request.url}"))
    page.on("pageerror", lambda error: seen.trouble.append(str(error)))
    page.on(
        "console",
        lambda said: seen.trouble.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.goto(address, wait_until="networkidle")
    seen.sizes = dict(sizes)
    for block in page.locator(".dai-demo").all():
        block.scroll_into_view_if_needed()
        block.hover(position={"x": 3, "y": 3})  # Python starts, with all that it fetches
        page.wait_for_load_state("networkidle")
    page.close()
    return seen


def test_no_page_asks_another_host(visits: dict[str, Visit], site: str) -> None:
    here = (site, "data:", "blob:")
    foreign = [f"{path}: {url}" for path, v in visits.items() for url in v.asked]
    assert len(foreign) > 10 * len(visits)
    assert [words for words in foreign if not words.split(": ", 1)[1].startswith(here)] == []


def test_no_page_breaks_its_policy_or_says_anything(visits: dict[str, Visit]) -> None:
    assert [f"{path}: {words}" for path, v in visits.items() for words in v.trouble] == []


def test_pages_of_prose_are_light(
    visits: dict[str, Visit], measured: Callable[[str], None]
) -> None:
    prose = {path: v for path, v in visits.items() if not any("plotly" in url for url in v.sizes)}
    assert len(prose) > 10
    sums = {path: sum(v.sizes.values()) for path, v in prose.items()}
    for path, total in sums.items():
        assert total <= PROSE, f"{path}: {total / KB:.0f} kB"
        assert not any("/pyodide/" in url for url in prose[path].sizes), f"{path}: Python unasked"
    heaviest = max(sums, key=sums.__getitem__)
    measured(
        f"bytes of the {len(sums)} pages without a demo: at most {sums[heaviest]:,} ({heaviest}); "
        f"the limit is {PROSE:,}"
    )


def test_every_page_carries_the_strict_policy(built_book: Path) -> None:
    for path in pages(built_book):
        html = (built_book / path).read_text(encoding="utf-8")
        head = html.split("</head>")[0]
        assert "Content-Security-Policy" in head, path
        policy = head.split("Content-Security-Policy", 1)[1].split(">", 1)[0]
        assert {part.strip() for part in policy.split('content="')[1].split(";")} >= POLICY, path
        assert "unsafe-eval'" not in policy.replace("wasm-unsafe-eval", ""), path


def test_a_page_is_light_before_it_is_touched(
    reader: Reader, page: Page, measured: Callable[[str], None]
) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    names: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on(
        "Network.requestWillBeSent", lambda e: names.update({e["requestId"]: e["request"]["url"]})
    )
    session.on(
        "Network.loadingFinished",
        lambda e: sizes.update({e["requestId"]: int(e["encodedDataLength"])}),
    )
    reader.open()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    of = {names[each]: size for each, size in sizes.items() if each in names}
    assert not [url for url in of if "pyodide" in url or "worker" in url], (
        "Python started by itself"
    )
    library = sum(size for url, size in of.items() if url.endswith("plotly.min.js"))
    everything = sum(of.values())
    assert library > 0, "the figure's library was not measured"
    measured(
        f"bytes before a touch, {reader.demo.id}: {everything - library:,} without the figure's "
        f"library (at most {WITHOUT_LIBRARY:,}), {everything:,} with it (at most {WITH_LIBRARY:,})"
    )
    assert everything - library <= WITHOUT_LIBRARY, sorted(of.items(), key=lambda x: -x[1])[:8]
    assert everything <= WITH_LIBRARY
