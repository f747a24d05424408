"""`show`: what the widgets say is what `Demo.answer` says, whichever way they were moved."""

from __future__ import annotations

import asyncio
import html
import inspect
import re
import threading
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai import demos
from decentralized_ai.contract import BadParameter, Grid, MultiChoice
from decentralized_ai.live import show
from decentralized_ai.live.fields import Cells, Ticks
from decentralized_ai.live.frame import SCENES, Scene
from decentralized_ai.live.notebook import Live
from decentralized_ai.live.picture import Picture

from .. import every
from .conftest import apart

SOME = demos.get(demos.ids()[0])


def drawn(picture: Picture) -> list[dict[str, Any]]:
    """The traces that a figure widget holds, without what plotly adds."""
    return [
        {key: value for key, value in trace.to_plotly_json().items() if key not in ("uid", "type")}
        for trace in picture.data
    ]


def wanted(figure: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: value for key, value in t.items() if key != "type"} for t in figure["data"]]


def plain(node: Any) -> Any:
    """Tuples and arrays as lists: plotly keeps sequences in kinds of its own. No empty parts: what
    `paint` takes away from a trace stays as one, which draws nothing."""
    if isinstance(node, dict):
        parts = {key: plain(value) for key, value in node.items()}
        return {key: part for key, part in parts.items() if part != {}}
    if hasattr(node, "tolist"):
        return node.tolist()
    if isinstance(node, list | tuple):
        return [plain(value) for value in node]
    return node


@pytest.mark.parametrize("demo_id", demos.ids())
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_shows_the_answer_of_the_demo(demo_id: str, data: st.DataObject) -> None:
    demo = demos.get(demo_id)
    first, then = data.draw(every.setting(demo)), data.draw(every.setting(demo))
    live = show(demo_id, **first)
    assert live.answer == demo.answer(first)
    for name, field in live.fields.items():
        assert field.value == first[name]

    def move() -> None:
        for name, value in then.items():
            live.fields[name].value = value

    apart(move)
    answer = demo.answer(then)
    assert live.answer == answer
    assert answer["takeaway"] in live._repr_mimebundle_()["text/plain"]
    assert plain(drawn(live.picture)) == plain(wanted(answer["figure"]))


@pytest.mark.parametrize("demo_id", demos.ids())
def test_presets_and_reset_set_every_control(demo_id: str) -> None:
    live, demo = show(demo_id), demos.get(demo_id)
    for preset in demo.presets:
        apart(live.presets[preset.id].click)
        assert live.answer == demo.answer(preset.params)
        assert {n: f.value for n, f in live.fields.items()} == demo.parse(preset.params)
        assert live.note.value
    apart(live.reset.click)
    assert live.answer == demo.answer()
    assert live.note.value == ""


@pytest.mark.parametrize("demo_id", demos.ids())
def test_set_moves_some_controls_and_keeps_the_others(demo_id: str) -> None:
    demo = demos.get(demo_id)
    main = demo.control(demo.main)
    last = demo.controls[-1]
    live = show(demo_id, **{main.name: main.values()[0]})
    live.set(**{last.name: last.values()[-1]})
    both = {main.name: main.values()[0], last.name: last.values()[-1]}
    assert live.answer == demo.answer(both)


def test_wrong_parameters_are_refused_at_once() -> None:
    main = SOME.control(SOME.main)
    with pytest.raises(BadParameter, match=f"{main.name} must be"):
        show(SOME.id, **{main.name: "much"})
    with pytest.raises(BadParameter, match="has no control 'colour'"):
        show(SOME.id, colour="blue")
    with pytest.raises(KeyError, match="did you mean"):
        show(SOME.id + "x")
    live = show(SOME.id)
    with pytest.raises(BadParameter, match=f"{main.name} must be"):
        live.set(**{main.name: -1e9})
    assert live.answer == SOME.answer()


def test_moves_made_while_one_is_computed_collapse_to_the_last() -> None:
    main = SOME.control(SOME.main)
    asked: list[Any] = []
    hold = threading.Event()

    def slow(**params: Any) -> Any:
        if asked:
            hold.wait(10)
        asked.append(params[main.name])
        return SOME.compute(**params)

    slow.__signature__ = inspect.signature(SOME.compute)  # type: ignore[attr-defined]

    async def moves() -> Live:
        live = Live(replace(SOME, compute=slow, shown=()), {})
        others = [value for value in main.values() if value != main.default]
        for value in others:
            live.fields[main.name].value = value
            await asyncio.sleep(0.01)
        assert len(asked) == 1  # the first move is still being computed
        hold.set()
        assert live._task is not None
        await live._task
        assert asked == [main.default, others[0], others[-1]]
        assert live.answer["params"][main.name] == others[-1]
        return live

    apart(asyncio.run, moves())


def test_a_setting_that_fails_keeps_the_picture_and_says_so() -> None:
    main = SOME.control(SOME.main)
    other = next(value for value in main.values() if value != main.default)

    def breaks(**params: Any) -> Any:
        if params[main.name] == other:
            raise RuntimeError("out of <luck>")
        return SOME.compute(**params)

    breaks.__signature__ = inspect.signature(SOME.compute)  # type: ignore[attr-defined]

    async def move() -> Live:
        live = Live(replace(SOME, compute=breaks, shown=()), {})
        live.fields[main.name].value = other
        assert live._task is not None
        await live._task
        return live

    live = apart(asyncio.run, move())
    assert "could not be computed: out of &lt;luck&gt;" in live.takeaway.value
    assert plain(drawn(live.picture)) == plain(wanted(SOME.answer()["figure"]))


def test_ticks_keep_at_least_one_and_at_most_the_most() -> None:
    options = {name: name.upper() for name in "abcd"}
    control = MultiChoice("which", "Which", ("a", "b"), options, 3)
    calls: list[tuple[str, ...]] = []
    ticks = Ticks(control, ("a", "b"), lambda: calls.append(ticks.value))
    boxes = ticks._boxes
    assert "choose 1 to 3" in ticks._legend.value
    boxes["c"].value = True
    assert boxes["d"].disabled and not boxes["a"].disabled
    assert "3 at most" in ticks._legend.value
    boxes["b"].value = boxes["c"].value = False
    assert boxes["a"].disabled and not boxes["d"].disabled
    assert "the last one stays" in ticks._legend.value
    ticks.value = ("c", "d")
    assert calls == [("a", "b", "c"), ("a", "c"), ("a",), ("c", "d")]


def test_cells_are_named_and_their_value_is_read_row_by_row() -> None:
    control = Grid("who", "Who", ("V", "W"), ("a", "b", "c"), (0, 1, 2, 3, 4, 5), high=9)
    calls: list[tuple[int, ...]] = []
    cells = Cells(control, control.default, lambda: calls.append(cells.value))
    assert cells.value == control.default
    assert [cell.description for cell in cells._cells][4] == "W, b"
    cells._cells[4].value = 9
    cells._cells[0].value = 12  # to the end of the range, and shown there
    assert cells._cells[0].value == 9
    cells.value = (1, 1, 1, 0, 0, 0)
    assert calls == [(0, 1, 2, 3, 9, 5), (9, 1, 2, 3, 9, 5), (1, 1, 1, 0, 0, 0)]


def test_challenges_once_met_stay_met() -> None:
    for challenge in SOME.challenges:
        always = replace(challenge, met=lambda view: view.takeaway != SOME.view().takeaway)
        main = SOME.control(SOME.main)
        live = Live(replace(SOME, challenges=(always,)), {})
        assert "met:" not in live.challenges.value
        live.set(**{main.name: main.values()[0]})
        live.set(**{main.name: main.default})
        assert "met:" in live.challenges.value


def test_the_guess_says_how_it_went() -> None:
    live = show(SOME.id)
    right = SOME.guess.answer(SOME.view())
    options, verdict = live.guess.children[1:]
    options.index = right
    assert "Yes." in verdict.value
    options.index = (right + 1) % len(SOME.guess.options)
    assert f"No: {html.escape(SOME.guess.options[right])}." in verdict.value


def test_every_scene_of_a_demo_has_a_renderer() -> None:
    for demo_id in demos.ids():
        scene = demos.get(demo_id).view().scene
        if scene:
            widget = Scene(scene)
            # One file for a notebook: the player's and the renderer's, without an import.
            for name in ("export function player", "export const mount"):
                assert widget._esm.count(name) == 1
            assert not re.search(r"^import ", widget._esm, re.M)
            assert widget.scene["kind"] == scene["kind"]
    with pytest.raises(
        FileNotFoundError, match=r"no renderer for scenes of kind 'dance'.*dance\.js"
    ):
        Scene({"kind": "dance"})
    assert list(SCENES.glob("*.js"))


def test_an_animation_goes_when_its_setting_has_none_and_comes_back() -> None:
    live = show("sync")
    (ring,) = live.stage.children
    assert ring.scene == live.answer["scene"]
    live.set(scheme="tree")
    assert live.answer["scene"] is None and live.stage.children == ()
    live.set(scheme="ring", nodes=4)
    (ring,) = live.stage.children
    assert ring.scene == live.answer["scene"]
