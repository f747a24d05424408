"""Numbers as a reader says them: read back, they are the number, as exactly as they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decentralized_ai.quantities import (
    SIZES,
    TIMES,
    bandwidth,
    data_size,
    digits,
    duration,
    listed,
    percent,
)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (digits(0), "0"),
        (digits(1017.4), "1,017"),
        (digits(0.04744), "0.0474"),
        (digits(99.96), "100"),
        (digits(1.4), "1.4"),
        (digits(31.4, 2), "31"),
        (digits(0.996, 2), "1"),
        (digits(-2.345, 2), "-2.3"),
        (digits(1e-7), "0.0000001"),
        (duration(0), "0 s"),
        (duration(4.41), "4.41 s"),
        (duration(119), "119 s"),
        (duration(2280), "38 min"),
        (duration(24_393, 2), "6.8 hours"),
        (duration(5e-6), "5 µs"),
        (duration(1e-9), "0.001 µs"),
        (duration(0.0021), "2.1 ms"),
        (duration(7e6), "81 days"),
        (duration(1e9), "31.7 years"),
        (data_size(0), "0 bytes"),
        (data_size(999), "999 bytes"),
        (data_size(1e3), "1 kB"),
        (data_size(86.8e6), "86.8 MB"),
        (data_size(999.6e9), "1,000 GB"),
        (data_size(5.58e15), "5,580 TB"),
        (bandwidth(155.28e9, 2), "155 Gb/s"),
        (bandwidth(5e8), "500 Mb/s"),
        (bandwidth(2e5), "0.2 Mb/s"),
        (percent(0), "0%"),
        (percent(1), "100%"),
        (percent(0.9999), "more than 99.9%"),
        (percent(1e-5), "less than 0.1%"),
        (percent(1e-6, 1e-5), "less than 0.001%"),
        (percent(0.172951), "17.3%"),
    ],
)
def test_words(said: str, wanted: str) -> None:
    assert said == wanted


@given(st.floats(1e-9, 1e15), st.integers(1, 4))
def test_digits_are_the_number_to_as_many_digits(value: float, count: int) -> None:
    # Half of the last digit that is shown; above the point all are. 1e-11 for the settling.
    assert (
        float(digits(value, count).replace(",", ""))
        == pytest.approx(value, rel=0.5 * 10 ** (1 - count) * (1 + 1e-9), abs=0)
        or abs(float(digits(value, count).replace(",", "")) - value) <= 0.5 + 1e-3
    )


@given(st.floats(1e-6, 1e12))
def test_times_and_sizes_are_the_number_in_their_unit(value: float) -> None:
    for text, units in (
        (duration(value), {name: length for length, name in TIMES}),
        (data_size(value), {"bytes": 1.0, **{name: large for large, name in SIZES}}),
    ):
        number, name = text.split(" ")
        assert float(number.replace(",", "")) * units[name] == pytest.approx(value, rel=0.0051)


@given(st.floats(0, 1))
def test_a_share_is_never_said_to_be_nothing_or_all_unless_it_is(share: float) -> None:
    text = percent(share)
    assert (text == "0%") == (share == 0) and (text == "100%") == (share == 1)


def test_names_in_a_sentence() -> None:
    assert listed(["a"]) == "a"
    assert listed(("a", "b")) == "a and b"
    assert listed(["a", "b", "c"], "or") == "a, b or c"
