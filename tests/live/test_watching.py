"""`watch`: each run is followed to its end, and what is stored says nothing that may change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from decentralized_ai.live import watching


@dataclass(frozen=True)
class State:
    share: float
    words: str


class Run:
    def __init__(self, order: list[str], name: str) -> None:
        self.order, self.name = order, name

    def follow(self) -> Iterator[State]:
        for share in (0.0, 0.5, 1.0):
            self.order.append(self.name)
            yield State(share, f"{share:.0%} <of> it")


def test_runs_are_followed_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    order: list[str] = []
    watching.watch({name: Run(order, name) for name in ("one", "two")})
    assert order == ["one"] * 3 + ["two"] * 3
    capsys.readouterr()


def test_bars_say_what_is_known_and_store_only_what_stays_the_same() -> None:
    bars, again = watching.Bars(["one", "two"]), watching.Bars(["one", "two"])
    bars.show("two", State(0.25, "5 <of> 20"))
    assert (bars.bars["one"].value, bars.bars["two"].value) == (0.0, 0.25)
    assert bars.words["two"].value == "5 &lt;of&gt; 20"
    bundles = [each._repr_mimebundle_() for each in (bars, again)]
    views = [bundle.pop("application/vnd.jupyter.widget-view+json") for bundle in bundles]
    assert (
        bundles[0]
        == bundles[1]
        == {"text/plain": "Here the progress of one, two is shown while it runs."}
    )
    assert views[0]["model_id"] != views[1]["model_id"]
