"""The directive `{validation}`: each comparison of a model with what others proved or measured,
a section for each topic.

The rows come from `decentralized_ai.validation.all_checks()`, run when the page is built. A row
whose error is larger than allowed is a warning, so the gate of the build stops on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

log = logging.getLogger(__name__)
HEADS = ("What", "Held against", "Error found", "Allowed, and why")
WIDTHS = (27, 31, 11, 31)
Cells = tuple[Sequence[nodes.Node], ...]
PACKAGE = Path(__file__).parent.parent


class Validation(SphinxDirective):
    """Takes no argument and no content."""

    def run(self) -> list[nodes.Node]:
        from .. import validation

        for source in model_files():
            self.env.note_dependency(str(source))
        topics: dict[str, list[nodes.row]] = {}
        for check in validation.all_checks():
            if not check.passed:
                log.warning(
                    "%s against %s: the error %g is more than the %g allowed",
                    check.model,
                    check.against,
                    check.error,
                    check.tolerance,
                    location=self.get_location(),
                )
            topic, _, what = check.model.partition(": ")
            rows = topics.setdefault(topic, [])
            rows.append(
                _row(
                    (
                        self._inline(what),
                        self._inline(f"{check.against} {_cited(check.source)}"),
                        [nodes.Text(f"{check.error:.2g}")],
                        self._inline(f"{check.tolerance:.2g}: {check.why}"),
                    )
                )
            )
            rows.append(_test_row(check.test))
        return [_section(topic, rows) for topic, rows in topics.items()]

    def _inline(self, words: str) -> list[nodes.Node]:
        """The words as a chapter would show them: markup in them works, citations too."""
        holder = nodes.Element()
        self.state.nested_parse(StringList([words]), 0, holder)
        return list(holder.children[0].children) if holder.children else []


def _cited(source: str) -> str:
    """A key of references.bib as a citation, a file by its name."""
    return f"`{source}`" if "/" in source or "." in source else f"{{cite}}`{source}`"


def model_files() -> list[Path]:
    """Every file whose change can change an error: the package without its front ends, and what
    was recorded."""
    apart = [PACKAGE / "live", PACKAGE / "demos"]
    files = [*PACKAGE.rglob("*.py"), *(PACKAGE / "recorded").glob("*.json")]
    return sorted(path for path in files if not any(a in path.parents for a in apart))


def _section(topic: str, rows: list[nodes.row]) -> nodes.section:
    title = nodes.title("", topic.capitalize())
    return nodes.section("", title, _table(rows), ids=[f"checks-{nodes.make_id(topic)}"])


def _table(rows: list[nodes.row]) -> nodes.table:
    group = nodes.tgroup(cols=len(HEADS))
    group += [nodes.colspec(colwidth=width) for width in WIDTHS]
    group += nodes.thead("", _row(tuple([nodes.Text(head)] for head in HEADS)))
    group += nodes.tbody("", *rows)
    return nodes.table("", group, classes=["validation", "colwidths-given"])


def _row(cells: Cells) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))


def _test_row(test: str) -> nodes.row:
    """The pytest node across the whole width: its name is too long for a column."""
    words = nodes.paragraph("", "", nodes.Text("test: "), nodes.literal("", test))
    return nodes.row("", nodes.entry("", words, morecols=len(HEADS) - 1, classes=["test"]))


def setup(app: Sphinx) -> None:
    app.add_directive("validation", Validation)
