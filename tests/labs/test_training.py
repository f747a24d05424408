"""The lab "Train together": its solutions pass its checkers, wrong answers get the right hint.

Real trainings run in test_training_runs.py and, as a reader would run them, in the notebook's own
test; here only where a checker's last step is one.
"""

from __future__ import annotations

import contextlib
import inspect
import io
from functools import cache
from typing import Any

import nbformat
import numpy as np
import pytest

from decentralized_ai.labs.training import Training, check_1, check_2, check_3, check_4, program
from decentralized_ai.labs.training_aggregator import CROWDS, SIZE, honest_rows
from decentralized_ai.labs.training_compressor import BUDGET, gradients
from decentralized_ai.training import aggregators

from .hints import FENCE, NOTEBOOKS, assert_hint, broken

SHORT = {"steps": 20, "every": 10}


@cache
def lab() -> dict[str, Any]:
    """The names that the lab defines, without its trainings: `watch` and `check_...` do nothing."""
    names: dict[str, Any] = {}
    for cell in nbformat.read(NOTEBOOKS / "training.ipynb", as_version=4).cells:
        programs = [cell.source] if cell.cell_type == "code" else []
        if "solution" in cell.metadata.get("tags", []):
            programs = FENCE.findall(cell.source)
        for text in programs:
            if "def " in text or "answer_" in text or "solution_" in text:
                idle = {f"check_{i}": lambda *a: None for i in range(1, 5)} | {"watch": None}
                names |= idle | {"ddp": None, "diloco": None}
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(text, names)
    return names


@cache
def runs() -> tuple[Training, Training]:
    return Training("ddp", **SHORT).wait(), Training("diloco", **SHORT).wait()


def test_solutions_pass_their_checkers() -> None:
    """The last two train for real, with several workers, a liar among them."""
    names = lab()
    verdicts = [
        check_1(names["solution_1"], *runs()),
        check_2(names["solution_2"]),
        check_3(names["solution_compress"], names["solution_expand"]),
        check_4(names["solution_4"]),
    ]
    assert [verdict.ok for verdict in verdicts] == [True] * 4, verdicts
    assert all(repr(verdict).startswith("Right. ") for verdict in verdicts)


def test_the_cells_that_wait_for_an_answer_say_what_to_do() -> None:
    names = lab()
    assert_hint(check_1(names["sent"], *runs()), "has four bytes")
    assert_hint(check_2(names["answer_2"]), "answer_2 = 10")
    assert_hint(check_3(names["compress"], names["expand"]), "the budget is 2,800")
    assert_hint(check_4(names["aggregate"]), "1 of 4 workers lie", "which of them could be theirs")


def test_the_printed_program_is_the_one_that_runs() -> None:
    from decentralized_ai.labs import together

    assert program("train") == inspect.getsource(together.train).strip()


# Exercise 1


def bytes_sent(method: str, workers: int, weights: int, steps: int, every: int) -> float:
    times = steps if method == "ddp" else steps // every
    return times * 8 * (workers - 1) * weights / workers


@pytest.mark.parametrize(
    ("law", "hint"),
    [
        (lambda m, n, w, s, e: bytes_sent(m, n, w, s, e) / 4, "has four bytes"),
        (lambda m, n, w, s, e: bytes_sent(m, n, w, s, e) * n, "both send together"),
        (
            lambda m, n, w, s, e: bytes_sent(m, n, w, s, e) * (n if n > 2 else 1),
            "what all workers send together",
        ),
        (lambda m, n, w, s, e: bytes_sent(m, n, w, s, e) / 2, "once more to share"),
        (lambda m, n, w, s, e: bytes_sent(m, n, w, s, e) * n / (n - 1), "a part to itself"),
        (lambda m, n, w, s, e: bytes_sent("ddp", n, w, s, e), "once in 10 steps"),
        (lambda m, n, w, s, e: bytes_sent("diloco", n, w, s, e), "only DiLoCo waits"),
        (lambda m, n, w, s, e: 12345, "cut into as many parts"),
        (lambda m, n, w, s, e: float("nan"), "cut into as many parts"),
        (lambda m, n, w, s, e: None, "one number; this is None"),
        (lambda m, n: 0, "with (method, workers, weights, steps, every)"),
        (broken, "raised IndexError"),
        (7, "without brackets"),
    ],
)
def test_wrong_counts_of_bytes_get_the_next_step(law: Any, hint: str) -> None:
    assert_hint(check_1(law, *runs()), hint)


def test_without_the_runs_the_checker_asks_for_them() -> None:
    assert_hint(check_1(bytes_sent), "Run the two trainings above")
    assert_hint(check_1(bytes_sent, Training("ddp"), None), "Run the two trainings above")
    assert check_1(bytes_sent, *runs()).ok


# Exercise 2


@pytest.mark.parametrize(
    ("steps", "hint"),
    [
        (None, "answer_2 = 10"),
        ("many", "One whole number"),
        (True, "One whole number"),
        (float("nan"), "One whole number"),
        (float("inf"), "One whole number"),
        (10.5, "One whole number"),
        (0, "One whole number"),
        (7, "A byte has 8"),
        (20, "the goal is 90%"),
        (48, "the goal is 90%"),
        (50, "Which is the smallest"),
        (500, "Which is the smallest"),
    ],
)
def test_wrong_numbers_of_steps_get_the_next_step(steps: Any, hint: str) -> None:
    assert_hint(check_2(steps), hint)


def test_the_right_number_of_steps_is_that_of_the_written_law() -> None:
    """By hand: 135,040 bytes at 20 Mbit/s are 54.016 ms; H 10 / (H 10 + 54.016) >= 0.9."""
    assert [h for h in range(1, 200) if check_2(h)] == [int(np.ceil(0.9 * 54.016 / 0.1 / 10))]


# Exercise 3


def top(whole: np.ndarray, share: int = 100) -> np.ndarray:
    return np.argsort(-np.abs(whole))[: max(1, len(whole) // share)]


def sparse(arrays: Any, size: int) -> np.ndarray:
    vector = np.zeros(size, dtype=np.float32)
    vector[arrays[0]] = arrays[1]
    return vector


def forgets(vector: np.ndarray, residual: np.ndarray) -> Any:
    whole = vector + residual
    keep = top(whole)
    return [keep.astype(np.uint16), whole[keep]], np.zeros_like(vector)


def ignores(vector: np.ndarray, residual: np.ndarray) -> Any:
    keep, left = top(vector), vector.copy()
    left[keep] = 0
    return [keep.astype(np.uint16), vector[keep]], left


def wide(vector: np.ndarray, residual: np.ndarray) -> Any:
    whole = vector + residual
    keep, left = top(whole), whole.copy()
    left[keep] = 0
    return [keep, whole[keep]], left


def rounds(vector: np.ndarray, residual: np.ndarray) -> Any:
    """Sends float16, and keeps back as if it had sent float32."""
    (keep, values), left = wide(vector, residual)
    return [keep.astype(np.uint16), values.astype(np.float16)], left


@pytest.mark.parametrize(
    ("compress", "expand", "hint"),
    [
        (None, sparse, "without brackets"),
        (wide, 3, "without brackets"),
        (lambda vector: vector, sparse, "with (vector, residual)"),
        (lambda v, r: [v], sparse, "two things"),
        (lambda v, r: ({"a": v}, r), sparse, "list of numpy arrays"),
        (lambda v, r: ([[1, 2]], r), sparse, "list of numpy arrays"),
        (lambda v, r: ([v + r], r[:3]), lambda a, n: a[0], "a new residual of 33,760"),
        (wide, lambda arrays, size: arrays[1], "a vector of 33,760"),
        (lambda v, r: ([v * np.nan], r), lambda a, n: a[0], "a number that is none"),
        (forgets, sparse, "What is not sent is lost"),
        (ignores, sparse, "must be added to the vector before"),
        (rounds, sparse, "rounding included"),
        (wide, sparse, 'Numbers below 65,536 fit in two: .astype("uint16")'),
        (lambda v, r: ([v + r], 0 * r), lambda a, n: a[0], "send the few largest"),
        (lambda v, r: ([np.array(1.0), v + r], 0 * r), lambda a, n: a[1], "the few largest"),
        (lambda v, r: ([v + r], [[1], [1, 2]]), lambda a, n: a[0], "a new residual of 33,760"),
        (wide, lambda arrays, size: [[1], [1, 2]], "a vector of 33,760"),
        (broken, sparse, "compress raised IndexError"),
        (wide, broken, "expand raised IndexError"),
    ],
)
def test_wrong_compressors_get_the_next_step(compress: Any, expand: Any, hint: str) -> None:
    assert_hint(check_3(compress, expand), hint)


@pytest.mark.parametrize(("calls", "hint"), [(3, "raised RuntimeError"), (14, "the few largest")])
def test_a_compressor_that_fails_late_gets_its_hint(calls: int, hint: str) -> None:
    """All the checker's calls are careful ones, and there are 14 with made-up gradients."""
    counted: list[int] = []

    def compress(vector: np.ndarray, residual: np.ndarray) -> Any:
        counted.append(1)
        if len(counted) > calls:
            raise RuntimeError("no more")
        return [vector + residual], 0 * residual

    assert_hint(check_3(compress, lambda arrays, size: arrays[0]), hint)


def first(vector: np.ndarray, residual: np.ndarray) -> Any:
    """Nothing is lost and little is sent, but always the same: the rest never goes."""
    whole = vector + residual
    left = whole.copy()
    left[: len(whole) // 60] = 0
    return [whole[: len(whole) // 60]], left


def test_a_compressor_with_right_books_must_also_learn() -> None:
    def expand(arrays: Any, size: int) -> np.ndarray:
        return np.concatenate([arrays[0], np.zeros(size - len(arrays[0]), dtype=np.float32)])

    assert_hint(check_3(first, expand), "Books are right", "worth sending first")


def test_made_up_gradients_are_like_real_ones_mostly_small() -> None:
    whole = gradients(np.random.default_rng(0), 33_760)
    share = np.sort(whole**2)[::-1].cumsum() / (whole**2).sum()
    assert share[337] > 0.2  # a hundredth of the entries; of equal ones it would be 0.01
    assert BUDGET / (4 * 33_760) < 1 / 45


# Exercise 4


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        (None, "without brackets"),
        (lambda rows: rows[0], "with (rows, attackers)"),
        (lambda rows, f: rows.mean(), "a vector of 400 numbers"),
        (lambda rows, f: rows.mean(axis=1), "a vector of 400 numbers"),
        (lambda rows, f: [[1], [1, 2]], "a vector of 400 numbers"),
        (lambda rows, f: list("ab"), "a vector of 400 numbers"),
        (lambda rows, f: rows[0], "depends on the order"),
        (lambda rows, f: rows.mean(axis=0), "1 of 4 workers lie"),
        (lambda rows, f: np.median(rows, axis=0), "One such entry is enough"),
        (lambda rows, f: np.zeros(rows.shape[1]), "throw away too much honest work"),
        (lambda rows, f: np.sort(rows, axis=0)[0], "as far from the truth as their mean"),
        (broken, "raised IndexError"),
    ],
)
def test_wrong_aggregators_get_the_next_step(rule: Any, hint: str) -> None:
    assert_hint(check_4(rule), hint)


@pytest.mark.parametrize("name", ["trimmed_mean", "median", "geometric_median"])
def test_the_books_own_rules_stay_within_the_bounds(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that the checker asks before its real run. Rows that are no numbers are thrown away
    first, as these rules' page says."""
    rule = getattr(aggregators, name)

    def aggregate(rows: np.ndarray, attackers: int) -> np.ndarray:
        finite = rows[np.isfinite(rows).all(axis=1)]
        return rule(finite, attackers - (len(rows) - len(finite)))

    def stop(*arguments: Any, **options: Any) -> None:
        raise StopIteration

    monkeypatch.setattr("decentralized_ai.labs.training_aggregator.Training", stop)
    with pytest.raises(StopIteration):  # it got as far as the real run
        check_4(aggregate)


def test_honest_rows_lie_about_the_truth() -> None:
    rng = np.random.default_rng(1)
    for workers, attackers in CROWDS:
        rows = honest_rows(rng, workers, np.zeros(SIZE))
        assert rows.std() == pytest.approx(1, abs=0.1)
        assert workers > 2 * attackers
