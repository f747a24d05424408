"""How much honest work keeps an honest majority's share of the stake: subtensor's experiment anew.

    python -m decentralized_ai.governance.yuma_retention

writes recorded/yuma.json (a few minutes). The experiment is that of docs/consensus.md and of
map_consensus_guarantees in pallets/subtensor/src/tests/consensus.rs (commit 14bc6f9): 512 places,
64 of them validators, split into an honest side with a share of the stake and a cabal; stakes and
weights are normally distributed and cut off at nought; one epoch. Honest validators give a share
`utility` of their weights to honest operators, the cabal gives a share `boast` to its own. They ran
one draw; we run many and say how much luck there is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..recorded import load
from .yuma import KAPPA, Floats, Rules, epoch, normalised

PLACES, VALIDATORS = 512, 64
STAKE_DEVIATION = 0.3
BOASTS = tuple(i / 50 for i in range(0, 51, 2))  # every second line of their grid
DRAWS = 40
STEPS = 14  # halvings: 6e-5 of utility
OUT = Path(__file__).parents[1] / "recorded" / "yuma.json"


@dataclass(frozen=True)
class Setting:
    """honest: share of the stake. deviation: of weights, in means. reward: share of emission that
    goes to validators."""

    honest: float = 0.6
    deviation: float = 0.4
    beta: float = 1.0
    reward: float = 0.5
    kappa: float = KAPPA


@dataclass(frozen=True)
class Draw:
    """One random network: shares of stake, and each side's weights on each side's operators as
    shares of what it gives to that side."""

    stake: Floats  # (V,) sums to 1
    shape: Floats  # (V, M) each half of a row sums to 1
    honest_validators: int
    honest_operators: int

    def weights(self, utility: float, boast: float) -> Floats:
        """(V, M), each row sums to 1."""
        table = self.shape.copy()
        v, m = self.honest_validators, self.honest_operators
        table[:v, :m] *= utility
        table[:v, m:] *= 1 - utility
        table[v:, :m] *= 1 - boast
        table[v:, m:] *= boast
        return table


def draw(setting: Setting, seed: int) -> Draw:
    """The honest side has its share of the places too, and each side at least one of each kind."""
    rng = np.random.default_rng(seed)
    operators = PLACES - VALIDATORS
    v = min(max(int(setting.honest * VALIDATORS + 1e-9), 1), VALIDATORS - 1)
    m = min(max(int(setting.honest * operators + 1e-9), 1), operators - 1)

    def around_one(deviation: float, *shape: int) -> Floats:
        return np.maximum(1 + deviation * rng.standard_normal(shape), 0.0)

    stake = np.concatenate(
        [
            setting.honest * normalised(around_one(STAKE_DEVIATION, v)),
            (1 - setting.honest) * normalised(around_one(STAKE_DEVIATION, VALIDATORS - v)),
        ]
    )
    halves = [around_one(setting.deviation, VALIDATORS, n) for n in (m, operators - m)]
    shape = np.concatenate([normalised(half, axis=1) for half in halves], axis=1)
    return Draw(stake, shape, v, m)


def honest_pay(setting: Setting, network: Draw, utility: float, boast: float) -> float:
    """Share of the emission that the honest side gets in the first epoch; of the stakes, where
    nothing finds support and the stakes are paid."""
    rules = Rules(kappa=setting.kappa, beta=setting.beta)
    found = epoch(network.stake, network.weights(utility, boast), None, rules)
    if not found.incentive.any():
        return float(network.stake[: network.honest_validators].sum())
    dividends = found.dividends[: network.honest_validators].sum()
    incentive = found.incentive[: network.honest_operators].sum()
    return float(setting.reward * dividends + (1 - setting.reward) * incentive)


def needed(setting: Setting, network: Draw, boast: float) -> float:
    """The utility at which the honest side just keeps its share of the stake; above 1 if none
    does."""
    enough = setting.honest - 1e-12  # sums have last bits
    if honest_pay(setting, network, 1.0, boast) < enough:
        return 1.01
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        kept = honest_pay(setting, network, middle, boast) >= enough
        low, high = (low, middle) if kept else (middle, high)
    return high


def curve(setting: Setting, seeds: Sequence[int], boasts: Sequence[float] = BOASTS) -> Floats:
    """What is needed, (seeds, boasts)."""
    networks = [draw(setting, seed) for seed in seeds]
    return np.array([[needed(setting, network, b) for b in boasts] for network in networks])


def summary(setting: Setting, needs: Floats) -> dict[str, Any]:
    """The worst boast of each draw; mean and spread of that over the draws."""
    worst = needs.max(axis=1)
    return {
        **{name: round(value, 6) for name, value in vars(setting).items()},
        "needed": round(float(worst.mean()), 4),
        "deviation_of_draws": round(float(worst.std(ddof=1)), 4),
        "standard_error": round(float(worst.std(ddof=1) / np.sqrt(len(worst))), 5),
        "lowest": round(float(worst.min()), 4),
        "highest": round(float(worst.max()), 4),
        "none": int((worst > 1).sum()),
        "curve": [round(float(x), 4) for x in needs.mean(axis=0)],
    }


SETTINGS: dict[str, Setting] = {
    **{f"deviation {d:g}": Setting(deviation=d) for d in (0.0, 0.2, 0.4)},
    **{f"penalty {b:g}": Setting(beta=b) for b in (0.0, 0.5)},
    **{f"reward {r:g}": Setting(reward=r) for r in (0.0, 0.25)},
    **{
        f"kappa {k:g}, stake {s:g}": Setting(honest=s, kappa=k)
        for k in (0.4, 0.5, 0.6)
        for s in (0.51, 0.55)
    },
}


def recorded_needs() -> dict[str, float]:
    """Utility needed by our recorded draws (needed_...: their mean), beside what the documentation
    says in words (told_...) and draws (drawn_...): book/yuma_documented.yml."""
    ours, found = load("yuma")["settings"], {}
    for need in load("yuma_documented")["needs"]:
        found[f"needed_{need['name']}"] = ours[need["setting"]]["needed"]
        found[f"drawn_{need['name']}"] = need["drawn"]
        if "told" in need:
            found[f"told_{need['name']}"] = need["told"]
    return found


def main() -> None:
    rows = {}
    for name, setting in SETTINGS.items():
        rows[name] = summary(setting, curve(setting, range(DRAWS)))
        print(f"{name:22} {rows[name]['needed']:.4f} +- {rows[name]['standard_error']:.4f}")
    record = {
        "about": "Utility that the honest side needs to keep its share of the stake",
        "command": "python -m decentralized_ai.governance.yuma_retention",
        "numpy": np.__version__,
        "seeds": f"0 to {DRAWS - 1}",
        "boasts": list(BOASTS),
        "settings": rows,
    }
    OUT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
