"""Searching in settings: "mask_ratio > 0.6", "method = comm and (epochs >= 10 or noise < 0.5)". Pure
functions.

    condition  = all { "or" all }
    all        = one { "and" one }
    one        = "(" condition ")" | name operator value
    operator   = "=" | "==" | "!=" | ">" | ">=" | "<" | "<="
    value      = number | word | text in quotes

A name is a setting's full path or the last parts of one; where several settings end so, one that fits is
enough. Nothing is evaluated as code.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from app.wording.fields import flatten
from app.wording.names import data_label, method_label
from engine.errors import UserError
from storage.run import Run

LONGEST = 500
"""Characters of a condition."""
LONGEST_SHOWN = 40
"""Characters of it that an error repeats."""
DEEPEST = 20
"""Parentheses inside each other."""
_TOKEN = re.compile(
    r"""\s*(?:(?P<operator>[<>!=]=?|≤|≥|≠)|(?P<bracket>[()])|"(?P<double>[^"]*)"|'(?P<single>[^']*)'"""
    r"""|(?P<word>[^\s<>!=()"'≤≥≠]+))"""
)
_SIGNS = {"==": "=", "≤": "<=", "≥": ">=", "≠": "!="}
_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    ">": lambda ours, theirs: ours > theirs,
    ">=": lambda ours, theirs: ours >= theirs,
    "<": lambda ours, theirs: ours < theirs,
    "<=": lambda ours, theirs: ours <= theirs,
}
_SWITCHES = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_NONE = frozenset({"none", "default", "–"})


class ConditionError(UserError):
    """A condition that cannot be read: one line that names the position, counted from 1."""


class Comparison(NamedTuple):
    """One setting against one value. position: of the name in the text, from 1; number: the value as one."""

    name: str
    operator: str
    value: str
    number: float | None
    position: int

    def fits(self, facts: Mapping[str, Any]) -> bool:
        """Whether a run with these settings (path → value) passes; without the setting it does not."""
        there = [value for path in paths_of(self.name, tuple(facts)) for value in _each(facts[path])]
        if not there:
            return False
        if self.operator == "!=":
            return not any(self._equals(value) for value in there)
        return any(self._passes(value) for value in there)

    def _passes(self, value: Any) -> bool:
        if self.operator == "=":
            return self._equals(value)
        number = _number(value)
        return number is not None and self.number is not None and _ORDERS[self.operator](number, self.number)

    def _equals(self, value: Any) -> bool:
        word = self.value.casefold()
        if value is None:
            return word in _NONE
        if isinstance(value, bool):
            return _SWITCHES.get(word) is value
        number = _number(value)
        if number is not None:
            return number == self.number
        return str(value).casefold() == word


class Every(NamedTuple):
    """All of these."""

    parts: tuple["Condition", ...]

    def fits(self, facts: Mapping[str, Any]) -> bool:
        """Whether a run passes all."""
        return all(part.fits(facts) for part in self.parts)


class Some(NamedTuple):
    """One of these at least."""

    parts: tuple["Condition", ...]

    def fits(self, facts: Mapping[str, Any]) -> bool:
        """Whether a run passes any."""
        return any(part.fits(facts) for part in self.parts)


Condition: TypeAlias = Comparison | Every | Some


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def read_condition(text: str) -> Condition | None:
    """The condition in a text; None of an empty one. Raises `ConditionError`."""
    if len(text) > LONGEST:
        raise ConditionError(f"a condition has at most {LONGEST} characters; this one has {len(text):,}")
    tokens = _tokens(text)
    return _Reader(tokens, len(text) + 1).whole() if tokens else None


def facts_of(run: Run) -> dict[str, Any]:
    """What conditions are about: every setting by its path, and the words that people call a run by."""
    named = {
        "method": [run.method, method_label(run.method)],
        "data": [run.dataset, data_label(run)],
        "study": run.study,
        "run": run.id,
        "status": run.status,
        "tag": list(run.tags),
        "host": run.host,
    }
    return flatten(run.settings) | {name: value for name, value in named.items() if value is not None}


def check_names(condition: Condition | None, known: Iterable[str]) -> None:
    """Raises `ConditionError` for the first name that is none of the known settings (paths)."""
    paths = tuple(dict.fromkeys(known))
    for one in comparisons(condition):
        if not paths_of(one.name, paths):
            ends = {path.rsplit(".", 1)[-1] for path in paths}
            close = get_close_matches(one.name.rsplit(".", 1)[-1].casefold(), sorted(ends), 1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise ConditionError(
                f"position {one.position}: no run here has a setting {_shown(one.name)}{hint}"
            )


def comparisons(condition: Condition | None) -> list[Comparison]:
    """All comparisons in a condition, from left to right."""
    if condition is None:
        return []
    if isinstance(condition, Comparison):
        return [condition]
    return [one for part in condition.parts for one in comparisons(part)]


def paths_of(name: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The settings that a name means: that path itself, else all that end with it."""
    return _paths_of(name.casefold().replace(" ", "_"), paths)


@lru_cache(maxsize=1024)
def _paths_of(name: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    whole = tuple(path for path in paths if path.casefold() == name)
    return whole or tuple(path for path in paths if path.casefold().endswith(f".{name}"))


def _tokens(text: str) -> list[_Token]:
    found, place = [], 0
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None:
            at = place + len(text[place:]) - len(text[place:].lstrip())
            raise ConditionError(f"position {at + 1}: a quotation mark has no partner")
        kind = str(match.lastgroup)
        start = match.start(kind) - (kind in ("double", "single"))
        found.append(_Token("text" if kind in ("double", "single") else kind, match[kind], start + 1))
        place = match.end()
    return found


class _Reader:
    """Reads tokens from left to right. end: the position behind the text."""

    def __init__(self, tokens: Sequence[_Token], end: int) -> None:
        self.tokens, self.end, self.place = tokens, end, 0

    def whole(self) -> Condition:
        found = self.condition(0)
        if (left := self.next()) is not None:
            raise ConditionError(
                f"position {left.position}: expected 'and', 'or' or the end, got {_shown(left.text)}"
            )
        return found

    def condition(self, depth: int) -> Condition:
        parts = [self.all_of(depth)]
        while self.takes("or"):
            parts.append(self.all_of(depth))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def all_of(self, depth: int) -> Condition:
        parts = [self.one(depth)]
        while self.takes("and"):
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def one(self, depth: int) -> Condition:
        token = self.next()
        if token is not None and token.kind == "bracket" and token.text == "(":
            if depth >= DEEPEST:
                raise ConditionError(
                    f"position {token.position}: more than {DEEPEST} parentheses inside each other"
                )
            self.place += 1
            found = self.condition(depth + 1)
            closing = self.next()
            if closing is None or closing.text != ")" or closing.kind != "bracket":
                raise self.expected("')'")
            self.place += 1
            return found
        return self.comparison()

    def comparison(self) -> Comparison:
        name = self.take("the name of a setting", "word", "text")
        sign = self.take("one of = != > >= < <= behind a name", "operator")
        operator = _SIGNS.get(sign.text, sign.text)
        if operator == "!":
            raise ConditionError(f"position {sign.position}: expected '!=', got '!'")
        value = self.take(f"a value behind '{sign.text}'", "word", "text")
        number = _read_number(value.text)
        if operator in _ORDERS and number is None:
            raise ConditionError(
                f"position {value.position}: '{sign.text}' compares numbers; {_shown(value.text)} is none"
            )
        return Comparison(name.text, operator, value.text, number, name.position)

    def take(self, wanted: str, *kinds: str) -> _Token:
        token = self.next()
        if token is None or token.kind not in kinds or (token.kind == "word" and _joins(token)):
            raise self.expected(wanted)
        self.place += 1
        return token

    def takes(self, word: str) -> bool:
        """Whether the next word is this one, which is then passed."""
        token = self.next()
        there = token is not None and token.kind == "word" and token.text.casefold() == word
        self.place += there
        return there

    def next(self) -> _Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def expected(self, wanted: str) -> ConditionError:
        token = self.next()
        if token is None:
            return ConditionError(f"position {self.end}: expected {wanted}, but the text ends")
        return ConditionError(f"position {token.position}: expected {wanted}, got {_shown(token.text)}")


def _shown(text: str) -> str:
    """A piece of what was typed, in one line and bounded."""
    words = " ".join(text.split())
    return f"'{words if len(words) <= LONGEST_SHOWN else words[: LONGEST_SHOWN - 1] + '…'}'"


def _joins(token: _Token) -> bool:
    return token.text.casefold() in ("and", "or")


def _each(value: Any) -> list[Any]:
    """The items of a list, or the one value: "hidden = 64" fits (64, 64)."""
    return list(value) if isinstance(value, list | tuple) and value else [value]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _read_number(text: str) -> float | None:
    """A number as people type it; None for everything else, "nan" among it."""
    if not re.fullmatch(r"[-+−]?(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", text):
        return None
    return float(text.replace("−", "-").replace("_", ""))
