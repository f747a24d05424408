"""One stage of the model as a process of its own. It answers on a port of this machine.

    python -m decentralized_ai.labs.inference_stage --first 0 --last 10

It prints one line of JSON when it is ready: its port and its layers. Each connection is one
conversation: its caches live as long as it does. A message holds vectors (n, width) and says at
which token they begin; the answer holds what comes out of the last layer, and how long that took.
With "back" a conversation may go on from an earlier token: what came after it is forgotten.
With "ports" the answer does not go back but on: to the stage at the first of these ports of this
machine, and so on; the last port is the client's.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import socketserver
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np

from .inference_file import Weights
from .inference_frames import BrokenFrame, Gone, Header, at_once, connect, receive, send
from .inference_model import Cache, Stage

MOST_TOKENS = 2_048  # of one conversation
MOST_STAGES = 16  # that a message is handed on to


class Refused(ValueError):
    """A message that a stage does not answer; the words say why."""


def reply(
    stage: Stage, caches: list[Cache], header: Header, x: np.ndarray | None
) -> tuple[Header, np.ndarray]:
    """The answer to one message. Raises Refused, and then nothing has changed."""
    if header.get("do") != "step" or x is None:
        raise Refused("a message is {'do': 'step', 'position': ...} with an array")
    known, position = caches[0].length, header.get("position", -1)
    if x.ndim != 2 or x.shape[1] != stage.shape.width or not len(x):
        raise Refused(f"vectors of shape (n, {stage.shape.width}) are asked for, not {x.shape}")
    back = header.get("back") is True and type(position) is int and 0 <= position < known
    if position != known and not back:
        raise Refused(
            f"I have seen {known} tokens of this conversation, and these begin at {position!r}: "
            "send me those before them, too"
        )
    start = int(position)
    if start + len(x) > MOST_TOKENS:
        raise Refused(f"a conversation has at most {MOST_TOKENS} tokens")
    if not np.isfinite(x).all():
        raise Refused("some of the numbers are infinite or none")
    began = time.perf_counter()
    for cache in caches:
        cache.forget(start)
    y = stage.step(x, caches)
    return {"position": start + len(x), "seconds": time.perf_counter() - began}, y


def onward(header: Header, answer: Header) -> tuple[int, Header] | None:
    """The port to which the answer is handed on, and its header; None if it goes back to whoever
    asked. Raises Refused."""
    ports = header.get("ports")
    if ports is None:
        return None
    numbers = isinstance(ports, list) and all(type(p) is int and 0 < p < 65_536 for p in ports)
    if not numbers or not 1 <= len(ports) <= MOST_STAGES:
        raise Refused(f"ports are a list of 1 to {MOST_STAGES} numbers, not {str(ports)[:40]}")
    so_far = header.get("seconds", 0.0)
    if type(so_far) is not float or not 0 <= so_far < float("inf"):
        raise Refused(f"seconds are a number, not {str(so_far)[:40]}")
    more = {"ports": ports[1:]} if ports[1:] else {}
    passed = {"do": "step", "position": header["position"], **more}
    return ports[0], {**passed, "seconds": so_far + answer["seconds"]}


class Conversation(socketserver.BaseRequestHandler):
    server: Server

    def setup(self) -> None:
        self.next: dict[int, socket.socket] = {}
        at_once(self.request)

    def handle(self) -> None:
        stage, caches = self.server.stage, self.server.stage.begin()
        with ExitStack() as opened, suppress(Gone):
            self.opened = opened
            send(self.request, {"first": stage.first, "last": stage.last})
            while True:
                try:
                    header, x = receive(self.request)
                    with self.server.busy:  # one computes at a time
                        answer, y = reply(stage, caches, header, x)
                    to = onward(header, answer)
                except Refused as error:
                    send(self.request, {"refused": str(error)})
                except BrokenFrame as error:  # where the next frame begins, nobody knows
                    send(self.request, {"broken": str(error)})
                    return
                else:
                    if to is None:
                        send(self.request, answer, y)
                    else:
                        send(self.connection(to[0]), to[1], y)

    def connection(self, port: int) -> socket.socket:
        """To the next stage of this conversation, or to the client. Raises Gone."""
        if port not in self.next:
            self.next[port] = self.opened.enter_context(connect(port))
            receive(self.next[port])  # who it is
        return self.next[port]


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, stage: Stage) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.stage, self.busy = stage, threading.Lock()


def end_with_parent() -> None:
    """A stage that nobody reads from any more has no one to work for."""
    sys.stdin.read()  # ends when the process that holds the other end does
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--first", type=int, required=True, help="its first layer")
    parser.add_argument("--last", type=int, required=True, help="the layer after its last")
    parser.add_argument("--file", type=Path, help="the model's file; else it is looked for")
    args = parser.parse_args()
    try:
        stage = Stage(Weights(args.file), args.first, args.last)
    except ValueError as error:
        parser.error(str(error))
    with Server(stage) as server:
        port = server.server_address[1]
        print(json.dumps({"port": port, "first": stage.first, "last": stage.last}), flush=True)
        threading.Thread(target=end_with_parent, daemon=True).start()
        server.serve_forever()


if __name__ == "__main__":
    main()
