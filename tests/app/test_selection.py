"""Rows that are selected stay what they are when the table changes."""

from streamlit.testing.v1 import AppTest

from app.selection import table_key

PAGE = """
import polars as pl, streamlit as st
from app.selection import choose_rows
ids = st.session_state.setdefault("ids", [1, 2, 3])
st.session_state["chosen"] = choose_rows("t", pl.DataFrame({"id": ids}), ids)
"""


def select(test: AppTest, ids: list[int], *rows: int) -> AppTest:
    test.session_state[table_key("t", ids)] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return test.run()


def show(test: AppTest, *ids: int) -> list[int]:
    test.session_state["ids"] = list(ids)
    test.run()
    assert not test.exception
    return list(test.session_state["chosen"])


def test_a_selection_goes_with_its_rows() -> None:
    test = select(AppTest.from_string(PAGE).run(), [1, 2, 3], 2, 0)
    assert test.session_state["chosen"] == [1, 3]
    assert show(test, 3, 1, 2) == [3, 1]
    assert show(test, 2, 3) == [3]
    assert show(test, 1, 2) == []  # what has gone is forgotten


def test_an_answer_to_an_earlier_order_is_not_heard() -> None:
    """The browser told a selection of places before it had seen the new order."""
    test = select(AppTest.from_string(PAGE).run(), [1, 2, 3], 2)
    assert show(test, 3, 1, 2) == [3]
    select(test, [1, 2, 3], 2)
    assert test.session_state["chosen"] == [3]


def test_an_order_that_comes_back_begins_with_the_present_selection() -> None:
    test = select(AppTest.from_string(PAGE).run(), [1, 2, 3], 0)
    show(test, 3, 2, 1)
    select(test, [3, 2, 1], 0)
    assert show(test, 1, 2, 3) == [3]
