"""Exercise 7 of the lab "Run the network's politics": capture a network, as cheaply as you can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np

from .attempt import Wrong, short
from .governance_game import Played, Setting, Validator, Vector, View, play
from .governance_strategies import Copier, Honest
from .governance_world import (
    CAPTURED,
    CHANGE,
    FAKE,
    HONEST,
    LAZY,
    LENT,
    OPERATORS,
    POOL,
    STAKED,
    TESTING,
    Network,
    Plan,
    awake,
    check_rule,
    interest,
    passes,
    price,
    registering,
)
from .verdict import Verdict, not_yet, right

EPOCHS, TRUSTED, LAST = 60, 20, 10  # of a capture; until baits drop; over which pay is measured
SEEDS = (31, 32)
PAR = 10.0  # coins


@dataclass(frozen=True)
class Outcome:
    """What a plan led to. take: share of the operators' pay that went to the attacker's operators,
    over the last epochs. cost: coins. parts: what for."""

    take: float
    cost: float
    parts: Mapping[str, float]
    passed: bool | None

    @property
    def captured(self) -> bool:
        return self.take >= CAPTURED

    def __repr__(self) -> str:
        parts = " + ".join(f"{name} {coins:,.2f}" for name, coins in self.parts.items())
        vote = {None: "", True: "The proposal passed.\n", False: "The proposal failed.\n"}
        found = f"Your operators get {self.take:.1%} of the operators' pay"
        word = "captured" if self.captured else "not captured"
        return f"{vote[self.passed]}{found}: {word}.\nCoins: {parts} = {self.cost:,.2f}"


def carry_out(network: Network, plan: Plan) -> Outcome:
    """What becomes of `network` under `plan`. Wrong if the plan is not one."""
    network.checked()
    checked(plan)
    parts = {
        "stake": price(plan.stake),
        "loan": interest(plan.borrow, network.delay) if plan.propose else 0.0,
    }
    passed = None
    if plan.propose:
        yes, against = plan.stake + plan.borrow, awake(network.delay) / 2
        passed = passes(yes, against, network.quorum)
        if passed:
            network = network.change(**dict(plan.propose))
    parts["registration"] = registering(plan.operators, network.registration)
    take = taken(network, plan.stake, plan.operators, plan.bait)
    return Outcome(take, sum(parts.values()), parts, passed)


@cache
def taken(network: Network, stake: float, operators: int, bait: bool) -> float:
    """The attacker's share of the operators' pay. Where nobody is paid, all of it is lost."""
    every = [_run(network, stake, operators, bait, seed).incentive[-LAST:] for seed in SEEDS]
    # The attacker's operators are the last ones.
    others = [incentive[:, : OPERATORS - operators].sum(axis=1) for incentive in every]
    return 1 - float(np.mean(others))


def _run(network: Network, stake: float, operators: int, bait: bool, seed: int) -> Played:
    class Attacker(Validator):
        """Everything for its own operators, in equal parts."""

        def weights(self, view: View) -> Vector:
            own = np.zeros(view.operators)
            own[OPERATORS - operators :] = 1.0
            return own if operators else np.ones(view.operators)

    quality = np.full((EPOCHS, OPERATORS), HONEST)
    quality[TRUSTED if bait else 0 :, OPERATORS - operators :] = FAKE
    lazy = Copier if copying_pays(network) else Honest
    seats: list[type[Validator]] = [Honest] * len(TESTING) + [lazy] * len(LAZY)
    stakes = [*map(float, TESTING), *map(float, LAZY)]
    if stake:
        seats, stakes = [*seats, Attacker], [*stakes, stake]
    return play(setting_of(network), seats, stakes, seed, quality)


def setting_of(network: Network) -> Setting:
    return Setting(
        OPERATORS, epochs=EPOCHS, kappa=network.kappa, alpha=network.alpha, lag=int(network.lag)
    )


def copying_pays(network: Network) -> bool:
    """Whether the lazy validators earn more by copying than by testing."""
    return _advantage(network.kappa, network.alpha, int(network.lag)) > 0


@cache
def _advantage(kappa: float, alpha: float, lag: int) -> float:
    """What copying brings the lazy ones, more than testing; operators change now and then."""
    setting = Setting(OPERATORS, kappa=kappa, alpha=alpha, lag=lag, change=CHANGE)
    earned = []
    for strategy in (Copier, Honest):
        seats: list[type[Validator]] = [Honest] * len(TESTING) + [strategy] * len(LAZY)
        games = [play(setting, seats, (*TESTING, *LAZY), seed) for seed in (41, 42, 43, 44)]
        lazy = [game.returns()[len(TESTING) :] @ np.array(LAZY) / sum(LAZY) for game in games]
        earned.append(float(np.mean(lazy)))
    return earned[0] - earned[1]


def checked(plan: Any) -> Plan:
    """The plan; Wrong, in words, if it cannot be carried out."""
    if not isinstance(plan, Plan):
        raise Wrong(f"A plan is a Plan, such as Plan(stake=3000); this is {short(plan)}.")
    for name, most in (("stake", POOL), ("borrow", LENT)):
        value: Any = getattr(plan, name)
        if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(value):
            raise Wrong(f"{name} is a number of tokens; this is {short(value)}.")
        if float(value) < 0:
            raise Wrong(f"{name} is a number of tokens, and not negative; this is {value:g}.")
        tokens = float(value)
        if tokens > most or (name == "stake" and tokens == most):
            fewer = "Fewer than" if name == "stake" else "At most"
            raise Wrong(f"{fewer} {most:,} tokens are to be had for {name}; this is {tokens:,g}.")
    count: Any = plan.operators
    if (
        isinstance(count, bool)
        or not isinstance(count, Integral)
        or not 0 <= int(count) <= OPERATORS
    ):
        raise Wrong(f"operators is a whole number from 0 to {OPERATORS}; this is {short(count)}.")
    if not isinstance(plan.bait, bool):
        raise Wrong(f"bait says whether they are baits, True or False; this is {short(plan.bait)}.")
    if plan.propose is not None:
        if not isinstance(plan.propose, Mapping) or len(plan.propose) != 1:
            raise Wrong(
                f'A proposal changes one rule, such as {{"kappa": 0.1}}; this is '
                f"{short(plan.propose)}."
            )
        for name, value in plan.propose.items():
            check_rule(name, value)
    elif plan.borrow:
        raise Wrong("You borrow tokens but propose nothing: borrowed tokens can only vote.")
    return plan


def check_7(plan: Any) -> Verdict:
    """A plan that captures the badly tuned network, for at most PAR coins."""
    try:
        outcome = carry_out(Network(), plan)
    except Wrong as error:
        return not_yet(str(error))
    take = f"{outcome.take:.0%} of the pay is yours"
    if not outcome.captured:
        return not_yet(f"No capture: {take}, and {CAPTURED:.0%} is the goal. {_next_step(plan)}")
    found = f"Captured: {take}, for {outcome.cost:,.2f} coins"
    if outcome.cost > PAR:
        return not_yet(f"{found}. Par is {PAR:g}. {_cheaper(plan, outcome)}")
    return right(
        f"{found}. Half of the stake and a token would cost {price(STAKED + 1):,.0f}. The rule "
        "that the attacker changed was worth more than the network's stake, and it was guarded by "
        f"{awake(0) / 2:,.0f} votes."
    )


def _next_step(plan: Plan) -> str:
    network = Network()
    if plan.propose:
        if not passes(plan.stake + plan.borrow, awake(network.delay) / 2, network.quorum):
            return (
                f"The proposal failed: {awake(network.delay) / 2:,.0f} tokens vote against it, "
                f"and you had {plan.stake + plan.borrow:,g}."
            )
        return "The proposal passed. What does the new rule let you do cheaply? Do it."
    if plan.stake and plan.operators == 0:
        return "You own no operator: to whom should your weights go?"
    share = plan.stake / (plan.stake + STAKED)
    if plan.stake:
        return (
            f"You hold {share:.1%} of the stake, and kappa is {network.kappa:g}: what less than "
            "kappa supports is cut off."
        )
    return (
        f"{plan.operators} operators that do little, in place of as many good ones, get little. "
        "More of them, or stake that names them, would get more."
    )


def _cheaper(plan: Plan, outcome: Outcome) -> str:
    if plan.propose:
        if "registration" not in plan.propose:
            return "Which other rule, changed, would make the rest of the capture cost nothing?"
        return "Borrow only what the vote needs, and register only as many as the capture needs."
    if outcome.parts["stake"] > outcome.parts["registration"]:
        return "Most of it is stake. Does it take stake to fill the network with your operators?"
    return (
        "Most of it is registration, and the rules say what that costs. Who makes the rules? A "
        "vote of one block, and tokens can be borrowed for one block."
    )
