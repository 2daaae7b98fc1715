"""The process that owns training on a host: one a host and database, registered there, found again through
it.

When it is killed the runs go on, and the next one takes them over; when there is nothing to do for a while it
leaves.
"""

import signal
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from app.error_lines import one_line
from app.training.fleet import Fleet
from app.training.housekeeping import Housekeeper
from app.training.notices import Caller
from app.training.processes import host_name, is_alive, this_process
from app.training.supervisor_log import say
from storage import jobs
from storage.database import Database, DatabaseError

T = TypeVar("T")


class Timing(NamedTuple):
    """Seconds: between two looks at the runs, between two beats, and of idleness until the supervisor
    leaves, and what it grants at its end to notices that are still on their way."""

    look: float = 0.5
    beat: float = 5.0
    idle: float = 600.0
    farewell: float = 30.0


class Supervisor:
    """`serve` registers and works until there has been nothing to do for a while, or until another one takes
    over."""

    def __init__(self, db: Database, fleet: Fleet, timing: Timing = Timing()) -> None:  # noqa: B008 - it is immutable
        self._db, self._fleet, self._timing = db, fleet, timing
        self._leaving, self._me = False, ""
        self._housekeeper = Housekeeper(lambda: db, fleet.home, say)
        self._caller = Caller(db, say)
        fleet.on_end = self._note_end

    def serve(self, *, until_empty: bool = False) -> bool:
        """Work; False at once where this host has a live supervisor already. Must be called in the main
        thread.

        until_empty: leave as soon as nothing runs or waits.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._leave)
        served = False
        while not self._leaving and self._register():
            if not served:
                say(f"supervisor {self._me} serves {self._db.file}")
                self._housekeeper.start()
            served = True
            self._work(0.0 if until_empty else self._timing.idle)
            # Whoever submits stores the job first and looks for a supervisor then; so we leave first and look
            # then.
            self._safely(lambda: jobs.end_supervisor(self._db, self._me))
            if not self._db.file.exists() or not self._safely(self._startable):
                break
        if served:
            self._housekeeper.stop()
            self._caller.close(self._timing.farewell)
            say("supervisor leaves; what still runs goes on")
        return served

    def _work(self, idle: float) -> None:
        """Look after the runs until there was nothing for `idle` seconds, we were told to leave, or another
        took over."""
        busy_at, beaten_at = time.monotonic(), time.monotonic()
        while not self._leaving and self._db.file.exists():
            now = time.monotonic()
            if now - beaten_at >= self._timing.beat:
                beaten_at = now
                if self._safely(lambda: jobs.beat_supervisor(self._db, self._me)) is False:
                    self._leaving = True
                    say("another supervisor took over")
                    return
            if self._safely(lambda: self._fleet.look(self._me)) is not False:
                busy_at = now
            elif now - busy_at >= idle:
                return
            time.sleep(self._timing.look)

    def _startable(self) -> bool:
        return bool(jobs.queued_jobs(self._db, startable=True))

    def _note_end(self, run_id: int) -> None:
        self._housekeeper.wake()
        self._caller.run_ended(run_id)

    def _register(self) -> bool:
        pid, started = this_process()
        registered = jobs.register_supervisor(
            self._db, host_name(), pid, started, lambda it: is_alive(it.pid, it.pid_started)
        )
        self._me = registered.id if registered is not None else ""
        return registered is not None

    def _safely(self, act: Callable[[], T]) -> T | None:
        """What `act` returns; None when the database failed, which must not end the supervisor."""
        try:
            return act()
        except DatabaseError as error:
            say(one_line(error))
            return None

    def _leave(self, *_: object) -> None:
        self._leaving = True
