"""One stage of the model as a process of its own. It answers on a port of this machine.

    python -m decentralized_ai.labs.inference_stage --first 0 --last 10

It prints one line of JSON when it is ready: its port and its layers. Each connection is one
conversation: its caches live as long as it does. A message holds vectors (n, width) and says at
which token they begin; the answer holds what comes out of the last layer, and how long that took.
With "back" a conversation may go on from an earlier token: what came after it is forgotten.
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
from contextlib import suppress
from pathlib import Path

import numpy as np

from .inference_file import Weights
from .inference_frames import BrokenFrame, Gone, Header, receive, send
from .inference_model import Cache, Stage

MOST_TOKENS = 2_048  # of one conversation


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


class Conversation(socketserver.BaseRequestHandler):
    server: Server

    def setup(self) -> None:
        # A small frame shall not wait for the next one.
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def handle(self) -> None:
        stage, caches = self.server.stage, self.server.stage.begin()
        with suppress(Gone):
            send(self.request, {"first": stage.first, "last": stage.last})
            while True:
                try:
                    header, x = receive(self.request)
                    with self.server.busy:  # one computes at a time
                        answer = reply(stage, caches, header, x)
                except Refused as error:
                    send(self.request, {"refused": str(error)})
                except BrokenFrame as error:  # where the next frame begins, nobody knows
                    send(self.request, {"broken": str(error)})
                    return
                else:
                    send(self.request, *answer)


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
