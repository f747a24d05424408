"""A reader of the built book in a real browser: opens a demo, moves controls, waits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from decentralized_ai.contract import Demo

# For what belongs to the page and not to the demo on it: tried once, on the demo with every kind of
# control and an animation.
once = pytest.mark.parametrize("demo", ["routing"], indirect=True)

PATIENCE = 60_000  # ms: Python's start on a busy machine; no test measures with this

# Keeps every worker that the page makes, so that a test can end one.
KEEP_WORKERS = """
window.workers = [];
const Real = window.Worker;
window.Worker = class extends Real {
  constructor(...args) { super(...args); window.workers.push(this); }
};
"""


def pages(book: Path) -> list[str]:
    """The path from the top of the site of every page that is more than a way to another."""
    found = [page for page in sorted(book.rglob("*.html")) if "_static" not in page.parts]
    stays = [page for page in found if 'http-equiv="refresh"' not in page.read_text("utf-8")]
    return [page.relative_to(book).as_posix() for page in stays]


def page_of(book: Path, demo: Demo) -> str:
    """The path of the chapter that shows the demo, from the top of the site."""
    mark = f'id="demo-{demo.id}"'
    pages = [page for page in sorted(book.rglob("*.html")) if mark in page.read_text("utf-8")]
    chapters = [page for page in pages if "notebooks" not in page.relative_to(book).parts]
    assert chapters, f"no page of the book shows the demo {demo.id}"
    return chapters[0].relative_to(book).as_posix()


class Reader:
    """One page with one demo. `root` is the site's address, or a file: address."""

    def __init__(self, page: Page, root: str, path: str, demo: Demo):
        self.page, self.demo, self.address = page, demo, f"{root}/{path}"
        self.block: Locator = page.locator(f"#demo-{demo.id}")

    def open(self, query: str = "") -> Reader:
        """Load the page and wait for the first picture. The pointer stays away from the demo."""
        self.page.goto(self.address + (f"?{query}" if query else ""))
        self.block.scroll_into_view_if_needed()
        expect(self.block).to_have_attribute("data-key", re.compile("."), timeout=PATIENCE)
        return self

    def look(self) -> Reader:
        self.block.locator(".dai-skip").click()
        return self

    def live(self) -> Reader:
        """Wait until Python is up; `look` or another touch must have started it."""
        expect(self.block).to_have_attribute("data-state", "live", timeout=PATIENCE)
        return self

    @property
    def key(self) -> str:
        return self.block.get_attribute("data-key") or ""

    @property
    def takeaway(self) -> str:
        return self.block.locator(".dai-takeaway").inner_text()

    def input(self, name: str) -> Locator:
        return self.block.locator(f'[data-control="{name}"] :is(input, select)')

    def move(self, name: str, *values: Any) -> None:
        """Drag a slider over `values`, all in one go, as fast as events can come."""
        stops = self.demo.control(name).values()
        self.input(name).evaluate(
            """(input, indices) => indices.forEach((index) => {
                input.value = index;
                input.dispatchEvent(new Event("input", { bubbles: true }));
            })""",
            [stops.index(value) for value in values],
        )

    def set(self, **raw: Any) -> None:
        """Every control to its place in this setting, one after the other, as a hand would."""
        for name, value in self.demo.parse(raw).items():
            control = self.demo.control(name)
            host = self.block.locator(f'[data-control="{name}"]')
            if control.kind == "slider":
                self.move(name, value)
            elif control.kind == "multichoice":
                host.evaluate(TICK, list(value))
            elif control.kind == "grid":
                host.evaluate(WRITE, list(value))
            elif control.kind == "toggle":
                host.locator("input").set_checked(value)
            else:
                host.locator("select").select_option(value)

    def shows(self, **raw: Any) -> None:
        """Wait until the picture of this setting is painted."""
        key = self.demo.key(self.demo.parse(raw))
        expect(self.block).to_have_attribute("data-key", key, timeout=PATIENCE)

    def painted(self) -> bool:
        return self.block.locator(".dai-figure svg .trace").count() > 0


# The wanted boxes are ticked and the others cleared, in an order that never has too many or none.
TICK = """
(host, wanted) => {
  const boxes = [...host.querySelectorAll("input")];
  for (let round = 0; round < boxes.length; round++) {
    for (const box of boxes) {
      if (box.checked === wanted.includes(box.value)) continue;
      box.click();
    }
  }
}
"""

WRITE = """
(host, numbers) => {
  for (const [at, cell] of host.querySelectorAll("input").entries()) {
    cell.value = numbers[at];
    cell.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
"""

# From an input event to the animation frame after the picture: data-key is set in that frame.
TIME_MOVES = """
async ([id, name, indices]) => {
  const block = document.getElementById(id);
  const input = block.querySelector(`[data-control="${name}"] input`);
  const times = [];
  for (const index of indices) {
    const before = block.dataset.key;
    const began = performance.now();
    input.value = index;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => {
      if (block.dataset.key !== before) return done();
      const watch = new MutationObserver(() => {
        if (block.dataset.key === before) return;
        watch.disconnect();
        done();
      });
      watch.observe(block, { attributes: true, attributeFilter: ["data-key"] });
    });
    times.push(performance.now() - began);
    await new Promise((done) => setTimeout(done, 60));
  }
  return times;
}
"""


def time_moves(reader: Reader, name: str, values: list[Any]) -> list[float]:
    """Milliseconds from each movement of a slider to its painted picture."""
    stops = reader.demo.control(name).values()
    indices = [stops.index(value) for value in values]
    times = reader.page.evaluate(TIME_MOVES, [f"demo-{reader.demo.id}", name, indices])
    return [float(t) for t in times]
