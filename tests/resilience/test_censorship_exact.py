"""Exact reliability against closed forms, published sums, and every state tried one by one."""

import itertools
import json
import math
import random
from fractions import Fraction
from pathlib import Path

import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decentralized_ai.resilience.censorship_exact import (
    away,
    beta_factor,
    consecutive,
    cut_off,
    fewer,
    names,
    parallel,
    series,
    too_few,
)

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "censorship_cases.json").read_text(encoding="utf-8")
)
chances = st.sampled_from((0.0, 1e-9, 0.001, 0.1, 0.5, 0.9, 1.0))


def there(percents: list[float]) -> list[float]:
    return [1 - percent / 100 for percent in percents]


# --- what others published


def test_microsofts_sums_of_service_levels() -> None:
    """Each printed with three or four decimals: half a unit of the last one."""
    case = CASES["azure"]
    assert 100 * (1 - series(there(case["development"]["parts"]))) == pytest.approx(
        case["development"]["published"], abs=5e-4
    )
    one = case["single_region"]
    assert 100 * (1 - series(there(one["shared"] + one["regional"]))) == pytest.approx(
        one["published"], abs=5e-4
    )


def test_microsofts_two_regions_behind_one_door() -> None:
    """They take the single region's sum, shared services in it, as the regional part: so do we
    here. What is doubled ends at 99.998%, and the door holds the whole at 99.978%."""
    case = CASES["azure"]["two_regions"]
    regional = there([case["published_regional"]] * 2)
    whole = series([*there([case["published_shared"]]), parallel(regional)])
    assert 100 * (1 - whole) == pytest.approx(case["published"], abs=1e-4)
    assert 100 * (1 - whole) < case["published_shared"]
    # From their list itself, without counting the shared services twice: a little better.
    one = CASES["azure"]["single_region"]
    region = series(there(one["regional"]))
    listed = series([*there(one["shared"]), region * region])
    assert 99.9779 < 100 * (1 - listed) < 99.9785


def test_the_beta_factor_of_a_published_example() -> None:
    """Two of three sensors, one failure in a thousand, 5% of them common: printed with two
    digits, and with the failures of all three by themselves left out."""
    case = CASES["beta"]
    found = beta_factor(case["needed"], case["parts"], case["away"], case["beta"])
    assert found == pytest.approx(case["published"], rel=0.01)
    free = beta_factor(case["needed"], case["parts"], case["away"], 0.0)
    assert free == pytest.approx(case["published_independent"], rel=0.01)


@pytest.mark.parametrize("name", ["bridge", "pairs_in_parallel", "pairs_in_series"])
def test_the_polynomials_of_small_circuits(name: str) -> None:
    case = CASES["relays"][name]
    for p in (0.0, 0.1, 0.5, 0.9, 1.0):
        polynomial = sum(c * p**i for i, c in enumerate(case["there"]))
        links = [(a, b, 1 - p) for a, b in case["links"]]
        assert 1 - cut_off(links, "s", "t") == pytest.approx(polynomial, abs=1e-12)


# --- closed forms


def test_k_of_n_in_exact_arithmetic() -> None:
    for needed, parts, gone in ((1, 40, 0.1), (20, 40, 0.1), (40, 40, 0.3), (7, 9, 0.5)):
        p = 1 - Fraction(gone)
        exact = sum(math.comb(parts, up) * p**up * (1 - p) ** (parts - up) for up in range(needed))
        assert too_few(needed, parts, gone) == pytest.approx(float(exact), rel=1e-12)
        assert fewer(needed, [gone] * parts) == pytest.approx(float(exact), rel=1e-12)


def test_ends_of_k_of_n_are_parallel_and_series() -> None:
    for gone in (0.0, 1e-6, 0.2, 1.0):
        assert too_few(1, 8, gone) == pytest.approx(parallel([gone] * 8), rel=1e-12, abs=0)
        assert too_few(8, 8, gone) == pytest.approx(series([gone] * 8), rel=1e-12, abs=0)
    assert too_few(0, 0, 0.5) == 0.0
    assert too_few(3, 2, 0.0) == 1.0


@pytest.mark.parametrize("run", [1, 2, 3])
def test_consecutive_failures_against_every_pattern(run: int) -> None:
    for parts in range(11):
        for gone in (0.1, 0.5):
            total = 0.0
            for pattern in itertools.product("01", repeat=parts):
                if "1" * run in "".join(pattern):
                    lost = pattern.count("1")
                    total += gone**lost * (1 - gone) ** (parts - lost)
            assert consecutive(run, parts, gone) == pytest.approx(total, abs=1e-12)


def test_consecutive_pairs_of_even_chance_are_fibonacci_numbers() -> None:
    """Rows of n coins without two heads side by side: F(n + 2) of 2^n."""
    fibonacci = [1, 1]
    for _ in range(30):
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    for parts in range(25):
        fine = 1 - consecutive(2, parts, 0.5)
        assert fine == pytest.approx(fibonacci[parts + 1] / 2**parts, rel=1e-9)


def test_a_row_needs_a_run() -> None:
    with pytest.raises(ValueError, match="run must be 1 or more"):
        consecutive(0, 3, 0.1)


def test_the_common_cause_is_a_floor() -> None:
    """However many parts, they fail together as often as what they share."""
    assert beta_factor(1, 500, 0.2, 0.1) == pytest.approx(0.02, rel=1e-9)
    assert beta_factor(1, 500, 0.2, 0.0) < 1e-300
    more = [beta_factor(1, parts, 0.2, 0.1) for parts in range(1, 30)]
    assert all(a >= b >= 0.02 for a, b in itertools.pairwise(more))


# --- shared names


def brute(structure: object, parts: dict[str, float]) -> float:
    """Every state of every part, and whether the structure works in it."""

    def works(node: object, up: dict[str, bool]) -> bool:
        if isinstance(node, str):
            return up[node]
        kind, *children = node  # type: ignore[misc]
        if kind == "k":
            return sum(works(child, up) for child in children[1:]) >= children[0]
        return (all if kind == "series" else any)(works(child, up) for child in children)

    total = 0.0
    for state in itertools.product((False, True), repeat=len(parts)):
        up = dict(zip(parts, state, strict=True))
        if not works(structure, up):
            total += math.prod(1 - q if up[name] else q for name, q in parts.items())
    return total


structures = st.recursive(
    st.sampled_from("abcdef"),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(("series", "parallel")), inner, inner),
        st.tuples(st.just("k"), st.integers(1, 3), inner, inner, inner),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(structures, st.lists(chances, min_size=6, max_size=6))
def test_any_structure_against_every_state(structure: object, values: list[float]) -> None:
    parts = dict(zip("abcdef", values, strict=True))
    assert away(structure, parts) == pytest.approx(brute(structure, parts), abs=1e-12)


def test_a_shared_part_is_counted_once() -> None:
    two = ("parallel", ("series", "cloud", "a"), ("series", "cloud", "b"))
    parts = {"cloud": 0.1, "a": 0.5, "b": 0.5}
    assert names(two)["cloud"] == 2
    assert away(two, parts) == pytest.approx(0.1 + 0.9 * 0.25, abs=1e-15)
    with pytest.raises(ValueError, match="no kind of structure"):
        away(("some", "a"), parts)
    many = [f"x{i}" for i in range(21)]
    with pytest.raises(ValueError, match="more than 20"):
        away(("series", *many, *many), dict.fromkeys(many, 0.1))


# --- graphs


def test_any_small_graph_against_another_library() -> None:
    """Every state of the links, connectivity by networkx."""
    rng = random.Random(4)
    for _ in range(25):
        count = rng.randint(2, 9)
        ends = [tuple(rng.sample("stabc", 2)) for _ in range(count)]
        gone = [rng.choice((0.05, 0.3, 0.7)) for _ in range(count)]
        total = 0.0
        for state in itertools.product((False, True), repeat=count):
            graph = networkx.MultiGraph()
            graph.add_nodes_from("stabc")
            graph.add_edges_from(end for end, up in zip(ends, state, strict=True) if up)
            if not networkx.has_path(graph, "s", "t"):
                total += math.prod(1 - q if up else q for q, up in zip(gone, state, strict=True))
        links = [(a, b, q) for (a, b), q in zip(ends, gone, strict=True)]
        assert cut_off(links, "s", "t") == pytest.approx(total, abs=1e-12)


def test_too_many_links_are_refused() -> None:
    with pytest.raises(ValueError, match="21 links are more than 20"):
        cut_off([("s", "t", 0.5)] * 21, "s", "t")
    assert cut_off([], "s", "s") == 0.0


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**10 - 1), st.sampled_from((0.1, 0.3, 0.5, 0.7, 0.9)))
def test_moore_and_shannons_inequality(chosen: int, p: float) -> None:
    """p (1 - p) h'(p) >= h (1 - h) for the chance h that any circuit conducts (1956): so a larger
    network makes good parts better and poor parts worse, and the curve crosses once."""
    every = list(itertools.combinations("stabc", 2))
    ends = [end for i, end in enumerate(every) if chosen >> i & 1]

    def conducts(chance: float) -> float:
        return 1 - cut_off([(a, b, 1 - chance) for a, b in ends], "s", "t")

    h, step = conducts(p), 1e-5
    slope = (conducts(p + step) - conducts(p - step)) / (2 * step)
    assert p * (1 - p) * slope >= h * (1 - h) - 1e-8
