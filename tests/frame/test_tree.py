"""The tree as DESIGN draws it: one stem a topic, imports one way, no address of a machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from decentralized_ai import __version__, demos

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "decentralized_ai"
FRONT = {"live", "demos", "contract", "labs", "validation", "recorded", "experiments"}
# Real training needs torch; nothing that a page shows may.
TORCH = {"experiments", "labs"}
MODELS = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} - FRONT
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))


def entries(node: object) -> list[str]:
    """Every page that the table of contents names."""
    if isinstance(node, list):
        return [name for item in node for name in entries(item)]
    if isinstance(node, dict):
        own = [node[key] for key in ("root", "file") if key in node]
        return own + [name for value in node.values() for name in entries(value)]
    return []


def tracked() -> list[Path]:
    """The files that a clone would hold."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def imports(path: Path) -> set[str]:
    """Top-level packages that a file imports; a module of our own as `.part`, a demo's picture as
    `.demos.pictures.name`."""
    found = set()
    package = path.relative_to(PACKAGE).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1]
            names = [node.module] if node.module else [alias.name for alias in node.names]
            for name in names:
                where = ".".join((*above, name)).split(".")
                found.add("." + ".".join(where[: 3 if where[:2] == ["demos", "pictures"] else 1]))
    return found


def test_each_page_of_the_table_of_contents_exists() -> None:
    missing = [
        name
        for name in entries(TOC)
        if not any((ROOT / f"{name}{suffix}").exists() for suffix in (".md", ".ipynb"))
    ]
    assert missing == []


def test_each_page_of_the_book_is_in_the_table_of_contents() -> None:
    pages = [*(ROOT / "book").rglob("*.md"), *(ROOT / "notebooks").glob("*.ipynb")]
    names = {path.relative_to(ROOT).with_suffix("").as_posix() for path in pages}
    assert names == set(entries(TOC))


@pytest.mark.parametrize("stem", demos.ids())
def test_one_stem_a_topic(stem: str) -> None:
    chapters = [path for path in (ROOT / "book").rglob(f"{stem}.md") if path.parent.name != "teach"]
    models = [PACKAGE / part / f"{stem}.py" for part in MODELS]
    assert len(chapters) == 1, f"one chapter book/**/{stem}.md"
    assert f"{{demo}} {stem}" in chapters[0].read_text(encoding="utf-8")
    assert any(path.exists() for path in models), f"a model {stem}.py in one of {sorted(MODELS)}"
    assert (ROOT / "book" / "teach" / f"{stem}.md").exists()
    assert list((ROOT / "tests").rglob(f"test_{stem}.py"))
    assert demos.get(stem).part == chapters[0].parent.name


def test_each_picture_belongs_to_a_demo() -> None:
    drawn = {path.stem for path in (PACKAGE / "demos" / "pictures").glob("*.py")}
    assert drawn - {"__init__"} <= set(demos.ids())


def test_each_lab_belongs_to_a_demo_or_to_a_part() -> None:
    parts = {demos.get(stem).part for stem in demos.ids()}
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} <= {*demos.ids(), *parts}


def test_imports_run_one_way() -> None:
    shown = {".live", "ipywidgets", "plotly", "anywidget", "IPython", "sphinx", "docutils"}
    allowed = {".contract", ".quantities", "numpy"} | {f".{part}" for part in MODELS}
    for path in PACKAGE.rglob("*.py"):
        part = path.relative_to(PACKAGE).parts[0]
        named = imports(path)
        outside = {name for name in named if name not in sys.stdlib_module_names}
        where = str(path.relative_to(ROOT))
        if part in MODELS:
            own = {f".{name}" for name in MODELS} | {"numpy", ".recorded", ".quantities"}
            assert outside <= own, f"{where}: a model imports numpy, models, recorded runs, words"
        elif part == "demos":
            # Its own picture too; a picture imports no demo, or the two would go round in a circle.
            drawn = set() if path.parent.name == "pictures" else {f".demos.pictures.{path.stem}"}
            words = f"{where}: a demo imports the contract, models, numpy and its own picture"
            assert outside <= allowed | drawn, words
        elif part == "contract":
            assert outside <= {".contract", ".quantities", "numpy"}, where
        elif part != "live":
            assert not outside & shown, f"{where}: only live/ shows anything"
        if part not in TORCH:
            assert not named & {"torch", ".experiments"}, f"{where}: no page may need torch"


def test_no_address_of_a_machine_or_of_a_package_index() -> None:
    # Written in pieces, so that this file does not hold what it looks for.
    paths = re.compile(r"(?<![\w.<])/(?:root|home/\w+|Users/\w+|work|opt/\w+|tmp/\w+)/")
    hosts = re.compile(r"(?:registry\.npm" + r"js|files\.python" + r"hosted|//pypi\." + r"org)")
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {m[0]}" for m in paths.finditer(text)]
        found += [f"{path.relative_to(ROOT)}: {m[0]}" for m in hosts.finditer(text)]
    assert found == []


def test_files_are_small_enough_to_read_at_once() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked()
        if path.suffix in {".py", ".js", ".mjs", ".cjs", ".css"}
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert long == {}


def test_licences_and_citation() -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    prose = (ROOT / "LICENSE-prose").read_text(encoding="utf-8")
    for section in range(1, 9):  # the licence has eight sections: Creative Commons, BY 4.0
        assert f"Section {section} " in prose
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    # Required by the Citation File Format 1.2.0; the licences are SPDX identifiers.
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["license"] == ["MIT", "CC-BY-4.0"]
    assert citation["version"] == __version__
    assert __version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
