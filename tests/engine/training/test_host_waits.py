"""A training step never makes the host wait for the device, but for the places that docs/benchmarks.md names.

Seen without a device: on fake tensors, which have shapes and no values, whatever asks for a value raises; and calls
that copy from one memory to the other, or hand over numbers, are caught on their way.
"""

import pytest
import torch
from objective_cases import PROGRESS, experiment, labels, modalities, view
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode
from torch.overrides import TorchFunctionMode

from engine.augmentations.noise import mask_tokens
from engine.augmentations.simclr import apply, draw
from engine.dataset import Modality, Samples
from engine.objective import build_objective
from engine.presets.preset import method_names
from engine.settings.augmentation import (
    NoAugmentation,
    NoiseAugmentation,
    SimclrAugmentation,
    TokenMaskingAugmentation,
)
from engine.settings.encoder import ClipTextSettings
from engine.training.updates import set_learning
from engine.views import ViewPlan, augmented_views

PAIR = ("scene", "speech")
COPIES = {
    torch.tensor,
    torch.as_tensor,
    torch.from_numpy,
    torch.Tensor.new_tensor,
    torch.Tensor.cpu,
    torch.Tensor.cuda,
    torch.Tensor.numpy,
    torch.Tensor.tolist,
    torch.Tensor.item,
    torch.linalg.solve,
    torch.linalg.inv,
    torch.linalg.cholesky,
}
"""What copies between host and device, or asks the device whether it went well."""
WAITING = {"mae"}
"""How many tokens the fusion runs over is the largest number that a sample of the batch keeps."""


class Waited(Exception):
    """A call that would wait on a device."""


class NoCopies(TorchFunctionMode):
    """Raises for the calls of `COPIES`."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func in COPIES:
            raise Waited(func.__name__)
        return func(*args, **(kwargs or {}))


def one_step(method, fusion=None, **own):
    """All updates' losses and gradients of a step, on tensors without values."""
    with FakeTensorMode(allow_non_fake_inputs=True) as fake:
        model = build_objective(experiment(method, fusion, **own), modalities(*PAIR), TASKS)
        views = [view(PAIR, 6, seed) for seed in range(max(1, model.augmented_views))]
        views = [{name: Samples(*(fake.from_tensor(part) for part in samples)) if samples.is_padding is not None else samples for name, samples in one.items()} for one in views]
        own_labels = labels(model, 6)
        with NoCopies():
            for phase in model.phases or (None,):
                if phase is not None:
                    set_learning(dict(model.named_parameters()), phase)
                progress = PROGRESS if phase is None else replace(PROGRESS, phase=phase.name)
                model(views, progress, own_labels).loss.backward()
