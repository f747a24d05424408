"""What several folders of tests share: the built book, its address, a browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from decentralized_ai.live import chromium as chromium_program
from decentralized_ai.live.serve import serve

ROOT = Path(__file__).parent.parent
GATE = ("build", str(ROOT), "--all", "-W", "-n", "--keep-going")


@pytest.fixture(scope="session")
def built_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the book's HTML, built once a session by the gate's own command."""
    out = tmp_path_factory.mktemp("book")
    program = Path(sys.executable).parent / "jupyter-book"
    done = subprocess.run(
        [str(program), *GATE, "--path-output", str(out)], capture_output=True, text=True
    )
    if done.returncode:
        said = (done.stdout + done.stderr).splitlines()
        trouble = [line for line in said if "WARNING" in line or "ERROR" in line] or said[-30:]
        pytest.fail("the gate of the build failed:\n" + "\n".join(trouble), pytrace=False)
    return out / "_build" / "html"


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
