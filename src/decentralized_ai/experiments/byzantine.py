"""Fifteen workers train one small language model; some of them send poison.

Each step, every honest worker sends a vector; the attackers see all of them and send theirs; a
rule makes one vector of the fifteen, and all weights take a step along it. Momentum (0.9) sits
either at the workers (each sends the running mean of its gradients) or at the server (each sends
its gradient; the server keeps the running mean of what the rule answers). Without attackers the
plain mean gives the same run either way. The rules and attacks are those of `training/`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..training import aggregators, attacks
from ..training.aggregators import RULES, Vectors, refusal
from ..training.attacks import ATTACKS
from . import text
from .grid import Cell, Experiment
from .language import Language, Replicas, Shape, flat

SHAPE = Shape()
WORKERS, BATCH, STEPS, EVERY = 15, 4, 150, 10
RATE, MOMENTUM, TOO_MUCH = 3.0, 0.9, 10.0
# How far from its last answer centered clipping trusts a vector: about as far as honest ones lie
# apart. A running mean with momentum b has sqrt((1 - b) / (1 + b)) = 0.23 of their noise.
RADIUS = {"workers": 0.3, "server": 1.3}
SETTING = {
    "model": {"context": SHAPE.context, "width": SHAPE.width, "layers": SHAPE.layers},
    "workers": WORKERS,
    "batch": BATCH,
    "steps": STEPS,
    "measured_every": EVERY,
    "rate": RATE,
    "momentum": MOMENTUM,
    "radius": RADIUS,
    "attack_strength": {name: attack.strength for name, attack in ATTACKS.items()},
    "diverged_above": TOO_MUCH,
    "warm_up": "150 steps of Adam, rate 0.003, momenta 0.9 and 0.95, 16 stretches a step, seed 0",
    "held_out": 64,
}


def cells() -> list[Cell]:
    """The longest (fewest attackers) first. Every rule and attack, with momentum at either place,
    at 0, 1, 3, 5 and 7 attackers; a second seed without attackers and for "a little is enough" at
    3; a shard of its own for each worker in those two, with momentum at the workers. What a rule
    refuses is left out."""
    places = ("workers", "server")
    found = [_cell(r, "none", 0, m, "same", s) for s in (0, 1) for m in places for r in RULES]
    found += [_cell(rule, "none", 0, "workers", "own", 0) for rule in RULES]
    found += [_cell(r, "little", 3, m, "same", s) for s in (0, 1) for m in places for r in RULES]
    found += [_cell(rule, "little", 3, "workers", "own", 0) for rule in RULES]
    for f in (1, 3, 5, 7):
        for attack in ATTACKS:
            if (attack, f) != ("little", 3):
                work = [rule for rule in RULES if refusal(rule, WORKERS, f) is None]
                found += [_cell(r, attack, f, m, "same", 0) for m in places for r in work]
    return found


def _cell(rule: str, attack: str, f: int, momentum: str, shards: str, seed: int) -> Cell:
    return {
        "rule": rule,
        "attack": attack,
        "attackers": f,
        "momentum": momentum,
        "shards": shards,
        "seed": seed,
    }


def run(cell: Cell) -> dict[str, Any]:
    """loss: held-out nats a character before the first step and then after every EVERY steps.
    diverged: the step after which it was first above TOO_MUCH, or before which somebody sent what
    is no number: there the run ends. None for a run that came to its end."""
    rule, f, seed = RULES[str(cell["rule"])], int(cell["attackers"]), int(cell["seed"])
    at_workers = cell["momentum"] == "workers"
    shards = text.corpus().shards(WORKERS, cell["shards"] == "same")
    honest = range(f, WORKERS)  # the first f are the attackers
    draws = [np.random.default_rng((seed, 1, i)) for i in honest]
    chance = np.random.default_rng((seed, 2))
    weights = warm_up().copy()
    momenta = np.zeros((len(honest), len(weights)), np.float32)
    memory, server = np.zeros_like(weights), np.zeros_like(weights)
    loss = [held_out(weights)]
    for step in range(1, STEPS + 1):
        codes = [
            text.batch(shards[i], draw, BATCH, SHAPE.context)
            for i, draw in zip(honest, draws, strict=True)
        ]
        replicas = Replicas(SHAPE, np.repeat(weights[None], len(honest), axis=0))
        gradients = replicas.gradients(np.stack(codes))[1]
        momenta = blend(momenta, gradients)
        sent = momenta if at_workers else gradients
        if f:
            attack = ATTACKS[str(cell["attack"])]
            sent = np.concatenate([attack.make(sent, f, attack.strength, chance), sent])
        if not np.isfinite(sent).all():
            return {"loss": loss, "diverged": step}
        extra: dict[str, Any] = {}
        if rule.remembers:
            extra = {"center": memory, "radius": RADIUS[str(cell["momentum"])]}
        memory = rule.combine(sent, f, **extra)
        server = memory if at_workers else blend(server, memory)
        weights = weights - np.float32(RATE) * server
        if step % EVERY == 0:
            now = held_out(weights)
            if not now <= TOO_MUCH:
                return {"loss": loss, "diverged": step}
            loss.append(now)
    return {"loss": loss, "diverged": None}


def blend(old: Vectors, new: Vectors) -> Vectors:
    """One more step of a running mean."""
    return np.float32(MOMENTUM) * old + np.float32(1 - MOMENTUM) * new


def held_out(weights: Vectors) -> float:
    """Nats a character on 64 stretches that no worker reads, the same for every run."""
    codes = text.batch(text.corpus().held_out, np.random.default_rng(99), 64, SHAPE.context)
    value = float(Replicas(SHAPE, weights[None]).losses(codes[None])[0])
    return float(f"{value:.4g}")


@cache
def warm_up() -> Vectors:
    """The weights from which every run starts. Little can be poisoned where nothing is learned yet,
    and the very first steps would look alike with every rule."""
    weights = flat(Language(SHAPE, seed=0))
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    rng = np.random.default_rng(0)
    for step in range(1, 151):
        codes = text.batch(text.corpus().train, rng, 16, SHAPE.context)
        gradient = Replicas(SHAPE, weights[None]).gradients(codes[None])[1][0]
        first = np.float32(0.9) * first + np.float32(0.1) * gradient
        second = np.float32(0.95) * second + np.float32(0.05) * gradient * gradient
        rise = first / np.float32(1 - 0.9**step)
        size = np.sqrt(second / np.float32(1 - 0.95**step)) + np.float32(1e-8)
        weights = weights - np.float32(3e-3) * rise / size
    return weights


EXPERIMENT = Experiment(
    name="byzantine",
    about="A small language model trained by 15 workers, some of which send poisoned gradients.",
    cells=cells,
    run=run,
    code=(aggregators, attacks),
    setting=SETTING,
)
