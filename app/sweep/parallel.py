"""Parallel coordinates of the Settings tab: configurations over all settings at once, narrowed by limits on
any of them, which a drag over an axis sets too. The limits are in the URL; the runs within them stand below.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from zlib import crc32

import streamlit as st

from app.chart_files.menu import chart_title
from app.charts.parallel import BRUSH, parallel_chart
from app.groups.grouping import Group
from app.groups.naming import value_words
from app.groups.seed_statistics import Estimate
from app.studies.view import StudyView
from app.sweep.axes import Setting
from app.sweep.chosen_runs import list_runs
from app.sweep.controls import Choice
from app.sweep.parallel_axes import figure_axis, method_axis, parallel_frames, setting_axis
from app.sweep.questions import Question
from app.wording.fields import title
from app.wording.names import in_order
from app.wording.text import plain

LIMITS_A_ROW = 4
FIGURE, METHOD = "only_figure", "sweep_method"
"""Keys of the limits on what was measured, and on methods."""
Brush = Callable[[float, float], None]
"""Sets the limits of one axis to two places on it, 0 to 1."""


def show_parallel(view: StudyView, choice: Choice, question: Question) -> None:
    """The chart, its limits, and the runs within them."""
    figures = {
        group.digest: question.over(list(found.values()))
        for group in choice.groups
        if (found := question.of_group(group))
    }
    groups = [group for group in choice.groups if group.digest in figures]
    settings = [s for setting in choice.settings if len((s := setting.only(figures)).distinct()) > 1]
    if not groups or not settings:
        st.caption("No result yet.")
        return
    drawn, limits = st.container(), st.expander("Limits", icon=":material/tune:", expanded=False)
    with limits:
        chosen = _within(groups, settings, figures, question)
    with drawn:
        _draw(groups, settings, figures, chosen, question)
    list_runs(view, [group for group in groups if group.digest in chosen], settings, figures, question)


def _draw(
    groups: Sequence[Group],
    settings: Sequence[Setting],
    figures: Mapping[str, Estimate],
    chosen: set[str],
    question: Question,
) -> None:
    axes = [setting_axis(setting) for setting in settings] + [figure_axis(figures, question)]
    brushes: list[Brush] = [partial(_limit_setting, setting) for setting in settings]
    brushes.append(partial(_limit_figure, question, figures))
    if len({group.method for group in groups}) > 1:
        axes.insert(0, method_axis(groups))
        brushes.insert(0, partial(_limit_method, groups))
    lines, ticks = parallel_frames(axes, groups, figures, chosen, question)
    chart = parallel_chart(lines, ticks, [axis.title for axis in axes], question.axis)
    key = f"sweep_parallel-{crc32(repr(sorted(chosen)).encode())}"  # what was dragged is done with

    def brush() -> None:
        places, low, high = covered_axes(st.session_state[key]["selection"].get(BRUSH, {}), len(brushes))
        for place in places:
            brushes[place](low, high)

    spoken = f"{len(chosen)} of {len(groups)} configurations over {', '.join(axis.title for axis in axes)}"
    chart_title(chart, f"{question.label} over all settings", key="sweep_all")
    st.altair_chart(chart, key=key, on_select=brush, selection_mode=[BRUSH], alt=spoken)
    st.caption(
        "One line a configuration, coloured by its mean over seeds. Drag over an axis, or set limits below, "
        "to keep the configurations that cross it there; “none”: configurations without that setting."
    )


def covered_axes(selection: Mapping[str, Sequence[float]], axes: int) -> tuple[list[int], float, float]:
    """Which of so many axes a drag covers, and from where to where. selection: ends by field of the chart's
    lines, as the browser tells them; empty where nothing was dragged."""
    if not selection.get("axis") or not selection.get("at"):
        return [], 0.0, 1.0
    (first, last), (low, high) = (sorted(selection[field]) for field in ("axis", "at"))
    return [place for place in range(axes) if first <= place <= last], low, high


def _limit_setting(setting: Setting, low: float, high: float) -> None:
    """Keep what crosses the axis of a setting between two places."""
    axis = setting_axis(setting)
    places = {axis.words[digest]: at for digest, at in axis.at.items()}
    kept = [value for value in setting.distinct() if low <= places[value_words(value)] <= high]
    if kept:
        shown = [value_words(value) for value in kept]
        st.session_state[_key(setting)] = (shown[0], shown[-1]) if setting.is_number else shown


def _limit_figure(question: Question, figures: Mapping[str, Estimate], low: float, high: float) -> None:
    bounds, means = _bounds(question, figures), [value.mean for value in figures.values()]
    least, reach = min(means) * question.unit.scale, (max(means) - min(means)) * question.unit.scale
    ends = [min(max(least + share * reach, bounds[0]), bounds[1]) for share in (low, high)]
    st.session_state[FIGURE] = tuple(ends)


def _limit_method(groups: Sequence[Group], low: float, high: float) -> None:
    at = method_axis(groups).at
    kept = [group.method for group in groups if low <= at[group.digest] <= high]
    if kept:
        st.session_state[METHOD] = in_order(kept)


def _within(
    groups: Sequence[Group],
    settings: Sequence[Setting],
    figures: Mapping[str, Estimate],
    question: Question,
) -> set[str]:
    """The limits, and the configurations (digests) that keep to all of them."""
    kept = {group.digest for group in groups}
    for start in range(0, len(settings) + 1, LIMITS_A_ROW):
        row: list[Setting | None] = [*settings, None][start : start + LIMITS_A_ROW]
        for column, setting in zip(st.columns(LIMITS_A_ROW), row, strict=False):
            with column:
                kept &= _of_figure(question, figures) if setting is None else _of_setting(setting, kept)
    st.button("No limits", on_click=_unlimited, args=(settings,), icon=":material/filter_list_off:")
    return kept


def _of_setting(setting: Setting, all_of_them: set[str]) -> set[str]:
    """The limit on one setting; configurations without it keep to it as long as it takes nothing away."""
    words = [value_words(value) for value in setting.distinct()]
    key = _key(setting)
    if setting.is_number:
        first, last = st.select_slider(
            plain(title(setting.words)), words, (words[0], words[-1]), key=key, bind="query-params"
        )
        allowed = words[words.index(first) : words.index(last) + 1]
    else:
        allowed = (
            st.multiselect(
                plain(title(setting.words)), words, key=key, bind="query-params", placeholder="Any"
            )
            or words
        )
    if len(allowed) == len(words):
        return all_of_them
    return {digest for digest in setting.values if setting.shown(digest) in allowed}


def _of_figure(question: Question, figures: Mapping[str, Estimate]) -> set[str]:
    low, high = _bounds(question, figures)
    step = 10.0**-question.unit.decimals
    limits = st.slider(
        plain(question.axis), low, high, (low, high), step, key=FIGURE, bind="query-params", format="%.4g"
    )
    scaled = {digest: value.mean * question.unit.scale for digest, value in figures.items()}
    return {digest for digest, mean in scaled.items() if limits[0] - step <= mean <= limits[1] + step}


def _bounds(question: Question, figures: Mapping[str, Estimate]) -> tuple[float, float]:
    """The range of what was measured, rounded outward to the decimals that are shown."""
    means = [value.mean * question.unit.scale for value in figures.values()]
    fine = 10.0**question.unit.decimals
    low, high = math.floor(min(means) * fine) / fine, math.ceil(max(means) * fine) / fine
    return low, high if high > low else low + 1 / fine


def _unlimited(settings: Sequence[Setting]) -> None:
    for key in [*map(_key, settings), FIGURE]:
        st.session_state.pop(key, None)


def _key(setting: Setting) -> str:
    return f"only_{setting.path}"
