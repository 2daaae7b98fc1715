"""Views of a batch: what objectives and probes see of it. A plan says how; the random generator is always an
argument."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from engine.augmentation import Augmentation, build_augmentation, plain
from engine.dataset import Modality, Samples
from engine.objective import View
from engine.settings.augmentation import AugmentationSettings
from engine.settings.experiment import ExperimentSettings, SettingsError


@dataclass(frozen=True)
class ViewPlan:
    """The modalities, the augmentation of each (settings, and what they build), and whether one draw of noise
    and drop serves all."""

    modalities: Mapping[str, Modality]
    augmentations: Mapping[str, AugmentationSettings]
    built: Mapping[str, Augmentation]
    shared: bool


def view_plan(settings: ExperimentSettings, modalities: Sequence[Modality]) -> ViewPlan:
    """The plan that the settings ask for, or that the data set recommends where they name none.

    Raises `SettingsError` for a name that is no modality and an augmentation that does not fit its modality's
    kind.
    """
    names = [modality.name for modality in modalities]
    _check_names("encoders", settings.encoders, names)
    _check_names("augmentations", settings.augmentations, names)
    augmentations = {m.name: settings.augmentations.get(m.name, m.augmentation) for m in modalities}
    return ViewPlan(
        modalities={m.name: m for m in modalities},
        augmentations=augmentations,
        built={m.name: build_augmentation(augmentations[m.name], m) for m in modalities},
        shared=settings.shared_augmentation,
    )


def _check_names(group: str, named: Iterable[str], modalities: list[str]) -> None:
    for name in named:
        if name not in modalities:
            raise SettingsError(f"{group} names '{name}'; the modalities are {', '.join(modalities)}")


def augmented_views(
    batch: Mapping[str, Samples], plan: ViewPlan, generator: torch.Generator, count: int
) -> list[View]:
    """`count` independently augmented views of a batch, float32, on the device of the batch and of the
    generator."""
    return [_augmented(batch, plan, generator) for _ in range(count)]


def plain_view(batch: Mapping[str, Samples], plan: ViewPlan) -> View:
    """The batch as it is, float32: images normalised by ImageNet's statistics; nothing is random."""
    return {name: plain(samples, plan.modalities[name]) for name, samples in batch.items()}


def _augmented(batch: Mapping[str, Samples], plan: ViewPlan, generator: torch.Generator) -> View:
    shared: dict[str, Any] = {}
    if plan.shared:
        for kind in dict.fromkeys(type(plan.built[name]) for name in batch):
            alike = [name for name in batch if type(plan.built[name]) is kind]
            draws = plan.built[alike[0]].shared_draws([batch[name] for name in alike], generator)
            shared |= dict.fromkeys(alike, draws)
    return {name: plan.built[name](samples, generator, shared.get(name)) for name, samples in batch.items()}
