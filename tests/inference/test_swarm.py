"""Placement and routing: Petals' own cases, all chains of small swarms, and what may not happen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.inference.swarm import (
    OVERHEAD_S,
    MissingBlocks,
    Server,
    best_start,
    block_throughputs,
    one_way_s,
    route,
    should_move,
)

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "petals_cases.json").read_text(encoding="utf-8")
)


def servers_of(case: dict) -> list[Server]:
    return [
        Server(
            name,
            s["start"],
            s["end"],
            s.get("throughput", 0.0),
            s.get("inference_rps"),
            s.get("cache_tokens_left"),
        )
        for name, s in case["servers"].items()
    ]


@pytest.mark.parametrize("case", CASES["placement"], ids=str)
def test_petals_places_servers_so(case: dict) -> None:
    servers, blocks = servers_of(case), case["num_blocks_total"]
    # Sums of a few numbers, in the same order: equal to the last bit.
    assert block_throughputs(servers, blocks).tolist() == case.get(
        "block_throughputs", block_throughputs(servers, blocks).tolist()
    )
    if "chosen_blocks" in case:
        length = case["new_server_num_blocks"]
        start = best_start(block_throughputs(servers, blocks), length)
        assert list(range(start, start + length)) == case["chosen_blocks"]
    else:
        for seed in range(5):  # the rounds are random, the answer may not be
            rng = np.random.default_rng(seed)
            moves = should_move(servers, case["peer"], blocks, case["balance_quality"], rng)
            assert moves == case["should_choose_other_blocks"]


@pytest.mark.parametrize("case", CASES["routing"], ids=lambda case: case["desc"])
def test_petals_routes_so(case: dict) -> None:
    between = {tuple(k.split("->")): v for k, v in case["server_rtt_s"].items()}
    found = route(
        servers_of(case),
        0,
        case["num_blocks"],
        case["client_rtt_s"],
        between,
        case["cache_tokens_needed"],
    )
    assert [list(span) for span in found.spans] == case["route"]
    # A sum of a dozen terms in another order: 1e-12.
    assert found.seconds == pytest.approx(case["total_cost_s"], rel=1e-12)
    assert found.steps_per_s == pytest.approx(case["expected_steps_per_s"], rel=1e-12)


@st.composite
def swarms(draw: st.DrawFn) -> tuple[list[Server], dict, dict, int]:
    blocks = draw(st.integers(1, 6))
    servers = []
    for i in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, blocks - 1))
        end = draw(st.integers(start + 1, blocks))
        rate = draw(st.sampled_from([None, 20.0, 100.0, 400.0]))
        servers.append(Server(f"s{i}", start, end, draw(st.sampled_from([1.0, 3.0, 7.0])), rate))
    rtts = st.one_of(st.none(), st.floats(0.001, 20))
    client = {s.name: rtt for s in servers if (rtt := draw(rtts)) is not None}
    between = {
        (a.name, b.name): rtt for a in servers for b in servers if (rtt := draw(rtts)) is not None
    }
    return servers, client, between, blocks


def chains(servers: list[Server], at: int, end: int) -> Iterator[list[Server]]:
    """Every chain of servers in which each is used to the end of its span."""
    for server in servers:
        if server.holds(at):
            if server.end >= end:
                yield [server]
            else:
                yield from ([server, *rest] for rest in chains(servers, server.end, end))


def price(chain: list[Server], client: dict, between: dict, blocks: int) -> float:
    names = [server.name for server in chain]
    ways = [client.get(names[0]), *(between.get(pair) for pair in pairwise(names))]
    total = sum(one_way_s(way) + OVERHEAD_S for way in ways) + one_way_s(client.get(names[-1]))
    at = 0
    for server in chain:
        last = min(server.end, blocks)
        total += (last - at) / (server.rate or 300.0)
        at = last
    return total


@settings(deadline=None)
@given(swarms())
def test_no_chain_is_shorter(swarm: tuple[list[Server], dict, dict, int]) -> None:
    servers, client, between, blocks = swarm
    all_chains = list(chains(servers, 0, blocks))
    if not all_chains:
        with pytest.raises(MissingBlocks):
            route(servers, 0, blocks, client, between)
        return
    found = route(servers, 0, blocks, client, between)
    least = min(price(chain, client, between, blocks) for chain in all_chains)
    assert found.seconds == pytest.approx(least, rel=1e-9)
    assert found.spans[0][1] == 0 and found.spans[-1][2] == blocks
    by_name = {server.name: server for server in servers}
    for i, (name, first, last) in enumerate(found.spans):
        assert by_name[name].start <= first < last == min(by_name[name].end, blocks)
        assert i + 1 == len(found.spans) or found.spans[i + 1][1] == last


@settings(deadline=None)
@given(swarms(), st.integers(1, 6))
def test_a_new_server_goes_where_the_weakest_block_gains_most(
    swarm: tuple[list[Server], dict, dict, int], length: int
) -> None:
    servers, _, _, blocks = swarm
    found = block_throughputs(servers, blocks)
    if length > blocks:
        with pytest.raises(ValueError, match=f"{length} blocks of {blocks}"):
            best_start(found, length)
        return
    start = best_start(found, length)
    # Lexicographic order of sorted rows, by numpy's own sort instead of Python's.
    rows = np.sort([found[i : i + length] for i in range(blocks - length + 1)], axis=1)
    assert start == np.lexsort(rows.T[::-1])[0]


@settings(deadline=None)
@given(swarms(), st.integers(0, 2**32 - 1))
def test_a_server_moves_only_where_it_helps(
    swarm: tuple[list[Server], dict, dict, int], seed: int
) -> None:
    servers, _, _, blocks = swarm
    before = block_throughputs(servers, blocks)
    for server in servers:
        rng = np.random.default_rng(seed)
        if not should_move(servers, server.name, blocks, 0.75, rng):
            continue
        alone = before.copy()
        alone[server.start : server.end] -= server.throughput
        # It never tears a whole chain: its blocks have others, or there was no whole chain.
        assert before.min() == 0 or alone.min() > 0
    assert should_move(servers, servers[0].name, blocks, 1.5, np.random.default_rng(seed))


def test_equals_stay_where_they_are() -> None:
    servers = [Server("a", 0, 4, 5.0), Server("b", 4, 8, 5.0), Server("c", 0, 4, 5.0)]
    rng = np.random.default_rng(1)
    assert not any(should_move(servers, s.name, 8, 0.75, rng) for s in servers)


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(ValueError, match="a holds no blocks: 3 to 3"):
        Server("a", 3, 3)
    with pytest.raises(MissingBlocks, match="nobody holds block 2, 3"):
        route([Server("a", 0, 2)], 0, 4, {}, {})
    assert route([], 2, 2, {}, {}).seconds == 0
