"""Every fact has a source with a date: in the files of facts, in the presets, in the chapters."""

from __future__ import annotations

import datetime
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from decentralized_ai import demos

from ..bibliography import ENTRIES, TEXT

ROOT = Path(__file__).parents[2]
# Parts whose chapters tell what happened to real people and systems: no figure without a source.
TOLD = ("governance", "resilience")


def load_tool() -> Any:
    spec = importlib.util.spec_from_file_location("facts", ROOT / "tools" / "facts.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = load_tool()


def records(node: Any, path: str = "") -> Iterator[tuple[str, dict]]:
    """Every mapping of plain values in a file: one fact, or one rule."""
    if isinstance(node, dict):
        if not any(isinstance(value, dict | list) for value in node.values()):
            yield path, node
        for key, value in node.items():
            yield from records(value, f"{path}.{key}")
    elif isinstance(node, list):
        for at, value in enumerate(node):
            yield from records(value, f"{path}[{at}]")


@pytest.mark.parametrize("name", TOOL.NAMES)
def test_what_the_models_read_is_made_from_the_file_that_people_read(name: str) -> None:
    assert TOOL.recorded(name).read_text(encoding="utf-8") == TOOL.made(name)


@pytest.mark.parametrize("name", TOOL.NAMES)
def test_each_fact_of_a_file_names_its_source_and_its_date(name: str) -> None:
    """A record with a source is a fact: the source is in the bibliography, with its year, and the
    file says when all were checked last. A file may explain its words in plain lines, under
    `words` or `constraints`, which are no facts."""
    found = TOOL.read(name)
    assert isinstance(found["checked"], datetime.date)
    told = {key: value for key, value in found.items() if key not in {"words", "constraints"}}
    facts = [(path, record) for path, record in records(told, name) if path != name]
    assert facts
    for path, record in facts:
        assert record.get("source") in ENTRIES, f"{path} has no source in the bibliography"


def test_each_source_has_a_date() -> None:
    """The year in which it was published, or where it names none, when it was read."""
    date = re.compile(r"^  year +=|\bread in \w+ \d{4}\b", re.MULTILINE | re.IGNORECASE)
    assert [key for key, lines in ENTRIES.items() if not date.search(lines)] == []
    assert len(ENTRIES) == len(re.findall(r"^@", TEXT, re.MULTILINE))


@pytest.mark.parametrize("demo", [demos.get(name) for name in demos.ids()], ids=lambda d: d.id)
def test_each_preset_has_a_source(demo: Any) -> None:
    for preset in demo.presets:
        assert preset.source in ENTRIES, preset.id


def prose(text: str) -> Iterator[str]:
    """A chapter's lines without its head, its demos, its formulas and its code. A fence closes the
    last one that was opened with as many ticks; what stands in a box is prose."""
    hidden = re.compile(r"(`{3,})(?![`{])|(`{3,})\{(?:demo|math|code-cell)\}")
    until = "---" if text.startswith("---\n") else ""
    for line in text.splitlines()[bool(until) :]:
        bare = line.strip()
        if until:
            until = "" if bare == until else until
        elif (opened := hidden.match(bare)) and bare != "```" and bare != "````":
            until = opened[1] or opened[2]
        elif bare.startswith("$$"):
            until = "" if bare.endswith("$$") and len(bare) > 2 else "$$"
        elif not bare.startswith("```"):
            yield line
        else:
            yield ""


def blocks(text: str) -> Iterator[str]:
    """A chapter's paragraphs, list items and table rows, without code, formulas, computed values,
    addresses and headings' marks: what is left was typed by hand."""
    text = "\n".join(prose(text))
    text = re.sub(r"\{value\}`[^`]*`", "", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"\$[^$]*\$", "", text)
    text = re.sub(r"\{cite(?::\w+)?\}`[^`]*`", "{cite}", text)
    text = re.sub(r"(?<!`)`[^`]*`", "", text)
    yield from re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )|\n(?=\|)", text)


def uncited(text: str) -> list[str]:
    """The blocks with a figure in them and no source."""
    typed = re.compile(r"(?<![\w^])\d[\d,.]*")
    return [
        block.strip()
        for block in blocks(text)
        if typed.search(re.sub(r"^\s*\d+\. ", "", block)) and "{cite}" not in block
    ]


@pytest.mark.parametrize("part", TOLD)
def test_no_figure_of_a_chapter_stands_without_its_source(part: str) -> None:
    chapters = sorted((ROOT / "book" / part).glob("*.md"))
    assert chapters
    assert {path.stem: uncited(path.read_text(encoding="utf-8")) for path in chapters} == {
        path.stem: [] for path in chapters
    }


def test_a_figure_without_a_source_is_found() -> None:
    """The rule on lines of known outcome."""
    assert uncited("In 2022 a loan bought 79% of the votes.") != []
    assert uncited("In 2022 a loan bought 79% of the votes {cite}`someone`.") == []
    assert uncited("- one {cite}`a`\n- it lost 4 of 5 {value}`voting:x | d`") == [
        "- it lost 4 of 5"
    ]
    assert uncited("| a | 3 |\n| b | 4 {cite}`c` |") == ["| a | 3 |"]
    assert uncited("So $1/2$ and `x=3` and [a page](b2.md) and {value}`voting:y?z=3`.") == []
