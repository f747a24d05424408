"""Start `together.py` under torchrun, follow its reports, end it in time, and say what happened."""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..experiments import text
from .training_processes import Host, end, environment, free_port, is_ours, running
from .training_ship import write_rules

# Seconds: to find each other, to wait for more hosts than are needed, and between signs of life.
RENDEZVOUS = "join_timeout=60,last_call_timeout=2,keep_alive_interval=1"
LOOK = 0.03  # s between two looks at the reports
Line = dict[str, Any]


@dataclass(frozen=True)
class Kill:
    """SIGKILL for worker `rank` as soon as all have reported step `after`; with host=True for its
    host's torchrun and all workers there."""

    rank: int
    after: int
    host: bool = False


@dataclass(frozen=True)
class State:
    """How far a training is. share: 0 to 1; words: for a display."""

    share: float
    words: str


@cache
def workspace() -> Path:
    """A folder for this process, gone at its end, with the text as codes (6 s, once)."""
    folder = Path(tempfile.mkdtemp(prefix="together-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    corpus = text.corpus()
    np.save(folder / "train.npy", corpus.train)
    np.save(folder / "held_out.npy", corpus.held_out)
    return folder


class Training:
    """One training on several processes. It starts when it is followed or waited for.

    method: "ddp", "sync" or "diloco". workers: processes, shared out evenly among the hosts.
    rules: functions of the reader's by name: compress, expand, aggregate. restarts: how often
    torchrun may start all workers again. fewest: hosts with which it goes on, if some are lost.
    kill: whom to kill in mid-run. limit_s: after that it is ended, whatever it does. steps, every
    and all other options go to together.py by their names: batch, mbit, attackers, attack, seed.
    """

    def __init__(
        self,
        method: str,
        *,
        workers: int = 2,
        hosts: Sequence[Host] = (Host(),),
        fewest: int | None = None,
        rules: dict[str, Callable[..., Any]] | None = None,
        restarts: int = 0,
        kill: Kill | None = None,
        limit_s: float = 120.0,
        steps: int = 200,
        every: int = 20,
        **options: Any,
    ) -> None:
        if workers % len(hosts):
            raise ValueError(f"{workers} workers cannot be shared out evenly to {len(hosts)} hosts")
        if steps < 1 or every < 1:
            raise ValueError(f"steps and every must be at least 1, not {steps} and {every}")
        if method == "diloco" and steps % every:
            raise ValueError(
                f"DiLoCo ends with an exchange: {steps} steps are no multiple of every={every}"
            )
        self.method, self.workers, self.hosts, self.steps = method, workers, tuple(hosts), steps
        self.fewest = fewest or len(hosts)
        self.rules, self.restarts, self.kill = rules, restarts, kill
        self.limit_s, self.options = limit_s, {"every": every, **options}
        self.lines: list[Line] = []
        self.killed_at: int | None = None
        self._agents: list[subprocess.Popen[bytes]] = []
        self._read: dict[Path, int] = {}
        self._ended: str | None = None

    # What it found

    @property
    def ok(self) -> bool:
        """Whether all steps were done."""
        return any(line["event"] == "done" for line in self.lines)

    @property
    def curve(self) -> list[Line]:
        """The reports of the worker that measured: step, sent (bytes), seconds, loss (nats)."""
        newest = {n["step"]: n for n in self.lines if n.get("loss") is not None}
        return [newest[step] for step in sorted(newest)]

    @property
    def sent(self) -> int:
        """Bytes that each worker has sent, as far as reported; what was lost in a restart too."""
        lives: dict[int, int] = {}
        for line in self.lines:
            if "sent" in line:
                lives[line["restart"]] = max(line["sent"], lives.get(line["restart"], 0))
        return sum(lives.values())

    @property
    def loss(self) -> float:
        """Of held-out text, nats a character, after the last step."""
        return float(self.curve[-1]["loss"]) if self.curve else float("nan")

    @property
    def seconds(self) -> float:
        """From the first step to the last report, without the start of the processes."""
        starts = [line["seconds"] for line in self._of("start") if line["rank"] == 0]
        return float(self.curve[-1]["seconds"] - starts[-1]) if starts and self.curve else 0.0

    @property
    def resumed(self) -> list[int]:
        """The steps from which it went on, one for each new start that found a checkpoint."""
        again = {line["restart"]: line["done"] for line in self._of("start") if line["restart"]}
        return [again[restart] for restart in sorted(again)]

    @property
    def alike(self) -> bool:
        """Whether all workers ended with the same weights."""
        ends = self._of("done")
        return bool(ends) and all(line["alike"] for line in ends)

    def _of(self, event: str) -> list[Line]:
        return [line for line in self.lines if line["event"] == event]

    def __repr__(self) -> str:
        return textwrap.fill(self.story(), 72)

    def story(self) -> str:
        """What happened, in sentences."""
        said = []
        if self.kill and self.killed_at is not None:
            who = (
                f"the host of worker {self.kill.rank}"
                if self.kill.host
                else f"worker {self.kill.rank}"
            )
            said.append(
                f"Killed by SIGKILL in mid-run: {who}, when step {self.kill.after} was reported."
            )
        kept_back = "compress" in (self.rules or {})
        lost = "; what compress had kept back is lost, as it is not in there" if kept_back else ""
        for step in self.resumed:
            start = max(line["restart"] for line in self._of("start"))
            count = next(n["workers"] for n in self._of("start") if n["restart"] == start)
            said.append(
                f"torchrun stopped the other workers and started {count} anew; "
                + (
                    f"they went on from the checkpoint of step {step}{lost}."
                    if step
                    else "they found no checkpoint and began at step 0."
                )
            )
        if self.ok:
            left = len(self._of("done"))
            same = "they hold the same weights" if self.alike else "their weights differ"
            said.append(
                f"{self.steps} of {self.steps} steps done"
                + (f" by {left} workers; {same}." if left > 1 else " by 1 worker.")
            )
        elif self._ended:
            said.append(self._ended)
        return " ".join(said) or "Not started yet."

    # Running it

    def wait(self) -> Training:
        """Follow it to its end."""
        for _ in self.follow():
            pass
        return self

    def follow(self) -> Iterator[State]:
        """Start it; then a State whenever something new is known, until it has ended."""
        if self._agents:
            return
        yield State(0.0, "reading the text (some seconds, once)")
        text_folder = workspace()
        self._folder = Path(tempfile.mkdtemp(prefix="run-", dir=text_folder))
        began = time.monotonic()
        yield State(0.0, "starting the processes")
        try:
            self._start(text_folder)
            while any(agent.poll() is None for agent in self._agents):
                time.sleep(LOOK)
                if self._news():
                    yield self._state()
                if time.monotonic() - began > self.limit_s:
                    self._ended = self._late()
                    break
        finally:
            try:
                self._stop()
            finally:  # a second interrupt does not keep it from ending them
                self._end_workers()
                self._hear()
        if not self.ok and not self._ended:
            self._ended = self._cause()
        yield self._state()

    def _start(self, text_folder: Path) -> None:
        first, count = self.hosts[0], len(self.hosts)
        port = free_port(first)
        options = {"steps": self.steps, "report": self._folder, "text": text_folder, **self.options}
        if self.rules:
            options["rules"] = write_rules(self._folder / "rules.py", self.rules)
        for i, host in enumerate(self.hosts):
            command = [
                *host.prefix,
                *(sys.executable, "-m", "torch.distributed.run"),
                *("--nnodes", f"{self.fewest}:{count}"),
                *("--nproc-per-node", str(self.workers // count)),
                *("--rdzv-backend", "c10d", "--rdzv-endpoint", f"{first.address}:{port}"),
                *("--rdzv-id", "together", "--local-addr", host.address),
                *("--rdzv-conf", f"is_host={int(i == 0)},{RENDEZVOUS}"),
                *("--max-restarts", str(self.restarts), "--monitor-interval", "0.1"),
                *("-m", "decentralized_ai.labs.together", "--method", self.method),
                *("--host", host.address),
                *("--checkpoint", str(self._folder / f"checkpoint-{i}.npz")),
            ]
            for name, value in options.items():
                command += [f"--{name.replace('_', '-')}", str(value)]
            with (self._folder / f"host-{i}.log").open("wb") as log:
                self._agents.append(
                    subprocess.Popen(
                        command, env=environment(host), stdout=log, stderr=log,
                        stdin=subprocess.DEVNULL, start_new_session=True,
                    )
                )  # fmt: skip

    def _news(self) -> bool:
        """Read what was reported since the last look; kill whom we were asked to kill."""
        found = self._hear()
        kill = self.kill
        if kill and self.killed_at is None:
            done = {line["rank"]: line["step"] for line in self._of("step")}
            if len(done) == self.workers and min(done.values()) >= kill.after:
                self.killed_at = done[kill.rank]
                self._kill(kill)
        return found

    def _hear(self) -> bool:
        found = False
        for path in sorted(self._folder.glob("*.jsonl")):
            whole = path.read_bytes()
            whole = whole[: whole.rfind(b"\n") + 1]  # the last line may be half written
            new = whole[self._read.get(path, 0) :]
            self._read[path] = len(whole)
            self.lines += [json.loads(line) for line in new.splitlines()]
            found = found or bool(new)
        return found

    def _kill(self, kill: Kill) -> None:
        began = {line["rank"]: line for line in self._of("began")}  # the newest of each rank
        if not kill.host:
            os.kill(began[kill.rank]["pid"], signal.SIGKILL)
            return
        address = began[kill.rank]["host"]
        for host, agent in zip(self.hosts, self._agents, strict=True):
            if host.address == address:
                end(agent.pid)
        for line in began.values():
            if line["host"] == address:
                end(line["pid"])

    def _state(self) -> State:
        if not self.curve:
            return State(0.0, "starting the processes" if self._ended is None else self._ended)
        last = self.curve[-1]
        words = (
            f"step {last['step']} of {self.steps}, {self.sent / 1e6:.2f} MB sent, "
            f"{self.seconds:.1f} s, held-out loss {last['loss']:.2f}"
        )
        if self.resumed:
            words += f", restarted from step {self.resumed[-1]}"
        return State(last["step"] / self.steps, words if not self._ended else self._ended)

    def _stop(self) -> None:
        """End torchrun, which ends its workers; by force if it is too busy."""
        for agent in self._agents:
            if agent.poll() is None:
                agent.terminate()
        for agent in self._agents:
            try:
                agent.wait(10)
            except subprocess.TimeoutExpired:
                end(agent.pid)
                agent.wait(10)

    def _end_workers(self) -> None:
        """By force, whatever torchrun has left behind."""
        for agent in self._agents:
            if agent.poll() is None:
                end(agent.pid)
        for pid in running(self._folder) | {line["pid"] for line in self._of("began")}:
            if is_ours(pid, self._folder):
                end(pid)

    def _late(self) -> str:
        steps = [line["step"] for line in self._of("step")]
        return (
            f"Ended after {self.limit_s:g} s, which is the limit. The last report was of step "
            f"{max(steps, default=0)} of {self.steps}."
        )

    def _cause(self) -> str:
        """Why it failed, as far as reports and torchrun's own log tell."""
        if failed := self._of("failed"):
            return f"A rule failed: {failed[0]['words']}."
        log = "".join(
            path.read_text(errors="replace") for path in sorted(self._folder.glob("host-*.log"))
        )
        # A worker whose neighbour was killed fails, too, and may be noticed first; those that
        # torchrun stops afterwards end by SIGTERM.
        ends = re.findall(r"rank\s+: (\d+).*?exitcode\s+: (-?\d+)", log, re.S)
        signals = [(rank, -int(code)) for rank, code in ends if int(code) < 0 and code != "-15"]
        saved = [int(np.load(p)["step"]) for p in self._folder.glob("checkpoint-?.npz")]
        kept = f"The last checkpoint is of step {max(saved)}." if saved else "No checkpoint yet."
        if signals:
            rank, number = signals[0]
            return (
                f"Worker {rank} was ended by {signal.Signals(number).name}, and no restart was "
                f"left: torchrun stopped the others too. {kept}"
            )
        errors = re.findall(r"^(?:\[rank\d+\]: )?((?!torch\.)[\w.]+Error: .*)$", log, re.M)
        again = " again, after a new start" if any(line["restart"] for line in self.lines) else ""
        return f"It failed{again}. {kept} {errors[-1] if errors else log[-400:]}"
