"""What holds in every life of a swarm, whatever happens to it: by hypothesis, and by hand."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.inference.swarm import MissingBlocks, one_way_s, route
from decentralized_ai.inference.swarm_join import (
    PLACES,
    Distances,
    Habits,
    Swarm,
    coverage,
    distances,
    irreplaceable,
    make_machines,
    missing,
    said,
)
from decentralized_ai.inference.swarm_life import (
    LONGEST_S,
    LONGEST_TOKENS,
    PATIENCE_S,
    Session,
    live,
)

from .test_swarm import chains, price
from .test_swarm_life import RATE, alike


@st.composite
def settings_of_a_life(draw: st.DrawFn) -> dict:
    return {
        "count": draw(st.integers(2, 14)),
        "blocks": draw(st.sampled_from([6, 12, 30])),
        "length": draw(st.integers(1, 12)),
        "mixed": draw(st.booleans()),
        "place": draw(st.sampled_from(list(PLACES))),
        "seed": draw(st.integers(0, 99)),
        "tokens": draw(st.sampled_from([1, 20, 90])),
        "habits": Habits(
            draw(st.sampled_from([None, 60.0, 600.0])),
            draw(st.sampled_from([None, 30.0, 900.0])),
            draw(st.sampled_from(["needed", "random", "front"])),
            draw(st.booleans()),
        ),
    }


@settings(max_examples=150, deadline=None)
@given(settings_of_a_life())
def test_what_holds_in_every_life(s: dict) -> None:
    machines = make_machines(
        s["count"], s["blocks"], s["length"], s["mixed"], RATE, s["place"], s["seed"]
    )
    far = distances(machines, s["place"])
    life = live(machines, s["blocks"], s["habits"], far, s["tokens"], s["seed"])
    assert [server.length for server in life.servers] == [m.length for m in machines]
    gaps = missing(life.servers, s["blocks"])
    assert (life.chain is None) == bool(gaps)
    if life.chain is None:
        assert life.ended and not life.token_s and not life.repairs
        return
    if s["count"] <= 8 and s["blocks"] <= 12:
        every = chains(list(life.servers), 0, s["blocks"])
        least = min(price(c, far.client, far.between, s["blocks"]) for c in every)
        assert life.chain.seconds == pytest.approx(least, rel=1e-9)
    # A token through an unbroken chain takes the chain's time; only a repair makes it longer.
    broken = {repair.token for repair in life.repairs}
    until = min(broken, default=len(life.token_s))
    assert life.token_s[:until] == pytest.approx([life.chain.seconds] * until, rel=1e-9)
    assert 0 <= life.written <= s["tokens"]
    assert (life.written == s["tokens"]) == (life.ended == "")
    assert life.lost == 0 or not s["habits"].replay
    assert len(life.token_s) <= LONGEST_TOKENS * s["tokens"]
    assert life.waited <= PATIENCE_S + 1e-6
    assert math.fsum(life.token_s) <= LONGEST_S + PATIENCE_S + 60
    if s["habits"].stay_s is None:
        assert not life.repairs and not life.left and not life.gone and not life.ended
    # What stepped in covers exactly what was lost.
    for repair in life.repairs:
        if repair.found:
            assert repair.found[0][1] == repair.lost[1] and repair.found[-1][2] == repair.lost[2]
            assert all(a[2] == b[1] for a, b in itertools.pairwise(repair.found))
        else:
            assert repair is life.repairs[-1] and life.ended
    again = live(machines, s["blocks"], s["habits"], far, s["tokens"], s["seed"])
    assert again.token_s == life.token_s and again.repairs == life.repairs


@settings(max_examples=100, deadline=None)
@given(settings_of_a_life())
def test_irreplaceable_is_who_may_not_leave(s: dict) -> None:
    machines = make_machines(
        s["count"], s["blocks"], s["length"], s["mixed"], RATE, s["place"], s["seed"]
    )
    servers = Swarm(machines, s["blocks"], s["habits"], s["seed"]).servers
    found = irreplaceable(servers, s["blocks"])
    before = len(missing(servers, s["blocks"]))
    for server in servers:
        others = [other for other in servers if other is not server]
        assert (len(missing(others, s["blocks"])) > before) == (server.name in found)
    if s["habits"].rule == "needed" and sum(m.length for m in machines) >= s["blocks"]:
        assert before == 0  # newcomers leave no gap where there is room


def test_one_machine_more_changes_nothing_for_the_others() -> None:
    few, many = (make_machines(n, 80, 10, True, RATE, "world", 5) for n in (6, 20))
    assert many[:6] == few


def test_a_swarm_that_can_move_closes_a_gap() -> None:
    """Twelve servers of ten hold 40 blocks three times; two of three that hold one span go, and the
    third. Nobody comes back: the others have to move."""
    machines = alike(8, 10)
    swarm = Swarm(machines, 40, Habits(back_s=None), 1)
    for name in ("01", "05"):
        assert swarm.at[name].start == 0
        swarm.plan(3.0, name, joins=False)
    life = Session(swarm, distances(machines, "lab")).write(100)
    assert life.written == 100 and life.moves >= 1 and 0 < life.waited <= PATIENCE_S
    assert not missing(swarm.servers, 40)
    stuck = Swarm(machines, 40, Habits(back_s=None, rule="random"), 1)
    assert stuck.rebalance(1e9) == []


def test_round_trips() -> None:
    machines = make_machines(3, 30, 10, False, RATE, "atlantic", 1)
    far = distances(machines, "far")
    assert set(far.client.values()) == {0.1} and set(far.between.values()) == {0.1}
    real = distances(machines, "world")
    assert real.client["01"] > 0 and one_way_s(real.client["01"]) < 0.2
    assert {m.region for m in make_machines(40, 30, 10, False, RATE, "atlantic", 2)} == {0, 1, 3, 4}


def test_words() -> None:
    assert said([6]) == "block 7"
    assert said([2, 3, 4]) == "blocks 3 to 5"
    assert said([2, 4, 9]) == "3 blocks from 3 to 10"
    assert coverage([], 2) == [0, 0]
    with pytest.raises(ValueError, match="no rule 'best'"):
        Swarm(alike(1, 2), 4, Habits(rule="best"), 0)
    with pytest.raises(MissingBlocks):
        route([], 0, 3, {}, {})
    empty = Distances({}, {})
    assert live([], 3, Habits(), empty, 1, 0).ended == "nobody holds blocks 1 to 3"


def test_the_fewest_servers_from_which_any_one_may_leave() -> None:
    """Every block twice takes room for the model twice: no fewer than 2 n / l servers of l blocks.
    Where l divides n, Petals' rule reaches that bound, and never with fewer."""
    for blocks, length in ((80, 10), (80, 40), (70, 7), (30, 6), (12, 1)):
        for count in range(1, 2 * blocks // length + 3):
            servers = Swarm(alike(count, length), blocks, Habits(), 1).servers
            safe = min(coverage(servers, blocks)) >= 2
            assert safe == (count >= 2 * blocks // length)
            assert not safe or not irreplaceable(servers, blocks)
