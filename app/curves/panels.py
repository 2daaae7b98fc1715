"""The charts of the Curves tab: which there are, and how each is drawn."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from app.chart_files.menu import chart_title
from app.charts.group_curves import BANDS, ZOOM, Axes, group_chart
from app.charts.panels import curve_axis, curve_label, is_loss
from app.charts.style import line_styles
from app.curves.controls import Choice, zoomable
from app.curves.frames import FAINT_LINES, Drawn, drawn
from app.curves.means import AXES, MeanCurve, RunCurve, mean_curve
from app.curves.words import ends_in_words, left_out
from app.groups.grouping import Group
from app.wording.names import method_label
from app.wording.text import plain


class Panel(NamedTuple):
    """One chart: a curve of groups on one data set that share an axis. title: what tells it from the others;
    labels: of its groups, without what the title says."""

    key: str
    title: str
    groups: tuple[Group, ...]
    labels: tuple[str, ...]


class Look(NamedTuple):
    """How the charts of a view are drawn. half_life: of the smoothing, in the unit of the axis; singles:
    whether single runs are drawn; most: points a line."""

    choice: Choice
    half_life: float
    singles: bool
    most: int


def panels_of_curves(
    keys: Sequence[str], groups: Sequence[Group], recorded: Collection[tuple[str, int]]
) -> list[Panel]:
    """The charts for these curves: one a data set, and of losses one a method, for losses of different
    methods are sums of different terms. recorded: which curves (key, run) there are; groups without one are
    left out."""
    panels = []
    several = len({group.data for group in groups}) > 1
    for key in keys:
        having = [group for group in groups if any((key, run.id) in recorded for run in group.runs)]
        for data in dict.fromkeys(group.data for group in having):
            mine = [group for group in having if group.data == data]
            parts = dict.fromkeys(group.method for group in mine) if is_loss(key) else {None: None}
            for method in parts:
                part = [group for group in mine if method in (None, group.method)]
                name = curve_label(key)
                words = [name[:1].upper() + name[1:]]
                words += [method_label(method)] if method else []
                words += [data] if several else []
                panels.append(Panel(key, " · ".join(words), tuple(part), _short_labels(part)))
    return panels


def _short_labels(groups: Sequence[Group]) -> tuple[str, ...]:
    """The groups' names without the words that all of them have, such as the method of a chart of one."""
    words = [group.label.split(", ") for group in groups]
    shared = set.intersection(*map(set, words)) if len(groups) > 1 else set()
    short = [", ".join(word for word in label if word not in shared) for label in words]
    whole = all(short) and len(set(short)) == len(short)
    return tuple(short if whole else [group.label for group in groups])


def draw_panel(panel: Panel, curves: Mapping[int, RunCurve], look: Look) -> None:
    """One chart with its title, and what it does not show. curves: by run."""
    choice = look.choice
    means: dict[str, MeanCurve] = {}
    members: dict[str, list[RunCurve]] = {}
    for label, group in zip(panel.labels, panel.groups, strict=True):
        mine = [curves[run.id] for run in group.runs if run.id in curves]
        mean = mean_curve(mine, look.half_life) if mine else None
        if mean is not None:
            means[label], members[label] = mean, mine
    frames = drawn(
        means,
        members if look.singles else {},
        banded=len(means) <= BANDS,
        recorded=look.half_life > 0 and len(means) <= FAINT_LINES,
        stretch=choice.stretch,
        logs=choice.logs,
        most=look.most,
    )
    if frames.lines.is_empty():
        st.markdown(f"**{plain(panel.title)}**")
        st.caption("Nothing of it lies in what is shown.")
    else:
        styles = line_styles([(label, g.method) for label, g in zip(panel.labels, panel.groups, strict=True)])
        axes = Axes(AXES[choice.axis], curve_axis(panel.key)[0], *choice.logs, shown_stretch(frames, choice))
        spoken = f"{panel.title} by {choice.axis}: {ends_in_words(means)}"
        chart = group_chart(frames.lines, frames.thin, styles, axes)
        chart_title(chart, panel.title, key=f"curve_{panel.title}")
        zoomable(chart, spoken, panel.title, ZOOM)
    for line in left_out(frames, means, look.singles):
        st.caption(f":material/info: {plain(line)}")


def shown_stretch(frames: Drawn, choice: Choice) -> tuple[float, float] | None:
    """The ends of the axis where the reader chose any; an end that is open is the last point there."""
    if choice.stretch is None:
        return None
    x = frames.lines["x"].to_numpy()
    low, high = choice.stretch
    return (float(x.min()) if low is None else low), (float(x.max()) if high is None else high)
