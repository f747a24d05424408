"""The book as the gate builds it, read as files: policy, addresses, what was left out."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from decentralized_ai.live import pages

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "form": "action"}


class Reader(HTMLParser):
    """Collects what a page loads, its inline programs, and its inline handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.programs: list[str] = []
        self.handlers: list[str] = []
        self.policies: list[str] = []
        self._in_program = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        self.handlers += [f"{tag} {name}" for name in have if name.startswith("on")]
        if tag in LOADED and LOADED[tag] in have:
            self.loads.append(have[LOADED[tag]])
        if tag == "link" and have.get("rel") in {"stylesheet", "icon", "preload", "modulepreload"}:
            self.loads.append(have["href"])
        if tag == "a" and "href" in have:
            self.links.append(have["href"])
        if tag == "meta" and have.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(have["content"])
        data = have.get("type", "") not in {"", "module", "text/javascript"}
        self._in_program = tag == "script" and "src" not in have and not data

    def handle_data(self, data: str) -> None:
        if self._in_program and data.strip():
            self.programs.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._in_program = False


@pytest.fixture(scope="module")
def read(built_book: Path) -> dict[Path, Reader]:
    found = {}
    for path in built_book.rglob("*.html"):
        if "_static" not in path.relative_to(built_book).parts:
            found[path] = Reader()
            found[path].feed(path.read_text(encoding="utf-8"))
    assert len(found) > 4
    return found


def test_each_page_has_the_policy_and_no_program_of_its_own(read: dict[Path, Reader]) -> None:
    for path, page in read.items():
        assert page.policies == [pages.POLICY], path
        assert page.programs == [] and page.handlers == [], path


def test_no_page_loads_anything_from_another_host(read: dict[Path, Reader]) -> None:
    for path, page in read.items():
        assert [url for url in page.loads if urlsplit(url).netloc] == [], path


def test_no_style_sheet_loads_anything_from_another_host(built_book: Path) -> None:
    for path in built_book.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        foreign = re.findall(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")]+)", text)
        assert foreign == [], path


def test_everything_that_a_page_names_is_there(read: dict[Path, Reader], built_book: Path) -> None:
    for path, page in read.items():
        for url in (*page.loads, *page.links):
            parts = urlsplit(url)
            if parts.scheme or parts.netloc or not parts.path:
                continue
            assert (path.parent / unquote(parts.path)).resolve().exists(), f"{path}: {url}"


def test_fonts_and_pictures_of_the_style_sheets_are_there(built_book: Path) -> None:
    for path in (built_book / "_static").rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        for url in re.findall(r"url\(\s*['\"]?(?!data:|#)([^'\")]+)", text):
            assert (path.parent / url.split("?")[0]).exists(), f"{path.name}: {url}"


def test_only_pages_with_a_demo_load_its_script(read: dict[Path, Reader]) -> None:
    kinds = set()
    for path, page in read.items():
        has_demo = "data-demo=" in path.read_text(encoding="utf-8")
        loads_app = any("dai/app.js" in url for url in page.loads)
        assert has_demo == loads_app, path
        kinds.add(has_demo)
    assert kinds == {True, False}


def test_what_must_go_is_gone(built_book: Path) -> None:
    for path in built_book.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for gone in ("thebe", "require.js", "require.min.js", "fontawesome.js", "MathJax.js"):
            assert gone not in text, f"{path}: {gone}"
    assert not list(built_book.rglob("fontawesome.js"))
    icons = [path.stat().st_size for path in built_book.rglob("fa-solid-900.woff2")]
    assert len(icons) == 1 and icons[0] < 8_000  # 156,400 bytes before the cut


def test_the_demos_have_what_they_load(built_book: Path) -> None:
    dai = built_book / "_static" / "dai"
    about = json.loads((dai / "assets.json").read_text(encoding="utf-8"))
    for name in ("app.js", "app.css", "worker.js", "plotly.min.js"):
        assert (dai / name).stat().st_size > 500, name
    here = {path.name for path in (dai / "pyodide").iterdir()}
    assert {about["numpy"], "pyodide.mjs", "pyodide.asm.wasm", "decentralized_ai.whl"} <= here
    assert ("snapshot.bin" in here) == about["snapshot"]
    assert about["versions"]["pyodide"] == "0.27.7"


def test_app_js_runs_as_a_classic_script(built_book: Path) -> None:
    # A page opened from disk may load no module: no import or export may be left at the top.
    text = (built_book / "_static" / "dai" / "app.js").read_text(encoding="utf-8")
    assert not re.search(r"(?:^|;)\s*(?:import|export)[\s{*\"']", text)


def test_the_page_of_checks_has_two_rows_for_each_and_a_table_for_each_topic(
    built_book: Path,
) -> None:
    from decentralized_ai import validation

    text = (built_book / "book" / "validation.html").read_text(encoding="utf-8")
    checks = validation.all_checks()
    assert len(checks) > 0
    topics = {check.model.partition(": ")[0] for check in checks}
    assert text.count("<table") == len(topics)
    assert text.count("<tr") == 2 * len(checks) + len(topics)
    for check in checks:
        assert f">{check.test.split('::')[0]}" in text or check.test in text
