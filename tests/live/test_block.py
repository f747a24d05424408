"""The block of a demo as HTML: nothing in it can break out, and it says what Python says."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decentralized_ai import demos
from decentralized_ai.contract import (
    BadParameter,
    Challenge,
    Choice,
    Column,
    Demo,
    Guess,
    MultiChoice,
    Preset,
    Slider,
    Table,
    Toggle,
    View,
)
from decentralized_ai.live import browser
from decentralized_ai.live.block import block_html, script_json

NASTY = '</script></section><img src=x onerror="hurt()">&amp;\'\u2028'


def compute(dose: int, kind: str, some: tuple[str, ...], loud: bool) -> View:
    return View(
        figure={"data": [], "layout": {}},
        takeaway=f"{NASTY} at {dose}",
        metrics={"double": 2.0 * dose},
        table=Table(NASTY, (Column(NASTY, NASTY), Column("b")), ((NASTY, 1.0), ("x", None))),
    )


def nasty_demo() -> Demo:
    options = {"one": NASTY, "two": "2", "three": "3"}
    return Demo(
        id="nasty",
        title=NASTY,
        part="part",
        question=NASTY,
        guess=Guess(NASTY, (NASTY, "b"), lambda view: 1, NASTY),
        controls=(
            Slider("dose", NASTY, 2, (1, 2, 3), NASTY, NASTY),
            Choice("kind", NASTY, "two", options, NASTY),
            MultiChoice("some", NASTY, ("one", "three"), options, 2, NASTY),
            Toggle("loud", NASTY, True, NASTY),
        ),
        main="dose",
        presets=(Preset("p", NASTY, NASTY, NASTY, {"dose": 3}),),
        challenges=(Challenge("c", NASTY, NASTY, lambda view: view.metrics["double"] > 5),),
        compute=compute,
    )


class Reader(HTMLParser):
    """Collects what a browser would see: tags with attributes, and the text of each script."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"input", "img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_hostile_words_stay_words() -> None:
    seen = Reader(block_html(nasty_demo(), sources={NASTY: (NASTY, "javascript:hurt()")}))
    assert seen.open == []
    assert seen.all("img") == []
    assert seen.all("a") == []  # an address that is none of the web's makes no link
    assert not [name for _, attributes in seen.tags for name in attributes if name[:2] == "on"]
    assert len(seen.scripts) == 1
    data = json.loads(seen.scripts[0])
    assert data["spec"]["title"] == NASTY
    assert data["answers"]["1|two|one+three|1"]["takeaway"] == f"{NASTY} at 2"
    assert seen.text.count(f"{NASTY} at 2") == 1


def test_ids_are_unique_and_labels_point_at_them() -> None:
    seen = Reader(block_html(nasty_demo()))
    ids = [attributes["id"] for _, attributes in seen.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    for _, attributes in seen.tags:
        for name in ("for", "aria-describedby", "aria-labelledby"):
            if name in attributes:
                assert attributes[name] in ids


def test_two_blocks_of_one_demo_share_no_id() -> None:
    one = Reader(block_html(nasty_demo()))
    two = Reader(block_html(nasty_demo(), block_id="demo-nasty-2"))
    ids = [{a["id"] for _, a in seen.tags if "id" in a} for seen in (one, two)]
    assert ids[0].isdisjoint(ids[1])


def test_controls_show_the_setting() -> None:
    setting = {"dose": 3, "kind": "three", "some": ["two"], "loud": False}
    seen = Reader(block_html(nasty_demo(), setting))
    slider = next(a for a in seen.all("input") if a["type"] == "range")
    assert (slider["min"], slider["max"], slider["value"]) == ("0", "2", "2")
    assert slider["aria-valuetext"] == f"3 {NASTY}"
    assert [a["value"] for a in seen.all("option") if "selected" in a] == ["three"]
    boxes = [a for a in seen.all("input") if a["type"] == "checkbox"]
    assert [a.get("value") for a in boxes if "checked" in a] == ["two"]


def test_a_bad_setting_raises_the_contracts_own_error() -> None:
    with pytest.raises(BadParameter, match="dose must be 1 to 3"):
        block_html(nasty_demo(), {"dose": 4})


def test_the_prepared_answers_lie_in_the_block_by_key() -> None:
    demo = demos.get("routing")
    data = json.loads(Reader(block_html(demo)).scripts[0])
    assert set(data["answers"]) == set(demo.prepared())
    for key, params in demo.prepared().items():
        assert data["answers"][key] == json.loads(json.dumps(demo.answer(params)))
    assert data["guess"]["right"] == demo.guess.answer(demo.view())
    few = json.loads(Reader(block_html(demo, prepared=False)).scripts[0])
    assert list(few["answers"]) == [demo.key(demo.parse({}))]


def test_the_right_guess_belongs_to_the_default_view_whatever_is_shown_first() -> None:
    demo = replace(
        nasty_demo(),
        guess=Guess("?", ("a", "b"), lambda view: int(view.metrics["double"] > 4), "so"),
    )
    data = json.loads(Reader(block_html(demo, {"dose": 3})).scripts[0])
    assert data["guess"]["right"] == 0
    assert data["params"]["dose"] == 3


@given(st.recursive(st.text() | st.integers() | st.none(), st.lists))
def test_json_in_a_script_reads_back_and_holds_no_angle_bracket(value: object) -> None:
    text = script_json(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")


def test_a_number_that_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        script_json({"a": float("nan")})


@given(st.text(max_size=60), st.text(max_size=200))
def test_the_worker_is_always_answered_with_json(demo_id: str, setting: str) -> None:
    reply = json.loads(browser.answer(demo_id, setting))
    assert list(reply) == ["error"] and reply["error"]


def test_the_worker_gets_the_demos_answer() -> None:
    demo = demos.get("routing")
    setting = {"seed": 3, "policies": ["nearest"]}
    reply = json.loads(browser.answer("routing", json.dumps(setting)))
    assert reply == {"answer": json.loads(json.dumps(demo.answer(setting)))}
