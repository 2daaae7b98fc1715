"""The whole door from a run to whatever keeps its results. The engine calls it; storage, or a folder,
implements it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

ArtifactKind = Literal["best", "last", "state", "rows"]
"""best, last: weights for use; state: everything a resume needs, replaced as training goes on; rows: what was
told of each sample, as Parquet (`engine/decomposing/rows_file.py`)."""

EncoderState = Literal["trained", "untrained", "raw"]
"""Whose representation: the trained encoder's, the one it started as, or the raw inputs, read by a stronger
probe."""

Fact = str | int | float | bool | None

TRAIN, SYSTEM, BITS = "train/", "system/", "bits/"
"""How the names of curves begin: of training (its own figures, and one curve a term of the loss), of the
machine that trains, of what is decomposed while it trains."""
TRAINING_LOSS, VALIDATION_LOSS = f"{TRAIN}loss", "validation/loss"
LEARNING_RATE, GRADIENT_NORM = f"{TRAIN}learning_rate", f"{TRAIN}gradient_norm"
ACCURACY, SCALE, UNIFORMITY = f"{TRAIN}accuracy", f"{TRAIN}scale", f"{TRAIN}uniformity"
"""Terms that several objectives tell: pairs found in the batch (0 to 1), the learned scale of similarities,
how spread out embeddings are."""
SPEED = f"{SYSTEM}samples_per_second"
CPU, MEMORY = f"{SYSTEM}cpu_percent", f"{SYSTEM}memory_gib"
GPU, GPU_MEMORY = f"{SYSTEM}gpu_percent", f"{SYSTEM}gpu_memory_gib"


class Recorder(Protocol):
    """Implementations never raise for a full, locked or vanished store: logging may not end a training. Only
    `restore` does.

    What could not be kept for want of room is kept when there is room again, as far as memory or another file
    could hold it, and what was lost is told. tests/test_recorder_contract.py holds all of them to it.
    """

    def phase(self, name: str) -> None:
        """What is happening now: "loading data", "training", "probing"; shown beside the progress bar."""

    def progress(self, *, epoch: int, epochs: int, step: int, steps: int) -> None:
        """How far training is: steps done of all, epochs completed of all."""

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """Points of curves at a step; a point recorded again replaces the former (a resumed run repeats
        some)."""

    def result(self, task: str, metric: str, value: float, facts: Mapping[str, Fact]) -> None:
        """One final figure, such as a task's probe accuracy; facts say n, chance, cost, split."""

    def decomposition(
        self, task: str, sides: str, encoder: EncoderState, epoch: int, content: Mapping[str, Any]
    ) -> None:
        """What a task's information splits into. sides: "x1 | x2"; content: a `SampleDecomposition` as plain
        values."""

    def message(self, text: str) -> None:
        """A line for the reader of the run."""

    def save(self, kind: ArtifactKind, file: Path, facts: Mapping[str, Fact]) -> bool:
        """Keep a copy of the file under its kind, replacing the former one only when complete; whether it is
        kept. Where not, the reader of the run is told why."""

    def restore(self, kind: ArtifactKind, file: Path) -> bool:
        """Write the kept artifact to `file`; False when there is none. Raises where it cannot be read or
        written."""

    def should_stop(self) -> bool:
        """True when somebody asked the run to stop; asked at step boundaries, so it must be cheap."""
