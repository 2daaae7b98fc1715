"""Lists and ranges as people type them: exact, in order, counted before they are made."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.presets.ranges import MOST_VALUES, is_several, read_seeds, read_values, show_value
from engine.settings.experiment import SettingsError


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.3, 0.5, 0.7", [0.3, 0.5, 0.7]),
        ("0.1…0.9 by 0.2", [0.1, 0.3, 0.5, 0.7, 0.9]),
        ("0.1...0.9 by 0.2", [0.1, 0.3, 0.5, 0.7, 0.9]),
        ("0.1 .. 0.9 by 0.2", [0.1, 0.3, 0.5, 0.7, 0.9]),
        ("0.1…1 by 0.2", [0.1, 0.3, 0.5, 0.7, 0.9]),
        ("1e-4…1e-2 log 3", [1e-4, 1e-3, 1e-2]),
        ("1e-4…1e-2 log 5", [1e-4, 3.162e-4, 1e-3, 3.162e-3, 1e-2]),
        ("1..4 by 1", [1, 2, 3, 4]),
        ("4…16 by 4, 64", [4, 8, 12, 16, 64]),
        ("-1…1 by 0.5", [-1.0, -0.5, 0.0, 0.5, 1.0]),
        ("2…2 by 1", [2]),
        ("5, 3, 5, 3", [5, 3]),
        ("7", [7]),
        ("1.5e1", [15.0]),
        ("cosine, constant", ["cosine", "constant"]),
        ("true, false", [True, False]),
        ("On, off", [True, False]),
        ("held-out", ["held-out"]),
        (" , 1 ,, 2 , ", [1, 2]),
    ],
)
def test_what_people_type(text, values):
    found = read_values(text)
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


def test_a_range_with_equal_ratios_is_whole_where_the_setting_is():
    assert read_values("4…256 log 7", whole=True) == [4, 8, 16, 32, 64, 128, 256]
    assert read_values("10…100 log 4", whole=True) == [10, 22, 46, 100]
    assert read_values("1…3 log 5", whole=True) == [1, 2, 3]
    assert read_values("10…100 log 4") == [10.0, 21.54, 46.42, 100.0]


def test_equal_ratios_that_lie_close_keep_the_digits_that_tell_them_apart():
    values = read_values("1…1.0001 log 5")
    assert len(set(values)) == 5 and values == sorted(values)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "no value; examples: 0.3, 0.5, 0.7 or"),
        ("0…1 by 1e-9", "'0…1 by 1e-9' has more than 1,000 values"),
        ("1…1e300 by 1e-300", "has more than 1,000 values"),
        ("1…2 log 1e9", "has more than 1,000 values"),
        ("0.1…0.9", "lacks its step: write '0.1…0.9 by STEP' or '… log COUNT'"),
        ("0.9…0.1 by 0.2", "ends below its start"),
        ("0…1 by 0", "the step must be above 0; got 0"),
        ("0…1 by -1", "the step must be above 0; got -1"),
        ("0…1 log 3", "a range with 'log' starts above 0; got 0"),
        ("1…2 log 2.5", "a whole number from 2; got 2.5"),
        ("1…2 log 1", "a whole number from 2; got 1"),
        ("a…b by 1", "'a…b by 1' is no range"),
        ("1…2…3 by 1", "is no range"),
        ("1e999", "1e999 is beyond what a number can hold"),
        ("1…1e999 by 1", "1e999 is beyond what a number can hold"),
        ("1e-999…1 log 3", "1e-999 is beyond what a number can hold"),
        ("1,000", "'000' starts with a zero; thousands are written without a comma"),
        (", ".join(map(str, range(MOST_VALUES + 1))), "more than 1,000 values"),
        ("1" * 30_000, "a list of 30,000 characters; at most 20,000"),
    ],
)
def test_what_cannot_be_is_one_line(text, line):
    with pytest.raises(SettingsError) as caught:
        read_values(text)
    assert line in str(caught.value) and len(str(caught.value)) < 400


decimals = st.decimals(-1000, 1000, places=3)


@given(decimals, st.decimals("0.001", 50, places=3), st.integers(0, 60))
def test_equal_steps_are_the_decimals_that_one_would_write(start: Decimal, step: Decimal, count: int):
    values = read_values(f"{start}…{start + count * step} by {step}")
    assert [Decimal(repr(value)) for value in values] == [
        start + number * step for number in range(count + 1)
    ]


@given(st.integers(-1000, 1000), st.integers(1, 50), st.integers(0, 60))
def test_whole_numbers_stay_whole(start: int, step: int, count: int):
    values = read_values(f"{start}…{start + count * step} by {step}")
    assert values == list(range(start, start + count * step + 1, step))
    assert all(type(value) is int for value in values)


@given(st.floats(1e-8, 1e8), st.floats(1.01, 1e6), st.integers(2, 40))
def test_equal_ratios_have_their_ends_exactly_and_rise_by_one_factor(low: float, factor: float, count: int):
    high = low * factor
    values = read_values(f"{low!r}…{high!r} log {count}")
    assert (values[0], values[-1], len(values)) == (low, high, count)
    assert values == sorted(set(values))
    expected = [low * factor ** (number / (count - 1)) for number in range(count)]
    assert values == pytest.approx(expected, rel=1e-3)


@given(
    st.lists(
        st.one_of(
            st.integers(-(10**12), 10**12),
            st.floats(-1e12, 1e12).filter(lambda value: value == 0 or abs(value) > 1e-12),
            st.booleans(),
            st.from_regex(r"[a-z]{3,8}", fullmatch=True).filter(
                lambda word: word not in ("true", "false", "off")
            ),
        ),
        min_size=1,
        max_size=30,
        unique_by=lambda value: (type(value), value),
    )
)
def test_a_list_reads_back(values):
    assert read_values(", ".join(map(show_value, values))) == values


@given(st.text(max_size=60))
def test_any_text_gives_values_or_one_line(text: str):
    try:
        assert 1 <= len(read_values(text)) <= MOST_VALUES
    except SettingsError as error:
        assert "\n" not in str(error)


def test_one_value_is_told_from_several():
    assert not any(map(is_several, ("0.3", "cosine", "1e-3", "")))
    assert all(map(is_several, ("0.3, 0.5", "1…2 by 1", "1..2 by 1")))


def test_seeds_are_bounded_before_they_are_made():
    assert read_seeds("0-2, 7", 500) == (0, 1, 2, 7)
    for text in ("0-2000000000", "0-499, 500-999, 1000-1499"):
        with pytest.raises(SettingsError, match="seeds: at most 500 at once"):
            read_seeds(text, 500)
