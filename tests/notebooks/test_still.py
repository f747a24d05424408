"""What a notebook stores: small, the same every time, and sensible by itself."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decentralized_ai import demos
from decentralized_ai.live import plot, show
from decentralized_ai.live.still import demo_html
from decentralized_ai.live.still_plot import LETTER, ROW, WIDTH, decades, legend, ticks


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("demo_id", demos.ids())
def test_the_stored_demo_names_its_setting_and_says_its_takeaway(demo_id: str) -> None:
    demo = demos.get(demo_id)
    for preset in demo.presets:
        answer = demo.answer(preset.params)
        text = demo_html(demo, answer)
        tags = Tags(text)
        assert tags.open == []
        tag, attributes = tags.attributes[0]
        assert (tag, attributes["class"], attributes["data-demo"]) == (
            "section",
            "dai-demo",
            demo_id,
        )
        given = json.loads(attributes["data-params"] or "")
        assert demo.parse(given) == demo.parse(preset.params)
        assert html.escape(answer["takeaway"]) in text
        assert text.count("<tr>") == 1 + len(answer["table"]["rows"])
        assert len(text) < 8_000


def test_a_bundle_is_the_same_every_time_but_for_the_widget() -> None:
    first, again = (show(demos.ids()[0])._repr_mimebundle_() for _ in range(2))
    views = [bundle.pop("application/vnd.jupyter.widget-view+json") for bundle in (first, again)]
    assert first == again
    assert views[0]["model_id"] != views[1]["model_id"]


def lines(n: int = 2) -> dict[str, list[float]]:
    return {f"<{i}>": [1.0 + i, 10.0, 200.0] for i in range(n)}


@pytest.mark.parametrize("log", [False, True])
def test_a_stored_plot_draws_each_point_where_its_axes_say(log: bool) -> None:
    chart = plot([0, 5, 10], lines(), xlabel="x & y", ylabel="y", caption="<c>", log=log)
    bundle = chart._repr_mimebundle_()
    assert bundle["text/plain"] == "<c>"
    text = bundle["text/html"]
    assert Tags(text).open == []
    picture = ElementTree.fromstring(re.search(r"<svg.*</svg>", text, re.S)[0])  # type: ignore[index]
    words = [(node.text, node.attrib) for node in picture.iter("text")]
    where_x = {
        float(t): float(a["x"])
        for t, a in words
        if a.get("text-anchor") == "middle" and "y" in a and t and re.fullmatch(r"[\d.]+", t)
    }
    where_y = {float(t): float(a["y"]) - 4 for t, a in words if a.get("text-anchor") == "end" and t}
    first = next(p.attrib["d"] for p in picture.iter("path") if p.attrib.get("fill") == "none")
    points = [tuple(map(float, p.split())) for p in first[1:].split("L")]
    # 0, 5, 10 lie on ticks of x; 10 and 200 (or 10 and 100) on ticks of y: to a tenth of a pixel.
    assert points[0][0] == pytest.approx(where_x[0], abs=0.1)
    assert points[2][0] == pytest.approx(where_x[10], abs=0.1)
    if log:
        assert points[0][1] == pytest.approx(where_y[1], abs=0.1)
        assert points[1][1] == pytest.approx(where_y[10], abs=0.1)
    else:
        assert points[2][1] == pytest.approx(where_y[200], abs=0.1)


def test_plots_refuse_what_they_cannot_draw() -> None:
    words = {"xlabel": "x", "ylabel": "y", "caption": "c"}
    with pytest.raises(ValueError, match="has 3 values; x has 2"):
        plot([1, 2], lines(1), **words)
    with pytest.raises(ValueError, match="at most 5 lines"):
        plot([1, 2, 3], lines(6), **words)
    with pytest.raises(ValueError, match="no place"):
        plot([1, 2], {"a": [0.0, 1.0]}, log=True, **words)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_round_and_hold_the_data(low: float, span: float) -> None:
    high = low + span
    marks = ticks(low, high)
    step = (marks[-1] - marks[0]) / (len(marks) - 1)
    slack = 1e-6 * step + 1e-9
    assert marks[0] <= low + slack and marks[-1] >= high - slack
    assert 2 <= len(marks) <= 9
    assert f"{step:.0e}"[0] in "125"


@given(st.floats(1e-6, 1e6), st.floats(1, 1e6))
def test_decades_hold_the_data(low: float, factor: float) -> None:
    marks = decades(low, low * factor)
    assert marks[0] <= low * (1 + 1e-9) and marks[-1] >= low * factor * (1 - 1e-9)
    assert len(marks) >= 2


@given(st.lists(st.text("abc ", min_size=1, max_size=40), min_size=1, max_size=5))
def test_no_name_of_a_legend_covers_another_or_the_plot(names: list[str]) -> None:
    places, top = legend(names)
    assert len(places) == len(names)
    for (x, y), name in zip(places, names, strict=True):
        assert y <= top - ROW
        assert x + 34 + LETTER * len(name) <= WIDTH
    for (x, y), (right, below), name in zip(places, places[1:], names, strict=False):
        assert below > y or right >= x + 34 + LETTER * len(name)
