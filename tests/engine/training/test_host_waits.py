"""A training step never makes the host wait for the device, but for the places that docs/benchmarks.md names.

Seen without a device: on fake tensors, which have shapes and no values, whatever asks for a value raises; and
calls that copy from one memory to the other, or hand over numbers, are caught on their way.
"""

import pytest
import torch
from objective_cases import PROGRESS, TASKS, experiment, labels, modalities, replace, view
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)
from torch.overrides import TorchFunctionMode

from engine.augmentations.simclr import apply, draw
from engine.dataset import Modality, Samples
from engine.objective import build_objective
from engine.presets.preset import method_names
from engine.settings.augmentation import (
    NoiseAugmentation,
    SimclrAugmentation,
    TokenMaskingAugmentation,
)
from engine.settings.encoder import ClipTextSettings, MlpSettings
from engine.settings.experiment import parse
from engine.training.updates import set_learning
from engine.views import augmented_views, view_plan

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


def fake(samples, mode):
    """The samples without their values."""
    return Samples(*(part if part is None else mode.from_tensor(part) for part in samples))


def one_step(method, fusion=None, **own):
    """All updates' losses and gradients of a step, on tensors without values."""
    real = [view(PAIR, 6, seed) for seed in (1, 2)]
    model = build_objective(experiment(method, fusion, **own), modalities(*PAIR), TASKS)
    with FakeTensorMode() as mode:
        for module in model.modules():
            for tensors in (module._parameters, module._buffers):
                tensors |= {
                    name: mode.from_tensor(value) for name, value in tensors.items() if value is not None
                }
        views = [{name: fake(samples, mode) for name, samples in one.items()} for one in real]
        known = {name: mode.from_tensor(values) for name, values in labels(model, 6).items()}
        with NoCopies():
            for phase in model.phases or (None,):
                if phase is not None:
                    set_learning(dict(model.named_parameters()), phase)
                progress = PROGRESS if phase is None else replace(PROGRESS, phase=phase.name)
                model(views[: max(1, model.augmented_views)], progress, known).loss.backward()


@pytest.mark.parametrize("method", [name for name in method_names() if name not in WAITING])
def test_no_objective_waits(method):
    one_step(method)


@pytest.mark.parametrize("own", [{"term_weights": (1.0, 1.0, 1.0, 1.0, 5.0)}, {"uniformity_weight": 0.1}])
def test_nor_does_infmasking_with_all_it_can_have(own):
    one_step("infmasking", **own)


@pytest.mark.parametrize(
    ("method", "fusion"), [("mae", None), ("infmasking", {"layers": 2}), ("comm", {"pool": "mean"})]
)
def test_the_places_that_wait_are_found(method, fusion):
    """So that the tests above can fail; these places are named in docs/benchmarks.md."""
    with pytest.raises((Waited, DataDependentOutputException)):
        one_step(method, fusion)


def test_views_of_every_kind_do_not_wait():
    """Images go through every operation together, as on a device."""
    noise = NoiseAugmentation(drop=0.8)
    plan = view_plan(
        parse({"data": {"name": "bits"}, "objective": {"name": "comm"}, "shared_augmentation": True}),
        [
            Modality("steps", "sequence", (6, 2), MlpSettings(), noise),
            Modality("table", "vector", (3,), MlpSettings(), noise),
            Modality("text", "text", (5,), ClipTextSettings(), TokenMaskingAugmentation(), 3, (0, 1, 2)),
        ],
    )
    generator, padding = torch.Generator().manual_seed(0), torch.zeros(4, 6, dtype=torch.bool)
    batch = {
        "steps": Samples(torch.zeros(4, 6, 2), padding),
        "table": Samples(torch.zeros(4, 3)),
        "text": Samples(torch.zeros(4, 5, dtype=torch.long), padding[:, :5]),
    }
    images = torch.zeros(4, 3, 32, 32, dtype=torch.uint8)

    def every_view(together):
        augmented_views(batch, plan, generator, 2)
        apply(images, draw(images.shape, SimclrAugmentation(), generator), together)

    every_view(True)  # the first time makes the constants
    with FakeTensorMode(allow_non_fake_inputs=True), NoCopies():
        every_view(True)
        with pytest.raises((DynamicOutputShapeException, DataDependentOutputException)):
            every_view(False)
