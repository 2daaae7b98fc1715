"""The menu beside a chart from which it is downloaded as a file."""

from functools import partial

import altair as alt
import streamlit as st

from app.chart_files.drawing import MIME, Form, chart_file, file_stem
from app.wording.text import plain

_FORMS: dict[Form, str] = {"svg": "SVG", "png": "PNG", "pdf": "PDF"}


def chart_menu(chart: alt.TopLevelMixin, title: str, *, key: str) -> None:
    """A small button that offers the chart as SVG, PNG and PDF under its title.

    The files are made when one is asked for, in a process of its own, so that the menu itself costs next to
    nothing. key: unique on the page.
    """
    with st.popover(
        "Save chart", icon=":material/download:", type="tertiary", key=f"{key}_menu", width="content"
    ):
        for form, label in _FORMS.items():
            st.download_button(
                label,
                partial(chart_file, chart, form, title),
                f"{file_stem(title)}.{form}",
                MIME[form],
                key=f"{key}_{form}",
                on_click="ignore",
                width="stretch",
            )


def chart_title(chart: alt.TopLevelMixin, title: str, *, key: str) -> None:
    """The title over a chart, with its menu at the end of the line."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(title)}**", width="stretch")
        chart_menu(chart, title, key=key)
