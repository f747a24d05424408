"""The controls of a demo as native HTML inputs, showing one setting."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from ..contract import Choice, Control, Demo, Grid, MultiChoice, Params, Slider, Toggle, Value

Sources = Mapping[str, tuple[str, str]]


def opening(demo: Demo, setting: Params, here: str, sources: Sources) -> str:
    """What stands above the picture: the presets and the main control."""
    buttons = "".join(
        f'<button type="button" class="dai-preset" data-preset="{escape(p.id)}" '
        f'aria-pressed="false">{escape(p.label)}</button>'
        for p in demo.presets
    )
    notes = "".join(
        f'<p class="dai-note" data-note="{escape(p.id)}" hidden>{escape(p.note)} '
        f"{_source(p.source, sources)}</p>"
        for p in demo.presets
    )
    presets = (
        '<div class="dai-presets" role="group" aria-label="Presets">'
        f'<span class="dai-label">Try</span> {buttons}</div>{notes}'
        if demo.presets
        else ""
    )
    main = control_html(demo.control(demo.main), setting[demo.main], here)
    return (
        f'<div class="dai-opening dai-js"><div class="dai-garbled" role="alert"></div>'
        f'<fieldset disabled class="dai-bare">{presets}'
        f'<div class="dai-main">{main}</div></fieldset></div>'
    )


def rest(demo: Demo, setting: Params, here: str) -> str:
    """What stands below it: every other control, reset and the share link."""
    others = "".join(
        control_html(c, setting[c.name], here) for c in demo.controls if c.name != demo.main
    )
    return (
        '<div class="dai-rest dai-js"><fieldset disabled class="dai-bare">'
        f'<div class="dai-controls">{others}</div>'
        '<p class="dai-actions"><button type="button" class="dai-reset">Reset</button> '
        '<button type="button" class="dai-share">Copy link</button> '
        '<span class="dai-shared" aria-live="polite"></span></p></fieldset></div>'
    )


def control_html(control: Control, value: Value, here: str) -> str:
    """One control. Its values travel as words or, for a slider, as the index of the stop."""
    name = f"{here}-{control.name}"
    help_id = f"{name}-help"
    described = f' aria-describedby="{help_id}"' if control.help else ""
    note = f'<p class="dai-help" id="{help_id}">{escape(control.help)}</p>' if control.help else ""
    inner = _input(control, value, name, described)
    return (
        f'<div class="dai-control dai-{control.kind}" data-control="{escape(control.name)}">'
        f"{inner}{note}</div>"
    )


def _slider(control: Slider, value: Value, name: str, described: str) -> str:
    text = escape(control.text(value))
    return (
        f'<label for="{name}">{escape(control.label)}</label>'
        f'<output for="{name}">{text}</output>'
        f'<input type="range" id="{name}" min="0" max="{len(control.stops) - 1}" step="1" '
        f'value="{control.token(value)}" aria-valuetext="{text}" autocomplete="off"{described}>'
    )


def _choice(control: Choice, value: Value, name: str, described: str) -> str:
    options = "".join(
        f'<option value="{escape(option)}"{" selected" if option == value else ""}>'
        f"{escape(words)}</option>"
        for option, words in control.options.items()
    )
    return (
        f'<label for="{name}">{escape(control.label)}</label>'
        f'<select id="{name}" autocomplete="off"{described}>{options}</select>'
    )


def _multichoice(control: MultiChoice, value: Value, name: str, described: str) -> str:
    chosen = value if isinstance(value, tuple) else ()
    boxes = "".join(
        f'<label class="dai-box"><input type="checkbox" value="{escape(option)}" '
        f'autocomplete="off"{" checked" if option in chosen else ""}> '
        f"<span>{escape(words)}</span></label>"
        for option, words in control.options.items()
    )
    return (
        f'<fieldset id="{name}"{described}><legend>{escape(control.label)} '
        f'<span class="dai-unit">(1 to {control.most})</span></legend>'
        f'<div class="dai-boxes">{boxes}</div>'
        '<p class="dai-refused" aria-live="polite"></p></fieldset>'
    )


def _toggle(control: Toggle, value: Value, name: str, described: str) -> str:
    checked = " checked" if value else ""
    return (
        f'<label class="dai-box"><input type="checkbox" id="{name}" autocomplete="off"'
        f"{checked}{described}> <span>{escape(control.label)}</span></label>"
    )


def _grid(control: Grid, value: Value, name: str, described: str) -> str:
    """One row of cells is a list, each with its name; more are a table with heads."""
    numbers: tuple[Any, ...] = value if isinstance(value, tuple) else ()
    span = control.high - control.low
    cells = [
        f'<input type="number" inputmode="numeric" min="{control.low}" max="{control.high}" '
        f'step="1" value="{number}" aria-label="{escape(control.cell(at))}" autocomplete="off" '
        f'style="--dai-at:{(number - control.low) / span:.4g}">'
        for at, number in enumerate(numbers)
    ]
    wide = len(control.columns)
    if len(control.rows) == 1:
        listed = zip(control.columns, cells, strict=True)
        inner = "".join(
            f"<label><span>{escape(head)}</span>{cell}</label>" for head, cell in listed
        )
        inner = f'<div class="dai-cells">{inner}</div>'
    else:
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in control.columns)
        rows = "".join(
            f'<tr><th scope="row">{escape(row)}</th>'
            + "".join(f"<td>{cell}</td>" for cell in cells[at * wide : (at + 1) * wide])
            + "</tr>"
            for at, row in enumerate(control.rows)
        )
        inner = f"<table><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return (
        f'<fieldset id="{name}"{described}><legend>{escape(control.label)} '
        f'<span class="dai-unit">({control.low} to {control.high})</span></legend>{inner}'
        '<p class="dai-refused" aria-live="polite"></p></fieldset>'
    )


def _input(control: Control, value: Value, name: str, described: str) -> str:
    match control:
        case Slider():
            return _slider(control, value, name, described)
        case Choice():
            return _choice(control, value, name, described)
        case MultiChoice():
            return _multichoice(control, value, name, described)
        case Toggle():
            return _toggle(control, value, name, described)
        case Grid():
            return _grid(control, value, name, described)


def _source(key: str, sources: Sources) -> str:
    words, address = sources.get(key, (key, ""))
    if not address.startswith(("https://", "http://")):
        return f'<cite class="dai-source">{escape(words)}</cite>'
    return f'<cite class="dai-source"><a href="{escape(address)}">{escape(words)}</a></cite>'
