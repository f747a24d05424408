"""The Sphinx extension, in a book of two chapters and a notebook built with MyST alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from decentralized_ai import demos
from decentralized_ai.live import placeholders

ROUTING = demos.get("routing")
CONF = "extensions = ['myst_nb', 'decentralized_ai.live.sphinx_demo']\nnb_execution_mode = 'off'\n"

CHAPTER = """
# Chapter

## Section

```{demo} routing
:set: load=90 policies=random,nearest
```

The p95 is {value}`routing:central.p95?load=50 | .2f` s.
"""

OTHER = """
# Other

See {demo-link}`a busy market <routing?load=90>` and {demo-link}`the market <routing>`.
"""


def notebook() -> str:
    output = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/html": placeholders.place("routing", {"load": 30}), "text/plain": "x"},
    }
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Lab"},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {},
            "source": "1",
            "execution_count": 1,
            "outputs": [output],
        },
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps(
        {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    )


def build(folder: Path, *options: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "sphinx", "-b", "html", *options, str(folder)]
    done = subprocess.run([*command, str(folder / "out")], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("little_book")
    bib = "".join(
        f"@misc{{{preset.source}, author={{A. Writer}}, title={{T}}, year={{2020}}, "
        "url={https://example.org/paper}}\n"
        for preset in ROUTING.presets
    )
    (folder / "references.bib").write_text(bib, encoding="utf-8")
    conf = CONF.replace("'myst_nb'", "'myst_nb', 'sphinxcontrib.bibtex'")
    (folder / "conf.py").write_text(f"{conf}bibtex_bibfiles = ['references.bib']\n", "utf-8")
    (folder / "chapter.md").write_text(CHAPTER, encoding="utf-8")
    (folder / "other.md").write_text(OTHER, encoding="utf-8")
    (folder / "lab.ipynb").write_text(notebook(), encoding="utf-8")
    toc = "# Book\n\n```{toctree}\nchapter\nother\nlab\n```\n"
    (folder / "index.md").write_text(toc, encoding="utf-8")
    code, said = build(folder, "-W", "--keep-going", "-n", "-j", "2")
    assert code == 0, said
    return folder


def html(book: Path, name: str) -> str:
    return (book / "out" / f"{name}.html").read_text(encoding="utf-8")


def test_the_directive_shows_the_setting_asked_for(book: Path) -> None:
    page = html(book, "chapter")
    view = ROUTING.view({"load": 90, "policies": ["random", "nearest"]})
    assert f"{view.metrics['central.p95']:.3g}"[:3] in page
    assert 'id="demo-routing"' in page
    assert '<h3 class="dai-title"' in page  # under the section's own h2
    assert '<a href="https://example.org/paper">Writer (2020)</a>' in page


def test_a_value_stands_in_the_sentence(book: Path) -> None:
    p95 = ROUTING.view({"load": 50}).metrics["central.p95"]
    assert f'The p95 is <span class="dai-value">{p95:.2f}</span> s.' in html(book, "chapter")


def test_links_lead_to_the_chapter_with_the_demo_set(book: Path) -> None:
    page = html(book, "other")
    assert 'href="chapter.html?routing.load=90#demo-routing">a busy market</a>' in page
    assert 'href="chapter.html#demo-routing">the market</a>' in page


def test_a_notebooks_place_becomes_the_live_block(book: Path) -> None:
    page = html(book, "lab")
    assert "data-params" not in page
    assert 'id="demo-routing"' in page
    assert '"params":{"load":30,' in page


def test_a_changed_model_is_read_anew(book: Path) -> None:
    ask = (
        "import pickle, sys; env = pickle.load(open(sys.argv[1], 'rb'));"
        "print(*sorted(str(d) for d in env.dependencies['chapter']), sep='\\n')"
    )
    pickled = str(book / "out" / ".doctrees" / "environment.pickle")
    done = subprocess.run([sys.executable, "-c", ask, pickled], capture_output=True, text=True)
    assert "demos/routing.py" in done.stdout, done.stderr
    assert "demos/pictures/routing.py" in done.stdout
    assert "inference/routing.py" in done.stdout
    assert "recorded/frontier.json" in done.stdout
    assert "demos/pictures/frontier.py" not in done.stdout  # another demo's


WRONG = {
    "```{demo} rooting\n```": "no demo 'rooting'; did you mean routing",
    "```{demo} routing\n:set: load=7\n```": "load must be 10 to 110",
    "```{demo} routing\n:set: load\n```": "write a setting as name=value",
    "{value}`routing:nonsense`": "no metric 'nonsense'",
    "{demo-link}`words <routing?lod=1>`": "has no control 'lod'",
    "{demo-link}`no address`": "write words",
    "{demo-link}`here <routing>`": "no page shows the demo routing",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_a_mistake_in_a_chapter_fails_the_build_in_words(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "conf.py").write_text(CONF, encoding="utf-8")
    (tmp_path / "index.md").write_text(f"# Book\n\n{text}\n", encoding="utf-8")
    code, output = build(tmp_path, "-W", "--keep-going")
    assert code != 0
    assert said in output
