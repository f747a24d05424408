"""The clock against published formulas and a search by trial; the curves against the file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from decentralized_ai.training.localsgd import (
    Curve,
    Pace,
    crossings,
    curve,
    pace,
    seeds,
    turning_points,
    value,
)

RECORDED = Path(__file__).parents[2] / "src/decentralized_ai/recorded/localsgd.json"


def test_every_recorded_run_is_found_under_its_own_setting_and_no_other() -> None:
    cells = json.loads(RECORDED.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        names = ("method", "workers", "every", "data", "lost", "seed")
        found = curve(**{name: cell[name] for name in names})
        assert found is not None and list(found.losses) == cell["loss"]
        assert found.steps == tuple(range(0, 2001, cell["gap"]))
    held = {(c["method"], c["workers"], c["every"], c["data"], c["lost"]) for c in cells}
    for method in ("sync", "local", "diloco", "stream"):
        for workers in (2, 3, 4, 8, 16):
            for every in (1, 5, 10, 50, 75, 100, 500):
                for data in ("same", "own"):
                    for lost in (0.0, 0.5):
                        key = (method, workers, 1 if method == "sync" else every, data, lost)
                        found = curve(method, workers, every, data, lost)
                        assert (found is not None) == (key in held), key


def test_one_worker_alone_is_its_inner_optimiser_whatever_the_text() -> None:
    alone = curve("sync", 1, 1)
    assert alone == curve("local", 1, 50) == curve("local", 1, 500, "own")


def test_other_seeds_are_other_runs_of_the_same_setting() -> None:
    cells = json.loads(RECORDED.read_text(encoding="utf-8"))["cells"]
    names = ("method", "workers", "every", "data")
    for cell in cells:
        runs = seeds(*(cell[name] for name in names))
        same = [c for c in cells if all(c[n] == cell[n] for n in names) and c["lost"] == 0]
        assert [list(run.losses) for run in runs] == [c["loss"] for c in same]
        assert len({run.losses for run in runs}) == len(runs)
        assert len({run.losses[0] for run in runs}) == 1  # the common first model


@settings(max_examples=60)
@given(
    st.integers(2, 64),
    st.sampled_from([1, 5, 20, 50, 100, 500]),
    st.floats(1e5, 1e11),
    st.sampled_from([4, 8, 16, 32]),
    st.floats(1e6, 1e11),
    st.floats(0, 0.3),
)
def test_the_published_wall_clock_of_diloco(
    workers: int, every: int, parameters: float, bits: int, rate: float, latency: float
) -> None:
    """Charles et al. 2025, appendix A: an exchange between R places takes
    2 N / W (1 - 1/R) + epsilon, each H steps; a ring's epsilon is 2 (R - 1) latencies."""
    found = pace("diloco", workers, every, parameters, bits, step_s=2.0)
    size = parameters * bits / 8
    expected = 2 * size / rate * (1 - 1 / workers) + 2 * (workers - 1) * latency
    assert found.seconds(every, rate, latency) == pytest.approx(2.0 * every + expected, rel=1e-12)


@pytest.mark.parametrize(
    ("method", "every", "bits", "published"),
    [
        ("diloco", 500, 32, 500),  # Douillard et al. 2023, abstract
        ("diloco", 100, 8, 400),  # INTELLECT-1, abstract: H = 100 and 8-bit numbers
    ],
)
def test_published_savings(method: str, every: int, bits: int, published: float) -> None:
    often = pace("sync", 8, 1, 1e9, 32, 1.0)
    rarely = pace(method, 8, every, 1e9, bits, 1.0)
    assert often.bytes_per_step / rarely.bytes_per_step == published


def test_streaming_sends_as_much_in_smaller_pieces_and_hides_it() -> None:
    whole, pieces = pace("diloco", 8, 100, 1e9, 32, 1.0), pace("stream", 8, 100, 1e9, 32, 1.0)
    assert whole.bytes_per_step == pieces.bytes_per_step
    assert pieces.size == whole.size / 5 and pieces.turn == 20 and pieces.hidden == 10
    # 0.8 GB a piece, 1.4 GB through each link: ten steps of a second hide it from 140 MB/s on.
    assert pieces.wait_s(140e6, 0.0) == pytest.approx(0.0, abs=1e-9)
    assert pieces.wait_s(70e6, 0.0) == pytest.approx(10.0)
    assert pieces.utilisation(70e6, 0.0) == pytest.approx(20 / 30)


paces = st.builds(
    Pace,
    workers=st.integers(2, 16),
    step_s=st.just(1.0),
    turn=st.sampled_from([1, 4, 20, 100, 500]),
    size=st.floats(1e6, 1e11),
    hidden=st.sampled_from([0, 2, 10]),
)


@settings(max_examples=100, deadline=None)
@given(paces, paces, st.floats(100, 2000), st.floats(100, 2000), st.sampled_from([0.0, 0.03]))
def test_the_order_turns_where_a_search_by_trial_finds_it(
    one: Pace, other: Pace, n: float, m: float, latency: float
) -> None:
    rates = np.geomspace(1e3, 1e15, 4001)
    gaps = np.array([one.seconds(n, b, latency) - other.seconds(m, b, latency) for b in rates])
    assume(np.all(np.abs(gaps) > 1e-9))
    tried = np.flatnonzero(gaps[:-1] * gaps[1:] < 0)
    exact = [x for x in turning_points((one, n), (other, m), latency) if 1e3 < x < 1e15]
    assert len(tried) <= len(exact)
    for i in tried:
        assert any(rates[i] * (1 - 1e-9) <= x <= rates[i + 1] * (1 + 1e-9) for x in exact)
    for x in exact:
        apart = one.seconds(n, x, latency) - other.seconds(m, x, latency)
        assert abs(apart) <= 1e-6 * one.seconds(n, x, latency)


def test_a_curve_is_reached_on_the_straight_line_between_two_points() -> None:
    run = Curve((0, 100, 200, 300), (3.0, 2.0, 2.5, 1.0))
    assert run.best == 1.0
    assert run.steps_to(2.5) == 50 and run.steps_to(2.0) == 100
    assert run.steps_to(1.75) == pytest.approx(250)
    assert run.steps_to(3.5) == 0 and run.steps_to(0.9) is None


lines = st.lists(st.tuples(st.floats(0.5, 50), st.floats(1, 3)), min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(lines, lines)
def test_lines_cross_where_their_difference_changes_sign(one: list, other: list) -> None:
    def line(gaps: list) -> list:
        times = np.cumsum([0.0, *(gap for gap, _ in gaps)])
        return list(zip(times.tolist(), [3.0, *(loss for _, loss in gaps)], strict=True))

    first, second = line(one), line(other)
    found = crossings(first, second)
    for t in found:
        assert value(first, t) == pytest.approx(value(second, t), abs=1e-9)
    # numpy's own interpolation, which is level beyond the last point too
    times = np.linspace(0, 320, 6401)
    apart = np.interp(times, *zip(*first, strict=True)) - np.interp(
        times, *zip(*second, strict=True)
    )
    clear = np.abs(apart) > 1e-6
    signs = np.sign(apart[clear])
    changes = np.flatnonzero(signs[:-1] != signs[1:])
    for i in changes:
        low, high = times[clear][i], times[clear][i + 1]
        assert any(low - 1e-9 <= t <= high + 1e-9 for t in found)


@pytest.mark.parametrize(
    ("method", "every", "words"),
    [
        ("ddp", 1, "no method 'ddp'"),
        ("diloco", 0, "1 or more steps"),
        ("stream", 4, "5 or more steps"),
    ],
)
def test_a_pace_that_no_method_has_is_refused(method: str, every: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pace(method, 8, every, 1e9, 32, 1.0)
