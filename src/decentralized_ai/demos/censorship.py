"""More operators, the same outage: a network and a company, and what they share."""

from __future__ import annotations

from dataclasses import replace

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
    View,
)
from ..resilience.censorship import (
    ABROAD,
    CHANCE,
    CLOUD,
    DOOR,
    EVENTS,
    HIDDEN,
    LAW,
    LISTED,
    OPEN,
    REGIONS,
    SAME_CLOUD,
    SAME_COUNTRY,
    Network,
    World,
    company,
    happening,
)
from ..resilience.censorship_exact import too_few
from ..resilience.censorship_facts import happened
from ..resilience.censorship_toss import Tossed, toss
from ..resilience.censorship_words import OUT, WHERE, YEAR, takeaway
from .pictures.censorship import figure

SIZES = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128)
SHARES = (0, 25, 50, 75)  # of the thin lines, % in the largest cloud
SEED = 6
Row = tuple[str | float | None, ...]
SPARES = {
    "none": "one hub, one rail",
    "copies": "copies of the weights, one rail",
    "rails": "one hub, two rails",
    "both": "copies of the weights, two rails",
}


def compute(
    operators: int,
    share: int,
    need: int,
    doors: int,
    apart: str,
    spares: str,
    law: int,
    away: float,
    outage: float,
    happens: tuple[str, ...],
    region: str,
    clouds: int,
) -> View:
    """A network of `operators` beside a company, and how often each leaves a user alone."""
    world = World(outage / 100, away / 100, happening(happens))
    copies, rails = spares in ("copies", "both"), 2 if spares in ("rails", "both") else 1
    network = Network(operators, share, law, need, doors, apart, copies, rails)
    sized = [replace(network, operators=size) for size in SIZES]
    curve = [other.away(world, region) for other in sized]
    tossed = toss(network, world, region, SIZES, SEED)
    places = {r: (network.away(world, r), company(world, clouds, r)) for r in REGIONS}
    alone = {
        other: [replace(one, share=other).links(world)["operators"] for one in sized]
        for other in SHARES
    }
    floor = network.away(world, region, perfect=True)
    metrics = _metrics(network, world, region, places, floor, tossed)
    us = figure(places, region, SIZES, operators, curve, tossed, places[region][1], floor, alone)
    return View(
        figure=us,
        takeaway=takeaway(network, world, region, places[region], floor),
        metrics=metrics,
        table=_table(places, curve, tossed, places[region][1], alone, region),
    )


def _metrics(
    network: Network,
    world: World,
    region: str,
    places: dict[str, tuple[float, float]],
    floor: float,
    tossed: tuple[Tossed, ...],
) -> dict[str, float]:
    """Shares of the time away, 0 to 1; counts; 1 for what happens or where the user is."""
    at = SIZES.index(network.operators)
    found = {
        "network": places[region][0],
        "company": places[region][1],
        "floor": floor,
        "network_hours": places[region][0] * YEAR / 3600,
        "company_hours": places[region][1] * YEAR / 3600,
        "operators": network.operators,
        "needed": network.needed,
        "in_cloud": network.in_cloud,
        "under_law": network.under_law,
        "outage": world.outage,
        "simulated": tossed[at].away,
        "simulated_error": tossed[at].error,
        "alone_seconds": too_few(network.needed, network.operators, world.single) * YEAR,
        "ways_hours": network.links(world, region)["ways"] * YEAR / 3600,
        "ways_seconds": network.links(world, region)["ways"] * YEAR,
        **{f"link.{name}": value for name, value in network.links(world, region).items()},
        **{f"in.{name}": value for name, (value, _) in places.items()},
        **{f"out.{event}": float(event in world.happens) for event in EVENTS},
        **{f"region.{name}": float(name == region) for name in REGIONS},
    }
    tries = network.tries(world)
    return found if tries is None else {**found, "tries": tries}


def _table(
    places: dict[str, tuple[float, float]],
    curve: list[float],
    tossed: tuple[Tossed, ...],
    other: float,
    alone: dict[int, list[float]],
    region: str,
) -> Table:
    kinds: list[Row] = [
        (f"{WHERE[name]}", 100 * net, None, None, 100 * firm, *[None] * len(SHARES))
        for name, (net, firm) in places.items()
    ]
    sizes: list[Row] = [
        (
            f"{size} operators",
            100 * curve[i],
            100 * tossed[i].away,
            100 * tossed[i].error,
            100 * other,
            *[100 * alone[share][i] for share in SHARES],
        )
        for i, size in enumerate(SIZES)
    ]
    return Table(
        "Share of the time without an answer, for your number of operators in each kind of place, "
        f"and {WHERE[region]} for other numbers. Alone: the operators without the other links, by "
        "share in the largest cloud.",
        (
            Column("case"),
            Column("network", "%", 4),
            Column("simulated", "%", 2),
            Column("standard error", "%", 2),
            Column("company", "%", 4),
            *(Column(f"alone, {share}%", "%", 4) for share in SHARES),
        ),
        (*kinds, *sizes),
    )


def _crowd(view: View) -> bool:
    of = view.metrics
    return of["operators"] >= 96 and of["company"] < of["network"] < 1


def _hour(view: View) -> bool:
    of = view.metrics
    everyday = of["out.chance"] and of["outage"] >= 0.001
    return bool(everyday and of["network"] * YEAR < 3600)


def _without(view: View) -> bool:
    of = view.metrics
    third, half = 3 * of["in_cloud"] >= of["operators"], 2 * of["needed"] >= of["operators"]
    both = of["out.cloud"] and of["out.chance"]
    return bool(both and third and half and of["network"] * YEAR < 86_400)


def _reached(view: View) -> bool:
    of = view.metrics
    hard = of["out.chance"] and of["out.law"] and of["region.listed"]
    return bool(hard and of["network"] < 0.01)


def _words(event: str) -> str:
    """What a preset says of a recorded event."""
    return happened(event)["what"]


DEMO = Demo(
    id="censorship",
    title="More operators, the same outage",
    part="resilience",
    question=(
        "A network has many operators, a company has one cloud. Take out a cloud, a country, the "
        "model hub, a way to pay or the front end: who still gets answers, and what would it take "
        "to lean on nothing that others lean on too?"
    ),
    guess=Guess(
        "Thirty-two operators, half of them in one cloud; any sixteen are enough. They share one "
        "front end, one model hub, one payment rail. A company has one front end, one rail, one "
        "cloud, and its own weights. Each shared thing is down 14.5 hours a year. Who is away "
        "longer?",
        (
            "The company, ten times as long or more",
            "The company, a little longer",
            "The network, a little longer",
            "The network, ten times as long or more",
        ),
        lambda view: sum(
            view.metrics["network"] * ratio > view.metrics["company"] for ratio in (10, 1, 0.1)
        ),
        "Both are chains. The network's has one more link that nobody doubled, the hub, and its "
        "front end stands in the same cloud as half of its operators.",
    ),
    controls=(
        Slider("operators", "Operators", 32, SIZES),
        Slider(
            "share",
            "Of them in the largest cloud",
            50,
            (0, 10, 20, 25, 33, 40, 50, 65, 75, 90, 100),
            "%",
        ),
        Slider(
            "need",
            "Must be there to carry the load",
            50,
            (0, 10, 25, 33, 50, 61, 67, 75, 90, 100),
            "%",
            words={0: "one is enough", 100: "all of them"},
        ),
        Slider(
            "doors",
            "Ways in (front end and gateway)",
            1,
            (1, 2, 3, 4, 6, 8),
            help="the first stands in the largest cloud",
        ),
        Choice(
            "apart",
            "The other ways in stand",
            ABROAD,
            {
                SAME_CLOUD: "in the same cloud",
                SAME_COUNTRY: "in other clouds, same country",
                ABROAD: "abroad, in clouds of their own",
                HIDDEN: "abroad, and on no list",
            },
        ),
        Choice("spares", "Weights and payment", "none", SPARES),
        Slider(
            "law",
            "Other operators under the home law",
            25,
            (0, 10, 25, 46, 50, 75, 100),
            "%",
            "the largest cloud is under it anyway",
        ),
        Slider("away", "One operator is away", 10.0, (0.1, 1.0, 5.0, 10.0, 20.0, 30.0, 50.0), "%"),
        Slider(
            "outage",
            "A shared thing is down",
            0.166,
            (0.001, 0.01, 0.014, 0.05, 0.1, 0.166, 0.5, 1.0, 2.0, 5.0),
            "%",
            words={
                0.001: "5 minutes a year",
                0.01: "53 minutes a year",
                0.014: "73 minutes a year",
                0.05: "4.4 hours a year",
                0.1: "8.8 hours a year",
                0.166: "14.5 hours a year",
                0.5: "1.8 days a year",
                1.0: "3.7 days a year",
                2.0: "7.3 days a year",
                5.0: "18 days a year",
            },
        ),
        MultiChoice(
            "happens",
            "What is out",
            (CHANCE,),
            {CHANCE: "everyday outages", **OUT},
            len(EVENTS),
            "for the network and for the company",
        ),
        Choice("region", "The user lives", OPEN, WHERE),
        Slider("clouds", "Clouds of the company", 1, (1, 2, 3), help="each can carry the load"),
    ),
    main="operators",
    presets=(
        Preset(
            "region",
            "One region",
            f"{_words('region')} ({happened('region')['minutes']} minutes in October 2025). Half "
            "of this network, its front end and the whole company stand there.",
            "aws_us_east_1",
            {"happens": (CLOUD,), "outage": 0.166},
        ),
        Preset(
            "clouds",
            "The same, in two clouds",
            "An example of Microsoft's: what a region offers is doubled, the front door and the "
            "sign-in are not. Combined: 99.9779%. Look at the company.",
            "azure_sla",
            {"clouds": 2, "outage": 0.01},
        ),
        Preset(
            "router",
            "Many sellers, one router",
            f"{_words('router_first')} ({happened('router_first')['minutes']} and "
            f"{happened('router_second')['minutes']} minutes in February 2026). The company says "
            "that it fronts more than sixty sellers.",
            "openrouter_outages",
            {"operators": 64, "share": 0, "need": 0, "outage": 0.014, "happens": (CHANCE, DOOR)},
        ),
        Preset(
            "wallets",
            "A chain behind a gateway",
            f"{_words('wallets')} (press reports, October 2025).",
            "metamask_aws",
            {
                "operators": 128,
                "share": 33,
                "need": 0,
                "doors": 3,
                "apart": SAME_CLOUD,
                "spares": "both",
                "happens": (CHANCE, CLOUD),
            },
        ),
        Preset(
            "host",
            "A host says no",
            f"{_words('host')} (November 2022). It held {happened('host')['stake']}% of the stake; "
            f"{happened('host')['stake_to_stop']}% would have had to go, it was reported.",
            "decrypt_hetzner",
            {
                "operators": 128,
                "share": 20,
                "need": 61,
                "doors": 8,
                "spares": "both",
                "away": 1.0,
                "happens": (CHANCE, CLOUD),
            },
        ),
        Preset(
            "sanction",
            "A sanction",
            f"{_words('sanction')}.",
            "wahrstatter2023",
            {
                "operators": 128,
                "share": 0,
                "law": 46,
                "need": 0,
                "doors": 4,
                "spares": "both",
                "happens": (LAW,),
            },
        ),
        Preset(
            "bridges",
            "Ways in on no list",
            f"{_words('bridges')}.",
            "fifield2016",
            {
                "operators": 64,
                "doors": 4,
                "apart": HIDDEN,
                "spares": "both",
                "need": 0,
                "region": LISTED,
            },
        ),
        Preset(
            "nothing",
            "Nothing shared",
            "Moore and Shannon (1956): as reliable as you like, from parts however poor, if there "
            "are enough of them and nothing is common to all.",
            "moore_shannon1956",
            {
                "operators": 128,
                "share": 0,
                "need": 25,
                "doors": 8,
                "spares": "both",
                "away": 50.0,
                "law": 0,
            },
        ),
    ),
    challenges=(
        Challenge(
            "crowd",
            "Gather 96 operators or more, and still be away longer than the company.",
            "They need something that nobody doubled.",
            _crowd,
        ),
        Challenge(
            "hour",
            "Be away less than an hour a year, though each shared thing is down 8.8 hours or more.",
            "Go along the chain: ways in, weights, payment, and the cloud that many share.",
            _hour,
        ),
        Challenge(
            "without",
            "Lose the largest cloud with a third of all operators in it, need half of them, and be "
            "away less than a day a year.",
            "Those left must be enough with a margin. And people must still find a way in.",
            _without,
        ),
        Challenge(
            "reached",
            "Take out everything under the home law. Reach a user for whom every listed way in is "
            "blocked, 99% of the time.",
            "Where must the ways in stand, and who knows of them?",
            _reached,
        ),
    ),
    compute=compute,
    shown=(Network, World, company, too_few, toss),
)
