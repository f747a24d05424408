"""What ipywidgets leave out: names for screen readers, the theme, and scenes that move."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_HERE = Path(__file__).parent
SCENES = _HERE / "js" / "scenes"

_MOUNT = """
export default {
  render({ model, el }) {
    const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const scene = mount(el, model.get("scene"), { reducedMotion });
    model.on("change:scene", () => scene.update(model.get("scene")));
    const watch = new MutationObserver(() => scene.setTheme());
    watch.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    return () => (watch.disconnect(), scene.destroy());
  },
};
"""


class Frame(anywidget.AnyWidget):
    """Has no picture of its own: it brings the style sheet and names the sliders around it."""

    _esm = _HERE / "js" / "notebook.js"
    _css = _HERE / "js" / "notebook.css"


class Scene(anywidget.AnyWidget):
    """Plays the scenes of one kind, with the same renderer that the page uses.

    FileNotFoundError, naming the file to write, if that kind has no renderer.
    """

    scene = traitlets.Dict().tag(sync=True)

    def __init__(self, scene: dict[str, Any]) -> None:
        source = SCENES / f"{scene['kind']}.js"
        if not source.is_file():
            raise FileNotFoundError(f"no renderer for scenes of kind {scene['kind']!r}: {source}")
        player = (SCENES / "player.js").read_text(encoding="utf-8")
        renderer = source.read_text(encoding="utf-8")
        self._esm = player + re.sub(r'^import .* from "./player.js";$', "", renderer, flags=re.M)
        self._esm += _MOUNT
        super().__init__(scene=scene)
        self.add_class("dai-scene")


def view_of(widget: Any) -> dict[str, Any]:
    """The widget's entry in a mime bundle."""
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {"application/vnd.jupyter.widget-view+json": view}
