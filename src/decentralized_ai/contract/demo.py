"""The contract of a demo: one frozen value that the page, the notebook and the shell all show."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .controls import BadParameter, Control, Value
from .view import View

Params = dict[str, Value]


@dataclass(frozen=True)
class Guess:
    """What the reader commits to before looking. `answer` reads the right option off the default
    view, so that the answer cannot go stale when the model changes."""

    question: str
    options: tuple[str, ...]
    answer: Callable[[View], int]
    because: str


@dataclass(frozen=True)
class Preset:
    """A setting with a story. `params` may leave controls out: those take their defaults.
    `source` is a key of book/references.bib: presets are real systems or published settings."""

    id: str
    label: str
    note: str
    source: str
    params: Mapping[str, Value]


@dataclass(frozen=True)
class Challenge:
    """A goal in words and how to tell that a view meets it. Never met at the defaults."""

    id: str
    goal: str
    hint: str
    met: Callable[[View], bool]


@dataclass(frozen=True)
class Demo:
    """See CONTRIBUTING.md, "Adding a demo". `compute` is pure and seeded: same params, same view.

    main: the name of the slider whose stops are answered in the page before Python is up.
    shown: further functions and classes whose source "Show the code" opens, after `compute`.
    """

    id: str
    title: str
    part: str
    question: str
    guess: Guess
    controls: tuple[Control, ...]
    main: str
    presets: tuple[Preset, ...]
    challenges: tuple[Challenge, ...]
    compute: Callable[..., View]
    shown: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        names = [control.name for control in self.controls]
        if len(set(names)) != len(names) or self.main not in names:
            raise ValueError(f"{self.id}: control names must differ and include main={self.main}")
        if self.control(self.main).kind != "slider":
            raise ValueError(f"{self.id}: the main control must be a slider")
        if list(inspect.signature(self.compute).parameters) != names:
            raise ValueError(f"{self.id}: compute must take exactly {names}, in this order")
        for preset in self.presets:
            self.parse(preset.params)

    def control(self, name: str) -> Control:
        for control in self.controls:
            if control.name == name:
                return control
        known = ", ".join(control.name for control in self.controls)
        raise BadParameter(f"{self.id} has no control {name!r}; it has {known}")

    def parse(self, raw: Mapping[str, Any]) -> Params:
        """Untrusted input to a full setting. Raises BadParameter, which names control and range."""
        for name in raw:
            self.control(name)
        return {
            c.name: c.parse(list(raw[c.name]) if isinstance(raw[c.name], tuple) else raw[c.name])
            if c.name in raw
            else c.default
            for c in self.controls
        }

    def key(self, params: Params) -> str:
        """A short name of a full setting, the same in Python and in the page."""
        return "|".join(control.token(params[control.name]) for control in self.controls)

    def view(self, raw: Mapping[str, Any] | None = None) -> View:
        return self.compute(**self.parse(raw or {}))

    def answer(self, raw: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The view as plain JSON, with the setting it answers and the challenges that it meets."""
        params = self.parse(raw or {})
        view = self.compute(**params)
        return {
            "params": _plain(params),
            **view.to_json(),
            "met": {challenge.id: bool(challenge.met(view)) for challenge in self.challenges},
        }

    def prepared(self, stops: int = 12) -> dict[str, Params]:
        """The settings answered at build time, by key: the defaults, every preset, and about
        `stops` stops of the main control, evenly spread."""
        main = self.control(self.main)
        every = main.values()
        count = min(stops, len(every))
        chosen = [every[round(i * (len(every) - 1) / (count - 1))] for i in range(count)]
        settings = [self.parse({}), *(self.parse({main.name: stop}) for stop in chosen)]
        settings += [self.parse(preset.params) for preset in self.presets]
        return {self.key(params): params for params in settings}

    def spec(self) -> dict[str, Any]:
        """What a front end needs to know, as plain JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "part": self.part,
            "question": self.question,
            "main": self.main,
            "controls": [
                {"name": c.name, "label": c.label, "kind": c.kind, "help": c.help, **c.spec()}
                for c in self.controls
            ],
            "presets": [
                {
                    "id": p.id,
                    "label": p.label,
                    "note": p.note,
                    "source": p.source,
                    # As the controls read it: options in their order, however they were named.
                    "params": _plain({k: self.parse(p.params)[k] for k in p.params}),
                }
                for p in self.presets
            ],
            "challenges": [{"id": c.id, "goal": c.goal, "hint": c.hint} for c in self.challenges],
        }

    def sources(self) -> list[tuple[str, str]]:
        """(name, source) of what runs: `compute` first, then `shown`."""
        return [
            (f"{thing.__module__}.{thing.__qualname__}", inspect.getsource(thing))
            for thing in (self.compute, *self.shown)
        ]

    @property
    def module(self) -> Any:
        return sys.modules[self.compute.__module__]


def _plain(params: Mapping[str, Value]) -> dict[str, Any]:
    """Tuples as lists: what JSON makes of them."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in params.items()}
