"""Text to tokens and back: byte-level BPE, from the vocabulary and the merges in the model's file.

A text is cut into pieces (a word with the space before it, a digit, some signs, some space); a
piece starts as its bytes, and the pair that was learned first is joined, again and again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from .inference_file import Weights

CONTROL = 3  # the file's type of tokens that no text is cut into, such as <|im_end|>
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
# On the text's own letters, or on its kinds: L a letter, N a number, S space, " " the space, P all
# else. Contractions come first; a run of space leaves its last one to what follows.
CONTRACTION = re.compile(r"'(?:s|t|re|ve|m|ll|d)")
PIECE = re.compile(r" ?L+|N| ?P+|[S ]+(?![^S ])|[S ]+")


def byte_letters() -> dict[int, str]:
    """GPT-2's letter for each byte: itself if it can be printed, else one from 256 on."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = {byte: chr(byte) for byte in printable}
    return letters | {byte: chr(256 + i) for i, byte in enumerate(others)}


LETTERS = byte_letters()
BYTES = {letter: byte for byte, letter in LETTERS.items()}


class Words:
    """tokens: all, by number. merges: pairs that are joined, first learned first. control: the
    numbers of tokens that stand for themselves. end: the number that ends an answer."""

    def __init__(
        self, tokens: Sequence[str], merges: Sequence[str], control: Sequence[int], end: int
    ) -> None:
        self.tokens, self.end = list(tokens), end
        self.number = {token: i for i, token in enumerate(tokens)}
        pairs = (merge.split(" ") for merge in merges)
        self.rank = {(left, right): i for i, (left, right) in enumerate(pairs)}
        self.control = {tokens[i]: i for i in control}
        longest_first = sorted(self.control, key=len, reverse=True)
        self.marks = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")
        self.joined = lru_cache(maxsize=10_000)(self._join)

    @classmethod
    def of(cls, weights: Weights) -> Words:
        kinds = weights.field("tokenizer.ggml.token_type")
        return cls(
            weights.field("tokenizer.ggml.tokens"),
            weights.field("tokenizer.ggml.merges"),
            [i for i, kind in enumerate(kinds) if kind == CONTROL],
            weights.field("tokenizer.ggml.eos_token_id"),
        )

    def encode(self, text: str) -> list[int]:
        """The tokens of `text`. Marks such as <|im_start|> are one token each."""
        found: list[int] = []
        for i, part in enumerate(self.marks.split(text)):
            if i % 2:
                found.append(self.control[part])
            else:
                for piece in pieces(part):
                    found += self.joined(piece)
        return found

    def chat(self, question: str) -> list[int]:
        """A conversation of one question, in the form that the model was trained on."""
        turns = (("system", SYSTEM), ("user", question))
        said = "".join(f"<|im_start|>{who}\n{what}<|im_end|>\n" for who, what in turns)
        return self.encode(said + "<|im_start|>assistant\n")

    def text(self, tokens: Sequence[int]) -> str:
        """The text of `tokens`; half a letter at the end shows as �."""
        raw = b""
        for token in tokens:
            word = self.tokens[token]
            marked = word in self.control
            raw += word.encode() if marked else bytes(BYTES[letter] for letter in word)
        return raw.decode("utf-8", errors="replace")

    def _join(self, piece: str) -> tuple[int, ...]:
        parts = [LETTERS[byte] for byte in piece.encode("utf-8")]
        never = len(self.rank)
        while len(parts) > 1:
            best = min(pairwise(parts), key=lambda pair: self.rank.get(pair, never))
            if best not in self.rank:
                break
            joined, i = [], 0
            while i < len(parts):
                both = tuple(parts[i : i + 2]) == best
                joined.append(parts[i] + parts[i + 1] if both else parts[i])
                i += 2 if both else 1
            parts = joined
        # A few bytes that hardly any text has are not in the vocabulary: they are dropped.
        return tuple(self.number[part] for part in parts if part in self.number)


def pieces(text: str) -> Iterator[str]:
    """What is never joined across."""
    kinds = "".join(map(_kind, text))
    at = 0
    while at < len(text):
        found = CONTRACTION.match(text, at) or PIECE.match(kinds, at)
        assert found is not None  # PIECE matches any kind
        yield text[at : found.end()]
        at = found.end()


def _kind(letter: str) -> str:
    if letter == " ":
        return " "
    if letter.isspace() and letter not in "\x1c\x1d\x1e\x1f":  # Python's own idea of space
        return "S"
    return {"L": "L", "N": "N"}.get(unicodedata.category(letter)[0], "P")
