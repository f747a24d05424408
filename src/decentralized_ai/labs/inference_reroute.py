"""Exercise 3: a stage is killed in mid-answer. Who goes on, and what must he be told?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .attempt import Wrong, accept, explain, short
from .inference_client import Kill, Run
from .inference_frames import Gone
from .inference_model import Array, Ends
from .inference_swarm import Swarm, Trouble
from .verdict import Verdict, not_yet, right

WIDTH = 3
PROMPT, MOST, AFTER = "Why is the sky blue?", 16, 6
ARGUMENTS = "stage, x, history, spares"


@dataclass(eq=False)
class Pretended:
    """A stage without a process, that counts: what comes out depends on all that it was given, as
    with a cache of keys and values. lives: messages that it answers before it is gone."""

    name: str
    first: int = 10
    last: int = 20
    lives: int = 10**6
    seen: list[Array] = field(default_factory=list)
    asked: int = 0

    def step(self, x: Array, position: int) -> Array:
        self.asked += 1
        if self.lives <= 0:
            raise Gone(f"{self.name} is gone")
        self.lives -= 1
        if not isinstance(x, np.ndarray) or x.ndim != 2 or x.shape[1] != WIDTH or not len(x):
            raise Wrong(f"step takes vectors of shape (n, {WIDTH}); this is {short(x)}.")
        known = sum(map(len, self.seen))
        if position != known:
            raise Trouble(
                f"{self.name}: I have seen {known} tokens of this conversation, and these begin "
                f"at {position}: send me those before them, too"
            )
        self.seen.append(x.copy())
        return self.outcome()[-len(x) :]

    def outcome(self) -> Array:
        rows = np.concatenate(self.seen)
        turned = rows * np.arange(1, len(rows) + 1, dtype=np.float32)[:, None]  # by its place
        found: Array = np.cumsum(turned, axis=0) * (self.last - self.first) + self.first
        return found

    def __repr__(self) -> str:
        return f"<{self.name}: layers {self.first} to {self.last}>"


def story(send: Any, stage: Pretended, spares: Sequence[Pretended], sizes: Sequence[int]) -> None:
    """A conversation with messages of those sizes; Wrong where an answer is not the right one."""
    draw = np.random.default_rng(len(sizes))
    twin = Pretended("twin", stage.first, stage.last)  # never dies, and is told everything
    history: list[Array] = []
    left: list[Pretended] = list(spares)
    for number, size in enumerate(sizes):
        x = draw.integers(-9, 10, (size, WIDTH)).astype(np.float32)
        wanted = twin.step(x, sum(map(len, history)))
        who, y = _both(_call(send, stage, x.copy(), list(history), list(left)))
        if who is not stage and who not in left:
            raise Wrong(f"send says that {short(who)} has answered: neither the stage nor a spare.")
        if (who.first, who.last) != (twin.first, twin.last):
            raise Wrong(
                f"Layers {twin.first} to {twin.last} were asked for, and {who} has answered: look "
                "at first and last of a spare."
            )
        _compare(y, wanted, number, who is not stage)
        stage, left = who, [spare for spare in left if spare is not who]
        history.append(x)


def _call(send: Any, *arguments: Any) -> Any:
    try:
        return send(*arguments)
    except Wrong:
        raise
    except Gone as error:
        raise Wrong(
            f"{str(error).capitalize()}, and send let the exception Gone pass: catch it, and give "
            "all that the stage had been given to a spare."
        ) from None
    except Trouble as error:
        raise Wrong(
            f"A stage refused: {error}. A spare has an empty cache. What it needs lies in history."
        ) from None
    except Exception as error:  # whatever the learner's code raises
        raise Wrong(explain("send", error)) from error


def _both(found: Any) -> tuple[Any, Any]:
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Wrong(
            f"send returns two things: who answered, and what came out; not {short(found)}."
        )
    return found[0], found[1]


def _compare(y: Any, wanted: Array, number: int, new: bool) -> None:
    if not isinstance(y, np.ndarray) or y.ndim != 2:
        raise Wrong(f"What came out must be an array (n, width); this is {short(y)}.")
    if len(y) != len(wanted):
        raise Wrong(
            f"For {len(wanted)} new token(s) send returned {len(y)} vectors: a spare answers for "
            "the history, too. Only the last ones are new."
        )
    if not np.array_equal(y, wanted):
        where = "a spare took over" if new else "nothing had happened to the stage"
        raise Wrong(
            f"Message {number}: {where}, and what came out is not what the stage would have said. "
            "Does the spare get everything once, in order, from token 0?"
        )


def stories() -> list[tuple[Pretended, list[Pretended], list[int]]]:
    """A stage with its spares, and the sizes of the messages: the first is the prompt."""
    return [
        (Pretended("stage 2"), [Pretended("spare 1")], [5, 1, 1]),  # nobody dies
        (Pretended("stage 2", lives=3), [Pretended("spare 1")], [5, 1, 1, 1, 1]),
        (Pretended("stage 2", lives=0), [Pretended("spare 1")], [4, 1]),
        (
            Pretended("stage 2", lives=2),
            [Pretended("spare 1", 20, 30), Pretended("spare 2", 10, 15), Pretended("spare 3")],
            [3, 1, 1, 1],
        ),
        (
            Pretended("stage 2", lives=2),
            [Pretended("spare 1", lives=0), Pretended("spare 2")],
            [3, 1, 1, 1],
        ),
        (
            Pretended("stage 2", lives=2),
            [Pretended("spare 1", lives=2), Pretended("spare 2"), Pretended("spare 3")],
            [3, 1, 1, 1, 1, 1],
        ),
    ]


def no_spare(send: Any) -> None:
    """Nobody is left: then Gone is the only honest answer."""
    for spares in ([], [Pretended("spare 1", lives=0)], [Pretended("spare 1", 0, 10)]):
        stage = Pretended("stage 2", lives=0)
        try:
            found = send(stage, np.ones((2, WIDTH), np.float32), [], list(spares))
        except Gone:
            continue
        except Exception as error:  # whatever the learner's code raises
            raise Wrong(
                f"With no machine left that could help: {explain('send', error)} Raise Gone there."
            ) from error
        raise Wrong(f"No machine is left, and send returns {short(found)}: raise Gone there.")


def check_3(send: Any, swarm: Any = None, ends: Any = None, watch: Any = None) -> Verdict:
    """send(stage, x, history, spares): who answered, and what came out. First on stages that are
    only pretended; then a process is killed."""
    try:
        accept(send, "send", ARGUMENTS)
        for stage, spares, sizes in stories():
            story(send, stage, spares, sizes)
        no_spare(send)
        if not isinstance(swarm, Swarm) or not isinstance(ends, Ends):
            raise Wrong(
                "On pretended stages it works. Now for the real ones: check_3(send, swarm, ends)."
            )
        return _for_real(send, swarm, ends, watch)
    except Wrong as error:
        return not_yet(str(error))


def _for_real(send: Any, swarm: Swarm, ends: Ends, watch: Any) -> Verdict:
    whole = Run(swarm, ends, PROMPT, most=MOST)
    killed = Run(swarm, ends, PROMPT, most=MOST, send=send, kill=Kill(stage=1, after=AFTER))
    runs = {"nobody is killed": whole, f"stage 2 is killed after {AFTER} tokens": killed}
    try:
        if watch is not None:
            watch(runs)
        else:
            for run in runs.values():
                run.wait()
    except Exception as error:  # the learner's code runs in there
        raise Wrong(f"With real processes {explain('send', error)}") from error
    if killed.tokens != whole.tokens:
        pairs = zip(killed.tokens, whole.tokens, strict=False)
        at = next(
            (i for i, (a, b) in enumerate(pairs) if a != b),
            min(len(killed.tokens), len(whole.tokens)),
        )
        raise Wrong(f"With real processes token {at} differs from that of the undisturbed run.")
    steps = killed.timing.whole
    usual = 1e3 * whole.step_s
    pause = 1e3 * steps[AFTER]
    return right(
        f"Stage 2 was ended by SIGKILL after {AFTER} tokens, {killed.chain[1]} went on, and all "
        f"{len(killed.tokens)} tokens are those of the undisturbed run. The token after the kill "
        f"took {pause:.0f} ms, others {usual:.0f} ms: the history went over the link once more, "
        "and all of it was computed again. Petals does the same."
    )
