"""The rule decides before the vote does: the same holders under five rules, and what each costs to
capture."""

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
    View,
)
from ..governance.voting import RULES, Tally, Vote
from ..governance.voting_attacks import (
    ATTACKS,
    Plan,
    Support,
    capture,
    convinced,
    spend,
    support,
    with_budget,
)
from ..governance.voting_cases import fact
from ..governance.voting_conviction import USUAL
from ..governance.voting_power import decides
from ..governance.voting_words import NAMES, WAITS, money, others_too, prices, verdict
from .pictures.voting import figure

LARGEST = 10  # of the others, for the chance of deciding
STEEP = {0: "not at all", 0.5: "a little", 1: "very", 1.5: "extremely"}
DONE = {
    "buy": "buys tokens",
    "split": "splits into accounts",
    "borrow": "borrows tokens",
    "bribe": "bribes voters",
}


def compute(
    whale: float,
    turnout: float,
    rule: str,
    attack: str,
    budget: int,
    steep: float,
    majority: int,
    quorum: int,
    delegated: int,
    wait: float,
    request: float,
    account: float,
    ask: float,
) -> View:
    """One proposal under five rules: the proposer against all who vote, and the price of more."""
    vote = Vote(
        whale / 100,
        steep,
        turnout / 100,
        majority,
        2 / 3 if quorum == 67 else quorum / 100,
        delegated / 100,
        wait,
        request / 100,
        account,
        ask / 100,
    )
    alone = {name: _state(vote, name, "buy", 0) for name in RULES}
    passed = {name: _passed(vote, state) for name, state in alone.items()}
    plans = {name: {way: capture(vote, name, way) for way in ATTACKS} for name in RULES}
    spent = {name: _state(vote, name, attack, budget) for name in RULES}
    second = (
        others_too([name for name in RULES if passed[name]], rule)
        if passed[rule]
        else prices(vote, attack, plans[rule], budget)
    )
    power = {name: _decides(vote, name) for name in RULES if name != "conviction"}
    return View(
        figure=figure(vote, spent, passed, plans, rule, attack, budget),
        takeaway=f"{verdict(vote, rule, alone[rule], passed[rule])} {second}",
        metrics=_metrics(vote, alone, passed, plans, spent, power, rule, attack),
        table=_table(vote, alone, passed, plans, power),
    )


def _state(vote: Vote, rule: str, attack: str, budget: float) -> Tally | Support:
    if rule == "conviction":
        return support(vote, attack, spend(vote, rule, attack, budget))
    return with_budget(vote, rule, attack, budget)


def _passed(vote: Vote, state: Tally | Support) -> bool:
    return convinced(vote, state) if isinstance(state, Support) else vote.passes(state)


def _decides(vote: Vote, rule: str) -> float:
    """The proposer among the ten largest others, who toss coins; more than half wins."""
    tokens = (vote.own, *vote.held[:LARGEST])
    weights = tokens
    if rule == "account":
        weights = (1,) * len(tokens)
    elif rule == "quadratic":
        weights = tuple(math.isqrt(10_000 * held) for held in tokens)
    return float(decides(weights, sum(weights) // 2 + 1, 0))


def _metrics(
    vote: Vote,
    alone: dict[str, Tally | Support],
    passed: dict[str, bool],
    plans: dict[str, dict[str, Plan | None]],
    spent: dict[str, Tally | Support],
    power: dict[str, float],
    rule: str,
    attack: str,
) -> dict[str, float]:
    """Shares between 0 and 1, dollars. What cannot be done has no cost here."""
    found: dict[str, float] = {"whale": vote.whale, "turnout": vote.turnout}
    for name in RULES:
        found[f"share_{name}"] = float(alone[name].share)
        found[f"alone_{name}"] = float(passed[name])
        found[f"after_{name}"] = float(_passed(vote, spent[name]))
        costs = {way: plan.cost for way, plan in plans[name].items() if plan is not None}
        found |= {f"{way}_{name}": float(cost) for way, cost in costs.items()}
        if costs:
            found[f"cheapest_{name}"] = float(min(costs.values()))
    found |= {f"decides_{name}": chance for name, chance in power.items()}
    found["alone"] = float(sum(passed.values()))
    found["fallen"] = float(sum(found[f"after_{name}"] for name in RULES))
    if USUAL.threshold(vote.request) < math.inf:
        found["threshold"] = USUAL.threshold(vote.request)
    state, plan = spent[rule], plans[rule][attack]
    found["share_after"] = float(state.share)
    if isinstance(state, Tally):
        found["of_all"] = float(state.yes / state.all)
    if plan is not None:
        found["amount"] = float(plan.amount)
    return found


def _table(
    vote: Vote,
    alone: dict[str, Tally | Support],
    passed: dict[str, bool],
    plans: dict[str, dict[str, Plan | None]],
    power: dict[str, float],
) -> Table:
    def needed(state: Tally | Support) -> float | None:
        least = vote.needed(state) if isinstance(state, Tally) else USUAL.threshold(vote.request)
        return 100 * least if least < math.inf else None

    rows = tuple(
        (
            NAMES[name],
            100 * alone[name].share,
            needed(alone[name]),
            "yes" if passed[name] else "no",
            *(money(plan.cost) if (plan := plans[name][way]) else None for way in ATTACKS),
            100 * power[name] if name in power else None,
        )
        for name in RULES
    )
    return Table(
        "The proposer's share of the votes cast (or of full conviction), and the least that each "
        "attack takes. Decides: how often its vote turns the result, if ten others toss coins.",
        (
            Column("rule"),
            Column("share", "%", 1),
            Column("needed", "%", 1),
            Column("alone"),
            Column("buy"),
            Column("split"),
            Column("borrow"),
            Column("bribe"),
            Column("decides", "%", 1),
        ),
        rows,
    )


def _roots(view: View) -> bool:
    of = view.metrics
    return bool(of["alone_quadratic"] and of["whale"] <= 0.1)


def _loan(view: View) -> bool:
    of = view.metrics
    cheap = of.get("borrow_token", math.inf) <= 100_000
    return bool(cheap and of["whale"] <= 0.01 and of["turnout"] >= 0.5)


def _five(view: View) -> bool:
    of = view.metrics
    if of["alone_token"] or "bribe_delegated" not in of or "bribe_token" not in of:
        return False
    return of["bribe_delegated"] <= of["bribe_token"] / 10


def _wall(view: View) -> bool:
    of = view.metrics
    cheap = [of.get(f"cheapest_{name}", math.inf) for name in RULES]
    return bool(min(cheap) >= 1e6 and of["whale"] >= 0.05)


DEMO = Demo(
    id="voting",
    title="The rule decides before the vote does",
    part="governance",
    question=(
        "A network of a hundred million tokens, at a dollar each, votes on a proposal. One holder "
        "wants it; a thousand others do not, if they vote at all. Who can pass anything alone? "
        "And what do the missing votes cost?"
    ),
    guess=Guess(
        "The proposer holds a tenth of the tokens. Of everybody else one in ten votes, and all of "
        "them are against. Under how many of the five rules does the proposal pass?",
        ("under none", "under one", "under two or three", "under four or all"),
        lambda view: sum(view.metrics["alone"] >= count for count in (1, 2, 4)),
        "A tenth of a tenth is little. With one vote for each token, ten percent that turn up "
        "outweigh the nine that do. Count accounts or roots, let others speak for the absent, or "
        "let votes grow with time, and it fails.",
    ),
    controls=(
        Slider(
            "whale",
            "The proposer holds",
            10,
            (0.1, 0.5, 1, 2, 5, 6.8, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 70),
            "% of the tokens",
        ),
        Slider(
            "turnout",
            "Of the others, so many vote",
            10,
            (0.1, 0.16, 0.5, 1, 2, 5, 6.8, 10, 20, 30, 50, 70, 100),
            "%",
            "all of them against",
        ),
        Choice("rule", "The rule in force", "token", NAMES),
        Choice("attack", "For more votes the proposer", "buy", DONE),
        Slider(
            "budget",
            "and spends",
            0,
            (0, 100, 500, 1_000, 10_000, 50_000, 100_000, 352_000, 1_000_000, 20_000_000),
            "$",
            "on it: the bars show the vote after that",
            words={
                0: "nothing",
                **{sum_: f"${sum_:,}" for sum_ in (100, 500, 1_000, 10_000, 50_000, 100_000)},
                352_000: "$352,000",
                1_000_000: "$1 million",
                20_000_000: "$20 million",
            },
        ),
        Slider(
            "steep",
            "The others are unequal",
            1,
            tuple(STEEP),
            help="a little, very, extremely: the largest has 2, 13 or 39% of their tokens",
            words=STEEP,
        ),
        Slider(
            "majority",
            "Needed of the votes cast: more than",
            50,
            (50, 60, 67, 75),
            "%",
            words={67: "two thirds"},
        ),
        Slider(
            "quorum",
            "Needed of all votes, for it",
            4,
            (0, 1, 4, 10, 20, 40, 50, 67),
            "%",
            "votes that are not cast count here too",
            words={67: "two thirds"},
        ),
        Slider(
            "delegated",
            "Delegated to five others",
            30,
            (0, 10, 20, 30, 50, 70, 100),
            "%",
            "of the others' tokens: to the five largest, who always vote",
        ),
        Slider(
            "wait",
            "Votes must have been held for",
            0,
            tuple(WAITS),
            help="loans within one block are then no use; conviction has that long to grow",
            words=WAITS,
        ),
        Slider(
            "request",
            "The proposal asks for",
            2,
            (0.1, 0.5, 1, 2, 3, 3.5, 4),
            "% of the pool",
            "conviction voting: what asks for more needs more",
        ),
        Slider(
            "account",
            "One more account costs",
            10,
            (0, 0.1, 1, 10, 100, 1_000, 10_000),
            "$",
            words={
                0: "nothing",
                0.1: "10 cents",
                **{price: f"${price:,}" for price in (1, 10, 100, 1_000, 10_000)},
            },
        ),
        Slider(
            "ask",
            "A voter sells a vote for",
            1.0,
            (0.1, 0.5, 1.0, 2.0, 5.0, 10.0),
            "% of their worth",
        ),
    ),
    main="whale",
    presets=(
        Preset(
            "beanstalk",
            "A loan for one block",
            "Beanstalk, 17 April 2022: two thirds of all votes could pass a change at once. The "
            f"attacker held about 0.1%, and with ${fact('beanstalk_loan') / 1e9:g} billion lent "
            f"for one transaction had {fact('beanstalk_share'):g}% of all votes. Here scaled to "
            "$100 million.",
            "dnzn2022",
            {"whale": 0.1, "turnout": 0.1, "attack": "borrow", "budget": 352_000, "quorum": 67},
        ),
        Preset(
            "compound",
            "By a whisker",
            f"Compound, proposal 289, 28 July 2024: {fact('compound_for'):,.0f} votes for, "
            f"{fact('compound_against'):,.0f} against; {fact('compound_quorum'):,.0f} for it, 4% "
            "of all, were needed. The proposer here is all who voted for it.",
            "chaincatcher2024",
            {"whale": 6.8, "turnout": 6.8, "quorum": 4, "wait": 1},
        ),
        Preset(
            "solend",
            "One wallet makes the quorum",
            f"Solend, 19 June 2022: {fact('solend_votes'):,.0f} votes, of which about "
            f"{fact('solend_wallet'):,.0f} from one wallet. {fact('solend_quorum'):g}% of all had "
            "to take part. Here the others are all against; really they were mostly for it.",
            "arcane2022",
            {"whale": 1, "turnout": 0.16, "quorum": 1},
        ),
        Preset(
            "bright",
            "Eight hours of patience",
            "Settings proposed for BrightDAO's conviction voting: half-life "
            f"{fact('bright_half_life'):g} days, limit {fact('bright_limit'):g}% of the pool, "
            f"least conviction {fact('bright_least'):g}%. To pass a small proposal in 8 hours was "
            f"to take {fact('bright_eight_hours'):g} to 100% of all tokens.",
            "brightdao",
            {"whale": 70, "turnout": 100, "rule": "conviction", "wait": 1 / 3, "request": 0.1},
        ),
        Preset(
            "steem",
            "Other people's coins",
            f"Steem, March 2020: a new owner with about {fact('steem_share'):g}%, and exchanges "
            "that voted with what their customers had left with them, as was reported. Only the "
            f"{fact('steem_share'):g}% is the source's figure.",
            "modernconsensus2020",
            {"whale": 20, "turnout": 30, "rule": "delegated", "attack": "bribe"},
        ),
    ),
    challenges=(
        Challenge(
            "roots",
            "Pass the proposal alone under quadratic voting, with a tenth of the tokens or less.",
            "The root helps those who come. What if hardly anybody does?",
            _roots,
        ),
        Challenge(
            "loan",
            "With 1% of the tokens, make one token, one vote fall for $100,000 or less, although "
            "half of the others vote.",
            "Whose tokens vote? And for how long do they have to be yours?",
            _loan,
        ),
        Challenge(
            "five",
            "Make bribing ten times cheaper under delegated voting than under one token, one vote "
            "(where the proposal must not pass alone).",
            "A delegate sells five words for many, and is paid for its own tokens only.",
            _five,
        ),
        Challenge(
            "wall",
            "The proposer holds 5% or more, and no rule falls to any attack for less than a "
            "million dollars.",
            "Each rule has its own cheapest attack. Close them one by one.",
            _wall,
        ),
    ),
    compute=compute,
    shown=(Vote, capture, decides),
)
