"""Four numbers for one distribution, and none of them sees people."""

from __future__ import annotations

from ..contract import (
    Challenge,
    Column,
    Demo,
    Grid,
    Guess,
    MultiChoice,
    Preset,
    Slider,
    Table,
    View,
)
from ..governance.concentration import coefficient, evenness, gini, herfindahl
from ..governance.concentration_accounts import LAYERS, SHARES, Holders, checked, needed
from ..quantities import digits, listed, percent
from .pictures.concentration import figure

NAMES = tuple("ABCDEFGHIJ")
PASS: dict[int | float, str] = {33: "a third", 50: "half", 67: "two thirds"}
TAILS = (0, 1, 5, 8, 10, 20, 24, 37, 42, 50, 100, 200)


def compute(
    stakes: tuple[int, ...],
    parts: int,
    cap: int,
    tail: int,
    threshold: int,
    under: tuple[str, ...],
) -> View:
    """Measure the accounts, count the owners, and find the layer that takes the fewest."""
    holders = Holders(stakes, tail, parts, cap)
    layers = {name: needed(name, SHARES[threshold]) for name in under}
    if not holders.owned:
        found = {"holders": 0.0}
    else:
        found = _metrics(holders, Holders(stakes, tail, 20, cap), threshold, layers)
    return View(
        figure=figure(holders, found, layers, PASS[threshold], NAMES),
        takeaway=_takeaway(holders, found, layers, threshold),
        metrics=found,
        table=_table(holders, found),
    )


def _metrics(
    holders: Holders, apart: Holders, threshold: int, layers: dict[str, int]
) -> dict[str, float]:
    """needed: accounts that pass the threshold together; owners: the same for owners. twenty.*:
    what would change if the largest holder had twenty accounts. What does not exist is left out."""
    accounts = coefficient(holders.weights, SHARES[threshold])
    now, then = Holders(holders.stakes, holders.tail, 1, holders.cap).measures(), apart.measures()
    whole = min(accounts, *layers.values())
    return {
        "holders": len(holders.owned),
        "accounts": len(holders.weights),
        "needed": accounts,
        "owners": coefficient(holders.owners, SHARES[threshold]),
        "top": holders.owners[0] / sum(holders.owners),
        **holders.measures(),
        "whole": whole,
        **{f"layer.{name}": count for name, count in layers.items()},
        **{f"twenty.{key}": then[key] - now[key] for key in now if key in then},
    }


def _takeaway(
    holders: Holders, found: dict[str, float], layers: dict[str, int], threshold: int
) -> str:
    share = PASS[threshold]
    if not holders.owned:
        return "Nobody holds anything, so there is nothing to measure: give somebody a stake."
    numbers = (
        f"Gini {digits(found['gini'], 2)}, HHI {digits(round(found['hhi']), 5)}, "
        f"{_evenness(found)}: as concentrated as {digits(found['equal'])} equal holders"
    )
    if found["holders"] == 1 and holders.parts == 1:
        first = f"One holder has everything: {numbers}."
    elif holders.parts == 1:
        verb = "together pass" if found["needed"] > 1 else "alone passes"
        of = f"{int(found['needed'])} of {int(found['holders'])} holders"
        first = f"{of} {verb} {share}: {numbers}."
    else:
        first = (
            f"By accounts it takes {int(found['needed'])} of {int(found['accounts'])} to pass "
            f"{share}, by owners {int(found['owners'])} of {int(found['holders'])}; the measures "
            f"see accounts: {numbers}."
        )
    every = {"yours": int(found["needed"]), **layers}
    low = min(every.values())
    at = [
        "your own" if name == "yours" else LAYERS[name]["name"]
        for name, count in every.items()
        if count == low
    ]
    verb = "takes" if len(at) == 1 else "take"
    parties = "one party" if low == 1 else f"{low} parties"
    return f"{first} Of {len(every)} layers, the narrowest {verb} {parties}: {listed(at)}."


def _evenness(found: dict[str, float]) -> str:
    return f"evenness {digits(found['evenness'], 2)}" if "evenness" in found else "no evenness"


def _table(holders: Holders, found: dict[str, float]) -> Table:
    total = sum(holders.owners)
    at = {i: (parts, parts * weight) for i, parts, weight in holders.owned}
    rows: list[tuple[str | float | None, ...]] = []
    for i, stake in enumerate(holders.stakes):
        parts, weight = at.get(i, (0, 0))
        rows.append((NAMES[i], stake, parts, 100 * weight / total if total else 0.0))
    if holders.tail:
        places = range(len(holders.stakes), len(holders.stakes) + holders.tail)
        counted = [at[i] for i in places]
        held = 100 * sum(weight for _, weight in counted) / total
        accounts = sum(parts for parts, _ in counted)
        rows.append((f"{holders.tail} more", holders.tail, accounts, held))
    caption = "Holders" + (f", and a cap of {holders.cap}% an account" if holders.cap < 100 else "")
    if "top" in found:
        caption += f". The largest owner counts for {percent(found['top'])}"
    return Table(
        f"{caption}. Other layers: book/concentration.yml, checked on {checked()}.",
        (
            Column("holder"),
            Column("stake", digits=0),
            Column("accounts", digits=0),
            Column("counts for", "%", 1),
        ),
        tuple(rows),
    )


def _told(view: View) -> int:
    """Which answer to the guess is right."""
    even, index = view.metrics["twenty.gini"], view.metrics["twenty.hhi"]
    if even * index < 0:
        return 3
    return 0 if not index else 1 if index < 0 else 2


def _disguise(view: View) -> bool:
    of = view.metrics
    return bool(of["holders"]) and of["needed"] >= 2 * of["owners"]


def _twins(view: View) -> bool:
    of = view.metrics
    alike = of["holders"] and of["accounts"] == of["holders"]
    return bool(alike) and abs(of["gini"] - FIRST["gini"]) <= 0.01 and of["needed"] >= 6


def _crowd(view: View) -> bool:
    of = view.metrics
    alike = of["holders"] and of["accounts"] == of["holders"]
    return bool(alike) and of["gini"] >= FIRST["gini"] + 0.3 and of["needed"] > FIRST["needed"]


def _cap(view: View) -> bool:
    of = view.metrics
    return bool(of["holders"]) and of["needed"] >= 10 and of["owners"] == 1


STAKES = (30, 16, 12, 10, 8, 7, 6, 5, 4, 2)
FIRST = {"gini": float(gini(STAKES)), "needed": coefficient(STAKES)}

DEMO = Demo(
    id="concentration",
    title="Four numbers for power, and none of them sees people",
    part="governance",
    question=(
        "Ten holders share the votes. How concentrated is that? There are four usual numbers. "
        "Reshape the stakes by hand, let the largest holder open more accounts, and see which "
        "number notices what."
    ),
    guess=Guess(
        "The largest of the ten holders spreads its stake over twenty accounts of its own. Nobody "
        "gives anything away. What do the Gini coefficient and the Herfindahl-Hirschman index say?",
        (
            "Both: as concentrated as before",
            "Both: less concentrated",
            "Both: more concentrated",
            "One says more, the other says less",
        ),
        _told,
        "Both count accounts, and nobody has more than before. But the Gini compares accounts with "
        "each other, and sees twenty new poor ones; the index squares shares, and sees that the "
        "one big share is gone.",
    ),
    controls=(
        Grid(
            "stakes",
            "Stakes",
            ("",),
            NAMES,
            STAKES,
            high=100,
            help="who holds nothing is no holder",
        ),
        Slider(
            "parts",
            "Accounts of the largest holder",
            1,
            (1, 2, 3, 4, 5, 6, 8, 10, 15, 20),
            help="it spreads its stake evenly over them",
        ),
        Slider(
            "cap",
            "An account counts for at most",
            100,
            (2, 5, 10, 15, 20, 30, 50, 100),
            "% of all stake",
            words={100: "all that it holds"},
        ),
        Slider("tail", "Further holders, with 1 each", 0, TAILS),
        Slider("threshold", "To decide takes more than", 50, tuple(PASS), words=PASS),
        MultiChoice(
            "under",
            "Layers that it stands on",
            ("clouds", "compute", "clients"),
            {name: f"{words['name']} ({words['when']})" for name, words in LAYERS.items()},
            len(LAYERS),
        ),
    ),
    main="parts",
    presets=(
        Preset(
            "pools",
            "Bitcoin's pools",
            "Shares of Bitcoin's blocks in 2025, in half percents, by one analyst's estimate: "
            "AntPool with its proxy pools 40%, Foundry 30%, ViaBTC 14.5%, F2Pool 10%, MARA 5%.",
            "pools2025",
            {"stakes": (80, 60, 29, 20, 10, 0, 0, 0, 0, 0), "tail": 1},
        ),
        Preset(
            "clouds",
            "Clouds",
            "Shares of the world's spending on clouds, second quarter of 2025, percent: AWS 30, "
            "Azure 20, Google 13, then 4 and less. What is left is 24 times one percent here.",
            "cargoson_cloud",
            {"stakes": (30, 20, 13, 4, 3, 2, 2, 2, 0, 0), "tail": 24},
        ),
        Preset(
            "compute",
            "AI chips",
            "Who owns the world's AI chips, in 100,000 H100-equivalents, by Epoch AI's estimate, "
            "published in April 2026: Google, Microsoft, Amazon, Meta, Oracle, all of China, xAI; "
            "the rest in small parts.",
            "officechai_epoch",
            {"stakes": (50, 34, 25, 23, 11, 11, 5, 0, 0, 0), "tail": 42},
        ),
        Preset(
            "geth",
            "One program",
            "Ethereum's client software in July 2017: 76% ran geth and 16% Parity, and the rest "
            "is taken as eight others. Its authors found a Gini of 0.92, over more programs.",
            "srinivasan2017",
            {"stakes": (76, 16, 0, 0, 0, 0, 0, 0, 0, 0), "tail": 8},
        ),
        Preset(
            "clients",
            "Nine years later",
            "The same layer by an index site's figures of June 2026: Geth 41%, Nethermind 38%, "
            "Besu 16%, and the rest.",
            "decentralized_ink",
            {"stakes": (41, 38, 16, 0, 0, 0, 0, 0, 0, 0), "tail": 5},
        ),
        Preset(
            "textbook",
            "The guideline's example",
            "The US Department of Justice explains its index with four firms of 30, 30, 20 and "
            "20 percent: 2,600. Above 1,800 a market is called highly concentrated.",
            "hhi2023",
            {"stakes": (30, 30, 20, 20, 0, 0, 0, 0, 0, 0)},
        ),
    ),
    challenges=(
        Challenge(
            "disguise",
            "Let it take twice as many accounts as owners, or more, to decide.",
            "One owner can look like many.",
            _disguise,
        ),
        Challenge(
            "twins",
            "Same Gini as at first, within 0.01, and yet six holders or more must agree. One "
            "account each.",
            "The Gini does not know how many there are. Several alike, and several small ones.",
            _twins,
        ),
        Challenge(
            "crowd",
            "Let the Gini say much worse (0.3 more than at first) and the Nakamoto coefficient "
            "say better, with one account each.",
            "Several large holders alike, and a crowd of small ones.",
            _crowd,
        ),
        Challenge(
            "cap",
            "Let it take ten accounts or more, and a single owner.",
            "A cap on accounts does not bind who may open more of them.",
            _cap,
        ),
    ),
    compute=compute,
    shown=(gini, herfindahl, coefficient, evenness, Holders),
)
