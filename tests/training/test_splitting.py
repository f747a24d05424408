"""The fastest split of an exchange: hivemind's cases, two bounds, and all splits of a grid."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decentralized_ai.training.collectives import exchange
from decentralized_ai.training.splitting import (
    least_time,
    shares,
    smallest_time,
    time_of,
    whole_parts,
)

CASES = json.loads((Path(__file__).parents[1] / "data" / "sync_hivemind_cases.json").read_text())
bandwidth = st.floats(0.01, 1000)


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: str(case["bandwidths"]))
def test_the_time_is_hiveminds(case: dict) -> None:
    """Times are printed with six decimals. The best shares are often not unique, the time is."""
    b, printed = case["bandwidths"], 5.1e-7
    assert least_time(b) == pytest.approx(case["objective"], abs=printed)
    assert time_of(shares(b), b) == pytest.approx(case["objective"], abs=printed)
    giving = sum(x > 0 for x in b)
    equal = [float(x > 0) / giving for x in b]
    assert time_of(equal, b) == pytest.approx(case["equal_split_objective"], abs=printed)


@pytest.mark.parametrize("case", CASES["asserted_in_repository_test"], ids=lambda c: str(c["b"]))
def test_whole_parts_are_no_slower_than_those_in_hiveminds_own_test(case: dict) -> None:
    """Up to the one number by which rounding may differ. None means: like the others."""
    b = [1.0 if x is None else x for x in case["b"]]
    size, least = case["V"], case.get("min_size", 0)
    parts = whole_parts(size, shares(b), least)
    assert sum(parts) == sum(case["parts"]) == size
    assert all(part == 0 or part >= least for part in parts)
    one = (len(b) - 2) / size / min(x for x in b if x > 0)
    ours, theirs = (time_of([p / size for p in split], b) for split in (parts, case["parts"]))
    assert ours <= theirs + one


@given(st.lists(bandwidth, min_size=2, max_size=9), st.data())
def test_the_shares_reach_the_bound_and_no_others_beat_it(
    b: list[float], data: st.DataObject
) -> None:
    """The bound is a certificate: whoever sends least or all together already need that long."""
    n, best = len(b), shares(b)
    assert best.min() >= 0 and best.sum() == pytest.approx(1)
    assert time_of(best, b) == pytest.approx(least_time(b))
    alone = max(1 / x for x in b)
    together = (2 * n - 2) / sum(b)
    assert least_time(b) == pytest.approx(max(alone, together))
    raw = data.draw(
        st.lists(st.floats(0, 1), min_size=n, max_size=n).filter(lambda w: sum(w) > 0.01)
    )
    assert time_of([w / sum(raw) for w in raw], b) >= least_time(b) * (1 - 1e-9)


@pytest.mark.parametrize(
    "b", [(1, 2, 3), (0.5, 4, 4), (1, 1, 1), (3, 0, 5), (1, 2, 3, 4), (9, 1, 9, 9)]
)
def test_brute_force_finds_nothing_faster(b: tuple[float, ...]) -> None:
    """All splits in steps of a fortieth; the best of them is at most a step's time slower."""
    steps, n = 40, len(b)
    tried = (
        [w / steps for w in (*split, steps - sum(split))]
        for split in itertools.product(range(steps + 1), repeat=n - 1)
        if sum(split) <= steps
    )
    # A node without bandwidth cannot add anything up.
    found = min(
        time_of(w, b) for w in tried if all(x > 0 or y == 0 for x, y in zip(b, w, strict=True))
    )
    least = least_time(b)
    assert least * (1 - 1e-12) <= found <= least + (n - 2) / steps / min(x for x in b if x > 0)


@given(st.integers(1, 40), st.floats(0.001, 1))
def test_one_slow_node_without_a_list(others: int, slow: float) -> None:
    assert smallest_time(others, slow) == pytest.approx(least_time([1.0] * others + [slow]))


@given(st.integers(2, 30), st.floats(1, 50))
def test_a_split_by_bandwidth_is_never_slower_than_equal_pieces(nodes: int, slow: float) -> None:
    def took(scheme: str) -> float:
        return exchange(scheme, nodes, 1e6, 0.01, 1e6, slow=slow).total_s

    assert took("weighted") <= took("butterfly") * (1 + 1e-12)
    assert took("weighted") >= 0.5 * took("butterfly")  # at most the two passes become one


@given(
    st.integers(1, 10_000),
    st.lists(st.floats(0, 1), min_size=1, max_size=8).filter(lambda w: sum(w) > 0.01),
)
def test_whole_parts_are_all_there_and_next_to_the_wanted_ones(
    size: int, wanted: list[float]
) -> None:
    parts = whole_parts(size, wanted)
    assert sum(parts) == size
    for part, w in zip(parts, wanted, strict=True):
        assert abs(part - size * w / sum(wanted)) < 1 + 1e-6


@pytest.mark.parametrize("b", [[], [1.0], [-1.0, 2.0], [0.0, 0.0], [1.0, float("nan")]])
def test_bandwidths_that_make_no_sense_are_refused(b: list[float]) -> None:
    with pytest.raises(ValueError, match="need two or more bandwidths"):
        least_time(b)
