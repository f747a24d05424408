"""A demo in a notebook: `show("routing")` builds ipywidgets from the demo's controls."""

from __future__ import annotations

import asyncio
import html
from typing import Any

import ipywidgets as w

from .. import demos
from ..contract import Demo, Preset, Value
from .fields import field
from .frame import Frame, Scene, view_of
from .picture import Picture
from .still import demo_html, table_html

_PAUSE = 0.03  # s between two answers, so that a fast demo cannot flood the browser


def show(demo_id: str, /, **params: Any) -> Live:
    """The demo of that id, live, set to `params` (left out: the defaults).

    KeyError with the nearest names if there is no such demo; BadParameter, which names the
    control and what it takes, if a parameter is wrong.
    """
    return Live(demos.get(demo_id), params)


class Live:
    """One demo on display. `answer` is what it shows: see `Demo.answer`."""

    def __init__(self, demo: Demo, params: dict[str, Any]) -> None:
        self.demo = demo
        self.answer = demo.answer(params)
        self._wanted: dict[str, Any] | None = None  # the last setting not yet computed
        self._task: asyncio.Task[None] | None = None
        self._quiet = False
        self._done: set[str] = set()
        setting = demo.parse(params)
        self.fields = {c.name: field(c, setting[c.name], self._moved) for c in demo.controls}
        self._build()
        self._paint(self.answer)

    def set(self, **params: Any) -> None:
        """Move controls from code; those left out stay. Returns when the answer is shown."""
        setting = self.demo.parse({**self._setting(), **params})
        self._move(setting)
        self._wanted = None
        self._paint(self.demo.answer(setting))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            **view_of(self.box),
            "text/html": demo_html(self.demo, self.answer),
            "text/plain": self.answer["takeaway"],
        }

    # -- moves in, answers out ---------------------------------------------------------------

    def _setting(self) -> dict[str, Any]:
        return {name: field.value for name, field in self.fields.items()}

    def _move(self, setting: dict[str, Value]) -> None:
        """Set the controls without computing once for each of them."""
        self._quiet = True
        for name, value in setting.items():
            self.fields[name].value = value
        self._quiet = False

    def _moved(self) -> None:
        """A control moved. In a notebook the answer is computed beside the event loop, so that
        moves made meanwhile are heard; they collapse to the last one."""
        if self._quiet:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # plain Python has no loop: compute here and now
            self._paint(self.demo.answer(self._setting()))
            return
        self._wanted = self._setting()
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._serve())

    async def _serve(self) -> None:
        while self._wanted is not None:
            setting, self._wanted = self._wanted, None
            try:
                answer = await asyncio.to_thread(self.demo.answer, setting)
            except Exception as error:  # the picture stays; the reader is told
                text = f"This setting could not be computed: {error}"
                self.takeaway.value = f"<p>{html.escape(text)}</p>"
                continue
            # While more is wanted this one shows the way; else it must be what the controls say
            # (`set` may have moved them on).
            if self._wanted is not None or self._setting() == setting:
                self._paint(answer)
            await asyncio.sleep(_PAUSE)

    # -- what is on the screen ---------------------------------------------------------------

    def _build(self) -> None:
        demo = self.demo
        self.guess = self._guess()
        self.takeaway = w.HTML()
        self.takeaway.add_class("dai-takeaway")
        self.note = w.HTML()
        self.note.add_class("dai-note")
        self.picture = Picture(self.answer["figure"])
        self.stage = w.VBox()
        self._play(self.answer["scene"])
        self.table = w.HTML()
        self.challenges = w.HTML()
        self.presets = {preset.id: self._preset(preset) for preset in demo.presets}
        self.reset = w.Button(
            description="Reset", tooltip="Back to the defaults", layout={"width": "auto"}
        )
        self.reset.on_click(lambda _: self._jump(demo.parse({}), ""))
        controls = w.VBox([field.box for field in self.fields.values()])
        controls.add_class("dai-controls")
        buttons = w.HBox([*self.presets.values(), self.reset], layout={"flex_flow": "row wrap"})
        code = "\n\n".join(f"# {name}\n{source}" for name, source in demo.sources())
        folded = w.Accordion(
            [self.table, w.HTML(f"<pre><code>{html.escape(code)}</code></pre>")],
            titles=("The numbers as a table", "Show the code"),
        )
        folded.add_class("dai-folds")
        title = w.HTML(
            f"<p><strong>{html.escape(demo.title)}</strong> {html.escape(demo.question)}</p>"
        )
        rows = [title, self.guess, buttons, self.note, controls, self.takeaway, self.picture]
        self.box = w.VBox([*rows, self.stage, self.challenges, folded, Frame()])
        self.box.add_class("dai-live")

    def _guess(self) -> w.VBox:
        """The question to answer before looking; choosing an option says how it went."""
        guess = self.demo.guess
        options = w.RadioButtons(options=guess.options, index=None, layout={"width": "auto"})
        verdict = w.HTML()

        def chosen(change: Any) -> None:
            answer = guess.answer(self.demo.view())
            word = "Yes" if change.new == answer else f"No: {guess.options[answer]}"
            verdict.value = (
                f"<p><strong>{html.escape(word)}.</strong> {html.escape(guess.because)}</p>"
            )

        options.observe(chosen, "index")
        question = w.HTML(f"<p>Your guess first: {html.escape(guess.question)}</p>")
        box = w.VBox([question, options, verdict])
        box.add_class("dai-guess")
        return box

    def _preset(self, preset: Preset) -> w.Button:
        button = w.Button(description=preset.label, tooltip=preset.note, layout={"width": "auto"})
        setting = self.demo.parse(preset.params)
        button.on_click(lambda _: self._jump(setting, preset.note))
        return button

    def _jump(self, setting: dict[str, Value], note: str) -> None:
        self.note.value = html.escape(note)
        self._move(setting)
        self._moved()

    def _paint(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.takeaway.value = f"<p>{html.escape(answer['takeaway'])}</p>"
        self.picture.paint(answer["figure"])
        self.table.value = table_html(answer["table"])
        self._play(answer["scene"])
        # A challenge once met stays met: the next one may need another setting.
        self._done |= {name for name, met in answer["met"].items() if met}
        self.challenges.value = (
            "<p>Challenges</p><ul>" + "".join(map(self._line, self.demo.challenges)) + "</ul>"
        )

    def _play(self, scene: dict[str, Any] | None) -> None:
        """Show the animation of this setting, or none where the setting has none."""
        shown = self.stage.children[0] if self.stage.children else None
        if scene is None:
            self.stage.children = ()
        elif shown and shown.scene["kind"] == scene["kind"]:
            shown.scene = scene
        else:
            self.stage.children = (Scene(scene),)

    def _line(self, challenge: Any) -> str:
        goal, hint = html.escape(challenge.goal), html.escape(challenge.hint)
        if challenge.id in self._done:
            return f"<li>✓ met: {goal}</li>"
        return f"<li>open: {goal}<details><summary>Hint</summary>{hint}</details></li>"
