"""What a form holds, as data that a link carries: bounded and compressed, so that a copied address restores
the form. No Streamlit here."""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from engine.presets.preset import LONGEST_NAME, MOST_RUNS

LONGEST_LINK = 6_000
"""Characters of a draft in the address; browsers and proxies take 8,000."""
LARGEST = 60_000
"""Bytes of a draft once it is unpacked."""
MOST_EDITS = 300

Edit = str | list[Any]
"""A setting as it was edited: the text that was typed (a value, a list, a range, `= PATH` or `LIST with
PATH`), or a list with the value itself, where no text is read; [None] takes the setting away."""


class Draft(NamedTuple):
    """What was filled in; None where it is as the form starts. edits: setting, by its path with the method or
    data set that it is for before it, → how it was edited. file: settings of the user's own file."""

    name: str | None = None
    question: str | None = None
    methods: tuple[str, ...] | None = None
    seeds: str | None = None
    drawn: int | None = None
    draw_seed: int = 0
    edits: Mapping[str, Edit] = MappingProxyType({})
    file: Mapping[str, Any] = MappingProxyType({})


EMPTY = Draft()


def write_draft(draft: Draft) -> str | None:
    """The draft as a link has it; "" for an empty one, None where it is too long for a link."""
    filled = {
        key: dict(value) if isinstance(value, Mapping) else value
        for key, value in draft._asdict().items()
        if value != getattr(EMPTY, key)
    }
    if not filled:
        return ""
    packed = zlib.compress(json.dumps(filled, separators=(",", ":")).encode(), 9)
    text = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    return text if len(text) <= LONGEST_LINK else None


def read_draft(text: str) -> Draft | None:
    """The inverse of `write_draft`; None for what is no draft: it comes from an address that anybody may have
    written."""
    if not text:
        return EMPTY
    try:
        packed = base64.urlsafe_b64decode(text[:LONGEST_LINK] + "=" * (-len(text) % 4))
        unpacking = zlib.decompressobj()
        content = json.loads(unpacking.decompress(packed, LARGEST))
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        return None
    return _checked(content) if not unpacking.unconsumed_tail else None


def _checked(content: Any) -> Draft | None:
    """A draft whose every part has its type and bounds."""
    if not isinstance(content, dict) or not set(content) <= set(Draft._fields):
        return None
    given = {**EMPTY._asdict(), **content}
    if isinstance(given["methods"], list):
        given["methods"] = tuple(given["methods"])
    right = (
        all(isinstance(given[key], str | None) for key in ("name", "question", "seeds"))
        and len(given["name"] or "") <= LONGEST_NAME
        and (given["methods"] is None or all(isinstance(name, str) for name in given["methods"]))
        and (given["drawn"] is None or _is_number(given["drawn"], 1, MOST_RUNS))
        and _is_number(given["draw_seed"], 0, 2**31 - 1)
        and isinstance(given["file"], Mapping)
        and isinstance(given["edits"], Mapping)
        and len(given["edits"]) <= MOST_EDITS
        and all(isinstance(edit, str) or _holds_one(edit) for edit in given["edits"].values())
    )
    return Draft(**given) if right else None


def _holds_one(edit: Any) -> bool:
    return isinstance(edit, list) and len(edit) == 1


def _is_number(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
