"""Loss and gradients of every objective, on the device in float32 against the CPU.

On a card the reference is the CPU in float32. On the CPU, where that would compare a number with itself, it
is float64.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from machine import Setup
from parts import Cases, Outcome
from torch import Tensor

from engine.dataset import Modality, Samples, Task
from engine.objective import Objective, Progress, View, build_objective
from engine.presets.preset import method_names
from engine.settings.augmentation import NoAugmentation
from engine.settings.encoder import MlpSettings, SmallCnnSettings
from engine.settings.experiment import parse
from engine.training.updates import set_learning

TOLERANCE = 1e-4
SMALL = 0.1
"""What is below this share of the largest gradient, or a loss below so many nats, is held against it: where
terms cancel, a relative error is rounding alone."""
BATCH = 16
_HEAD = {"hidden": 32, "width": 16}
NARROW: dict[str, dict[str, object]] = {
    "comm": {"projection": _HEAD},
    "infmasking": {"projection": _HEAD},
    "comm_align": {"projection": _HEAD},
    "hril": {"projection": _HEAD, "rank": 8},
    "simclr": _HEAD,
    "slip": _HEAD,
    "cross_self": _HEAD,
    "factorcl": {"width": 16, "critic_hidden": 32},
}
"""Few hidden units: with many, some stand so near zero that rounding alone decides whether they pass."""
TASKS = (Task("word", "classification", classes=3), Task("tags", "multilabel", classes=2))
MODALITIES = (
    Modality("scene", "image", (3, 32, 32), SmallCnnSettings(channels=(8, 16)), NoAugmentation()),
    Modality("speech", "sequence", (12, 6), MlpSettings(hidden=(16,), width=24), NoAugmentation()),
)


@dataclass(frozen=True)
class SameDraws(Progress):
    """Draws on the CPU whatever the device, so that both sides hide the same tokens."""

    def generator(self, purpose: str, device: torch.device | str) -> torch.Generator:
        return super().generator(purpose, "cpu")


PROGRESS = SameDraws(epoch=1, epochs=4, step=7, seed=3)


def cases(setup: Setup) -> Cases:
    """One case an objective."""
    return {method: partial(compare, method, setup) for method in method_names()}


def compare(method: str, setup: Setup) -> Outcome:
    """The largest relative difference of the losses and of any parameter's gradient, over all phases of a
    step."""
    device, reference = torch.device(setup.device), torch.float64 if setup.device == "cpu" else torch.float32
    content = {
        "data": {"name": "bits"},
        "objective": {"name": method} | NARROW.get(method, {}),
        "fusion": {"width": 32, "heads": 4},
    }
    torch.manual_seed(0)
    model = build_objective(parse(content), MODALITIES, TASKS)
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    expected = gradients(model.to(reference), method, torch.device("cpu"), reference)
    model.load_state_dict(weights)
    found = gradients(model.to(device, torch.float32), method, device, torch.float32)
    worst, where = max(_differences(found, expected))
    return Outcome("ok" if worst <= TOLERANCE else "FAILED", f"{worst:.1e} at most, at {where}")


def gradients(model: Objective, method: str, device: torch.device, dtype: torch.dtype) -> dict[str, Tensor]:
    """The loss and the gradients of every phase of one step, as float64 on the CPU."""
    views, labels = _batch(max(1, model.augmented_views), device, dtype)
    learnable = dict(model.named_parameters())
    results: dict[str, Tensor] = {}
    for phase in model.phases or (None,):
        name = "" if phase is None else phase.name
        if phase is not None:
            set_learning(learnable, phase)
        model.zero_grad(set_to_none=True)
        own = {task: labels[task] for task in model.label_names}
        output = model(views, replace(PROGRESS, phase=name), own)
        output.loss.backward()
        results[f"{name} loss"] = output.loss.detach().double().cpu()
        results |= {
            f"{name} {key}": value.grad.double().cpu()
            for key, value in learnable.items()
            if value.grad is not None
        }
    return results


def _batch(views: int, device: torch.device, dtype: torch.dtype) -> tuple[list[View], dict[str, Tensor]]:
    draw = torch.Generator().manual_seed(1)
    padding = torch.arange(12) >= torch.randint(3, 13, (BATCH, 1), generator=draw)

    def view() -> View:
        values = {m.name: torch.randn(BATCH, *m.shape, generator=draw).to(device, dtype) for m in MODALITIES}
        return {"scene": Samples(values["scene"]), "speech": Samples(values["speech"], padding.to(device))}

    labels = {
        "word": torch.randint(0, 3, (BATCH,), generator=draw).to(device),
        "tags": torch.randint(0, 2, (BATCH, 2), generator=draw).to(device),
    }
    return [view() for _ in range(views)], labels


def _differences(found: dict[str, Tensor], expected: dict[str, Tensor]) -> Sequence[tuple[float, str]]:
    assert found.keys() == expected.keys()
    largest = max(float(value.norm()) for name, value in expected.items() if not name.endswith(" loss"))
    differences = []
    for name, value in expected.items():
        least = SMALL if name.endswith(" loss") else SMALL * largest
        scale = max(float(value.norm()), least)
        differences.append((float((found[name] - value).norm()) / scale, name.strip()))
    return differences
