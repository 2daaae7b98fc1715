"""state.json of a run's folder: how the run stands, with a sign of life every few seconds."""

import contextlib
import threading
import time
from pathlib import Path
from typing import Any

from engine.recorders.layout import STATE, replace_json

BEAT_SECONDS = 5.0
"""So often a run at work gives a sign of life; a reader that saw none for a minute takes it as lost."""


class RunState:
    """What state.json says, replaced whole each time. A disk that takes nothing delays it and no more: the
    next sign of life says all."""

    def __init__(self, folder: Path, beat_seconds: float = BEAT_SECONDS) -> None:
        self._file, self._beat_seconds = folder / STATE, beat_seconds
        self._values: dict[str, Any] = {}
        self._changing, self._ended = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    def change(self, **values: Any) -> None:
        """Say this from the next sign of life on."""
        with self._changing:
            self._values |= values

    def begin(self, **facts: Any) -> None:
        """The run is at work."""
        now = _now()
        self.change(status="running", started_at=now, ended_at=None, error=None, **facts)
        self._write()
        self._thread = threading.Thread(target=self._beat, name="signs of life", daemon=True)
        self._thread.start()

    def end(self, status: str, error: str | None) -> None:
        """The run has ended; no sign of life follows."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self.change(status=status, error=error, ended_at=_now())
        self._write()

    def _beat(self) -> None:
        while not self._ended.wait(self._beat_seconds):
            self._write()

    def _write(self) -> None:
        with self._changing:
            content = {**self._values, "heartbeat_at": _now()}
        with contextlib.suppress(OSError):
            replace_json(self._file, content)


def _now() -> int:
    return time.time_ns() // 1_000_000
