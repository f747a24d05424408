"""Training with compressed gradients: what loss is reached with how many bytes.

k workers hold the same small language model. In each step every worker takes the gradient of its
own batch, compresses it, and sends it to the others; all apply the same optimiser to the mean of
what arrived. Only the compressor differs between runs, and the learning rate, chosen for each
method. DeMo brings its own optimiser: momentum stays with the worker, and the step is a sign.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from ..training import (
    compress_bits,
    compress_demo,
    compress_powersgd,
    compress_quantise,
    compressors,
    dct,
    optimisers,
)
from ..training.compress_demo import DctTopK, demo_step
from ..training.compress_powersgd import PowerSGD
from ..training.compress_quantise import Quantise, Sign
from ..training.compressors import Compressor, Plain, RandomK, TopK, exchange
from ..training.optimisers import AdamW
from . import text
from .grid import Cell, Experiment
from .language import Language, Replicas, Shape, flat

SHAPE = Shape(context=32)
WORKERS, BATCH, STEPS, EVERY = 4, 8, 600, 50  # sequences a worker and step; measured each EVERY
BETAS, WARM, LOWEST = (0.9, 0.99), 50, 0.1  # the rate: up in WARM steps, down a cosine to LOWEST
HELD_OUT = 256  # sequences
SEEDS = (1, 2, 3)
# Share of the values, bits, rank, coefficients of a chunk.
STRENGTHS: dict[str, tuple[float, ...]] = {
    "quantise": (8, 4, 2),
    "powersgd": (8, 4, 2, 1),
    "randk": (0.3, 0.1, 0.03),
    "demo": (64, 16, 4),
    "topk": (0.1, 0.03, 0.01, 0.001),
    "sign": (1,),
}
# With feedback, without. The best of 2, 4, 8 and 16 thousandths for one seed at a middle strength
# (1, 2, 4, 8 and 16 for DeMo with feedback, 2, 4 and 8 without; 32, for sending everything, was
# worse).
RATES = {
    "plain": (16e-3, 16e-3),
    "topk": (8e-3, 16e-3),
    "randk": (4e-3, 16e-3),
    "quantise": (16e-3, 16e-3),
    "sign": (8e-3, 8e-3),
    "powersgd": (8e-3, 4e-3),
    "demo": (8e-3, 8e-3),
}


@cache
def shapes() -> tuple[tuple[int, ...], ...]:
    """Of the model's tensors, in their order."""
    return tuple(tuple(weight.shape) for weight in Language(SHAPE, 0).parameters())


@cache
def held_out() -> np.ndarray:
    """What every model is measured on, (1, HELD_OUT, context + 1)."""
    rng = np.random.default_rng(0)
    return text.batch(text.corpus().held_out, rng, HELD_OUT, SHAPE.context)[None]


def measured(weights: np.ndarray) -> float:
    """Held-out loss of a model (p,), nats a character, to four digits."""
    loss = float(Replicas(SHAPE, weights[None]).losses(held_out())[0])
    return float(f"{loss:.4g}")


def rate(step: int, top: float) -> float:
    """The learning rate at a step counted from 1."""
    fall = LOWEST + (1 - LOWEST) * 0.5 * (1 + math.cos(math.pi * step / STEPS))
    return top * min(1.0, step / WARM) * fall


def compressor(method: str, strength: float, feedback: bool) -> Compressor:
    """Each in the form that its theory asks for: with feedback a contraction (values as they are,
    rounded to the nearest), without it unbiased where there is such a form (values times d/k,
    rounded by chance)."""
    size = sum(math.prod(shape) for shape in shapes())
    if method == "plain":
        return Plain(size)
    if method == "topk":
        return TopK(size, round(strength * size))
    if method == "randk":
        return RandomK(size, round(strength * size), scaled=not feedback)
    if method == "quantise":
        return Quantise(size, int(strength), random=not feedback)
    if method == "sign":
        return Sign(size)
    if method == "powersgd":
        return PowerSGD(shapes(), int(strength))
    if method == "demo":
        return DctTopK(shapes(), int(strength))
    raise ValueError(f"no method {method!r}")


def run(cell: Cell, steps: int = STEPS) -> dict[str, Any]:
    """Held-out losses at the start and after each EVERY steps, and the bytes that a worker sent in
    a step, on average. `steps` stops early, on the same path."""
    method, feedback, seed = str(cell["method"]), bool(cell["feedback"]), int(cell["seed"])
    tool = compressor(method, float(cell["strength"]), feedback)
    weights = flat(Language(SHAPE, seed))
    replicas = Replicas(SHAPE, np.stack([weights] * WORKERS))
    draws = [np.random.default_rng((seed, worker)) for worker in range(WORKERS)]
    lots = np.random.default_rng((seed, 1_000))
    kept: np.ndarray = np.zeros_like(replicas.weights)  # residuals, or DeMo's momenta
    state, adam = tool.start(), AdamW(0.0, BETAS)
    losses, sent = [measured(weights)], 0.0
    for step in range(1, steps + 1):
        codes = [text.batch(text.corpus().train, rng, BATCH, SHAPE.context) for rng in draws]
        _, gradients = replicas.gradients(np.stack(codes))
        now = rate(step, RATES[method][0 if feedback else 1])
        if isinstance(tool, DctTopK):
            # Without feedback: nothing of the momentum is left over for the next step.
            decay = compress_demo.DECAY if feedback else 0.0
            move, kept, sizes = demo_step(tool, kept, gradients, now, decay)
            weights -= move
        else:
            done, state = exchange(tool, gradients, kept if feedback else None, state, lots)
            kept, sizes, adam.lr = done.residuals, done.sizes, now
            adam.step(weights, done.mean)
        replicas.weights[:] = weights
        sent += float(sizes.mean())
        if step % EVERY == 0:
            losses.append(measured(weights))
    return {"bytes": round(sent / steps, 1), "loss": losses}


def cells() -> list[Cell]:
    """The grid, a seed after the other; what takes longest first."""
    settings = [
        (method, strength, feedback)
        for method, strengths in STRENGTHS.items()
        for strength in strengths
        for feedback in (True, False)
    ]
    settings.append(("plain", 1, False))
    return [
        {"method": method, "strength": strength, "feedback": feedback, "seed": seed}
        for seed in SEEDS
        for method, strength, feedback in settings
    ]


EXPERIMENT = Experiment(
    name="compression",
    about="Held-out loss of a small language model, trained by workers that compress gradients.",
    cells=cells,
    run=run,
    code=(
        optimisers,
        compressors,
        compress_bits,
        compress_quantise,
        compress_powersgd,
        compress_demo,
        dct,
    ),
    setting={
        "model": {"context": SHAPE.context, "width": SHAPE.width, "layers": SHAPE.layers},
        "weights": sum(math.prod(shape) for shape in shapes()),
        "workers": WORKERS,
        "batch": BATCH,
        "steps": STEPS,
        "every": EVERY,
        "rates": {method: list(pair) for method, pair in RATES.items()},
        "betas": list(BETAS),
        "warm": WARM,
        "lowest": LOWEST,
        "held_out": HELD_OUT,
    },
)
