"""The studio in a notebook: what is stored as polars frames, and checkpoints as models.

    from app.studio import Studio
    studio = Studio()  # or Studio("folder")

The columns of each frame, with their types and units, stand in `app/tidy_frames.py`. Nothing here draws a
page, and torch is loaded with the first checkpoint.
"""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from app.groups.naming import Axis, axes_with, read_axes
from app.home import data_home, open_database
from app.tidy_frames import (
    curve_frame,
    decomposition_frame,
    result_frame,
    run_frame,
    study_frame,
)
from app.training.transfer import TransferError, weights_of
from app.wording.fields import flatten
from engine.errors import UserError
from engine.settings.paths import absolute_path
from storage import queries
from storage.artifacts import copy_to, find_artifact, read_chunks
from storage.database import Database
from storage.run import Run
from storage.runs import list_runs
from storage.studies import get_study, list_studies, members, members_of_all

if TYPE_CHECKING:
    from engine.training.checkpoint import Checkpoint


class StudioError(UserError):
    """Something that the studio does not have; one line with what came and what there is."""


class Studio:
    """A data home, opened for reading.

    Everything takes `study`, a name or number, or `runs`, numbers of runs; without either it is of all runs
    that are not in the trash. A study's frames name groups and data sets as the study does.
    """

    def __init__(self, home: str | Path | None = None) -> None:
        """home: the data home; by default what INFMASKING_HOME says, as for the dashboard. A database of an
        earlier version is brought to this one. Raises `StudioError` where there is none, and `DatabaseError`.
        """
        if home is None:
            self.home = data_home()
            self._db = open_database()
        else:
            self.home = absolute_path(str(home))
            if not (self.home / "studio.db").is_file():
                raise StudioError(f"there is no studio in {self.home}: it has no studio.db")
            self._db = Database(f"sqlite:///{self.home / 'studio.db'}")

    def studies(self) -> pl.DataFrame:
        """One row a study, the newest first: `app.tidy_frames.STUDIES`."""
        return study_frame(list_studies(self._db), members_of_all(self._db))

    def runs(
        self,
        study: str | int | None = None,
        *,
        runs: Sequence[int] | None = None,
        settings: Sequence[str] = (),
    ) -> pl.DataFrame:
        """One row a run: `app.tidy_frames.RUNS`, and a column for each of the settings that are named, such
        as "objective.mask_ratio". Raises `NoSuchStudy`, and `StudioError` for a setting that no run has."""
        chosen, axes = self._chosen(study, runs)
        if chosen:
            _check_settings(settings, chosen)
        return run_frame(chosen, axes, settings)

    def results(self, study: str | int | None = None, *, runs: Sequence[int] | None = None) -> pl.DataFrame:
        """Final figures, one row a run, task and metric: `app.tidy_frames.RESULTS`. Raises `NoSuchStudy`."""
        chosen, axes = self._chosen(study, runs)
        return result_frame(queries.results(self._db, [run.id for run in chosen]), chosen, axes)

    def curves(
        self,
        study: str | int | None = None,
        *,
        runs: Sequence[int] | None = None,
        keys: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """Every point of the curves, or of those named ("train/loss"): `app.tidy_frames.CURVES`. Raises
        `NoSuchStudy`."""
        chosen, _ = self._chosen(study, runs)
        return curve_frame(queries.metric_points(self._db, [run.id for run in chosen], keys))

    def decompositions(
        self, study: str | int | None = None, *, runs: Sequence[int] | None = None
    ) -> pl.DataFrame:
        """What the tasks' information splits into, in bits: `app.tidy_frames.DECOMPOSITIONS`. Raises
        `NoSuchStudy`."""
        chosen, axes = self._chosen(study, runs)
        return decomposition_frame(queries.decompositions(self._db, [run.id for run in chosen]), chosen, axes)

    def sample_rows(self, run: int) -> pl.DataFrame:
        """What was told of each sample of a run's decompositions, in bits: the columns of
        `engine/decomposing/rows_file.py`, and the differences synergy, gain, interaction and complementarity.
        Raises `TransferError` where the run keeps none."""
        artifact = find_artifact(self._db, int(run), "rows")
        if artifact is None:
            raise TransferError(f"run {run} keeps no rows of its decompositions")
        frame = pl.read_parquet(b"".join(read_chunks(self._db, artifact.id)))
        return frame.with_columns(
            synergy=pl.col("fused") - pl.col("union"),
            gain=pl.col("fused") - pl.col("both"),
            interaction=pl.col("fused") - pl.col("late"),
            complementarity=pl.col("late") - pl.col("union"),
        )

    def checkpoint(self, run: int, kind: str | None = None) -> "Checkpoint":
        """A run's model on the CPU, whose `represent` encodes samples.

        kind: "best" or "last"; by default the one that was probed. Raises `NoSuchRun`, `TransferError` where
        the run has no such checkpoint, `CheckpointError` where it cannot be read.
        """
        from engine.files.temporary import temporary_folder
        from engine.training.checkpoint import load_checkpoint

        artifact = weights_of(self._db, int(run), kind)
        with temporary_folder(self.home) as folder:
            copy_to(self._db, artifact.id, folder / artifact.name)
            return load_checkpoint(folder / artifact.name)

    def _chosen(
        self, study: str | int | None, runs: Sequence[int] | None
    ) -> tuple[list[Run], tuple[Axis, ...]]:
        """The runs that are asked for, by number, and the axes that name them."""
        ids = None if runs is None else {int(run) for run in runs}
        axes: tuple[Axis, ...] = ()
        if study is not None:
            there = get_study(self._db, study)
            mine = set(members(self._db, there.id))
            ids, axes = mine if ids is None else ids & mine, read_axes(there.axes)
        chosen = sorted(list_runs(self._db, ids=ids), key=lambda run: run.id)
        return chosen, axes_with(axes, (), chosen)


def _check_settings(paths: Sequence[str], runs: Sequence[Run]) -> None:
    known = {path for run in runs for path in flatten(run.settings)}
    for path in paths:
        if path not in known:
            near = difflib.get_close_matches(path, sorted(known), 1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise StudioError(f"none of these runs has a setting '{path}'{hint}")
