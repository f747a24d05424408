"""Real processes under torchrun: what they compute, what they send, and how they end."""

from __future__ import annotations

import argparse
import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist

from decentralized_ai.experiments import text
from decentralized_ai.experiments.language import Language, Replicas, Shape, flat, unflat
from decentralized_ai.labs.together import arguments
from decentralized_ai.labs.together_exchange import Exchange
from decentralized_ai.labs.together_message import RuleFailed, pack, unpack
from decentralized_ai.labs.training_bytes import ring
from decentralized_ai.labs.training_launch import Kill, Training, workspace
from decentralized_ai.labs.training_processes import Host, running
from decentralized_ai.labs.training_ship import pack_function, unpack_function
from decentralized_ai.training.diloco import DiLoCo
from decentralized_ai.training.optimisers import AdamW

STEPS, EVERY, WORKERS, BATCH, RATE = 40, 20, 2, 16, 4e-3
SHAPE = Shape()
WEIGHTS = len(flat(Language(SHAPE, 0)))
SETTING: dict[str, Any] = {"steps": STEPS, "every": EVERY}


@cache
def texts() -> tuple[np.ndarray, np.ndarray]:
    folder = workspace()
    return np.load(folder / "train.npy"), np.load(folder / "held_out.npy")


def codes(rank: int, step: int) -> np.ndarray:
    """What a worker of together.py reads at a step with seed 0."""
    return text.batch(texts()[0], np.random.default_rng([0, rank, step]), BATCH, SHAPE.context)


def held_out_loss(weights: np.ndarray) -> float:
    model = Language(SHAPE, 0)
    unflat(model, weights)
    with torch.no_grad():
        some = text.batch(texts()[1], np.random.default_rng(0), 64, SHAPE.context)
        return float(model.loss(torch.from_numpy(some)))


@cache
def ddp() -> Training:
    return Training("ddp", **SETTING).wait()


def test_ddp_is_one_worker_with_the_batches_of_all() -> None:
    """The mean of gradients of equal batches is the gradient of all of them together."""
    model = Language(SHAPE, 0)
    inner = torch.optim.AdamW(model.parameters(), lr=RATE)
    for step in range(1, STEPS + 1):
        together = np.concatenate([codes(rank, step) for rank in range(WORKERS)])
        inner.zero_grad()
        model.loss(torch.from_numpy(together)).backward()
        inner.step()
    assert ddp().ok and ddp().alike, ddp()
    # Float32 sums in another order, 40 steps of Adam: some 1e-4; a wrong mean is off by 0.1.
    assert ddp().loss == pytest.approx(held_out_loss(flat(model)), abs=2e-3)
    assert ddp().sent == STEPS * ring(WORKERS, 4 * len(flat(model)))


def test_diloco_is_the_models_rule() -> None:
    """The outer step of training/diloco.py, which is held against torchft, on the same text."""
    start = flat(Language(SHAPE, 0))
    replicas = Replicas(SHAPE, np.stack([start] * WORKERS))
    inner, outer = AdamW(RATE), DiLoCo(start, EVERY)
    for step in range(1, STEPS + 1):
        both = np.stack([codes(rank, step) for rank in range(WORKERS)])
        inner.step(replicas.weights, replicas.gradients(both)[1])
        outer.after_step(replicas.weights)
    run = Training("diloco", **SETTING).wait()
    assert run.ok and run.alike, run
    assert run.loss == pytest.approx(held_out_loss(outer.common), abs=2e-3)
    assert run.sent == STEPS // EVERY * ring(WORKERS, 4 * len(start))


def test_a_killed_worker_changes_nothing_where_a_restart_is_allowed() -> None:
    kill = Kill(rank=1, after=EVERY)
    run = Training("ddp", kill=kill, restarts=1, slow=0.02, **SETTING).wait()
    assert run.resumed == [EVERY] and run.ok and run.alike, run
    assert "Killed by SIGKILL in mid-run: worker 1, when step 20" in run.story()
    assert "went on from the checkpoint of step 20" in run.story()
    # Checkpoint and text are the same; so is every sum of two numbers, whatever their order.
    assert run.loss == pytest.approx(ddp().loss, abs=1e-5)


def test_rules_of_a_reader_run_in_all_workers_and_a_liar_is_outvoted() -> None:
    scale = 2.0  # what a function closed over goes along, helpers too

    def halve(vector: np.ndarray) -> np.ndarray:
        return vector / scale

    def compress(vector: np.ndarray, residual: np.ndarray) -> Any:
        return [halve(vector)], residual

    def expand(arrays: Any, size: int) -> np.ndarray:
        return scale * arrays[0]

    def aggregate(rows: np.ndarray, attackers: int) -> np.ndarray:
        assert (rows.shape, attackers) == ((3, WEIGHTS), 1)
        return np.median(rows, axis=0)

    rules = {"compress": compress, "expand": expand, "aggregate": aggregate}
    setting = {**SETTING, "workers": 3, "attackers": 1}
    run = Training("sync", rules=rules, attack="noise", **setting).wait()
    assert run.ok and run.alike, run
    assert run.loss < 3.6
    # To two others: 8 bytes for the length, then the message.
    message = len(pack([np.zeros(WEIGHTS, dtype=np.float32)]))
    assert run.sent == STEPS * 2 * (8 + message)


def test_a_rule_that_fails_ends_the_training_and_says_which() -> None:
    run = Training("sync", rules={"aggregate": lambda rows, f: rows[0, 0]}, **SETTING).wait()
    assert not run.ok
    assert "aggregate must return 33760 numbers" in run.story()
    assert no_worker_left(run)


def test_a_training_never_outlasts_its_limit() -> None:
    began = time.monotonic()
    run = Training("ddp", slow=60, limit_s=12, steps=40).wait()
    assert not run.ok and time.monotonic() - began < 60
    assert "Ended after 12 s, which is the limit" in run.story()
    assert no_worker_left(run)


@pytest.mark.parametrize("how", ["once", "twice", "without torchrun"])
def test_an_interrupt_leaves_nothing_behind(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a second one, while it waits for torchrun to end; nor if torchrun is gone already,
    before it could end its workers."""
    run = Training("ddp", slow=60, steps=40, patience=300)
    states = run.follow()
    for _ in states:
        if len([line for line in run.lines if line["event"] == "start"]) == WORKERS:
            break
    (agent,) = run._agents
    assert len(running(run._folder)) == 1 + WORKERS
    if how == "without torchrun":
        agent.kill()
        agent.wait()
    if how == "twice":
        monkeypatch.setattr(agent, "terminate", interrupt)
    with pytest.raises(KeyboardInterrupt):
        states.throw(KeyboardInterrupt())
    agent.wait(5)
    assert no_worker_left(run)
    assert not running(run._folder)


def interrupt() -> None:
    raise KeyboardInterrupt


def no_worker_left(run: Training) -> bool:
    """Of those that had begun; a process that has ended may take a moment to be gone."""
    pids = {line["pid"] for line in run.lines if line["event"] == "began"}
    for _ in range(50):
        if not any(Path(f"/proc/{pid}/cmdline").exists() and alive(pid) for pid in pids):
            return True
        time.sleep(0.1)
    return False


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_workers_must_fit_the_hosts() -> None:
    with pytest.raises(ValueError, match="3 workers cannot be shared out evenly to 2 hosts"):
        Training("ddp", workers=3, hosts=[Host(), Host("127.0.0.2")])


def test_diloco_must_end_with_an_exchange(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the model saved and measured at the end would be a worker's own."""
    with pytest.raises(ValueError, match="50 steps are no multiple of every=20"):
        Training("diloco", steps=50)
    for bad in ({"steps": 0}, {"every": 0}):
        with pytest.raises(ValueError, match="at least 1"):
            Training("ddp", **bad)
    assert Training("ddp", steps=50).options["every"] == 20
    monkeypatch.setattr("sys.argv", ["together", "--method", "diloco", "--steps", "50"])
    with pytest.raises(SystemExit):
        arguments()
    assert "must be a multiple of --every" in capsys.readouterr().err


def test_a_restart_says_that_it_loses_what_compress_has_kept_back() -> None:
    for rules, lost in (({"compress": print}, True), ({"expand": print}, False), (None, False)):
        run = Training("sync", rules=rules)
        run.lines = [
            {"event": "start", "rank": 0, "restart": 1, "workers": 2, "done": 20, "seconds": 1.0}
        ]
        assert "went on from the checkpoint of step 20" in run.story()
        assert ("what compress had kept back is lost" in run.story()) == lost


def test_a_ring_sends_what_the_closed_form_says() -> None:
    for workers in (2, 3, 4, 8, 16):
        for size in (workers, 48 * workers):
            assert ring(workers, size) == 2 * (workers - 1) * size // workers


def test_messages_come_back_as_they_went() -> None:
    rng = np.random.default_rng(0)
    arrays = [
        rng.normal(size=(3, 4)).astype(np.float32),
        np.arange(5, dtype=np.uint16),
        np.zeros(0, dtype=np.int8),
        np.array(2.5),
        rng.random(6) < 0.5,
    ]
    back = unpack(pack(arrays))
    assert len(back) == len(arrays)
    for one, other in zip(arrays, back, strict=True):
        assert one.dtype == other.dtype and one.shape == other.shape
        assert np.array_equal(one, other)
    assert unpack(pack(arrays[:1]) + b"\0\0\0")[0].shape == (3, 4)  # filled up for the road


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"[]x",
        b"7\n",
        b'[["<f4", [3]]]\n1234',
        b'[["<f4", [-1]]]\n',
        b'[["<f4", [1.0]]]\n1234',
        b'[["<f4", [10000000000, "x"]]]\n1234',
        b'[["<f4", {"1": 1}]]\n1234',
        b'[["<f4", [%d]]]\n1234' % 10**30,
        b'[["<f4", [0, %d]]]\n1234' % 10**30,
        b'[["<f4", [1], 1]]\n1234',
        b'[["O", [1]]]\n12345678',
        b'[["<M8[s]", [1]]]\n12345678',
        b'[["S4", [1]]]\n1234',
        b'[["f4,f4", [1]]]\n12345678',
        b'[["f4,(", [1]]]\n1234',
        b'[["(2,)f4", [1]]]\n12345678',
        b'[["no such kind", [1]]]\n1234',
        b"[[null, [1]]]\n12345678",
        b'[[["f4", 2], [1]]]\n12345678',
        b"[" * 100_000,
    ],
    ids=lambda message: message[:30].decode(),
)
def test_messages_that_lie_are_refused(message: bytes) -> None:
    with pytest.raises(RuleFailed, match="cannot be read"):
        unpack(message)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[None]:
    """A group of one worker, this process."""
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def exchange(**rules: Any) -> np.ndarray:
    """Of four ones, by a worker alone."""
    args = argparse.Namespace(mbit=None, attackers=0, attack="flip", seed=0)
    return Exchange(args, rules)(np.ones(4, dtype=np.float32))


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"compress": lambda v, r: ([v[:3]], r)}, "a message must hold 4 numbers"),
        ({"compress": lambda v, r: ([v.reshape(2, 2)], r)}, "a message must hold 4 numbers"),
        ({"compress": lambda v, r: ([v > 0], r)}, "a message must hold 4 numbers"),
        ({"compress": lambda v, r: ([], r)}, "a message must hold 4 numbers"),
        ({"compress": lambda v, r: ([v + 1j], r)}, "a message cannot be read"),
        ({"compress": lambda v, r: (7, r)}, "compress must return a list of arrays"),
        ({"compress": lambda v, r: ([[[1], [1, 2]]], r)}, "compress must return a list of arrays"),
        ({"compress": lambda v, r: [v]}, "compress must return two things"),
        ({"expand": lambda arrays, n: arrays[0][:3]}, "expand must return 4 numbers"),
        ({"aggregate": lambda rows, f: [[1], [1, 2]]}, "makes no array of"),
        ({"aggregate": lambda rows, f: rows.nothing}, "aggregate raised AttributeError"),
    ],
)
def test_rules_that_make_unusable_messages_are_named(rules: Any, words: str) -> None:
    with pytest.raises(RuleFailed, match=words):
        exchange(**rules)


@pytest.mark.usefixtures("alone")
def test_a_worker_alone_gets_back_what_it_sent() -> None:
    assert exchange(aggregate=lambda rows, f: rows.mean(axis=0)).tolist() == [1.0] * 4


def test_functions_travel_with_what_they_use() -> None:
    factor = 3

    def power(base: float, exponent: int) -> float:
        return 1.0 if exponent == 0 else base * power(base, exponent - 1)

    def total(values: list[float], *, exponent: int = 2, add: float | None = None) -> float:
        return float(np.sum([factor * power(v, exponent) for v in values])) + (
            0.5 if add is None else add
        )

    back: Callable[..., float] = unpack_function(pack_function(total))
    assert back is not total
    assert back([1.0, 2.0]) == total([1.0, 2.0]) == 15.5
    assert back([2.0], exponent=3, add=1.0) == 25.0
    assert unpack_function(pack_function(held_out_loss)) is held_out_loss  # of a module: by name
    # As in a notebook: names of its own, no file, and one that cannot travel.
    names: dict[str, Any] = {"__name__": "__main__", "lock": threading.Lock()}
    exec("def helper(x):\n    return 2 * x\n\ndef use(x):\n    return helper(x) + one", names)
    names["one"] = 1
    assert unpack_function(pack_function(names["use"]))(20) == 41
    exec("def bad(x):\n    return lock.locked()", names)
    with pytest.raises(NameError, match="'lock'"):
        unpack_function(pack_function(names["bad"]))(1)
