"""A grid of whole numbers: what it takes, how it is written in a link, a key and a shell."""

from __future__ import annotations

import re

import pytest

from decentralized_ai.__main__ import read
from decentralized_ai.contract import BadParameter, Grid, MultiChoice
from decentralized_ai.live.controls_html import control_html

GRID = Grid("who", "Who", ("V", "W"), ("a", "b", "c"), (0, 1, 2, 3, 4, 5), high=9)


def test_every_filling_is_one_setting() -> None:
    assert GRID.parse([9, 0, 9, 0, 9, 0]) == (9, 0, 9, 0, 9, 0)
    assert GRID.token(GRID.default) == "0.1.2.3.4.5"
    # Cells of two digits and of one: no two fillings share a key.
    wide = Grid("who", "Who", ("",), ("a", "b"), (1, 1), high=11)
    tokens = {wide.token((a, b)) for a in range(12) for b in range(12)}
    assert len(tokens) == 12 * 12
    assert all(GRID.parse(value) == value for value in GRID.values())


@pytest.mark.parametrize(
    "wrong",
    [
        [0, 1, 2, 3, 4],
        [0, 1, 2, 3, 4, 5, 6],
        [0, 1, 2, 3, 4, 10],
        [0, 1, 2, 3, 4, -1],
        [0, 1, 2, 3, 4, 5.0],
        [0, 1, 2, 3, 4, True],
        [0, 1, 2, 3, 4, "5"],
        "012345",
        b"012345",
        7,
    ],
)
def test_anything_else_is_refused_with_the_rule(wrong: object) -> None:
    with pytest.raises(BadParameter, match="who must be 6 whole numbers from 0 to 9, row by row"):
        GRID.parse(wrong)


@pytest.mark.parametrize(
    "change", [{"default": (0,)}, {"high": 3}, {"low": 9}, {"rows": ("V",) * 20}, {"rows": ()}]
)
def test_a_grid_that_cannot_be_is_refused(change: dict) -> None:
    fields = {"rows": GRID.rows, "columns": GRID.columns, "default": GRID.default, "high": 9}
    with pytest.raises(ValueError, match="who"):
        Grid("who", "Who", **(fields | change))


def test_a_shell_and_a_link_write_it_with_commas() -> None:
    assert GRID.parse(read(GRID, "0,1,2,3,4,5")) == GRID.default
    for garbled in ("0,1,2,3,4,x", "0,1,2,3,4,", "0,1,2,3,4,5.0", "", "0,1,2,3,4,²"):
        with pytest.raises(BadParameter):
            GRID.parse(read(GRID, garbled))
    assert GRID.text(GRID.default) == "0, 1, 2; 3, 4, 5"


def test_each_cell_of_a_page_has_a_name() -> None:
    html = control_html(GRID, GRID.default, "here")
    names = re.findall(r'aria-label="([^"]+)"', html)
    assert names == ["V, a", "V, b", "V, c", "W, a", "W, b", "W, c"]
    assert re.findall(r' value="(\d)"', html) == list("012345")
    alone = Grid("who", "Who", ("",), ("a", "b"), (1, 2))
    assert re.findall(r'aria-label="([^"]+)"', control_html(alone, (1, 2), "here")) == ["a", "b"]


def test_a_choice_of_several_keeps_the_order_of_its_options() -> None:
    options = {name: name.upper() for name in "abc"}
    assert MultiChoice("which", "Which", ("a", "c"), options, 3).parse(["c", "a"]) == ("a", "c")
    with pytest.raises(ValueError, match="in the order of the options"):
        MultiChoice("which", "Which", ("c", "a"), options, 3)
