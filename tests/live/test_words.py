"""What authors write in chapters about demos: settings, numbers, links, places in notebooks."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from decentralized_ai import demos
from decentralized_ai.__main__ import read
from decentralized_ai.contract import BadParameter
from decentralized_ai.live import placeholders, words

ROUTING = demos.get("routing")


def test_a_value_is_the_views_own_number() -> None:
    view = ROUTING.view({"load": 50, "policies": ["random"]})
    written = words.value("routing:random.p95?load=50&policies=random | .3f")
    assert written == f"{view.metrics['random.p95']:.3f}"
    assert words.value("routing:central.p95") == f"{ROUTING.view().metrics['central.p95']:.4g}"
    assert words.value("routing:load?load=90 | .0f") == "90"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("routing:centrl.p95", "did you mean central.p95"),
        ("routin:central.p95", "did you mean routing"),
        ("routing:central.p95?load=7", "load must be"),
        ("routing:central.p95?lod=70", "has no control 'lod'"),
        ("routing:central.p95?load", "name=value"),
        ("routing:central.p95 | .2q", "Unknown format code|Invalid format"),
        ("central.p95", "write demo:metric"),
    ],
)
def test_a_wrong_value_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(BadParameter, match=said):
        words.value(text)


def test_a_links_query_reads_back_as_the_setting() -> None:
    settings = [dict(preset.params) for preset in ROUTING.presets]
    settings += [{}, {"staleness": 10.0, "seed": 99, "arrivals": "bursty"}]
    for raw in settings:
        params = ROUTING.parse(raw)
        query = words.query(ROUTING, params)
        pairs = [(name.removeprefix("routing."), text) for name, text in parse_qsl(query)]
        assert pairs, "a link always says what it shows"
        back = {name: read(ROUTING.control(name), text) for name, text in pairs}
        assert ROUTING.parse(back) == params


def test_an_address_says_whether_it_sets_anything() -> None:
    demo, params, named = words.address("routing?load=90")
    assert (demo, params["load"], named) == (ROUTING, 90, True)
    assert words.address("routing") == (ROUTING, ROUTING.parse({}), False)


def block(demo_id: str, params: dict[str, object]) -> str:
    return f"[{demo_id} {params}]"


def test_a_place_is_filled_and_the_rest_is_left_alone() -> None:
    params: dict[str, object] = {"a": '"<&', "b": [1, 2]}
    place = placeholders.place("routing", params)
    inner = place.replace("></section>", "><section><p>stored</p></section></section>")
    for html in (place, inner):
        around = f"<p>before</p>{html}<section>after</section>"
        expected = f"<p>before</p>[routing {params}]<section>after</section>"
        assert placeholders.fill(around, block) == expected


def test_a_finished_block_is_no_place() -> None:
    html = '<section class="dai-demo" data-demo="routing"><p>done</p></section>'
    assert placeholders.fill(html, block) == html


def test_a_place_with_broken_parameters_is_refused() -> None:
    for params in ("[1]", "{"):
        html = f'<section data-demo="routing" data-params="{params}"></section>'
        with pytest.raises(ValueError):
            placeholders.fill(html, block)
    with pytest.raises(ValueError, match="not closed"):
        placeholders.fill('<section data-demo="x" data-params="{}"><p>', block)
