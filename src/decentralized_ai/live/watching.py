"""Progress of long runs, for labs: a bar each in a notebook, a fixed sentence where it is stored.

What a run reports (seconds, losses) differs from machine to machine, so it is not kept.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any, Protocol


class State(Protocol):
    """share: of the work that is done, 0 to 1. words: what is known now."""

    @property
    def share(self) -> float: ...

    @property
    def words(self) -> str: ...


class Run(Protocol):
    """Something that starts when it is followed, and says how far it is until it has ended."""

    def follow(self) -> Iterable[State]: ...


def watch(runs: Mapping[str, Run]) -> None:
    """Run `runs`, one after the other, with a bar for each name."""
    from IPython.display import display

    bars = Bars(list(runs))
    display(bars)
    for name, run in runs.items():
        for state in run.follow():
            bars.show(name, state)


class Bars:
    """A bar and a line of words for each name."""

    def __init__(self, names: list[str]) -> None:
        import ipywidgets as w

        from .frame import Frame

        self.names = names
        self.bars = {
            name: w.FloatProgress(
                0.0, min=0.0, max=1.0, layout=w.Layout(width="8rem", flex="0 0 auto")
            )
            for name in names
        }
        self.words = {name: w.HTML("waiting") for name in names}
        for name in names:
            self.bars[name].style.bar_color = "#0072b2"
        rows = [
            w.VBox(
                [w.HTML(f"<b>{html.escape(name)}</b>"), w.HBox([self.bars[name], self.words[name]])]
            )
            for name in names
        ]
        self.box = w.VBox([*rows, Frame()])
        self.box.add_class("dai-live")

    def show(self, name: str, state: State) -> None:
        self.bars[name].value = state.share
        self.words[name].value = html.escape(state.words)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from .frame import view_of

        said = f"Here the progress of {', '.join(self.names)} is shown while it runs."
        return {**view_of(self.box), "text/plain": said}
