"""The shell: the same view as everywhere, and errors in one line."""

import json
import re
import shlex
from pathlib import Path

import pytest

from decentralized_ai import demos
from decentralized_ai.__main__ import main

README = Path(__file__).parent.parent / "README.md"


def test_every_command_that_the_readme_shows_works(capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.findall(r"python -m decentralized_ai (.+)", README.read_text(encoding="utf-8"))
    assert len(shown) >= 2
    for words in shown:
        assert main(shlex.split(words)) == 0
        assert capsys.readouterr().out.strip()


def test_json_is_the_answer_itself(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["load=90", "policies=nearest,random", "staleness=0.5", "arrivals=bursty"]
    assert main(["compute", "routing", *words, "--json"]) == 0
    setting = {
        "load": 90,
        "policies": ["random", "nearest"],
        "staleness": 0.5,
        "arrivals": "bursty",
    }
    assert json.loads(capsys.readouterr().out) == demos.get("routing").answer(setting)


def test_the_list_names_what_a_front_end_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["id"] for entry in listed] == demos.ids()
    needed = {"id", "title", "part", "controls", "presets", "challenges"}
    assert all(needed <= set(entry) for entry in listed)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["compute", "routing", "load=7"], "load must be 10 to 110 % in steps of 5"),
        (["compute", "routing", "load=many"], "load must be"),
        (["compute", "routing", "colour=red"], "no control 'colour'; it has load,"),
        (["compute", "routing", "load"], "name=value"),
        (["compute", "routin"], "did you mean routing"),
    ],
)
def test_a_wrong_word_gets_one_clear_line(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert printed.out == ""
    assert len(printed.err.strip().splitlines()) == 1
