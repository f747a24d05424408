"""The plane and the recorded runs: laws that hold without knowing any result.

That the rules and attacks are right is shown in test_aggregators.py and test_attacks.py; here, that
the runs are theirs."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.recorded import load
from decentralized_ai.training.aggregators import RULES, refusal
from decentralized_ai.training.attacks import ATTACKS
from decentralized_ai.training.byzantine import (
    OWN_SPREAD,
    SPREAD,
    WORKERS,
    curve,
    step,
    steps,
)

THEIRS = json.loads(
    (Path(__file__).parents[1] / "data" / "byzantine_karimireddy.json").read_text(encoding="utf-8")
)["runs"]
ALL = tuple(RULES)


def test_honest_gradients_have_the_spread_that_they_claim() -> None:
    """Pooled over 400 seeds, 6,000 vectors in two coordinates: a standard deviation is known to
    1/sqrt(24,000) = 0.65%; 3% is more than four of those. A running mean with momentum 0.9 keeps
    sqrt(0.1 / 1.9) of the noise: the variance of a geometric series."""
    kept = (0.1**2 * sum(0.9 ** (2 * k) for k in range(2000))) ** 0.5
    for momentum, shards, wanted in (
        ("server", "same", SPREAD),
        ("workers", "same", SPREAD * kept),
        ("workers", "own", np.hypot(SPREAD * kept, OWN_SPREAD)),
    ):
        drawn = [
            step(("mean",), "little", 0, 1.5, momentum, shards, seed).honest for seed in range(400)
        ]
        away = np.concatenate(drawn) - [1.0, 0.0]
        assert away.std() == pytest.approx(wanted, rel=0.03)
        assert np.abs(away.mean(axis=0)).max() < 5 * wanted / 6000**0.5


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(list(ATTACKS)),
    st.integers(0, 7),
    st.sampled_from([0.1, 1.5, 100.0]),
    st.sampled_from(["server", "workers"]),
    st.sampled_from(["same", "own"]),
    st.integers(0, 49),
)
def test_a_step_is_what_its_rules_make_of_what_arrives(
    attack: str, f: int, strength: float, momentum: str, shards: str, seed: int
) -> None:
    one = step(ALL, attack, f, strength, momentum, shards, seed)
    assert one.honest.shape == (WORKERS - f, 2) and one.sent.shape == (f, 2)
    vectors = np.concatenate([one.honest, one.sent])
    for name, answer in one.answers.items():
        assert (answer is None) == (refusal(name, WORKERS, f) is not None)
        if answer is not None and not RULES[name].remembers:
            assert np.array_equal(answer, RULES[name].combine(vectors, f))
    # The honest ones do not change when others turn liar.
    nobody = step(ALL, attack, 0, strength, momentum, shards, seed)
    assert np.array_equal(nobody.honest[: WORKERS - f], one.honest)
    assert nobody.away("mean") == pytest.approx(0, abs=1e-12)
    assert nobody.progress("mean") == pytest.approx(1, abs=1e-12)


def test_without_liars_the_recorded_runs_obey_the_laws_of_their_rules() -> None:
    """With f = 0 the trimmed mean, Multi-Krum and Bulyan are the mean, and a mean of running means
    is the running mean of means: the same training, up to the order of float32 sums, which 150
    steps of training may blow up a little. 0.01 nats; seeds differ by more."""
    for seed in range(2):
        plain = curve("mean", "none", 0, "workers")
        assert plain is not None
        for name, momentum in (
            ("mean", "server"),
            ("trimmed", "workers"),
            ("multi_krum", "server"),
            ("bulyan", "workers"),
        ):
            other = curve(name, "none", 0, momentum)
            assert other is not None
            gap = np.abs(np.array(plain.losses[seed]) - other.losses[seed]).max()
            assert gap <= 0.01, name


def test_the_recorded_mean_goes_where_arithmetic_sends_it() -> None:
    """A sign flip of ten times with f of 15 leaves (15 - f - 10 f) / 15 of the honest mean: 4/15
    for one liar (slower, still downhill), less than nothing for three (uphill). A tenth the other
    way leaves (15 - 1.1 f) / 15: downhill even for seven."""
    start = curve("mean", "none", 0, "workers").losses[0][0]
    one, three = (curve("mean", "sign_flip", f, "workers") for f in (1, 3))
    assert curve("mean", "none", 0, "workers").final < one.final < start
    assert three.final is None or three.final > start
    assert curve("mean", "inner_product", 7, "workers").final < start - 0.1


def test_every_curve_starts_alike_and_lasts_until_its_end() -> None:
    recorded = load("byzantine")
    assert {cell["loss"][0] for cell in recorded["cells"]} == {recorded["cells"][0]["loss"][0]}
    whole = steps() // recorded["setting"]["measured_every"] + 1
    for cell in recorded["cells"]:
        assert (len(cell["loss"]) == whole) == (cell["diverged"] is None)
        assert all(0 < loss <= recorded["setting"]["diverged_above"] for loss in cell["loss"])
    assert curve("krum", "little", 7, "workers") is None


def accuracy(attack: str, rule: str, momentum: float) -> float:
    runs = [
        row["accuracy"]
        for row in THEIRS
        if (row["attack"], row["rule"], row["momentum"]) == (attack, rule, momentum)
    ]
    return float(np.mean(runs[0]))


def test_momentum_at_the_workers_helps_where_it_helped_karimireddy_et_al() -> None:
    """Their CIFAR-10 accuracies with momentum 0.9 against none, our losses with momentum at the
    workers against the server, for their two attacks and five rules, 3 and 7 of 15 liars for their
    5 and 11 of 25. Only the sign is compared: model, data and control differ."""
    for attack, f in (("little", 3), ("inner_product", 7)):
        for rule in ("median", "trimmed", "geometric_median", "clipping"):
            theirs = accuracy(attack, rule, 0.9) - accuracy(attack, rule, 0.0)
            workers = curve(rule, attack, f, "workers")
            server = curve(rule, attack, f, "server")
            assert theirs > 3
            assert workers.final is not None
            assert server.final is None or server.final > workers.final, (attack, rule)
