"""A recorder that keeps a run in a plain folder, for hosts that have the engine but no database.

What lies there, docs/run-folder.md says: anybody may read it at any moment, over a network disk too. A file
named `stop` in the folder asks the run to stop.
"""

import contextlib
import shutil
import sys
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from engine.files.writing import append_whole
from engine.recorder import ArtifactKind, EncoderState, Fact
from engine.recorders.artifact_table import ArtifactTable
from engine.recorders.layout import (
    DECOMPOSITIONS,
    LOG,
    METRICS,
    RESULTS,
    STOP,
    as_json,
    end_half_line,
    number,
)
from engine.recorders.run_state import RunState

MOST_WAITING = 100_000
"""Lines that wait in memory for a disk that takes none; past it the oldest go, and their number is told."""


class FolderRecorder:
    """`Recorder` over a folder, which is made if it is not there; `echo` also prints messages and phases.

    While the disk is full or gone, lines wait in memory, in order, and are written with the first that can
    be again; an artifact that cannot be kept leaves the former one. `begin` and `end` tell readers that the
    run is at work, and how it ended.
    """

    def __init__(self, folder: Path, *, echo: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.echo = folder, echo
        self.state = RunState(folder)
        self._artifacts = ArtifactTable(folder)
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._continued: set[str] = set()
        self._failing, self._dropped, self._line = False, 0, 0

    def begin(self, **facts: Any) -> None:
        """The run is at work from now on, and gives a sign of life every few seconds. facts: what else
        state.json says of it."""
        self.state.begin(**facts)

    def end(self, status: Literal["finished", "stopped", "failed"], error: str | None = None) -> None:
        """How the run ended; error: one line, when it failed."""
        if error:
            self.message(f"failed: {error}")
        self.state.end(status, error)

    def phase(self, name: str) -> None:
        self.state.change(phase=name)
        self.message(name)

    def progress(self, *, epoch: int, epochs: int, step: int, steps: int) -> None:
        self.state.change(epoch=epoch, epochs=epochs, step=step, steps=steps, progressed_at=_now())

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        points = {key: number(float(value)) for key, value in values.items()}
        self._append(METRICS, {"step": step, "time": _now(), "values": points})

    def result(self, task: str, metric: str, value: float, facts: Mapping[str, Fact]) -> None:
        line = {"task": task, "metric": metric, "value": number(float(value)), "facts": dict(facts)}
        self._append(RESULTS, {**line, "time": _now()})

    def decomposition(
        self, task: str, sides: str, encoder: EncoderState, epoch: int, content: Mapping[str, Any]
    ) -> None:
        line = {"task": task, "sides": sides, "encoder": encoder, "epoch": epoch, "content": dict(content)}
        self._append(DECOMPOSITIONS, {**line, "time": _now()})

    def message(self, text: str) -> None:
        self._line = max(self._line + 1, time.time_ns() // 1000)
        self._append(LOG, {"number": self._line, "text": text})
        self._print(text)

    def save(self, kind: ArtifactKind, file: Path, facts: Mapping[str, Fact]) -> bool:
        try:
            self._artifacts.keep(kind, file, facts)
        except OSError as error:
            what = kind if kind == "rows" else f"{kind} checkpoint"
            self.message(f"the {what} could not be kept in {self.folder}: {error.strerror or error}")
            return False
        return True

    def restore(self, kind: ArtifactKind, file: Path) -> bool:
        source = self._artifacts.file_of(kind)
        if source is None:
            return False
        shutil.copyfile(source, file)
        return True

    def should_stop(self) -> bool:
        with contextlib.suppress(OSError):
            return (self.folder / STOP).exists()
        return False

    def close(self) -> int:
        """Write what waits, if that is possible now; the number of lines that are lost with this process."""
        self._write()
        return len(self._waiting) + self._dropped

    def _append(self, name: str, content: Mapping[str, Any]) -> None:
        self._waiting.append((name, as_json(content) + b"\n"))
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self._dropped += 1
        self._write()

    def _write(self) -> None:
        try:
            while self._waiting:
                name, line = self._waiting[0]
                if name not in self._continued:
                    end_half_line(self.folder / name)
                    self._continued.add(name)
                append_whole(self.folder / name, line)
                self._waiting.popleft()
        except OSError as error:
            if not self._failing:
                self._failing = True
                self._print(
                    f"{self.folder} cannot be written, lines wait in memory: {error.strerror or error}"
                )
            return
        if self._failing:
            self._failing = False
            lost = f"; {self._dropped} lines were lost" if self._dropped else ""
            self.message(f"the folder can be written again{lost}")

    def _print(self, text: str) -> None:
        if not self.echo:
            return
        encoding = sys.stdout.encoding or "utf-8"
        with contextlib.suppress(OSError):  # standard output may be a file on the same full disk
            print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)


def _now() -> int:
    return time.time_ns() // 1_000_000


class SilentRecorder:
    """`Recorder` that keeps nothing: for all processes of a run but the main one, and for timing."""

    def phase(self, name: str) -> None: ...
    def progress(self, *, epoch: int, epochs: int, step: int, steps: int) -> None: ...
    def metrics(self, step: int, values: Mapping[str, float]) -> None: ...
    def result(self, task: str, metric: str, value: float, facts: Mapping[str, Fact]) -> None: ...
    def decomposition(
        self, task: str, sides: str, encoder: EncoderState, epoch: int, content: Mapping[str, Any]
    ) -> None: ...
    def message(self, text: str) -> None: ...

    def save(self, kind: ArtifactKind, file: Path, facts: Mapping[str, Fact]) -> bool:
        return True

    def restore(self, kind: ArtifactKind, file: Path) -> bool:
        return False

    def should_stop(self) -> bool:
        return False
