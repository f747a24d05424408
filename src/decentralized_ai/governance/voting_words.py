"""How the vote is told: names of rules and attacks, dollars, and who passes what."""

from __future__ import annotations

import math

from ..quantities import digits, listed, percent, settled
from .voting import DELEGATES, Tally, Vote, exceeds
from .voting_attacks import COLLATERAL, Plan, Support
from .voting_conviction import USUAL

NAMES = {
    "token": "One token, one vote",
    "account": "One account, one vote",
    "quadratic": "Quadratic voting",
    "delegated": "Delegated voting",
    "conviction": "Conviction voting",
}
DOING = {"buy": "buying", "split": "splitting", "borrow": "borrowing", "bribe": "bribing"}
WAITS = {
    0: "no time",
    1 / 3: "8 hours",
    1: "a day",
    2: "2 days",
    5: "5 days",
    7: "a week",
    14: "2 weeks",
    30: "30 days",
}


def money(dollars: float) -> str:
    """Such as $450, $17 million, $2.4 billion."""
    dollars = settled(dollars)
    if not dollars:
        return "nothing"
    if dollars < 1:
        return "less than $1"
    if dollars < 999_999.5:
        return f"${dollars:,.0f}"
    if dollars < 999.5e6:
        return f"${digits(dollars / 1e6)} million"
    return f"${digits(dollars / 1e9)} billion"


def verdict(vote: Vote, rule: str, state: Tally | Support, passed: bool) -> str:
    """Whether the proposer passes it alone, and by what."""
    if isinstance(state, Support):
        return _conviction(vote, state, passed)
    first = (
        f"{NAMES[rule]}: with {percent(vote.whale)} of the tokens the proposer has "
        f"{percent(state.share)} of the votes cast"
    )
    if passed:
        return f"{first} and passes the proposal alone."
    if exceeds(state.yes, vote.ratio * state.against):
        return (
            f"{first}, but only {percent(state.yes / state.all)} of all votes, where "
            f"{percent(vote.quorum)} is needed, and does not pass the proposal alone."
        )
    return (
        f"{first}, where more than {percent(vote.ratio / (1 + vote.ratio))} is needed, and does "
        "not pass the proposal alone."
    )


def _conviction(vote: Vote, state: Support, passed: bool) -> str:
    threshold = USUAL.threshold(vote.request)
    if not threshold < math.inf:
        return (
            f"{NAMES['conviction']}: a proposal for {percent(vote.request)} of the common pool is "
            "over the limit, and no support of any size passes it."
        )
    after = f"after {WAITS[vote.wait]}" if vote.wait else "within one block"
    return (
        f"{NAMES['conviction']}: {after}, {percent(vote.whale)} of the tokens weigh "
        f"{_fine(state.share)} of what all active tokens can, where {_fine(threshold)} is "
        f"needed, and {'pass' if passed else 'do not pass'} the proposal alone."
    )


def _fine(share: float) -> str:
    """Such as 3.161%: what is grown and what is needed may lie close together."""
    return percent(share) if share < 1e-3 else f"{digits(100 * share, 4)}%"


def others_too(passing: list[str], rule: str) -> str:
    """Under which other rules it passes as well."""
    rest = [NAMES[name][0].lower() + NAMES[name][1:] for name in passing if name != rule]
    if not rest:
        return "Under none of the other four rules would it pass alone."
    return f"It would also pass alone under {listed(rest)}."


def prices(vote: Vote, attack: str, plans: dict[str, Plan | None], budget: float) -> str:
    """What the chosen attack takes, whether the budget is enough, and which attack is cheapest."""
    possible = {name: plan for name, plan in plans.items() if plan is not None}
    if not possible:
        return "None of the four attacks can change that."
    cheapest = min(possible, key=lambda name: possible[name].cost)
    best = f"{DOING[cheapest]} is the cheapest attack, for {money(possible[cheapest].cost)}"
    plan = possible.get(attack)
    if plan is None:
        return f"{DOING[attack].capitalize()} cannot change that; {best}."
    paid = ""
    if budget:
        enough = "is" if plan.cost <= budget * (1 + 1e-12) else "is not"
        paid = f"; a budget of {money(budget)} {enough} enough"
    end = "no attack is cheaper" if possible[cheapest].cost >= plan.cost else best
    return f"{_told(vote, attack, plan)}{paid}; {end}."


def _told(vote: Vote, attack: str, plan: Plan) -> str:
    cost = money(plan.cost)
    if attack == "buy":
        return f"Buying the missing tokens takes {cost}"
    if attack == "split":
        return f"Splitting into {plan.amount + 1:,.0f} accounts takes {cost}"
    if attack == "borrow":
        how = (
            f"against collateral of {COLLATERAL:g} times their worth"
            if vote.wait
            else ("for one block")
        )
        return f"Borrowing {plan.amount:,.0f} tokens {how} takes {cost}"
    who = f"{plan.delegates} of the {DELEGATES} delegates" if plan.delegates else "other holders"
    return f"Bribing {who} takes {cost}"
