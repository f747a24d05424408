"""Several processes train one small language model together. This is the whole program.

    torchrun --nproc-per-node 2 -m decentralized_ai.labs.together --method ddp
    torchrun --nproc-per-node 2 -m decentralized_ai.labs.together --method diloco --every 20

ddp     torch's DistributedDataParallel averages the gradients while they are computed
sync    the same by hand: gradients are exchanged after each step, by `Exchange`
diloco  each worker takes `--every` steps alone; then they exchange how far they have come

On several hosts each host starts the same command, with the address of one of them:

    torchrun --nnodes 2 --nproc-per-node 1 --rdzv-backend c10d --rdzv-endpoint HOST:29400 \\
        -m decentralized_ai.labs.together --method diloco

torchrun tells each process its number (its rank) and how many there are, and starts all of them
again if one dies and `--max-restarts` allows it: then they go on from `--checkpoint`. What a rule
`compress` had kept back is not in it: a restart loses that. (Set
TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 for that, or they may read the addresses of the first start.)
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel

from ..experiments import text
from ..experiments.language import Language, Shape, flat, unflat
from .together_exchange import Exchange, load_rules
from .together_message import RuleFailed

SHAPE = Shape()
MEASURED = 64  # stretches of held-out text on which the loss is measured


def main() -> None:
    args = arguments()
    report = Report(args.report)
    report("began", pid=os.getpid(), host=args.host)
    torch.set_num_threads(1)
    dist.init_process_group("gloo", timeout=timedelta(seconds=args.patience))
    try:
        train(args, report)
    except RuleFailed as error:
        report("failed", words=str(error))
        raise SystemExit(f"A rule failed: {error}") from None
    dist.destroy_process_group()


def train(args: argparse.Namespace, report: Report) -> None:
    rank, workers = dist.get_rank(), dist.get_world_size()
    corpus = load_text(args.text)
    model = Language(SHAPE, args.seed)
    make = torch.optim.AdamW if args.inner == "adamw" else torch.optim.SGD
    inner = make(model.parameters(), lr=args.rate)
    velocity = np.zeros_like(flat(model))  # of the outer optimiser
    done, velocity = resume(args.checkpoint, model, inner, velocity)
    start = flat(model)  # where all workers stood after the last exchange
    exchange = Exchange(args, load_rules(args.rules))
    forward = DistributedDataParallel(model) if args.method == "ddp" else model
    report("start", workers=workers, done=done)

    for step in range(done + 1, args.steps + 1):
        # Which text a worker reads depends on its rank and the step alone: a restart repeats it.
        draw = np.random.default_rng([args.seed, rank, step])
        codes = torch.from_numpy(text.batch(corpus.train, draw, args.batch, SHAPE.context))
        logits = forward(codes[:, :-1])
        inner.zero_grad()
        cross_entropy(logits.flatten(0, 1), codes[:, 1:].flatten()).backward()
        if args.method == "ddp":
            exchange.count_all_reduce(start.nbytes)  # backward() has done it
        if args.method == "sync":
            set_gradient(model, exchange(gradient(model)))
        inner.step()
        time.sleep(args.slow)

        if args.method == "diloco" and step % args.every == 0:
            outer = exchange(start - flat(model))  # all workers' mean: the outer gradient
            velocity = args.momentum * velocity + outer
            start = start - args.outer_rate * (outer + args.momentum * velocity)  # Nesterov
            unflat(model, start)

        if step % args.every == 0 or step == args.steps:
            save(args.checkpoint, step, model, inner, velocity)
            loss = held_out_loss(model, corpus.held_out) if rank == 0 else None
            report("step", step=step, sent=exchange.sent, loss=loss)
    report("done", sent=exchange.sent, alike=alike(flat(model)))


def load_text(folder: Path | None) -> text.Corpus:
    """The text as codes; from `folder`, if it was put there to save the time of reading it."""
    if folder is None:
        return text.corpus()
    return text.Corpus(*(np.load(folder / f"{name}.npy") for name in ("train", "held_out")))


def held_out_loss(model: Language, held_out: np.ndarray) -> float:
    """Nats a character, on the same stretches every time."""
    codes = text.batch(held_out, np.random.default_rng(0), MEASURED, SHAPE.context)
    with torch.no_grad():
        return float(model.loss(torch.from_numpy(codes)))


def gradient(model: Language) -> np.ndarray:
    """(p,), float32, in the order of `flat`."""
    parts = [
        weight.grad.numpy().ravel() for weight in model.parameters() if weight.grad is not None
    ]
    return np.concatenate(parts)


def set_gradient(model: Language, vector: np.ndarray) -> None:
    sizes = [weight.numel() for weight in model.parameters()]
    parts = torch.from_numpy(np.ascontiguousarray(vector, dtype=np.float32)).split(sizes)
    for weight, part in zip(model.parameters(), parts, strict=True):
        weight.grad = part.view_as(weight)


def alike(weights: np.ndarray) -> bool:
    """Whether all workers hold the same weights, to the last bit or nearly so."""
    low, high = torch.from_numpy(weights.copy()), torch.from_numpy(weights.copy())
    dist.all_reduce(low, dist.ReduceOp.MIN)
    dist.all_reduce(high, dist.ReduceOp.MAX)
    return bool((high - low).max() <= 1e-5)


MOMENTS = ("exp_avg", "exp_avg_sq")  # what AdamW remembers of each weight


def save(
    path: Path | None, step: int, model: Language, inner: torch.optim.Optimizer, outer: np.ndarray
) -> None:
    """One process of each host writes a checkpoint. After an exchange the weights are the same
    everywhere; the moments of DiLoCo's AdamW are this worker's own. The residuals of `compress`,
    which each worker has for itself, are not saved: a restart loses them."""
    if path is None or os.environ.get("LOCAL_RANK", "0") != "0":
        return
    moments = [
        np.concatenate(
            [
                inner.state[w].get(name, torch.zeros_like(w)).numpy().ravel()
                for w in model.parameters()
            ]
        )
        for name in MOMENTS
    ]  # SGD has none
    half = path.with_suffix(".half.npz")  # never leave a file that is half written
    np.savez(half, step=step, rows=np.stack([flat(model), *moments, outer]))
    half.replace(path)


def resume(
    path: Path | None, model: Language, inner: torch.optim.Optimizer, outer: np.ndarray
) -> tuple[int, np.ndarray]:
    """(steps done, the outer optimiser's velocity). Whoever has the newest checkpoint sends it to
    the others, so that a host that comes late, or has lost its disk, goes on like them."""
    step, rows = 0, np.zeros((2 + len(MOMENTS), len(outer)), dtype=np.float32)
    if path is not None and path.exists():
        with np.load(path) as file:
            step, rows = int(file["step"]), file["rows"]
    steps = [torch.zeros(1, dtype=torch.int64) for _ in range(dist.get_world_size())]
    dist.all_gather(steps, torch.tensor([step]))
    newest = int(torch.cat(steps).argmax())
    step = int(steps[newest])
    if step == 0:
        return 0, outer
    shared = torch.from_numpy(rows)
    dist.broadcast(shared, newest)
    unflat(model, rows[0])
    sizes = [weight.numel() for weight in model.parameters()]
    if isinstance(inner, torch.optim.AdamW):
        moments = [shared[1 + i].split(sizes) for i in range(len(MOMENTS))]
        for i, weight in enumerate(model.parameters()):
            parts = {name: moments[j][i].view_as(weight).clone() for j, name in enumerate(MOMENTS)}
            inner.state[weight] = {"step": torch.tensor(float(step)), **parts}
    return step, rows[-1]


class Report:
    """Writes what happens, a line of JSON each, to a file of this worker's own."""

    def __init__(self, folder: Path | None) -> None:
        self.began, self.rank = time.monotonic(), int(os.environ["RANK"])
        self.restart = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))
        self.path = folder / f"{self.rank}.jsonl" if folder else None

    def __call__(self, event: str, **facts: object) -> None:
        seconds = round(time.monotonic() - self.began, 3)
        line = {"event": event, "rank": self.rank, "restart": self.restart, "seconds": seconds}
        if self.path:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({**line, **facts}) + "\n")
        elif self.rank == 0:
            print(event, *(f"{name}={value}" for name, value in facts.items()), flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--method", choices=("ddp", "sync", "diloco"), required=True)
    add("--steps", type=int, default=200, help="inner steps of each worker")
    add("--every", type=int, default=20, help="DiLoCo exchanges (and all report) every that many")
    add("--batch", type=int, default=16, help="stretches of text for each worker and step")
    add("--inner", choices=("adamw", "sgd"), default="adamw", help="each worker's optimiser")
    add("--rate", type=float, default=4e-3, help="of the inner optimiser")
    add("--outer-rate", type=float, default=0.7, help="of DiLoCo's outer SGD")
    add("--momentum", type=float, default=0.9, help="of DiLoCo's outer SGD")
    add("--seed", type=int, default=0)
    add("--rules", type=Path, help="a Python file with compress, expand, aggregate or some of them")
    add("--attackers", type=int, default=0, help="the last so many workers lie")
    add("--attack", choices=("flip", "noise", "nan"), default="flip")
    add("--mbit", type=float, help="wait as long as a link of that many Mbit/s would take")
    add("--slow", type=float, default=0.0, help="seconds added to each step: a slower machine")
    add("--checkpoint", type=Path, help="a file to go on from (.npz)")
    add("--text", type=Path, help="a folder with the text as codes; else it is read from SymPy")
    add("--report", type=Path, help="a folder for the reports of progress")
    add("--host", default="", help="this host's name in the reports")
    add("--patience", type=float, default=30.0, help="seconds to wait for another worker")
    args = parser.parse_args()
    if args.steps < 1 or args.every < 1:
        parser.error("--steps and --every must be at least 1")
    if args.method == "diloco" and args.steps % args.every:  # else the last steps are not shared
        parser.error("DiLoCo ends with an exchange: --steps must be a multiple of --every")
    return args


if __name__ == "__main__":
    main()
