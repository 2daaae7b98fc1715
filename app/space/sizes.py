"""Bytes by kind and by study, as tables; and which weights nobody reads. Pure functions, no Streamlit."""

from collections.abc import Mapping, Sequence

import polars as pl

from app.training.transfer import usual_kind
from app.wording.figures import show_bytes
from storage.artifacts import Artifact
from storage.run import Run
from storage.sizes import FileSize, Held

KINDS = {
    "best": "Best weights: of the lowest validation loss",
    "last": "Last weights: of the end of training",
    "state": "Training states: what a resume needs",
    "rows": "Rows of decompositions: one a sample",
    "curves": "Curves, about",
}


def by_kind(held: Sequence[Held], file: FileSize) -> pl.DataFrame:
    """One row a kind of what the database holds, with what is in the trash apart, and the rest by
    subtraction: settings, results, decompositions, log lines, indexes."""
    rows: list[tuple[str, int | None, int]] = []
    for kind, what in KINDS.items():
        mine = [one for one in held if one.kind == kind and not one.trashed]
        rows.append((what, sum(one.number for one in mine), sum(one.size for one in mine)))
    trashed = [one for one in held if one.trashed]
    rows.append(("In the trash", sum(one.number for one in trashed), sum(one.size for one in trashed)))
    rest = max(0, file.total - file.free - sum(one.size for one in held))
    rows += [
        ("Settings, results, log lines and indexes, about", None, rest),
        ("Free for what comes", None, file.free),
    ]
    return _shown(pl.DataFrame(rows, schema=["what", "files", "bytes"], orient="row"))


def by_study(held: Sequence[Held]) -> pl.DataFrame:
    """One row a study that holds anything outside the trash, the largest first; a column a kind."""
    studies: dict[int, dict[str, object]] = {}
    totals: dict[int, int] = {}
    for one in held:
        if one.trashed:
            continue
        row = studies.setdefault(one.study_id, {"study": one.study} | dict.fromkeys(KINDS, 0))
        row[one.kind] = int(str(row.get(one.kind, 0))) + one.size
        totals[one.study_id] = totals.get(one.study_id, 0) + one.size
    order = sorted(studies, key=lambda study: (-totals[study], study))
    rows = [
        {"study": studies[study]["study"], "total": show_bytes(totals[study])}
        | {kind: show_bytes(int(str(studies[study][kind]))) for kind in KINDS}
        for study in order
    ]
    return pl.DataFrame(rows)


def unread_weights(artifacts: Sequence[Artifact], runs: Mapping[int, Run]) -> list[Artifact]:
    """Weights of finished runs that no probe was fitted on, where those that one was fitted on are kept
    too."""
    kinds = {(artifact.run_id, artifact.kind) for artifact in artifacts}
    return [
        artifact
        for artifact in artifacts
        if artifact.kind in ("best", "last")
        and (run := runs.get(artifact.run_id)) is not None
        and run.status == "finished"
        and artifact.kind != usual_kind(run)
        and (run.id, usual_kind(run)) in kinds
    ]


def _shown(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.Series("size", [show_bytes(size) for size in table["bytes"]])).drop("bytes")
