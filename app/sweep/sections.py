"""Sections of the Settings tab: lines against one setting, heat maps over two, the importance of all."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.chart_files.menu import chart_title
from app.charts.group_curves import LABELLED
from app.charts.importance import importance_chart
from app.charts.style import line_styles
from app.charts.sweep import heat_chart, sweep_chart
from app.groups.grouping import Group
from app.groups.naming import value_words
from app.groups.readings import INTERVAL
from app.home import data_home
from app.preview.requests import PreviewError
from app.sweep.averages import sweep
from app.sweep.axes import Setting
from app.sweep.cells import cells_of
from app.sweep.controls import Choice, choose_setting
from app.sweep.frames import heat_cells, spoken_heat, spoken_sweep, sweep_frames
from app.sweep.importance import refused, shares
from app.sweep.questions import Question
from app.wording.names import method_label
from app.wording.text import plain

WAYS = {"each": "a line each", "average": "averaged over"}
MOST_CELLS = 400
"""Cells of a heat map in which a figure can be read."""
MOST_LEVELS = 24
"""Values of a setting on one side of a heat map."""


def show_lines(choice: Choice) -> None:
    """A chart a quantity: lines against one setting."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        setting = choose_setting("Setting", "sweep_x", choice.settings)
        way: Any = None
        if len(choice.settings) > 1:
            way = st.segmented_control(
                "Other settings",
                list(WAYS),
                key="sweep_others",
                bind="query-params",
                format_func=WAYS.__getitem__,
                help="Where nothing is chosen: a line for each combination of them as long as there are few.",
            )
    remarks: dict[str, None] = {}
    width = 1 if len(choice.questions) == 1 else 2
    for start in range(0, len(choice.questions), width):
        row = choice.questions[start : start + width]
        for column, question in zip(st.columns(width), row, strict=False):
            with column.container(border=True):
                swept = sweep(choice.groups, question, setting, choice.settings, way)
                remarks |= dict.fromkeys(swept.remarks)
                if not swept.lines:
                    st.markdown(f"**{plain(question.label)}**")
                    st.caption("Nothing to draw: see below." if swept.remarks else "No result yet.")
                    continue
                frames = sweep_frames(swept, question, setting)
                styles = line_styles([(line.label, line.method) for line in swept.lines])
                chart = sweep_chart(frames.points, frames.seeds, frames.levels, styles, frames.axes)
                chart_title(chart, f"{question.label} against {setting.words}", key=f"sweep_{question.name}")
                st.altair_chart(chart, alt=spoken_sweep(swept, question, setting))
                if len(swept.lines) > LABELLED:
                    st.caption(
                        f"{LABELLED} of {len(swept.lines)} lines are labelled; point at a mark for its name."
                    )
    _list(list(remarks))
    scale = " The setting's axis is logarithmic, as its values were drawn." if setting.is_log else ""
    st.caption(f"Large mark: mean over seeds; small circles: single seeds; bar: {INTERVAL}.{scale}")


def show_heat(choice: Choice) -> None:
    """A heat map a quantity and method, over two settings."""
    if len(choice.settings) < 2:
        st.info("A heat map needs two settings that vary; here only one does.", icon=":material/grid_on:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        across = choose_setting("Across", "sweep_x", choice.settings)
        left = [setting for setting in choice.settings if setting.path != across.path]
        up = choose_setting("Upwards", "sweep_y", left)
    remarks: dict[str, None] = {}
    for question in choice.questions:
        for method in dict.fromkeys(group.method for group in choice.groups):
            groups = [
                group
                for group in choice.groups
                if group.method == method and group.digest in across.values and group.digest in up.values
            ]
            if groups:
                with st.container(border=True):
                    remarks |= dict.fromkeys(_heat(groups, question, across, up, choice.settings))
            else:
                name = method_label(method)
                remarks[f"{name} has no {across.words} and {up.words} together, so no heat map."] = None
    _list(list(remarks))
    st.caption(
        "In each cell: the mean over seeds; pointing at it shows its 95 % interval and the number of seeds. "
        "An outline with a dash: not measured."
    )


def _heat(
    groups: Sequence[Group], question: Question, across: Setting, up: Setting, settings: Sequence[Setting]
) -> list[str]:
    """One heat map, or why there is none; what must be said of it."""
    digests = [group.digest for group in groups]
    title = f"{question.label} · {method_label(groups[0].method)}"
    sides = [len(setting.distinct(digests)) for setting in (across, up)]
    if max(sides) > MOST_LEVELS or sides[0] * sides[1] > MOST_CELLS:
        st.markdown(f"**{plain(title)}**")
        st.caption(
            f"{sides[0]} values of {plain(across.words)} and {sides[1]} of {plain(up.words)}: too many cells "
            "to be read, and of values that were drawn each occurs once. “All settings” shows them."
        )
        return []
    found = cells_of(groups, question, across, up, settings)
    if not found.points:
        st.markdown(f"**{plain(title)}**")
        st.caption("No result yet.")
        return []
    cells = heat_cells(found.points, question, across.only(digests), up.only(digests))
    orders = (
        [value_words(v) for v in across.distinct(digests)],
        [value_words(v) for v in up.distinct(digests)],
    )
    chart = heat_chart(cells, orders, (across.words, up.words, question.axis))
    chart_title(chart, title, key=f"heat_{title}")
    st.altair_chart(chart, alt=spoken_heat(cells, question, across, up))
    return [found.said] if found.said else []


def show_importance(choice: Choice, question: Question) -> None:
    """How much each setting matters, or why that cannot be told."""
    why = refused(choice.groups, question, choice.settings)
    if why is not None:
        st.info(plain(why), icon=":material/block:")
        return
    try:
        with st.spinner("Growing forests on the configurations …"):
            found = shares(choice.groups, question, choice.settings, data_home())
    except PreviewError as error:
        st.error(plain(error))
        return
    told = dict(found.frame.select("setting", "shown").iter_rows())
    spoken = "; ".join(f"{name} {shown}" for name, shown in told.items())
    chart = importance_chart(found.frame)
    chart_title(chart, f"Importance of settings for: {question.label}", key="sweep_importance")
    st.altair_chart(chart, alt=f"Importance of settings: {spoken}")
    mean, low, high = (100 * value for value in found.explained)
    of = "of the variance of configurations that they have not seen"
    words = f"foretell {mean:.0f} % [{low:.0f}, {high:.0f}] {of}"
    if mean <= 0:
        st.warning(
            plain(f"The forests {words}: the settings do not explain what differs, and the bars say nothing.")
        )
    st.caption(
        plain(
            "Permutation importance of a forest of extremely randomised trees, as the total-effect share: "
            "half the growth of the squared error, over the variance, when a setting's values are shuffled "
            "among configurations that the forest was not grown on. Bars: mean and 95 % of 60 draws of the "
            f"configurations (with replacement). The forests {words}. Limits: interactions count for every "
            "setting in them, so that shares may add up to more than 100 %; settings that were changed "
            "together share their importance; it is of the values tried here, and tells no cause beyond "
            "them."
        )
    )


def _list(remarks: Sequence[str]) -> None:
    if remarks:
        st.markdown("\n".join(f"- :small[{plain(remark)}]" for remark in remarks))
