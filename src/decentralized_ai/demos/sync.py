"""Eight machines, hardly faster than one: a training step as computing and exchanging."""

from __future__ import annotations

from ..contract import (
    Challenge,
    Choice,
    Column,
    Demo,
    Guess,
    Preset,
    Slider,
    Table,
    Toggle,
    Value,
    View,
)
from ..quantities import data_size, digits, duration, percent
from ..training.collectives import exchange
from ..training.links import GBIT, LINKS
from ..training.sync import Round, Training
from ..training.sync_ring import ring_all_reduce, schedule
from ..training.sync_words import speed
from .pictures.sync import figure, refused, scene

MOST = 1024  # nodes, tried one by one
COUNTS = (2, 3, 4, 6, 8, 10, 12, 14, 16, 20, 24, 32, 48, 64, 96, 128, 256, 512, 1024)
# Peak operations a second in 16 bits, dense: the makers' figures.
FLOPS = {"card": 165e12, "h100": 989e12, "tpu": 459e12, "h100s": 8 * 989e12, "b200s": 8 * 2250e12}

COVENANT: dict[str, Value] = {
    "nodes": 20,
    "link": "peer",
    "parameters": 72.0,
    "sent": "sparse",
    "every": 30,
    "scheme": "bucket",
    "tokens": 393_216,
    "batch": "own",
    "machine": "b200s",
    "utilisation": 24,
}


def compute(
    nodes: int,
    link: str,
    parameters: float,
    sent: str,
    scheme: str,
    every: int,
    tokens: int,
    batch: str,
    slow: int,
    overlap: bool,
    machine: str,
    utilisation: int,
) -> View:
    """One round of training with these nodes, and the speed of all with any number of them."""
    training = Training(
        parameters=parameters * 1e9,
        tokens=tokens,
        own=batch == "own",
        flops_per_s=FLOPS[machine],
        utilisation=utilisation / 100,
        sent=sent,
        every=every,
        link=LINKS[link],
        scheme=scheme,
        slow=slow,
        overlap=overlap,
    )
    if not training.possible:
        return _refused(training, nodes)
    now, best = training.round(nodes), training.best(MOST)
    shown = sorted({1, *COUNTS, nodes, best})
    speeds = [training.speedup(n) for n in shown]
    metrics = _metrics(training, nodes, now, best)
    return View(
        figure=figure(training, nodes, now, shown, speeds, best),
        takeaway=_takeaway(nodes, now, metrics),
        metrics=metrics,
        table=_table(training, shown, speeds),
        scene=scene(training, nodes),
    )


def _metrics(training: Training, nodes: int, now: Round, best: int) -> dict[str, float]:
    """Seconds, bytes, bytes a second; shares between 0 and 1; speeds in times one node alone."""
    half = max(n for n in range(1, MOST + 1) if training.round(n).share >= 0.5)
    return {
        "possible": 1.0,
        "nodes": float(nodes),
        "share": now.share,
        "compute_s": now.compute_s,
        "latency_s": now.latency_s,
        "bandwidth_s": now.bandwidth_s,
        "exchange_s": now.exchange_s,
        "hidden_s": now.hidden_s,
        "wait_s": now.wait_s,
        "total_s": now.total_s,
        "ring_s": training.exchange(nodes, "ring").total_s,
        "speed": training.speedup(nodes),
        "best": float(best),
        "best_speed": training.speedup(best),
        "half": float(half),
        "eightfold": training.round(8 * nodes).exchange_s / now.exchange_s,
        "message_bytes": training.message_bytes,
        # Of tokens in a step: with so many the exchange would just hide behind the backward pass.
        "hiding_tokens": training.hiding_tokens(nodes),
        "link_bytes_s": training.link.both_ways_bytes_s,
        "slow": float(training.slow),
        "tokens_per_s": training.tokens_per_s(nodes),
    }


def _takeaway(nodes: int, now: Round, metrics: dict[str, float]) -> str:
    words = {"compute": "computing", "latency": "latency", "bandwidth": "bandwidth"}
    first = (
        f"{nodes:,} nodes compute {percent(now.share)} of the time, the bottleneck is "
        f"{words[now.bottleneck]}, and together they are {speed(metrics['speed'])}."
    )
    best, most = round(metrics["best"]), digits(metrics["best_speed"])
    if best == 1:
        second = f"No number of nodes up to {MOST:,} is faster than one alone."
    elif best < MOST:
        second = f"{best:,} nodes are the fastest, {most} times one: one more no longer helps."
    else:
        second = f"Of up to {MOST:,} nodes {MOST:,} are the fastest, {most} times one"
        if metrics["half"] < MOST:
            second += f"; but more than {metrics['half']:,.0f} wait longer than they compute"
        second += "."
    return f"{first} {second}"


def _table(training: Training, shown: list[int], speeds: list[float]) -> Table:
    rows: list[tuple[str | float | None, ...]] = []
    for n, times in zip(shown, speeds, strict=True):
        r = training.round(n)
        seconds = (r.compute_s, r.latency_s, r.bandwidth_s, r.hidden_s, r.total_s)
        rows.append((f"{n:,}", *map(duration, seconds), 100 * r.share, digits(times)))
    return Table(
        f"One round with so many nodes; each has {data_size(training.message_bytes)} to exchange.",
        (
            Column("nodes"),
            Column("computing"),
            Column("latency"),
            Column("bytes"),
            Column("of these, hidden"),
            Column("the whole round"),
            Column("computing", "% of it", 1),
            Column("times one alone"),
        ),
        tuple(rows),
    )


def _refused(training: Training, nodes: int) -> View:
    busy = training.round(1).compute_s / (1 if training.own else nodes)
    return View(
        figure=refused(training, busy),
        takeaway=(
            "This exchange does not exist: a ring, a tree, a server or a butterfly adds numbers up "
            "on the way, and sparse updates hold other places from each node. Collect them, in a "
            "store or from everybody to everybody."
        ),
        metrics={"possible": 0.0, "compute_s": busy},
        table=Table(
            "Only the computing.",
            (Column("nodes"), Column("computing")),
            ((f"{nodes:,}", duration(busy)),),
        ),
    )


def _many(view: View) -> bool:
    m = view.metrics
    return bool(
        m["possible"] and m["nodes"] >= 64 and m["link_bytes_s"] <= GBIT and m["share"] >= 0.9
    )


def _light(view: View) -> bool:
    m = view.metrics
    return bool(m["possible"] and m["wait_s"] > 0 and m["latency_s"] > 0.5 * m["total_s"])


def _rescued(view: View) -> bool:
    m = view.metrics
    return bool(m["possible"] and m["slow"] >= 10 and m["exchange_s"] <= 0.6 * m["ring_s"])


def _alone(view: View) -> bool:
    m = view.metrics
    return bool(m["possible"] and m["best"] == 1 and m["link_bytes_s"] >= 400 * GBIT)


DEMO = Demo(
    id="sync",
    title="Eight machines, hardly faster than one",
    part="training",
    question=(
        "Machines that train together share the computing, and then wait for each other's "
        "results. How much of the time do they still compute, and how many of them help?"
    ),
    guess=Guess(
        "Eight nodes pass their gradients round a ring, over 1 Gb/s each, until all hold the sum. "
        "With sixty-four nodes, how long does such an exchange take?",
        (
            "About eight times as long: there is eight times as much to add up",
            "A quarter longer, or so",
            "An eighth of the time: each carries a smaller piece",
        ),
        lambda view: (
            0 if view.metrics["eightfold"] > 4 else 1 if view.metrics["eightfold"] > 1 else 2
        ),
        "A node sends its array once away and the sums once round, less the piece it keeps: almost "
        "twice the array, with 8 nodes or with 64. Only the number of hops grows, and with it the "
        "latency.",
    ),
    controls=(
        Slider("nodes", "Nodes", 8, COUNTS),
        Choice("link", "Link of a node", "gigabit", {k: link.label for k, link in LINKS.items()}),
        Slider(
            "parameters",
            "Model",
            1.0,
            (0.01, 0.15, 0.6, 1.0, 1.2, 3.0, 8.0, 10.0, 30.0, 72.0, 405.0),
            "billion parameters",
            words={
                0.01: "10 million parameters",
                0.15: "150 million parameters",
                0.6: "600 million parameters",
            },
        ),
        Choice(
            "sent",
            "What is sent",
            "bf16",
            {
                "fp32": "32 bits a parameter",
                "bf16": "16 bits a parameter",
                "int8": "8 bits a parameter",
                "int4": "4 bits a parameter",
                "sparse": "1 in 64, in 2 bits (SparseLoCo)",
                "distro": "1 byte for 429 parameters (DisTrO)",
            },
        ),
        Choice(
            "scheme",
            "How",
            "ring",
            {
                "ring": "round a ring",
                "tree": "up and down a tree",
                "server": "through one server",
                "all_to_all": "everybody to everybody",
                "butterfly": "butterfly: each adds up one piece",
                "weighted": "butterfly, pieces by bandwidth",
                "bucket": "through a store",
            },
        ),
        Slider(
            "every",
            "Steps from one exchange to the next",
            1,
            (1, 5, 10, 30, 50, 100, 500),
            help="more than 1: each trains on its own in between",
        ),
        Slider(
            "tokens",
            "Batch of a step",
            524_288,
            (1024, 2550, 8192, 65_536, 262_144, 393_216, 524_288, 1_048_576, 4_194_304),
            "tokens",
        ),
        Choice(
            "batch",
            "The batch is",
            "shared",
            {"shared": "one, divided among all", "own": "one more for each node"},
        ),
        Slider(
            "slow",
            "One node's link is",
            1,
            (1, 2, 4, 10, 50),
            words={
                1: "as fast as the others",
                2: "2 times slower",
                4: "4 times slower",
                10: "10 times slower",
                50: "50 times slower",
            },
        ),
        Toggle(
            "overlap",
            "Exchange while computing",
            False,
            "behind the backward pass, or the next round",
        ),
        Choice(
            "machine",
            "A node is",
            "card",
            {
                "card": "a gaming card (RTX 4090)",
                "h100": "one H100",
                "tpu": "one TPU v5p",
                "h100s": "a server with 8 H100",
                "b200s": "a server with 8 B200",
            },
        ),
        Slider(
            "utilisation",
            "It reaches",
            40,
            (10, 15, 20, 24, 30, 35, 40, 50, 60, 80, 100),
            "% of its peak",
            "while it computes",
        ),
    ),
    main="nodes",
    presets=(
        Preset(
            "intellect",
            "Across oceans",
            "INTELLECT-1: 10 billion parameters, up to 14 servers with 8 H100, an exchange in 8 "
            "bits every 100 steps, links of 0.5 to 4 Gb/s. Published: 38 minutes of computing, "
            "469 s of exchange worldwide, 83.0% computing (in the USA 103 s, 95.7%). Here with "
            "the slower link; we assume 35% of the peak.",
            "intellect1",
            {
                "nodes": 14,
                "link": "world",
                "parameters": 10.0,
                "sent": "int8",
                "every": 100,
                "tokens": 1_048_576,
                "batch": "own",
                "machine": "h100s",
                "utilisation": 35,
            },
        ),
        Preset(
            "covenant",
            "72 billion, as stated",
            "Covenant-72B: 20 peers with 8 B200, 30 steps in 20 minutes, at most 110 Mb/s up and "
            "500 Mb/s down. Published: 70 s of exchange, 94.5% computing. By this count the "
            "stated links need ten times as long.",
            "covenant72b",
            COVENANT,
        ),
        Preset(
            "covenant8",
            "72 billion, links times 8",
            "The same run with links eight times as fast: as if each of a peer's 8 GPUs had one of "
            "its own, or as if the stated megabits were megabytes. Our guess, not the report's "
            "words. Then the published 70 s are within reach.",
            "covenant72b",
            {**COVENANT, "link": "peer8"},
        ),
        Preset(
            "chips",
            "A data centre",
            "How to Scale Your Model: on a ring of TPU v5p chips, gradients hide behind the "
            "backward pass if each chip has at least 2,550 tokens. Their count takes the peak "
            "rate for granted.",
            "scaling_book",
            {
                "nodes": 16,
                "link": "tpu",
                "parameters": 8.0,
                "tokens": 2550,
                "batch": "own",
                "machine": "tpu",
                "utilisation": 100,
                "overlap": True,
            },
        ),
        Preset(
            "uplink",
            "Home, every step",
            "Epoch AI, as quoted by others: at 60 Mb/s up, plain data parallelism exchanges at "
            "most about 600 million parameters in 10 minutes. We assume 32 bits, a ring and 16 "
            "nodes.",
            "epoch2025",
            {"nodes": 16, "link": "fast_home", "parameters": 0.6, "sent": "fp32"},
        ),
        Preset(
            "distro",
            "Home, 2.8 MB",
            "DisTrO's report: 32 nodes, 1.2 billion parameters, 2.8 MB a step from each. Published "
            "for 10 Mb/s up and 100 down: 2.24 s to send, 6.94 s to receive.",
            "distro",
            {
                "nodes": 32,
                "link": "slow_home",
                "parameters": 1.2,
                "sent": "distro",
                "scheme": "bucket",
                "batch": "own",
                "machine": "h100",
            },
        ),
    ),
    challenges=(
        Challenge(
            "many",
            "Let 64 nodes or more compute at least 90% of the time, with links of 1 Gb/s or less.",
            "Send less, or send less often.",
            _many,
        ),
        Challenge(
            "light",
            "Find a setting in which latency takes more than half of the time.",
            "Many hops, and hardly anything to carry.",
            _light,
        ),
        Challenge(
            "rescued",
            "One node's link is ten times slower. Make the exchange take at most 60% of a ring's.",
            "Who is slow should not have to add up for the others.",
            _rescued,
        ),
        Challenge(
            "alone",
            "Find a data centre, with 400 Gb/s or more, in which no number of nodes beats one.",
            "Much to exchange, little to compute.",
            _alone,
        ),
    ),
    compute=compute,
    shown=(Training, Round, exchange, schedule, ring_all_reduce),
)
