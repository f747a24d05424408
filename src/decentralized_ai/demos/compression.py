"""A tenth of the bytes can be as many: gradient compression, error feedback, and who adds."""

from __future__ import annotations

from ..contract import (
    Challenge,
    Choice,
    Column,
    Demo,
    Guess,
    MultiChoice,
    Preset,
    Slider,
    Table,
    Toggle,
    View,
)
from ..quantities import data_size, digits, duration, settled
from ..training.compress_demo import DctTopK, demo_step
from ..training.compress_powersgd import PowerSGD
from ..training.compress_quantise import Quantise, Sign
from ..training.compression import (
    METHODS,
    MODELS,
    SUMMABLE,
    Recorded,
    break_even,
    family,
    message_bytes,
    mildest,
    plain,
    received_bytes,
    sent_bytes,
)
from ..training.compression_published import BESIDE, PUBLISHED
from ..training.compression_words import published_words
from ..training.compressors import RandomK, TopK, exchange
from .pictures.compression import figure

MBIT = 1e6 / 8  # bytes a second


def compute(
    ratio: int,
    methods: tuple[str, ...],
    feedback: bool,
    below: str,
    nodes: int,
    model: str,
    down: int,
    published: str,
) -> View:
    """What was recorded with messages at least `ratio` times smaller, and what nodes receive."""
    chosen = [run for m in methods if (run := mildest(m, feedback, ratio)) is not None]
    metrics = _metrics(chosen, feedback, nodes, model, down)
    if published != "none":
        item = PUBLISHED[published]
        metrics |= {"published": item.figure, "ours": item.ours, "error": item.error}
        metrics |= BESIDE.get(published, {})
    return View(
        figure=figure(chosen, methods, feedback, ratio, below, nodes, MODELS[model]),
        takeaway=_takeaway(chosen, metrics, ratio, nodes, model, down, published),
        metrics=metrics,
        table=_table(methods, nodes, model),
    )


def _metrics(
    chosen: list[Recorded], feedback: bool, nodes: int, model: str, down: int
) -> dict[str, float]:
    """Nats a character, bytes and seconds a step. For each chosen method m: loss_m, size_m and
    ratio_m (of the recorded model), gain_m (nats that feedback gained, with the form of message
    that goes with it), message_m and received_m (of the model asked for), even_m (nodes from which
    on a sum of everything brings less). best_ratio: of the recorded model; best_times: of the model
    asked for."""
    size = MODELS[model]
    everything = message_bytes("plain", 1, size)
    found = {
        "loss_plain": plain().final,
        "size_plain": plain().size,
        "message_plain": everything,
        "received_plain": received_bytes(everything, nodes, True),
        "seconds_plain": received_bytes(everything, nodes, True) / (down * MBIT),
        "gathered_plain": received_bytes(everything, nodes, False),
    }
    for run in chosen:
        m = run.method
        other = [r for r in family(m, not feedback) if r.strength == run.strength]
        message = sent_bytes(run, size)
        found |= {
            f"loss_{m}": run.final,
            f"size_{m}": run.size,
            f"ratio_{m}": plain().size / run.size,
            f"message_{m}": message,
            f"received_{m}": received_bytes(message, nodes, m in SUMMABLE),
        }
        for twin in other:
            found[f"gain_{m}"] = (twin.final - run.final) * (1 if feedback else -1)
        if m not in SUMMABLE:
            found[f"even_{m}"] = break_even(message, everything)
    if chosen:
        best = min(chosen, key=lambda run: run.final)
        found |= {
            "best_loss": best.final,
            "best_gap": best.final - plain().final,
            "best_ratio": plain().size / best.size,
            "best_times": everything / found[f"message_{best.method}"],
            "best_received": found[f"received_{best.method}"],
            "best_seconds": found[f"received_{best.method}"] / (down * MBIT),
            "best_less": found["received_plain"] / found[f"received_{best.method}"],
        }
    return found


def _takeaway(
    chosen: list[Recorded],
    metrics: dict[str, float],
    ratio: int,
    nodes: int,
    model: str,
    down: int,
    published: str,
) -> str:
    everything = f"{metrics['loss_plain']:.2f}"
    if not chosen:
        first = (
            f"None of the methods shown was recorded with messages {ratio:,} times smaller: take "
            "a milder limit or other methods."
        )
        return first if published == "none" else f"{first} {published_words(PUBLISHED[published])}"
    best = min(chosen, key=lambda run: run.final)
    first = (
        f"With messages at least {ratio:,} times smaller in the recorded model, "
        f"{METHODS[best.method]} ({best.words()}) gets furthest: {settled(best.final):.2f} nats "
        f"where sending everything reaches {everything}."
    )
    if ratio == 1:
        first = (
            f"With no limit on the messages, {METHODS[best.method]} ({best.words()}) gets "
            f"furthest: {settled(best.final):.2f} nats where sending everything reaches "
            f"{everything}."
        )
    if published != "none":
        return f"{first} {published_words(PUBLISHED[published])}"
    way = "can be added on the way" if best.method in SUMMABLE else "cannot be added on the way"
    mine, theirs = data_size(metrics["best_received"]), data_size(metrics["received_plain"])
    soon, late = metrics["best_seconds"], metrics["seconds_plain"]
    second = (
        f"With {MODELS[model].words} weights its messages are {digits(metrics['best_times'])} "
        f"times smaller and {way}: each of {nodes:,} nodes receives {mine} a step, and "
        f"{theirs} if everything is added on a ring ({duration(soon)} "
        f"against {duration(late)})."
    )
    return f"{first} {second}"


def _table(methods: tuple[str, ...], nodes: int, model: str) -> Table:
    rows: list[tuple[str | float | None, ...]] = [_row(plain(), None, nodes, model)]
    for m in methods:
        without = {run.strength: run for run in family(m, False)}
        for run in reversed(family(m, True)):
            rows.append(_row(run, without.get(run.strength), nodes, model))
    count = len(plain().losses)
    return Table(
        f"Loss: mean over {count} recorded run{'s' if count > 1 else ''} each. Received: by each "
        f"of {nodes:,} nodes, {MODELS[model].words} weights.",
        (
            Column("message"),
            Column("sent", "bytes a step", 0),
            Column("times smaller", "", 1),
            Column("loss with feedback", "nats", 3),
            Column("loss without", "nats", 3),
            Column("received", "MB a step", 3),
        ),
        tuple(rows),
    )


def _row(
    run: Recorded, without: Recorded | None, nodes: int, model: str
) -> tuple[str | float | None, ...]:
    message = sent_bytes(run, MODELS[model])
    name = METHODS.get(run.method, "everything")
    return (
        name if run.method == "plain" else f"{name}, {run.words()}",
        run.size,
        plain().size / run.size,
        None if run.method == "plain" else run.final,
        run.final if run.method == "plain" else without.final if without else None,
        received_bytes(message, nodes, run.method in SUMMABLE) / 1e6,
    )


def _free(view: View) -> bool:
    return _smaller(view) >= 30 and view.metrics["best_gap"] <= 0.2


def _trap(view: View) -> bool:
    return _smaller(view) >= 10 and view.metrics["best_less"] < 1


def _smaller(view: View) -> float:
    """How many times smaller the best method's messages are, in the model where it is less."""
    return min(view.metrics.get("best_ratio", 0), view.metrics.get("best_times", 0))


def _hurts(view: View) -> bool:
    return any(
        gain <= -0.1 and view.metrics[f"loss_{m}"] == view.metrics["best_loss"]
        for m in METHODS
        if (gain := view.metrics.get(f"gain_{m}")) is not None
    )


def _minute(view: View) -> bool:
    giant = view.metrics["message_plain"] >= 4 * 72e9
    quick = view.metrics.get("best_seconds", 1e9) <= 60
    return giant and quick and view.metrics["best_gap"] <= 0.3


DEMO = Demo(
    id="compression",
    title="A tenth of the bytes can be all of them",
    part="training",
    question=(
        "Workers that learn together send each other gradients: a number for each weight, in each "
        "step. What if they sent less? A few of the numbers, or all of them roughly. How much "
        "worse does the model get, and how much less arrives?"
    ),
    guess=Guess(
        "Each of 32 nodes sends only the largest 3% of its gradient, with their places: a message "
        "about 17 times smaller. Everything would be added up on a ring. How much less does each "
        "node receive?",
        (
            "About 17 times less",
            "About 4 times less",
            "About as much as before",
        ),
        lambda view: (
            2
            if (less := view.metrics["received_plain"] / view.metrics["received_topk"]) < 2
            else 1
            if less < 8
            else 0
        ),
        "Two gradients can be added into one of the same size, on the way. Two lists of different "
        "places cannot: everybody has to receive everybody's list, 31 of them.",
    ),
    controls=(
        Slider(
            "ratio",
            "Messages at least so many times smaller",
            20,
            (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 500, 1000),
            words={1: "no limit", 2: "2 times", 20: "20 times"},
        ),
        MultiChoice(
            "methods",
            "Methods shown",
            ("topk", "quantise", "sign", "powersgd"),
            {
                "topk": "top-k",
                "randk": "random-k",
                "quantise": "few bits",
                "sign": "sign",
                "powersgd": "PowerSGD",
                "demo": "DeMo",
            },
            4,
        ),
        Toggle("feedback", "Error feedback", True, "what was not sent is added to the next step"),
        Choice(
            "below",
            "Below",
            "curves",
            {"curves": "how the loss fell", "nodes": "what each node receives"},
        ),
        Slider("nodes", "Nodes", 32, (2, 4, 8, 16, 20, 32, 64, 128, 256, 512, 1024)),
        Choice("model", "Weights", "b1", {name: m.words for name, m in MODELS.items()}),
        Slider(
            "down",
            "Download of a node",
            100,
            (10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000),
            "Mb/s",
        ),
        Choice(
            "published",
            "Compare with",
            "none",
            {
                "none": "nothing",
                "distro_plain": "DisTrO's baseline",
                "distro": "DisTrO",
                "distro_down": "DisTrO's download",
                "demo": "DeMo",
                "covenant": "Covenant-72B",
                "signsgd": "signSGD",
                "dgc": "Deep Gradient Compression",
            },
        ),
    ),
    main="ratio",
    presets=(
        Preset(
            "distro",
            "DisTrO, August 2024",
            "1.2 billion weights on 32 GPUs: 74.4 GB received a step by its baseline, 86.8 MB by "
            "DisTrO, 857 times less. The baseline's figure is everybody's gradient in 2 bytes, not "
            "a ring.",
            "distro",
            {"below": "nodes", "nodes": 32, "model": "b1", "published": "distro_plain"},
        ),
        Preset(
            "home",
            "DisTrO at home",
            "The same messages over 100 Mb/s down: the report's own worst case is 6.94 s a step.",
            "distro",
            {"nodes": 32, "model": "b1", "down": 100, "published": "distro_down", "ratio": 100},
        ),
        Preset(
            "demo",
            "DeMo's defaults",
            "demo.py keeps 32 of each 64 x 64 chunk; the paper claims up to 85 times less data "
            "for models up to 1 billion weights.",
            "demo2024",
            {"methods": ("demo",), "ratio": 50, "model": "b1", "published": "demo"},
        ),
        Preset(
            "covenant",
            "Covenant-72B, 2026",
            "72 billion weights, about 20 nodes, 500 Mb/s down: 64 of 4,096 values at 2 bits. The "
            "authors say more than 146 times smaller; sent once in 30 steps.",
            "covenant_post",
            {
                "methods": ("topk", "demo"),
                "ratio": 100,
                "nodes": 20,
                "model": "b72",
                "down": 500,
                "published": "covenant",
                "below": "nodes",
            },
        ),
        Preset(
            "sign",
            "One bit each",
            "signSGD sends signs only, 32 times less; each bit still has to reach everybody, or a "
            "server that counts the votes.",
            "signsgd_vote",
            {
                "methods": ("sign", "quantise"),
                "ratio": 30,
                "nodes": 64,
                "below": "nodes",
                "published": "signsgd",
                "feedback": False,
            },
        ),
        Preset(
            "dgc",
            "A thousandth",
            "Deep Gradient Compression sends 0.1% of the values: ResNet-50's 97 MB become 0.35.",
            "dgc",
            {"methods": ("topk",), "ratio": 500, "nodes": 64, "published": "dgc"},
        ),
    ),
    challenges=(
        Challenge(
            "free",
            "Make messages at least 30 times smaller and lose at most 0.2 nats.",
            "Not all methods are on the first picture. And try both settings of the feedback.",
            _free,
        ),
        Challenge(
            "trap",
            "Let the best method send at least 10 times less, and every node receive more than if "
            "everything were sent.",
            "What cannot be added has to be received from everybody.",
            _trap,
        ),
        Challenge(
            "hurts",
            "Let the best method shown be at least 0.1 nats worse for its error feedback.",
            "Show one method at a time.",
            _hurts,
        ),
        Challenge(
            "minute",
            "Get a step of 72 billion weights into one minute, and lose at most 0.3 nats.",
            "Fewer nodes, a faster link, smaller messages: which of them cost no loss?",
            _minute,
        ),
    ),
    compute=compute,
    shown=(exchange, TopK, RandomK, Quantise, Sign, PowerSGD, DctTopK, demo_step),
)
