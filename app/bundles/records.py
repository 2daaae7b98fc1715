"""What the files of a run say, checked before anybody relies on it: each mistake is one `BundleError`.

A bundle may be anybody's. Sizes are bounded before anything is read, numbers are finite or said not to be,
texts can be shown, and settings and decompositions are read by the models that made them.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from pydantic import ValidationError

from app.bundles.sources import BundleError
from engine.files.json_text import parse_json
from engine.information.results import SampleDecomposition
from engine.recorder import EncoderState
from engine.recorders.layout import as_json
from storage.batch import Figure, Line, Split
from storage.points import MAX_STEP, Point

LONGEST_LINE = 4 * 2**20
"""Bytes of one line; a decomposition takes some thousand."""
LONGEST_NAME, LONGEST_TEXT, MOST_FACTS = 300, 200_000, 100
MOST_VALUES = 10_000
"""Curves that one line may have points of."""
ENCODERS: tuple[EncoderState, ...] = ("trained", "untrained", "raw")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_INFINITE = {"Infinity": math.inf, "-Infinity": -math.inf}


class Where(NamedTuple):
    """A file, as errors name it; old: of the first version, whose numbers may be NaN."""

    what: str
    live: bool = False
    old: bool = False

    def fault(self, text: str) -> BundleError:
        """A mistake in it."""
        return BundleError(f"{self.what}: {text}")


def read_table(content: BinaryIO, size: int, most: int, where: Where) -> dict[str, Any]:
    """A whole JSON file that holds a table."""
    if size > most:
        raise where.fault(f"{size:,} bytes; at most {most:,} are read")
    text = content.read(most + 1)
    parse_json(text, where.what, BundleError)  # bounds its depth
    table = strict_json(text, where)
    if not isinstance(table, dict):
        raise where.fault(f"a {type(table).__name__}, where a table is expected")
    return table


def read_lines(content: BinaryIO, where: Where) -> Iterator[dict[str, Any]]:
    """Each line's table. Where the file may still be written, a line that is no JSON was cut off when its
    process died, or is being written, and is passed over."""
    decoder = _decoder(where)
    while line := content.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise where.fault(f"a line of more than {LONGEST_LINE:,} bytes")
        if where.live and not line.endswith(b"\n"):
            return
        try:
            table = _decoded(line, decoder, where)
        except _NoJson:
            if where.live:
                continue
            raise
        if not isinstance(table, dict):
            raise where.fault(f"a line holds a {type(table).__name__}, where a table is expected")
        yield table


def strict_json(text: bytes, where: Where) -> Any:
    """JSON whose numbers are numbers."""
    return _decoded(text, _decoder(where), where)


class _NoJson(BundleError):
    """A text that is no JSON at all."""


def _decoder(where: Where) -> json.JSONDecoder:
    def constant(name: str) -> float:
        if where.old:
            return float(name)
        raise where.fault(f"{name} is no number of JSON")

    def real(digits: str) -> float:
        value = float(digits)
        if math.isinf(value):
            raise where.fault(f"{digits[:30]} is too large")
        return value

    return json.JSONDecoder(parse_constant=constant, parse_float=real)


def _decoded(text: bytes, decoder: json.JSONDecoder, where: Where) -> Any:
    try:
        return decoder.decode(text.decode())
    except RecursionError:
        raise where.fault("nested too deep") from None
    except ValueError as error:  # UnicodeDecodeError is one too
        if isinstance(error, BundleError):
            raise
        raise _NoJson(f"{where.what}: no JSON: {error}") from None


def points_of(row: Mapping[str, Any], where: Where, time: int) -> list[Point]:
    """Points of curves at a step; time: where the line, of the first version, says none."""
    step = count(row, "step", where)
    values = row.get("values")
    if not isinstance(values, dict):
        values = {key: value for key, value in row.items() if key not in ("step", "time")}
    if len(values) > MOST_VALUES:
        raise where.fault(f"points of {len(values):,} curves at once; at most {MOST_VALUES:,} are read")
    moment = count(row, "time", where) if "time" in row else time
    return [Point(name(key, where), step, number(value, where), moment) for key, value in values.items()]


def figure_of(row: Mapping[str, Any], where: Where, time: int) -> Figure:
    """A final figure."""
    facts = facts_of(row.get("facts"), where)
    return Figure(
        name(row.get("task"), where),
        name(row.get("metric"), where),
        number(row.get("value"), where),
        as_json(facts).decode(),
        count(row, "time", where) if "time" in row else time,
    )


def split_of(row: Mapping[str, Any], where: Where, time: int) -> Split:
    """A decomposition, as the engine makes them."""
    if row.get("encoder") not in ENCODERS:
        raise where.fault(f"the encoder is {str(row.get('encoder'))[:40]!r}, none of {', '.join(ENCODERS)}")
    content = row.get("content")
    try:
        SampleDecomposition.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "content"
        raise where.fault(f"no decomposition of this version: {place}: {first['msg']}") from None
    return Split(
        name(row.get("task"), where),
        name(row.get("sides"), where),
        row["encoder"],
        count(row, "epoch", where),
        as_json(content).decode(),
        count(row, "time", where) if "time" in row else time,
    )


def line_of(row: Mapping[str, Any], where: Where) -> Line:
    """A line of the log; whatever it says is shown as text."""
    said = row.get("text")
    if not isinstance(said, str):
        raise where.fault("a line of the log has no text")
    return Line(count(row, "number", where), said[:LONGEST_TEXT].encode("utf-8", "replace").decode())


def facts_of(facts: Any, where: Where) -> dict[str, Any]:
    """Plain values by name."""
    if not isinstance(facts, dict) or len(facts) > MOST_FACTS:
        raise where.fault(f"facts are a table of at most {MOST_FACTS} values")
    for key, value in facts.items():
        name(key, where)
        if not (value is None or isinstance(value, str | bool | int | float)):
            raise where.fault(f"the fact '{key[:40]}' is a {type(value).__name__}, no plain value")
        if isinstance(value, str):
            text(value, where)
        elif isinstance(value, int):
            _check_size(value, where)
    return facts


def count(row: Mapping[str, Any], key: str, where: Where) -> int:
    """A whole number from 0 to 2⁶³-1."""
    value = row.get(key)
    if type(value) is not int or not 0 <= value <= MAX_STEP:
        raise where.fault(f"{key} is {str(value)[:40]!r}; a whole number from 0 to 2⁶³-1 is expected")
    return value


def number(value: Any, where: Where) -> float:
    """A value of a curve or result: null is NaN."""
    if value is None:
        return math.nan
    if isinstance(value, str) and value in _INFINITE:
        return _INFINITE[value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise where.fault(f"{str(value)[:40]!r} is no number")
    _check_size(value, where)
    return float(value)


def name(value: Any, where: Where, longest: int = LONGEST_NAME) -> str:
    """A text on one line, not empty."""
    if not isinstance(value, str) or not value or len(value) > longest or _CONTROLS.search(value):
        raise where.fault(
            f"{ascii(value)[:60]} is no name: a text of 1 to {longest} characters on one line is expected"
        )
    return value


def text(value: Any, where: Where, longest: int = LONGEST_TEXT) -> str:
    """A text of several lines, maybe empty."""
    if not isinstance(value, str) or len(value) > longest or _CONTROLS.search(re.sub(r"[\n\t\r]", "", value)):
        raise where.fault(f"{ascii(value)[:60]} is no text of at most {longest:,} characters that show")
    return value


def texts(value: Any, where: Where, most: int = 100) -> list[str]:
    """Names in a list, such as tags."""
    if not isinstance(value, list) or len(value) > most:
        raise where.fault(f"{ascii(value)[:60]} is no list of at most {most} names")
    return [name(one, where) for one in value]


def optional(row: Mapping[str, Any], key: str, kind: Callable[..., Any], where: Where) -> Any:
    """The value under a key, or None where there is none."""
    value = row.get(key)
    if value is None:
        return None
    return kind(row, key, where) if kind is count else kind(value, where)


def _check_size(value: float, where: Where) -> None:
    if isinstance(value, int) and abs(value) > MAX_STEP:
        raise where.fault("a whole number beyond 2⁶³")
