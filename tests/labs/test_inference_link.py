"""Links that are slow on purpose: their law, and real ones against the clock."""

from __future__ import annotations

import socket
import threading
import time
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decentralized_ai.labs.inference_link import Link
from decentralized_ai.labs.inference_swarm import Process


@given(
    st.floats(0, 0.5),
    st.floats(1e3, 1e9),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 10**5)), max_size=20),
)
def test_a_link_keeps_the_order_its_rate_and_its_delay(
    delay: float, rate: float, sent: list[tuple[float, int]]
) -> None:
    link, now, last, total = Link(delay, rate), 0.0, 0.0, 0
    for pause, size in sent:
        now += pause
        total += size
        arrival = link.arrival(size, now)
        assert arrival >= last and arrival >= now + size / rate + delay - 1e-9
        # Never more than since the start, if the line had been busy all the time.
        assert arrival >= total / rate + delay - 1e-9
        assert arrival <= now + total / rate + delay + 1e-9
        last = arrival


def test_a_link_without_a_rate_only_delays() -> None:
    assert Link(0.25, None).arrival(10**9, 2.0) == 2.25


def echo(listening: socket.socket) -> None:
    while True:
        try:
            there, _ = listening.accept()
        except OSError:
            return
        with there:
            while part := there.recv(65_536):
                there.sendall(part)


@pytest.mark.alone
@pytest.mark.parametrize(
    ("delay_ms", "mbit", "size", "wanted_ms"),
    [(0, None, 100, 0), (20, None, 100, 40), (5, 2, 10_000, 90)],  # 10 kB at 2 Mbit/s: 40 ms
)
def test_a_real_link_takes_its_time(
    delay_ms: float, mbit: float | None, size: int, wanted_ms: float
) -> None:
    """Both ways: twice the delay, and twice the bytes. Up to 6 ms more for the processes' turns."""
    limit = ["--mbit", mbit] if mbit else []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=echo, args=(listening,), daemon=True).start()
        port = listening.getsockname()[1]
        process = Process("inference_link", port, "--delay-ms", delay_ms, *limit)
        with socket.create_connection(("127.0.0.1", process.ready()[0])) as there:
            times = []
            for _ in range(9):
                began, left = time.perf_counter(), size
                there.sendall(bytes(size))
                while left:
                    left -= len(there.recv(65_536))
                times.append(1e3 * (time.perf_counter() - began))
        process.end()
    assert wanted_ms <= median(times) <= wanted_ms + 6, times


def test_a_link_to_nobody_ends_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    process = Process("inference_link", port)
    with socket.create_connection(("127.0.0.1", process.ready()[0])) as there:
        assert there.recv(10) == b""
    process.end()
