"""Disputes for a learner's referee: a long computation, honest parties, and liars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..verification.field import MERSENNE31
from ..verification.merkle import Commitment, Opening, Tree
from .attempt import Wrong, accept, attempt, short
from .verdict import Verdict, not_yet, right

LENGTHS = (8, 1, 2, 3, 13, 64)


class Job:
    """What both parties were asked to do: `steps` steps from the state `start` (bytes)."""

    def __init__(self, steps: int, start: int = 3):
        self.steps, self.start, self.ran = steps, start.to_bytes(4, "big"), 0

    def step(self, i: int, state: bytes) -> bytes:
        """The state after step number i (0, 1, ...), which starts from `state`."""
        self.ran += 1
        number = int.from_bytes(state, "big")
        return ((number * number + i) % MERSENNE31.p).to_bytes(4, "big")


class Party:
    """Claims to have done the job. `commitment`: to all its states, 0 .. steps."""

    def __init__(self, name: str, states: Sequence[bytes]):
        self.name, self.asked = name, 0
        self._states, self._tree = states, Tree(states)

    @property
    def commitment(self) -> Commitment:
        return self._tree.commitment

    def open(self, i: int) -> Any:
        """What it shows as its state after i steps: an Opening, if it keeps to the protocol."""
        self.asked += 1
        return self._answer(i)

    def _answer(self, i: int) -> Any:
        return self._tree.open(i)


class Swapper(Party):
    """Shows true states on the paths of its false ones."""

    def __init__(self, name: str, states: Sequence[bytes], truth: Sequence[bytes]):
        super().__init__(name, states)
        self._truth = truth

    def _answer(self, i: int) -> Any:
        return Opening(i, self._truth[i], self._tree.open(i).path)


class Shifter(Party):
    """Committed to a false end, and shows leaves beside those that it is asked for."""

    def __init__(self, name: str, truth: Sequence[bytes]):
        super().__init__(name, (*truth[1:], b"lies"))

    def _answer(self, i: int) -> Any:
        return self._tree.open(max(i - 1, 0))


class Mute(Party):
    """Answers twice and then no more."""

    def _answer(self, i: int) -> Any:
        return super()._answer(i) if self.asked < 2 else None


class Babbler(Party):
    def _answer(self, i: int) -> Any:
        return b"trust me"


def run_job(job: Job, lie: int | None = None, add: int = 1) -> tuple[bytes, ...]:
    """All states of a run, 0 .. steps. The result of step number `lie` is off by `add`."""
    states = [job.start]
    for i in range(job.steps):
        state = job.step(i, states[-1])
        if i == lie:
            number = int.from_bytes(state, "big") + add
            state = (number % MERSENNE31.p).to_bytes(4, "big")
        states.append(state)
    job.ran = 0
    return tuple(states)


def fewest(steps: int) -> int:
    """Openings that a referee needs: both ends, and both parties once for each halving."""
    return 2 * (1 + (steps - 1).bit_length())


def check_7(referee: Any) -> Verdict:
    """referee(job, one, two): the set of names of those who lied."""
    try:
        accept(referee, "referee", "job, one, two")
        _nobody(referee)
        _each_step(referee)
        _both(referee)
        _tricks(referee)
    except Wrong as error:
        return not_yet(str(error))
    steps = LENGTHS[-1]
    return right(
        f"Every liar is found and no honest party is blamed. For {steps} steps you open "
        f"{fewest(steps)} states and run 1 step; for a million steps it would be "
        f"{fewest(10**6)}, and still 1 step. One honest party is enough."
    )


def _nobody(referee: Callable[..., Any]) -> None:
    for steps in LENGTHS:
        truth = run_job(job := Job(steps))
        found = _judge(referee, job, Party("Ann", truth), Party("Bob", truth))
        if found:
            raise Wrong(
                f"Both parties did all steps right ({steps} of them), and you blame "
                f"{_names(found)}. If both show the same last state, nobody is guilty: return an "
                "empty set."
            )


def _each_step(referee: Callable[..., Any]) -> None:
    """A plain liar at every step, in either place."""
    for steps in LENGTHS:
        for lie in range(steps):
            job = Job(steps)
            truth, false = run_job(job), run_job(job, lie)
            for place in (0, 1):
                parties = [Party("Ann", truth), Party("Bob", truth)]
                liar = parties[place] = Party(parties[place].name, false)
                found = _judge(referee, job, *parties)
                where = f"Of {steps} steps, {liar.name} lies from step {lie} on (counted from 0)"
                if found != {liar.name}:
                    raise Wrong(f"{where}, and you blame {_names(found)}. {_why(job, parties)}")
                _cheap(job, parties)


def _why(job: Job, parties: list[Party]) -> str:
    if not sum(party.asked for party in parties):
        return "You open no state at all: ask both, and find where they part."
    if not job.ran:
        return "You run no step yourself: only that tells who is right."
    return (
        "Find neighbours: after `low` steps both agree, after low + 1 they do not. Then "
        "job.step(low, the agreed state) is right, and who says otherwise lies."
    )


def _cheap(job: Job, parties: list[Party]) -> None:
    asked = sum(party.asked for party in parties)
    if asked > fewest(job.steps):
        raise Wrong(
            f"The verdict is right, but for {job.steps} steps you opened {asked} states; "
            f"{fewest(job.steps)} are enough. Ask in the middle of what is left, ask for each "
            "state once, and remember what you saw. The first state is known: job.start."
        )
    if job.ran > 1:
        raise Wrong(
            f"The verdict is right, but of {job.steps} steps you ran {job.ran} yourself. A referee "
            "that runs everything needs no parties: one step is enough."
        )


def _both(referee: Callable[..., Any]) -> None:
    for first, second in ((2, 6), (6, 2), (5, 0), (4, 4)):
        job = Job(8)
        one, two = Party("Ann", run_job(job, first)), Party("Bob", run_job(job, second, 2))
        found = _judge(referee, job, one, two)
        if not found:
            raise Wrong("Both lie, in different ways, and you blame nobody.")
        if first == second and len(found) < 2:
            raise Wrong(
                "Both lie about the same step, in different ways, and you blame "
                f"{_names(found)} alone. Compare each party's state with your own."
            )


def _tricks(referee: Callable[..., Any]) -> None:
    """Liars who break the protocol itself."""
    for steps in LENGTHS:
        job = Job(steps)
        truth, false = run_job(job), run_job(job, steps // 2)
        for place in (0, 1):
            name = ("Ann", "Bob")[place]
            for liar, hint in (
                (
                    Swapper(name, false, truth),
                    "It has committed to a lie and shows you the truth: the shown states do not "
                    "belong to its commitment. verify_opening(party.commitment, opening) tells.",
                ),
                (
                    Shifter(name, truth),
                    "It opens another state than you asked for, with a path that is valid for "
                    "that one: is opening.index what you asked for?",
                ),
                (Mute(name, false), "It stops answering (open returns None): that must not help."),
                (Babbler(name, false), "It sends something that is no opening."),
            ):
                if isinstance(liar, Mute) and steps == 1:
                    continue  # nobody is asked twice
                parties = [Party("Ann", truth), Party("Bob", truth)]
                parties[place] = liar
                try:
                    found = _judge(referee, job, *parties)
                except Wrong as error:
                    raise Wrong(
                        f"{hint} {error} verify_opening raises Refused: catch it, and the one who "
                        "was asked is guilty."
                    ) from error
                if found != {name}:
                    raise Wrong(f"{name} lies, and you blame {_names(found)}. {hint}")


def _judge(referee: Callable[..., Any], job: Job, one: Party, two: Party) -> set[str]:
    job.ran = 0
    found = attempt("referee", referee, job, one, two)
    if isinstance(found, str) or not isinstance(found, set | frozenset | list | tuple):
        raise Wrong(f"referee must return a set of names, such as {{'Ann'}}; not {short(found)}.")
    if not all(isinstance(name, str) and name in (one.name, two.name) for name in found):
        raise Wrong(f"referee must return names of parties (party.name), not {short(found)}.")
    return set(found)


def _names(found: set[str]) -> str:
    return " and ".join(sorted(found)) or "nobody"
