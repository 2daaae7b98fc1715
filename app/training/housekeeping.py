"""What is cleared away by itself: what crashes left, what was in the trash for a week, the training states of
finished runs. From a thread of its own, in small transactions, so that no training and no page waits."""

import threading
from collections.abc import Callable
from pathlib import Path

from app.error_lines import EXPECTED, one_line
from app.home import run_log
from storage.database import Database
from storage.preferences import get_preference
from storage.purging import drop_states, purge
from storage.trash import KEPT_MS, empty_trash

EVERY_SECONDS = 3600.0
DROP_STATES = "drop_finished_states"
"""Preference, on by default: a finished run's training state goes, for only a resume needs one."""


def tidy(db: Database, home: Path) -> None:
    """Clear away once what may go. Raises DatabaseError, OSError."""
    purge(db)
    for run_id in empty_trash(db, kept_ms=KEPT_MS):
        run_log(home, run_id).unlink(missing_ok=True)
    if get_preference(db, DROP_STATES, True):
        drop_states(db)


class Housekeeper:
    """Tidies when it starts, every hour, and when woken, until the process ends or it is stopped."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        home: Path,
        say: Callable[[str], None],
        every: float = EVERY_SECONDS,
        first: float = 0.0,
    ) -> None:
        """open_database: called by the thread, once it succeeds; say: takes the line of an error, which ends
        nothing; first: seconds after its start until it begins."""
        self._open, self._home, self._say, self._every, self._first = open_database, home, say, every, first
        self._db: Database | None = None
        self._woken, self._stopping = threading.Event(), False
        self._thread = threading.Thread(target=self._work, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin; called once."""
        self._thread.start()

    def wake(self) -> None:
        """Tidy soon: a run has ended."""
        self._woken.set()

    def stop(self) -> None:
        """End after what is being cleared away now; a second is granted for that, the rest waits for the next
        time."""
        self._stopping = True
        self._woken.set()
        self._thread.join(1.0)

    def _work(self) -> None:
        self._woken.wait(self._first)
        while not self._stopping:
            self._woken.clear()
            try:
                self._db = self._db or self._open()
                tidy(self._db, self._home)
            except EXPECTED as error:
                self._say(f"housekeeping: {one_line(error)}")
            if not self._stopping:
                self._woken.wait(self._every)
