"""Sections of the compare page, top to bottom. Each draws one thing from groups, panels and scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from app.charts.comparison import difference_chart, score_chart
from app.comparison import tables
from app.comparison.progress import Progress
from app.comparison.reported_values import as_reported, reported
from app.groups.grouping import Group, Panel
from app.groups.readings import INTERVAL
from app.state import page
from app.wording.exports import markdown
from app.wording.figures import show_count
from app.wording.names import show_seeds
from app.wording.text import Markdown, plain
from app.wording.truth import truth_line
from app.wording.units import metric_label, unit_of
from storage.clock import now_ms
from storage.run import Run, live_state

PANELS_A_ROW = 3


def show_progress(runs: Sequence[Run], state: Progress) -> None:
    """The bar while something runs, and a line for every run that ended badly."""
    if state.active:
        st.progress(min(state.share, 1.0), text=plain(state.words()))
    elif set(state.counts) != {"finished"}:
        st.caption(plain(state.words()))
    now = now_ms()
    for run in runs:
        how = live_state(run, now)
        if how in {"failed", "lost"}:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.error(
                    plain(f"Run {run.id} ({run.title}) {how}" + (f": {run.error}" if run.error else "")),
                    width="stretch",
                )
                st.page_link(page("run"), label="Open", query_params={"run": str(run.id)})


def show_scores(groups: Sequence[Group], panels: Sequence[Panel], scores: pl.DataFrame) -> None:
    """The headline: one chart a question, how to read it, and what is known to be true."""
    methods = [group.method for group in groups]
    for start in range(0, len(panels), PANELS_A_ROW):
        row = panels[start : start + PANELS_A_ROW]
        for column, panel in zip(st.columns(min(PANELS_A_ROW, len(panels))), row, strict=False):
            unit = unit_of(panel.metric)
            means, seeds = tables.chart_frames(groups, panel, scores)
            with column.container(border=True):
                st.markdown(f"**{plain(panel.title)}**", help=_help(panel))
                if means.is_empty():
                    st.caption("no result yet")
                    continue
                chance = None if panel.chance is None else panel.chance * unit.scale
                axis = f"probe {metric_label(panel.metric)}" + (
                    ", %" if unit.scale == 100 else ", lower is better"
                )
                spoken = "; ".join(f"{row['group']} {row['shown']}" for row in means.iter_rows(named=True))
                st.altair_chart(
                    score_chart(means, seeds, methods, axis, unit, chance), alt=f"{panel.name}: {spoken}"
                )
    st.caption(_reading_aid(groups, panels))


def _help(panel: Panel) -> Markdown:
    words = {
        "redundancy": "What either modality alone would tell: linear-probe accuracy on the shared label.",
        "uniqueness": "What one modality alone tells: the mean of the probes' accuracies on each modality's "
        "own label.",
        "synergy": "What only both modalities together tell: linear-probe accuracy on the label that needs "
        "the pair.",
    }
    lines = [plain(line) for task, facts in panel.tasks.items() if (line := truth_line(task, facts))]
    known = f"\n\nKnown by construction: {'; '.join(lines)}." if lines else ""
    tested = sorted({facts["n_test"] for facts in panel.tasks.values() if facts.get("n_test")})
    return Markdown(
        plain(words.get(panel.name, "Linear probe on this label."))
        + known
        + (f"\n\nTest samples: {tested[0]:,}." if tested else "")
    )


def _reading_aid(groups: Sequence[Group], panels: Sequence[Panel]) -> Markdown:
    alone = any(len(group.runs) == 1 for group in groups)
    marks = [
        "Small circles: single seeds",
        "large mark: mean measured here",
        f"bar: {INTERVAL}" + ("; of one seed the latter alone" if alone else ""),
    ]
    if any(panel.chance is not None for panel in panels):
        marks.append("dashed line: chance (1/classes; accuracy is macro-averaged)")
    beside_paper = [group for group in groups if any(reported(group, panel) for panel in panels)]
    if beside_paper:
        same = (
            "" if all(map(as_reported, beside_paper)) else " and with other settings than some of these runs"
        )
        marks.append(f"hollow star: reported in the paper (arXiv 2509.25270), not measured here{same}")
    known = [
        plain(line)
        for panel in panels
        for task, facts in panel.tasks.items()
        if (line := truth_line(task, facts))
    ]
    truth = (
        f" Known by construction: {'; '.join(known)}; the ceiling is 100 %, as far as noise leaves the "
        "inputs readable."
        if known
        else ""
    )
    return Markdown(f"{'; '.join(marks)}.{truth}")


def show_differences(
    groups: Sequence[Group], panels: Sequence[Panel], scores: pl.DataFrame, baseline: Group
) -> None:
    """Every group against a baseline that the reader chooses, paired by seed, drawn and told in plain
    words."""
    if len(groups) < 2:
        return
    st.subheader(f"Difference to {plain(baseline.label)}, paired by seed")
    methods = [group.method for group in groups]
    for start in range(0, len(panels), PANELS_A_ROW):
        row = panels[start : start + PANELS_A_ROW]
        for column, panel in zip(st.columns(min(PANELS_A_ROW, len(panels))), row, strict=False):
            rows = tables.difference_rows(groups, [panel], scores, baseline)
            drawn = [one for one in rows if one["mean"] is not None]
            unit = unit_of(panel.metric)
            with column.container(border=True):
                st.markdown(f"**{plain(panel.title)}**")
                if drawn:
                    axis = f"difference to {baseline.label}" + (", points" if unit.scale == 100 else "")
                    st.altair_chart(
                        difference_chart(drawn, methods, axis, 1.0 if unit.scale == 100 else 0.0),
                        alt="; ".join(one["reading"] for one in drawn),
                    )
                st.markdown("\n".join(f"- {_marked(one)}" for one in rows))
    st.caption(
        "Each difference is of runs with the same seed, so with the same order of the data: mean over the "
        "pairs with its 95 % interval, from the spread over seeds and the least that the test samples leave "
        "open. “Not decided” means that the interval holds zero, or that there is none. Intervals are not "
        "corrected for the number of comparisons."
    )


def _marked(row: Mapping[str, Any]) -> Markdown:
    """The sentence with its verdict in bold, in small type."""
    return Markdown(f":small[{plain(row['head'])}: **{plain(row['said'])}**]")


def show_table(groups: Sequence[Group], panels: Sequence[Panel], scores: pl.DataFrame) -> None:
    """The figures behind the charts, and their export."""
    st.subheader("Figures")
    rows = tables.score_table(groups, panels, scores)
    st.dataframe(pl.DataFrame(rows), hide_index=True, height="content")
    with st.container(horizontal=True):
        st.download_button(
            "Table (Markdown)",
            markdown(rows),
            "comparison.md",
            "text/markdown",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "Every seed (CSV)",
            tables.csv(groups, panels, scores),
            "comparison.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )
    st.caption(plain(provenance(groups)))


def provenance(groups: Sequence[Group]) -> str:
    """Seeds, data seed and code version behind the figures, and what was left out."""
    runs = [run for group in groups for run in group.runs]
    seeds = {show_seeds([run.seed for run in group.runs]) for group in groups}
    parts = [f"seeds {seeds.pop()} in every group" if len(seeds) == 1 else "groups have different seeds"]
    data_seeds = sorted({run.settings["data"].get("seed", 0) for run in runs})
    parts.append(f"data seed {', '.join(map(str, data_seeds))}")
    versions = sorted({run.code_version for run in runs if run.code_version})
    parts.append(f"code {', '.join(versions)}" if versions else "code version not recorded")
    repeats = sum(group.repeats for group in groups)
    if repeats:
        parts.append(f"{show_count(repeats, 'older run')} of a seed that was run again left out")
    text = "; ".join(parts)
    return text[0].upper() + text[1:] + "."
