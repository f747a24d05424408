"""The lab "A real model, split over several machines": its solutions pass its checkers, wrong
answers get the right hint. Its processes here hold a model of a few thousand weights; the real one
runs in the notebook's own test."""

from __future__ import annotations

import inspect
import itertools
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from decentralized_ai.labs import inference_reroute
from decentralized_ai.labs.inference import (
    OFFERS,
    Gone,
    Layer,
    Offer,
    Swarm,
    Sweep,
    Weights,
    Whole,
    book,
    check_1,
    check_2,
    check_3,
    source,
)
from decentralized_ai.labs.inference_predict import CASES
from decentralized_ai.labs.inference_route import cases, quickest, total_ms

from . import tiny
from .hints import assert_hint, broken
from .split_lab import lab


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return Whole(Weights(tiny.write(tmp_path_factory.mktemp("tiny") / "tiny.gguf")))


@pytest.fixture(scope="module")
def swarm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarm]:
    file = tiny.write(tmp_path_factory.mktemp("tiny") / "tiny.gguf")
    with Swarm([(0, 1), (1, 3), (3, 4)], [(0, 1), (1, 3)], file) as swarm:
        yield swarm


@pytest.fixture(scope="module")
def sweep(swarm: Swarm, whole: Whole) -> Sweep:
    sweep = Sweep(swarm, whole.ends, "hey you", [0, 30], most=6)
    said = [state.words for state in sweep.follow()]
    assert sweep.ok and said[-1].startswith("tokens/s by round trip: 0 ms: ")
    return sweep


def test_the_printed_layer_is_the_one_that_runs() -> None:
    assert source(Layer.__call__) == textwrap.dedent(inspect.getsource(Layer.__call__)).strip()


# Exercise 1


def test_the_first_solution_passes() -> None:
    verdict = check_1(lab()["solution_1"])
    assert verdict.ok, verdict
    assert "96 ms" in verdict.words


@pytest.mark.parametrize("case", cases()[:20], ids=lambda case: case[0])
def test_the_quickest_chain_is_that_of_trying_all(case: tuple[str, tuple, int]) -> None:
    _, offers, layers = case

    def chains(at: int) -> Iterator[tuple[Offer, ...]]:
        if at == layers:
            yield ()
        for offer in offers:
            if offer.first == at:
                yield from ((offer, *rest) for rest in chains(offer.last))

    best = min(map(total_ms, chains(0)), default=float("inf"))
    assert quickest(offers, layers) == pytest.approx(best)


def by_price(offers: list[Offer], layers: int) -> list[Offer]:
    """Right but for one thing: a machine's round trip is not counted."""
    best: dict[int, tuple[float, list[Offer]]] = {0: (0.0, [])}
    for at in range(layers):
        for offer in offers:
            if at in best and offer.first == at:
                found = best[at][0] + offer.ms - offer.rtt_ms, [*best[at][1], offer]
                best[offer.last] = min(best.get(offer.last, found), found, key=lambda b: b[0])
    return best.get(layers, (0, []))[1]


@pytest.mark.parametrize(
    ("route", "hints"),
    [
        (lambda offers, layers: lab()["route"](offers, layers), ["Oslo - Rome", "with 96"]),
        (by_price, ["There is a chain with", "costs its round trip once"]),
        (lambda offers, layers: offers, ["goes on with layer 0"]),
        (lambda offers, layers: offers[:1], ["ends after 20 of 30 layers"]),
        (lambda offers, layers: [Offer("me", 0, layers, 0, 0)], ["me is none of the offers"]),
        (lambda offers, layers: [], ["route finds none"]),
        (lambda offers, layers: "Bonn", ["a list of offers", "'Bonn'"]),
        (lambda offers: offers, ["with (offers, layers)"]),
        (broken, ["raised IndexError"]),
        (None, ["without brackets"]),
    ],
)
def test_wrong_routes_get_the_next_step(route: Any, hints: list[str]) -> None:
    assert_hint(check_1(route), *hints)


def test_a_route_where_there_is_none_is_refused() -> None:
    def hopeful(offers: list[Offer], layers: int) -> list[Offer]:
        return lab()["solution_1"](offers, layers) or offers[:1]

    assert_hint(check_1(hopeful), "no chain is whole", "return []")


# Exercise 2


@pytest.mark.alone
def test_the_second_solution_passes(swarm: Swarm, whole: Whole) -> None:
    """Measured anew, with nothing else going on. Whatever else the machine does can only slow it:
    one of three tries without that is enough."""
    solution = lab()["solution_2"]
    for case in CASES:
        assert solution(*case) == pytest.approx(book(*case))
    verdicts = []
    for _ in range(3):
        sweep = Sweep(swarm, whole.ends, "hey you", [0, 60], most=6)
        assert list(sweep.follow())
        verdicts.append(check_2(solution, sweep))
        if verdicts[-1].ok:
            return
    pytest.fail(f"{verdicts}")


def law(case: tuple[float, ...], **wrong: float) -> float:
    """The law with one of its parts another number."""
    stages, compute, rtt, mbit, size = case
    part = {"trips": stages, "messages": 2 * stages, "bits": 8, "computed": 1, **wrong}
    wire = part["bits"] * size / (mbit * 1e3)
    return 1e3 / (part["computed"] * compute + part["trips"] * rtt + part["messages"] * wire)


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        (lambda *c: 1e3 / c[1], "The way takes time, too"),
        (lambda *c: 1e3 / law(c), "not of tokens a second"),
        (lambda *c: law(c) / 1e3, "not a millisecond"),
        (lambda *c: law(c, trips=1, messages=2), "Every stage is a round trip away"),
        (lambda *c: law(c, trips=2 * c[0]), "there and back already"),
        (lambda *c: law(c, trips=c[0] / 2), "a whole round trip"),
        (lambda *c: law(c, trips=(c[0] + 1) / 2, messages=c[0] + 1), "client is the hub"),
        (lambda *c: law(c, computed=c[0]), "of all stages together"),
        (lambda *c: law(c, bits=1), "8 bits"),
        (lambda *c: law(c, messages=c[0]), "twice for each stage"),
        (lambda *c: law(c, messages=0), "takes time to leave"),
        (lambda *c: 7.0, "For one token"),
        (lambda *c: float("nan"), "For one token"),
        (lambda *c: None, "one number; this is None"),
        (lambda a, b: 1.0, "with (stages, compute_ms, rtt_ms, mbit, message_bytes)"),
        (broken, "raised IndexError"),
        (12, "without brackets"),
    ],
)
def test_wrong_predictions_get_the_next_step(sweep: Sweep, rule: Any, hint: str) -> None:
    assert_hint(check_2(rule, sweep), hint)


def test_without_the_sweep_the_checker_asks_for_it(swarm: Swarm, whole: Whole) -> None:
    assert_hint(check_2(book), "Run the sweep above")
    assert_hint(check_2(book, Sweep(swarm, whole.ends, "hey", [0])), "Run the sweep above")


def test_a_sweep_that_something_disturbed_is_not_the_readers_fault(sweep: Sweep) -> None:
    far = sweep.runs[-1].timing
    kept = list(far.whole)
    try:
        far.whole[:] = [2 * seconds for seconds in kept]
        assert_hint(check_2(book, sweep), "The formula is right", "Run the sweep again")
    finally:
        far.whole[:] = kept


# Exercise 3


def test_the_third_solution_passes_with_processes_too(swarm: Swarm, whole: Whole) -> None:
    verdict = check_3(lab()["solution_3"], swarm, whole.ends)
    assert verdict.ok, verdict
    assert "ended by SIGKILL" in verdict.words and "spare 2 went on" in verdict.words
    watched: list[str] = []

    def watch(runs: dict[str, Any]) -> None:
        watched.extend(runs)
        for run in runs.values():
            run.wait()

    assert check_3(lab()["solution_3"], swarm, whole.ends, watch).ok
    assert len(watched) == 2 and "killed" in watched[1]


def rule(
    *,
    alone: bool = False,
    matching: bool = True,
    cut: bool = True,
    everything: bool = True,
    give_up: bool = True,
    try_all: bool = True,
) -> Any:
    """A solution, or one with a part of it missing."""

    def send(stage: Any, x: Any, history: list[Any], spares: list[Any]) -> Any:
        known = sum(map(len, history))
        if not alone:
            try:
                return stage, stage.step(x, known)
            except Gone:
                pass
        for spare in spares:
            if matching and (spare.first, spare.last) != (stage.first, stage.last):
                continue
            told = np.concatenate([*history, x]) if everything else x
            try:
                y = spare.step(told, 0 if everything else known)
            except Gone:
                if not try_all:
                    raise
                continue
            return spare, y[-len(x) :] if cut else y
        if give_up:
            raise Gone("nobody is left")
        return stage, x

    return send


@pytest.mark.parametrize(
    ("send", "hints"),
    [
        (lambda *a: lab()["send"](*a), ["let the exception Gone pass"]),
        (rule(matching=False), ["Layers 10 to 20 were asked for", "first and last"]),
        (rule(cut=False), ["Only the last ones are new"]),
        (rule(everything=False), ["A stage refused", "lies in history"]),
        (rule(try_all=False), ["let the exception Gone pass"]),
        (rule(give_up=False), ["No machine is left", "raise Gone there"]),
        (lambda stage, x, history, spares: (stage, x), ["not what the stage would have said"]),
        (lambda stage, x, history, spares: x, ["returns two things"]),
        (lambda stage, x, history, spares: ("me", x), ["neither the stage nor a spare"]),
        (lambda stage, x, history, spares: (stage, None), ["must be an array"]),
        (lambda stage, x, history, spares: stage.step(3, 0), ["vectors of shape (n, 3)"]),
        (lambda stage, x: 0, ["with (stage, x, history, spares)"]),
        (broken, ["raised IndexError"]),
        ("send", ["without brackets"]),
    ],
)
def test_wrong_ways_to_go_on_get_the_next_step(send: Any, hints: list[str]) -> None:
    assert_hint(check_3(send), *hints)


def test_a_spare_that_is_told_the_order_of_things_wrongly_is_found() -> None:
    def backwards(stage: Any, x: Any, history: list[Any], spares: list[Any]) -> Any:
        return rule()(stage, x, history[::-1], spares)

    assert_hint(check_3(backwards), "a spare took over", "in order, from token 0")


def test_with_no_machine_left_another_error_will_not_do() -> None:
    def careless(stage: Any, x: Any, history: list[Any], spares: list[Any]) -> Any:
        try:
            return rule()(stage, x, history, spares)
        except Gone:
            return [][0]

    assert_hint(check_3(careless), "With no machine left", "raised IndexError", "Raise Gone")


def test_without_the_swarm_the_checker_asks_for_it() -> None:
    assert_hint(check_3(rule()), "check_3(send, swarm, ends)")


def test_what_goes_wrong_with_real_processes_alone_is_said(swarm: Swarm, whole: Whole) -> None:
    """A rule that knows the pretended stages from the real ones."""

    def send(stage: Any, x: Any, history: list[Any], spares: list[Any]) -> Any:
        pretended = isinstance(stage, inference_reroute.Pretended)
        return rule(everything=pretended)(stage, x, history, spares)

    assert_hint(check_3(send, swarm, whole.ends), "With real processes", "I have seen 0 tokens")

    def wrong_after(stage: Any, x: Any, history: list[Any], spares: list[Any]) -> Any:
        who, y = rule()(stage, x, history, spares)
        pretended = isinstance(stage, inference_reroute.Pretended)
        return (who, y) if pretended or who is stage else (who, -y)

    assert_hint(check_3(wrong_after, swarm, whole.ends), "differs from that of the undisturbed")


def test_the_offers_of_the_lab_have_one_best_chain() -> None:
    chains = [
        chain
        for size in range(1, 5)
        for chain in itertools.permutations(OFFERS, size)
        if [o.first for o in chain[1:]] == [o.last for o in chain[:-1]]
        and (chain[0].first, chain[-1].last) == (0, 30)
    ]
    times = sorted(map(total_ms, chains))
    assert times[0] == 96 and times[1] > 96
