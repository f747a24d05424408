"""A model of the lab's kind with few weights, as a file that the package `gguf` writes."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

from decentralized_ai.labs.inference_words import LETTERS

LAYERS, WIDTH, HEADS, SHARED, INNER = 4, 32, 4, 2, 64
MERGES = ["h e", "he y", "Ġ t"]
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# Each kind of storage that the reader knows.
KINDS = {
    "q4": gguf.GGMLQuantizationType.Q4_1,
    "q8": gguf.GGMLQuantizationType.Q8_0,
    "f32": gguf.GGMLQuantizationType.F32,
}


def write(path: Path, kind: str = "f32", seed: int = 0) -> Path:
    """A file at `path`. kind: how its matrices are stored."""
    draw = np.random.default_rng(seed)
    tokens = [*CONTROL, *LETTERS.values(), *(merge.replace(" ", "") for merge in MERGES)]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(SHARED)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(CONTROL) + [1] * (len(tokens) - len(CONTROL)))
    writer.add_token_merges(MERGES)
    writer.add_eos_token_id(2)

    def matrix(name: str, out: int, inner: int) -> None:
        values = draw.normal(0, inner**-0.5, (out, inner)).astype(np.float32)
        stored = gguf.quants.quantize(values, KINDS[kind])
        writer.add_tensor(f"{name}.weight", stored, raw_dtype=KINDS[kind])

    matrix("token_embd", len(tokens), WIDTH)
    for i in range(LAYERS):
        for name in ("attn_norm", "ffn_norm"):
            scale = draw.uniform(0.5, 1.5, WIDTH).astype(np.float32)
            writer.add_tensor(f"blk.{i}.{name}.weight", scale)
        shared = WIDTH * SHARED // HEADS
        for name, out, inner in (
            *(("attn_q", WIDTH, WIDTH), ("attn_k", shared, WIDTH), ("attn_v", shared, WIDTH)),
            *(("attn_output", WIDTH, WIDTH), ("ffn_gate", INNER, WIDTH)),
            *(("ffn_up", INNER, WIDTH), ("ffn_down", WIDTH, INNER)),
        ):
            matrix(f"blk.{i}.{name}", out, inner)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
