"""The demos in a shell: `python -m decentralized_ai list`, `... compute <demo> name=value ...`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from . import demos
from .contract import BadParameter, Control, Demo


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="decentralized_ai", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    lister = commands.add_parser("list", help="the demos, with their controls")
    lister.add_argument("--json", action="store_true", help="as JSON")
    computer = commands.add_parser("compute", help="the view of one setting")
    computer.add_argument("demo", help="a demo's id")
    computer.add_argument("setting", nargs="*", metavar="name=value", help="a control's value")
    computer.add_argument("--json", action="store_true", help="the whole view as JSON")
    args = parser.parse_args(argv)
    try:
        if args.command == "list":
            print(_listing(args.json))
        else:
            demo = demos.get(args.demo)
            answer = demo.answer(_setting(demo, args.setting))
            print(json.dumps(answer) if args.json else _report(answer))
    except (BadParameter, KeyError) as error:
        print(error.args[0], file=sys.stderr)
        return 2
    return 0


def _setting(demo: Demo, words: list[str]) -> dict[str, Any]:
    setting = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise BadParameter(f"{word!r}: write a setting as name=value")
        setting[name] = read(demo.control(name), text)
    return setting


def read(control: Control, text: str) -> Any:
    """A control's value from text, as a share link and a shell write it. Not yet checked."""
    if control.kind == "slider":
        try:
            return int(text) if text.lstrip("-").isdigit() else float(text)
        except ValueError:
            return text
    if control.kind == "multichoice":
        return text.split(",")
    if control.kind == "grid":
        cells = text.split(",")
        return [int(cell) if cell.removeprefix("-").isdecimal() else cell for cell in cells]
    if control.kind == "toggle":
        return {"true": True, "false": False}.get(text, text)
    return text


def _listing(as_json: bool) -> str:
    specs = [demos.get(demo_id).spec() for demo_id in demos.ids()]
    if as_json:
        return json.dumps(specs, indent=2)
    lines = []
    for spec in specs:
        lines.append(f"{spec['id']}: {spec['title']} ({spec['part']})")
        for control in demos.get(spec["id"]).controls:
            lines.append(f"  {control.name} = {control.text(control.default)}: {control.allowed}")
    return "\n".join(lines)


def _report(answer: dict[str, Any]) -> str:
    table = answer["table"]
    head = [c["label"] + (f" ({c['unit']})" if c["unit"] else "") for c in table["columns"]]
    rows = [head, *table["rows"]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = [answer["takeaway"], "", table["caption"]]
    lines += ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    raise SystemExit(main())
