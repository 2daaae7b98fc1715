"""What the Curves tab is asked to show: curves, axis, smoothing, groups and a stretch, all of it in the
URL."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import streamlit as st

from app.charts.comparison import Layers
from app.charts.panels import curve_label
from app.curves.frames import Stretch
from app.curves.means import Axis
from app.studies.view import StudyView
from app.wording.figures import show_count

MOST_CURVES = 12
SMOOTHING = {"off": 0.0, "0.2 %": 0.002, "0.5 %": 0.005, "1 %": 0.01, "2 %": 0.02, "5 %": 0.05, "10 %": 0.1}
"""Half-lives as shares of the longest run."""
USUAL_SMOOTHING = "0.5 %"
LOGS = {"x": "Horizontal", "y": "Vertical"}
FROM, TO = "curve_from", "curve_to"

Item = TypeVar("Item")


class Choice(NamedTuple):
    """keys: of curves; digests: groups; smoothing: half-life as a share of the longest run; logs: whether x
    and y are logarithmic; stretch: of the axis, None for all."""

    keys: tuple[str, ...]
    digests: frozenset[str]
    axis: Axis
    smoothing: float
    logs: tuple[bool, bool]
    members: bool
    stretch: Stretch | None


def choose(view: StudyView, keys: Sequence[str], usual: Sequence[str]) -> Choice:
    """The controls above the charts. keys: curves that there are; usual: those drawn where nobody chose."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    chosen = left.multiselect(
        "Curves",
        keys,
        usual,
        key="curve",
        bind="query-params",
        format_func=curve_label,
        max_selections=MOST_CURVES,
        placeholder="Choose curves",
    )
    with right:
        digests = _groups(view)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        axis: Any = st.segmented_control(
            "By",
            ["step", "epoch", "time"],
            default="step",
            key="curve_by",
            bind="query-params",
            required=True,
            on_change=_whole,
        )
        smoothing = st.select_slider(
            "Smoothing",
            list(SMOOTHING),
            USUAL_SMOOTHING,
            key="curve_smoothing",
            bind="query-params",
            width=230,
            help="Half-life of the mean over the past, as a share of the longest run.",
        )
        logs = st.pills(
            "Logarithmic",
            list(LOGS),
            selection_mode="multi",
            key="curve_log",
            bind="query-params",
            format_func=LOGS.__getitem__,
        )
        members = st.toggle(
            "Single runs", key="curve_runs", bind="query-params", help="Draw every run as a thin line."
        )
        stretch = _stretch()
    return Choice(
        tuple(chosen),
        digests,
        axis,
        SMOOTHING[smoothing],
        ("x" in logs, "y" in logs),
        members,
        stretch,
    )


def _groups(view: StudyView) -> frozenset[str]:
    """All groups, or those that the reader chose."""
    labels = view.labels
    chosen = st.multiselect(
        "Groups",
        list(labels),
        key="curve_groups",
        bind="query-params",
        format_func=labels.__getitem__,
        placeholder=f"All {len(labels)}" if len(labels) > 1 else "The only one",
    )
    return frozenset(chosen or labels)


def _stretch() -> Stretch | None:
    """From where to where: typed, or dragged over a chart; None where both are empty or no stretch."""
    with st.popover("Stretch", icon=":material/zoom_in:", help="Shown from where to where"):
        first = st.number_input("From", value=None, key=FROM, bind="query-params", placeholder="start")
        last = st.number_input("To", value=None, key=TO, bind="query-params", placeholder="end")
    if (first, last) != (None, None):
        st.button("Whole range", on_click=_whole, icon=":material/zoom_out_map:")
    if first is None and last is None:
        return None
    if first is not None and last is not None and first >= last:
        st.warning(f"From ({first:g}) is not below To ({last:g}); all is shown.")
        return None
    return first, last


def _whole() -> None:
    st.session_state[FROM] = st.session_state[TO] = None


def zoomable(chart: Layers, spoken: str, name: str, selection: str) -> None:
    """The chart; a stretch that is dragged over it becomes the stretch that is shown, in the points that are
    stored there."""
    limits = (st.session_state.get(FROM), st.session_state.get(TO))
    key = f"curve_chart-{name}-{limits}"  # another chart for another stretch: what was dragged is done with

    def zoom() -> None:
        ends = st.session_state[key]["selection"].get(selection, {}).get("x")
        if ends:
            st.session_state[FROM], st.session_state[TO] = sorted(float(f"{end:.6g}") for end in ends)

    st.altair_chart(chart, key=key, on_select=zoom, selection_mode=[selection], alt=spoken)


def turn_pages(panels: Sequence[Item], most: int) -> list[Item]:
    """The charts of the page that the reader turned to, `most` a page."""
    pages = -(-len(panels) // most)
    if pages < 2:
        return list(panels)
    with st.container(horizontal=True, vertical_alignment="center"):
        place = st.pagination(pages, key="curve_page", bind="query-params")
        st.caption(f"{show_count(len(panels), 'chart')}, {most} at a time")
    first = (min(place, pages) - 1) * most
    return list(panels[first : first + most])
