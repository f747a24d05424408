"""Synchronous training, local SGD and DiLoCo of one small language model, on the same text.

All runs start from one common model, trained for a short while by one worker with large batches:
DiLoCo's authors start from a pretrained model too. From there every method takes the same number of
inner steps, and worker i reads the same characters in the same order, whatever the method. What is
measured is the common model: the last one that an outer step has made. Inner optimiser states stay
with their workers. The synchronous run averages gradients: one model on all the workers' batches
together, which is the same sum in another order.

One inner rate was chosen for each method, by trial with eight workers and H = 50, on half of the
batch and a shorter start. The loss at the end, at rates of 0.001, 0.002, 0.004, 0.008 and 0.016:
synchronous 1.969, 1.873, 1.786, 1.720, 1.695 (with the full batch 1.656 at 0.008 and 1.626 at
0.016); local SGD 2.125, 2.061, 1.998, 1.955, not tried; DiLoCo 1.922, 1.853, 1.810, 1.798, not
tried, and with H = 500 it was better at 0.004 (2.036) than at 0.008 (2.089).
"""

from __future__ import annotations

import math
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from ..training import diloco, optimisers
from ..training.diloco import DiLoCo, averaging, fragments, nesterov
from ..training.optimisers import AdamW
from . import text
from .grid import Cell, Experiment
from .language import Language, Replicas, Shape, flat

SHAPE = Shape(context=32)
BATCH, STEPS, EVERY = 8, 2_000, 100  # sequences a worker and step; inner steps; measured each
WORKERS = (1, 2, 4, 8, 16)
LOCAL_STEPS = (1, 10, 50, 100, 500)
PIECES, ALPHA = 5, 0.5  # of the streaming form; an exchange takes half of a fragment's turn
RATES = {"sync": 1.6e-2, "local": 8e-3, "diloco": 4e-3, "stream": 4e-3}
BETAS, WARM, LOWEST = (0.9, 0.99), 50, 0.1  # the rate: up in WARM steps, down a cosine to LOWEST
START = {"steps": 600, "batch": 32, "rate": 8e-3, "seed": 0}
HELD_OUT = 512  # sequences


def rate(step: int, top: float) -> float:
    """The inner learning rate at a step counted from 1."""
    rise = min(1.0, step / WARM)
    fall = LOWEST + (1 - LOWEST) * 0.5 * (1 + math.cos(math.pi * step / STEPS))
    return top * rise * fall


@cache
def start() -> np.ndarray:
    """The common first model, (p,), float32."""
    weights = flat(Language(SHAPE, int(START["seed"])))
    replicas, inner = Replicas(SHAPE, weights[None]), AdamW(START["rate"], BETAS)
    rng = np.random.default_rng(int(START["seed"]))
    for step in range(1, int(START["steps"]) + 1):
        codes = text.batch(text.corpus().train, rng, int(START["batch"]), SHAPE.context)
        inner.lr = START["rate"] * min(1.0, step / WARM)
        inner.step(replicas.weights, replicas.gradients(codes[None])[1])
    return replicas.weights[0].copy()


@cache
def held_out() -> np.ndarray:
    """What every model is measured on, (1, HELD_OUT, context + 1)."""
    rng = np.random.default_rng(0)
    return text.batch(text.corpus().held_out, rng, HELD_OUT, SHAPE.context)[None]


def measured(weights: np.ndarray) -> float:
    """Held-out loss of a model (p,), nats a character, to four digits."""
    loss = float(Replicas(SHAPE, weights[None]).losses(held_out())[0])
    return float(f"{loss:.4g}")


def run(cell: Cell, steps: int = STEPS) -> dict[str, Any]:
    """The losses of the common model at the start, and after each EVERY steps or each outer step,
    whichever is rarer. `steps` stops early, on the same path."""
    workers, every = int(cell["workers"]), int(cell["every"])
    shards = text.corpus().shards(workers, identical=cell["data"] == "same")
    draws = [np.random.default_rng((int(cell["seed"]), i)) for i in range(workers)]
    lots = np.random.default_rng((int(cell["seed"]), 1_000))
    together = cell["method"] == "sync"
    replicas = Replicas(SHAPE, np.stack([start()] * (1 if together else workers)))
    rule, inner = _rule(cell), AdamW(0.0, BETAS)
    losses, gap = [measured(start())], max(EVERY, every)
    for step in range(1, steps + 1):
        codes = np.stack(
            [
                text.batch(shard, rng, BATCH, SHAPE.context)
                for shard, rng in zip(shards, draws, strict=True)
            ]
        )
        if together:
            codes = codes.reshape(1, workers * BATCH, -1)
        inner.lr = rate(step, RATES[str(cell["method"])])
        inner.step(replicas.weights, replicas.gradients(codes)[1])
        arrived = lots.random(workers) >= float(cell["lost"]) if step % every == 0 else None
        if not together:
            rule.after_step(replicas.weights, arrived)
        if step % gap == 0:
            common = replicas.weights[0] if together else rule.common.astype(np.float32)
            losses.append(measured(common))
    return {"gap": gap, "loss": losses}


def _rule(cell: Cell) -> DiLoCo:
    every = int(cell["every"])
    if cell["method"] == "stream":
        pieces = fragments(len(start()), PIECES)
        delay = every // PIECES // 2
        return DiLoCo(start(), every, nesterov, pieces, delay, ALPHA)
    return DiLoCo(start(), every, averaging if cell["method"] == "local" else nesterov)


def cells() -> list[Cell]:
    """The grid. One worker alone has the whole text, and local SGD is nothing new for it; sixteen
    have the whole text only, for they take as long as all the others."""
    found: list[Cell] = []

    def add(method: str, workers: int, every: int, data: str, lost: float = 0.0, seed: int = 1):
        names = ("method", "workers", "every", "data", "lost", "seed")
        found.append(dict(zip(names, (method, workers, every, data, lost, seed), strict=True)))

    for workers in (8, 2, 4, 16, 1):
        apart = workers in (2, 4, 8)  # with a text for each
        for data in ("same", "own") if apart else ("same",):
            add("sync", workers, 1, data)
            for every in LOCAL_STEPS:
                add("diloco", workers, every, data)
        for every in LOCAL_STEPS:
            if apart:
                add("diloco", workers, every, "own", lost=0.5)
            if every >= 2 * PIECES:
                add("stream", workers, every, "same")
        for data, every in product(("same", "own"), LOCAL_STEPS):
            if workers > 1 and (apart or data == "same"):
                add("local", workers, every, data)
    for seed, (method, every) in product(
        (2, 3), (("sync", 1), *product(("diloco", "local"), (50, 500)))
    ):
        add(method, 8, every, "same", seed=seed)
    return found


EXPERIMENT = Experiment(
    name="localsgd",
    about="Held-out loss of a small language model trained by k workers that meet every H steps.",
    cells=cells,
    run=run,
    code=(optimisers, diloco),
    setting={
        "model": {"context": SHAPE.context, "width": SHAPE.width, "layers": SHAPE.layers},
        "batch": BATCH,
        "steps": STEPS,
        "rates": RATES,
        "betas": list(BETAS),
        "warm": WARM,
        "lowest": LOWEST,
        "start": START,
        "held_out": HELD_OUT,
        "pieces": PIECES,
        "alpha": ALPHA,
        "outer": {"step": diloco.DILOCO_STEP, "momentum": diloco.DILOCO_MOMENTUM},
    },
)
