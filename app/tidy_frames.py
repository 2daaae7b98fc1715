"""What is stored as tidy frames: one row an observation, one column a variable, typed, for notebooks and
exports. No Streamlit here.

Every frame has `run_id`; those with figures also say whose they are: `group` (the configuration, as the study
calls it), `data` (the data set, likewise), `method` (its name in the settings) and `seed`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from app.groups.grouping import group_runs
from app.groups.naming import Axis
from app.wording.fields import flatten
from storage.clock import now_ms
from storage.queries import Columns
from storage.run import Run, live_state
from storage.studies import Study

TIME = pl.Datetime("ms", "UTC")
Schema = dict[str, pl.DataType | type[pl.DataType]]
WHOSE: Schema = {
    "run_id": pl.Int64,
    "group": pl.String,
    "data": pl.String,
    "method": pl.String,
    "seed": pl.Int64,
}
STUDIES: Schema = {
    "study_id": pl.Int64,
    "study": pl.String,
    "question": pl.String,
    "runs": pl.Int64,
    "tags": pl.List(pl.String),
    "note": pl.String,
    "created": TIME,
    "archived": TIME,
}
RUNS: Schema = WHOSE | {
    "uid": pl.String,
    "study": pl.String,
    "title": pl.String,
    "preset": pl.String,
    "state": pl.String,
    "epochs": pl.Int64,
    "steps": pl.Int64,
    "step": pl.Int64,
    "created": TIME,
    "started": TIME,
    "ended": TIME,
    "seconds": pl.Float64,
    "host": pl.String,
    "code_version": pl.String,
    "digest": pl.String,
    "error": pl.String,
    "tags": pl.List(pl.String),
    "note": pl.String,
}
"""uid: the run's name in every studio. study: the one that the run was started in. state: as pages show it.
steps, epochs: of the whole training; step: done. seconds: of the latest attempt. digest: of the settings
without the seed, the same for all runs of a group."""
CURVES: Schema = {
    "run_id": pl.Int64,
    "key": pl.String,
    "step": pl.Int64,
    "value": pl.Float64,
    "time": TIME,
}
FACTS: Schema = {
    "measures": pl.String,
    "chance": pl.Float64,
    "classes": pl.Int64,
    "n_train": pl.Int64,
    "n_test": pl.Int64,
    "n_effective": pl.Int64,
    "cost": pl.Float64,
    "checkpoint": pl.String,
    "true_redundancy": pl.Float64,
    "true_unique1": pl.Float64,
    "true_unique2": pl.Float64,
    "true_synergy": pl.Float64,
}
"""What is stored beside a result. measures: redundancy, uniqueness, synergy or label. chance: accuracy of
guessing. n_effective: as many samples of balanced classes would tell as surely. cost: of the probe, as
validation chose it. true_…: bits, where the data set states them."""
RESULTS: Schema = WHOSE | {"task": pl.String, "metric": pl.String, "value": pl.Float64} | FACTS
"""value: as measured, shares as fractions."""
QUANTITIES = (
    "redundancy",
    "unique1",
    "unique2",
    "synergy",
    "gain",
    "fused",
    "first",
    "second",
    "both",
    "union",
)
"""Of a decomposition, in bits (docs/synergy.md)."""
DECOMPOSITIONS: Schema = (
    WHOSE
    | {"task": pl.String, "sides": pl.String, "encoder": pl.String, "epoch": pl.Int64, "kind": pl.String}
    | {"n": pl.Int64, "classes": pl.Int64, "probe": pl.String, "entropy": pl.Float64}
    | {"ceiling": pl.Float64, "ceiling_kind": pl.String}
    | {f"{name}{end}": pl.Float64 for name in QUANTITIES for end in ("", "_low", "_high")}
    | dict.fromkeys(("excess", "p_information", "p_synergy", "p_synergy_holm", "p_gain"), pl.Float64)
    | {"withheld": pl.Boolean, "probe_limited": pl.Boolean, "warnings": pl.List(pl.String)}
)
"""sides: "x1 | x2". encoder: trained, untrained or raw. epoch: after how many it was read, 0 untrained. n:
labelled samples. Of `synergy` and `gain` only the lower limit is claimed, and of `synergy` not even that
where it is `withheld`; the others' limits tell how much resampling moves them."""


def study_frame(studies: Sequence[Study], members: Mapping[int, Sequence[int]]) -> pl.DataFrame:
    """One row a study, as `STUDIES`. members: study → numbers of its runs."""
    rows = [
        (
            study.id,
            study.name,
            study.question,
            len(members.get(study.id, ())),
            list(study.tags),
            study.note,
            study.created_at,
            study.archived_at,
        )
        for study in studies
    ]
    return _frame(rows, STUDIES)


def run_frame(
    runs: Sequence[Run], axes: Sequence[Axis] | None = None, settings: Sequence[str] = ()
) -> pl.DataFrame:
    """One row a run, as `RUNS`, by number, then a column for each of `settings` (dotted paths), null where a
    run has no such setting. axes: of the study, which name the groups."""
    now, whose = now_ms(), whose_of(runs, axes)
    rows = []
    for run in sorted(runs, key=lambda run: run.id):
        ended = run.ended_at or (run.heartbeat_at if run.started_at else None)
        rows.append(
            (
                *whose[run.id],
                run.uid,
                run.study,
                run.title,
                run.preset,
                live_state(run, now),
                run.epochs,
                run.steps,
                run.step,
                run.created_at,
                run.started_at,
                run.ended_at,
                None if not run.started_at or not ended else (ended - run.started_at) / 1000,
                run.host,
                run.code_version,
                run.digest,
                run.error,
                list(run.tags),
                run.note,
            )
        )
    frame = _frame(rows, RUNS)
    if not settings:
        return frame
    flat = [flatten(run.settings) for run in sorted(runs, key=lambda run: run.id)]
    return frame.with_columns(setting_column(path, [own.get(path) for own in flat]) for path in settings)


def setting_column(path: str, values: Sequence[Any]) -> pl.Series:
    """One setting of several runs, of the type that all its values have; text where they have none in
    common."""
    known = {type(value) for value in values if value is not None}
    if known <= {bool}:
        return pl.Series(path, values, pl.Boolean)
    if known == {int}:
        return pl.Series(path, values, pl.Int64)
    if known <= {int, float}:
        return pl.Series(path, [None if value is None else float(value) for value in values], pl.Float64)
    return pl.Series(path, [None if value is None else _text(value) for value in values], pl.String)


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def whose_of(runs: Sequence[Run], axes: Sequence[Axis] | None) -> dict[int, tuple[int, str, str, str, int]]:
    """Run → the columns `WHOSE`."""
    called = {group.digest: (group.label, group.data) for group in group_runs(runs, axes)}
    return {run.id: (run.id, *called[run.digest], run.method, run.seed) for run in runs}


def curve_frame(points: Columns) -> pl.DataFrame:
    """Every point of the curves, as `CURVES`; points: as storage gives them."""
    return pl.DataFrame(
        {name: points[name] for name in CURVES}, schema=CURVES | {"time": pl.Int64}
    ).with_columns(pl.col("time").cast(TIME))


def result_frame(
    results: Mapping[str, Sequence[Any]], runs: Sequence[Run], axes: Sequence[Axis] | None = None
) -> pl.DataFrame:
    """Final figures of these runs, as `RESULTS`; results: as storage gives them."""
    whose = whose_of(runs, axes)
    names = ("run_id", "task", "metric", "value", "facts")
    rows = [
        (*whose[run_id], task, metric, value, *(facts.get(name) for name in FACTS))
        for run_id, task, metric, value, facts in zip(*(results[name] for name in names), strict=True)
        if run_id in whose
    ]
    return _frame(rows, RESULTS)


def decomposition_frame(
    stored: Mapping[str, Sequence[Any]], runs: Sequence[Run], axes: Sequence[Axis] | None = None
) -> pl.DataFrame:
    """One row a decomposition of these runs, as `DECOMPOSITIONS`; stored: as storage gives them."""
    whose = whose_of(runs, axes)
    names = ("run_id", "task", "sides", "encoder", "epoch", "content")
    rows = [
        (*whose[run_id], task, sides, encoder, epoch, *_quantities(content))
        for run_id, task, sides, encoder, epoch, content in zip(
            *(stored[name] for name in names), strict=True
        )
        if run_id in whose
    ]
    return _frame(rows, DECOMPOSITIONS)


def _quantities(content: Mapping[str, Any]) -> list[Any]:
    known = {
        f"{name}{end}": content[name][part]
        for name in QUANTITIES
        for end, part in (("", "value"), ("_low", "low"), ("_high", "high"))
    }
    first = len(WHOSE) + 4
    return [known.get(name, content.get(name)) for name in list(DECOMPOSITIONS)[first:]]


def _frame(rows: Sequence[Sequence[Any]], schema: Schema) -> pl.DataFrame:
    """Rows as a frame; times are given in milliseconds."""
    given = {name: pl.Int64 if kind == TIME else kind for name, kind in schema.items()}
    frame = pl.DataFrame(rows, schema=given, orient="row")
    return frame.with_columns(pl.col(name).cast(TIME) for name, kind in schema.items() if kind == TIME)
