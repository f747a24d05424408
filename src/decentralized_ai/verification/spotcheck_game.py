"""What a spot check is worth in money: when faking pays, and who would go on checking.

Money is in fees: what one answer earns. Faking an answer saves `saving`. An operator that is caught
in a batch loses `stake` once: its deposit and the pay withheld, all that being caught costs it.
The saving it keeps. So an operator that fakes m of n answers expects

    m * saving - stake * flagged(m)

on top of the pay for honest work. `flagged` is one minus an exponential in m, so this is convex:
what pays best is never in between. Who gains by faking at all had best fake everything.

The check of one answer is the inspection game (Avenhaus, von Stengel and Zamir 2002): `Inspection`
has its equilibrium, `play` two sides that learn it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
TRIES = 1000  # commitments that an operator tries when it can foresee the draw from each
DRAWS = ("after", "grind", "known")
MOST = 1e9  # fees: a larger stake is none that anybody could post


def missed(answers: int, cheats: int, checks: int) -> float:
    """Chance that `checks` drawn without replacement miss every cheat: C(N - m, k) / C(N, k)."""
    return math.comb(answers - cheats, checks) / math.comb(answers, checks)


def checks_needed(answers: int, cheats: int, missing: float) -> int:
    """The fewest checks by which `cheats` or more are missed with chance at most `missing`."""
    low, high = 1, answers - cheats + 1  # with `high` checks a cheat is always among them
    while low < high:
        middle = (low + high) // 2
        if missed(answers, cheats, middle) <= missing:
            high = middle
        else:
            low = middle + 1
    return low


@dataclass(frozen=True)
class Rules:
    """A batch of `answers`, each checked with chance `rate` by the toss of a coin.

    saving, stake: in fees. detection: chance that a check of a fake finds it. alarm: chance that
    a check of an honest answer flags it all the same; below `detection`. draw: "after" the
    operator has committed; "grind": from its commitment alone, so that it may try TRIES of them;
    "known": it knows what will be checked.
    """

    rate: float
    stake: float
    saving: float
    answers: int
    detection: float = 1.0
    alarm: float = 0.0
    draw: str = "after"

    def __post_init__(self) -> None:
        if not (0 < self.rate <= 1 and 0 <= self.alarm < self.detection <= 1):
            raise ValueError("rates lie between 0 and 1, and alarm below detection")
        if self.answers < 1 or self.stake < 0 or self.saving <= 0 or self.draw not in DRAWS:
            raise ValueError(f"not rules of a spot check: {self}")

    def caught(self, fakes: Any) -> Floats:
        """Chance that a check finds at least one of that many fakes."""
        m = np.asarray(fakes, dtype=np.float64)
        found = 1 - (1 - self.rate * self.detection) ** m
        if self.draw == "after":
            return np.asarray(found)
        if self.draw == "known":
            return np.zeros_like(m)
        dodged = (1 - self.rate) ** m  # one try misses all fakes
        # Caught only if every try fails, and then as one who was checked at least once.
        seen = np.where(dodged < 1, found / np.where(dodged < 1, 1 - dodged, 1), 0)
        return np.asarray((1 - dodged) ** TRIES * seen)

    def flagged(self, fakes: Any) -> Floats:
        """Chance that the stake is lost, rightly or by a false alarm on an honest answer."""
        m = np.asarray(fakes, dtype=np.float64)
        honest = np.full_like(m, self.answers) if self.draw == "known" else self.answers - m
        return np.asarray(1 - (1 - self.caught(m)) * (1 - self.rate * self.alarm) ** honest)

    def gain(self, fakes: Any) -> Floats:
        """Fees a batch that an operator expects on top of honest pay, if it fakes that many."""
        m = np.asarray(fakes, dtype=np.float64)
        faked = m * (1 - self.rate) if self.draw == "known" else m
        return np.asarray(faked * self.saving - self.stake * self.flagged(m))

    def alarm_cost(self) -> float:
        """Fees a batch that false alarms take from an honest operator. Honest work is worth while
        only if its profit on the whole batch is more than this."""
        return float(self.stake * self.flagged(0.0))

    def best(self) -> tuple[int, float]:
        """(how many fakes pay best, at least one; fees a batch more than honest work brings)."""
        m = np.arange(1, self.answers + 1)
        extra = self.gain(m) - self.gain(0.0)
        # The gain at its two ends is the whole story unless the draw can be bent; ties go to more.
        at = len(m) - 1 - int(np.argmax(np.round(extra[::-1], 9)))
        return int(m[at]), float(extra[at])

    def risk(self, fakes: Any) -> Floats:
        """What faking that many adds to the chance of losing the stake: flagged(m) - flagged(0),
        as a product, because the difference of two numbers near 1 would be mostly rounding."""
        m = np.asarray(fakes, dtype=np.float64)
        if self.draw == "known":
            return np.zeros_like(m)
        calm = 1 - self.rate * self.alarm
        return np.asarray(calm ** (self.answers - m) * (self.caught(m) - (1 - calm**m)))

    def smallest_stake(self) -> float | None:
        """Fees. With this stake or more no number of fakes pays; None if not even MOST fees do."""
        m = np.arange(1, self.answers + 1)
        faked = m * (1 - self.rate) if self.draw == "known" else m.astype(np.float64)
        wanted, risk = faked * self.saving, self.risk(m)
        if np.any(wanted > MOST * risk):
            return None
        return float(np.max(wanted[risk > 0] / risk[risk > 0], initial=0.0))


def smallest_stake(rules: Rules) -> float:
    """The closed form of Rules.smallest_stake for a draw after the commitment: faking everything
    is what pays best, so n g / ((1 - q a)^n - (1 - q d)^n)."""
    q, n = rules.rate, rules.answers
    risk = (1 - q * rules.alarm) ** n - (1 - q * rules.detection) ** n
    return n * rules.saving / risk


def smallest_rate(
    stake: float, saving: float, answers: int, detection: float = 1.0, alarm: float = 0.0
) -> float | None:
    """q*, the smallest check rate at which no number of fakes pays (draw after the commitment).

    Without false alarms, q* = (1 - (1 - n g / S)^(1 / n)) / d. With them the risk that cheating
    adds rises to a peak and falls again, because in the end everybody is flagged: q* lies before
    the peak, by bisection. None if no rate is enough.
    """
    n, wanted = answers, answers * saving

    def risk(q: float) -> float:
        return stake * float((1 - q * alarm) ** n - (1 - q * detection) ** n)

    peak = 1.0
    if alarm > 0 and n > 1:  # where the derivative of the risk is nought
        ratio = (alarm / detection) ** (1 / (n - 1))
        peak = min(1.0, (1 - ratio) / (detection - ratio * alarm))
    if risk(peak) < wanted:
        return None
    if alarm == 0:
        return float((1 - (1 - wanted / stake) ** (1 / n)) / detection)
    low, high = 0.0, peak
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if risk(middle) >= wanted else (middle, high)
    return high


def simulate(
    rules: Rules, fakes: npt.NDArray[np.int64], batches: int, operators: int, seed: int
) -> tuple[Floats, Floats, Floats]:
    """Coins tossed, not formulas: (gain, flagged, caught), each (operators, len(fakes)): the mean
    over `batches` batches of each operator. One coin for each answer decides if it is checked."""
    rng = np.random.default_rng([seed, 41])
    shape = (batches, operators, len(fakes))
    fakes = np.broadcast_to(np.asarray(fakes, dtype=np.int64), shape)
    honest = rules.answers - fakes
    faked = fakes
    checked = rng.binomial(fakes, rules.rate)
    if rules.draw == "known":  # honest wherever somebody will look
        faked, honest = fakes - checked, honest + checked
        looked = rng.binomial(rules.answers - fakes, rules.rate) + checked
        checked = np.zeros_like(checked)
        false = rng.binomial(looked, rules.alarm) > 0
    else:
        false = rng.binomial(honest, rules.rate * rules.alarm) > 0
    if rules.draw == "grind":
        dodges = 1 - (1 - (1 - rules.rate) ** fakes) ** TRIES
        dodged = rng.random(shape) < dodges
        while np.any(again := (checked == 0) & ~dodged & (fakes > 0)):  # its last try was seen
            checked[again] = rng.binomial(fakes[again], rules.rate)
        checked = np.where(dodged, 0, checked)
    caught = rng.binomial(checked, rules.detection) > 0
    flagged = caught | false
    gain = faked * rules.saving - rules.stake * flagged
    return gain.mean(axis=0), flagged.mean(axis=0), caught.mean(axis=0)


@dataclass(frozen=True)
class Inspection:
    """The inspection game over one answer, in fees. Operator: honest or cheat. Verifier: check or
    not. A cheat brings `saving`, and costs `stake` if a check finds it, with chance `detection`;
    the verifier then gets `bounty`. A check costs `cost`. Planted errors, if the protocol makes
    any, bring a verifier that checks `planted` * `jackpot` on average, whatever the operator does.
    """

    saving: float
    stake: float
    cost: float
    bounty: float
    detection: float = 1.0
    planted: float = 0.0
    jackpot: float = 0.0

    def payoffs(self) -> tuple[Floats, Floats]:
        """(operator's, verifier's), each [honest, cheat] x [no check, check]."""
        found = self.detection
        operator = np.array([[0.0, 0.0], [self.saving, self.saving - found * self.stake]])
        paid = self.planted * self.jackpot - self.cost
        verifier = np.array([[0.0, paid], [0.0, paid + found * self.bounty]])
        return operator, verifier

    def equilibrium(self) -> tuple[float, float]:
        """(chance of cheating, chance of checking) from which neither side gains by moving alone.

        Inside: the operator cheats just often enough that a check is worth its cost, and the
        verifier checks just often enough that cheating is worth nothing:
        x* = (c - f J) / (d B), q* = g / (d S). So x* does not depend on the stake, nor q* on the
        cost. With f J >= c a check pays for itself, and nobody needs to cheat for it.
        """
        net = self.cost - self.planted * self.jackpot
        deterred = self.detection * self.stake >= self.saving
        if net <= 0:
            return (0.0, 1.0) if deterred else (1.0, 1.0)
        if net > self.detection * self.bounty:
            return 1.0, 0.0
        if not deterred:
            return 1.0, 1.0
        return net / (self.detection * self.bounty), self.saving / (self.detection * self.stake)


def play(game: Inspection, rounds: int) -> tuple[float, float]:
    """(share of rounds with a cheat, with a check) after fictitious play: each side answers best
    to how often the other has cheated or checked so far. In such games the shares tend to an
    equilibrium (Miyasawa 1961), while round by round the two run after each other."""
    operator, verifier = (payoff.tolist() for payoff in game.payoffs())
    cheats, checks = 0.5, 0.5  # half a round each, so that the first answer is defined
    for now in range(1, rounds + 1):
        x, q = cheats / now, checks / now
        honest = (1 - q) * operator[0][0] + q * operator[0][1]
        cheating = (1 - q) * operator[1][0] + q * operator[1][1]
        checking = (1 - x) * verifier[0][1] + x * verifier[1][1]
        cheats += cheating > honest
        checks += checking > 0
    return (cheats - 0.5) / rounds, (checks - 0.5) / rounds
