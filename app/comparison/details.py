"""Below the figures of the compare page: learning curves, and the settings that differ."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from app import queries
from app.charts.comparison import BANDS, band_chart
from app.charts.panels import curve_label
from app.groups.grouping import Group, settings_that_differ
from app.groups.seed_statistics import half_width
from app.wording.fields import show_list
from app.wording.names import method_label
from app.wording.text import plain
from engine.recorder import ACCURACY, GRADIENT_NORM, LEARNING_RATE, SYSTEM, TRAINING_LOSS

CHARTS_A_ROW = 3
ONE_SCALE = (LEARNING_RATE, GRADIENT_NORM, ACCURACY, SYSTEM)
"""Curves that mean the same for every method and so share one pair of axes; losses do not."""


def show_curves(groups: Sequence[Group]) -> None:
    """A learning curve: mean over seeds with its interval, single runs on request."""
    ids = [run.id for group in groups for run in group.runs]
    summaries = queries.summaries(ids)
    keys = sorted(summaries["key"].unique().to_list(), key=lambda key: (key.startswith(SYSTEM), key))
    if not keys:
        return
    st.subheader("Learning curves")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = st.selectbox(
            "Curve",
            keys,
            _first_curve(keys),
            key="compare_curve",
            width=320,
            format_func=curve_label,
            placeholder="Choose a curve",
        )
        members = st.toggle("Single runs", key="compare_members", help="Draw every run as a thin line.")
    if key is None:
        st.caption("No loss has been recorded yet.")
        return
    points = queries.curves(ids, [key])
    bands = curve_bands(groups, points)
    lines = member_lines(groups, points) if members else None
    together = key.startswith(ONE_SCALE)
    labels = list(dict.fromkeys(bands["group"].to_list()))
    if together:
        st.altair_chart(band_chart(bands, lines, [group.method for group in groups], curve_label(key)))
    else:
        for start in range(0, len(labels), CHARTS_A_ROW):
            for column, label in zip(
                st.columns(min(CHARTS_A_ROW, len(labels))), labels[start : start + CHARTS_A_ROW], strict=False
            ):
                mine = pl.col("group") == label
                chart = band_chart(
                    bands.filter(mine),
                    None if lines is None else lines.filter(mine),
                    [g.method for g in groups],
                    curve_label(key),
                )
                column.markdown(f"**{plain(label)}**")
                column.altair_chart(chart)
    counts = {len(group.runs) for group in groups}
    note = (
        ""
        if together
        else " Losses of different methods are sums of different terms: compare shapes, not heights."
    )
    band = "Band: 95 % interval of the mean over seeds." if max(counts) > 1 else "One seed: no band."
    name = curve_label(key)
    st.caption(
        f"{plain(name[:1].upper() + name[1:])} by optimiser step, up to the last step that all seeds of a "
        f"group have reached. {band}{note}"
    )


def _first_curve(keys: Sequence[str]) -> int | None:
    """The training loss; before there is one, any curve of the training, but none of the machine."""
    if TRAINING_LOSS in keys:
        return keys.index(TRAINING_LOSS)
    return next((number for number, key in enumerate(keys) if not key.startswith(SYSTEM)), None)


def show_settings(groups: Sequence[Group]) -> None:
    """What was set differently, so that a difference is not put down to the method alone."""
    st.subheader("Settings that differ")
    differing = settings_that_differ(groups)
    if not differing:
        st.caption(
            "Nothing but the method: all shared settings are equal." if len(groups) > 1 else "One group only."
        )
        return
    rows = [
        {"Setting": path} | {g.label: _value(v) for g, v in zip(groups, values, strict=True)}
        for path, values in differing.items()
    ]
    st.dataframe(pl.DataFrame(rows), hide_index=True, height="content")


def _value(value: object) -> str:
    if isinstance(value, list):
        return show_list(value)
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def curve_bands(groups: Sequence[Group], points: pl.DataFrame) -> pl.DataFrame:
    """Mean of one curve over the runs of each group, with its 95 % interval, at the steps that all of them
    have reached.

    points: run_id, step, value. Where a group has one run, low and high are missing.
    """
    parts = [pl.DataFrame(schema=BANDS)]
    for group in groups:
        mine = points.filter(
            pl.col("run_id").is_in([run.id for run in group.runs]), pl.col("value").is_finite()
        )
        n = mine["run_id"].n_unique()
        half = pl.col("deviation") * half_width(n) if n > 1 else pl.lit(None, pl.Float64)
        parts.append(
            mine.group_by("step")
            .agg(
                pl.len().alias("n"),
                pl.col("value").mean().alias("mean"),
                pl.col("value").std().alias("deviation"),
            )
            .filter(pl.col("n") == n)
            .sort("step")
            .select(
                pl.lit(group.label).alias("group"),
                pl.lit(method_label(group.method)).alias("method"),
                "step",
                "mean",
                (pl.col("mean") - half).alias("low"),
                (pl.col("mean") + half).alias("high"),
            )
        )
    return pl.concat(parts)


def member_lines(groups: Sequence[Group], points: pl.DataFrame) -> pl.DataFrame:
    """The single runs of one curve: group, method, run_id, step, value."""
    names = [(run.id, group.label, method_label(group.method)) for group in groups for run in group.runs]
    owners = pl.DataFrame(
        names, schema={"run_id": pl.Int64, "group": pl.String, "method": pl.String}, orient="row"
    )
    return points.join(owners, on="run_id").select("group", "method", "run_id", "step", "value")
