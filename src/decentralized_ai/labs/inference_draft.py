"""Exercise 4: more than one token for a trip. Guess what comes; all guesses are checked at once.

A pass through all stages can carry several tokens: the newest one and guesses of those after it.
What comes out says for each what the model would have said next. Guesses are kept as long as they
are the model's own; the first that is not is replaced. So the answer never changes, whatever is
guessed: only the number of passes does (Leviathan and others, 2023, in its greedy form).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .attempt import Wrong, accept, attempt, short
from .inference_client import Run
from .inference_model import Array, Ends, Stage
from .inference_swarm import State, Swarm
from .verdict import Verdict, not_yet, right

Draft = Callable[[list[int], int], Sequence[int]]
LENGTH = 6  # guesses for a pass, at most
PROMPT, MOST, RTT_MS = "Write a poem that repeats the line 'row, row, row your boat'.", 40, 50.0
GOAL = 26  # passes for those 40 tokens; without guesses it takes 40


def passes(
    ends: Ends, prompt: str, most: int, through: Callable[[Array, int], Array], draft: Draft
) -> Iterator[list[int]]:
    """The tokens of each pass. through(x, position): vectors through all layers; what was known
    from `position` on is forgotten first."""
    context = ends.words.chat(prompt)
    said: list[int] = []
    while len(said) < most:
        guesses = usable(draft, [*context, *said], ends) if said else []
        new = [said[-1], *guesses] if said else context
        y = through(ends.embed(new), len(context) + len(said) - 1 if said else 0)
        likeliest = [int(ends.logits(row[None]).argmax()) for row in y[len(y) - len(guesses) - 1 :]]
        kept = 0
        while kept < len(guesses) and guesses[kept] == likeliest[kept]:
            kept += 1
        found = likeliest[: kept + 1][: most - len(said)]
        if ends.words.end in found:
            if before := found[: found.index(ends.words.end)]:
                yield before
            return
        said += found
        yield found


def usable(draft: Draft, tokens: list[int], ends: Ends) -> list[int]:
    """The guesses of `draft`; Wrong if they are none."""
    return guesses_of(attempt("draft", draft, list(tokens), LENGTH), ends.shape.words)


def guesses_of(found: Any, words: int) -> list[int]:
    if not isinstance(found, list | tuple | np.ndarray):
        raise Wrong(f"draft returns a list of tokens; this is {short(found)}.")
    guesses = list(found)
    if len(guesses) > LENGTH:
        raise Wrong(
            f"draft returned {len(guesses)} tokens; at most `most` are asked for, here {LENGTH}."
        )
    for guess in guesses:
        whole = isinstance(guess, int | np.integer) and not isinstance(guess, bool)
        if not whole or not 0 <= guess < words:
            raise Wrong(f"A token is a whole number from 0 to {words - 1}; this is {short(guess)}.")
    return [int(guess) for guess in guesses]


def in_one_piece(stage: Stage) -> Callable[[Array, int], Array]:
    """`through` of a model in this process, for a new conversation."""
    caches = stage.begin()

    def through(x: Array, position: int) -> Array:
        for cache in caches:
            cache.forget(position)
        return stage.step(x, caches)

    return through


class Drafted:
    """One answer over a swarm with guesses, for `watch`. tokens: the answer. passes: how many
    tokens each pass has brought. seconds: from the first token to the last one."""

    def __init__(
        self,
        swarm: Swarm,
        ends: Ends,
        prompt: str,
        draft: Draft,
        *,
        most: int = MOST,
        rtt_ms: float = RTT_MS,
        mbit: float | None = None,
    ) -> None:
        self.swarm, self.ends, self.prompt, self.draft = swarm, ends, prompt, draft
        self.most, self.rtt_ms, self.mbit = most, rtt_ms, mbit
        self.tokens: list[int] = []
        self.passes: list[int] = []
        self.seconds = 0.0

    def follow(self) -> Iterator[State]:
        yield from self.swarm.follow()
        self.tokens, self.passes, began = [], [], 0.0
        with self.swarm.connect(self.rtt_ms, self.mbit) as network:

            def through(x: Array, position: int) -> Array:
                for stage in network.stages:
                    x = stage.step(x, position, back=True)
                return x

            for found in passes(self.ends, self.prompt, self.most, through, self.draft):
                self.tokens += found
                self.passes.append(len(found))
                began = began or time.perf_counter()
                self.seconds = time.perf_counter() - began
                yield State(len(self.tokens) / self.most, self._words())
        yield State(1.0, self._words())

    def wait(self) -> Drafted:
        for _ in self.follow():
            pass
        return self

    def _words(self) -> str:
        text = self.ends.words.text(self.tokens)
        return f"{len(self.tokens)} tokens in {len(self.passes)} passes: {text}"


def recital(draft: Any) -> tuple[int, int]:
    """(passes, tokens) for a text that repeats itself, with nothing but its tokens."""
    rng = np.random.default_rng(5)
    verse, refrain = rng.integers(0, 400, (8, 9)), rng.integers(400, 800, 12)
    text = [int(token) for lines in verse for token in (*lines, *refrain)]
    at, count = len(verse[0]) + len(refrain), 0
    start = at
    while at < len(text):
        guesses = guesses_of(attempt("draft", draft, text[:at], LENGTH), 800)
        kept = 0
        while kept < len(guesses) and at + kept < len(text) and guesses[kept] == text[at + kept]:
            kept += 1
        at, count = at + kept + 1, count + 1
    return count, len(text) - start


def check_4(draft: Any, swarm: Any = None, ends: Any = None, watch: Any = None) -> Verdict:
    """draft(tokens, most): guesses of the next tokens, from those there are."""
    try:
        accept(draft, "draft", "tokens, most")
        for start in ([1], [1, 2], [5, 5, 5, 5]):
            guesses_of(attempt("draft", draft, list(start), LENGTH), 800)
        count, tokens = recital(draft)
        if count >= tokens:
            raise Wrong(
                f"{count} passes for {tokens} tokens of a song with a refrain: no guess was right. "
                "Where did the newest two tokens stand before, and what came after them there?"
            )
        if count > 0.6 * tokens:
            raise Wrong(
                f"{count} passes for {tokens} tokens of a song with a refrain. With up to {LENGTH} "
                f"guesses a pass {0.6 * tokens:.0f} should do: guess as many as there are."
            )
        if not isinstance(swarm, Swarm) or not isinstance(ends, Ends):
            raise Wrong(
                "With a song it works. Now for the real model: check_4(draft, swarm, ends)."
            )
        return _for_real(draft, swarm, ends, watch)
    except Wrong as error:
        return not_yet(str(error))


def _for_real(draft: Any, swarm: Swarm, ends: Ends, watch: Any) -> Verdict:
    plain = Run(swarm, ends, PROMPT, most=MOST, rtt_ms=RTT_MS)
    drafted = Drafted(swarm, ends, PROMPT, draft, most=MOST, rtt_ms=RTT_MS)
    runs = {"one token for a pass": plain, "with your guesses": drafted}
    if watch is not None:
        watch(runs)
    else:
        plain.wait()
        drafted.wait()
    if drafted.tokens != plain.tokens:
        raise Wrong("The answer is not the same: that must not be, whatever you guess.")
    count = len(drafted.passes)
    said = f"{count} passes for {len(drafted.tokens)} tokens"
    if count > min(GOAL, len(drafted.tokens) - 1):
        raise Wrong(
            f"With the real model it takes {said}; {GOAL} will do. Where the newest three tokens "
            "never stood before, two may have, or one."
        )
    times = sum(plain.timing.whole[1:]) / drafted.seconds
    return right(
        f"{said}, and the answer is the same, token for token: {times:.1f} times as quick at a "
        f"round trip of {RTT_MS:g} ms. It helps where a text repeats itself. A small model that "
        "guesses helps with other texts, too."
    )
