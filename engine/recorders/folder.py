"""A recorder that keeps a run in a plain folder, for hosts that have the engine but no database.

metrics.jsonl, results.jsonl, decompositions.jsonl and messages.txt grow line by line; the artifacts are
`best.safetensors`, `last.safetensors` and `state.safetensors`. A file named `stop` in the folder asks the run
to stop.
"""

import contextlib
import json
import shutil
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.files.writing import append_whole, replace_with_copy
from engine.recorder import ArtifactKind, EncoderState, Fact

MOST_WAITING = 100_000
"""Lines that wait in memory for a disk that takes none; past it the oldest go, and their number is told."""


class FolderRecorder:
    """`Recorder` over a folder, which is made if it is not there; `echo` also prints messages and phases.

    While the disk is full or gone, lines wait in memory, in order, and are written with the first that can
    be again; an artifact that cannot be kept leaves the former one.
    """

    def __init__(self, folder: Path, *, echo: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.echo = folder, echo
        self.done: tuple[int, int] = (0, 0)
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._failing, self._dropped = False, 0

    def phase(self, name: str) -> None:
        self.message(name)

    def progress(self, *, epoch: int, epochs: int, step: int, steps: int) -> None:
        self.done = (step, steps)

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        self._append("metrics.jsonl", json.dumps({"step": step, **values}))

    def result(self, task: str, metric: str, value: float, facts: Mapping[str, Fact]) -> None:
        self._append(
            "results.jsonl",
            json.dumps({"task": task, "metric": metric, "value": value, "facts": dict(facts)}),
        )

    def decomposition(
        self, task: str, sides: str, encoder: EncoderState, epoch: int, content: Mapping[str, Any]
    ) -> None:
        line = {"task": task, "sides": sides, "encoder": encoder, "epoch": epoch, "content": dict(content)}
        self._append("decompositions.jsonl", json.dumps(line))

    def message(self, text: str) -> None:
        self._append("messages.txt", text)
        self._print(text)

    def save(self, kind: ArtifactKind, file: Path, facts: Mapping[str, Fact]) -> bool:
        try:
            replace_with_copy(file, self.folder / f"{kind}.safetensors")
        except OSError as error:
            self.message(
                f"the {kind} checkpoint could not be kept in {self.folder}: {error.strerror or error}"
            )
            return False
        return True

    def restore(self, kind: ArtifactKind, file: Path) -> bool:
        source = self.folder / f"{kind}.safetensors"
        if not source.exists():
            return False
        shutil.copyfile(source, file)
        return True

    def should_stop(self) -> bool:
        with contextlib.suppress(OSError):
            return (self.folder / "stop").exists()
        return False

    def close(self) -> int:
        """Write what waits, if that is possible now; the number of lines that are lost with this process."""
        self._write()
        return len(self._waiting) + self._dropped

    def _append(self, name: str, line: str) -> None:
        self._waiting.append((name, line.encode("utf-8", "backslashreplace") + b"\n"))
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self._dropped += 1
        self._write()

    def _write(self) -> None:
        try:
            while self._waiting:
                name, line = self._waiting[0]
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
