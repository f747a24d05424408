"""Frames and stages: real sockets and processes, with a model of a few thousand weights."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decentralized_ai.labs.inference_client import Client, Kill, Run
from decentralized_ai.labs.inference_file import Weights
from decentralized_ai.labs.inference_frames import (
    LENGTHS,
    LETTERS,
    MOST_ARRAY,
    BrokenFrame,
    Gone,
    lengths,
    pack,
    receive,
    send,
    unpack,
)
from decentralized_ai.labs.inference_model import Whole
from decentralized_ai.labs.inference_stage import Refused, onward, reply
from decentralized_ai.labs.inference_swarm import Process, Swarm, Trouble

from . import tiny

PROMPT = "hey you"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture(scope="module")
def whole(file: Path) -> Whole:
    return Whole(Weights(file))


@pytest.fixture(scope="module")
def swarm(file: Path) -> Iterator[Swarm]:
    with Swarm([(0, 2), (2, 4)], [(2, 4)], file) as swarm:
        yield swarm


# Frames


@given(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=4),
    st.lists(st.integers(0, 4), min_size=1, max_size=3),
)
def test_a_frame_comes_back(header: dict, shape: list[int]) -> None:
    header.pop("shape", None)
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    frame = pack(header, array)
    words, numbers = lengths(frame[: LENGTHS.size])
    assert len(frame) == LENGTHS.size + words + numbers
    found, back = unpack(frame[LENGTHS.size :][:words], frame[LENGTHS.size + words :])
    assert found == {**header, "shape": shape}
    assert back is not None and np.array_equal(back, array) and back.dtype == np.float32
    assert unpack(json.dumps(header).encode(), b"") == (header, None)


def frame(words: bytes, numbers: bytes = b"", letters: bytes = LETTERS) -> bytes:
    return LENGTHS.pack(letters, len(words), len(numbers)) + words + numbers


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (frame(b"{}", letters=b"HTTP"), "begins with b'HTTP'"),
        (LENGTHS.pack(LETTERS, 10**9, 0), "a header of 1000000000 bytes"),
        (LENGTHS.pack(LETTERS, 0, 0), "a header of 0 bytes"),
        (LENGTHS.pack(LETTERS, 2, MOST_ARRAY + 4) + b"{}", "an array of"),
        (frame(b"{}", b"abc"), "an array of 3 bytes"),
        (frame(b"{]"), "no JSON"),
        (frame(b"\xff\xfe"), "no JSON"),
        (frame(b"[" * 4000), "no JSON"),
        (frame(b"[1]"), "no JSON object"),
        (frame(b"{}", b"1234"), "without a shape"),
        (frame(b'{"shape": [2]}', b"1234"), r"shape \[2\] has not 4 bytes"),
        (frame(b'{"shape": [-1]}', b"1234"), "no shape"),
        (frame(b'{"shape": [true]}', b"1234"), "no shape"),
        (frame(b'{"shape": "4"}', b"1234"), "no shape"),
        (frame(b'{"shape": [1, 1, 1, 1, 1]}', b"1234"), "no shape"),
        (frame(b'{"shape": [1e3]}', b"1234"), "no shape"),
    ],
)
def test_a_broken_frame_is_refused_by_name(sent: bytes, words: str) -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendall(sent)
        with pytest.raises(BrokenFrame, match=words):
            receive(other)


@pytest.mark.parametrize("cut", [1, 11, 13, 30])
def test_an_end_in_the_middle_of_a_frame_is_an_end(cut: int) -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendall(pack({"do": "step"}, np.ones((1, 3)))[:cut])
        one.close()
        with pytest.raises(Gone, match="middle of a frame"):
            receive(other)
        with pytest.raises(Gone, match="closed"):
            receive(other)
        with pytest.raises(Gone):
            for _ in range(3):
                send(other, {}, np.ones(10**6))


def test_who_does_not_answer_is_gone() -> None:
    one, other = socket.socketpair()
    with one, other:
        other.settimeout(0.05)
        with pytest.raises(Gone, match=r"no answer within 0\.05 s"):
            receive(other)
    with pytest.raises(BrokenFrame, match="too long"):
        pack({"a": "x" * 5000})


# A stage


def test_a_stage_refuses_what_it_cannot_answer_and_goes_on(whole: Whole) -> None:
    stage, caches = whole.stage, whole.stage.begin()
    x = np.ones((3, tiny.WIDTH), np.float32)
    for header, vectors, words in (
        ({"do": "dance", "position": 0}, x, "a message is"),
        ({"do": "step", "position": 0}, None, "a message is"),
        ({"do": "step", "position": 0}, x[:, :5], "vectors of shape"),
        ({"do": "step", "position": 0}, x[:0], "vectors of shape"),
        ({"do": "step", "position": 7}, x, "I have seen 0 tokens"),
        ({"do": "step"}, x, "begin at -1"),
        ({"do": "step", "position": 1, "back": True}, x, "begin at 1"),
        ({"do": "step", "position": -1, "back": True}, x, "begin at -1"),
        ({"do": "step", "position": 0.0, "back": True}, x[:0], "vectors of shape"),
        ({"do": "step", "position": 0}, np.full_like(x, np.nan), "infinite or none"),
        ({"do": "step", "position": 0}, np.ones((3000, tiny.WIDTH)), "at most 2048"),
    ):
        with pytest.raises(Refused, match=words):
            reply(stage, caches, header, vectors)
    assert caches[0].length == 0
    header, y = reply(stage, caches, {"do": "step", "position": 0}, x)
    assert header["position"] == 3 and header["seconds"] > 0
    np.testing.assert_array_equal(y, stage.step(x, stage.begin()))
    for strange in (True, "0", [0], 1.0, {"a": 1}):
        with pytest.raises(Refused, match="I have seen 3 tokens"):
            reply(stage, caches, {"do": "step", "position": strange, "back": True}, x)
    with pytest.raises(Refused, match="I have seen 3 tokens"):
        reply(stage, caches, {"do": "step", "position": 1}, x)
    header, again = reply(stage, caches, {"do": "step", "position": 1, "back": True}, x[1:])
    assert header["position"] == caches[0].length == 3
    np.testing.assert_allclose(again, y[1:], atol=1e-5)


def test_a_process_answers_refuses_and_shows_a_broken_frame_the_door(swarm: Swarm) -> None:
    with swarm.connect() as network:
        remote = network.stages[0]
        x = np.ones((2, tiny.WIDTH), np.float32)
        first = remote.step(x, 0)
        with pytest.raises(Trouble, match="I have seen 2 tokens"):
            remote.step(x, 5)
        assert remote.step(x, 2).shape == first.shape
        remote.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
        header, _ = receive(remote.socket)
        assert "begins with b'GET '" in header["broken"]
        with pytest.raises(Gone):
            remote.step(x, 4)
        # Others, and a new conversation, are not disturbed.
        assert network.stages[1].step(x, 0).shape == x.shape
    with swarm.connect() as network:
        np.testing.assert_array_equal(network.stages[0].step(x, 0), first)


def test_a_process_that_cannot_start_says_why(file: Path) -> None:
    for span, words in (((0, 9), "no layers 0 to 9"), ((2, 2), "no layers 2 to 2")):
        with pytest.raises(Trouble, match=words):
            Swarm([span], file=file).start()


def test_processes_end_with_the_one_that_started_them(file: Path) -> None:
    process = Process("inference_stage", "--first", 0, "--last", 1, "--file", file)
    process.ready()
    assert process.running.stdin is not None
    process.running.stdin.close()  # as the system does when we end
    assert process.running.wait(10) == 0


# A whole answer


@pytest.mark.parametrize(("rtt_ms", "mbit"), [(0, None), (8, 50)])
def test_the_answer_over_links_is_the_unsplit_models(
    swarm: Swarm, whole: Whole, rtt_ms: float, mbit: float | None
) -> None:
    run = Run(swarm, whole.ends, PROMPT, most=12, rtt_ms=rtt_ms, mbit=mbit).wait()
    assert run.tokens == whole.generate(PROMPT, 12) and len(run.tokens) == 12
    assert len(run.timing.whole) == len(run.timing.computed) == 12
    assert run.step_s > run.compute_s > 0
    # Vectors of 32 numbers, their header, and a few bytes before it.
    assert 4 * tiny.WIDTH + LENGTHS.size < run.message_bytes < 4 * tiny.WIDTH + 100


def test_a_killed_stage_ends_the_answer_and_the_next_run_starts_it_anew(
    swarm: Swarm, whole: Whole
) -> None:
    run = Run(swarm, whole.ends, PROMPT, most=12, kill=Kill(stage=1, after=4))
    with pytest.raises(Gone):
        run.wait()
    assert run.tokens == whole.generate(PROMPT, 12)[:4]
    assert not swarm.machines[1].alive
    again = Run(swarm, whole.ends, PROMPT, most=12).wait()
    assert again.tokens == whole.generate(PROMPT, 12)


def test_two_conversations_do_not_hear_each_other(swarm: Swarm, whole: Whole) -> None:
    with swarm.connect() as network, swarm.connect() as other:
        one = Client(whole.ends, network).tokens(PROMPT, 8)
        two = Client(whole.ends, other).tokens("you there", 8)
        pairs = list(zip(one, two, strict=False))
    assert [a for a, _ in pairs] == whole.generate(PROMPT, 8)[: len(pairs)]
    assert [b for _, b in pairs] == whole.generate("you there", 8)[: len(pairs)]


# Handed on


@pytest.mark.parametrize(("rtt_ms", "mbit"), [(0, None), (8, 50)])
def test_handed_on_from_stage_to_stage_the_answer_is_the_same(
    swarm: Swarm, whole: Whole, rtt_ms: float, mbit: float | None
) -> None:
    run = Run(swarm, whole.ends, PROMPT, most=12, rtt_ms=rtt_ms, mbit=mbit, path="chain").wait()
    assert run.tokens == whole.generate(PROMPT, 12)
    # Two stages: three ways of half a round trip.
    assert run.step_s - run.compute_s >= 1.5 * rtt_ms / 1e3
    assert 0 < run.compute_s < run.step_s
    with pytest.raises(ValueError, match="path is one of"):
        Run(swarm, whole.ends, PROMPT, path="star")
    with pytest.raises(ValueError, match="it is the hub"):
        Run(swarm, whole.ends, PROMPT, path="chain", kill=Kill(0, 1))


def test_a_message_is_handed_on_to_the_ports_that_it_names() -> None:
    done = {"position": 5, "seconds": 0.25}
    assert onward({"position": 3}, done) is None
    assert onward({"position": 3, "ports": [7, 8]}, done) == (
        7,
        {"do": "step", "position": 3, "ports": [8], "seconds": 0.25},
    )
    last = onward({"position": 3, "ports": [8], "seconds": 0.5}, done)
    assert last == (8, {"do": "step", "position": 3, "seconds": 0.75})
    for ports in ([], [0], [70_000], ["8"], [True], 8, [1] * 17, "8"):
        with pytest.raises(Refused, match="ports are a list"):
            onward({"position": 3, "ports": ports}, done)
    for seconds in ("1", -1.0, float("nan"), float("inf"), None, [1.0]):
        with pytest.raises(Refused, match="seconds are a number"):
            onward({"position": 3, "ports": [8], "seconds": seconds}, done)


def test_a_stage_that_cannot_hand_on_ends_the_conversation(swarm: Swarm) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with swarm.connect() as network:
        first = network.stages[0].socket
        x = np.ones((1, tiny.WIDTH), np.float32)
        send(first, {"do": "step", "position": 0, "ports": "no"}, x)
        assert "ports are a list" in receive(first)[0]["refused"]
        send(first, {"do": "step", "position": 1, "ports": [port]}, x)
        with pytest.raises(Gone):
            receive(first)
