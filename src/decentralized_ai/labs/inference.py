"""The lab "A real model, split over several machines": all that its notebook uses."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator

from .inference_client import Kill, Run
from .inference_draft import Drafted, check_4
from .inference_file import NoModel, Weights, model_file
from .inference_frames import BrokenFrame, Gone
from .inference_model import Ends, Layer, Stage, Whole
from .inference_predict import Sweep, book, check_2
from .inference_reroute import check_3
from .inference_route import OFFERS, Offer, check_1
from .inference_swarm import State, Swarm, Trouble

__all__ = [
    "OFFERS",
    "BrokenFrame",
    "Drafted",
    "Ends",
    "Gone",
    "Kill",
    "Layer",
    "Loading",
    "NoModel",
    "Offer",
    "Run",
    "Stage",
    "Swarm",
    "Sweep",
    "Trouble",
    "Weights",
    "Whole",
    "book",
    "check_1",
    "check_2",
    "check_3",
    "check_4",
    "source",
]


class Loading:
    """The unsplit model, read with a bar to watch: then it is `whole`."""

    whole: Whole

    def follow(self) -> Iterator[State]:
        yield State(0.0, "looking for the model; fetching it (93 MB) if it is not there")
        path = model_file()
        yield State(0.5, "reading its weights")
        self.whole = Whole(Weights(path))
        yield State(1.0, "135 million weights are there")


def source(what: object) -> str:
    """The text of a function or class of this lab."""
    return textwrap.dedent(inspect.getsource(what)).strip()  # type: ignore[arg-type]
