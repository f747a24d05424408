"""The text that the recorded runs read: the same everywhere, well cut, said when it is another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from decentralized_ai.experiments import text


def test_the_text_is_the_one_that_was_recorded() -> None:
    corpus = text.corpus()  # raises if its SHA-256 is another
    assert len(corpus.train) > 1_000_000
    share = len(corpus.held_out) / (len(corpus.train) + len(corpus.held_out))
    assert share == pytest.approx(1 / text.HELD_OUT, rel=0.02)
    assert corpus.train.max() < len(text.ALPHABET)


def test_it_is_english() -> None:
    # Letter frequencies of English (Norvig 2013, from Google's books): e 12.5%, t 9.3%, a 8.0%.
    # A text about mathematics differs a little; a garbled one would differ by much more.
    letters = "".join(text.ALPHABET[code] for code in text.corpus().train).lower()
    counts = {letter: letters.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"}
    total = sum(counts.values())
    for letter, share in {"e": 0.125, "t": 0.093, "a": 0.080}.items():
        assert counts[letter] / total == pytest.approx(share, abs=0.03)
    assert letters.count("?") / len(letters) < 0.005  # what is not ASCII


def test_another_text_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAI_CACHE", str(tmp_path))
    monkeypatch.setattr(text, "docstrings", lambda: iter(["another version"]))
    with pytest.raises(text.OtherText, match="SHA-256"):
        text.corpus.__wrapped__()
    assert list(tmp_path.iterdir()) == []


def test_the_text_is_read_once_and_a_spoilt_copy_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DAI_CACHE", str(tmp_path / "cache"))
    fresh = text.corpus.__wrapped__()
    (kept,) = (tmp_path / "cache").iterdir()
    with monkeypatch.context() as patch:
        patch.setattr(text, "docstrings", lambda: pytest.fail("read again"))
        again = text.corpus.__wrapped__()
    np.testing.assert_array_equal(again.train, fresh.train)
    kept.write_bytes(kept.read_bytes()[:-1])
    np.testing.assert_array_equal(text.corpus.__wrapped__().held_out, fresh.held_out)
    assert len(kept.read_bytes()) == len(fresh.train) + len(fresh.held_out)


def test_shards() -> None:
    corpus = text.corpus()
    same = corpus.shards(4, identical=True)
    assert all(shard is corpus.train for shard in same)
    own = corpus.shards(4, identical=False)
    np.testing.assert_array_equal(np.concatenate(own), corpus.train)
    assert max(map(len, own)) - min(map(len, own)) <= 1


def test_a_batch_is_stretches_of_its_shard() -> None:
    shard = np.arange(200, dtype=np.uint8)
    drawn = text.batch(shard, np.random.default_rng(0), size=50, length=10)
    assert drawn.shape == (50, 11) and drawn.dtype == np.int64
    assert (np.diff(drawn, axis=1) == 1).all()
    assert drawn.min() >= 0 and drawn.max() <= 199
