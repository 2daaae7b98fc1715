"""Tables whose rows can be selected, so that what is done is done to the rows that the reader saw.

A selection is of places. Where rows have come, gone or moved in the meantime, an answer of the browser that
is still on its way would mean other rows. So each order of rows is a table of its own, which begins with what
was selected in the one before; an answer to an earlier one is heard no more.
"""

import hashlib
from collections.abc import Hashable, Sequence
from typing import Any, TypeVar

import polars as pl
import streamlit as st

Id = TypeVar("Id", bound=Hashable)


def table_key(name: str, ids: Sequence[Hashable]) -> str:
    """The key of the table of that name that has these rows in this order."""
    return f"{name}_{hashlib.blake2b(repr(list(ids)).encode(), digest_size=6).hexdigest()}"


def choose_rows(name: str, table: pl.DataFrame, ids: Sequence[Id], **options: Any) -> list[Id]:
    """Draw a table and return the ids of the rows that are selected, in the order of the table.

    ids: what each row is of, all different; they print as what they are. options: as for `st.dataframe`.
    """
    key, shown, kept = table_key(name, ids), f"{name}_shown", f"{name}_chosen"
    if st.session_state.get(shown) != key:
        before = st.session_state.get(kept, frozenset())
        rows = [row for row, wanted in enumerate(ids) if wanted in before]
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
        st.session_state[shown] = key
    picked = st.dataframe(
        table, key=key, on_select="rerun", selection_mode="multi-row", hide_index=True, **options
    )
    chosen = [ids[row] for row in sorted(picked["selection"]["rows"]) if row < len(ids)]
    st.session_state[kept] = frozenset(chosen)
    return chosen
