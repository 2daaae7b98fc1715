"""What the data page shows of a data set, computed where torch is: its facts, and pictures of samples."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from app.preview import pictures
from engine.augmentation import IMAGENET_MEAN, IMAGENET_STD
from engine.dataset import Modality, MultimodalDataset, Samples, Split, Task, is_labelled, load_dataset
from engine.datasets.rendering.images import NAMES, render
from engine.errors import one_line
from engine.randomness import numpy_generator, torch_generator
from engine.settings.dataset import TrifeatureSettings

Facts = dict[str, Any]
SAMPLES = 8
SHEET_SIDE = 84
MOST_CLASSES = 200
LABELLED_SPLITS = ("probe_train", "probe_validation", "probe_test")
LONGEST_NAME = 80


def describe(settings: Any, folder: Path, home: Path) -> Facts:
    """Modalities, splits, tasks with their counts, and pictures of some test samples; for Trifeature also a
    contact sheet."""
    dataset = load_dataset(settings, home)
    splits = ("train", "validation", "probe_train", "probe_validation", "probe_test")
    facts: Facts = {
        "modalities": [_modality(modality) for modality in dataset.modalities],
        "splits": {name: len(getattr(dataset, name)) for name in splits},
        "tasks": [_task(task, dataset) for task in dataset.tasks],
        "notes": list(dataset.notes),
        "samples": _samples(dataset, folder),
        "sheet": None,
    }
    if isinstance(settings, TrifeatureSettings):
        facts["sheet"] = _contact_sheet(folder)
    return facts


def _modality(modality: Modality) -> Facts:
    recommended = {"encoder": modality.encoder.name, "augmentation": modality.augmentation.name}
    return {"name": modality.name, "kind": modality.kind, "shape": list(modality.shape)} | recommended


def _task(task: Task, dataset: MultimodalDataset) -> Facts:
    facts = {
        "name": task.name,
        "kind": task.kind,
        "measures": task.measures,
        "classes": task.classes,
        "chance": task.chance,
    }
    facts |= {
        "class_names": [one_line(name, LONGEST_NAME) for name in task.class_names[:MOST_CLASSES]],
        "information": asdict(task.information) if task.information else None,
    }
    return facts | {
        "splits": {name: _labels(task, getattr(dataset, name)) for name in LABELLED_SPLITS},
        "labelled": {
            name: int(is_labelled(getattr(dataset, name).labels[task.name]).sum()) for name in LABELLED_SPLITS
        },
    }


def _labels(task: Task, split: Split) -> Facts:
    """Of the samples with a label those of each class; for a regression the range, mean and deviation of the
    target."""
    values = split.labels[task.name]
    values = values[is_labelled(values)]
    if task.kind == "regression":
        numbers = values.double()
        return {
            "least": numbers.min().item(),
            "most": numbers.max().item(),
            "mean": numbers.mean().item(),
            "sd": numbers.std().item(),
        }
    counts = (
        values.sum(0) if task.kind == "multilabel" else torch.bincount(values.long(), minlength=task.classes)
    )
    return {"counts": counts.tolist()[:MOST_CLASSES]}


def _samples(dataset: MultimodalDataset, folder: Path) -> list[Facts]:
    """Pictures and labels of test samples; where there is a synergy task, of its classes in turn."""
    split = dataset.probe_test
    order = torch.randperm(len(split), generator=torch_generator(0, "preview"))
    asked = next((task for task in dataset.tasks if task.measures == "synergy"), None)
    if asked is not None:
        labels = split.labels[asked.name][order]
        turns = [
            order[labels == value][: SAMPLES // asked.classes + 1]
            for value in range(asked.classes - 1, -1, -1)
        ]
        order = torch.stack([turn[i] for i in range(min(map(len, turns))) for turn in turns])
    chosen = order[:SAMPLES]
    batch = split.batch(chosen)
    shown = []
    for place, row in enumerate(chosen.tolist()):
        drawn: dict[str, str] = {}
        for modality in dataset.modalities:
            pixels = draw(modality, unpadded(batch[modality.name], place), scale_of(batch[modality.name]))
            drawn[modality.name] = pictures.save(pixels, folder / f"sample-{place}-{len(drawn)}.png")
        shown.append(
            {
                "pictures": drawn,
                "labels": {task.name: _label(task, split.labels[task.name][row]) for task in dataset.tasks},
            }
        )
    return shown


def _label(task: Task, value: Tensor) -> str:
    if not is_labelled(value[None]):
        return "none known"
    if task.kind == "regression":
        return ", ".join(f"{number:.3g}" for number in value.flatten().tolist())
    names = task.class_names
    if task.kind == "multilabel":
        present = value.nonzero().flatten().tolist()
        return ", ".join(_class_name(names, i) for i in present) or "none"
    return _class_name(names, int(value))


def _class_name(names: tuple[str, ...], number: int) -> str:
    return one_line(names[number], LONGEST_NAME) if names else str(number)


def _contact_sheet(folder: Path) -> str:
    """Every shape with every texture; colours run along the diagonals."""
    shapes, colours, textures = NAMES
    features = np.array(
        [
            (row, (row + column) % len(colours), column)
            for row in range(len(shapes))
            for column in range(len(textures))
        ]
    )
    images = render(features, SHEET_SIDE, numpy_generator(0, "preview/sheet"))
    grid = images.reshape(len(shapes), len(textures), *images.shape[1:])
    return pictures.save_sheet(grid, shapes, textures, folder / "sheet.png")


def unpadded(samples: Samples, place: int) -> NDArray[Any]:
    """One sample's values, without its padding."""
    values = samples.values[place]
    if samples.is_padding is not None:
        values = values[~samples.is_padding[place]]
    return values.numpy()


def scale_of(samples: Samples) -> float:
    """The value that gets the full colour: nearly the largest of the batch, so that one outlier does not
    blacken the rest."""
    if samples.values.dtype == torch.uint8:
        return 255.0
    return float(np.quantile(np.abs(samples.values.numpy()), 0.98)) or 1.0


def draw(
    modality: Modality, values: NDArray[Any], scale: float, hidden: NDArray[np.bool_] | None = None
) -> pictures.Pixels:
    """A sample's values as its kind of modality is drawn; `hidden` marks the tokens to cover, in the layout
    of the encoder."""
    if modality.kind == "image":
        return pictures.image_pixels(_as_bytes(values), hidden)
    if modality.kind in ("vector", "text"):
        return pictures.vector_pixels(values, scale, hidden)
    return pictures.sequence_pixels(values, scale, None if hidden is None else hidden[: len(values)])


def _as_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Stored images as they are; augmented ones with ImageNet's normalisation undone."""
    if values.dtype == np.uint8:
        return values
    mean, std = np.array(IMAGENET_MEAN), np.array(IMAGENET_STD)
    if len(values) != len(mean):
        mean, std = mean.mean(keepdims=True), std.mean(keepdims=True)
    pixels: NDArray[np.uint8] = (
        (255 * (values * std[:, None, None] + mean[:, None, None])).round().clip(0, 255).astype(np.uint8)
    )
    return pixels
