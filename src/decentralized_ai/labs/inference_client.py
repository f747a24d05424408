"""The client of a split model: it holds both ends, and sends vectors from stage to stage."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from statistics import fmean

from ..inference.latency import PATHS
from .inference_frames import PATIENCE_S, BrokenFrame, at_once, receive, send
from .inference_model import Array, Ends, answer
from .inference_swarm import Network, Remote, State, Swarm

# Gives vectors to a stage, or to a spare if it is gone: who did it, and what came out.
Send = Callable[[Remote, Array, list[Array], list[Remote]], tuple[Remote, Array]]


@dataclass
class Kill:
    """SIGKILL to stage `stage` (counted from 0) once `after` tokens are there."""

    stage: int
    after: int


@dataclass
class Timing:
    """Seconds of each step: from the token before to this one, and what was computed in it."""

    whole: list[float] = field(default_factory=list)
    computed: list[float] = field(default_factory=list)


class Client:
    """One conversation over a network. `send`: how vectors are given to a stage; by default a
    stage that is gone ends it."""

    def __init__(self, ends: Ends, network: Network, send: Send | None = None) -> None:
        self.ends, self.network, self.send = ends, network, send
        self.chain: list[Remote] = list(network.stages)
        self.spares: list[Remote] = list(network.spares)
        # What each stage was given so far: enough to build its caches anew somewhere else.
        self.histories: list[list[Array]] = [[] for _ in self.chain]
        self.timing = Timing()

    def through(self, x: Array) -> Array:
        """The next vectors through all stages, one after the other."""
        for i, history in enumerate(self.histories):
            x_in = x
            if self.send is None:
                x = self.chain[i].step(x, sum(map(len, history)))
            else:
                self.chain[i], x = self.send(self.chain[i], x, list(history), list(self.spares))
                self.spares = [spare for spare in self.spares if spare is not self.chain[i]]
            history.append(x_in)
        return x

    def tokens(self, prompt: str, most: int, kill: Kill | None = None) -> Iterator[int]:
        """The answer, token by token; `timing` grows with it."""
        began, before = time.perf_counter(), self._busy()
        for count, token in enumerate(answer(self.ends, prompt, most, self._timed), start=1):
            now, busy = time.perf_counter(), self._busy()
            self.timing.whole.append(now - began)
            self.timing.computed.append(busy - before + self._own(now - began))
            yield token
            if kill and count == kill.after:
                self.network.kill(kill.stage)
            began, before = time.perf_counter(), self._busy()

    def _timed(self, x: Array) -> Array:
        began = time.perf_counter()
        found = self.through(x)
        self._away = time.perf_counter() - began
        return found

    def _own(self, step: float) -> float:
        """Seconds of a step that the client itself computed: all but the way through the stages."""
        return step - self._away

    def _busy(self) -> float:
        return sum(r.seconds for r in (*self.network.stages, *self.network.spares))


class HandedOn(Client):
    """A conversation in which each stage hands on to the next, and the last one to the client."""

    def __init__(self, ends: Ends, network: Network, listening: socket.socket) -> None:
        super().__init__(ends, network)
        self.listening, self.position, self.seconds = listening, 0, 0.0
        self.ports = [*network.ports[1 : len(self.chain)], network.ports[-1]]
        self.last: socket.socket | None = None

    def through(self, x: Array) -> Array:
        first = self.chain[0]
        asked = {"do": "step", "position": self.position, "ports": self.ports}
        first.message_bytes = send(first.socket, asked, x)
        if self.last is None:
            self.last, _ = self.listening.accept()
            at_once(self.last)
            self.last.settimeout(PATIENCE_S)
            send(self.last, {})
        header, y = receive(self.last)
        if y is None or y.shape != x.shape:
            raise BrokenFrame("the last stage handed on something else than vectors")
        self.position, self.seconds = self.position + len(x), self.seconds + header["seconds"]
        return y

    def _busy(self) -> float:
        return self.seconds

    def close(self) -> None:
        if self.last:
            self.last.close()


class Run:
    """One answer over a swarm, for `watch`. rtt_ms, mbit: of the link to each stage. path: "hub",
    the client sends to each stage in turn; "chain", each stage hands on to the next.

    tokens: the answer. step_s, compute_s: the mean over its tokens without the first one, whose
    step carries the whole prompt. message_bytes: of one message of one token. chain: who was in it
    at the end.
    """

    def __init__(
        self,
        swarm: Swarm,
        ends: Ends,
        prompt: str,
        *,
        most: int = 16,
        rtt_ms: float = 0.0,
        mbit: float | None = None,
        kill: Kill | None = None,
        send: Send | None = None,
        path: str = "hub",
    ) -> None:
        if path not in PATHS or (path == "chain" and (kill or send)):
            raise ValueError(
                f"path is one of {PATHS}; with kill or send it is the hub, not {path!r}"
            )
        self.swarm, self.ends, self.prompt, self.most, self.path = swarm, ends, prompt, most, path
        self.rtt_ms, self.mbit, self.kill, self.send = rtt_ms, mbit, kill, send
        self.tokens: list[int] = []
        self.timing = Timing()
        self.message_bytes = 0
        self.chain: list[str] = []

    def follow(self) -> Iterator[State]:
        yield from self.swarm.follow()
        self.tokens = []
        with ExitStack() as opened:
            client = self._client(opened)
            self.timing = client.timing
            for token in client.tokens(self.prompt, self.most, self.kill):
                self.tokens.append(token)
                words = self.ends.words.text(self.tokens)
                yield State(
                    len(self.tokens) / self.most, f"{self.per_second:.1f} tokens/s: {words}"
                )
            self.message_bytes = client.chain[0].message_bytes
            self.chain = [remote.name for remote in client.chain]
        yield State(1.0, f"{self.per_second:.1f} tokens/s: {self.ends.words.text(self.tokens)}")

    def _client(self, opened: ExitStack) -> Client:
        link = self.rtt_ms, self.mbit
        if self.path == "hub":
            network = opened.enter_context(self.swarm.connect(*link))
            return Client(self.ends, network, self.send)
        listening = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        listening.settimeout(PATIENCE_S)
        network = opened.enter_context(self.swarm.connect(*link, listening.getsockname()[1]))
        return opened.enter_context(closing(HandedOn(self.ends, network, listening)))

    def wait(self) -> Run:
        for _ in self.follow():
            pass
        return self

    @property
    def step_s(self) -> float:
        return fmean(self.timing.whole[1:] or self.timing.whole)

    @property
    def compute_s(self) -> float:
        return fmean(self.timing.computed[1:] or self.timing.computed)

    @property
    def per_second(self) -> float:
        """Tokens a second, once the prompt is through."""
        return 1 / self.step_s
