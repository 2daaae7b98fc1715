"""Probing or decomposing a run's checkpoint again, outside its training: the figures replace those the run
had."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.home import spool_file
from app.training.transfer import TransferError, weights_of
from storage.artifacts import copy_to
from storage.clock import now_ms
from storage.database import Database
from storage.recorder import RunRecorder
from storage.runs import get_run, live_state

NO_CHANGES: Mapping[str, Any] = MappingProxyType({})


class ProbeRecorder(RunRecorder):
    """Keeps results and messages, prints what happens, and leaves the run's phase and progress as its
    training left them."""

    def phase(self, name: str) -> None:
        """Printed only."""
        print(name, flush=True)

    def progress(self, *, epoch: int, epochs: int, step: int, steps: int) -> None:
        """Probing has no steps of training."""

    def message(self, text: str) -> None:
        """As `RunRecorder.message`, and printed."""
        print(text, flush=True)
        super().message(text)


def decompose_run(
    db: Database,
    home: Path,
    run_id: int,
    kind: str | None,
    changes: Mapping[str, Any],
    data: Mapping[str, Any] = NO_CHANGES,
) -> None:
    """Decompose a checkpoint of the run into redundancy, uniqueness and synergy, and store what came; raises
    as `probe_run`.

    changes: settings of the decomposition other than the run's own; data: of the data set, as for
    `probe_run`.
    """
    with _checkpoint_file(db, home, run_id, kind, "decomposed") as (file, recorder):
        from engine.experiment import decompose_checkpoint

        decompose_checkpoint(file, recorder, home, changes, data_of(db, run_id, data))


def probe_run(
    db: Database, home: Path, run_id: int, kind: str | None, data: Mapping[str, Any] = NO_CHANGES
) -> None:
    """Fit the linear probes on a checkpoint of the run and store their figures.

    data: settings of the data set other than the run's own, such as where it is on this machine. Raises
    `TransferError` without a checkpoint or while the run is at work, and whatever the engine raises.
    """
    with _checkpoint_file(db, home, run_id, kind, "probed") as (file, recorder):
        from engine.experiment import probe_checkpoint

        probe_checkpoint(file, recorder, home, data_of(db, run_id, data))


def data_of(db: Database, run_id: int, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the run's data set: its own (an imported checkpoint's may have been changed), then the
    changes."""
    return {**get_run(db, run_id).settings["data"], **changes}


@contextmanager
def _checkpoint_file(
    db: Database, home: Path, run_id: int, kind: str | None, done: str
) -> Iterator[tuple[Path, ProbeRecorder]]:
    """The run's checkpoint as a file, and a recorder for what is found in it."""
    state = live_state(get_run(db, run_id), now_ms())
    if state not in ("finished", "stopped", "failed"):
        raise TransferError(f"run {run_id} is {state}; only a finished, stopped or failed run can be {done}")
    artifact = weights_of(db, run_id, kind)
    from engine.files.temporary import temporary_folder

    with temporary_folder(home) as folder, ProbeRecorder(db, run_id, spool_file(home, run_id)) as recorder:
        file = folder / artifact.name
        copy_to(db, artifact.id, file)
        recorder.log(f"the {artifact.kind} checkpoint is {done} anew")
        yield file, recorder
