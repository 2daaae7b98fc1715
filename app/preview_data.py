"""What the data page shows of a data set, computed where torch is: facts, sample pairs, augmented and masked views."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from app import preview_pictures as pictures
from engine.dataset import Modality, MultimodalDataset, Samples, Split, Task, load_dataset
from engine.datasets.rendering.images import NAMES, render
from engine.encoder import Encoder, Tokens
from engine.image_augmentation import IMAGENET_MEAN, IMAGENET_STD
from engine.masking import draw_kept, join
from engine.multimodal import FusedObjective
from engine.objective import build_objective
from engine.randomness import derive_seed, numpy_generator, torch_generator
from engine.settings.dataset import TrifeatureSettings
from engine.settings.experiment import ExperimentSettings, SettingsError
from engine.settings.objective import InfmaskingSettings
from engine.views import augmented_views, view_plan

Facts = dict[str, Any]
SAMPLES = 8
VIEWED = 3
MASKS_SHOWN = 3
SHEET_SIDE = 84
MOST_CLASSES = 200


def describe(settings: Any, folder: Path, home: Path) -> Facts:
    """Modalities, splits, tasks with their counts, and pictures of some test samples; for Trifeature also a contact sheet."""
    dataset = load_dataset(settings, home)
    splits = ("train", "validation", "probe_train", "probe_validation", "probe_test")
    facts: Facts = {
        "modalities": [_modality(modality) for modality in dataset.modalities],
        "splits": {name: len(getattr(dataset, name)) for name in splits},
        "tasks": [_task(task, dataset) for task in dataset.tasks],
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
    facts = {"name": task.name, "kind": task.kind, "measures": task.measures, "classes": task.classes, "chance": task.chance}
    facts |= {"class_names": list(task.class_names), "information": asdict(task.information) if task.information else None}
    return facts | {"splits": {name: _labels(task, getattr(dataset, name)) for name in ("probe_train", "probe_test")}}


def _labels(task: Task, split: Split) -> Facts:
    """Samples of each class; for a regression the range, mean and deviation of the target."""
    values = split.labels[task.name]
    if task.kind == "regression":
        numbers = values.double()
        return {
            "least": numbers.min().item(),
            "most": numbers.max().item(),
            "mean": numbers.mean().item(),
            "sd": numbers.std().item(),
        }
    counts = values.sum(0) if task.kind == "multilabel" else torch.bincount(values.long(), minlength=task.classes)
    return {"counts": counts.tolist()[:MOST_CLASSES]}


def _samples(dataset: MultimodalDataset, folder: Path) -> list[Facts]:
    """Pictures and labels of test samples; where there is a synergy task, of its classes in turn."""
    split = dataset.probe_test
    order = torch.randperm(len(split), generator=torch_generator(0, "preview"))
    asked = next((task for task in dataset.tasks if task.measures == "synergy"), None)
    if asked is not None:
        labels = split.labels[asked.name][order]
        turns = [order[labels == value][: SAMPLES // asked.classes + 1] for value in range(asked.classes - 1, -1, -1)]
        order = torch.stack([turn[i] for i in range(min(map(len, turns))) for turn in turns])
    chosen = order[:SAMPLES]
    batch = split.batch(chosen)
    shown = []
    for place, row in enumerate(chosen.tolist()):
        drawn: dict[str, str] = {}
        for modality in dataset.modalities:
            pixels = _draw(modality, _own(batch[modality.name], place), _scale(batch[modality.name]))
            drawn[modality.name] = pictures.save(pixels, folder / f"sample-{place}-{len(drawn)}.png")
        shown.append(
            {"pictures": drawn, "labels": {task.name: _label(task, split.labels[task.name][row]) for task in dataset.tasks}}
        )
    return shown


def _label(task: Task, value: Tensor) -> str:
    if task.kind == "regression":
        return ", ".join(f"{one:.3g}" for one in value.flatten().tolist())
    names = task.class_names
    if task.kind == "multilabel":
        present = value.nonzero().flatten().tolist()
        return ", ".join(names[i] if names else str(i) for i in present) or "none"
    return names[int(value)] if names else str(int(value))


def _contact_sheet(folder: Path) -> str:
    """Every shape with every texture; colours run along the diagonals."""
    shapes, colours, textures = NAMES
    features = np.array(
        [(row, (row + column) % len(colours), column) for row in range(len(shapes)) for column in range(len(textures))]
    )
    images = render(features, SHEET_SIDE, numpy_generator(0, "preview/sheet"))
    grid = images.reshape(len(shapes), len(textures), *images.shape[1:])
    return pictures.save_sheet(grid, shapes, textures, folder / "sheet.png")


def show_views(settings: ExperimentSettings, folder: Path, home: Path) -> Facts:
    """Of a few training samples: as stored, two augmented views, and masked versions of the first, tokens drawn as the method
    draws them. Raises `SettingsError` for a method without masks."""
    own = settings.objective
    if not isinstance(own, InfmaskingSettings):
        raise SettingsError(f"masked views belong to infmasking; the settings are of {own.name}")
    dataset = load_dataset(settings.data, home)
    plan = view_plan(settings, dataset.modalities)
    torch.manual_seed(derive_seed(settings.seed, "weights"))
    objective = build_objective(settings, dataset.modalities).eval()
    assert isinstance(objective, FusedObjective)
    batch = dataset.train.batch(torch.randperm(len(dataset.train), generator=torch_generator(0, "preview/views"))[:VIEWED])
    views = augmented_views(batch, plan, torch_generator(settings.seed, "preview/augmentation"), 2)
    with torch.inference_mode():
        tokens = {name: objective.encode(name, samples) for name, samples in views[0].items()}
    joined = join(list(tokens.values()))
    kept = draw_kept(joined, own.mask_ratio, min(own.masks, MASKS_SHOWN), torch_generator(settings.seed, "preview/masks"))
    hidden = dict(zip(tokens, torch.split(~kept & joined.is_valid[:, None], list(joined.sizes), -1), strict=True))
    facts: Facts = {"masks": own.masks, "mask_ratio": own.mask_ratio, "modalities": []}
    for modality in dataset.modalities:
        name = modality.name
        encoder = objective.encoders[name]
        assert isinstance(encoder, Encoder)
        drawn = _views_of(modality, batch[name], [view[name] for view in views], hidden[name], encoder.grid, folder)
        facts["modalities"].append({"name": name, "kind": modality.kind, "samples": drawn} | _counts(tokens[name], hidden[name]))
    return facts


def _counts(tokens: Tokens, hidden: Tensor) -> Facts:
    return {"tokens": tokens.values.shape[1], "hidden": int(hidden[0, 0].sum())}


def _views_of(
    modality: Modality, stored: Samples, views: list[Samples], hidden: Tensor, grid: tuple[int, ...], folder: Path
) -> list[Facts]:
    """Pictures of one modality, a row a sample: stored, both views, masked versions of the first."""
    rows: list[Facts] = []
    scale = _scale(stored)
    for place in range(len(stored.values)):
        stem = f"view-{modality.name.encode().hex()}-{place}"
        masks = [mask.numpy().reshape(grid or (-1,)) for mask in hidden[place]]
        first = _own(views[0], place)
        rows.append(
            {
                "stored": pictures.save(_draw(modality, _own(stored, place), scale), folder / f"{stem}-stored.png"),
                "views": [
                    pictures.save(_draw(modality, _own(view, place), scale), folder / f"{stem}-augmented-{i}.png")
                    for i, view in enumerate(views)
                ],
                "masked": [
                    pictures.save(_draw(modality, first, scale, mask), folder / f"{stem}-masked-{i}.png")
                    for i, mask in enumerate(masks)
                ],
            }
        )
    return rows


def _own(samples: Samples, place: int) -> NDArray[Any]:
    """One sample's values, without its padding."""
    values = samples.values[place]
    if samples.is_padding is not None:
        values = values[~samples.is_padding[place]]
    return values.numpy()


def _scale(samples: Samples) -> float:
    """The value that gets the full colour: nearly the largest of the batch, so that one outlier does not blacken the rest."""
    if samples.values.dtype == torch.uint8:
        return 255.0
    return float(np.quantile(np.abs(samples.values.numpy()), 0.98)) or 1.0


def _draw(modality: Modality, values: NDArray[Any], scale: float, hidden: NDArray[np.bool_] | None = None) -> pictures.Pixels:
    if modality.kind == "image":
        return pictures.image_pixels(_as_bytes(values), hidden)
    if modality.kind == "vector":
        return pictures.vector_pixels(values, scale, hidden)
    return pictures.sequence_pixels(values, scale, None if hidden is None else hidden[: len(values)])


def _as_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Stored images as they are; augmented ones with ImageNet's normalisation undone."""
    if values.dtype == np.uint8:
        return values
    mean, std = np.array(IMAGENET_MEAN), np.array(IMAGENET_STD)
    if len(values) != len(mean):
        mean, std = mean.mean(keepdims=True), std.mean(keepdims=True)
    pixels: NDArray[np.uint8] = (255 * (values * std[:, None, None] + mean[:, None, None])).round().clip(0, 255).astype(np.uint8)
    return pixels
