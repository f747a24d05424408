"""The money of a spot check: published formulas and numbers, brute force, tossed coins."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.validation.spotcheck import rule_of_three
from decentralized_ai.verification.spotcheck_game import (
    MOST,
    TRIES,
    Inspection,
    Rules,
    checks_needed,
    missed,
    play,
    simulate,
    smallest_rate,
    smallest_stake,
)

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "spotcheck_cases.json").read_text(encoding="utf-8")
)

rules = st.builds(
    Rules,
    rate=st.sampled_from((0.001, 0.01, 0.05, 0.3, 1.0)),
    stake=st.sampled_from((0.0, 1.0, 16.0, 100.0, 10_000.0)),
    saving=st.sampled_from((0.01, 0.5, 1.0)),
    answers=st.sampled_from((1, 2, 7, 60)),
    detection=st.sampled_from((0.3, 0.9, 1.0)),
    alarm=st.sampled_from((0.0, 0.001, 0.05)),
    draw=st.sampled_from(("after", "grind", "known")),
)


# --- the hypergeometric law


def test_the_law_against_counting_every_draw() -> None:
    for answers, cheats, checks in ((5, 2, 2), (6, 1, 4), (7, 3, 3), (6, 6, 1)):
        draws = list(itertools.combinations(range(answers), checks))
        clean = sum(min(drawn) >= cheats for drawn in draws)
        assert missed(answers, cheats, checks) == pytest.approx(clean / len(draws), rel=1e-12)


def test_the_number_of_checks_against_rivests_estimate() -> None:
    """Rivest (2006): for n below 5,000, never too small (some exceptions for b = 1), never too
    large by more than 4."""
    exceptions, largest = rule_of_three()
    assert all(bad == 1 for _, bad in exceptions)
    assert 0 < largest <= 4


def test_the_number_of_checks_is_the_least() -> None:
    for answers, cheats in ((100, 1), (100, 7), (1000, 10), (4, 4), (9, 5)):
        checks = checks_needed(answers, cheats, 0.05)
        assert missed(answers, cheats, checks) <= 0.05
        assert checks == 1 or missed(answers, cheats, checks - 1) > 0.05


# --- what others published


def test_pocket_networks_example() -> None:
    """Reward 10, one claim in five has to be proven: a penalty of 40 leaves a cheat with nothing.

    Their cheat goes on until it is caught, and is not paid for the claim that is caught: the
    penalty plus that reward is our stake.
    """
    case = CASES["pocket"]["example"]
    reward, rate, penalty = case["reward"], case["probability"], case["penalty"]
    lost = smallest_stake(Rules(rate, 0.0, reward, 1))
    assert lost == pytest.approx(penalty + reward, rel=1e-12)
    # E[false claims before the first that is caught] = (1 - p) / p, by tossing.
    rng = np.random.default_rng(2)
    before = rng.geometric(rate, 40_000) - 1
    assert np.mean(before) == pytest.approx(case["expected_claims"], rel=0.04)  # 4 s.e.
    assert np.mean(reward * before - penalty) == pytest.approx(0.0, abs=1.0)  # 4 s.e. of 45 / 200


def test_pocket_networks_choice_of_sixteen() -> None:
    """With one claim in four proven, 16 false claims or fewer pass before a cheat is caught with
    99%: so 17 are caught with at least that, and 16 with less."""
    case = CASES["pocket"]["older"]
    caught = Rules(case["probability"], 1.0, 1.0, 100).caught(np.arange(1, 40))
    assert 1 + int(np.argmax(caught >= case["confidence"])) == case["failures"] + 1


def test_pocket_networks_proposal_stands_on_the_line() -> None:
    case = CASES["pocket"]["proposal"]
    stake = case["penalty"] / case["threshold"]
    assert Rules(case["probability"], stake, 1.0, 1).gain(1) == pytest.approx(0.0, abs=1e-12)
    assert smallest_rate(stake, 1.0, 1) == pytest.approx(case["probability"], rel=1e-12)


def test_the_condition_of_proof_of_sampling() -> None:
    """p > C / ((1 - r)(R + S)): a colluding share r of checkers sees nothing, so it is our
    detection; reward and slash are both lost, so their sum is our stake."""
    case = CASES["posp_plan"]
    collude, reward, slash = case["r"], case["R"], case["S"]
    needed = 1 / ((1 - collude) * (reward + slash))
    ours = smallest_rate(reward + slash, 1.0, 1, detection=1 - collude)
    assert ours == pytest.approx(needed, rel=1e-12)
    assert needed > case["p"]  # the plan's own numbers fall short of the condition it cites
    assert Rules(case["p"], reward + slash, 1.0, 1, detection=1 - collude).gain(1) > 0


def test_the_two_published_conditions_are_one() -> None:
    """Gain counted only if not caught, S / g > (1 - p) / p, is the condition of Proof of Sampling
    for a cheat that saves the whole reward: C = R = g."""
    for rate in (0.01, 0.1, 0.5):
        slash = (1 - rate) / rate
        assert smallest_rate(slash + 1, 1.0, 1) == pytest.approx(rate, rel=1e-12)


def test_the_catch_probability_of_a_share_faked_at_random() -> None:
    """1 - (1 - q d x)^n, if each of n answers is faked with chance x, is ours averaged over m."""
    rate, found, share, answers = 0.07, 0.8, 0.3, 25
    m = np.arange(answers + 1)
    weight = [math.comb(answers, k) * share**k * (1 - share) ** (answers - k) for k in m]
    mean = np.dot(weight, Rules(rate, 1.0, 1.0, answers, detection=found).caught(m))
    assert mean == pytest.approx(1 - (1 - rate * found * share) ** answers, rel=1e-12)


def test_errors_left_over_fall_inversely_with_the_work() -> None:
    """Sarmenta (2002): spot-checking with blacklisting reduces the error rate inversely with the
    amount of work. Bad results among those accepted, for the saboteur's best rate of sabotage."""
    q, f = 0.1, 0.2
    s = np.linspace(0, 1, 20_001)

    def worst(work: int) -> float:
        survive = (1 - q * s) ** work
        return float(np.max(s * f * survive / ((1 - f) + f * survive)))

    products = [n * worst(n) for n in (200, 400, 800)]
    assert np.ptp(products) / products[0] < 0.02
    # and the constant: f / (1 - f) / (q e) is an upper bound that is nearly reached
    bound = f / (1 - f) / (q * math.e)
    assert 0.9 * bound < products[-1] < bound


# --- brute force


@settings(max_examples=200, deadline=None)
@given(rules)
def test_best_is_the_best_and_convexity_puts_it_at_an_end(given_rules: Rules) -> None:
    extra = [
        float(given_rules.gain(m) - given_rules.gain(0)) for m in range(given_rules.answers + 1)
    ]
    fakes, gain = given_rules.best()
    assert gain == pytest.approx(max(extra[1:]), abs=2e-9)
    if given_rules.draw == "after":
        assert fakes in (1, given_rules.answers) or gain == pytest.approx(extra[1], abs=1e-8)


@settings(max_examples=200, deadline=None)
@given(rules)
def test_smallest_stake_is_where_cheating_stops_paying(given_rules: Rules) -> None:
    def best(stake: float) -> float:
        more = Rules(**{**given_rules.__dict__, "stake": stake})
        return max(float(more.gain(m) - more.gain(0)) for m in range(1, more.answers + 1))

    stake = given_rules.smallest_stake()
    if stake is None:
        assert best(MOST) > 0
        return
    assert best(stake * 1.000001) <= 1e-9 + 1e-15 * stake  # what rounding leaves of large stakes
    if stake > 0:
        assert best(stake * 0.999) > 0
    if given_rules.draw == "after":
        assert smallest_stake(given_rules) == pytest.approx(stake, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(rules)
def test_smallest_rate_by_a_grid(given_rules: Rules) -> None:
    r = given_rules
    grid = np.linspace(1e-4, 1, 4001)
    pays = [
        Rules(q, r.stake, r.saving, r.answers, r.detection, r.alarm).best()[1] > 1e-9 for q in grid
    ]
    rate = smallest_rate(r.stake, r.saving, r.answers, r.detection, r.alarm)
    first = next((q for q, yes in zip(grid, pays, strict=True) if not yes), None)
    if rate is None:
        assert first is None
    elif first is None:  # only between two points of the grid
        assert rate < 1
    else:
        assert rate <= first + 1e-9
        assert first - rate <= grid[1] - grid[0] + 1e-9 or rate < grid[0]


@settings(max_examples=30, deadline=None)
@given(rules)
def test_tossed_coins_land_on_the_closed_form(given_rules: Rules) -> None:
    n = given_rules.answers
    fakes = np.unique([0, 1, n // 2, n])
    gain, flagged, caught = simulate(given_rules, fakes, 200, 20, seed=3)
    expected = given_rules.flagged(fakes)
    # 4.5 standard errors of 4,000 tosses, and one toss for what is next to impossible
    error = 4.5 * np.sqrt(expected * (1 - expected) / 4000) + 1 / 1000
    assert np.all(np.abs(flagged.mean(axis=0) - expected) <= error)
    found = given_rules.caught(fakes)
    margin = 4.5 * np.sqrt(found * (1 - found) / 4000) + 1 / 1000
    assert np.all(np.abs(caught.mean(axis=0) - found) <= margin)
    faked = given_rules.saving * np.sqrt(n) * 4.5 / np.sqrt(4000)
    allowed = given_rules.stake * error + (faked if given_rules.draw == "known" else 1e-9)
    assert np.all(np.abs(gain.mean(axis=0) - given_rules.gain(fakes)) <= allowed)


def test_grinding_needs_about_as_many_tries_as_the_law_says() -> None:
    """At the number of fakes that a try misses once in TRIES, a grinder gets away in 1 - 1/e."""
    rate = 0.05
    m = round(math.log(1 / TRIES) / math.log(1 - rate))
    grind = Rules(rate, 1.0, 1.0, 1000, draw="grind")
    assert grind.caught(m) == pytest.approx(1 / math.e, abs=0.03)
    assert grind.caught(m // 3) < 1e-9 < Rules(rate, 1.0, 1.0, 1000).caught(m // 3)


# --- the inspection game


def best_replies(payoff: np.ndarray, other: np.ndarray) -> np.ndarray:
    value = payoff @ other
    return np.isclose(value, value.max(), atol=1e-9)


def is_equilibrium(game: Inspection, cheat: float, check: float) -> bool:
    """No pure deviation gains: the definition, not our formula."""
    operator, verifier = game.payoffs()
    x, q = np.array([1 - cheat, cheat]), np.array([1 - check, check])
    mine, theirs = best_replies(operator, q), best_replies(verifier.T, x)
    return bool(np.all(mine[x > 1e-12]) and np.all(theirs[q > 1e-12]))


def support_enumeration(game: Inspection) -> list[tuple[float, float]]:
    """All equilibria of a 2 x 2 game that has no ties: pure ones, and the one that makes both
    sides indifferent, each checked by the definition."""
    found = [(float(a), float(b)) for a in (0, 1) for b in (0, 1) if is_equilibrium(game, a, b)]
    a, b = game.payoffs()
    with np.errstate(divide="ignore", invalid="ignore"):
        q = (a[0, 0] - a[1, 0]) / (a[0, 0] - a[1, 0] - a[0, 1] + a[1, 1])
        x = (b[0, 0] - b[0, 1]) / (b[0, 0] - b[0, 1] - b[1, 0] + b[1, 1])
    if 0 < x < 1 and 0 < q < 1 and is_equilibrium(game, x, q):
        found.append((float(x), float(q)))
    return found


games = st.builds(
    Inspection,
    saving=st.floats(0.05, 1),
    stake=st.floats(0.1, 200),
    cost=st.floats(0.01, 1),
    bounty=st.floats(0.05, 20),
    detection=st.floats(0.2, 1),
    planted=st.sampled_from((0.0, 0.001, 0.02, 0.5)),
    jackpot=st.floats(1, 100),
)


@settings(max_examples=400, deadline=None)
@given(games)
def test_the_equilibrium_against_support_enumeration(game: Inspection) -> None:
    ties = (
        abs(game.cost - game.planted * game.jackpot) < 1e-6
        or abs(game.detection * game.stake - game.saving) < 1e-6
        or abs(game.cost - game.planted * game.jackpot - game.detection * game.bounty) < 1e-6
    )
    found = support_enumeration(game)
    mine = game.equilibrium()
    assert is_equilibrium(game, *mine) or ties
    if not ties:
        assert len(found) == 1
        assert mine == pytest.approx(found[0], abs=1e-9)


def test_the_published_paradox() -> None:
    """Ishikawa and Fontanari (2025), of the classical game: the rate of crime at equilibrium is
    the cost of inspecting over the reward for a catch, whatever the penalty and the gain."""
    for stake, saving in itertools.product((2.0, 10.0, 1000.0), (0.1, 0.5, 1.0)):
        cheat, check = Inspection(saving, stake, cost=0.3, bounty=1.5).equilibrium()
        assert cheat == pytest.approx(0.3 / 1.5, rel=1e-12)
        assert check == pytest.approx(saving / stake, rel=1e-12)


def test_no_equilibrium_without_cheating_unless_errors_are_planted() -> None:
    for bounty in (0.5, 1.0, 10.0, 1000.0):
        cheat, _ = Inspection(0.5, 100.0, cost=0.4, bounty=bounty).equilibrium()
        assert cheat > 0
        almost = Inspection(0.5, 100.0, 0.4, bounty, planted=0.01, jackpot=39.0)
        assert almost.equilibrium()[0] > 0
        assert Inspection(0.5, 100.0, 0.4, bounty, planted=0.01, jackpot=40.0).equilibrium() == (
            0.0,
            1.0,
        )


def test_sides_that_learn_come_to_the_equilibrium() -> None:
    """Shares of time, not the last rounds: those run in circles. Fictitious play in a 2 x 2 game
    converges (Miyasawa 1961), ever slower as the rounds go on."""
    for game in (
        Inspection(0.5, 2.0, cost=0.3, bounty=1.0),
        Inspection(0.5, 100.0, cost=1.0, bounty=10.0),
        Inspection(0.5, 100.0, cost=1.0, bounty=10.0, planted=0.02, jackpot=100.0),
        Inspection(0.9, 0.5, cost=0.1, bounty=0.05),
    ):
        learned = play(game, 100_000)
        assert learned == pytest.approx(game.equilibrium(), abs=0.01)


def test_what_is_no_game_is_refused() -> None:
    good = {"rate": 0.1, "stake": 1.0, "saving": 0.5, "answers": 3}
    for bad in (
        {"rate": 0.0},
        {"rate": 1.5},
        {"alarm": 1.0},
        {"detection": 0.2, "alarm": 0.3},
        {"answers": 0},
        {"stake": -1.0},
        {"saving": 0.0},
        {"draw": "first"},
    ):
        with pytest.raises(ValueError):
            Rules(**{**good, **bad})
