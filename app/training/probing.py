"""Probing a run's checkpoint again, outside its training: the figures replace those the run had."""

from pathlib import Path

from app.home import spool_file
from app.training.transfer import TransferError, weights_of
from storage.artifacts import copy_to
from storage.clock import now_ms
from storage.database import Database
from storage.recorder import RunRecorder
from storage.runs import get_run, live_state


class ProbeRecorder(RunRecorder):
    """Keeps results and messages, prints what happens, and leaves the run's phase and progress as its training left them."""

    def phase(self, name: str) -> None:
        """Printed only."""
        print(name, flush=True)

    def progress(self, *, epoch: int, epochs: int, step: int, steps: int) -> None:
        """Probing has no steps of training."""

    def message(self, text: str) -> None:
        """As `RunRecorder.message`, and printed."""
        print(text, flush=True)
        super().message(text)


def probe_run(db: Database, home: Path, run_id: int, kind: str | None) -> None:
    """Fit the linear probes on a checkpoint of the run and store their figures.

    Raises `TransferError` without a checkpoint or while the run is at work, and whatever the engine's probing raises.
    """
    state = live_state(get_run(db, run_id), now_ms())
    if state not in ("finished", "stopped", "failed"):
        raise TransferError(f"run {run_id} is {state}; only a finished, stopped or failed run can be probed")
    artifact = weights_of(db, run_id, kind)
    from engine.experiment import probe_checkpoint, temporary_folder

    with temporary_folder(home) as folder, ProbeRecorder(db, run_id, spool_file(home, run_id)) as recorder:
        file = folder / artifact.name
        copy_to(db, artifact.id, file)
        recorder.log(f"probing the {artifact.kind} checkpoint")
        probe_checkpoint(file, recorder, home)
