"""RunRecorder: takes what a run reports and stores it from a thread of its own; training neither waits nor
dies for it."""

import json
import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from storage.artifacts import copy_to, find_artifact, write_artifact
from storage.batch import Batch, Figure, Line, Split, write_batch
from storage.clock import now_ms
from storage.database import Database, DatabaseError
from storage.heartbeat import Heartbeat
from storage.points import MAX_STEP, Point
from storage.runs import get_run
from storage.spool import Spool

Kind = Literal["best", "last", "state", "rows"]
"""Files that a run keeps: `engine/recorder.py` says what each is."""
logger = logging.getLogger(__name__)

Fact = str | int | float | bool | None
ROWS = 500
"""A transaction holds at most so many points."""


class RunRecorder:
    """The engine's Recorder over the database. A context manager; `close` stores what is left.

    When the database fails (full, locked, gone) records go to the spool file and are replayed in order once
    it works again; when the spool fails too they are dropped, counted, and the count is reported. Only
    `restore` raises DatabaseError.
    """

    def __init__(
        self, db: Database, run_id: int, spool: Path, *, flush_every: float = 1.0, beat_every: float = 5.0
    ) -> None:
        """spool: a file of this run alone, or a folder to put it in. Times in seconds. Raises NoSuchRun,
        DatabaseError."""
        self._db, self._run = db, get_run(db, run_id)
        self._spool = Spool(spool / f"run-{run_id}.jsonl" if spool.is_dir() else spool)
        self._pending, self._filling = Batch(), threading.Lock()
        self._writing = threading.Lock()  # held while batches are written, so that they keep their order
        self._wake, self._closing = threading.Event(), False
        self._line, self._dropped, self._failing = 0, 0, False
        self._flush_every = flush_every
        self._heart = Heartbeat(db, run_id, self._run.attempts, beat_every)
        self._writer = threading.Thread(target=self._write_on, name=f"recorder of run {run_id}", daemon=True)
        self._writer.start()

    def phase(self, name: str) -> None:
        """What the run is doing now, such as "training"."""
        with self._filling:
            self._pending.columns["phase"] = name

    def progress(self, *, epoch: int, epochs: int, step: int, steps: int) -> None:
        """Optimizer steps done of all, epochs done of all."""
        done = {"epoch": epoch, "epochs": epochs, "step": step, "steps": steps, "progressed_at": now_ms()}
        with self._filling:
            self._pending.columns.update(done)

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """Points of curves; a point recorded again replaces the former. Raises ValueError for a step outside
        0 … 2⁶³-1."""
        if not 0 <= step <= MAX_STEP:
            raise ValueError(f"no step {step}; steps are 0 … 2⁶³-1")
        now = now_ms()
        points = [Point(_text(key), int(step), float(value), now) for key, value in values.items()]
        with self._filling:
            self._pending.points += points
            full = len(self._pending.points) >= ROWS
        if full:
            self._wake.set()

    def result(self, task: str, metric: str, value: float, facts: Mapping[str, Fact]) -> None:
        """A final figure; the same task and metric again replaces it."""
        figure = Figure(_text(task), _text(metric), float(value), json.dumps(dict(facts)), now_ms())
        with self._filling:
            self._pending.figures.append(figure)

    def decomposition(
        self, task: str, sides: str, encoder: str, epoch: int, content: Mapping[str, Any]
    ) -> None:
        """What a task's information splits into; the same task, sides, encoder and epoch again replaces
        it."""
        split = Split(_text(task), _text(sides), encoder, int(epoch), json.dumps(dict(content)), now_ms())
        with self._filling:
            self._pending.splits.append(split)

    def log(self, line: str) -> None:
        """A line of the run's log."""
        with self._filling:
            self._pending.lines.append(self._line_of(line))

    def message(self, text: str) -> None:
        """A line for the reader of the run; the same as `log`."""
        self.log(text)

    def save(self, kind: Kind, file: Path, facts: Mapping[str, Fact]) -> bool:
        """Keep a copy of the file; when that fails, say so in the log and keep the former one. Whether it is
        kept."""
        self.flush()  # a resume starts from the saved state: the points before it must not be younger than it
        run = self._run
        name = f"{run.method}-{run.dataset}-seed{run.seed}-run{run.id}-{kind}{file.suffix}"
        if self._heart.superseded:
            return False
        try:
            write_artifact(self._db, run.id, kind, file, facts, name)
        except (DatabaseError, OSError) as error:
            what = kind if kind == "rows" else f"{kind} checkpoint"
            logger.warning("the %s could not be kept: %s", what, error)
            self.message(f"The {what} could not be stored, the former one is kept: {error}")
            return False
        return True

    def restore(self, kind: Kind, file: Path) -> bool:
        """Write the kept artifact to `file`; False when there is none. Raises DatabaseError when it is
        damaged."""
        artifact = find_artifact(self._db, self._run.id, kind)
        if artifact is not None:
            copy_to(self._db, artifact.id, file)
        return artifact is not None

    def should_stop(self) -> bool:
        """True when the run was asked to stop, was deleted, or was started anew elsewhere; known within a
        second."""
        return self._heart.stop

    def flush(self) -> None:
        """Store all that was recorded so far, or spool it."""
        with self._writing:
            with self._filling:
                batch, self._pending = self._pending, Batch()
            if self._failing or self._spool.file.exists() or batch:
                for part in batch.parts(ROWS):
                    self._store(part)

    def close(self) -> None:
        """Store what is left and end the threads."""
        self._closing = True
        self._wake.set()
        self._writer.join()
        self._heart.close()
        self.flush()
        if self._dropped:
            logger.error(
                "%d records of run %d were lost: neither database nor file took them",
                self._dropped,
                self._run.id,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write_on(self) -> None:
        while not self._closing:
            self._wake.wait(self._flush_every)
            self._wake.clear()
            self.flush()

    def _store(self, batch: Batch) -> None:
        if self._heart.superseded:  # another process owns the run now, or it was deleted
            return
        try:
            self._spool.replay(self._write)  # first, for nothing may overtake what was set aside
            self._write(batch)
            if self._failing:
                self._report_recovery()
        except Exception as error:  # whatever it is, it may not end the training
            self._set_aside(batch, error)

    def _write(self, batch: Batch) -> None:
        with self._db.write() as connection:
            write_batch(connection, self._run.id, batch)

    def _set_aside(self, batch: Batch, reason: Exception) -> None:
        if not self._failing:
            self._failing = True
            logger.warning("recording to %s until the database works again: %s", self._spool.file, reason)
            with self._filling:
                batch.lines.append(
                    self._line_of(f"The database could not be written, records are kept in a file: {reason}")
                )
        if not batch:
            return
        try:
            self._spool.append(batch)
        except OSError as error:
            if not self._dropped:
                logger.warning(
                    "records are lost: neither the database nor %s can be written: %s",
                    self._spool.file,
                    error,
                )
            self._dropped += len(batch)

    def _report_recovery(self) -> None:
        lost = (
            f"; {self._dropped} records were lost, for the file could not be written either"
            if self._dropped
            else ""
        )
        text = f"The database can be written again{lost}"
        with self._filling:
            line = self._line_of(text)
        self._write(Batch(lines=[line]))
        logger.warning(text)
        self._failing, self._dropped = False, 0

    def _line_of(self, text: str) -> Line:
        """A line with a number of its own; call it with `_filling` held."""
        self._line = max(self._line + 1, time.time_ns() // 1000)
        return Line(self._line, _text(text))


def _text(text: Any) -> str:
    """As text that UTF-8 can hold: an undecodable byte of a file name must not stop a batch."""
    return str(text).encode("utf-8", "replace").decode()
