"""What a reader can move: every control is a finite list of values with words for each.

A finite list (rather than a range of floats) is what makes one setting mean the same thing in a
share link, a page, a notebook and a test: there is no rounding to disagree about.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Value = int | float | str | bool | tuple[str, ...] | tuple[int, ...]


class BadParameter(ValueError):
    """A parameter that no control allows. The message names the control and what it takes."""


def linear(low: float, high: float, step: float) -> tuple[int | float, ...]:
    """Evenly spaced stops from `low` to `high`, both included; ints stay ints."""
    count = round((high - low) / step)
    if not math.isclose(low + count * step, high, abs_tol=1e-9):
        raise ValueError(f"{high} is not a whole number of steps of {step} above {low}")
    if all(isinstance(x, int) for x in (low, high, step)):
        return tuple(low + i * step for i in range(count + 1))
    return tuple(round(low + i * step, 10) for i in range(count + 1))


@dataclass(frozen=True)
class Slider:
    """A number with an order: `stops` are all its values, ascending. `words` says a stop in words
    where its number and unit are hard to read, such as "a week" for 604800 s."""

    name: str
    label: str
    default: int | float
    stops: tuple[int | float, ...]
    unit: str = ""
    help: str = ""
    words: Mapping[int | float, str] = field(default_factory=dict)

    kind = "slider"

    def __post_init__(self) -> None:
        if list(self.stops) != sorted(set(self.stops)) or len(self.stops) < 2:
            raise ValueError(f"{self.name}: stops must be ascending, distinct, at least two")
        if self.default not in self.stops:
            raise ValueError(f"{self.name}: the default {self.default} is not one of its stops")
        if not set(self.words) <= set(self.stops):
            raise ValueError(f"{self.name}: words for what is no stop")

    @property
    def allowed(self) -> str:
        gaps = {round(b - a, 9) for a, b in zip(self.stops, self.stops[1:], strict=False)}
        unit = f" {self.unit}" if self.unit else ""
        if len(gaps) == 1:
            return f"{self.stops[0]} to {self.stops[-1]}{unit} in steps of {gaps.pop():g}"
        return "one of " + ", ".join(f"{stop:g}" for stop in self.stops) + unit

    def parse(self, raw: Any) -> int | float:
        if isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw):
            for stop in self.stops:
                if math.isclose(raw, stop, rel_tol=1e-9, abs_tol=1e-12):
                    return stop
        raise BadParameter(f"{self.name} must be {self.allowed}; got {_short(raw)}")

    def token(self, value: Value) -> str:
        return str(self.stops.index(value))  # type: ignore[arg-type]

    def values(self) -> tuple[Value, ...]:
        return self.stops

    def text(self, value: Value) -> str:
        number = f"{value:,.10g}" + (f" {self.unit}" if self.unit else "")
        return self.words.get(value, number)  # type: ignore[arg-type]

    def spec(self) -> dict[str, Any]:
        return {"stops": list(self.stops), "unit": self.unit, "default": self.default}


@dataclass(frozen=True)
class Choice:
    """One of a few named options: `options` maps each value to its words."""

    name: str
    label: str
    default: str
    options: dict[str, str]
    help: str = ""

    kind = "choice"

    def __post_init__(self) -> None:
        _check_options(self.name, self.options, (self.default,))

    @property
    def allowed(self) -> str:
        return "one of " + ", ".join(self.options)

    def parse(self, raw: Any) -> str:
        if isinstance(raw, str) and raw in self.options:
            return raw
        raise BadParameter(f"{self.name} must be {self.allowed}; got {_short(raw)}")

    def token(self, value: Value) -> str:
        return str(value)

    def values(self) -> tuple[Value, ...]:
        return tuple(self.options)

    def text(self, value: Value) -> str:
        return self.options[str(value)]

    def spec(self) -> dict[str, Any]:
        return {"options": self.options, "default": self.default}


@dataclass(frozen=True)
class MultiChoice:
    """Some of a few named options, at least one and at most `most`, in the order of `options`."""

    name: str
    label: str
    default: tuple[str, ...]
    options: dict[str, str]
    most: int
    help: str = ""

    kind = "multichoice"

    def __post_init__(self) -> None:
        _check_options(self.name, self.options, self.default)
        if not 1 <= len(self.default) <= self.most:
            raise ValueError(f"{self.name}: the default must hold 1 to {self.most} options")
        if self.parse(self.default) != self.default:  # or one setting would have two keys
            raise ValueError(f"{self.name}: the default must be in the order of the options")

    @property
    def allowed(self) -> str:
        return f"1 to {self.most} of " + ", ".join(self.options)

    def parse(self, raw: Any) -> tuple[str, ...]:
        if isinstance(raw, Sequence) and not isinstance(raw, str | bytes):
            known = all(isinstance(item, str) and item in self.options for item in raw)
            if known and len(set(raw)) == len(raw) and 1 <= len(raw) <= self.most:
                return tuple(option for option in self.options if option in raw)
        raise BadParameter(f"{self.name} must be {self.allowed}; got {_short(raw)}")

    def token(self, value: Value) -> str:
        return "+".join(map(str, value))  # type: ignore[arg-type]

    def values(self) -> tuple[Value, ...]:
        """Not every subset: each option alone, and the default."""
        return (*((option,) for option in self.options), self.default)

    def text(self, value: Value) -> str:
        return ", ".join(self.options[str(item)] for item in value)  # type: ignore[union-attr]

    def spec(self) -> dict[str, Any]:
        return {"options": self.options, "default": list(self.default), "most": self.most}


@dataclass(frozen=True)
class Toggle:
    """On or off."""

    name: str
    label: str
    default: bool
    help: str = ""

    kind = "toggle"

    @property
    def allowed(self) -> str:
        return "true or false"

    def parse(self, raw: Any) -> bool:
        if isinstance(raw, bool):
            return raw
        raise BadParameter(f"{self.name} must be {self.allowed}; got {_short(raw)}")

    def token(self, value: Value) -> str:
        return "1" if value else "0"

    def values(self) -> tuple[Value, ...]:
        return (False, True)

    def text(self, value: Value) -> str:
        return "on" if value else "off"

    def spec(self) -> dict[str, Any]:
        return {"default": self.default}


@dataclass(frozen=True)
class Grid:
    """Whole numbers that the reader writes cell by cell: who votes how, who holds how much. One row
    is a list. The value is flat, row by row; every filling from `low` to `high` is allowed."""

    name: str
    label: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    default: tuple[int, ...]
    low: int = 0
    high: int = 10
    help: str = ""

    kind = "grid"

    def __post_init__(self) -> None:
        if not 2 <= self.size <= 36 or self.low >= self.high:
            raise ValueError(f"{self.name}: a grid has 2 to 36 cells, and low is below high")
        if self.parse(self.default) != self.default:
            raise ValueError(f"{self.name}: the default must be a tuple of {self.allowed}")

    @property
    def size(self) -> int:
        return len(self.rows) * len(self.columns)

    @property
    def allowed(self) -> str:
        return f"{self.size} whole numbers from {self.low} to {self.high}, row by row"

    def parse(self, raw: Any) -> tuple[int, ...]:
        if isinstance(raw, Sequence) and not isinstance(raw, str | bytes) and len(raw) == self.size:
            whole = all(isinstance(x, int) and not isinstance(x, bool) for x in raw)
            if whole and all(self.low <= x <= self.high for x in raw):
                return tuple(raw)
        raise BadParameter(f"{self.name} must be {self.allowed}; got {_short(raw)}")

    def token(self, value: Value) -> str:
        return ".".join(map(str, value))  # type: ignore[arg-type]

    def values(self) -> tuple[Value, ...]:
        """Not every filling: all lowest, all highest, and the default."""
        return ((self.low,) * self.size, (self.high,) * self.size, self.default)

    def text(self, value: Value) -> str:
        cells, wide = list(map(str, value)), len(self.columns)  # type: ignore[arg-type]
        return "; ".join(", ".join(cells[at : at + wide]) for at in range(0, self.size, wide))

    def cell(self, at: int) -> str:
        """What the cell at that place is called: its row and its column."""
        row, column = divmod(at, len(self.columns))
        return ", ".join(filter(None, (self.rows[row], self.columns[column])))

    def spec(self) -> dict[str, Any]:
        table = {"rows": list(self.rows), "columns": list(self.columns)}
        return {**table, "low": self.low, "high": self.high, "default": list(self.default)}


Control = Slider | Choice | MultiChoice | Toggle | Grid


def _check_options(name: str, options: dict[str, str], default: tuple[str, ...]) -> None:
    # Tokens join options with "+" and links split them at ",": neither may stand in a value.
    if any(not option.replace("_", "").isalnum() for option in options):
        raise ValueError(f"{name}: option values may hold only letters, digits and _")
    if any(item not in options for item in default):
        raise ValueError(f"{name}: the default {default} is not among its options")


def _short(raw: Any) -> str:
    text = repr(raw)
    return text if len(text) <= 60 else text[:57] + "..."
