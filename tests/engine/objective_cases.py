"""Small experiments on made-up modalities that the tests of objectives share."""

import torch

from engine.dataset import Modality, Samples
from engine.objective import build_objective
from engine.settings.augmentation import NoAugmentation
from engine.settings.encoder import MlpSettings, SmallCnnSettings
from engine.settings.experiment import parse

SHAPES = {
    "scene": ("image", (3, 16, 16), SmallCnnSettings(channels=(8, 12))),
    "speech": ("sequence", (6, 5), MlpSettings(hidden=(8,), width=12)),
    "table": ("vector", (7,), MlpSettings(hidden=(8,), tokens=5, width=16)),
}


def modalities(*names):
    return [Modality(name, SHAPES[name][0], SHAPES[name][1], SHAPES[name][2], NoAugmentation()) for name in names]


def experiment(method, fusion=None, **own):
    content = {
        "data": {"name": "bits"},
        "objective": {"name": method, **own},
        "fusion": {"width": 16, "heads": 4} | (fusion or {}),
    }
    return parse(content)


def objective(method, *names, seed=0, fusion=None, **own):
    torch.manual_seed(seed)
    return build_objective(experiment(method, fusion, **own), modalities(*names))


def view(names, samples, seed, padded=True):
    """One view of random samples; sequences are padded to different lengths."""
    generator = torch.Generator().manual_seed(seed)
    content = {}
    for name in names:
        kind, shape, _ = SHAPES[name]
        values, padding = torch.randn(samples, *shape, generator=generator), None
        if kind == "sequence" and padded:
            padding = torch.arange(shape[0]) >= torch.randint(1, shape[0] + 1, (samples, 1), generator=generator)
        content[name] = Samples(values, padding)
    return content


def views(model, names, samples, seed=1):
    return [view(names, samples, seed + i) for i in range(max(1, model.augmented_views))]
