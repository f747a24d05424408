"""What several folders of tests share: turns, the built book, its address, a browser, figures."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, sync_playwright

from decentralized_ai.live import chromium as chromium_program
from decentralized_ai.live.serve import serve

from .turns import Turns, of_this_run

ROOT = Path(__file__).parent.parent
GATE = ("build", str(ROOT), "--all", "-W", "-n", "--keep-going")


TURNS = pytest.StashKey[Turns | None]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """`@pytest.mark.alone`: no other test of the run goes on meanwhile."""
    if TURNS not in item.config.stash:
        item.config.stash[TURNS] = of_this_run(Path(item.config.getoption("basetemp") or "."))
    turns = item.config.stash[TURNS]
    if turns is None:
        return (yield)
    with turns.taken(alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Takes a line with a measured figure; all are printed after the tests."""
    return lambda line: record_property("measured", line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = [
        str(line)
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, line in report.user_properties
        if name == "measured"
    ]
    if lines:
        terminalreporter.section("measured")
        for line in sorted(lines):
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def built_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the book's HTML, built once a run by the gate's own command."""
    out = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        out = out.parent  # all processes of the run have one book
    out, said = out / "book", out / "book.said"
    with FileLock(f"{out}.lock"):
        if not said.exists():
            said.write_text(_build(out))
    if trouble := said.read_text():
        pytest.fail(f"the gate of the build failed:\n{trouble}", pytrace=False)
    return out / "_build" / "html"


def _build(out: Path) -> str:
    """What the gate has against the book; nothing if it passes."""
    program = Path(sys.executable).parent / "jupyter-book"
    done = subprocess.run(
        [str(program), *GATE, "--path-output", str(out)], capture_output=True, text=True
    )
    if not done.returncode:
        return ""
    lines = (done.stdout + done.stderr).splitlines()
    return "\n".join([x for x in lines if "WARNING" in x or "ERROR" in x] or lines[-30:])


@pytest.fixture(scope="session")
def site(built_book: Path) -> Iterator[str]:
    """The address of the built book, without a slash at its end."""
    with serve(built_book) as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for the session; a test opens a context of its own in it."""
    program = chromium_program.ensure()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=chromium_program.options()
        )
        yield browser
        browser.close()
