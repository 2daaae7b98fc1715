"""Lists and ranges as people type them: `0.3, 0.5, 0.7` · `0.1…0.9 by 0.2` · `1e-4…1e-2 log 5` · `0-2, 7` for
seeds.

Numbers are worked out as decimals, so that 0.1…0.9 by 0.2 holds 0.3 and not 0.30000000000000004; how many
there will be is known before one is made.
"""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Any

from engine.settings.experiment import SettingsError

MOST_VALUES = 1000
"""Values of one axis; more are a typing mistake."""
LONGEST_TEXT = 20_000
DIGITS = 60
"""Of the decimals that ranges are worked out with: more than any number that is read has."""
LOG_DIGITS = 4
"""Significant digits of the values between the ends of a range with equal ratios, where they tell them
apart."""

_NUMBER = r"[+-]?(?:[0-9]{1,24}(?:\.[0-9]{0,24})?|\.[0-9]{1,24})(?:[eE][+-]?[0-9]{1,3})?"
_RANGE = re.compile(rf"({_NUMBER})\s*(?:…|\.\.\.?)\s*({_NUMBER})\s*(?:(by|log)\s*({_NUMBER}))?")
_WORDS = {"true": True, "false": False, "on": True, "off": False}
EXAMPLES = "0.3, 0.5, 0.7 or 0.1…0.9 by 0.2 or 1e-4…1e-2 log 5"
LARGEST_SEED = 2**31 - 1


def read_values(text: str, *, whole: bool = False) -> list[Any]:
    """The values that a text stands for, in its order, each once: parts with commas between, each a range or
    one value; numbers as int or float, true, false, on and off as switches, other words as they are.

    whole: the setting takes whole numbers, so that a range with equal ratios is rounded to them. Raises
    `SettingsError`, one line, for a range that cannot be, or more than `MOST_VALUES` values.
    """
    if len(text) > LONGEST_TEXT:
        raise SettingsError(f"a list of {len(text):,} characters; at most {LONGEST_TEXT:,} are read")
    values: dict[tuple[type, Any], Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        for value in _values_of_part(part, whole):
            values[type(value), value] = value
            if len(values) > MOST_VALUES:
                raise SettingsError(f"more than {MOST_VALUES:,} values; got '{part[:80]}'")
    if not values:
        raise SettingsError(f"no value; examples: {EXAMPLES}")
    return list(values.values())


def is_several(text: str) -> bool:
    """Whether a text is a list or a range rather than one value."""
    return "," in text or "…" in text or ".." in text


def _values_of_part(part: str, whole: bool) -> Iterable[Any]:
    span = _RANGE.fullmatch(part)
    if span is not None:
        return _range(part, *span.groups(), whole=whole)
    if "…" in part or ".." in part:
        raise SettingsError(f"'{part[:80]}' is no range; examples: 0.1…0.9 by 0.2, 1e-4…1e-2 log 5")
    return [read_value(part)]


def read_value(word: str) -> Any:
    """One value: a number, a switch, or the word itself. Raises `SettingsError` for a number that no machine
    holds, or one with a leading zero, which is most likely the rest of 1,000."""
    if re.fullmatch(r"0[0-9]+", word):
        raise SettingsError(f"'{word[:80]}' starts with a zero; thousands are written without a comma: 1000")
    if re.fullmatch(_NUMBER, word):
        return _number(word, _decimal(word, word))
    return _WORDS.get(word.lower(), word)


def _range(part: str, first: str, last: str, kind: str | None, by: str | None, *, whole: bool) -> list[Any]:
    start, end = _decimal(first, part), _decimal(last, part)
    if kind is None or by is None:
        raise SettingsError(f"'{part[:80]}' lacks its step: write '{first}…{last} by STEP' or '… log COUNT'")
    if end < start:
        raise SettingsError(f"'{part[:80]}' ends below its start; write the smaller number first")
    step = _decimal(by, part)
    with localcontext(Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)):
        if kind == "log":
            return _equal_ratios(part, start, end, step, is_whole=whole and _is_whole(first, last))
        if step <= 0:
            raise SettingsError(f"'{part[:80]}': the step must be above 0; got {by}")
        if (end - start) / step >= MOST_VALUES:
            raise SettingsError(f"'{part[:80]}' has more than {MOST_VALUES:,} values")
        decimals = [start + step * number for number in range(int((end - start) / step) + 1)]
    return [int(value) if _is_whole(first, by) else float(value) for value in decimals]


def _equal_ratios(part: str, start: Decimal, end: Decimal, count: Decimal, *, is_whole: bool) -> list[Any]:
    """`count` values from start to end, each the same factor above the one before."""
    if count != count.to_integral_value() or count < 2:
        raise SettingsError(f"'{part[:80]}': the count behind 'log' is a whole number from 2; got {count}")
    if count > MOST_VALUES:
        raise SettingsError(f"'{part[:80]}' has more than {MOST_VALUES:,} values")
    if start <= 0:
        raise SettingsError(f"'{part[:80]}': a range with 'log' starts above 0; got {start}")
    number, ratio = int(count), (end / start).ln()
    inner = [start * (ratio * position / (number - 1)).exp() for position in range(1, number - 1)]
    if is_whole:
        return list(dict.fromkeys(int(value.to_integral_value()) for value in (start, *inner, end)))
    for digits in range(LOG_DIGITS, 17):
        rounded = [Context(prec=digits).create_decimal(value) for value in inner]
        if len({start, *rounded, end}) == number or start == end:
            break
    return list(dict.fromkeys(float(value) for value in (start, *rounded, end)))


def _decimal(text: str, part: str) -> Decimal:
    """A number that a float can hold. Raises `SettingsError` for others."""
    value = Decimal(text)
    if abs(float(value)) == float("inf") or (float(value) == 0 and value != 0):
        raise SettingsError(f"'{part[:80]}': {text[:40]} is beyond what a number can hold")
    return value


def _is_whole(*texts: str) -> bool:
    return all(re.fullmatch(r"[+-]?[0-9]+", text) for text in texts)


def _number(text: str, value: Decimal) -> int | float:
    return int(value) if _is_whole(text) else float(value)


def show_value(value: Any) -> str:
    """One value as it is typed: 0.001 as "0.001", 3e-5 as "3e-05", True as "true"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value!r}" if isinstance(value, float) else str(value)


def read_seeds(text: str, most: int) -> tuple[int, ...]:
    """ "0-2, 7" as (0, 1, 2, 7), without repeats. Raises `SettingsError` for anything else, or more than
    `most`."""
    seeds: dict[int, None] = {}
    for word in filter(None, (word.strip() for word in text.split(","))):
        match = re.fullmatch(r"([0-9]{1,10})(?:\s*[-–…]\s*([0-9]{1,10}))?", word)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        if last < first or last > LARGEST_SEED:
            raise SettingsError(
                f"seeds: numbers and ranges from 0 to {LARGEST_SEED:,} with commas between, such as 0-2, 7; "
                f"got '{word[:80]}'"
            )
        if last - first >= most or len(seeds) > most:
            raise SettingsError(f"seeds: at most {most} at once; got '{word[:80]}'")
        seeds |= dict.fromkeys(range(first, last + 1))
    if not seeds:
        raise SettingsError("seeds: at least one is needed, such as 0-2, 7")
    return tuple(seeds)
