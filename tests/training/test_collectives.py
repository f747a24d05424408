"""Seconds of an exchange: closed forms against messages that a network carries one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.training.collectives import SCHEMES, all_reduce_s, exchange
from decentralized_ai.training.splitting import shares
from decentralized_ai.training.sync_ring import ring_all_reduce, schedule
from decentralized_ai.validation import sync_network as network

SIZE, RATE, LATENCY = 12e6, 2.5e6, 0.03
SHAPES = {
    "ring": network.ring,
    "tree": network.tree,
    "server": network.server,
    "all_to_all": network.all_to_all,
    "bucket": network.bucket,
}


def rates(scheme: str, nodes: int, rate: float, slow: float) -> list[float]:
    """Everybody's rate; the last node is slow, in a tree one that sends first of all. A store is
    one more node, and never the bottleneck."""
    given = [rate] * nodes
    given[1 if scheme == "tree" else nodes - 1] = rate / slow
    return given + [1e6 * rate] * (scheme == "bucket")


@pytest.mark.parametrize("scheme", SHAPES)
@pytest.mark.parametrize("nodes", [2, 3, 4, 5, 8, 11])
@pytest.mark.parametrize("slow", [1.0, 4.0])
@pytest.mark.parametrize("latency", [0.0, LATENCY])
def test_the_closed_form_is_what_a_network_needs(
    scheme: str, nodes: int, slow: float, latency: float
) -> None:
    """Exactly, but for rounding: both add up the same few hundred numbers in another order."""
    ends = rates(scheme, nodes, RATE, slow)
    played = max(network.play(SHAPES[scheme](nodes, SIZE), ends, ends, latency))
    wanted = exchange(scheme, nodes, SIZE, latency, RATE, slow=slow).total_s
    assert played == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("scheme", SHAPES)
@pytest.mark.parametrize("nodes", [2, 4, 7])
def test_uplinks_slower_than_downlinks(scheme: str, nodes: int) -> None:
    up, down = rates(scheme, nodes, RATE, 1.0), rates(scheme, nodes, 5 * RATE, 1.0)
    played = max(network.play(SHAPES[scheme](nodes, SIZE), up, down, LATENCY))
    wanted = exchange(scheme, nodes, SIZE, LATENCY, RATE, 5 * RATE).total_s
    assert played == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("nodes", [3, 5, 8])
def test_a_butterfly_is_what_a_network_needs(nodes: int) -> None:
    ends = rates("butterfly", nodes, RATE, 4.0)
    pieces = network.butterfly([1 / nodes] * nodes, SIZE, 1)
    wanted = exchange("butterfly", nodes, SIZE, LATENCY, RATE, slow=4.0).total_s
    assert max(network.play(pieces, ends, ends, LATENCY)) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("nodes", [3, 5, 8])
def test_pieces_by_bandwidth_in_finer_slices_come_ever_closer(nodes: int) -> None:
    """Sums flow back while pieces still come in, so the formula is the limit, never undercut."""
    ends = rates("weighted", nodes, RATE, 4.0)
    split = shares(ends).tolist()
    wanted = exchange("weighted", nodes, SIZE, 0.0, RATE, slow=4.0).total_s
    over = [
        max(network.play(network.butterfly(split, SIZE, slices), ends, ends, 0.0)) / wanted - 1
        for slices in (2, 8, 32)
    ]
    assert over[0] > over[1] > over[2] > 0
    assert over[2] < 0.04  # about one of 32 slices late


@given(
    st.sampled_from(SCHEMES),
    st.integers(2, 300),
    st.floats(1e3, 1e12),
    st.floats(0, 1),
    st.floats(1e3, 1e12),
    st.floats(1, 100),
)
def test_laws_of_an_exchange(
    scheme: str, nodes: int, size: float, latency: float, rate: float, slow: float
) -> None:
    took = exchange(scheme, nodes, size, latency, rate, slow=slow)
    near = pytest.approx
    # Twice the bytes, twice the time for bytes; the latency stays.
    twice = exchange(scheme, nodes, 2 * size, latency, rate, slow=slow)
    assert twice.bandwidth_s == near(2 * took.bandwidth_s)
    assert twice.latency_s == took.latency_s
    # A slower node helps nobody, one node alone needs nothing.
    fair = exchange(scheme, nodes, size, latency, rate)
    assert took.bandwidth_s >= fair.bandwidth_s * (1 - 1e-12)
    assert exchange(scheme, 1, size, latency, rate).total_s == 0
    # Everybody has to send its array away: no scheme is faster (Patarasuk and Yuan 2009).
    assert took.bandwidth_s >= slow * size / rate * (1 - 1e-12)
    if scheme in ("ring", "butterfly"):
        assert fair.bandwidth_s == near(2 * (nodes - 1) / nodes * size / rate)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_all_reduce_s_is_the_exchange_with_equal_links(scheme: str) -> None:
    for nodes in (1, 2, 9):
        wanted = exchange(scheme, nodes, SIZE, LATENCY, RATE).total_s
        assert all_reduce_s(scheme, nodes, SIZE, LATENCY, RATE) == wanted


def test_the_published_costs() -> None:
    """Ring: (p-1) alpha + (p-1)/p n beta for each half; binomial tree: ceil(lg p)(alpha + n beta)
    for each way (Thakur, Rabenseifner and Gropp 2005)."""
    for p in (2, 3, 8, 100):
        half = (p - 1) * LATENCY + (p - 1) / p * SIZE / RATE
        assert all_reduce_s("ring", p, SIZE, LATENCY, RATE) == pytest.approx(2 * half)
        way = int(np.ceil(np.log2(p))) * (LATENCY + SIZE / RATE)
        assert all_reduce_s("tree", p, SIZE, LATENCY, RATE) == pytest.approx(2 * way)


@pytest.mark.parametrize(
    "given",
    [
        {"size": -1.0},
        {"latency_s": -1.0},
        {"up": 0.0},
        {"down": 0.0},
        {"slow": 0.5},
        {"up": np.nan},
    ],
)
def test_numbers_that_no_link_has_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="an exchange needs a size"):
        exchange("ring", 4, **{"size": 1.0, "latency_s": 0.0, "up": 1.0, **given})


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(ValueError, match="no scheme 'star'"):
        exchange("star", 4, 1.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="needs nodes"):
        exchange("ring", 0, 1.0, 0.0, 1.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 9), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_a_ring_adds_up_and_each_node_sends_twice_the_array_less_two_pieces(
    nodes: int, extra: int, seed: int
) -> None:
    """Whole numbers, so that the order of adding cannot matter: the sum is exact."""
    size = nodes + extra
    arrays = np.random.default_rng(seed).integers(-99, 99, (nodes, size)).astype(np.float64)
    held, sent = ring_all_reduce(list(arrays))
    for array in held:
        np.testing.assert_array_equal(array, arrays.sum(axis=0))
    assert sum(sent) == 2 * (nodes - 1) * size * 8
    if size % nodes == 0:
        assert set(sent) == {2 * (nodes - 1) * size * 8 // nodes}


def test_nobody_sends_a_piece_that_is_not_ready() -> None:
    """By sets instead of sums: in every step the sender's piece holds one node more."""
    for nodes in (2, 3, 7, 16):
        held = [[{i} for _ in range(nodes)] for i in range(nodes)]
        for step, pieces in enumerate(schedule(nodes)):
            moving = [set(held[i][piece]) for i, piece in enumerate(pieces)]
            assert {len(piece) for piece in moving} == {min(step + 1, nodes)}
            for i, piece in enumerate(pieces):
                after = held[(i + 1) % nodes]
                assert step >= nodes - 1 or not after[piece] & moving[i]  # nothing is added twice
                after[piece] = moving[i] | (after[piece] if step < nodes - 1 else set())
        assert all(piece == set(range(nodes)) for node in held for piece in node)
