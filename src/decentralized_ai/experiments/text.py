"""Real text that every environment with torch holds already: SymPy's documentation strings.

SymPy (BSD-3-Clause) is a dependency of torch and pinned like it, so the text is the same on every
machine and nothing has to be fetched. It is English prose with formulas and short examples,
written by several hundred people. `SHA256` is checked, so a run never uses another text unnoticed.
"""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..cache import cache_dir

# Large, wordy parts of the library, each with a vocabulary of its own, in alphabetical order.
PARTS = (
    *("calculus", "combinatorics", "core", "functions", "geometry", "integrals", "matrices"),
    *("ntheory", "physics", "polys", "series", "sets", "simplify", "solvers", "stats", "tensor"),
)
SHA256 = "754c34f73b8acf6640ba45dfbe02930a18f16d1d5ff726d8f113f43df353d680"
# Printable ASCII and the line end; everything else becomes "?".
ALPHABET = "\n" + "".join(chr(code) for code in range(32, 127))
BLOCK = 2_000  # characters; every 20th block is held out for measuring
HELD_OUT = 20


class OtherText(RuntimeError):
    """The installed SymPy holds another text than the one that the recorded runs read."""


@dataclass(frozen=True)
class Corpus:
    """train: uint8 codes (index into ALPHABET), in the order of SymPy's modules, so that
    neighbouring stretches share a subject. held_out: likewise, from all over the text."""

    train: np.ndarray
    held_out: np.ndarray

    def shards(self, workers: int, identical: bool) -> list[np.ndarray]:
        """What each worker may read. identical: all of it; else each its own stretch of subjects
        (a k-th of the text, in order)."""
        if identical:
            return [self.train] * workers
        return np.array_split(self.train, workers)


@cache
def corpus() -> Corpus:
    """The text as codes. Raises OtherText where the installed SymPy is another version."""
    whole = _codes()
    held = np.arange(len(whole)) // BLOCK % HELD_OUT == HELD_OUT - 1
    return Corpus(whole[~held], whole[held])


def _codes() -> np.ndarray:
    # Reading all those files takes seconds, in each process of a run: what was read is kept.
    kept = cache_dir() / f"text-{SHA256[:12]}.bin"
    if kept.is_file() and _sha256(found := kept.read_bytes()) == SHA256:
        return np.frombuffer(found, dtype=np.uint8)
    codes = {letter: index for index, letter in enumerate(ALPHABET)}
    text = "\n\n".join(docstrings())
    found = bytes(codes.get(letter, codes["?"]) for letter in text)
    if (digest := _sha256(found)) != SHA256:
        raise OtherText(f"SymPy's documentation has the SHA-256 {digest}, not {SHA256}")
    with suppress(OSError):  # a folder that cannot be written costs only time
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Several processes may come here at once: nobody reads a half-written file.
        (new := kept.with_suffix(f".{os.getpid()}")).write_bytes(found)
        new.replace(kept)
    return np.frombuffer(found, dtype=np.uint8)


def _sha256(found: bytes) -> str:
    return hashlib.sha256(found).hexdigest()


def docstrings() -> Iterator[str]:
    """Every documentation string of PARTS, in the order of the files; tests are left out."""
    spec = find_spec("sympy")
    if spec is None or spec.origin is None:
        raise OtherText("SymPy is not installed; it comes with torch (requirements.txt)")
    root = Path(spec.origin).parent
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for part in PARTS:
        files = [path for path in (root / part).rglob("*.py") if "tests" not in path.parts]
        for path in sorted(files, key=lambda path: path.relative_to(root).as_posix()):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, documented) and (text := ast.get_docstring(node)):
                    yield text


def batch(shard: np.ndarray, rng: np.random.Generator, size: int, length: int) -> np.ndarray:
    """`size` random stretches of `length` + 1 characters: shape (size, length + 1), int64."""
    starts = rng.integers(0, len(shard) - length, size)
    return shard[starts[:, None] + np.arange(length + 1)].astype(np.int64)
