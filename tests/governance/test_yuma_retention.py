"""What honest work keeps: the closed form, the documentation's figures, the recorded run."""

import json
from pathlib import Path

import numpy as np
import pytest

from decentralized_ai.governance.yuma_retention import (
    BOASTS,
    SETTINGS,
    Setting,
    curve,
    draw,
    honest_pay,
    needed,
)
from decentralized_ai.recorded import load

TOLD = json.loads(
    (Path(__file__).parents[1] / "data" / "yuma_retention.json").read_text(encoding="utf-8")
)
RECORD = load("yuma")
FIGURES = {
    "deviation 0": "weights_stddev_0",
    "deviation 0.2": "weights_stddev_20",
    "deviation 0.4": "weights_stddev_40",
    "penalty 0": "bonds_penalty_0",
    "penalty 0.5": "bonds_penalty_50",
    "reward 0": "validator_emission_0",
    "reward 0.25": "validator_emission_25",
    "kappa 0.4, stake 0.51": "kappa_40",
    "kappa 0.5, stake 0.51": "kappa_50",
    "kappa 0.6, stake 0.51": "kappa_60",
}


def closed_form(honest: float, utility: float, boast: float, reward: float) -> float:
    """Without scatter, with all of the bonds penalty: each side's operators get the smaller of two
    weights from the cabal, the honest weight from the honest."""
    cabal = 1 - honest
    good = honest * utility + cabal * min(1 - boast, utility)
    bad = honest * (1 - utility) + cabal * min(boast, 1 - utility)
    incentive = good / (good + bad)
    dividends = honest / (good + bad)
    return reward * dividends + (1 - reward) * incentive


@pytest.mark.parametrize("honest", [0.51, 0.6, 0.8])
@pytest.mark.parametrize("reward", [0.0, 0.25, 0.5])
def test_without_scatter_it_is_a_closed_form(honest: float, reward: float) -> None:
    """To 1e-9, but that 0.6 of 64 places is no whole number, which then does not matter."""
    setting = Setting(honest=honest, deviation=0.0, reward=reward)
    network = draw(setting, 1)
    for utility in (0.1, 0.4, 0.6, 0.75, 1.0):
        for boast in (0.0, 0.3, 0.45, 1.0):
            ours = honest_pay(setting, network, utility, boast)
            assert ours == pytest.approx(closed_form(honest, utility, boast, reward), abs=1e-9)


def test_without_scatter_as_much_work_as_stake_is_needed() -> None:
    """The documented 60%: the worst boast is the truth."""
    assert needed(Setting(deviation=0.0), draw(Setting(deviation=0.0), 0), 0.4) == pytest.approx(
        0.6, abs=1e-4
    )


@pytest.mark.parametrize("name, figure", FIGURES.items())
def test_the_documented_figure_is_one_of_our_draws(name: str, figure: str) -> None:
    """They ran one network; it lies within the range of our forty, give or take what a line drawn
    between points 0.02 apart may be off, 0.001. With kappa 0.6 both need all of the work: only then
    does nothing of the cabal's find support, and the stakes are paid."""
    ours, told = RECORD["settings"][name], TOLD["figures"][figure]
    assert ours["none"] == 0
    assert ours["lowest"] - 0.001 <= told["worst"] <= ours["highest"] + 0.001
    assert abs(ours["needed"] - told["worst"]) <= 0.02


@pytest.mark.parametrize("name", ["deviation 0", "deviation 0.2", "deviation 0.4", "penalty 0"])
def test_the_whole_line_is_the_documented_one(name: str) -> None:
    """Not only its farthest point: all 26 heights at which their line can be read. The mean of ours
    is within 0.006 (a network's luck, see above) from where the cabal gives its own a third on;
    below, their lines have labels and gaps."""
    assert list(BOASTS) == pytest.approx([0.04 * i for i in range(26)])
    told = TOLD["figures"][FIGURES[name]]["needed"]
    apart = [
        abs(a - b)
        for a, b, boast in zip(RECORD["settings"][name]["curve"], told, BOASTS, strict=True)
        if b is not None and boast >= 1 / 3
    ]
    assert len(apart) >= 14
    assert max(apart) <= 0.006


def test_the_documented_percentages() -> None:
    """60, 67, 73; 78, 76, 73; 82, 78, 73: whole percents, so half a one, and a draw's luck."""
    told = TOLD["documented"]
    for group, values in (
        ("deviation", told["deviation"]),
        ("penalty", {k: v for k, v in told["penalty"].items() if k != "1"}),
        ("reward", {k: v for k, v in told["reward"].items() if k != "0.5"}),
    ):
        for key, value in values.items():
            assert RECORD["settings"][f"{group} {key}"]["needed"] == pytest.approx(value, abs=0.013)


def test_a_part_of_the_recorded_run_comes_out_again() -> None:
    """Three draws at the boasts around the worst: within the recorded range; and the setting that
    was recorded is the one that the code names."""
    for name in ("deviation 0.2", "deviation 0.4", "reward 0"):
        setting, told = SETTINGS[name], RECORD["settings"][name]
        assert {key: told[key] for key in vars(setting)} == pytest.approx(vars(setting), abs=1e-6)
        around = int(np.argmax(told["curve"]))
        boasts = BOASTS[max(0, around - 1) : around + 2]
        worst = curve(setting, range(3), boasts).max(axis=1)
        assert (worst >= told["lowest"] - 0.002).all() and (worst <= told["highest"] + 1e-4).all()


def test_more_honest_work_never_costs_the_honest() -> None:
    """What `needed` halves on: pay rises with utility, at each boast of some draws."""
    setting = Setting()
    for seed in (0, 1):
        network = draw(setting, seed)
        for boast in (0.2, 0.5, 0.8, 1.0):
            pay = [honest_pay(setting, network, u, boast) for u in np.linspace(0.3, 1, 15)]
            assert (np.diff(pay) > -1e-12).all()
