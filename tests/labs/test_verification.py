"""The lab "Prove it": its solutions pass their own checkers, wrong answers get the right hint."""

from __future__ import annotations

import contextlib
import io
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from decentralized_ai.labs import Verdict
from decentralized_ai.labs.verification import (
    check_1,
    check_2,
    check_3,
    check_4,
    check_5,
    check_6,
    check_7,
    check_8,
)
from decentralized_ai.labs.verification_dispute import Job, Party, fewest, run_job
from decentralized_ai.labs.verification_freivalds import Meter
from decentralized_ai.labs.verification_spotcheck import (
    LOOKS,
    picks_by_hash,
    picks_by_number,
)
from decentralized_ai.labs.verification_sumcheck import Honest, random_product
from decentralized_ai.verification.field import MERSENNE31, Field
from decentralized_ai.verification.merkle import verify_opening
from decentralized_ai.verification.refusal import Refused
from decentralized_ai.verification.spotcheck import model
from decentralized_ai.verification.sumcheck import interpolate
from decentralized_ai.verification.sumcheck_matmul import extension

NOTEBOOK = Path(__file__).parent.parent.parent / "notebooks" / "verification.ipynb"
FENCE = re.compile(r"```python\n(.*?)```", re.S)


@cache
def solved() -> dict[str, Any]:
    """The names after all cells, solutions included, ran from top to bottom."""
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
            if cell.cell_type == "code":
                exec(cell.source, names)
            elif "solution" in cell.metadata.get("tags", []):
                for program in FENCE.findall(cell.source):
                    exec(program, names)
    return names


def assert_hint(verdict: Verdict, *words: str) -> None:
    assert not verdict.ok and not verdict
    assert repr(verdict).startswith("Not yet. ") and len(verdict.words) > 40
    assert max(map(len, repr(verdict).splitlines())) <= 72
    for word in words:
        assert word in verdict.words, verdict


def test_solutions_pass_their_checkers() -> None:
    names = solved()
    verdicts = [
        check_1(names["solution_1"]),
        check_2(names["solution_2"]),
        check_3(names["solution_3"]),
        check_4(names["solution_4"]),
        check_5(names["SolutionForger"]),
        check_6(names["solution_6"]),
        check_7(names["solution_7"]),
        check_8(names["solution_8"], names["stake"]),
    ]
    assert [verdict.ok for verdict in verdicts] == [True] * 8, verdicts
    assert all(repr(verdict).startswith("Right. ") for verdict in verdicts)


def test_the_cells_that_wait_for_an_answer_say_what_to_do() -> None:
    names = solved()
    assert_hint(check_1(names["operator_1"]), "send 0 where nobody looks")
    assert_hint(check_2(names["operator_2"]), "Caught in 10 of 10")
    assert_hint(check_3(names["escape"]), "In how many ways")
    assert_hint(check_4(names["check"]), "the work of the whole product", "110,592")
    assert_hint(check_5(names["Forger"]), "in the first round", "Any three")
    assert_hint(check_6(names["verify_6"]), "the forger of exercise 5")
    assert_hint(check_7(names["referee"]), "You run no step yourself")
    assert_hint(check_8(names["rate_8"], names["stake_8"]), "0.02 and 100")


def test_what_the_prose_of_the_lab_says_holds() -> None:
    names = solved()
    # "10%, 40% or 90%": by hand, 90/100 * 89/99 * ... for each of the five fakes.
    noticed = 1 - math.prod((90 - i) / (100 - i) for i in range(5))
    assert abs(noticed - 0.4) < 0.05
    # "only one draw in about 230 misses all of them"
    assert abs(1 / math.prod((60 - i) / (100 - i) for i in range(10)) - 230) < 10
    # The verifier with the holes believes the forger of the solution, in the notebook too.
    false = random_product(MERSENNE31, (8, 8, 8), 77, wrong=3)
    rng = np.random.default_rng(0)
    assert names["verify"](false, names["SolutionForger"], rng)
    assert not names["solution_6"](false, names["SolutionForger"], rng)
    assert not names["verify"](false, Honest, rng)
    # The second hole lets a forgery through by itself, with chance near 1 modulo 257.
    assert_hint(check_6(final_only), "more than three values")


def broken(*arguments: Any) -> Any:
    return arguments[99]


# Exercise 1 and 2


def only_some(batch: int, asked: Any) -> list[int]:
    looked = set(picks_by_number(batch, len(asked)))
    return [0 if i < 30 and i not in looked else model(r) for i, r in enumerate(asked)]


@pytest.mark.parametrize(
    ("operator", "hint"),
    [
        (None, "without brackets"),
        (lambda batch: [0], "with (batch, requests)"),
        (lambda batch, asked: None, "a list with one answer for each"),
        (lambda batch, asked: [0], "returned 1 answers"),
        (lambda batch, asked: ["yes"] * len(asked), "a whole number"),
        (lambda batch, asked: [0] * len(asked), "What does the verifier use"),
        (lambda batch, asked: [0] * 20 + [model(r) for r in asked[20:]], "Caught in"),
        (only_some, "you can fake all others"),
        (broken, "raised IndexError"),
    ],
)
def test_operators_that_are_caught_or_too_shy_get_the_next_step(operator: Any, hint: str) -> None:
    assert_hint(check_1(operator), hint)


def shy(asked: Any) -> list[int]:
    answers, fake = [model(request) for request in asked], 0
    while True:
        fake += 1
        answers[0] = fake
        if 0 not in picks_by_hash(answers):
            return answers


@pytest.mark.parametrize(
    ("operator", "hint"),
    [
        (7, "without brackets"),
        (lambda asked: np.zeros(100, dtype=int), "computing picks_by_hash(answers) yourself"),
        (lambda asked: [model(r) for r in asked], "only 0 answers are fake"),
        (shy, "only 1 answers are fake"),
        (broken, "raised IndexError"),
    ],
)
def test_operators_that_do_not_grind_get_the_next_step(operator: Any, hint: str) -> None:
    assert_hint(check_2(operator), hint)


def test_naive_picks_are_fair_but_foreseen() -> None:
    picks = [picks_by_number(batch, 50) for batch in range(400)]
    counts = np.bincount(np.concatenate(picks), minlength=50)
    assert all(len(set(p)) == LOOKS for p in picks)
    assert abs(counts - 80).max() < 5 * 8  # 400 * 10 / 50, and five standard deviations
    assert picks_by_hash([1, 2, 3] * 5) == picks_by_hash((1, 2, 3) * 5)
    assert picks_by_hash([1, 2, 4] * 5) != picks_by_hash([1, 2, 3] * 5)


@pytest.mark.parametrize(
    ("law", "hint"),
    [
        (lambda n, m, k: (1 - m / n) ** k, "puts each answer back"),
        (lambda n, m, k: 1 - math.comb(n - m, k) / math.comb(n, k), "one minus it"),
        (lambda n, m, k: 100 * math.comb(n - m, k) / math.comb(n, k), "not per cent"),
        (lambda n, m, k: 1 - m * k / n, "In how many ways"),
        (lambda n, m, k: math.comb(n - m, k), "In how many ways"),
        (lambda n, m, k: float("nan"), "In how many ways"),
        (lambda n, m, k: None, "one number; this is None"),
        (lambda n, m, k: "rarely", "one number"),
        (lambda n, m, k: 1j, "one number"),
        (lambda n, m, k: 1 / 0, "ZeroDivisionError"),
        (lambda n: 0, "with (answers, fakes, looks)"),
    ],
)
def test_wrong_laws_get_the_next_step(law: Any, hint: str) -> None:
    assert_hint(check_3(law), hint)


# Exercise 4


def once(field: Field, a: Any, b: Any, c: Any, r: Any) -> bool:
    return np.array_equal(field.matmul(a, field.matmul(b, r)), field.matmul(c, r))


def in_int64(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    r = field.random(rng, (b.shape[1], rounds))
    return bool(((a @ (b @ r % field.p) - c @ r) % field.p == 0).all())


def wrong_brackets(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    r = field.random(rng, b.shape[1])
    return np.array_equal(field.matmul(field.matmul(a, b), r), field.matmul(c, r))


def by_einsum(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    return bool((np.einsum("ij,jk->ik", a, b) % field.p == c).all())


def hidden_product(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    field.random(rng, 1)
    return np.array_equal(field.matmul(np.asarray(a), np.asarray(b)), c)


def one_round(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    return once(field, a, b, c, field.random(rng, b.shape[1]))


def same_vector(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    r = field.random(rng, b.shape[1])
    return all(once(field, a, b, c, r) for _ in range(rounds))


def fixed_seed(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    dice = np.random.default_rng(0)
    return all(once(field, a, b, c, field.random(dice, b.shape[1])) for _ in range(rounds))


def some_round(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    vectors = [field.random(rng, b.shape[1]) for _ in range(rounds)]
    return any([once(field, a, b, c, r) for r in vectors])


def zeros(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    field.random(rng, 1)
    return once(field, a, b, c, np.zeros(b.shape[1], dtype=np.int64))


def ones(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    some = [int(x) for x in field.random(rng, rounds)]
    return all(once(field, a, b, c, x * np.ones(b.shape[1], dtype=np.int64)) for x in some)


def drawn(low: int, high: int) -> Any:
    def check(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
        top = high if high > 0 else field.p + high
        vectors = [rng.integers(low, top, b.shape[1]) for _ in range(rounds)]
        return all(once(field, a, b, c, r) for r in vectors)

    return check


def in_sum(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    for _ in range(rounds):
        r = field.random(rng, b.shape[1])
        left, right = field.matmul(a, field.matmul(b, r)), field.matmul(c, r)
        if int(left.sum() - right.sum()) % field.p:
            return False
    return True


def first_row(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    vectors = [field.random(rng, b.shape[1]) for _ in range(rounds)]
    return all(once(field, a[:1], b, c[:1], r) for r in vectors)


def array(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> Any:
    r = field.random(rng, b.shape[1])
    return field.matmul(a, field.matmul(b, r)) == field.matmul(c, r)


def wrong_length(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    return once(field, a, b, c, field.random(rng, len(a)))


def only_refuses(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> Any:
    if not one_round(field, a, b, c, rounds, rng):
        return False


@pytest.mark.parametrize(
    ("check", "hint"),
    [
        (None, "without brackets"),
        (lambda a, b, c: True, "with (field, A, B, C, rounds, rng)"),
        (lambda *given: True, "does not draw from the rng"),
        (lambda *given: False, "refuses a true product"),
        (lambda *given: "yes", "True or False"),
        (only_refuses, "a path without a return"),
        (array, "one True or False"),
        (wrong_length, "raised ValueError"),
        (in_int64, "overflows"),
        (wrong_brackets, "Mind the brackets"),
        (by_einsum, "Mind the brackets"),
        (hidden_product, "too good"),
        (one_round, "does it use `rounds` at all"),
        (same_vector, "an r of its own"),
        (fixed_seed, "does not draw from the rng"),
        (some_round, "one round that differs must be enough"),
        (zeros, "never refuses a product with one wrong entry"),
        (ones, "Sums hide what cancels"),
        (in_sum, "Sums hide what cancels"),
        (first_row, "is never found, elsewhere it is"),
        (drawn(0, 2), "With zeros and ones alone it is a half"),
        (drawn(1, 0), "0 and p - 1 too"),
        (drawn(0, -1), "0 and p - 1 too"),
        (broken, "raised IndexError"),
    ],
)
def test_wrong_checks_get_the_next_step(check: Any, hint: str) -> None:
    assert_hint(check_4(check), hint)


def all_at_once(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> Any:
    r = field.random(rng, (b.shape[1], rounds))
    return (field.matmul(a, field.matmul(b, r)) == field.matmul(c, r)).all()


def from_the_left(field: Field, a: Any, b: Any, c: Any, rounds: int, rng: Any) -> bool:
    vectors = [field.random(rng, len(a)) for _ in range(rounds)]
    return all(
        np.array_equal(field.matmul(field.matmul(r, a), b), field.matmul(r, c)) for r in vectors
    )


@pytest.mark.parametrize("check", [all_at_once, from_the_left])
def test_other_right_checks_pass(check: Any) -> None:
    assert check_4(check)


def test_the_meter_counts_what_a_product_takes() -> None:
    a = np.arange(12).reshape(3, 4)
    b, r = np.arange(20).reshape(4, 5), np.arange(5)
    for work, count in (
        (lambda x, y: x @ y, 60),
        (lambda x, y: x.dot(y), 60),
        (lambda x, y: np.dot(x, y), 60),
        (lambda x, y: np.dot(np.asarray(x), y), 60),
        (lambda x, y: Field(101).matmul(x, y), 60),
        (lambda x, y: x @ (y @ r), 20 + 12),
        (lambda x, y: (x[:, :, None] * y[None]).sum(axis=1), 60),
    ):
        meter = Meter()
        found = work(meter.counted(a), meter.counted(b))
        assert meter.count == count
        assert np.array_equal(np.asarray(found).ravel()[:1], [0]) or found.shape


# Exercise 5


class Base:
    def __init__(self, statement: Any, x: Any, y: Any, claimed: int):
        self.field, self.claimed, self.sent = statement.field, claimed, (0, 0, 0)

    def message(self) -> Any:
        self.sent = (0, self.claimed, 7)
        return self.sent

    def challenged(self, r: int) -> None:
        self.claimed = interpolate(self.field, self.sent, r)


class Forgetful(Base):
    def challenged(self, r: int) -> None:
        pass


class Short(Base):
    def message(self) -> Any:
        return (self.claimed, 0)


class Large(Base):
    def message(self) -> Any:
        return (self.claimed + self.field.p, 0, 0)


class Texts(Base):
    def message(self) -> Any:
        return ("a", "b", "c")


class Shy:
    def __init__(self, statement: Any):
        pass


class Dumb:
    def __init__(self, statement: Any, x: Any, y: Any, claimed: int):
        pass


@pytest.mark.parametrize(
    ("forger", "hint"),
    [
        (None, "the class itself"),
        (Base, ""),
        (lambda statement, x, y, claimed: None, "the class itself"),
        (Shy, "with (statement, x, y, claimed)"),
        (int, "raised TypeError"),
        (Honest, "Refused in the first round"),
        (Forgetful, "Refused in round 1"),
        (Short, "3 values, at 0, 1 and 2"),
        (Large, "modulo the field's p"),
        (Texts, "whole numbers"),
        (Dumb, "AttributeError"),
    ],
)
def test_forgers_that_are_refused_get_the_next_step(forger: Any, hint: str) -> None:
    verdict = check_5(forger)
    if not hint:
        assert verdict.ok
    else:
        assert_hint(verdict, hint)


# Exercise 6


def verifier(
    first: bool = True,
    later: bool = True,
    final: bool = True,
    length: bool = True,
    swapped: bool = False,
    seed: int | None = None,
) -> Any:
    """A verifier with checks left out, or with a mistake."""

    def verify(statement: Any, Prover: Any, rng: Any) -> bool:
        rng = rng if seed is None else np.random.default_rng(seed)
        field, p = statement.field, statement.field.p
        rows, rounds, columns = statement.bits
        point = field.random(rng, rows + columns).tolist()
        x, y = tuple(point[:rows]), tuple(point[rows:])
        claimed = extension(field, statement.c, x, y)
        prover, r = Prover(statement, x, y, claimed), ()
        for j in range(rounds):
            message = prover.message()
            if length and len(message) != 3:
                return False
            if (later if j else first) and (message[0] + message[1]) % p != claimed:
                return False
            challenge = int(field.random(rng, 1)[0])
            claimed = interpolate(field, message, challenge)
            prover.challenged(challenge)
            r = (challenge, *r) if swapped else (*r, challenge)
        if not final:
            return True
        a, b = extension(field, statement.a, x, r), extension(field, statement.b, r, y)
        return claimed == a * b % p

    return verify


final_only = verifier(length=False)


def multiplies(statement: Any, Prover: Any, rng: Any) -> bool:
    found = verifier()(statement, Prover, rng)
    return found and np.array_equal(statement.field.matmul(statement.a, statement.b), statement.c)


def mute(statement: Any, Prover: Any, rng: Any) -> bool:
    return np.array_equal(statement.field.matmul(statement.a, statement.b), statement.c)


def lengthless(statement: Any, Prover: Any, rng: Any) -> bool:
    """Refuses long messages, and crashes on short ones."""

    class Cut(Prover):  # type: ignore[misc]
        def message(self) -> Any:
            said = super().message()
            if len(said) > 3:
                raise OverflowError
            return said

    try:
        return verifier(length=False)(statement, Cut, rng)
    except OverflowError:
        return False


@pytest.mark.parametrize(
    ("verify", "hint"),
    [
        (None, "without brackets"),
        (lambda *given: True, "was challenged 0 times"),
        (lambda *given: False, "refuses a true product"),
        (lambda *given: None, "a path without a return"),
        (verifier(swapped=True), "refuses a true product"),
        (verifier(seed=1), "can be foreseen"),
        (mute, "was challenged 0 times"),
        (multiplies, "too good"),
        (verifier(final=False), "the forger of exercise 5"),
        (verifier(length=False), "more than three values"),
        (verifier(first=False), "in the first round too"),
        (verifier(later=False), "in each round"),
        (lengthless, "empty message must be refused"),
        (broken, "raised IndexError"),
    ],
)
def test_verifiers_with_a_hole_get_the_forgery_that_passes(verify: Any, hint: str) -> None:
    assert_hint(check_6(verify), hint)


def test_a_complete_verifier_passes() -> None:
    assert check_6(verifier())


# Exercise 7


def referee(
    opening: bool = True,
    index: bool = True,
    silent: bool = True,
    rerun: bool = True,
    halve: bool = True,
    remember: bool = True,
    off: int = 0,
    both: bool = True,
) -> Any:
    """A referee with a mistake."""

    def shown(party: Any, i: int) -> Any:
        found = party.open(i)
        if silent and found is None:
            raise Refused
        state = verify_opening(party.commitment, found) if opening else found.leaf
        if index and found.index != i:
            raise Refused
        return state

    def judge(job: Any, one: Any, two: Any) -> Any:
        parties, claims, guilty = (one, two), {}, set()

        def ask(i: int) -> dict[str, Any]:
            states = {}
            for party in parties:
                try:
                    states[party.name] = shown(party, i)
                except Refused:
                    guilty.add(party.name)
            return states

        claims = ask(job.steps)
        if guilty or len(set(claims.values())) == 1:
            return guilty
        low, high, agreed = 0, job.steps, job.start
        while high - low > 1:
            middle = (low + high) // 2 if halve else low + 1
            states = ask(middle)
            if guilty:
                return guilty
            if len(set(states.values())) == 1:
                low, agreed = middle, states[one.name]
            else:
                high, claims = middle, states
        if not remember:
            claims = ask(high)
        if not rerun:
            return {two.name}
        true = job.step(low + off, agreed)
        wrong = {name for name, claim in claims.items() if claim != true}
        return wrong if both else {min(wrong)}

    return judge


def runs_all(job: Any, one: Any, two: Any) -> set[str]:
    state = job.start
    for i in range(job.steps):
        state = job.step(i, state)
    parties = (one, two)
    return {p.name for p in parties if verify_opening(p.commitment, p.open(job.steps)) != state}


@pytest.mark.parametrize(
    ("judge", "hint"),
    [
        (None, "without brackets"),
        (lambda job: set(), "with (job, one, two)"),
        (lambda job, one, two: set(), "You open no state at all"),
        (lambda job, one, two: {two.name}, "Both parties did all steps right"),
        (lambda job, one, two: "Bob", "a set of names"),
        (lambda job, one, two: None, "a set of names"),
        (lambda job, one, two: {two}, "names of parties"),
        (lambda job, one, two: [[1]], "names of parties"),
        (referee(rerun=False), "You run no step yourself"),
        (referee(off=1), "Find neighbours"),
        (referee(halve=False), "Ask in the middle"),
        (referee(remember=False), "remember what you saw"),
        (runs_all, "one step is enough"),
        (referee(both=False), "Compare each party's state"),
        (referee(opening=False), "do not belong to its commitment"),
        (referee(index=False), "opening.index"),
        (referee(opening=False, index=False), "do not belong to its commitment"),
        (broken, "raised IndexError"),
    ],
)
def test_lazy_referees_get_the_next_step(judge: Any, hint: str) -> None:
    assert_hint(check_7(judge), hint)


def test_a_referee_that_crashes_on_silence_is_told_so() -> None:
    def judge(job: Any, one: Any, two: Any) -> Any:
        class Plain:
            def __init__(self, party: Any):
                self.name, self.commitment, self._party = party.name, party.commitment, party

            def open(self, i: int) -> Any:
                found = self._party.open(i)
                return (found.index, found)[1]

        return referee()(job, Plain(one), Plain(two))

    assert_hint(check_7(judge), "stops answering", "AttributeError")


def test_the_right_referee_passes_and_asks_as_little_as_can_be() -> None:
    assert check_7(referee())
    for steps in (1, 2, 3, 5, 8, 100):
        job = Job(steps)
        ann, bob = Party("Ann", run_job(job)), Party("Bob", run_job(job, lie=steps - 1))
        assert referee()(job, ann, bob) == {"Bob"}
        assert ann.asked + bob.asked <= fewest(steps) == 2 + 2 * math.ceil(math.log2(steps))
        assert job.ran == 1


# Exercise 8


@pytest.mark.parametrize(
    ("rate", "stake", "hint"),
    [
        (None, None, "0.02 and 100"),
        (0.01, None, "0.02 and 100"),
        ("much", 100, "one number each"),
        (2, 100, "did you mean 0.02"),
        (0.0, 100, "more than 0"),
        (float("nan"), 100, "more than 0"),
        (0.01, float("nan"), "0 or more fees"),
        (0.01, -1, "0 or more fees"),
        (0.01, 100, "loses the stake only once"),
        (0.01, 10, "Raise the stake"),
        (0.001, 5000, "cannot lock up more than 220"),
        (0.05, 200, "the budget is 5%"),
    ],
)
def test_terms_that_do_not_hold_get_the_next_step(rate: Any, stake: Any, hint: str) -> None:
    assert_hint(check_8(rate, stake), hint)


def test_right_terms_are_those_of_the_written_law() -> None:
    """Computed here again, from the table in the lab."""

    def flagged(m: int, q: float) -> float:
        return 1 - (1 - 0.9 * q) ** m * (1 - 0.001 * q) ** (200 - m)

    seen = set()
    for q in (0.004, 0.007, 0.008, 0.01, 0.012, 0.014, 0.016, 0.03):
        for stake in (150, 180, 190, 200, 210, 219, 230):
            pays = any(0.8 * m > stake * (flagged(m, q) - flagged(0, q)) for m in range(1, 201))
            cost = 3 * q + stake * flagged(0, q) / 200 + 0.005 * stake / 200
            right = not pays and stake <= 220 and cost <= 0.05
            assert check_8(q, stake).ok == right, (q, stake)
            seen.add(right)
    assert seen == {True, False}
