"""Frames that a comparison draws and exports, from groups, panels and scores. Figures in shown units; texts
for reading."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from app.charts.comparison import BANDS, GROUPS, SEEDS
from app.comparison.reported_values import reported
from app.groups.grouping import Group, Panel
from app.groups.readings import Reading, reading, show_interval
from app.groups.scores import difference, group_estimate, seed_values
from app.groups.seed_statistics import PairedDifference, half_width
from app.wording.exports import as_csv
from app.wording.names import method_label, show_seeds
from app.wording.units import Unit, metric_label, unit_of
from engine.presets.reported import Published


def chart_frames(
    groups: Sequence[Group], panel: Panel, scores: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What `charts.comparison.score_chart` draws of one panel: the groups (`GROUPS`) and their seeds
    (`SEEDS`)."""
    unit = unit_of(panel.metric)
    means, seeds = [], []
    for group in groups:
        value = group_estimate(scores, panel, group.digest)
        if value is None:
            continue
        method, paper = method_label(group.method), reported(group, panel)
        low, high = (None if bound is None else bound * unit.scale for bound in (value.low, value.high))
        star = None if paper is None else paper.value * unit.scale
        words = (unit.show(value.mean), show_interval(value, unit), star, show_reported(paper, unit))
        means.append((group.label, method, value.n, value.mean * unit.scale, low, high, *words))
        for seed, one in seed_values(scores, panel.name, group.digest).items():
            seeds.append((group.label, method, seed, one * unit.scale))
    return pl.DataFrame(means, schema=GROUPS, orient="row"), pl.DataFrame(seeds, schema=SEEDS, orient="row")


def show_reported(paper: Published | None, unit: Unit) -> str | None:
    """ "77.0 ± 4.2 %", with the word that the paper quotes it from elsewhere; None where nothing is
    reported."""
    if paper is None:
        return None
    spread = "" if paper.deviation is None else f" ± {unit.number(paper.deviation, paper.value)}"
    return f"{unit.number(paper.value)}{spread}{unit.suffix}" + (" (quoted there)" if paper.quoted else "")


def score_table(
    groups: Sequence[Group], panels: Sequence[Panel], scores: pl.DataFrame
) -> list[dict[str, Any]]:
    """One row a panel and group, with n, seeds, mean, deviation, interval, chance and the reported figure."""
    rows = []
    for panel in panels:
        unit = unit_of(panel.metric)
        for group in groups:
            value = group_estimate(scores, panel, group.digest)
            if value is None:
                continue
            rows.append(
                {
                    "Question": panel.name,
                    "Metric": metric_label(panel.metric),
                    "Group": group.label,
                    "n": value.n,
                    "Seeds": show_seeds(list(seed_values(scores, panel.name, group.digest))),
                    "Mean": unit.show(value.mean),
                    "SD": "–" if value.deviation is None else unit.number(value.deviation, value.mean),
                    "95 % interval": show_interval(value, unit),
                    "Chance": "–" if panel.chance is None else unit.show(panel.chance),
                    "Reported": show_reported(reported(group, panel), unit) or "–",
                }
            )
    return rows


def difference_rows(
    groups: Sequence[Group], panels: Sequence[Panel], scores: pl.DataFrame, baseline: Group
) -> list[dict[str, Any]]:
    """Every other group minus the baseline: panel, group, method, verdict, mean, low, high (shown units), the
    sentence, and its two halves: `head`, the figures, and `said`, who is ahead."""
    rows = []
    for panel in panels:
        unit = unit_of(panel.metric)
        for group in groups:
            if group.digest == baseline.digest:
                continue
            found = difference(scores, panel, group.digest, baseline.digest)
            value = found.estimate
            figures = (None, None, None) if value is None else (value.mean, value.low, value.high)
            scaled = (None if figure is None else figure * unit.scale for figure in figures)
            words = _reading(group, baseline, panel, scores, found)
            rows.append(
                {
                    "panel": panel.name,
                    "group": group.label,
                    "method": method_label(group.method),
                    "verdict": found.verdict,
                    **dict(zip(("mean", "low", "high"), scaled, strict=True)),
                    "reading": str(words),
                    "head": words.head,
                    "said": words.verdict,
                }
            )
    return rows


def _reading(
    group: Group, baseline: Group, panel: Panel, scores: pl.DataFrame, found: PairedDifference
) -> Reading:
    for one in (group, baseline):
        if not seed_values(scores, panel.name, one.digest):
            return Reading(f"{group.label} − {baseline.label}", "", f"no result of {one.label} yet")
    return reading(group.label, baseline.label, found, unit_of(panel.metric))


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


def csv(groups: Sequence[Group], panels: Sequence[Panel], scores: pl.DataFrame) -> str:
    """Every score as stored (fractions), one row a run and panel, for statistics elsewhere."""
    facts = pl.DataFrame(
        [
            (group.digest, group.label, group.method, run.id, run.code_version or "")
            for group in groups
            for run in group.runs
        ],
        schema={
            "digest": pl.String,
            "group": pl.String,
            "method": pl.String,
            "run_id": pl.Int64,
            "code_version": pl.String,
        },
        orient="row",
    )
    chances = pl.DataFrame(
        {"panel": [panel.name for panel in panels], "chance": [panel.chance for panel in panels]}
    )
    joined = scores.join(facts, on=["digest", "run_id"]).join(chances, on="panel", how="left")
    columns = (
        "panel",
        "metric",
        "group",
        "method",
        "seed",
        "value",
        "chance",
        "run_id",
        "digest",
        "code_version",
    )
    return as_csv(joined.select(columns))
