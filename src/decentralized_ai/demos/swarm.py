"""A machine vanishes in mid-sentence, and the sentence goes on: a model held by a swarm."""

from __future__ import annotations

import math

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
from ..inference.swarm import Server, best_start, route
from ..inference.swarm_cover import chance_of_cover
from ..inference.swarm_join import (
    PLACES,
    Habits,
    coverage,
    distances,
    irreplaceable,
    make_machines,
    missing,
    said,
)
from ..inference.swarm_life import READ_START, READ_TOKEN, Life, Session, live
from ..quantities import duration
from .pictures.swarm import figure, scene

DAY = 86_400
MODELS = {
    "bloom7": ("BLOOM-7.1B: 30 blocks", 30),
    "bloom176": ("BLOOM-176B: 70 blocks", 70),
    "llama70": ("Llama 2 70B: 80 blocks", 80),
}
RULES = {
    "needed": "where they are needed most (Petals)",
    "random": "wherever, at random",
    "front": "from the front, all of them",
}
BACK = {
    "never": ("never", None),
    "hour": ("after an hour or so", 3600.0),
    "quarter": ("after 15 minutes or so", 900.0),
    "minute": ("after a minute or so", 60.0),
}
# One A100 that reads BLOOM-176B's weights from main memory for each token: at best 0.18 a second.
OFFLOADED_S = {"bloom176": 1 / 0.18}


def compute(
    servers: int,
    model: str,
    holds: int,
    mixed: bool,
    rule: str,
    leaves: int,
    back: str,
    recovery: str,
    tokens: int,
    rate: int,
    place: str,
    seed: int,
) -> View:
    """One swarm, and one answer that it writes while its machines come and go."""
    blocks = MODELS[model][1]
    machines = make_machines(servers, blocks, holds, mixed, float(rate), place, seed)
    habits = Habits(DAY / leaves if leaves else None, BACK[back][1], rule, recovery == "replay")
    far = distances(machines, place)
    life = live(machines, blocks, habits, far, tokens, seed)
    metrics = _metrics(life, blocks, tokens, leaves)
    if not mixed:
        metrics["random_cover"] = chance_of_cover(blocks, machines[0].length, servers)
    return View(
        figure=figure(life, blocks, OFFLOADED_S.get(model)),
        takeaway=_takeaway(life, blocks, tokens, leaves),
        metrics=metrics,
        table=_table(life, blocks),
        scene=scene(life, far),
    )


def _metrics(life: Life, blocks: int, tokens: int, leaves: int) -> dict[str, float]:
    """Seconds, numbers of servers and tokens. What does not exist is left out."""
    held = coverage(life.servers, blocks)
    found = {
        "room": float(sum(server.length for server in life.servers)),
        "copies": sum(server.length for server in life.servers) / blocks,
        "least": float(min(held)),
        "irreplaceable": float(len(irreplaceable(life.servers, blocks))),
        "finished": float(life.written == tokens),
        "written": float(life.written),
        "left": float(life.left),
        "lost": float(life.lost),
        "moves": float(life.moves),
        "waited": life.waited,
        # So many tokens of history are read in the time of one that is written, and that once.
        "read_tokens": 1 / READ_TOKEN,
        "read_start": READ_START,
    }
    if life.chain:
        found["hops"] = float(len(life.chain.spans))
        found["step"] = life.chain.seconds
        found["speed"] = life.chain.steps_per_s
        # Departures that a chain of that length meets while it writes undisturbed.
        found["expected"] = len(life.chain.spans) * leaves / DAY * tokens * life.chain.seconds
    if life.token_s:
        found["slowest"] = max(life.token_s)
        found["seconds"] = math.fsum(life.token_s)
    return found


def _takeaway(life: Life, blocks: int, tokens: int, leaves: int) -> str:
    room = sum(server.length for server in life.servers)
    count = len(life.servers)
    if not life.chain:
        gaps = said(missing(life.servers, blocks))
        return (
            f"No answer: nobody holds {gaps}. The {count} servers have room for {room} blocks; the "
            f"model has {blocks}."
        )
    hops = len(life.chain.spans)
    through = f"{hops} of the {count} servers" if hops > 1 else f"one of the {count} servers"
    first = f"Each token passes through {through}, in {duration(life.chain.seconds)} at the start; "
    if life.left:
        went = f"{life.left} left the chain"
        worst = f"the slowest token took {duration(max(life.token_s, default=0.0))}"
        if life.ended:
            first += f"{went}, and the answer stopped at {life.written} of {tokens} tokens: "
            first += life.ended
        elif life.lost:
            first += f"{went}, and {life.lost:,} tokens were thrown away"
        else:
            first += f"{went} before the last of {tokens} tokens, {worst}, and none was lost"
    elif life.ended:
        first += f"the answer stopped at {life.written} of {tokens} tokens: {life.ended}"
    else:
        never = "nobody leaves" if not leaves else "nobody left it"
        first += f"{never}, and all {tokens} tokens came"
    return f"{first}. {_fragile(life, blocks)}"


def _fragile(life: Life, blocks: int) -> str:
    alone = len(irreplaceable(life.servers, blocks))
    count = len(life.servers)
    if alone == 0:
        return f"Every block is on {min(coverage(life.servers, blocks))} servers or more."
    if alone == count:
        return "Each server is the only one with some block: whoever leaves breaks the model."
    who = "One server is" if alone == 1 else f"{alone} of the {count} servers are"
    return f"{who} the only one{'s' if alone > 1 else ''} with some block."


def _table(life: Life, blocks: int) -> Table:
    held = coverage(life.servers, blocks)
    part = {name: (a, b) for name, a, b in life.chain.spans} if life.chain else {}
    broke: dict[str, int] = {}
    for repair in life.repairs:
        broke.setdefault(repair.lost[0], repair.token)

    def row(server: Server) -> tuple[str | float | None, ...]:
        alone = sum(held[block] == 1 for block in range(server.start, server.end))
        used = part.get(server.name)
        return (
            str(int(server.name)),
            f"{server.start + 1} to {server.end}",
            f"{used[0] + 1} to {used[1]}" if used else None,
            float(alone),
            float(broke[server.name]) if server.name in broke else None,
        )

    return Table(
        "The servers as they stood when the answer began.",
        (
            Column("server"),
            Column("blocks held"),
            Column("blocks in the chain"),
            Column("blocks that nobody else holds", "", 0),
            Column("gone from the chain after token", "", 0),
        ),
        tuple(row(server) for server in sorted(life.servers, key=lambda server: server.name)),
    )


def _spare(view: View) -> bool:
    m = view.metrics
    return m["irreplaceable"] == 0 and m["least"] > 0 and m["copies"] <= 2


def _quick(view: View) -> bool:
    return view.metrics.get("speed", 0) >= 3 and view.metrics["irreplaceable"] == 0


def _storm(view: View) -> bool:
    m = view.metrics
    return m["left"] >= 5 and m["finished"] == 1 and m["lost"] == 0 and m["slowest"] <= 10


def _uneven(view: View) -> bool:
    return view.metrics["copies"] >= 3 and view.metrics["least"] == 0


DEMO = Demo(
    id="swarm",
    title="A machine vanishes in mid-sentence",
    part="inference",
    question=(
        "A model too large for any of them lies on many machines, a few blocks on each. They "
        "belong to strangers, who switch them off when they like. Can you still get an answer "
        "through?"
    ),
    guess=Guess(
        "Twenty machines hold a model of 80 blocks, each block on two of them or more. Machines "
        "that are writing your answer of 512 tokens leave. What happens to the answer?",
        (
            "It is lost and begins again",
            "It goes on: one token is some seconds late",
            "It waits for minutes, until somebody has loaded the missing blocks",
        ),
        lambda view: 0 if view.metrics["lost"] else 1 if view.metrics["slowest"] < 30 else 2,
        "The client has kept what it sent. It sends that once more to another machine with the "
        "same blocks, which rebuilds what the first one had in memory. That takes seconds, because "
        "a history can be read all at once.",
    ),
    controls=(
        Slider(
            "servers",
            "Servers",
            20,
            (2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40),
        ),
        Choice("model", "Model", "llama70", {key: words for key, (words, _) in MODELS.items()}),
        Slider(
            "holds",
            "A server has room for",
            10,
            (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 30, 40),
            "blocks",
            "never more than the model has",
        ),
        Toggle(
            "mixed",
            "Unequal servers",
            False,
            "as in the Petals test: 0.6, 1 or 1.6 times that many",
        ),
        Choice("rule", "A newcomer takes blocks", "needed", RULES),
        Slider(
            "leaves",
            "A server leaves",
            72,
            (0, 1, 6, 12, 24, 48, 72, 144),
            "times a day",
            "by chance, whatever it has just been doing",
            words={
                0: "never",
                1: "once a day",
                6: "every 4 hours",
                12: "every 2 hours",
                24: "every hour",
                48: "every 30 min",
                72: "every 20 min",
                144: "every 10 min",
            },
        ),
        Choice(
            "back", "and comes back", "quarter", {key: words for key, (words, _) in BACK.items()}
        ),
        Choice(
            "recovery",
            "Then the client",
            "replay",
            {"replay": "sends the history again (Petals)", "restart": "begins the answer again"},
        ),
        Slider("tokens", "Tokens to write", 512, (64, 128, 256, 512)),
        Slider(
            "rate",
            "Speed of a server",
            134,
            (30, 60, 100, 134, 200, 300, 600, 908),
            "blocks/s",
            "for one token; 134 is an A100 in the Petals test",
        ),
        Choice("place", "The servers stand", "atlantic", PLACES),
        Slider("seed", "Random seed", 1, linear(0, 99, 1), help="other cities, other departures"),
    ),
    main="servers",
    presets=(
        Preset(
            "three",
            "Three A100",
            "BLOOM-176B on three servers in one room. Petals' authors measured 1.71 tokens a "
            "second; the speed of a block here is set so that this comes out.",
            "petals_readme",
            {
                "servers": 3,
                "model": "bloom176",
                "holds": 24,
                "place": "lab",
                "leaves": 0,
                "tokens": 128,
            },
        ),
        Preset(
            "apart",
            "100 ms apart",
            "The same three, now 100 ms from each other. Measured: 1.23 tokens a second (at 100 "
            "Mbit/s).",
            "petals_readme",
            {
                "servers": 3,
                "model": "bloom176",
                "holds": 24,
                "place": "far",
                "leaves": 0,
                "tokens": 128,
            },
        ),
        Preset(
            "fourteen",
            "Fourteen gaming cards",
            "The 14 servers of Petals' real test, in Europe and North America, with as many blocks "
            "as Petals' rule gives cards of their size. Measured: 0.83 tokens a second, with all "
            "of them there. Where each stood and when it leaves is drawn by chance.",
            "petals_readme",
            {
                "servers": 14,
                "model": "bloom176",
                "holds": 5,
                "mixed": True,
                "leaves": 12,
                "tokens": 256,
                "seed": 10,
            },
        ),
        Preset(
            "forty",
            "Two large ones",
            "A server in Petals' public swarm reported 40 blocks and 908 blocks a second. Two like "
            "it hold Llama 2 70B. The project says: up to 6 tokens a second.",
            "petals_503",
            {"servers": 2, "holds": 40, "rate": 908, "leaves": 6},
        ),
    ),
    challenges=(
        Challenge(
            "spare",
            "Let any one server leave without a gap, with room for the model twice and no more.",
            "Who decides where a newcomer goes? And do the spans fit together?",
            _spare,
        ),
        Challenge(
            "quick",
            "Write three tokens a second, in a swarm from which any one server may leave.",
            "Each server that a token enters costs time. Fewer, larger, faster, nearer.",
            _quick,
        ),
        Challenge(
            "storm",
            "Lose five servers from the chain or more, and still finish with nothing lost and no "
            "token later than 10 seconds.",
            "A long answer, restless servers, and somebody else for each block.",
            _storm,
        ),
        Challenge(
            "uneven",
            "Have room for the model three times over, and still a block that nobody holds.",
            "Room is not coverage. Let nobody look where help is needed.",
            _uneven,
        ),
    ),
    compute=compute,
    shown=(route, best_start, live, Session),
)
