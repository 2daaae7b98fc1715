"""Adding a metric, a method, an encoder, an augmentation or a data set is one settings class and one file.

A copy of the tree gets one of each, and nothing else; a process that works in the copy must then find them in
the forms, on the command line, in charts and in the contract tests, train with them, and tell the new error
metric in the right direction.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SETTINGS = {
    "engine/settings/objective.py": '''

class FusedSimclrSettings(ObjectiveSettings):
    """SimCLR (Chen et al., ICML 2020) between the fusions of two views."""

    LABEL: ClassVar[str] = "Fused SimCLR"

    name: Literal["fused_simclr"] = "fused_simclr"
    temperature: float = setting(0.1, "Divides every similarity.", gt=0.0, le=10.0)
    projection: ProjectionSettings = ProjectionSettings()
''',
    "engine/settings/encoder.py": '''

class ChunkSettings(EncoderSettings):
    """A vector cut into equal pieces, each a token."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("vector",)

    name: Literal["chunk"] = "chunk"
    tokens: int = setting(4, "Pieces.", unit="tokens", ge=1, le=64)
''',
    "engine/settings/augmentation.py": '''

class ScaleAugmentation(AugmentationSettings):
    """Every sample multiplied by a factor of its own."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("vector", "sequence")

    name: Literal["scale"] = "scale"
    spread: float = setting(0.1, "Factors are uniform on 1 ± this.", ge=0.0, le=1.0)
''',
    "engine/settings/dataset.py": '''

class PairsSettings(DatasetSettings):
    """Two noisy copies of a sign."""

    LABEL: ClassVar[str] = "Pairs"

    name: Literal["pairs"] = "pairs"
    samples: int = setting(256, "Samples of each split.", unit="samples", ge=32, le=100_000)

    @property
    def modality_kinds(self) -> Mapping[str, ModalityKind | None]:
        """Name → kind of each modality."""
        return {"left": "vector", "right": "vector"}
''',
    "engine/settings/published_dataset.py": '''

class OpinionSettings(AffectSettings):
    """An affect set of another name."""

    FILE: ClassVar[str] = "opinion.pkl"

    name: Literal["opinion"] = "opinion"
''',
}
FILES = {
    "engine/metrics/median_error.py": '''"""Median of the absolute errors."""

import numpy as np

from engine.metric import Metric


def measure(target: np.ndarray, predicted: np.ndarray) -> float:
    """median |target − predicted|; (n,) or (n, k)."""
    return float(np.median(np.abs(target - predicted)))


METRIC = Metric(
    label="median absolute error",
    tasks=frozenset({"regression"}),
    measure=measure,
    unit="plain",
    higher_is_better=False,
)
''',
    "engine/objectives/fused_simclr.py": '''"""SimCLR on fused representations."""

from collections.abc import Sequence

from engine.dataset import Modality, Task
from engine.losses.contrastive import info_nce
from engine.objective import NO_LABELS, Labels, Progress, StepOutput, View
from engine.objectives.bases.fused import ContrastiveFusionObjective
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import FusedSimclrSettings


class FusedSimclr(ContrastiveFusionObjective):
    """InfoNCE of the two fusions."""

    trains_single_views = False

    def __init__(
        self, settings: ExperimentSettings, modalities: Sequence[Modality], method: FusedSimclrSettings
    ):
        super().__init__(settings, modalities, method.projection, masks=False)
        self.method = method

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        first, second = self.embed(views).plain
        loss, accuracy = info_nce(first[-1], second[-1], self.method.temperature)
        return StepOutput(loss, {"contrast": loss.detach(), "accuracy": accuracy})


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> FusedSimclr:
    """The objective."""
    assert isinstance(settings.objective, FusedSimclrSettings)
    return FusedSimclr(settings, modalities, settings.objective)
''',
    "engine/encoders/chunk.py": '''"""Vectors cut into pieces."""

from torch import nn

from engine.dataset import Modality, Samples
from engine.encoder import Encoder, Tokens
from engine.settings.encoder import ChunkSettings


class Chunk(Encoder):
    """(b, d) → (b, tokens, width), by one linear layer."""

    def __init__(self, features: int, settings: ChunkSettings):
        super().__init__()
        self.width, self.tokens = 8, settings.tokens
        self.layer = nn.Linear(features, self.tokens * self.width)

    def forward(self, samples: Samples) -> Tokens:
        return Tokens(self.layer(samples.values).unflatten(-1, (self.tokens, self.width)))


def build(settings: ChunkSettings, modality: Modality) -> Chunk:
    """The encoder."""
    return Chunk(modality.shape[0], settings)
''',
    "engine/augmentations/scale.py": '''"""Samples multiplied by a factor each."""

from typing import Any

import torch

from engine.augmentation import Augmentation, plain
from engine.dataset import Modality, Samples
from engine.settings.augmentation import ScaleAugmentation


class Scale(Augmentation):
    """A factor a sample; padding stays."""

    def __init__(self, settings: ScaleAugmentation, modality: Modality):
        self.settings, self.modality = settings, modality

    def __call__(self, samples: Samples, generator: torch.Generator, shared: Any = None) -> Samples:
        values, is_padding = plain(samples, self.modality)
        uniform = torch.rand(len(values), generator=generator, device=values.device) * 2 - 1
        factor = (1 + self.settings.spread * uniform).view(-1, *[1] * (values.ndim - 1))
        scaled = values * factor
        if is_padding is not None:
            scaled = torch.where(is_padding[..., None], values, scaled)
        return Samples(scaled, is_padding)


def build(settings: ScaleAugmentation, modality: Modality) -> Scale:
    """The augmentation."""
    return Scale(settings, modality)
''',
    "engine/datasets/pairs.py": '''"""Two noisy copies of a number: its sign and its size."""

from pathlib import Path

import torch

from engine.dataset import MultimodalDataset, Split, Task
from engine.datasets.common.modality_defaults import modality
from engine.randomness import torch_generator
from engine.settings.dataset import PairsSettings


def load(settings: PairsSettings, home: Path) -> MultimodalDataset:
    """The data set, drawn."""
    tasks = (Task("sign", "classification", classes=2, chance=0.5), Task("size", "regression"))

    def split(number: int) -> Split:
        source = torch_generator(number, "pairs")
        size = torch.randn(settings.samples, generator=source)
        items = {
            name: size[:, None] + 0.3 * torch.randn(settings.samples, 8, generator=source)
            for name in settings.modality_kinds
        }
        labels = {"sign": (size > 0).long(), "size": size}
        return Split(items, dict.fromkeys(items, torch.arange(settings.samples)), labels)

    train, validation, test = split(0), split(1), split(2)
    return MultimodalDataset(
        tuple(modality(name, "vector", (8,)) for name in settings.modality_kinds),
        tasks, train, validation, train, validation, test,
    )
''',
    "engine/datasets/opinion.py": '''"""An affect set of another name."""

from pathlib import Path

from engine.dataset import MultimodalDataset
from engine.datasets.multibench.affect import load_affect
from engine.settings.published_dataset import OpinionSettings


def load(settings: OpinionSettings, home: Path) -> MultimodalDataset:
    """The data set."""
    return load_affect(settings, home, "opinion", ("against", "for"))
''',
}

FOUND = """
import sys
from pathlib import Path

home = Path(sys.argv[1])
# what the dashboard sees, without torch
from app.charts.style import method_style
from app.groups.seed_statistics import paired_difference
from app.groups.seed_tests import decide
from app.training.configuring import plan_runs
from app.wording.fields import fields_of
from app.wording.names import method_label
from app.wording.units import lower_is_better, metric_label, unit_of
from engine.files.presence import presence_of
from engine.presets.preset import dataset_names, method_names
from engine.settings.experiment import ExperimentSettings, parse, parse_data

assert method_names()[-1] == "fused_simclr"
assert method_label("fused_simclr") == "Fused SimCLR"
styles = [method_style(name) for name in method_names()]
assert len({(one.colour, one.dash, one.shape) for one in styles}) == len(styles)
assert len({(one.dash, one.shape) for one in styles}) == len(styles), "told apart without colour"
assert {"pairs", "opinion"} <= set(dataset_names())
found = presence_of(parse_data({"name": "opinion"}), home)
assert not found.is_ready and found.files[0].path == home / "datasets/opinion/opinion.pkl"
kinds = {field.name: field.kinds for field in fields_of(ExperimentSettings) if field.kinds}
for group, name in (("objective", "fused_simclr"), ("encoders", "chunk"), ("augmentations", "scale")):
    assert name in kinds[group]
assert metric_label("median_error") == "median absolute error" and lower_is_better("median_error")
assert unit_of("median_error").suffix == ""
ours, baseline = {0: 0.20, 1: 0.23, 2: 0.18}, {0: 0.40, 1: 0.41, 2: 0.39}
less = paired_difference(ours, baseline, higher_is_better=not lower_is_better("median_error"))
assert decide([less])[0].verdict == "ahead", less
assert "torch" not in sys.modules

# the form
from streamlit.testing.v1 import AppTest

def page():
    from app.launch.form import draw_settings
    from app.launch.starts import cells_of, from_dataset
    start = from_dataset({"name": "pairs"}, "Pairs")
    draw_settings(cells_of(start, ["fused_simclr"]), {}, "test")

app = AppTest.from_function(page, default_timeout=60).run()
assert not app.exception, app.exception
assert [tab.label for tab in app.tabs] == ["Fused SimCLR"], app.tabs
chooser = {box.label: box.options for box in app.selectbox}
assert "Chunk" in chooser["Encoder of left"] and "Scale" in chooser["Augmentation of left"]
assert "Alexnet" not in chooser["Encoder of left"]
assert "Temperature" in {field.label for field in app.text_input}

# a run
from engine.experiment import run_experiment
from engine.recorders.folder import FolderRecorder

settings = parse({
    "data": {"name": "pairs"},
    "objective": {"name": "fused_simclr", "projection": {"hidden": 16, "width": 8}},
    "encoders": {"left": {"name": "chunk"}},
    "augmentations": {"left": {"name": "scale"}},
    "fusion": {"width": 16, "heads": 2},
    "training": {"epochs": 2, "batch_size": 32, "threads": 1, "device": "cpu"},
    "probe": {"refine": False},
    "decomposition": {"enabled": False},
})

class Kept(FolderRecorder):
    figures = {}

    def result(self, task, metric, value, facts):
        self.figures[task, metric] = value

recorder = Kept(home / "run")
run_experiment(settings, recorder, home)
assert recorder.figures["sign", "accuracy"] > 0.8, recorder.figures
assert 0 < recorder.figures["size", "median_error"] < 0.7, recorder.figures
assert ("size", "mse") in recorder.figures
print("found")
"""


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree with one more of each."""
    tree = tmp_path_factory.mktemp("grown") / "tree"
    tree.mkdir()
    for place in ("app", "engine", "storage", "tests"):
        shutil.copytree(ROOT / place, tree / place, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", ".streamlit"):
        source = ROOT / name
        shutil.copytree(source, tree / name) if source.is_dir() else shutil.copy(source, tree / name)
    for name, text in SETTINGS.items():
        with (tree / name).open("a", encoding="utf-8") as file:
            file.write(text)
    for name, text in FILES.items():
        (tree / name).write_text(text, encoding="utf-8")
    return tree


def in_tree(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=280)


def test_one_of_each_is_found_told_and_trained(grown: Path, tmp_path: Path) -> None:
    script = tmp_path / "found.py"
    script.write_text(FOUND, encoding="utf-8")
    done = in_tree(grown, sys.executable, str(script), str(tmp_path))
    assert done.returncode == 0 and "found" in done.stdout, done.stdout + done.stderr[-3000:]


@pytest.mark.heavy
def test_the_contract_tests_take_them_in(grown: Path) -> None:
    contracts = sorted(str(file.relative_to(grown)) for file in grown.glob("tests/**/test_*contract*.py"))
    assert len(contracts) >= 5
    done = in_tree(
        grown, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0",
        "-k", "fused_simclr or chunk or scale or pairs or median_error", *contracts,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    listed = in_tree(
        grown, sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", *contracts
    ).stdout  # fmt: skip
    for name in ("fused_simclr", "chunk", "scale", "pairs", "median_error"):
        assert f"[{name}" in listed or f"-{name}" in listed, name
