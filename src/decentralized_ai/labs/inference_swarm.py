"""The lab's machines: stages as processes, links between them and the client, and who is killed."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .inference_frames import PATIENCE_S, BrokenFrame, connect, receive, send

HERE = __package__
PACKAGE = Path(__file__).parents[2]


class Trouble(RuntimeError):
    """A process did not start, or refused a message; the message says why."""


@dataclass(frozen=True)
class State:
    """How far something is. share: 0 to 1; words: for a display."""

    share: float
    words: str


class Process:
    """A program of this lab, started; `ready` waits for its one line of JSON. It ends with us."""

    def __init__(self, module: str, *arguments: object) -> None:
        places = [str(PACKAGE), *(str(Path(place).resolve()) for place in sys.path)]
        threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        environment = {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(places)}
        self.running = subprocess.Popen(
            [sys.executable, "-m", f"{HERE}.{module}", *map(str, arguments)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self.end = weakref.finalize(self, _end, self.running)

    def ready(self) -> Any:
        """What it says when it is ready. Raises Trouble."""
        out, errors = self.running.stdout, self.running.stderr
        assert out is not None and errors is not None
        if select.select([out], [], [], PATIENCE_S)[0] and (line := out.readline()):
            return json.loads(line)
        self.running.kill()
        said = errors.read().decode(errors="replace").strip().splitlines()
        self.end()
        raise Trouble(f"a process did not start: {said[-1] if said else 'no message'}")

    def kill(self) -> None:
        """SIGKILL: it has no time to say goodbye."""
        self.running.kill()
        self.running.wait()


def _end(running: subprocess.Popen[bytes]) -> None:
    running.kill()
    running.wait()
    for pipe in (running.stdin, running.stdout, running.stderr):
        if pipe:
            pipe.close()


class Remote:
    """A conversation with one stage, over its link. `seconds`: that it has computed so far.
    `message_bytes`: of the last message to it; the answer is as long, but for a few bytes."""

    def __init__(self, port: int, name: str) -> None:
        self.name, self.seconds, self.message_bytes = name, 0.0, 0
        self.socket = connect(port)
        header, _ = receive(self.socket)
        self.first, self.last = int(header["first"]), int(header["last"])

    def step(self, x: np.ndarray, position: int, back: bool = False) -> np.ndarray:
        """The next vectors (n, width), of which the first is token `position` of the conversation,
        through this stage's layers. back: it may be one that the stage has seen; that one and all
        after it are replaced. Raises Gone if the stage is, and Trouble if it refuses."""
        asked = {"do": "step", "position": position, **({"back": True} if back else {})}
        self.message_bytes = send(self.socket, asked, x)
        header, y = receive(self.socket)
        if y is None:
            raise Trouble(f"{self.name}: {header.get('refused') or header.get('broken') or header}")
        if y.shape != x.shape:
            raise BrokenFrame(f"{self.name} answered {y.shape} to {x.shape}")
        self.seconds += float(header["seconds"])
        return y

    def close(self) -> None:
        self.socket.close()

    def __repr__(self) -> str:
        return f"<{self.name}: layers {self.first} to {self.last}>"


class Machine:
    """A stage's process. name: for people."""

    def __init__(self, name: str, first: int, last: int, file: Path | None = None) -> None:
        self.name, self.first, self.last, self.file = name, first, last, file
        self.start()

    def start(self) -> None:
        more = ["--file", self.file] if self.file else []
        self.process = Process("inference_stage", "--first", self.first, "--last", self.last, *more)
        self.port = 0

    def ready(self) -> Machine:
        if not self.port:
            self.port = int(self.process.ready()["port"])
        return self

    @property
    def alive(self) -> bool:
        return self.process.running.poll() is None


class Swarm:
    """Machines that hold `spans` of layers, and more that stand by.

    spans: layers of each stage, [first, last). spares: likewise, of machines that wait. It starts
    when it is followed, or by `start()`. Use `with` or `close()` to end the processes before the
    program ends.
    """

    def __init__(
        self,
        spans: Sequence[tuple[int, int]] = ((0, 10), (10, 20), (20, 30)),
        spares: Sequence[tuple[int, int]] = (),
        file: Path | None = None,
    ) -> None:
        self.spans, self.spare_spans, self.file = tuple(spans), tuple(spares), file
        self.machines: list[Machine] = []
        self.spares: list[Machine] = []

    def follow(self) -> Iterator[State]:
        """Start what does not run; then a State whenever one more is ready."""
        if not self.machines:
            self.machines = [
                Machine(f"stage {i}", *span, self.file) for i, span in enumerate(self.spans, 1)
            ]
            self.spares = [
                Machine(f"spare {i}", *span, self.file)
                for i, span in enumerate(self.spare_spans, 1)
            ]
        all_of_them = [*self.machines, *self.spares]
        for machine in all_of_them:
            if not machine.alive:
                machine.start()
        for i, machine in enumerate(all_of_them):
            yield State(i / len(all_of_them), f"{machine.name} reads its layers")
            machine.ready()
        yield State(1.0, f"{len(all_of_them)} processes are ready")

    def start(self) -> Swarm:
        """Start what does not run, and wait until all are ready."""
        for _ in self.follow():
            pass
        return self

    def connect(
        self, rtt_ms: float = 0.0, mbit: float | None = None, back: int | None = None
    ) -> Network:
        """A conversation with every machine, over links with that round trip and bandwidth; back:
        a port of the client's, to which a link leads, too."""
        self.start()
        return Network(self, rtt_ms, mbit, back)

    def close(self) -> None:
        for machine in (*self.machines, *self.spares):
            machine.process.end()

    def __enter__(self) -> Swarm:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.close()


class Network:
    """Links to all machines of a swarm, and a conversation over each: `stages` and `spares`.
    ports: of the links, in that order; then of the one that leads to `back`, if there is one."""

    def __init__(
        self, swarm: Swarm, rtt_ms: float, mbit: float | None, back: int | None = None
    ) -> None:
        self.swarm = swarm
        machines = [*swarm.machines, *swarm.spares]
        limit = ["--mbit", mbit] if mbit else []
        ports = [machine.port for machine in machines] + ([back] if back else [])
        self.links = Process("inference_link", *ports, "--delay-ms", rtt_ms / 2, *limit)
        try:
            self.ports: list[int] = self.links.ready()
            pairs = zip(self.ports, machines, strict=False)
            every = [Remote(port, machine.name) for port, machine in pairs]
        except BaseException:
            self.links.end()
            raise
        self.stages = every[: len(swarm.machines)]
        self.spares = every[len(swarm.machines) :]

    def kill(self, number: int) -> None:
        """SIGKILL to the process of stage `number`, counted from 0."""
        self.swarm.machines[number].process.kill()
        time.sleep(0.05)  # until the system has told the link

    def close(self) -> None:
        for remote in (*self.stages, *self.spares):
            remote.close()
        self.links.end()

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
