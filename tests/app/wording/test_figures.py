"""Figures as people read them."""

import math
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wording import figures as wording


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.2, "under 1 s"),
        (42, "42 s"),
        (59.7, "1 min"),
        (95, "1 min 35 s"),
        (3_599, "59 min"),
        (7_300, "2 h 1 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_duration(seconds: float, shown: str) -> None:
    assert wording.show_duration(seconds) == shown


@given(st.floats(0, 1e8))
def test_a_duration_has_two_units_at_most(seconds: float) -> None:
    assert len(wording.show_duration(seconds).split()) <= 4


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(-5, "just now"), (9_000, "just now"), (61_000, "1 min ago"), (7.2e6, "2 h ago"), (2e8, "2 d ago")],
)
def test_age(milliseconds: float, shown: str) -> None:
    assert wording.show_age(10**12, 10**12 + int(milliseconds)) == shown


def test_time_is_told_in_the_readers_zone() -> None:
    moment = 1_795_413_480_000  # 2026-11-23 05:58 UTC
    assert wording.show_time(moment, UTC) == "23 Nov 2026, 05:58 UTC"
    assert wording.show_time(moment, ZoneInfo("Asia/Tokyo")) == "23 Nov 2026, 14:58 JST"
    assert wording.show_clock(moment, UTC) == "05:58:00"


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.50 KiB"), (3 * 2**20, "3.00 MiB"), (250 * 2**30, "250 GiB")],
)
def test_bytes(size: int, shown: str) -> None:
    assert wording.show_bytes(size) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1.3, "1.30"), (97.42, "97.4"), (12_345.6, "12,346"), (0.00123, "0.00123"), (-0.5, "-0.500")],
)
def test_number(value: float, shown: str) -> None:
    assert wording.show_number(value) == shown


def test_units_counts_and_facts() -> None:
    assert wording.show_number(97.42, "%") == "97.4 %"
    assert [wording.show_count(count, "run") for count in (0, 1, 1200)] == ["0 runs", "1 run", "1,200 runs"]
    assert (
        wording.show_facts({"kind": "best", "epoch": 6, "validation_loss": 1.2312})
        == "epoch 6, validation loss 1.23"
    )


@pytest.mark.parametrize(
    ("value", "places", "signed", "text"),
    [
        (-0.0004, 3, False, "0.000"),
        (-0.0, 1, True, "0.0"),
        (0.0004, 3, True, "0.000"),
        (-0.4, 0, False, "0"),
        (-0.0006, 3, False, "−0.001"),
        (0.0215, 2, True, "+0.02"),
        (1234.5, 1, False, "1234.5"),
        (math.nan, 2, True, "–"),
    ],
)
def test_what_rounds_to_zero_has_no_sign(value: float, places: int, signed: bool, text: str) -> None:
    assert wording.show_fixed(value, places, signed=signed) == text
