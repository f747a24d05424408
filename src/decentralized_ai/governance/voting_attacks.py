"""What it costs to pass a proposal against the others: buy tokens, split into accounts, borrow for
one block, bribe. For each rule a closed form gives the least amount; `passes` has the last word.

Costs are the money that has to be put up: the whole price of bought tokens, though they can be sold
again; the fee of a loan within one block; the collateral of a longer loan.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from .voting import DELEGATES, OTHERS, TIE, TOKENS, Tally, Vote, reaches
from .voting_conviction import BLOCK, USUAL, Conviction

ATTACKS = ("buy", "split", "borrow", "bribe")
FEE = 0.0009  # of a loan within one block: Aave's second version
COLLATERAL = 1.5  # of a longer loan: an assumption
MOST_ACCOUNTS = 1_000_000  # that anybody opens when they are free
MOST_LOAN = 10 * TOKENS


@dataclass(frozen=True)
class Support:
    """Under conviction voting. own, extra: tokens for the proposal, before they have grown;
    elsewhere: on other proposals; active: what counts as staked; grown: of the full weight."""

    own: float
    extra: float
    elsewhere: float
    active: float
    grown: float

    @property
    def share(self) -> float:
        """Of the full conviction of all active tokens."""
        return (self.own + self.extra) * self.grown / self.active


def support(vote: Vote, attack: str = "buy", amount: float = 0, law: Conviction = USUAL) -> Support:
    """`amount` of tokens more for the proposal: bought or bribed from the others, or on top of
    all there are, when borrowed. Splitting changes nothing."""
    extra = 0.0 if attack == "split" else amount
    supply = TOKENS + (extra if attack == "borrow" else 0)
    left = vote.rest - (0 if attack == "borrow" else extra)
    elsewhere = vote.turnout * left
    active = law.staked(supply, vote.own + extra, elsewhere)
    return Support(vote.own, extra, elsewhere, active, law.grown(max(vote.wait, BLOCK)))


def convinced(vote: Vote, held: Support, law: Conviction = USUAL) -> bool:
    """Conviction voting's own condition; majority and quorum play no part."""
    threshold = law.threshold(vote.request)
    return threshold < math.inf and reaches(held.share, threshold)


def _tokens(vote: Vote, rule: str, attack: str, amount: float) -> Tally:
    """One token one vote, or delegated: votes are tokens."""
    alone = vote.alone(rule)
    if attack == "borrow":
        return Tally(alone.own, amount, alone.against, TOKENS + amount)
    if attack == "split":
        return alone
    left = 1 - amount / vote.rest
    return Tally(alone.own, amount, alone.against * left, TOKENS)


def _accounts(vote: Vote, attack: str, amount: float) -> Tally:
    """One account one vote: tokens are worth nothing here."""
    alone = vote.alone("account")
    if attack == "split":
        return Tally(1.0, amount, alone.against, alone.all + amount)
    if attack == "bribe":
        return Tally(1.0, amount, vote.turnout * (OTHERS - amount), alone.all)
    return alone


def _roots(vote: Vote, attack: str, amount: float) -> Tally:
    """Quadratic: each account has the root of its tokens."""
    alone = vote.alone("quadratic")
    if attack == "bribe":
        bought = smallest(vote)[1][int(amount)]
        return Tally(alone.own, bought, vote.turnout * (vote.root_sum - bought), alone.all)
    tokens = vote.own * (1 + amount) if attack == "split" else vote.own + amount
    extra = math.sqrt(tokens) - alone.own
    if attack == "buy":
        left = math.sqrt(1 - amount / vote.rest)
        return Tally(alone.own, extra, alone.against * left, alone.all)
    return Tally(alone.own, extra, alone.against, alone.all + extra)


def smallest(vote: Vote) -> tuple[list[float], list[float]]:
    """Tokens and roots of the 0, 1, 2, ... smallest of the others."""
    tokens = list(accumulate(reversed(vote.held), initial=0))
    return [float(n) for n in tokens], list(accumulate(reversed(vote.roots), initial=0.0))


def bribed(vote: Vote, delegates: int, tokens: float) -> Tally:
    """Delegated voting with some delegates bought, and tokens of all other owners."""
    mine = vote.delegated * delegates / DELEGATES
    against = (vote.through - mine) * (vote.rest - tokens)
    return Tally(vote.own, mine * vote.rest + (1 - mine) * tokens, against, TOKENS)


def after(vote: Vote, rule: str, attack: str, amount: float) -> Tally:
    """The vote with `amount` of tokens or accounts added; not for conviction voting."""
    if rule == "account":
        return _accounts(vote, attack, amount)
    if rule == "quadratic":
        return _roots(vote, attack, amount)
    return _tokens(vote, rule, attack, amount)


def price(vote: Vote, attack: str) -> float:
    """Dollars for one token or account."""
    loan = COLLATERAL if vote.wait else FEE
    return {"buy": 1.0, "split": vote.account, "borrow": loan, "bribe": vote.ask}[attack]


def _won(vote: Vote, rule: str, attack: str, amount: float) -> bool:
    if rule == "conviction":
        return convinced(vote, support(vote, attack, amount))
    return vote.passes(after(vote, rule, attack, amount))


def _bound(vote: Vote, rule: str, attack: str) -> float:
    """The amount at which it just passes, as a real number; infinite where none does. With k
    votes for to one against at the tie, t the turnout, q the quorum, w and R the tokens of the
    proposer and of the rest (or 1 and the number of accounts)."""
    k, q, w, rest = vote.ratio, vote.quorum, float(vote.own), float(vote.rest)
    useless = {("token", "split"), ("delegated", "split"), ("conviction", "split")}
    useless |= {("account", "buy"), ("account", "borrow")}
    if (rule, attack) in useless:
        return math.inf
    if rule == "conviction":
        return _conviction_bound(vote, attack)
    alone = vote.alone(rule)
    against = k * alone.against
    if rule in ("token", "delegated"):
        if attack == "borrow":
            return max(against - w, (q * TOKENS - w) / (1 - q))
        return max((against - w) / (1 + against / rest), q * TOKENS - w)
    if rule == "account":
        if attack == "split":
            return max(against - 1, (q * alone.all - 1) / (1 - q))
        return max((against - 1) / (1 + k * vote.turnout), q * alone.all - 1)
    if attack == "buy":  # sqrt(w + B) = against sqrt(1 - B / R)
        square = against * against
        return max((square - w) / (1 + square / rest), (q * alone.all) ** 2 - w)
    most = max(against, q / (1 - q) * vote.root_sum)  # q (yes + rest's roots) = yes
    if attack == "borrow":
        return most * most - w
    if attack == "split":  # N identities: the root of N w
        return most * most / w - 1
    roots = max((against - alone.own) / (1 + k * vote.turnout), q * alone.all - alone.own)
    return float(bisect_left(smallest(vote)[1], roots))


def _conviction_bound(vote: Vote, attack: str, law: Conviction = USUAL) -> float:
    """A g >= theta S for both lower bounds of S: the least that counts as active, and what is
    staked."""
    grown = law.grown(max(vote.wait, BLOCK))
    c, w, t = law.threshold(vote.request) / grown, float(vote.own), vote.turnout
    if attack == "borrow":
        slopes = (1 - c * law.active, 1 - c)
        short = (c * law.active * TOKENS - w, c * t * vote.rest - w * (1 - c))
    else:
        slopes = (1.0, 1 - c * (1 - t))
        short = (c * law.active * TOKENS - w, c * (w + t * vote.rest) - w)
    if not c < math.inf or any(
        s > 0 and slope <= 0 for s, slope in zip(short, slopes, strict=True)
    ):
        return math.inf
    return max(s / slope if slope > 0 else 0.0 for s, slope in zip(short, slopes, strict=True))


def most(vote: Vote, rule: str, attack: str) -> float:
    """What there is to be had."""
    if attack == "split":
        return MOST_ACCOUNTS
    if attack == "borrow":
        return MOST_LOAN
    return OTHERS if attack == "bribe" and rule in ("account", "quadratic") else vote.rest


@dataclass(frozen=True)
class Plan:
    """A capture: dollars, tokens or accounts bought, and how many delegates."""

    cost: float
    amount: float
    delegates: int = 0


def _least(bound: float, limit: float, won: Callable[[float], bool]) -> float | None:
    """The least whole amount from 0 to `limit` that wins; the closed form is off by one at most."""
    if not bound < math.inf:
        return 0.0 if won(0.0) else None
    start = max(0, math.floor(min(bound, limit)) - 1)
    return next((float(n) for n in range(start, start + 4) if n <= limit and won(float(n))), None)


def capture(vote: Vote, rule: str, attack: str) -> Plan | None:
    """The cheapest way to pass by that attack; None if there is none."""
    if rule == "delegated" and attack == "bribe":
        return _bribe_delegates(vote)
    amount = _least(
        _bound(vote, rule, attack), most(vote, rule, attack), lambda n: _won(vote, rule, attack, n)
    )
    return None if amount is None else Plan(cost_of(vote, rule, attack, amount), amount)


def cost_of(vote: Vote, rule: str, attack: str, amount: float) -> float:
    """Dollars. Where votes are counted by account, the smallest are bribed first."""
    if attack == "bribe" and rule in ("account", "quadratic"):
        return vote.ask * smallest(vote)[0][int(amount)]
    return price(vote, attack) * amount


def _bribed_win(vote: Vote, delegates: int, tokens: float) -> bool:
    return vote.passes(bribed(vote, delegates, tokens))


def _bribe_delegates(vote: Vote) -> Plan | None:
    """A delegate sells for a part of its own tokens, and speaks for many more."""
    plans = []
    own = accumulate(reversed(vote.held[:DELEGATES]), initial=0)
    for count, tokens in enumerate(own):
        first, all_of = bribed(vote, count, 0.0), bribed(vote, count, vote.rest)
        against = vote.ratio * first.against
        gain = (all_of.yes - first.yes + against) / vote.rest
        short = max(against - first.yes, 0.0)
        bound = short / gain if gain > 0 else 0.0 if not short else math.inf
        step = (all_of.yes - first.yes) / vote.rest
        lacking = max(vote.quorum * TOKENS - first.yes, 0.0)
        bound = max(bound, lacking / step if step > 0 else 0.0 if not lacking else math.inf)
        more = _least(bound, vote.rest, partial(_bribed_win, vote, count))
        if more is not None:
            plans.append(Plan(vote.ask * (tokens + more), more, count))
    return min(plans, key=lambda plan: plan.cost, default=None)


def spend(vote: Vote, rule: str, attack: str, budget: float) -> float:
    """The amount that the budget pays for, in whole tokens or accounts."""
    limit, each = most(vote, rule, attack), price(vote, attack)
    if attack == "bribe" and rule in ("account", "quadratic"):
        paid = smallest(vote)[0]
        return float(bisect_left(paid, budget / each * (1 + TIE) + 0.5) - 1)
    if not each:
        plan = capture(vote, rule, attack)  # free: no more of them than it takes
        return plan.amount if plan else 0.0
    return float(min(limit, math.floor(budget / each * (1 + TIE))))


def hired(vote: Vote, budget: float) -> tuple[int, float]:
    """Delegates and tokens that a briber of delegated voting takes: the cheapest delegates first,
    and the rest of the money for single votes; the number of them that wins, or comes closest."""
    options = []
    for count, tokens in enumerate(accumulate(reversed(vote.held[:DELEGATES]), initial=0)):
        left = budget * (1 + TIE) - vote.ask * tokens
        if left >= 0:
            more = float(min(vote.rest, math.floor(left / vote.ask)))
            tally = bribed(vote, count, more)
            options.append((vote.passes(tally), tally.share, count, more))
    return max(options)[2:]


def with_budget(vote: Vote, rule: str, attack: str, budget: float) -> Tally:
    """The vote after that much was spent on the attack; not for conviction voting."""
    if rule == "delegated" and attack == "bribe":
        return bribed(vote, *hired(vote, budget))
    return after(vote, rule, attack, spend(vote, rule, attack, budget))
