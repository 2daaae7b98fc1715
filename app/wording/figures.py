"""Figures as people read them: durations, ages, sizes, counts, names. Pure functions."""

import math
from collections.abc import Mapping
from datetime import datetime, tzinfo

_SIZES = ("B", "KiB", "MiB", "GiB", "TiB")


def show_duration(seconds: float) -> str:
    """Two units at most: 42 as "42 s", 95 as "1 min 35 s", 7,300 as "2 h 2 min"; below a second "under 1
    s"."""
    if seconds < 1:
        return "under 1 s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, left = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {left} s" if left and minutes < 10 else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def show_age(then: int, now: int) -> str:
    """How long ago, in one unit: "just now", "3 min ago", "2 d ago". Times are UTC milliseconds."""
    seconds = max(0, now - then) // 1000
    if seconds < 10:
        return "just now"
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return "just now"


def show_time(moment: int, zone: tzinfo) -> str:
    """A moment (UTC milliseconds) in a time zone: "23 Nov 2026, 05:58 UTC"."""
    return f"{datetime.fromtimestamp(moment / 1000, zone):%d %b %Y, %H:%M %Z}".lstrip("0")


def show_clock(moment: int, zone: tzinfo) -> str:
    """The time of day of a moment (UTC milliseconds): "05:58:03"."""
    return f"{datetime.fromtimestamp(moment / 1000, zone):%H:%M:%S}"


def show_bytes(size: float) -> str:
    """Three digits with a binary unit: 1,536 as "1.50 KiB"."""
    place = 0
    while size >= 1024 and place < len(_SIZES) - 1:
        size, place = size / 1024, place + 1
    return f"{size:.0f} B" if place == 0 else f"{_three_digits(size)} {_SIZES[place]}"


def show_number(value: float, unit: str = "") -> str:
    """Three digits, thousands apart: 12,345 as "12,345", 1.3 as "1.30", 0.00123 as "0.00123", with its unit
    behind."""
    size = abs(value)
    text = f"{value:,.0f}" if size >= 1000 else f"{value:#.3g}".rstrip(".") if size >= 0.1 else f"{value:.3g}"
    return f"{text} {unit}".rstrip()


def show_fixed(value: float, places: int, *, signed: bool = False) -> str:
    """A figure with so many decimals and a true minus; what rounds to zero has no sign: −0.0004 as "0.000".

    signed: also a plus, for differences. What is no number is a dash.
    """
    if not math.isfinite(value):
        return "–"
    text = f"{value:{'+' if signed else ''}.{places}f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "−")


def show_count(count: int, noun: str) -> str:
    """1 as "1 run", 3 as "3 runs"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def show_facts(facts: Mapping[str, object]) -> str:
    """What a writer noted, in one line: "epoch 6, step 840, validation loss 1.23"; `kind` is said
    elsewhere."""
    return ", ".join(
        f"{name.replace('_', ' ')} {_show(value)}" for name, value in facts.items() if name != "kind"
    )


def _show(value: object) -> str:
    return (
        show_number(value)
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )


def _three_digits(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
