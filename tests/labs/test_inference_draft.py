"""Exercise 4 of the lab of inference: guesses change the number of passes, and never the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.labs import inference_draft
from decentralized_ai.labs.inference import Swarm, Weights, Whole, check_4
from decentralized_ai.labs.inference_draft import Drafted, in_one_piece, passes

from . import tiny
from .hints import assert_hint, broken
from .split_lab import lab


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return Whole(Weights(tiny.write(tmp_path_factory.mktemp("tiny") / "tiny.gguf")))


@pytest.fixture(scope="module")
def swarm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarm]:
    file = tiny.write(tmp_path_factory.mktemp("tiny") / "tiny.gguf")
    with Swarm([(0, 2), (2, 4)], file=file) as swarm:
        yield swarm


def drafts(*sizes: int) -> Any:
    """The text's own past: what followed the last time the newest tokens stood there."""

    def draft(tokens: list[int], most: int) -> list[int]:
        for size in sizes:
            for at in range(len(tokens) - size - 1, -1, -1):
                if tokens[at : at + size] == tokens[-size:]:
                    return tokens[at + size : at + size + most]
        return []

    return draft


def random_drafts(tokens: list[int], most: int) -> list[int]:
    return [(7 * sum(tokens) + i) % 250 for i in range(most)]


@settings(max_examples=20, deadline=None)
@given(st.text(alphabet="hey tou", max_size=12), st.integers(1, 14), st.booleans())
def test_whatever_is_guessed_the_answer_stays(
    whole: Whole, prompt: str, most: int, wild: bool
) -> None:
    wanted = whole.generate(prompt, most)

    def oracle(tokens: list[int], count: int) -> list[int]:
        done = len(tokens) - len(whole.ends.words.chat(prompt))
        return wanted[done : done + count]

    for draft in (random_drafts if wild else drafts(2, 1), oracle, lambda t, m: []):
        through = in_one_piece(whole.stage)
        found = list(passes(whole.ends, prompt, most, through, draft))
        assert [token for tokens in found for token in tokens] == wanted
        if draft is oracle and len(wanted) == most:
            assert len(found) == 1 + -(-(most - 1) // (inference_draft.LENGTH + 1))


def test_with_an_end_among_the_guesses_the_answer_ends(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = whole.generate("hey", 9)
    monkeypatch.setattr(whole.ends.words, "end", wanted[4])
    cut = wanted[: wanted.index(wanted[4])]
    for draft in (lambda t, m: wanted[1:6], lambda t, m: []):
        through = in_one_piece(whole.stage)
        found = list(passes(whole.ends, "hey", 9, through, draft))
        assert [token for tokens in found for token in tokens] == cut


def test_the_fourth_solution_passes(
    swarm: Swarm, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tiny model soon repeats itself; the real one is asked in the test after this."""
    monkeypatch.setattr(inference_draft, "RTT_MS", 4.0)
    draft = lab()["solution_4"]
    verdict = check_4(draft, swarm, whole.ends)
    run = Drafted(swarm, whole.ends, inference_draft.PROMPT, draft, rtt_ms=0).wait()
    assert verdict.ok == (len(run.passes) <= inference_draft.GOAL), verdict
    assert sum(run.passes) == len(run.tokens) == inference_draft.MOST
    assert run.tokens == whole.generate(inference_draft.PROMPT, inference_draft.MOST)


def test_the_fourth_solution_needs_few_passes_with_the_real_model() -> None:
    model = Whole(Weights())
    through = in_one_piece(model.stage)
    asked = inference_draft.PROMPT, inference_draft.MOST
    found = list(passes(model.ends, *asked, through, lab()["solution_4"]))
    assert [token for tokens in found for token in tokens] == model.generate(*asked)
    assert len(found) <= inference_draft.GOAL - 3


@pytest.mark.parametrize(
    ("draft", "hints"),
    [
        (lambda tokens, most: lab()["draft"](tokens, most), ["no guess was right"]),
        (lambda tokens, most: drafts(2)(tokens, 1), ["guess as many as there are"]),
        (random_drafts, ["no guess was right", "newest two tokens"]),
        (lambda tokens, most: [1] * 7, ["returned 7 tokens"]),
        (lambda tokens, most: [1.5], ["a whole number", "1.5"]),
        (lambda tokens, most: [True], ["a whole number"]),
        (lambda tokens, most: [800], ["from 0 to 799", "800"]),
        (lambda tokens, most: [-1], ["a whole number"]),
        (lambda tokens, most: None, ["a list of tokens", "None"]),
        (lambda tokens, most: 5, ["a list of tokens"]),
        (lambda tokens: [], ["with (tokens, most)"]),
        (broken, ["raised IndexError"]),
        (3, ["without brackets"]),
        (drafts(3, 2, 1), ["check_4(draft, swarm, ends)"]),
    ],
)
def test_wrong_drafts_get_the_next_step(draft: Any, hints: list[str]) -> None:
    assert_hint(check_4(draft), *hints)


def test_drafts_that_help_a_song_alone_are_sent_back(
    swarm: Swarm, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference_draft, "RTT_MS", 0.0)

    def draft(tokens: list[int], most: int) -> list[int]:
        return [] if tokens[0] == whole.ends.words.chat("")[0] else drafts(2)(tokens, most)

    assert_hint(check_4(draft, swarm, whole.ends), "40 passes for 40 tokens", "26 will do")
