"""A reader at work: guess, controls, challenges, reset, link, code; all of it by keyboard, too."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from decentralized_ai.contract import Choice, Demo, Grid, MultiChoice
from decentralized_ai.live import words

from .reader import Reader, once
from .test_live import other_slider


def first(demo: Demo, kind: type) -> Any:
    return next((control for control in demo.controls if isinstance(control, kind)), None)


@once
def test_the_guess_comes_before_the_picture(reader: Reader) -> None:
    reader.open()
    demo, block = reader.demo, reader.block
    takeaway, verdict = block.locator(".dai-takeaway"), block.locator(".dai-verdict")
    expect(takeaway).to_be_hidden()
    right = demo.guess.answer(demo.view())
    wrong = (right + 1) % len(demo.guess.options)
    block.get_by_role("button", name="Look", exact=True).click()
    expect(verdict).to_contain_text("Pick one")
    block.locator(f'.dai-guess input[value="{wrong}"]').check()
    block.get_by_role("button", name="Look", exact=True).click()
    expect(takeaway).to_be_visible()
    expect(verdict).to_contain_text(f"You guessed “{demo.guess.options[wrong]}”")
    expect(verdict).to_contain_text(f"it is “{demo.guess.options[right]}”")
    expect(verdict).to_contain_text(demo.guess.because)


def test_the_right_guess_is_said_to_be_right(reader: Reader) -> None:
    reader.open()
    right = reader.demo.guess.answer(reader.demo.view())
    reader.block.locator(f'.dai-guess input[value="{right}"]').check()
    reader.block.get_by_role("button", name="Look", exact=True).click()
    expect(reader.block.locator(".dai-verdict")).to_contain_text("You guessed right")


def test_every_kind_of_control_moves_the_picture(reader: Reader) -> None:
    reader.open()
    demo = reader.demo
    slider = other_slider(demo)
    moved: dict[str, Any] = {slider.name: slider.stops[-1]}
    reader.move(slider.name, slider.stops[-1])
    if choice := first(demo, Choice):
        moved[choice.name] = next(v for v in choice.options if v != choice.default)
        reader.input(choice.name).select_option(moved[choice.name])
    if multi := first(demo, MultiChoice):
        boxes = reader.block.locator(f'[data-control="{multi.name}"]')
        for option in multi.default[1:]:
            boxes.locator(f'input[value="{option}"]').uncheck()
        # Where all are chosen from the start, the last one comes back.
        others = [option for option in multi.options if option not in multi.default]
        new = (others or list(multi.options))[-1]
        boxes.locator(f'input[value="{new}"]').check()
        moved[multi.name] = [multi.default[0], new]
    if grid := first(demo, Grid):
        filled = [grid.high, *grid.default[1:-1], grid.low]
        cells = reader.block.locator(f'[data-control="{grid.name}"] input')
        cells.first.fill(str(grid.high))
        cells.last.fill(str(grid.low))
        moved[grid.name] = filled
    reader.shows(**moved)
    assert reader.takeaway == demo.view(moved).takeaway
    output = reader.block.locator(f'[data-control="{slider.name}"] output')
    expect(output).to_have_text(slider.text(slider.stops[-1]))
    expect(reader.input(slider.name)).to_have_attribute(
        "aria-valuetext", slider.text(slider.stops[-1])
    )


@once
def test_too_many_and_too_few_choices_are_refused_in_words(reader: Reader) -> None:
    multi = first(reader.demo, MultiChoice)
    reader.open().look()
    group = reader.block.locator(f'[data-control="{multi.name}"]')
    said = group.locator(".dai-refused")
    checked = group.locator("input:checked")
    for option in multi.default[1:]:
        group.locator(f'input[value="{option}"]').uncheck()
    group.locator(f'input[value="{multi.default[0]}"]').click()
    expect(said).to_have_text("At least one must stay.")
    expect(checked).to_have_count(1)
    others = [option for option in multi.options if option != multi.default[0]]
    for option in others[: multi.most - 1]:
        group.locator(f'input[value="{option}"]').check()
        expect(said).to_be_empty()
    if len(multi.options) > multi.most:
        group.locator(f'input[value="{others[multi.most - 1]}"]').click()
        expect(said).to_contain_text(f"At most {multi.most}")
        expect(checked).to_have_count(multi.most)


@pytest.mark.parametrize("demo", ["yuma"], indirect=True)
def test_what_is_no_number_of_a_cell_is_refused_in_words(reader: Reader) -> None:
    """The picture stays at what is set; the cell shows it again when the reader has left it."""
    grid = first(reader.demo, Grid)
    reader.open().look()
    group = reader.block.locator(f'[data-control="{grid.name}"]')
    cell, said = group.locator("input").first, group.locator(".dai-refused")
    expect(cell).to_have_accessible_name(grid.cell(0))
    expect(said).to_be_empty()
    for wrong in (str(grid.high + 1), "", "1.5", "-1"):
        cell.fill(wrong)
        expect(said).to_contain_text(f"from {grid.low} to {grid.high}")
        expect(cell).to_have_attribute("aria-invalid", "true")
    cell.blur()
    expect(cell).to_have_value(str(grid.default[0]))
    expect(said).to_be_empty()
    assert reader.key == reader.demo.key(reader.demo.parse({}))
    # The keyboard alone: one up, and down again.
    step = 1 if grid.default[0] < grid.high else -1
    cell.press("ArrowUp" if step > 0 else "ArrowDown")
    reader.shows(**{grid.name: [grid.default[0] + step, *grid.default[1:]]})
    reader.block.locator(".dai-reset").click()
    expect(cell).to_have_value(str(grid.default[0]))


def test_challenges_are_met_by_their_solutions_and_stay_met(reader: Reader) -> None:
    demo = reader.demo
    solutions = importlib.import_module(f"tests.demos.test_{demo.id}").SOLUTIONS
    reader.open().look()
    for challenge in demo.challenges:
        reader.set(**solutions[challenge.id])
        reader.shows(**solutions[challenge.id])
        item = reader.block.locator(f'[data-challenge="{challenge.id}"]')
        expect(item.locator(".dai-done")).to_be_visible()
        item.get_by_text("Hint").click()
        expect(item.get_by_text(challenge.hint)).to_be_visible()
        reader.block.locator(".dai-reset").click()
        reader.shows()
        expect(item.locator(".dai-done")).to_be_visible()


@once
def test_no_challenge_is_met_at_first_sight(reader: Reader) -> None:
    reader.open().look()
    reader.page.wait_for_timeout(300)
    assert reader.block.locator(".dai-done:visible").count() == 0


@once
def test_reset_goes_back_and_clears_the_address(reader: Reader) -> None:
    reader.open()
    preset = reader.demo.presets[1]
    reader.block.locator(f'[data-preset="{preset.id}"]').click()
    reader.shows(**preset.params)
    expect(reader.page).to_have_url(re.compile(rf"\?{reader.demo.id}\."))
    reader.block.locator(".dai-reset").click()
    reader.shows()
    assert reader.takeaway == reader.demo.view().takeaway
    expect(reader.page).not_to_have_url(re.compile(r"\?"))


@once
def test_a_copied_link_opens_the_same_setting(reader: Reader, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.open()
    preset = reader.demo.presets[-1]
    reader.block.locator(f'[data-preset="{preset.id}"]').click()
    reader.shows(**preset.params)
    reader.block.locator(".dai-share").click()
    expect(reader.block.locator(".dai-shared")).to_have_text("Link copied.")
    link = reader.page.evaluate("navigator.clipboard.readText()")
    params = reader.demo.parse(preset.params)
    assert link == f"{reader.address}?{words.query(reader.demo, params)}#demo-{reader.demo.id}"
    page = context.new_page()
    page.goto(link)
    expect(page.locator(f"#demo-{reader.demo.id}")).to_have_attribute(
        "data-key", reader.demo.key(params)
    )


@once
def test_show_the_code_opens_the_function_that_ran(reader: Reader) -> None:
    reader.open()
    code = reader.block.locator(".dai-code")
    code.get_by_text("Show the code").click()
    for name, source in reader.demo.sources():
        expect(code.get_by_text(name, exact=True)).to_be_visible()
        assert any(source.strip() == text.strip() for text in code.locator("pre").all_inner_texts())


def test_everything_works_by_keyboard(reader: Reader) -> None:
    demo, page, block = reader.demo, reader.page, reader.block
    reader.open()
    page.evaluate("document.activeElement.blur()")
    focused = block.locator(":focus")

    def tab_to(selector: str) -> None:
        for _ in range(200):
            page.keyboard.press("Tab")
            if block.locator(f"{selector}:focus").count():
                return
        raise AssertionError(f"Tab never reaches {selector}")

    tab_to('.dai-guess input[type="radio"]')
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(block.locator(".dai-verdict")).to_be_focused()
    main, stops = demo.control(demo.main), demo.control(demo.main).values()
    page.reload()
    block.scroll_into_view_if_needed()
    tab_to(".dai-preset")
    page.keyboard.press("Enter")
    reader.shows(**demo.presets[0].params)
    tab_to(f'[data-control="{main.name}"] input')
    page.keyboard.press("Home")
    reader.shows(**{**demo.presets[0].params, main.name: stops[0]})
    page.keyboard.press("ArrowRight")
    reader.shows(**{**demo.presets[0].params, main.name: stops[1]})
    for control in demo.controls:
        if control.name != main.name:
            tab_to(f'[data-control="{control.name}"] :is(input, select)')
    tab_to(".dai-reset")
    page.keyboard.press("Enter")
    reader.shows()
    tab_to(".dai-share")
    tab_to(".dai-challenges summary")
    page.keyboard.press("Enter")
    expect(block.locator(".dai-challenges details").first).to_have_attribute("open", "")
    tab_to(".dai-table > summary")
    page.keyboard.press("Enter")
    expect(block.locator(".dai-table table")).to_be_visible()
    tab_to(".dai-code > summary")
    page.keyboard.press("Space")
    expect(block.locator(".dai-code pre").first).to_be_visible()
    assert focused.count() == 1
