"""Views of a batch: what objectives and probes see of it. A plan says how; the random generator is always an
argument."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from engine.augmentations.noise import NoiseDraws, add_noise_and_drop, draw_noise, mask_tokens
from engine.augmentations.simclr import normalise, simclr
from engine.dataset import Modality, Samples
from engine.objective import View
from engine.settings.augmentation import (
    AugmentationSettings,
    NoiseAugmentation,
    SimclrAugmentation,
    TokenMaskingAugmentation,
)
from engine.settings.experiment import ExperimentSettings, SettingsError


@dataclass(frozen=True)
class ViewPlan:
    """The augmentation of each modality, which of them are images or texts, and whether one draw of noise and
    drop serves all."""

    augmentations: Mapping[str, AugmentationSettings]
    images: frozenset[str]
    shared: bool
    texts: Mapping[str, Modality] = field(default_factory=dict)


def view_plan(settings: ExperimentSettings, modalities: Sequence[Modality]) -> ViewPlan:
    """The plan that the settings ask for, or that the data set recommends where they name none.

    Raises `SettingsError` for a name that is no modality and an augmentation that does not fit its modality's
    kind.
    """
    names = [modality.name for modality in modalities]
    _check_names("encoders", settings.encoders, names)
    _check_names("augmentations", settings.augmentations, names)
    augmentations = {m.name: settings.augmentations.get(m.name, m.augmentation) for m in modalities}
    for modality in modalities:
        _check_fit(modality, augmentations[modality.name])
    images = frozenset(modality.name for modality in modalities if modality.kind == "image")
    texts = {modality.name: modality for modality in modalities if modality.kind == "text"}
    return ViewPlan(augmentations, images, settings.shared_augmentation, texts)


def _check_names(group: str, named: Iterable[str], modalities: list[str]) -> None:
    for name in named:
        if name not in modalities:
            raise SettingsError(f"{group} names '{name}'; the modalities are {', '.join(modalities)}")


def _check_fit(modality: Modality, augmentation: AugmentationSettings) -> None:
    where = f"augmentations.{modality.name}"
    if isinstance(augmentation, SimclrAugmentation) and modality.kind != "image":
        other = "token_masking" if modality.kind == "text" else "noise"
        raise SettingsError(
            f"{where} is 'simclr', which is for images; a {modality.kind} can have {other} or none"
        )
    if isinstance(augmentation, NoiseAugmentation) and modality.kind in ("image", "text"):
        of_kind = "an image can have simclr" if modality.kind == "image" else "a text can have token_masking"
        raise SettingsError(f"{where} is 'noise', which is for vectors and sequences; {of_kind} or none")
    if isinstance(augmentation, TokenMaskingAugmentation):
        if modality.kind != "text":
            raise SettingsError(
                f"{where} is 'token_masking', which is for texts; '{modality.name}' is a {modality.kind}"
            )
        if modality.mask_token is None:
            raise SettingsError(
                f"{where} is 'token_masking', but the tokenizer has no token to put in place; choose none"
            )


def augmented_views(
    batch: Mapping[str, Samples], plan: ViewPlan, generator: torch.Generator, count: int
) -> list[View]:
    """`count` independently augmented views of a batch, float32, on the device of the batch and of the
    generator."""
    return [_augmented(batch, plan, generator) for _ in range(count)]


def plain_view(batch: Mapping[str, Samples], plan: ViewPlan) -> View:
    """The batch as it is, float32: images normalised by ImageNet's statistics; nothing is random."""
    return {name: _plain(name, samples, plan) for name, samples in batch.items()}


def _plain(name: str, samples: Samples, plan: ViewPlan) -> Samples:
    if name in plan.texts:  # token ids
        return samples
    values = normalise(samples.values) if name in plan.images else samples.values.float()
    return Samples(values, samples.is_padding)


def _augmented(batch: Mapping[str, Samples], plan: ViewPlan, generator: torch.Generator) -> View:
    shared = _shared_draws(batch, plan, generator) if plan.shared else None
    view = {}
    for name, samples in batch.items():
        augmentation = plan.augmentations[name]
        if isinstance(augmentation, SimclrAugmentation):
            view[name] = Samples(simclr(samples.values, augmentation, generator))
        elif isinstance(augmentation, NoiseAugmentation):
            view[name] = _noisy(_plain(name, samples, plan), augmentation, shared, generator)
        elif isinstance(augmentation, TokenMaskingAugmentation):
            view[name] = mask_tokens(samples, augmentation, plan.texts[name], generator)
        else:
            view[name] = _plain(name, samples, plan)
    return view


def _shared_draws(
    batch: Mapping[str, Samples], plan: ViewPlan, generator: torch.Generator
) -> NoiseDraws | None:
    """One draw for all modalities with noise, as long as the longest sequence among them."""
    noisy = [
        samples.values
        for name, samples in batch.items()
        if isinstance(plan.augmentations[name], NoiseAugmentation)
    ]
    if not noisy:
        return None
    steps = max((values.shape[1] for values in noisy if values.ndim == 3), default=0)
    return draw_noise(len(noisy[0]), steps, generator)


def _noisy(
    samples: Samples, augmentation: NoiseAugmentation, shared: NoiseDraws | None, generator: torch.Generator
) -> Samples:
    b, steps = samples.values.shape[:2]
    draws = shared
    if draws is None:
        draws = draw_noise(b, steps, generator)
    elif (
        samples.values.ndim == 2
    ):  # features of different modalities do not correspond: only steps are shared
        draws = draws._replace(steps=draw_noise(b, steps, generator).steps)
    return add_noise_and_drop(samples, augmentation, draws, generator)
