"""Sections of the run page. Each draws one thing of one run."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from app import queries, reader
from app.charts.curves import Line, line_chart, loss_lines, not_finite, points_of, quiet_lines
from app.charts.panels import LOSS, CurvePanel, curve_panels
from app.charts.smoothing import smoothed
from app.charts.style import method_style
from app.downloads import download_url
from app.groups.grouping import PANELS
from app.home import data_home, run_log
from app.runs.settings_table import setting_rows
from app.state import page
from app.synergy.rows import read_rows
from app.synergy.schedule import skipped_line
from app.training.transfer import KINDS
from app.wording.figures import show_bytes, show_clock, show_facts, show_number, show_time
from app.wording.text import plain
from app.wording.units import unit_of
from engine.metric import all_metrics
from engine.recorder import CPU, GPU, GPU_MEMORY, MEMORY, SPEED, TRAINING_LOSS, VALIDATION_LOSS
from storage.run import Run

PANELS_A_ROW = 2
LOG_LINES = 300
TILES = (
    ("Training loss", TRAINING_LOSS, ""),
    ("Validation loss", VALIDATION_LOSS, ""),
    ("Throughput", SPEED, "samples/s"),
    ("CPU", CPU, "%"),
    ("Memory", MEMORY, "GiB"),
    ("GPU", GPU, "%"),
    ("GPU memory", GPU_MEMORY, "GiB"),
)
"""Figures at the top: label, curve, unit."""


def show_tiles(run: Run) -> None:
    """The last value of what one looks at first."""
    last = {row["key"]: row["last"] for row in queries.summaries([run.id]).iter_rows(named=True)}
    there = [(label, last[key], unit) for label, key, unit in TILES if key in last]
    with st.container(horizontal=True):
        for label, value, unit in there:
            st.metric(plain(label), show_number(value, unit), border=True)


def show_results(run: Run) -> None:
    """What the probes found, with chance and what is known to be true beside it."""
    results = queries.results([run.id])
    if not results["task"]:
        return
    st.subheader("Results")
    columns = zip(results["task"], results["metric"], results["value"], results["facts"], strict=True)
    rows = [_result_row(task, metric, value, facts) for task, metric, value, facts in columns]
    place = {name: number for number, name in enumerate(PANELS)}
    rows.sort(key=lambda row: (place.get(str(row["Measures"]), len(place)), str(row["Task"])))
    table = pl.DataFrame(rows)
    table = table.select(column for column in table if column.null_count() < len(table))
    st.dataframe(table, hide_index=True, height="content", column_config=_result_columns(), placeholder="–")
    kinds = {str(facts["checkpoint"]) for facts in results["facts"] if facts.get("checkpoint")}
    st.caption(
        f"Linear probes on the frozen {plain(' and '.join(sorted(kinds)) or 'last')} checkpoint; measured "
        "once, on "
        "test data."
    )
    if queries.decompositions([run.id])["task"]:
        st.page_link(
            page("synergy"),
            label="What it captured, in bits",
            icon=":material/join_inner:",
            query_params={"runs": str(run.id)},
        )


def _result_row(task: str, metric: str, value: float, facts: Mapping[str, Any]) -> dict[str, object]:
    unit = unit_of(metric)
    described = all_metrics().get(metric)
    chance = facts.get("chance") if described is not None and described.has_chance else None
    known = [float(value) for name, value in facts.items() if name.startswith("true_")]
    return {
        "Task": task,
        "Measures": facts.get("measures", "label"),
        "Metric": metric.replace("_", " "),
        "Value": unit.show(value),
        "Chance": None if chance is None else unit.show(chance),
        "Classes": facts.get("classes") or None,
        "Information": f"{sum(known):.3f} bits" if known else None,
        "Probe samples": facts.get("n_train"),
        "Test samples": facts.get("n_test"),
        "Cost": facts.get("cost"),
    }


def _result_columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "Value": st.column_config.TextColumn(alignment="right"),
        "Chance": st.column_config.TextColumn(
            alignment="right", help="What guessing would reach, macro-averaged."
        ),
        "Information": st.column_config.TextColumn(
            alignment="right",
            help="What both modalities together tell about the task, where the data set states it exactly.",
        ),
        "Probe samples": number(format="localized"),
        "Test samples": number(format="localized"),
        "Cost": number(help="Inverse regularisation, chosen on validation data.", format="compact"),
    }


def show_curves(run: Run) -> None:
    """All curves, two a row; the newest points included."""
    curves = queries.curves([run.id])
    panels = curve_panels(curves["key"].unique().to_list())
    if not panels:
        return
    st.subheader("Curves")
    for start in range(0, len(panels), PANELS_A_ROW):
        row = panels[start : start + PANELS_A_ROW]
        for column, panel in zip(st.columns(PANELS_A_ROW), row, strict=False):
            with column.container(border=True):
                _show_panel(run, panel, curves)
    skipped = skipped_line([run], read_rows(queries.decompositions([run.id])))
    if skipped:
        st.caption(f":material/timer_off: {plain(skipped)}")


def _show_panel(run: Run, panel: CurvePanel, curves: pl.DataFrame) -> None:
    st.markdown(f"**{plain(panel.title)}**")
    points = points_of(curves, panel.labels).with_columns(pl.col("value") * panel.factor)
    colour = method_style(run.method).colour
    if panel.labels.items() <= LOSS.items():
        raw = points.filter(pl.col("line") == "training").with_columns(pl.lit("each point").alias("line"))
        averaged = smoothed(points.filter(pl.col("line") == "training"))
        lines = loss_lines(colour)
        points = pl.concat([raw, averaged, points.filter(pl.col("line") == "validation")])
    elif len(panel.labels) == 1:
        lines = [Line(label, colour) for label in panel.labels.values()]
    elif panel.marked:
        lines = [line._replace(marked=True) for line in quiet_lines(list(panel.labels.values()))]
    else:
        lines, points = quiet_lines(list(panel.labels.values())), smoothed(points)
    st.altair_chart(line_chart(points, lines, panel.axis), alt=f"{panel.title} by training step")
    gaps = {label: count for key, label in panel.labels.items() if (count := not_finite(curves, key))}
    for label, count in gaps.items():
        st.caption(
            f":material/warning: {count:,} points of {plain(label)} are not finite and cannot be drawn."
        )


def show_details(run: Run) -> None:
    """Settings, log, files and provenance, one tab each."""
    settings, log, files, about = st.tabs(["Settings", "Log", "Files", "About"])
    with settings:
        rows = pl.DataFrame(
            setting_rows(run.settings), schema=["Group", "Setting", "Value", "Meaning"], orient="row"
        )
        config = {
            "Value": st.column_config.TextColumn(width=160),
            "Meaning": st.column_config.TextColumn(width="large"),
        }
        st.dataframe(rows, hide_index=True, height=480, column_config=config)
    with log:
        show_log(run)
    with files:
        show_files(run)
    with about:
        _show_about(run)


def show_log(run: Run) -> None:
    """The end of what the run had to say."""
    lines, zone = queries.log_tail(run.id, LOG_LINES), reader.zone()
    text = "\n".join(f"{show_clock(line.time, zone)}  {line.text}" for line in lines)
    st.code(
        text or "The run has said nothing yet.", language=None, height=360 if len(lines) > 12 else "content"
    )
    st.caption(
        f"The last {LOG_LINES} lines; all that its processes print is in "
        f"{plain(run_log(data_home(), run.id))}."
    )


def show_files(run: Run) -> None:
    """The run's weights, to download; the training state is counted, not offered."""
    artifacts = queries.list_artifacts(run.id)
    weights = [artifact for artifact in artifacts if artifact.kind in KINDS]
    for artifact in weights:
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            size, facts = show_bytes(artifact.size), plain(show_facts(artifact.facts))
            told = f"**{plain(artifact.kind.capitalize())} weights** · {size} · {facts}"
            st.markdown(f"{told}  \n{plain(artifact.name)}", width="stretch")
            st.link_button("Download", download_url(artifact.id), icon=":material/download:")
            st.page_link(page("checkpoints"), label="Details", query_params={"checkpoint": str(artifact.id)})
    if not weights:
        st.caption("No weights are kept yet.")
    for artifact in artifacts:
        if artifact.kind == "rows":
            size, facts = show_bytes(artifact.size), plain(show_facts(artifact.facts))
            words = f"**What was told of each sample** · {size} · {facts}"
            with st.container(horizontal=True, vertical_alignment="center", border=True):
                st.markdown(f"{words}  \n{plain(artifact.name)}", width="stretch")
                st.link_button("Download", download_url(artifact.id), icon=":material/download:")
    state = sum(artifact.size for artifact in artifacts if artifact.kind == "state")
    if state:
        st.caption(
            f"Beside these, {show_bytes(state)} of training state are kept, from which the run can be "
            "resumed."
        )


def _show_about(run: Run) -> None:
    zone = reader.zone()
    times = {"Created": run.created_at, "Started": run.started_at, "Ended": run.ended_at}
    facts = {label: show_time(moment, zone) for label, moment in times.items() if moment is not None} | {
        "Host": run.host,
        "Process": run.pid,
        "Attempts": run.attempts if run.attempts > 1 else None,
        "Preset": run.preset,
        "Code": run.code_version,
        "Configuration": run.digest,
        "Number": run.id,
    }
    rows = [(label, str(value)) for label, value in facts.items() if value is not None]
    st.dataframe(
        pl.DataFrame(rows, schema=["Fact", "Value"], orient="row"),
        hide_index=True,
        height="content",
        width=560,
    )
    st.caption("Runs of one configuration differ in the seed alone.")
