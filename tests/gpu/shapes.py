"""The published shapes, on random data: Trifeature's pairs of images, and MM-IMDb's posters and plots with
CLIP-size models."""

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from machine import Setup
from torch import Tensor

from engine.dataset import Modality, MultimodalDataset, Split, Task
from engine.datasets.trifeature import IMAGES, TASKS, image_modality
from engine.objective import Objective, build_objective
from engine.presets.preset import load_preset
from engine.recorder import Recorder
from engine.settings.augmentation import SimclrAugmentation, TokenMaskingAugmentation
from engine.settings.encoder import ClipTextSettings, ClipVisionSettings
from engine.settings.experiment import ExperimentSettings
from engine.training.processes import build_accelerator
from engine.training.trainer import Trainer

TEXT = {"published": 128, "tiny": 12}
VOCABULARY, MASK_TOKEN, SPECIAL_TOKENS = 30_522, 103, (0, 101, 102)
"""As BERT's, with fewer words than the multilingual model: what is looked up costs the same."""


class Shape(NamedTuple):
    """A preset, random data of its shape, and the settings that differ from the preset's."""

    preset: str
    data: MultimodalDataset
    changes: Mapping[str, object]


def published(name: str, setup: Setup, batches: int = 4) -> Shape:
    """The shape of that name with a few batches of random samples; tiny ones for a tiny setup."""
    batch = 8 if setup.is_tiny else 64
    small = {"fusion.width": 32, "fusion.heads": 4, "training.batch_size": batch} if setup.is_tiny else {}
    data = pairs(setup, batch * batches) if name == "trifeature" else films(setup, batch * batches)
    return Shape("trifeature-synergy" if name == "trifeature" else "mm-imdb", data, small)


def trainer_for(
    method: str, shape: Shape, setup: Setup, work: Path, recorder: Recorder, changes: Mapping[str, object]
) -> Trainer:
    """A trainer of the method at the preset's settings."""
    settings = settings_of(method, shape, setup, changes)
    return build_trainer(fresh_objective(settings, shape), shape, settings, work, recorder)


def settings_of(method: str, shape: Shape, setup: Setup, changes: Mapping[str, object]) -> ExperimentSettings:
    """The preset's settings for this method, changed."""
    return load_preset(shape.preset).experiment(method, 0, {**shape.changes, **setup.changes(), **changes})


def fresh_objective(settings: ExperimentSettings, shape: Shape) -> Objective:
    """The objective with the same random weights every time."""
    torch.manual_seed(0)
    return build_objective(settings, shape.data.modalities, shape.data.tasks)


def build_trainer(
    objective: Objective, shape: Shape, settings: ExperimentSettings, work: Path, recorder: Recorder
) -> Trainer:
    """A trainer on the device that the settings name."""
    return Trainer(objective, shape.data, settings, build_accelerator(settings.training), recorder, work)


def pairs(setup: Setup, samples: int) -> MultimodalDataset:
    """Pairs of images with Trifeature's tasks."""
    side = 64 if setup.is_tiny else 224
    draw = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (samples, 3, side, side), dtype=torch.uint8, generator=draw)
    labels = {task.name: torch.randint(0, task.classes, (samples,), generator=draw) for task in TASKS}
    split = Split(dict.fromkeys(IMAGES, images), dict.fromkeys(IMAGES, torch.arange(samples)), labels)
    return MultimodalDataset(tuple(image_modality(name, side) for name in IMAGES), TASKS, *[split] * 5)


def films(setup: Setup, samples: int) -> MultimodalDataset:
    """Posters and plots of different lengths, with MM-IMDb's 23 genres."""
    folder, side, steps = model_folder(setup.size), 32 if setup.is_tiny else 224, TEXT[setup.size]
    draw = torch.Generator().manual_seed(0)
    items: dict[str, Tensor] = {
        "image": torch.randint(0, 256, (samples, 3, side, side), dtype=torch.uint8, generator=draw),
        "text": torch.randint(
            200, VOCABULARY if not setup.is_tiny else 300, (samples, steps), generator=draw
        ),
    }
    image = Modality(
        "image",
        "image",
        (3, side, side),
        ClipVisionSettings(path=str(folder / "image")),
        SimclrAugmentation(),
    )
    text = Modality(
        "text",
        "text",
        (steps,),
        ClipTextSettings(path=str(folder / "text")),
        TokenMaskingAugmentation(),
        mask_token=MASK_TOKEN,
        special_tokens=SPECIAL_TOKENS,
    )
    task = Task("genres", "multilabel", classes=23)
    labels = {"genres": torch.randint(0, 2, (samples, 23), generator=draw)}
    lengths = {"text": torch.randint(steps // 2, steps + 1, (samples,), generator=draw)}
    split = Split(items, dict.fromkeys(items, torch.arange(samples)), labels, lengths)
    return MultimodalDataset((image, text), (task,), *[split] * 5)


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []
"""Kept until the process ends."""


@cache
def model_folder(size: str) -> Path:
    """A folder with models of CLIP ViT-B/32's and DistilBERT's size (or tiny ones), with random weights."""
    import transformers

    _FOLDERS.append(tempfile.TemporaryDirectory())
    folder = Path(_FOLDERS[-1].name)
    torch.manual_seed(0)
    if size == "tiny":
        vision = transformers.CLIPVisionConfig(
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            image_size=32,
            patch_size=8,
        )
        words = transformers.DistilBertConfig(dim=32, hidden_dim=64, n_layers=2, n_heads=4, vocab_size=300)
    else:
        vision = transformers.CLIPVisionConfig(patch_size=32)
        words = transformers.DistilBertConfig(vocab_size=VOCABULARY)
    transformers.CLIPVisionModel(vision).save_pretrained(folder / "image")
    transformers.DistilBertModel(words).save_pretrained(folder / "text")
    return folder
