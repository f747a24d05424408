"""A demo's controls as ipywidgets: one field a control, all with `.box` and `.value`."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import ipywidgets as w

from ..contract import Choice, Control, Grid, MultiChoice, Slider

_WIDE = {"description_width": "15em"}


def field(control: Control, value: Any, changed: Callable[[], None]) -> Field | Ticks | Cells:
    """The field of one control, showing `value`; `changed` is called after each move."""
    if isinstance(control, MultiChoice):
        return Ticks(control, value, changed)
    if isinstance(control, Grid):
        return Cells(control, value, changed)
    return Field(control, value, changed)


class Field:
    """A slider, a dropdown or a checkbox."""

    def __init__(self, control: Control, value: Any, changed: Callable[[], None]) -> None:
        self.box = _widget(control, value)
        self.box.observe(lambda _: changed(), "value")

    @property
    def value(self) -> Any:
        return self.box.value

    @value.setter
    def value(self, value: Any) -> None:
        self.box.value = value


class Ticks:
    """Checkboxes of which at least one and at most `most` are ticked.

    A box that may not change right now is greyed out, and the line above says why: nothing the
    reader does is undone behind their back.
    """

    def __init__(
        self, control: MultiChoice, value: tuple[str, ...], changed: Callable[[], None]
    ) -> None:
        self._control = control
        self._changed = changed
        self._quiet = False
        self._legend = w.HTML()
        self._boxes = {
            option: w.Checkbox(
                value=option in value, description=words, indent=False, layout={"width": "auto"}
            )
            for option, words in control.options.items()
        }
        for box in self._boxes.values():
            box.observe(self._moved, "value")
        grid = w.GridBox(
            tuple(self._boxes.values()),
            layout={"grid_template_columns": "repeat(auto-fill, minmax(15em, 1fr))"},
        )
        self.box = w.VBox([self._legend, grid])
        self.box.add_class("dai-ticks")
        self._limit()

    @property
    def value(self) -> tuple[str, ...]:
        return tuple(option for option, box in self._boxes.items() if box.value)

    @value.setter
    def value(self, value: tuple[str, ...]) -> None:
        self._quiet = True  # one change, however many boxes it moves
        for option, box in self._boxes.items():
            box.value = option in value
        self._quiet = False
        self._limit()
        self._changed()

    def _moved(self, _: Any) -> None:
        if not self._quiet:
            self._limit()
            self._changed()

    def _limit(self) -> None:
        chosen, most = self.value, self._control.most
        for option, box in self._boxes.items():
            box.disabled = chosen == (option,) or (len(chosen) >= most and option not in chosen)
        if len(chosen) == 1:
            rule = "the last one stays: tick another to untick it"
        elif len(chosen) >= most:
            rule = f"{most} at most: untick one to choose another"
        else:
            rule = f"choose 1 to {most}"
        self._legend.value = f"{html.escape(self._control.label)} ({rule})"


class Cells:
    """Whole numbers in rows and columns. A number outside the range goes to its nearest end, where
    the reader sees it."""

    def __init__(self, control: Grid, value: tuple[int, ...], changed: Callable[[], None]) -> None:
        self._changed = changed
        self._quiet = False
        self._cells = [
            w.BoundedIntText(
                value=number, min=control.low, max=control.high, description=control.cell(at)
            )
            for at, number in enumerate(value)
        ]
        for cell in self._cells:
            cell.observe(self._moved, "value")
        wide = len(control.columns)
        if len(control.rows) == 1:  # each cell under its name
            inner = w.HBox(self._cells, layout={"flex_flow": "row wrap"})
        else:  # the names are heard; who sees has the heads
            items: list[Any] = [w.Label(), *map(w.Label, control.columns)]
            for at, row in enumerate(control.rows):
                items += [w.Label(row), *self._cells[at * wide : (at + 1) * wide]]
            columns = {"grid_template_columns": f"auto repeat({wide}, 5em)"}
            inner = w.GridBox(items, layout={**columns, "width": "max-content"})
            inner.add_class("dai-table")
        legend = w.HTML(f"{html.escape(control.label)} ({control.low} to {control.high})")
        self.box = w.VBox([legend, inner])
        self.box.add_class("dai-cells")

    @property
    def value(self) -> tuple[int, ...]:
        return tuple(cell.value for cell in self._cells)

    @value.setter
    def value(self, value: tuple[int, ...]) -> None:
        self._quiet = True  # one change, however many cells it moves
        for cell, number in zip(self._cells, value, strict=True):
            cell.value = number
        self._quiet = False
        self._changed()

    def _moved(self, _: Any) -> None:
        if not self._quiet:
            self._changed()


def _widget(control: Control, value: Any) -> Any:
    words = {"description": control.label, "tooltip": control.help or control.label}
    layout = {"width": "auto", "max_width": "46em"}
    if isinstance(control, Slider):
        options: list[tuple[str, Any]] = [(control.text(stop), stop) for stop in control.stops]
        return w.SelectionSlider(options=options, value=value, style=_WIDE, layout=layout, **words)
    if isinstance(control, Choice):
        options = [(text, option) for option, text in control.options.items()]
        return w.Dropdown(options=options, value=value, style=_WIDE, layout=layout, **words)
    return w.Checkbox(value=value, indent=False, layout=layout, **words)
