"""Where does a token's time go? A model split over servers that are apart, and in one room."""

from __future__ import annotations

from dataclasses import replace

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
    View,
    linear,
)
from ..inference.latency import seconds_per_token, transfer
from ..inference.latency_answer import Answer, Setting, engines, in_one_room, one_pass, split
from ..inference.latency_speculation import tokens_a_pass
from ..quantities import digits, duration, percent
from .pictures.latency import PARTS, figure

RTTS = (0.1, 1, 2, 5, 10, 20, 30, 40, 56, 75, 100, 150, 200, 300)
NETWORK = {"packing": "packing messages", "wire": "sending bytes", "distance": "distance"}
LITTLE = 0.005  # a change of the answer's time by a smaller share is called none


def compute(
    rtt: float,
    servers: int,
    path: str,
    model: str,
    bandwidth: int,
    warm: bool,
    drafts: int,
    accept: int,
    busy: int,
    prompt: int,
    answer: int,
) -> View:
    """One answer over these servers, over the same at other distances, and in one room."""
    setting = Setting(
        engine=engines()[model],
        servers=servers,
        path=path,
        rtt_s=rtt / 1000,
        bits_per_s=bandwidth * 1e6,
        busy=busy / 100,
        prompt=prompt,
        answer=answer,
        drafts=drafts,
        accept=accept / 100,
        warm=warm,
    )
    at = [replace(setting, rtt_s=ms / 1000) for ms in RTTS]
    answers = [split(each) for each in at]
    rooms = [in_one_room(replace(each, drafts=0)) for each in at]
    plain = [split(replace(each, drafts=0)) for each in at]
    here = RTTS.index(rtt)
    totals = {
        "split": [a.total_s for a in answers],
        "first": [a.first_s for a in answers],
        "room": [a.total_s for a in rooms],
    }
    if drafts:
        totals["plain"] = [a.total_s for a in plain]
    metrics = _metrics(setting, answers[here], rooms[here], plain[here])
    return View(
        figure=figure(
            answers[here].token, rooms[here].token.total, [float(r) for r in RTTS], rtt, totals
        ),
        takeaway=_takeaway(setting, rtt, metrics),
        metrics=metrics,
        table=_table(answers, rooms),
    )


def _metrics(setting: Setting, now: Answer, room: Answer, plain: Answer) -> dict[str, float]:
    """Seconds; tokens a second; shares between 0 and 1. What is "plain" has no drafts, and neither
    has one room, but for `room_drafted_s`."""
    token = now.token
    return {
        "token_s": token.total,
        "tokens_per_s": 1 / token.total,
        **{part[0]: float(getattr(token, part[0])) for part in PARTS},
        "network": token.network,
        "network_share": token.network / token.total,
        "first_s": now.first_s,
        "first_distance": now.first.distance,
        "first_wire": now.first.wire,
        "total_s": now.total_s,
        "plain_s": plain.total_s,
        "plain_token_s": plain.token.total,
        "room_token_s": room.token.total,
        "room_first_s": room.first_s,
        "room_total_s": room.total_s,
        "room_tokens_per_s": setting.answer / (room.total_s - 2 * setting.rtt_s),
        "room_drafted_s": in_one_room(setting).total_s,
        "times_room": now.total_s / room.total_s,
        "token_times_room": token.total / room.token.total,
        "speedup": plain.total_s / now.total_s,
        "room_speedup": room.total_s / in_one_room(setting).total_s,
        "tokens_a_pass": tokens_a_pass(setting.accept, setting.drafts),
        "wider_s": split(replace(setting, bits_per_s=10 * setting.bits_per_s)).token.total,
        "nearer_s": split(replace(setting, rtt_s=setting.rtt_s / 10)).token.total,
        "servers": float(setting.servers),
        "rtt_ms": 1000 * setting.rtt_s,
        "drafts": float(setting.drafts),
    }


def _takeaway(setting: Setting, rtt: float, metrics: dict[str, float]) -> str:
    most = max(NETWORK, key=lambda part: metrics[part])
    where = f"{setting.servers} servers {rtt:g} ms apart"
    if setting.servers == 1:
        where = f"1 server {rtt:g} ms away"
    words = (
        f"Over {where} a token takes {duration(metrics['token_s'])}, "
        f"{percent(metrics['network_share'])} of it in the network, mostly on {NETWORK[most]}. "
        f"An answer of {setting.answer:,} tokens starts after {duration(metrics['first_s'])} and "
        f"ends after {duration(metrics['total_s'])}, in one room after "
        f"{duration(metrics['room_first_s'])} and {duration(metrics['room_total_s'])}"
    )
    if not setting.drafts:
        return words + "."
    gain = metrics["speedup"]
    change = "change nothing"
    if gain > 1 + LITTLE:
        change = f"make it {digits(gain)} times as fast"
    elif gain < 1 - LITTLE:
        change = f"make it take {digits(1 / gain)} times as long"
    drafts = f"{setting.drafts} drafts" if setting.drafts > 1 else "1 draft"
    if setting.drafts == 1:
        change = change.replace("make", "makes").replace("change", "changes")
    return f"{words}; {drafts} a pass {change}."


def _table(answers: list[Answer], rooms: list[Answer]) -> Table:
    return Table(
        "A token after the first, part by part, and the whole answer, by round trip.",
        (
            Column("round trip", "ms", 1),
            *(Column(part[1], "ms", 2) for part in PARTS),
            Column("a token", "ms", 1),
            Column("first token", "s", 2),
            Column("the answer", "s", 2),
            Column("in one room", "s", 2),
        ),
        tuple(
            (
                float(ms),
                *(1000 * float(getattr(a.token, part[0])) for part in PARTS),
                1000 * a.token.total,
                a.first_s,
                a.total_s,
                room.total_s,
            )
            for ms, a, room in zip(RTTS, answers, rooms, strict=True)
        ),
    )


def _as_one_room(view: View) -> bool:
    m = view.metrics
    return m["servers"] >= 14 and m["rtt_ms"] >= 75 and m["total_s"] <= m["room_total_s"]


def _thin_line(view: View) -> bool:
    m = view.metrics
    return m["rtt_ms"] >= 75 and m["wire"] > m["distance"]


def _too_clever(view: View) -> bool:
    return view.metrics["speedup"] <= 0.75


def _too_fast(view: View) -> bool:
    return view.metrics["token_times_room"] >= 100


DEMO = Demo(
    id="latency",
    title="Where does a token's time go?",
    part="inference",
    question=(
        "A model too large for one machine is cut into pieces, each on another server, and the "
        "servers are far apart. Every token has to pass through all of them before the next can "
        "start. What makes you wait, and what would help?"
    ),
    guess=Guess(
        "Eight servers, round trips of 75 ms, lines of 100 Mbit/s. You may have lines ten times "
        "as fast, or servers ten times as near. Which saves more time a token?",
        ("The faster lines", "The nearer servers", "About the same"),
        lambda view: (
            2
            if abs(view.metrics["wider_s"] - view.metrics["nearer_s"])
            < 0.02 * view.metrics["token_s"]
            else int(view.metrics["nearer_s"] < view.metrics["wider_s"])
        ),
        "What is sent for a token is small: 14 kB to the next server. A faster line saves a "
        "millisecond on each crossing. The distance takes half a round trip on each, whatever "
        "the line.",
    ),
    controls=(
        Slider(
            "rtt",
            "Round trip between machines",
            75,
            RTTS,
            "ms",
            "5: one town. 75: an ocean, or a continent. 0.1: one room",
        ),
        Slider("servers", "Servers that share the model", 8, (1, 2, 3, 4, 6, 8, 10, 14, 20, 30)),
        Choice(
            "path",
            "A token goes",
            "chain",
            {"chain": "from server to server", "hub": "back to you after each"},
        ),
        Choice(
            "model",
            "Model and machines",
            "bloom",
            {name: engine.label for name, engine in engines().items()},
        ),
        Slider(
            "bandwidth",
            "Bandwidth of each line",
            100,
            (5, 10, 20, 50, 100, 200, 500, 1000),
            "Mbit/s",
        ),
        Toggle(
            "warm",
            "Lines stay warm",
            False,
            "off: after a pause TCP sends 14.6 kB, waits for a reply, and only then more",
        ),
        Slider(
            "drafts",
            "Tokens drafted ahead",
            0,
            (0, 1, 2, 3, 4, 5, 7, 10, 15),
            help="by a small model beside you, 10 ms each; one pass then checks them all",
        ),
        Slider("accept", "Drafts that are right", 70, linear(30, 95, 5), "%"),
        Slider(
            "busy",
            "Servers busy with others",
            0,
            (0, 20, 40, 50, 60, 70, 80, 90),
            "%",
            "share of their time; you queue behind",
        ),
        Slider("prompt", "Prompt", 128, (1, 16, 128, 512, 1024), "tokens"),
        Slider("answer", "Answer", 256, (32, 128, 256, 512, 1024), "tokens"),
    ),
    main="rtt",
    presets=(
        Preset(
            "near",
            "Three A100s, one town",
            "Petals' table of March 2023, 1 Gbit/s and below 5 ms: 1.71 tokens a second. The "
            "machines' own time is read off this row, so it fits.",
            "petals_readme",
            {
                "rtt": 5,
                "servers": 3,
                "path": "hub",
                "bandwidth": 1000,
                "prompt": 1,
                "answer": 128,
            },
        ),
        Preset(
            "far",
            "Three A100s, 100 ms",
            "The same three at 100 Mbit/s and 100 ms: 1.23 tokens a second were measured. The "
            "model says less, from server to server a little more.",
            "petals_readme",
            {"rtt": 100, "servers": 3, "path": "hub", "prompt": 1, "answer": 128},
        ),
        Preset(
            "world",
            "Fourteen real servers",
            "Consumer machines in Europe and North America: 0.83 tokens a second were measured. "
            "Nobody printed the distances: 56 ms is our guess, and machines as quick as A100s too.",
            "petals_readme",
            {"rtt": 56, "servers": 14, "path": "hub", "prompt": 1, "answer": 128},
        ),
        Preset(
            "llama",
            "Llama 2 70B, at best",
            "Petals says: up to 6 tokens a second. Here three servers in one town; their time is "
            "BLOOM's, scaled by the bytes of weights.",
            "petals_head",
            {
                "rtt": 5,
                "servers": 3,
                "model": "llama",
                "bandwidth": 1000,
                "prompt": 16,
                "answer": 128,
            },
        ),
        Preset(
            "node",
            "The same model, one machine",
            "BLOOM-176B by DeepSpeed on eight A100s: 44 ms a token, the dotted line. Then the "
            "same speed split over eight servers.",
            "hf_bloom",
            {"model": "node", "prompt": 1, "answer": 128},
        ),
        Preset(
            "data_centre",
            "One data centre",
            "Qwen3-8B on one H100 with one user: 213 tokens a second, the dotted line. Split over "
            "eight servers it would hardly compute and mostly travel.",
            "silybench",
            {"model": "qwen", "prompt": 128, "answer": 128},
        ),
        Preset(
            "drafts",
            "Seven drafts",
            "Leviathan and others: seven drafts of which 75% are right made translation 3.4 times "
            "as fast, on one chip. Here eight servers, on warm lines.",
            "leviathan2023",
            {"drafts": 7, "accept": 75, "warm": True},
        ),
    ),
    challenges=(
        Challenge(
            "as_one_room",
            "Let 14 servers or more, at 75 ms or more, finish the answer as soon as one room "
            "does without drafts.",
            "One pass has to bring several tokens. And a longer message should not start slowly.",
            _as_one_room,
        ),
        Challenge(
            "thin_line",
            "At 75 ms or more, let sending bytes take longer than the distance.",
            "A thin line. Then a longer message, on a line that does not start slowly.",
            _thin_line,
        ),
        Challenge(
            "too_clever",
            "Let drafts make the answer take at least a third longer.",
            "Two tokens do not fit into what TCP sends at once on a cold line.",
            _too_clever,
        ),
        Challenge(
            "too_fast",
            "Find a model whose token takes at least 100 times as long split as in one room.",
            "The quicker the machines, the more of the time is the network.",
            _too_fast,
        ),
    ),
    compute=compute,
    shown=(seconds_per_token, transfer, one_pass, tokens_a_pass),
)
