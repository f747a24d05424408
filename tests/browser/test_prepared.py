"""What a reader gets before Python is up: prepared answers, links, and no script at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from decentralized_ai.contract import Demo
from decentralized_ai.live import words

from .reader import Reader, once, page_of, time_moves

AT_ONCE = 100  # ms


def prepared_stops(demo: Demo) -> list[object]:
    """The stops of the main control that are answered at build, all else at its default."""
    ready = demo.prepared()
    main = demo.control(demo.main)
    stops = [v for v in main.values() if demo.key(demo.parse({main.name: v})) in ready]
    return [stop for stop in stops if stop != main.default]


@pytest.mark.alone
def test_the_main_control_answers_at_once_with_the_network_cut(
    reader: Reader, context: BrowserContext, measured: Callable[[str], None]
) -> None:
    reader.open()
    context.set_offline(True)
    stops = prepared_stops(reader.demo)
    assert len(stops) >= min(10, len(reader.demo.control(reader.demo.main).values()) - 1)
    times = time_moves(reader, reader.demo.main, stops * 2)
    reader.shows(**{reader.demo.main: stops[-1]})
    measured(f"prepared answer to painted figure, {reader.demo.id}: at most {max(times):.0f} ms")
    # The very first paint after a page load compiles plotly's code paths: it may take longer once.
    assert sorted(times)[-2] <= AT_ONCE, times


def test_presets_answer_with_the_network_cut(reader: Reader, context: BrowserContext) -> None:
    reader.open()
    context.set_offline(True)
    for preset in reader.demo.presets:
        reader.block.locator(f'[data-preset="{preset.id}"]').click()
        reader.shows(**preset.params)
        expected = reader.demo.view(preset.params)
        assert reader.takeaway == expected.takeaway
        note = reader.block.locator(f'[data-note="{preset.id}"]')
        expect(note).to_be_visible()
        expect(note).to_contain_text(preset.note)
        button = reader.block.locator(f'[data-preset="{preset.id}"]')
        expect(button).to_have_attribute("aria-pressed", "true")


@once
def test_a_page_opened_from_disk_answers_and_says_what_it_cannot(
    page: Page, built_book: Path, demo: Demo
) -> None:
    reader = Reader(page, built_book.as_uri(), page_of(built_book, demo), demo).open()
    stop = prepared_stops(demo)[0]
    reader.move(demo.main, stop)
    reader.shows(**{demo.main: stop})
    assert reader.takeaway == demo.view({demo.main: stop}).takeaway
    before = reader.key
    other = next(c for c in demo.controls if c.kind == "slider" and c.name != demo.main)
    value = next(v for v in other.values() if v != other.default)
    reader.move(other.name, value)
    alert = reader.block.locator(".dai-alert")
    expect(alert).to_contain_text("opened from a file")
    assert reader.key == before and reader.painted()
    reader.move(other.name, other.default)
    expect(alert).to_be_empty()


def test_without_javascript_takeaway_and_table_are_there(
    chromium: Browser, site: str, built_book: Path, demo: Demo
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/{page_of(built_book, demo)}")
    block = page.locator(f"#demo-{demo.id}")
    view = demo.view()
    takeaway = block.locator('[role="status"]')
    expect(takeaway).to_be_visible()
    expect(takeaway).to_have_text(view.takeaway)
    block.locator(".dai-table > summary").click()
    cells = block.locator(".dai-table tbody tr :is(th, td)")
    expect(cells.first).to_be_visible()
    assert cells.all_inner_texts() == [cell for row in view.table.cells() for cell in row]
    for dead in block.locator("input, select, button").all():
        expect(dead).to_be_hidden()
    context.close()


def test_a_link_opens_the_demo_set(reader: Reader) -> None:
    demo = reader.demo
    for preset in demo.presets:
        reader.open(words.query(demo, demo.parse(preset.params)))
        reader.shows(**preset.params)
        assert reader.takeaway == demo.view(preset.params).takeaway
        expect(reader.block.locator(".dai-garbled")).to_be_empty()


GARBLED = [
    "{main}=nonsense",
    "{main}=1e999",
    "{main}=NaN",
    "{main}=",
    "{main}=-7",
    "{main}=%00%ff%E0%A4%A",
    "{main}=" + "9" * 5000,
    "nonsense=1",
    "__proto__=1",
    "constructor.prototype=1",
    "{main}={default}&{id}.{main}={default}",
    "{main}=" + quote("<img src=x onerror=window.hurt=1>"),
    quote("<script>window.hurt=1</script>") + "=1",
]


@once
@pytest.mark.parametrize("text", GARBLED)
def test_a_garbled_link_shows_a_message_and_the_defaults(reader: Reader, text: str) -> None:
    demo = reader.demo
    default = demo.control(demo.main).default
    query = text.replace("{main}", demo.main).replace("{default}", str(default))
    reader.open(f"{demo.id}.{query.replace('{id}', demo.id)}")
    message = reader.block.locator(".dai-garbled")
    expect(message).to_contain_text("This link could not be read")
    assert len(message.inner_text()) < 400
    reader.shows()
    assert reader.takeaway == demo.view().takeaway
    assert reader.page.evaluate("window.hurt") is None
