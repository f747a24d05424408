"""A browser's context for each test, and the reader in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from decentralized_ai import demos
from decentralized_ai.contract import Demo

from .reader import KEEP_WORKERS, Reader, page_of


@pytest.fixture(params=demos.ids())
def demo(request: pytest.FixtureRequest) -> Demo:
    """Each demo of the book in turn: a new one is held to all of this by being there."""
    return demos.get(request.param)


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(KEEP_WORKERS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def reader(page: Page, site: str, built_book: Path, demo: Demo) -> Reader:
    return Reader(page, site, page_of(built_book, demo), demo)
