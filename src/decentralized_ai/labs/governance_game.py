"""The repeated game of the lab "Run the network's politics": validators test operators and give
weights, epoch after epoch, and Yuma consensus pays both.

What a validator knows is in its `View`: its own tests, which cost something and are noisy, and
the weights of others as old as the rules say (`lag`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..governance.yuma import Rules, epoch
from .attempt import Wrong, accept, short
from .governance_patience import Patience

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Setting:
    """A network and its rules.

    kappa, alpha: the rules of Yuma. lag: how many epochs later than usual weights become public.
    noise: the relative error (standard deviation) of one test. change: the chance, in each epoch,
    that an operator becomes better or worse. cost: of a test of all operators, as a share of what
    the validator's stake earns on average.
    """

    operators: int = 8
    epochs: int = 60
    kappa: float = 0.5
    alpha: float = 0.1
    lag: int = 0
    noise: float = 0.3
    change: float = 0.04
    cost: float = 0.05

    def rules(self) -> Rules:
        return Rules(kappa=self.kappa, alpha=self.alpha)


class View:
    """What one validator knows when it has to give weights."""

    def __init__(
        self,
        epoch: int,
        me: int,
        stakes: Vector,
        operators: int,
        public: Vector | None,
        consensus: Vector | None,
        last: Vector | None,
        measure: Callable[[], Vector],
    ) -> None:
        self.epoch = epoch
        self.me = me
        self.stakes = stakes
        self.operators = operators
        self.public = public
        self.consensus = consensus
        self.last = last
        self._measure = measure

    @property
    def stake(self) -> float:
        """This validator's share of all stake."""
        return float(self.stakes[self.me])

    def measure(self) -> Vector:
        """Tests all operators once: their qualities, (operators,), with an error. It costs."""
        return self._measure()


class Tests:
    """The tests of one validator in one epoch, counted."""

    def __init__(self, truth: Vector, noise: float, seed: list[int]) -> None:
        self.count = 0
        self._truth, self._noise, self._seed = truth, noise, seed

    def run(self) -> Vector:
        """The qualities, each with an error of its own; none is below 0."""
        if not self.count:
            self._rng = np.random.default_rng(self._seed)
        self.count += 1
        errors = self._noise * self._rng.normal(size=len(self._truth))
        return self._truth * np.maximum(0.0, 1 + errors)


class Validator:
    """A strategy. Extend it: `weights` returns a number of 0 or more for each operator."""

    def weights(self, view: View) -> Any:
        raise NotImplementedError


@dataclass(frozen=True)
class Played:
    """What happened. dividends, tests: (epochs, validators); incentive, consensus, quality:
    (epochs, operators). Dividends and incentives of an epoch add up to 1 each."""

    setting: Setting
    stakes: Vector
    dividends: Vector
    tests: Vector
    incentive: Vector
    consensus: Vector
    quality: Vector

    def returns(self) -> Vector:
        """Of each validator, (validators,): 100 is what a stake earns on average, tests paid."""
        earned = self.dividends.mean(axis=0) / self.stakes
        return 100 * (earned - self.setting.cost * self.tests.mean(axis=0))


def qualities(setting: Setting, seed: int) -> Vector:
    """True qualities, (epochs, operators), from 0.05 to 2: few are very good, many are poor. Now
    and then one is drawn anew."""
    rng = np.random.default_rng([seed, 5])

    def drawn() -> Vector:
        return 0.05 + 1.95 * np.square(rng.random(setting.operators))

    now, rows = drawn(), []
    for _ in range(setting.epochs):
        rows.append(now)
        anew = rng.random(setting.operators) < setting.change
        now = np.where(anew, drawn(), now)
    return np.array(rows)


def play(
    setting: Setting,
    seats: Sequence[Any],
    stakes: Sequence[float],
    seed: int = 1,
    quality: Vector | None = None,
) -> Played:
    """One game. `seats`: a strategy for each validator. `quality`: instead of a drawn one.

    Wrong, in words, if a strategy cannot be run. The luck of a seat (its tests' errors) does not
    depend on what sits there, or elsewhere.
    """
    share = np.asarray(stakes, float) / float(np.sum(stakes))
    truth = qualities(setting, seed) if quality is None else quality
    given: list[Vector] = []  # the weights of each epoch, (validators, operators)
    agreed: list[Vector] = []  # their consensus
    tested, dividends, incentive = [], [], []
    bonds = np.zeros((len(seats), setting.operators))
    rules = setting.rules()
    with Patience() as patience:
        players = [_seated(strategy, patience) for strategy in seats]
        for now in range(setting.epochs):
            seen = now - 1 - setting.lag  # the newest epoch whose weights are public
            rows, spent = [], []
            for me, (name, player) in enumerate(players):
                tests = Tests(truth[now], setting.noise, [seed, 7, me, now])
                view = View(
                    now,
                    me,
                    _locked(share),
                    setting.operators,
                    given[seen] if seen >= 0 else None,
                    agreed[seen] if seen >= 0 else None,
                    given[-1][me] if given else None,
                    tests.run,
                )
                rows.append(read_weights(name, patience.call(name, player, view), setting))
                spent.append(tests.count)
            weights = _locked(np.array(rows))
            result = epoch(share, weights, bonds, rules)
            bonds = result.bonds
            given.append(weights)
            agreed.append(_locked(np.array(result.consensus)))
            tested.append(spent)
            dividends.append(result.dividends)
            incentive.append(result.incentive)
    return Played(
        setting,
        share,
        np.array(dividends),
        np.array(tested, float),
        np.array(incentive),
        np.array(agreed),
        truth,
    )


def read_weights(name: str, value: Any, setting: Setting) -> Vector:
    """A learner's weights, (operators,), adding up to 1; else Wrong."""
    if value is None:
        raise Wrong(f"{name} returned None: is there a path without a return?")
    try:
        found = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise Wrong(f"{name} must return numbers, one an operator; not {short(value)}.") from None
    if found.shape != (setting.operators,):
        raise Wrong(
            f"{name} must return {setting.operators} weights, one an operator; what it returned "
            f"has the shape {found.shape}."
        )
    if not np.isfinite(found).all():
        raise Wrong(f"{name} returned nan or an infinite weight. A division by 0, perhaps?")
    if (found < 0).any():
        raise Wrong(
            f"{name} returned a negative weight ({found.min():.3g}). The least that you can give "
            "an operator is 0."
        )
    if not found.any():
        raise Wrong(f"{name} returned only zeros: then nobody is named. Give somebody a weight.")
    with np.errstate(over="ignore"):
        total = found.sum()
    if total == np.inf:
        raise Wrong(f"{name} returned weights that are too large to be added up.")
    return found / total


def accept_validator(value: Any) -> type[Validator]:
    """A learner's strategy as a class; a function of one argument, the view, is one too."""
    if value is None:
        raise Wrong("Write a class first: class Mine(Validator), with a method weights.")
    if isinstance(value, Validator):
        raise Wrong("Hand over the class itself, without brackets: each game makes its own.")
    if isinstance(value, type):
        if not issubclass(value, Validator):
            raise Wrong(f"The class must extend Validator; {value.__name__} does not.")
        if value.weights is Validator.weights:
            raise Wrong(f"{value.__name__} does not define weights(self, view) yet.")
        return value
    function = accept(value, "the strategy", "view")
    name = getattr(value, "__name__", "strategy")
    return type(name, (Validator,), {"weights": lambda self, view: function(view)})


def _seated(strategy: Any, patience: Patience) -> tuple[str, Callable[[View], Any]]:
    """What to call it, and the method of a new one."""
    kind = accept_validator(strategy)
    try:
        player = patience.call(f"{kind.__name__}()", kind)
    except Wrong as error:
        raise Wrong(f"{error} It is made without arguments.") from error
    return f"{kind.__name__}.weights", player.weights


def _locked(values: Vector) -> Vector:
    values.setflags(write=False)
    return values
