"""The parts of the marketplace: workload, operators, policies, and what bad input is told."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from decentralized_ai.inference.operators import Market, Operator, around_the_world, slowdown
from decentralized_ai.inference.routing import (
    ATTEMPTS,
    Policy,
    capacity,
    make_market,
    make_workload,
    simulate,
    simulate_central,
)
from decentralized_ai.inference.workload import mean_work

DATA = Path(__file__).parents[1] / "data"
CASES = json.loads((DATA / "queueing_cases.json").read_text())
REFINED = json.loads((DATA / "refined_mean_field.json").read_text())

# -- the parts ----------------------------------------------------------------------------------


def test_offered_load_is_what_keeps_that_share_of_all_slots_busy():
    """Independent of our capacity formula: at load 0.8 one operator that is always full would be
    busy 80% of the time; with no slowdown its utilisation is the load. 2%: lengths are random."""
    market = make_market(1, 0, seed=1, slowdown_kind="none")
    work = make_workload(market, 0.8, 60_000, seed=2)
    assert simulate(work, market, "random").utilisation[0] == pytest.approx(0.8, rel=0.02)


def test_lengths_follow_the_trace():
    """Medians of Azure's conversation trace: 1,020 and 129 tokens; 2% is four standard errors."""
    work = make_workload(make_market(), requests=100_000, seed=1)
    assert np.median(work.prompt) == pytest.approx(1020, rel=0.02)
    assert np.median(work.output) == pytest.approx(129, rel=0.02)
    assert work.work.mean() == pytest.approx(mean_work(), rel=0.02)


@pytest.mark.parametrize("arrivals, dispersed", [("poisson", False), ("bursty", True)])
def test_arrivals(arrivals, dispersed):
    """Counts in windows of 20 mean gaps: a Poisson process has variance = mean; bursts more."""
    market = make_market()
    work = make_workload(market, 0.5, 100_000, arrivals, seed=3)
    rate = 0.5 * capacity(market)
    assert len(work) / work.time[-1] == pytest.approx(rate, rel=0.05)
    counts = np.bincount((work.time * rate / 20).astype(int))[:-1]
    dispersion = counts.var() / counts.mean()
    assert dispersion > 5 if dispersed else dispersion == pytest.approx(1, abs=0.1)


def test_the_measured_slowdown_is_the_published_curve():
    """tgarg01/silybench-data, perf_points.csv: 4.796 ms a token alone, 12.252 with 48 users."""
    assert slowdown(0) == 1
    assert slowdown(1) == pytest.approx(12.252 / 4.796)
    assert slowdown(16 / 48) == pytest.approx(7.217 / 4.796)


def test_the_central_provider_has_the_capacity_and_the_mean_price():
    market = make_market(8, 0.6, seed=4)
    work = make_workload(market, 3 / 4, 4000, seed=4)
    out = simulate_central(work, market)
    rates = np.array([o.slots / o.pace[-1] for o in market.operators])
    for side in ("price_in", "price_out"):
        prices = np.array([getattr(o, side) for o in market.operators])
        tokens = work.prompt if side == "price_in" else work.output
        expected = (prices * rates).sum() / rates.sum()
        assert prices.min() < expected < prices.max()
        if side == "price_in":
            paid = tokens * expected
        else:
            assert out.cost * 1e6 == pytest.approx(paid + tokens * expected, rel=1e-9)
    # All slots taken, it writes as many tokens a second as the market: run it far over capacity.
    flood = make_workload(market, 2.0, 20_000, seed=5)
    busy = simulate_central(flood, market)
    assert flood.work.sum() / busy.ended.max() == pytest.approx(market.token_rate, rel=0.02)


def test_hedging_sends_a_second_copy_to_about_one_in_twenty():
    market = make_market(16, 0.0, seed=1)
    work = make_workload(market, 0.5, 10_000, seed=1)
    assert simulate(work, market, "hedged").attempts.mean() == pytest.approx(1.05, abs=0.02)


def test_price_weights_are_inverse_squares():
    """OpenRouter's example: a provider at $1 is 9 times likelier than one at $3. Counts over
    20,000 idle requests; 10% is five standard errors of the rarer one."""
    cheap, dear = (Operator(0, 4, (1e-3,) * 4, price_in=p, price_out=p) for p in (1.0, 3.0))
    market = around_the_world([cheap, dear])
    work = make_workload(market, 0.02, 20_000, seed=1)
    requests = simulate(work, market, "price_weighted").requests
    assert requests[0] / requests[1] == pytest.approx(9, rel=0.1)


def test_an_outage_sends_price_weighted_traffic_elsewhere():
    broken = Operator(0, 4, (1e-3,) * 4, price_in=0.1, price_out=0.1, failure=1.0)
    sound = Operator(0, 4, (1e-3,) * 4, price_in=1.0, price_out=1.0)
    market = around_the_world([broken, sound])
    work = make_workload(market, 0.02, 5000, seed=1)
    # Without a memory 99% would fail once; with it, three of the 25 requests that 30 s bring.
    filtered = simulate(work, market, "price_weighted")
    assert filtered.served.all() and 1 < filtered.attempts.mean() < 1.25
    assert simulate(work, market, "cheapest").attempts.mean() == 2


def test_learning_finds_the_fast_operator():
    slow, fast = (Operator(0, 8, (pace,) * 8) for pace in (2**-6, 2**-9))
    market = around_the_world([slow, fast])
    work = make_workload(market, 0.2, 4000, seed=1)
    late = simulate(work, market, "learned").operator[2000:]
    assert (late == 1).mean() > 0.75


def test_nobody_answers_where_everyone_fails():
    market = around_the_world([Operator(j, 2, (0.01, 0.01), failure=1.0) for j in range(3)])
    work = make_workload(market, 0.5, 50, seed=1)
    out = simulate(work, market, "random")
    assert not out.served.any() and np.all(out.attempts == ATTEMPTS)
    assert np.all(out.latency > 0) and out.cost.sum() == 0
    assert out.summary()["failed"] == 1


# -- your own policy ----------------------------------------------------------------------------


class Last(Policy):
    def choose(self, request, view):
        return view.choices[-1]


class Lost(Policy):
    def choose(self, request, view):
        return -1


@pytest.mark.parametrize("policy", [Last, Last()])
def test_a_policy_of_ones_own(policy):
    market = make_market(5)
    out = simulate(make_workload(market, 0.1, 200), market, policy)
    assert np.all(out.operator == 4)


def test_a_policy_that_loses_its_way_is_told_so():
    market = make_market(5)
    with pytest.raises(ValueError, match=r"Lost\.choose gave -1"):
        simulate(make_workload(market, 0.1, 20), market, Lost)
    with pytest.raises(NotImplementedError, match="choose"):
        simulate(make_workload(market, 0.1, 20), market, Policy)


# -- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, value",
    [
        ("operators", 0),
        ("operators", 2.5),
        ("inequality", -0.1),
        ("inequality", float("nan")),
        ("failure", 0.9),
        ("seed", -1),
        ("slots", 0),
        ("slowdown_kind", "steep"),
    ],
)
def test_make_market_names_what_is_wrong(name, value):
    with pytest.raises(ValueError, match=name.removesuffix("_kind")):
        make_market(**{name: value})


@pytest.mark.parametrize(
    "name, value",
    [("load", 0), ("load", "much"), ("requests", 0), ("requests", True), ("arrivals", "steady")],
)
def test_make_workload_names_what_is_wrong(name, value):
    with pytest.raises(ValueError, match=name):
        make_workload(make_market(), **{name: value})


@pytest.mark.parametrize(
    "name, value",
    [("policy", "best"), ("policy", 3), ("staleness", -1), ("staleness", None), ("seed", 1.5)],
)
def test_simulate_names_what_is_wrong(name, value):
    market = make_market(3)
    with pytest.raises(ValueError, match=name):
        simulate(make_workload(market, requests=5), market, **{name: value})


def test_parts_name_what_is_wrong():
    market = make_market(3)
    work = make_workload(market, requests=5)
    with pytest.raises(ValueError, match="region"):
        simulate_central(work, market, region=8)
    with pytest.raises(ValueError, match="pace"):
        Operator(0, 2, (0.1,))
    with pytest.raises(ValueError, match="failure"):
        Operator(0, 1, (0.1,), failure=2)
    with pytest.raises(ValueError, match="rtt"):
        Market(market.operators, ((0.1,),))
    with pytest.raises(ValueError, match="time"):
        dataclasses.replace(work, time=work.time[::-1])
    with pytest.raises(ValueError, match="work"):
        dataclasses.replace(work, work=-work.work)
    with pytest.raises(ValueError, match="region"):
        simulate(dataclasses.replace(work, region=work.region + 8), market)
