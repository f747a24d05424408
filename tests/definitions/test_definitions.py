"""Layers, brackets and the smallest of them: by trying every set of parties, against somebody
else's code, and against the file of systems itself."""

from __future__ import annotations

import datetime
import itertools
import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.definitions.definitions import (
    AXES,
    FROM,
    LAYERS,
    MANY,
    YOURS,
    Layer,
    System,
    grade,
    known_systems,
    passing,
)
from decentralized_ai.governance.concentration import (
    coefficient,
    minimum,
    redundant,
    smallest_cut,
)

from ..bibliography import ENTRIES

ROOT = Path(__file__).parents[2]
SOURCE = yaml.safe_load((ROOT / "book" / "systems.yml").read_text(encoding="utf-8"))
CASES = json.loads(
    (ROOT / "tests" / "data" / "definitions_nakamoto.json").read_text(encoding="utf-8")
)
EVERY = [(name, layer, SOURCE["systems"][name][layer]) for name in SOURCE["systems"] for layer in LAYERS]  # fmt: skip  # noqa: E501


# --- the file of systems


def test_there_are_enough_systems_and_each_says_what_it_does() -> None:
    assert len(SOURCE["systems"]) >= 12
    assert isinstance(SOURCE["checked"], datetime.date)
    assert SOURCE["layers"] == list(LAYERS)
    for record in SOURCE["systems"].values():
        assert set(record) == {"name", "does", *LAYERS}
        assert set(record["does"]) <= set(AXES) - {"governance"}


@pytest.mark.parametrize(("system", "layer", "cell"), EVERY)
def test_each_cell_has_a_reason_in_a_line_and_a_source_in_the_bibliography(
    system: str, layer: str, cell: dict
) -> None:
    assert set(cell) == {"parties", "why", "source"}
    assert cell["source"] in ENTRIES
    assert 8 <= len(cell["why"]) <= 100
    parties = cell["parties"]
    assert parties in {"anyone", "none", "unknown"} or (type(parties) is int and parties >= 1)
    if parties == "unknown":
        assert re.search(r"not (read|count)|[Dd]iffer|decides|side by side|not read", cell["why"])
    # A number above one is a count that the reason repeats.
    if isinstance(parties, int) and parties > 1 and "same" not in cell["why"].lower():
        told = {10_000_000: r"[Tt]ens of millions|each phone"}.get(parties, rf"\b{parties}\b")
        assert re.search(told, cell["why"])


# --- brackets


@given(st.integers(1, 10**9))
def test_a_bracket_holds_its_number(parties: int) -> None:
    found = grade(parties)
    assert FROM[found] <= parties
    assert found == MANY or parties < FROM[found + 1]


def test_what_is_no_number_of_parties_is_refused() -> None:
    assert (grade("anyone"), grade("none"), grade("unknown")) == (MANY, None, 0)
    for wrong in (0, -3, 2.5, "many", ""):
        with pytest.raises(ValueError):
            grade(wrong)


# --- the smallest layer


parties = st.sampled_from((1, 2, 9, 10, 99, 100, "anyone", "none", "unknown"))
anything = st.fixed_dictionaries({name: parties for name in LAYERS}).map(
    lambda found: System(
        "x", "X", ("inference", "training"), {k: Layer(v) for k, v in found.items()}
    )
)
some_layers = st.sets(st.sampled_from(list(LAYERS)), min_size=1)


@settings(max_examples=300)
@given(anything, some_layers)
def test_a_system_is_as_decentralised_as_its_most_concentrated_layer(
    system: System, counted: set[str]
) -> None:
    known = [g for name in counted if (g := grade(system.layers[name].parties))]
    low, at = system.weakest(counted)
    assert low == (min(known) if known else None)
    assert set(at) == {
        name for name in counted if known and grade(system.layers[name].parties) == low
    }
    # Raising any other layer changes nothing; raising all the weakest helps if there is a next.
    for name in set(LAYERS) - set(at):
        assert (system.changed({name: MANY}).weakest(counted)[0] or low) in (low, MANY)
        if low:
            assert system.changed({name: MANY}).weakest(counted)[0] == low
    if low and low < MANY:
        assert system.changed(dict.fromkeys(at, MANY)).weakest(counted)[0] > low


@settings(max_examples=200)
@given(anything, some_layers, some_layers)
def test_counting_more_layers_never_helps(system: System, some: set[str], more: set[str]) -> None:
    few, all_of_them = system.weakest(some)[0], system.weakest(some | more)[0]
    if few:
        assert all_of_them <= few


@given(anything)
def test_an_axis_is_the_smallest_of_what_it_needs(system: System) -> None:
    for kind, needs in AXES.items():
        grades = [grade(system.layers[name].parties) for name in needs]
        known = [g for g in grades if g]
        expected = min(known) if known else 0 if 0 in grades else None
        assert system.axis(kind) == expected
    assert set().union(*AXES.values()) == set(LAYERS)


def test_what_is_not_offered_has_no_place_on_its_axis() -> None:
    for system in known_systems():
        for kind in ("inference", "training"):
            assert (system.axis(kind) is None) == (kind not in system.does)


def test_a_system_of_which_nothing_is_known_passes_no_bar() -> None:
    assert passing([YOURS], 1, tuple(LAYERS)) == []


# --- numbers of parties


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdefg"), st.integers(1, 4), min_size=1, max_size=5),
        min_size=1,
        max_size=3,
    ),
    st.data(),
)
def test_the_smallest_layer_is_the_smallest_cut_by_trying_every_set(
    layers: list[dict[str, int]], data: st.DataObject
) -> None:
    """Whether or not the layers have parties in common: to stop one layer is enough, so the
    cheapest one decides. A layer is stopped when fewer votes than it needs are left."""
    needed = [data.draw(st.integers(1, sum(layer.values()))) for layer in layers]
    by_layer = {}
    for i, (layer, least) in enumerate(zip(layers, needed, strict=True)):
        votes = sorted(layer.values(), reverse=True)
        gone = itertools.accumulate(votes)
        by_layer[str(i)] = next(n for n, g in enumerate(gone, 1) if sum(votes) - g < least)
    assert smallest_cut(layers, needed) == minimum(by_layer)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_copies_with_nobody_in_common_add_up(sizes: list[int]) -> None:
    """All copies have to go: counted over every set of parties, of which copy i has sizes[i]."""
    everyone = [(i, j) for i, size in enumerate(sizes) for j in range(size)]
    if len(everyone) <= 8:
        least = min(
            len(gone)
            for size in range(len(everyone) + 1)
            for gone in itertools.combinations(everyone, size)
            if all(any(p == (i, j) for p in gone) for i, j in everyone)
        )
        assert least == redundant({str(i): size for i, size in enumerate(sizes)})
    assert redundant({str(i): s for i, s in enumerate(sizes)}) >= minimum({"a": sizes[0]})


@pytest.mark.parametrize("case", CASES["cases"])
def test_the_coefficient_against_somebody_elses_code(case: dict) -> None:
    assert coefficient(case["shares"], Fraction(case["threshold"])) == case["coefficient"]


@given(st.integers(1, 500))
def test_equal_holders(count: int) -> None:
    """More than half of n equal holders: n // 2 + 1."""
    assert coefficient([3] * count) == count // 2 + 1


def test_what_srinivasan_and_lee_published() -> None:
    published = CASES["published"]
    clients = published["ethereum_clients_percent"]
    # What is left over, in the hands of one more client at most: it cannot matter.
    assert coefficient([*clients, 100 - sum(clients)]) == published["ethereum_clients_coefficient"]
    ethereum = {"clients": coefficient([*clients, 8]), "geth developers": 2}
    assert minimum(ethereum) == published["ethereum"]


def test_what_cannot_be_held_is_refused() -> None:
    for wrong in ([], [0, 0], [1, -1]):
        with pytest.raises(ValueError):
            coefficient(wrong)
    with pytest.raises(ValueError):
        coefficient([1, 2], 1)
