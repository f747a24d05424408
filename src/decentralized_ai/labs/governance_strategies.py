"""The built-in validators of the lab "Run the network's politics"."""

from __future__ import annotations

import numpy as np

from .governance_game import Validator, Vector, View


class Honest(Validator):
    """Tests everybody once an epoch and says what it saw."""

    def weights(self, view: View) -> Vector:
        return view.measure()


class Copier(Validator):
    """Tests nobody: the newest consensus that is public."""

    def weights(self, view: View) -> Vector:
        if view.consensus is None or not view.consensus.any():
            return np.ones(view.operators)
        return view.consensus


class Lazy(Validator):
    """Tests nobody: the same for everybody, for ever."""

    def weights(self, view: View) -> Vector:
        return np.ones(view.operators)


class Slow(Validator):
    """Tests everybody once in ten epochs, and keeps to that in between."""

    def __init__(self) -> None:
        self.found: Vector | None = None

    def weights(self, view: View) -> Vector:
        if self.found is None or view.epoch % 10 == 0:
            self.found = view.measure()
        return self.found


class Averager(Validator):
    """Tests everybody once an epoch and says the mean of its last four tests."""

    def __init__(self) -> None:
        self.found: list[Vector] = []

    def weights(self, view: View) -> Vector:
        self.found = [*self.found[-3:], view.measure()]
        return np.mean(self.found, axis=0)


class Follower(Validator):
    """Tests everybody, and moves half way to the newest consensus that is public."""

    def weights(self, view: View) -> Vector:
        mine = view.measure()
        mine = mine / mine.sum()
        if view.consensus is None or not view.consensus.any():
            return mine
        return mine + view.consensus / view.consensus.sum()


class SelfDealer(Validator):
    """Everything for the last operator, which is its own."""

    def weights(self, view: View) -> Vector:
        only = np.zeros(view.operators)
        only[-1] = 1.0
        return only


class Shadow(Validator):
    """Tests nobody: what the largest of the others said when that was last public."""

    def weights(self, view: View) -> Vector:
        if view.public is None:
            return np.ones(view.operators)
        others = np.where(np.arange(len(view.stakes)) == view.me, 0.0, view.stakes)
        return view.public[int(others.argmax())]


BUILT_IN: dict[str, type[Validator]] = {
    "honest": Honest,
    "copier": Copier,
    "lazy": Lazy,
    "slow": Slow,
    "averager": Averager,
    "follower": Follower,
    "self-dealer": SelfDealer,
    "shadow": Shadow,
}
