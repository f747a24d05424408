"""How long a reader waits for Python: this book's page beside JupyterLite, on one machine.

    python bench/cold_start.py [folder of the built book]

The page: from the first touch (the pointer goes down on a control whose setting was not computed at
build) to the picture of that setting on the screen. JupyterLite: from opening its REPL, with a cell
of `1+1` to run, to the 2 on the screen. Both are served by the same small server, and each try has
a fresh browser profile: nothing is cached there. One try before the others is thrown away: in it
the server compresses each file, which a web server does once. All figures come from this one run.
"""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from decentralized_ai import demos
from decentralized_ai.contract import Demo, Slider
from decentralized_ai.live import assets, chromium
from decentralized_ai.live.serve import serve

TRIES = 5
PATIENCE = 120_000  # ms

# Notes when the pointer first goes down, and when each new picture has been painted: `data-key`
# changes in the animation frame after the paint.
WATCH = """
id => {
  const block = document.getElementById(id);
  block.addEventListener("pointerdown", () => (window.touched ??= performance.now()), true);
  window.state = block.dataset.state;
  window.pictures = [];
  new MutationObserver(() => window.pictures.push([block.dataset.key, performance.now()]))
    .observe(block, { attributes: true, attributeFilter: ["data-key"] });
}
"""
ANSWERED = """
key => {
  const found = window.pictures.find(([shown]) => shown === key);
  return found ? found[1] - window.touched : null;
}
"""


def page_of(book: Path, demo_id: str) -> str:
    """The chapter that shows the demo, from the top of the site."""
    for path in sorted((book / "book").rglob("*.html")):
        if f'id="demo-{demo_id}"' in path.read_text(encoding="utf-8"):
            return path.relative_to(book).as_posix()
    raise SystemExit(f"No page of {book} shows the demo {demo_id}: run make html.")


def unprepared(demo: Demo) -> tuple[str, int, str]:
    """(control, place of the stop, key): another slider, at a stop not computed at build."""
    ready = demo.prepared()
    for control in demo.controls:
        if isinstance(control, Slider) and control.name != demo.main:
            for place, stop in enumerate(control.stops):
                key = demo.key(demo.parse({control.name: stop}))
                if key not in ready and place > len(control.stops) // 2:
                    return control.name, place, key
    raise SystemExit(f"{demo.id} has no slider but the main one.")


def cold(browser: Browser, address: str, demo: Demo) -> float:
    """Seconds from the first touch to the picture of a setting not computed before."""
    name, place, _ = unprepared(demo)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    block = page.locator(f"#demo-{demo.id}")
    slider = block.locator(f'[data-control="{name}"] input[type=range]')
    slider.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")  # the figure's library, which needs no touch
    page.evaluate(WATCH, f"demo-{demo.id}")
    assert page.evaluate("window.state") == "picture", "Python was up before the touch"
    box = slider.bounding_box()
    assert box is not None
    last = int(slider.get_attribute("max") or 1)
    # A real pointer on the slider's track. It may land a stop away: what it set is what counts.
    page.mouse.click(
        box["x"] + 8 + (box["width"] - 16) * place / last, box["y"] + box["height"] / 2
    )
    landed = demo.control(name).values()[int(slider.input_value())]
    key = demo.key(demo.parse({name: landed}))
    assert key not in demo.prepared(), f"{name}={landed} was computed at build"
    page.wait_for_function(f"key => ({ANSWERED})(key) !== null", arg=key, timeout=PATIENCE)
    took = page.evaluate(ANSWERED, key)
    context.close()
    return float(took) / 1000


def first_cell(browser: Browser, address: str) -> float:
    """Seconds from opening JupyterLite's REPL to the answer of its first cell."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page: Page = context.new_page()
    began = time.perf_counter()
    page.goto(f"{address}/lite/repl/index.html?kernel=python&execute=1&code=1%2B1")
    answer = page.locator(".jp-OutputArea-output").filter(has_text=re.compile(r"^\s*2\s*$"))
    answer.first.wait_for(timeout=PATIENCE)
    took = time.perf_counter() - began
    context.close()
    return took


def median(label: str, once: Callable[[], float]) -> float:
    once()
    tries = sorted(once() for _ in range(TRIES))
    middle = statistics.median(tries)
    print(f"{label}: {middle:.2f} s (median of {TRIES}: {tries[0]:.2f} to {tries[-1]:.2f} s)")
    return middle


def main(book: Path) -> None:
    lite = assets.jupyterlite()
    program = chromium.ensure()
    with (
        serve(book) as site,
        serve(lite) as lite_site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=chromium.options())
        print(f"Chromium {browser.version}, headless; a fresh profile for each try")
        ours = {}
        for demo_id in demos.ids():
            demo, address = demos.get(demo_id), f"{site}/{page_of(book, demo_id)}"
            words = f"{demo_id}: first touch to recomputed picture"
            ours[demo_id] = median(words, lambda d=demo, a=address: cold(browser, a, d))
        theirs = median("JupyterLite: open to first cell", lambda: first_cell(browser, lite_site))
        browser.close()
    for demo_id, took in ours.items():
        print(f"{demo_id}: {theirs / took:.1f} times faster than JupyterLite's first cell")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "_build/html"))
