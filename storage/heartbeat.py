"""The thread that tells a run is alive and learns whether it should stop."""

import logging
import threading
import time

from sqlalchemy import select, update

from storage.clock import now_ms
from storage.database import Database, DatabaseError
from storage.models import runs

logger = logging.getLogger(__name__)
_THERE = (runs.c.status != "deleted") & runs.c.trashed_at.is_(None)


class Heartbeat:
    """Beats every `beat_every` seconds and looks for a stop request every `look_every`; `stop` and
    `superseded` are its findings.

    A run that was taken for lost is running again from its next beat. `superseded`: the run was deleted, or
    requeued and so belongs to another process; in the trash counts as deleted.
    """

    def __init__(
        self, db: Database, run_id: int, attempt: int, beat_every: float = 5.0, look_every: float = 0.8
    ) -> None:
        """attempt: the run's `attempts` when this process began to work on it."""
        self.stop, self.superseded = False, False
        self._db, self._run_id, self._attempt = db, run_id, attempt
        self._beat_every, self._look_every = beat_every, look_every
        self._failing = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"heartbeat of run {run_id}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._thread.join()

    def _live(self) -> None:
        due = time.monotonic()
        while not self.superseded and not self._closing.is_set():
            try:
                if time.monotonic() >= due:
                    due = time.monotonic() + self._beat_every
                    self._beat()
                self._look()
                self._failing = False
            except DatabaseError as error:
                if not self._failing:
                    logger.warning("no heartbeat could be stored: %s", error)
                self._failing = True
            self._closing.wait(self._look_every)

    def _beat(self) -> None:
        mine = (runs.c.id == self._run_id) & (runs.c.attempts == self._attempt) & _THERE
        with self._db.write() as connection:
            connection.execute(update(runs).where(mine).values(heartbeat_at=now_ms()))
            revived = update(runs).where(mine, runs.c.status == "lost")
            connection.execute(revived.values(status="running", error=None, ended_at=None))

    def _look(self) -> None:
        query = select(runs.c.stop_requested, runs.c.attempts).where(runs.c.id == self._run_id, _THERE)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        self.superseded = row is None or row.attempts != self._attempt
        self.stop = self.superseded or (row is not None and row.stop_requested)
        if self.superseded:
            logger.warning(
                "run %d was deleted or started anew elsewhere; this process records no more", self._run_id
            )
