"""What was set differently, so that a difference is not put down to the method alone."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from app.groups.grouping import Group, settings_that_differ
from app.groups.naming import setting_words, value_words
from app.wording.fields import title


def show_differing(groups: Sequence[Group], labels: dict[str, str]) -> None:
    """A table: one row a configuration, one column a setting in which they differ. labels: by digest."""
    st.subheader("Settings that differ")
    differing = settings_that_differ(groups)
    if not differing:
        st.caption(
            "Nothing but the method: all shared settings are equal." if len(groups) > 1 else "One group only."
        )
        return
    columns = {"Configuration": [labels[group.digest] for group in groups]}
    for path, values in differing.items():
        name = title(setting_words(path))
        shown = ["–" if value is None else value_words(value) for value in values]
        columns[name if name not in columns else path] = shown
    st.dataframe(pl.DataFrame(columns), hide_index=True, height="content" if len(groups) <= 12 else 460)
