"""A pass through the pipeline: against hand-made timetables and closed forms."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decentralized_ai.inference.latency import (
    FIRST_WINDOW,
    crossings,
    queue_s,
    seconds_per_token,
    transfer_s,
    wire_s,
)
from decentralized_ai.inference.queueing import md1_wait


def walked(stages: int, compute: float, delay: float, wire: float, path: str, pack: float) -> float:
    """A clock carried from machine to machine: 0 is the client."""
    order = list(range(1, stages + 1))
    if path == "hub":
        places = [0] + [place for stage in order for place in (stage, 0)]
    else:
        places = [0, *order, 0]
    clock = 0.0
    for place in places[1:]:
        clock += delay + wire
        if place:
            clock += pack + compute / stages
    return clock


@given(
    st.integers(1, 40),
    st.floats(0, 5),
    st.floats(0, 1),
    st.floats(1e5, 1e10),
    st.integers(1, 10**7),
    st.sampled_from(["chain", "hub"]),
    st.floats(0, 0.1),
)
def test_a_clock_carried_along_the_path(
    stages: int, compute: float, delay: float, rate: float, size: int, path: str, pack: float
) -> None:
    ours = seconds_per_token(stages, compute, delay, rate, size, path, pack)
    by_hand = walked(stages, compute, delay, 8 * size / rate, path, pack)
    assert ours == pytest.approx(by_hand, rel=1e-12, abs=1e-12)


def test_a_hub_crosses_more_often_unless_there_is_one_server() -> None:
    assert crossings(1, "hub") == crossings(1, "chain") == 2
    assert (crossings(3, "chain"), crossings(3, "hub")) == (4, 6)
    for stages, path in ((0, "hub"), (2, "ring")):
        with pytest.raises(ValueError, match="at least one"):
            crossings(stages, path)


@given(st.integers(1, 10**9), st.floats(1e-3, 1))
def test_slow_start_on_an_endless_line_is_a_logarithm(size: int, rtt: float) -> None:
    # 10, 20, 40 ... segments: after n rounds 10 (2^n - 1) of them are across.
    rounds = next(n for n in range(64) if FIRST_WINDOW * (2**n - 1) >= size)
    line = 1e18
    assert transfer_s(size, rtt, line) == pytest.approx((rounds - 0.5) * rtt, rel=1e-6)


@given(st.integers(1, 10**9), st.floats(0, 1), st.floats(1e5, 1e10))
def test_a_transfer_is_no_faster_than_light_and_line(size: int, rtt: float, rate: float) -> None:
    took = transfer_s(size, rtt, rate)
    assert took >= rtt / 2 + max(0.0, wire_s(size, rate) - 31 * rtt) - 1e-12
    assert took <= rtt / 2 + wire_s(size, rate) + 17 * rtt + 1e-12
    if size <= FIRST_WINDOW or wire_s(FIRST_WINDOW, rate) >= rtt:
        assert math.isclose(took, rtt / 2 + wire_s(size, rate), rel_tol=1e-12)


@given(st.floats(1e-3, 2), st.floats(0.01, 0.95), st.integers(1, 20))
def test_the_wait_is_the_textbooks(compute: float, busy: float, stages: int) -> None:
    piece = compute / stages
    assert queue_s(compute, busy) == pytest.approx(stages * md1_wait(busy / piece, piece), rel=1e-9)
    with pytest.raises(ValueError, match="busy"):
        queue_s(compute, 1.0)
