"""The recorded runs of the split model, and the program that records them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from decentralized_ai.inference.split import Row, curve, is_anchor, packing_s, rows
from decentralized_ai.labs import inference_record
from decentralized_ai.labs.inference_file import SHA256, Weights
from decentralized_ai.labs.inference_model import Whole
from decentralized_ai.labs.inference_record import CUTS, NARROW, RTTS_MS, settings
from decentralized_ai.recorded import load
from decentralized_ai.validation.split import checks

from . import tiny


def test_what_is_recorded_is_what_the_program_would_record() -> None:
    recorded = load("split")
    assert recorded["command"].endswith(inference_record.__name__)
    assert recorded["model"]["sha256"] == SHA256
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", recorded["date"])
    assert {"python", "numpy"} <= set(recorded["versions"]) and recorded["machine"]
    found = [(row.stages, row.rtt_ms, row.mbit, row.path) for row in rows()]
    assert found == [(k, *setting) for k in CUTS for setting in settings(k)]
    assert {(rtt, mbit) for _, rtt, mbit, _ in found if mbit < 1000} == set(NARROW)


def test_every_recorded_answer_was_the_unsplit_models() -> None:
    assert all(row.same for row in rows())


def ways_s(row: Row) -> float:
    """Seconds on the way: half a round trip and a message on the line for each."""
    ways = 2 * row.stages if row.path == "hub" else row.stages + 1
    return ways * (row.rtt_ms / 2e3 + 8 * row.message_bytes / (1e6 * row.mbit))


def test_no_step_is_shorter_than_physics_allows() -> None:
    for row in rows():
        least = ways_s(row)
        assert row.step_s - row.compute_s >= least - 1e-4
        assert 0 < row.compute_s < row.step_s


def test_the_latency_model_against_every_recorded_row() -> None:
    """Each tolerance is of the check; the prediction is worked out here once more, by hand."""
    assert [check for check in checks() if not check.passed] == []
    (anchor,) = filter(is_anchor, rows())
    packing = (anchor.step_s - anchor.compute_s - ways_s(anchor)) / anchor.stages
    assert packing == pytest.approx(packing_s()) and 0 < packing < 0.005
    for row in rows():
        step = row.compute_s + row.stages * packing + ways_s(row)
        assert row.error(packing) == pytest.approx(row.step_s / step - 1)
        # A prediction without the work of packing promises too much, never too little.
        assert row.error() > -0.01


@pytest.mark.parametrize("stages", CUTS)
def test_a_curve_falls_and_more_stages_are_slower(stages: int) -> None:
    found = curve(stages)
    assert found.rtts_ms == list(RTTS_MS)
    assert found.measured == sorted(found.measured, reverse=True)
    assert found.predicted[1:] == sorted(found.predicted[1:], reverse=True)
    if stages < 4:
        far = slice(2, None)
        more = curve(stages + 1).measured
        assert all(a > b for a, b in zip(found.measured[far], more[far], strict=True))


def test_handing_on_saves_ways_wherever_there_is_a_delay() -> None:
    hub, chain = curve(3), curve(3, "chain")
    assert chain.rtts_ms == hub.rtts_ms
    assert all(a > b for a, b in zip(chain.measured[1:], hub.measured[1:], strict=True))


def test_recording_writes_such_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a model of a few thousand weights, and few settings."""
    file = tiny.write(tmp_path / "tiny.gguf")

    class Small(inference_record.Swarm):
        def __init__(self, spans: list[tuple[int, int]]) -> None:
            super().__init__(spans, file=file)

    monkeypatch.setattr(inference_record, "Weights", lambda: Weights(file))
    monkeypatch.setattr(inference_record, "Swarm", Small)
    monkeypatch.setattr(inference_record, "CUTS", {3: (0, 1, 2, 4)})
    monkeypatch.setattr(inference_record, "RTTS_MS", (0, 4))
    monkeypatch.setattr(inference_record, "NARROW", [(4, 10)])
    monkeypatch.setattr(inference_record, "MOST", 6)
    monkeypatch.setattr(inference_record, "TIMES", 2)
    monkeypatch.setattr(sys, "argv", ["record", "--target", str(tmp_path / "split.json")])
    inference_record.main()
    found = json.loads((tmp_path / "split.json").read_text(encoding="utf-8"))
    assert set(found) == set(load("split"))
    assert [set(row) for row in found["rows"]] == [set(load("split")["rows"][0])] * 5
    assert all(row["same"] for row in found["rows"])
    assert len(capsys.readouterr().err.splitlines()) == 5
    assert Whole(Weights(file)).generate(inference_record.PROMPT, 6)
