"""A recorder that keeps a run in a plain folder, for hosts that have the engine but no database.

metrics.jsonl, results.jsonl, decompositions.jsonl and messages.txt grow line by line; the artifacts are
`best.safetensors`, `last.safetensors` and `state.safetensors`. A file named `stop` in the folder asks the run
to stop.
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.recorder import ArtifactKind, EncoderState, Fact


class FolderRecorder:
    """`Recorder` over a folder, which is made if it is not there; `echo` also prints messages and phases."""

    def __init__(self, folder: Path, *, echo: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.echo = folder, echo
        self.done: tuple[int, int] = (0, 0)

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
        if self.echo:
            print(text, flush=True)

    def save(self, kind: ArtifactKind, file: Path, facts: Mapping[str, Fact]) -> None:
        """Copy beside the target first, then replace it in one step."""
        target = self.folder / f"{kind}.safetensors"
        shutil.copyfile(file, target.with_suffix(".partial"))
        os.replace(target.with_suffix(".partial"), target)

    def restore(self, kind: ArtifactKind, file: Path) -> bool:
        source = self.folder / f"{kind}.safetensors"
        if not source.exists():
            return False
        shutil.copyfile(source, file)
        return True

    def should_stop(self) -> bool:
        return (self.folder / "stop").exists()

    def _append(self, name: str, line: str) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(line + "\n")


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
    def save(self, kind: ArtifactKind, file: Path, facts: Mapping[str, Fact]) -> None: ...

    def restore(self, kind: ArtifactKind, file: Path) -> bool:
        return False

    def should_stop(self) -> bool:
        return False
