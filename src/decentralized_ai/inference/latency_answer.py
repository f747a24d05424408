"""A whole answer: finding the way, the first token, and all the others, split or in one room."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from .latency import Pass, crossings, queue_s, transfer
from .latency_published import BYTES, PACKING_S, WEIGHT_BITS, WIDTH, Machines, calibrated
from .latency_speculation import passes

DRAFT_S = 0.010  # a draft token by a small model on the reader's own machine: an assumption


@dataclass(frozen=True)
class Engine:
    """A model on its machines: `width` numbers of a hidden state, and how long a pass takes."""

    label: str
    width: int
    machines: Machines


def _llama() -> Machines:
    """BLOOM's times on the same servers, scaled by the bytes of weights that a token must read:
    69 billion in the 4.25 bits of Petals' later default, for 176 billion in 8."""
    bloom, share = calibrated(), 69e9 * 4.25 / WEIGHT_BITS
    return Machines(bloom.base_s * share, bloom.context_s * share, bloom.extra_s * share)


@cache
def engines() -> Mapping[str, Engine]:
    """bloom: calibrated on Petals' table. node: DeepSpeed on one machine with eight A100, 44.02 ms
    a token for one sequence and 128 times 0.69 ms for a step of 128. llama: scaled, see `_llama`.
    qwen: vLLM on one H100, 4.618 ms between tokens, and 15.034 ms to the first of 128 (the 99th
    percentile)."""
    return {
        "bloom": Engine("BLOOM-176B, Petals' A100s", WIDTH, calibrated()),
        "node": Engine(
            "BLOOM-176B, one machine's 8 A100s",
            WIDTH,
            Machines(0.04402, 0.0, (128 * 0.00069 - 0.04402) / 127),
        ),
        "llama": Engine("Llama 2 70B, Petals' A100s", 8192, _llama()),
        "qwen": Engine(
            "Qwen3-8B, one H100",
            4096,
            Machines(0.004618, 0.0, (0.015034 - 0.004618) / 127),
        ),
    }


@dataclass(frozen=True)
class Setting:
    """rtt_s: between any two of the machines, the reader's among them. busy: share of their time
    that servers work for others. prompt, answer: tokens. drafts: guessed before each pass, each
    accepted with the chance `accept`. warm: no line starts slowly."""

    engine: Engine
    servers: int
    path: str
    rtt_s: float
    bits_per_s: float
    busy: float
    prompt: int
    answer: int
    drafts: int = 0
    accept: float = 0.0
    warm: bool = False


@dataclass(frozen=True)
class Answer:
    """first_s: until the first token is there. token: of each later one, on average. total_s: until
    the last is there."""

    first: Pass
    first_s: float
    token: Pass
    total_s: float


def one_pass(setting: Setting, tokens: int, context: float) -> Pass:
    """Through all servers, with that many tokens; messages larger than one window start slowly."""
    count = crossings(setting.servers, setting.path)
    compute = setting.engine.machines.compute_s(tokens, context)
    distance, wire = transfer(
        tokens * setting.engine.width * BYTES, setting.rtt_s, setting.bits_per_s, setting.warm
    )
    return Pass(
        compute=compute,
        queue=queue_s(compute, setting.busy),
        packing=setting.servers * PACKING_S,
        wire=count * wire,
        distance=count * distance,
    )


def split(setting: Setting, draft_s: float = DRAFT_S) -> Answer:
    """The reader asks a router for a way (a round trip), sends the prompt through all servers, and
    from then on every token, or every few drafts, through all of them again."""
    first = one_pass(setting, setting.prompt, 0.0)
    step = one_pass(setting, setting.drafts + 1, setting.prompt + setting.answer / 2)
    step = replace(step, drafting=setting.drafts * draft_s)
    return _answer(setting, first, setting.rtt_s + first.total, step)


def in_one_room(setting: Setting, draft_s: float = DRAFT_S) -> Answer:
    """The same machines beside each other: no message leaves the room until a token is made, and
    tokens are streamed. Only the request goes out (by the router) and the first token back."""
    machines, busy = setting.engine.machines, setting.busy
    context = setting.prompt + setting.answer / 2
    reading = machines.compute_s(setting.prompt, 0.0)
    checking = machines.compute_s(setting.drafts + 1, context)
    first = Pass(reading, queue_s(reading, busy))
    step = Pass(checking, queue_s(checking, busy), drafting=setting.drafts * draft_s)
    return _answer(setting, first, 2 * setting.rtt_s + first.total, step)


def _answer(setting: Setting, first: Pass, first_s: float, step: Pass) -> Answer:
    later = setting.answer - 1
    count = _passes(later, setting.accept, setting.drafts)
    total = math.fsum((first_s, count * step.total))
    return Answer(first, first_s, step.shared_by(later / count), total)


@cache
def _passes(tokens: int, accept: float, drafts: int) -> float:
    return passes(tokens, accept, drafts)
