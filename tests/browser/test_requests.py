"""What each page of the book asks for, and from whom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from .reader import Reader

# Issue 2: "at most 350 KB compressed without the figure's library and 900 KB with it".
WITHOUT_LIBRARY, WITH_LIBRARY = 350_000, 900_000
POLICY = {"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self'"}


def pages(book: Path) -> list[str]:
    found = [page.relative_to(book).as_posix() for page in sorted(book.rglob("*.html"))]
    return [path for path in found if not path.startswith("_static/")]


def test_no_page_asks_another_host_or_breaks_its_policy(
    context: BrowserContext, site: str, built_book: Path
) -> None:
    foreign, trouble = [], []
    for path in pages(built_book):
        page = context.new_page()
        page.on(
            "request",
            lambda request, path=path: (
                None
                if request.url.startswith((site, "data:", "blob:"))
                else foreign.append(f"{path}: {request.url}")
            ),
        )
        page.on("pageerror", lambda error, path=path: trouble.append(f"{path}: {error}"))
        page.on(
            "console",
            lambda said, path=path: (
                trouble.append(f"{path}: {said.text}") if said.type == "error" else None
            ),
        )
        page.goto(f"{site}/{path}", wait_until="load")
        for block in page.locator(".dai-demo").all():
            block.scroll_into_view_if_needed()
            block.hover(position={"x": 3, "y": 3})  # Python starts, with all that it fetches
        page.wait_for_load_state("networkidle")
        page.close()
    assert foreign == []
    assert trouble == []


def test_every_page_carries_the_strict_policy(built_book: Path) -> None:
    for path in pages(built_book):
        html = (built_book / path).read_text(encoding="utf-8")
        if 'http-equiv="refresh"' in html.lower():
            continue
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
