"""Checkpoints in and out: a run's weights as a file, and a file from elsewhere as a run of its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.training.configuring import Planned
from app.training.launching import new_run
from engine.errors import UserError, one_line
from engine.settings.experiment import changed
from engine.training.checkpoint_header import read_checkpoint_header
from storage.artifacts import Artifact, copy_to, list_artifacts, write_artifact
from storage.database import Database
from storage.run import Run
from storage.runs import create_runs, delete_run, get_run, mark_ended

KINDS = ("best", "last")


class TransferError(UserError):
    """A checkpoint that cannot be written or read; one line."""


def weights_of(db: Database, run_id: int, kind: str | None = None) -> Artifact:
    """The run's checkpoint of a kind; where none is named, the one its probes used: best with early stopping,
    else last."""
    run = get_run(db, run_id)
    if kind is not None and kind not in KINDS:
        raise TransferError(f"no kind '{kind}'; choose from {', '.join(KINDS)}")
    kept = {artifact.kind: artifact for artifact in list_artifacts(db, run_id) if artifact.kind in KINDS}
    if not kept:
        raise TransferError(f"run {run_id} has no checkpoint yet; it is {run.status}")
    if kind is None:
        return kept.get(usual_kind(run)) or next(iter(kept.values()))
    if kind not in kept:
        raise TransferError(f"run {run_id} has no {kind} checkpoint; it has {', '.join(sorted(kept))}")
    return kept[kind]


def usual_kind(run: Run) -> str:
    """The kind of weights that a run's probes are fitted on."""
    return "best" if run.settings.get("training", {}).get("patience") else "last"


def export_checkpoint(db: Database, artifact: Artifact, output: Path | None, *, force: bool = False) -> Path:
    """Write a checkpoint to a file (or into a folder, or here), whole or not at all; returns where.

    Raises `TransferError` where a file stands already and `force` is not given, `OSError` where it cannot be
    written.
    """
    target = output or Path(artifact.name)
    if target.is_dir():
        target /= artifact.name
    if target.exists() and not force:
        raise TransferError(f"{target} exists already; --force replaces it")
    if not target.parent.is_dir():
        raise TransferError(f"no folder {target.parent}")
    copy_to(db, artifact.id, target)
    return target


def import_checkpoint(
    db: Database, file: Path, title: str | None = None, data: Mapping[str, Any] | None = None
) -> int:
    """Keep a checkpoint made elsewhere as a finished run with the file's own settings; returns the run's id.

    data: settings of the data set other than the file's: where it is on this machine. Raises
    `CheckpointError`, one line, for any other file, and `SettingsError`.
    """
    header = read_checkpoint_header(file)
    settings = changed(header.settings, {"data": data or {}})
    kind = header.facts.get("kind")
    planned = Planned(title or "imported", settings, None)
    (run_id,) = create_runs(db, [new_run(planned, title or f"imported · {file.stem}")], queue=False)
    try:
        write_artifact(
            db, run_id, str(kind) if kind in KINDS else "last", file, header.facts, one_line(file.name)
        )
    except BaseException:
        mark_ended(db, run_id, "failed", "the import did not finish")
        delete_run(db, run_id)
        raise
    mark_ended(db, run_id, "finished")
    return run_id
