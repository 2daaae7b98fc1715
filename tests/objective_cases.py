"""Small experiments on made-up modalities that the tests of objectives share."""

from dataclasses import replace as replace  # noqa: PLC0414

import torch

from engine.dataset import Modality, Samples, Task
from engine.objective import Progress, build_objective
from engine.settings.augmentation import NoAugmentation
from engine.settings.encoder import MlpSettings, SmallCnnSettings
from engine.settings.experiment import parse

SHAPES = {
    "scene": ("image", (3, 16, 16), SmallCnnSettings(channels=(8, 12))),
    "speech": ("sequence", (6, 5), MlpSettings(hidden=(8,), width=12)),
    "table": ("vector", (7,), MlpSettings(hidden=(8,), tokens=5, width=16)),
}


TASKS = (
    Task("word", "classification", classes=3, chance=1 / 3),
    Task("tags", "multilabel", classes=2),
    Task("train", "regression"),  # a name that torch keeps for itself
)
PROGRESS = Progress(epoch=1, epochs=4, step=7, seed=3)


def modalities(*names):
    return [
        Modality(name, SHAPES[name][0], SHAPES[name][1], SHAPES[name][2], NoAugmentation()) for name in names
    ]


def experiment(method, fusion=None, **own):
    content = {
        "data": {"name": "bits"},
        "objective": {"name": method, **own},
        "fusion": {"width": 16, "heads": 4} | (fusion or {}),
    }
    return parse(content)


def objective(method, *names, seed=0, fusion=None, **own):
    torch.manual_seed(seed)
    return build_objective(experiment(method, fusion, **own), modalities(*names), TASKS)


def view(names, samples, seed, padded=True):
    """One view of random samples; sequences are padded to different lengths."""
    generator = torch.Generator().manual_seed(seed)
    content = {}
    for name in names:
        kind, shape, _ = SHAPES[name]
        values, padding = torch.randn(samples, *shape, generator=generator), None
        if kind == "sequence" and padded:
            padding = torch.arange(shape[0]) >= torch.randint(
                1, shape[0] + 1, (samples, 1), generator=generator
            )
        content[name] = Samples(values, padding)
    return content


def views(model, names, samples, seed=1):
    return [view(names, samples, seed + i) for i in range(max(1, model.augmented_views))]


def labels(model, samples, seed=9):
    """Random labels of the tasks that a model asks for."""
    generator = torch.Generator().manual_seed(seed)
    drawn = {
        "word": torch.randint(0, 3, (samples,), generator=generator),
        "tags": torch.randint(0, 2, (samples, 2), generator=generator),
        "train": torch.randn(samples, generator=generator),
    }
    return {name: drawn[name] for name in model.label_names}


def step(model, views, progress=PROGRESS):
    """What a trainer asks of a model: a step's loss and terms."""
    return model(views, progress, labels(model, len(next(iter(views[0].values())).values)))
