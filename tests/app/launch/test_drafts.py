"""The form's content in a link: it reads back, is bounded, and what is no draft is none."""

import base64
import hashlib
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.launch.draft import EMPTY, LONGEST_LINK, Draft, read_draft, write_draft

texts = st.text(max_size=30)
values = st.one_of(st.none(), st.integers(), st.booleans())
edits = st.dictionaries(texts, st.one_of(texts, st.lists(values, min_size=1, max_size=1)), max_size=8)
some_text = st.none() | texts


@given(some_text, some_text, st.none() | st.lists(texts, max_size=4), some_text, edits)
def test_a_draft_reads_back(name: Any, question: Any, methods: Any, seeds: Any, edited: Any) -> None:
    chosen = None if methods is None else tuple(methods)
    draft = Draft(name, question, chosen, seeds, 4, 7, edited, {"label": "y"})
    text = write_draft(draft)
    assert text is not None and read_draft(text) == draft


def test_an_empty_draft_is_no_text() -> None:
    assert write_draft(Draft()) == "" and read_draft("") == EMPTY


def test_a_draft_too_long_for_an_address_has_none() -> None:
    noise = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(250))
    assert write_draft(Draft(question=noise)) is None


def packed(content: object) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(content).encode())).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "%%%",
        "ü",
        base64.urlsafe_b64encode(b"no zlib").decode(),
        base64.urlsafe_b64encode(zlib.compress(b"{")).decode(),
        packed([]),
        packed({"other": 1}),
        packed({"name": 3}),
        packed({"name": "x" * 81}),
        packed({"methods": [1]}),
        packed({"drawn": True}),
        packed({"drawn": 10**6}),
        packed({"draw_seed": -1}),
        packed({"edits": []}),
        packed({"edits": {"a": 3}}),
        packed({"edits": {"a": [1, 2]}}),
        packed({"edits": {str(n): "" for n in range(301)}}),
        packed({"file": 3}),
        packed({"question": "a" * 10_000_000}),
        base64.urlsafe_b64encode(zlib.compress(b"[" * 50_000)).decode(),
        "A" * (LONGEST_LINK * 2),
    ],
)
def test_what_is_no_draft_is_none(text: str) -> None:
    assert read_draft(text) is None
