"""Demos in chapters: the directive `{demo}`, the roles `{value}` and `{demo-link}`, and the blocks
of notebooks.

    ```{demo} routing
    :set: load=90 policies=random,nearest
    ```
    {value}`routing:central.p95?load=90 | .2f`
    {demo-link}`a busy market <routing?load=90>`

Whatever is wrong in one of them is a warning of Sphinx, so that a build with -W fails.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from ..contract import BadParameter, Demo
from . import answers, placeholders, words
from .block import block_html

log = logging.getLogger(__name__)
HOME, SHOWN = "dai_home", "dai_shown"  # in env.metadata: demos by directive, and all demos


class DemoDirective(SphinxDirective):
    """A demo, live. `:set:` gives the setting at first sight; controls left out take defaults."""

    required_arguments = 1
    option_spec = {"set": directives.unchanged}  # noqa: RUF012 (docutils asks for a class attribute)

    def run(self) -> list[nodes.Node]:
        try:
            demo = words.demo(self.arguments[0])
            params = words.setting(demo, self.options.get("set", "").split())
            _depend(self.env, demo)
        except BadParameter as error:
            raise self.error(f"demo: {error}") from error
        _remember(self.env, self.env.docname, HOME, demo.id)
        # The block itself comes when the page is read whole: its heading depends on its section.
        place = nodes.raw("", placeholders.place(demo.id, answers.plain(params)), format="html")
        self.set_source_info(place)
        return [place]


class ValueRole(SphinxRole):
    """A number computed at build time from a demo."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            text = words.value(self.text)
            _depend(self.env, words.demo(self.text.partition(":")[0]))
        except BadParameter as error:
            return _problem(self, f"value: {error}")
        return [nodes.inline(self.rawtext, text, classes=["dai-value"])], []


class demo_link(nodes.General, nodes.Inline, nodes.TextElement):
    """A link to a demo, set: the page that holds it is known only when all pages are read."""


class DemoLinkRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        match = re.fullmatch(r"(.+?)\s*<([^<>]+)>", self.text, re.S)
        if not match:
            return _problem(self, f"demo-link: write words <demo?control=value>, not {self.text!r}")
        try:
            demo, params, named = words.address(match[2])
        except BadParameter as error:
            return _problem(self, f"demo-link: {error}")
        node = demo_link(self.rawtext, match[1], demo=demo.id)
        node["query"] = words.query(demo, params) if named else ""
        self.set_source_info(node)
        return [node], []


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("demo", DemoDirective)
    app.add_role("value", ValueRole())
    app.add_role("demo-link", DemoLinkRole())
    app.add_node(demo_link)
    app.connect("doctree-read", _fill_placeholders)
    app.connect("doctree-resolved", _resolve_links)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _fill_placeholders(app: Sphinx, doctree: nodes.document) -> None:
    env = app.env

    def block(demo_id: str, raw: dict[str, object]) -> str:
        demo = words.demo(demo_id)
        return _block(env, env.docname, demo, demo.parse(raw), _depth(node))

    for node in list(doctree.findall(nodes.raw)):
        if "html" not in node.get("format", "") or "data-params" not in node.astext():
            continue
        try:
            html = placeholders.fill(node.astext(), block)
        except ValueError as error:  # BadParameter is one
            log.warning("demo: %s", error, location=node)
            continue
        node.replace_self(nodes.raw("", html, **node.attributes))


def _resolve_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(demo_link)):
        demo_id = node["demo"]
        home = _home(app.env, demo_id)
        if home is None:
            log.warning("demo-link: no page shows the demo %s", demo_id, location=node)
            node.replace_self(node.children)
            continue
        uri = app.builder.get_relative_uri(docname, home) if app.builder.format == "html" else ""
        query = f"?{node['query']}" if node["query"] else ""
        link = nodes.reference("", "", *node.children, refuri=f"{uri}{query}#demo-{demo_id}")
        link["classes"].append("dai-link")
        node.replace_self(link)


def _home(env: BuildEnvironment, demo_id: str) -> str | None:
    """The chapter with the demo's directive, else a notebook that shows it."""
    for name in (HOME, SHOWN):
        for docname in sorted(env.metadata):
            if demo_id in env.metadata[docname].get(name, "").split():
                return docname
    return None


def _block(env: BuildEnvironment, docname: str, demo: Demo, params: Any, depth: int) -> str:
    shown = env.metadata[docname].get(SHOWN, "").split()
    again = shown.count(demo.id)
    _remember(env, docname, SHOWN, demo.id)
    _depend(env, demo)
    return block_html(
        demo,
        params,
        block_id=f"demo-{demo.id}-{again + 1}" if again else "",
        level=min(depth + 1, 6),
        sources=_sources(env, demo),
    )


def _remember(env: BuildEnvironment, docname: str, name: str, demo_id: str) -> None:
    # env.metadata is pickled, merged between parallel readers and emptied when a page is read anew.
    kept = env.metadata[docname]
    kept[name] = f"{kept.get(name, '')} {demo_id}".strip()


def _depend(env: BuildEnvironment, demo: Demo) -> None:
    """Read the page again when any code changes that its numbers could come from, or a recorded
    value."""
    here, _, _ = __name__.rpartition(".live")
    own = {f"{here}.demos.{demo.id}", f"{here}.demos.pictures.{demo.id}"}
    for name, module in list(sys.modules.items()):
        other = name.startswith(f"{here}.demos.") and name not in own
        source = getattr(module, "__file__", None)
        if name.startswith(f"{here}.") and not other and source:
            env.note_dependency(source)
    for recorded in sorted((Path(__file__).parents[1] / "recorded").glob("*.json")):
        env.note_dependency(str(recorded))


def _sources(env: BuildEnvironment, demo: Demo) -> dict[str, tuple[str, str]]:
    """The presets' sources as the bibliography has them: (author, year) and an address."""
    entries = _entries(env)
    found = {}
    for preset in demo.presets:
        entry = entries.get(preset.source)
        if entry is None:
            log.warning(
                "demo %s: preset %s has the source %s, which is in no bibliography",
                *(demo.id, preset.id, preset.source),
                location=env.docname,
            )
            continue
        found[preset.source] = (_cite(entry), _where(entry))
    return found


def _entries(env: BuildEnvironment) -> Any:
    from pybtex.database import parse_file  # type: ignore[import-untyped]

    everything: dict[str, Any] = {}
    for name in getattr(env.config, "bibtex_bibfiles", []):
        path = Path(env.srcdir) / name
        env.note_dependency(str(path))
        everything |= parse_file(str(path)).entries
    return everything


def _cite(entry: Any) -> str:
    people = [" ".join(person.last_names) for person in entry.persons.get("author", [])]
    people = [name.strip("{}") for name in people]
    if len(people) > 2:
        people = [f"{people[0]} et al."]
    who = " and ".join(people) or entry.fields.get("title", entry.key).strip("{}")
    year = entry.fields.get("year", "")
    return f"{who} ({year})" if year else who


def _where(entry: Any) -> str:
    if doi := entry.fields.get("doi"):
        return f"https://doi.org/{doi}"
    return str(entry.fields.get("url", "").replace("\\_", "_"))


def _depth(node: nodes.Node | None) -> int:
    depth = 0
    while node is not None:
        depth += isinstance(node, nodes.section)
        node = node.parent
    return max(depth, 1)


def _problem(role: SphinxRole, words: str) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    message = role.inliner.reporter.error(words, line=role.lineno)
    return [role.inliner.problematic(role.rawtext, role.rawtext, message)], [message]
