"""What Cross, CMC, SimCLR and their kin share: one encoder and one linear projection a modality, no fusion.

A modality's representation is its mean token, projected. That of several is their projections side by side,
not normalised: the projection is the layer that the loss shaped (the published uniqueness of Cross, near
chance, is only to be had behind it), and a probe may use the lengths that the loss ignores.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from engine.dataset import Modality, Samples
from engine.encoder import Tokens
from engine.nets.tokenizer import mean_token
from engine.objective import Objective, View, build_encoders
from engine.objectives.bases.fused import along_batch, module_dict
from engine.settings.experiment import ExperimentSettings, SettingsError

LARGEST_SCALE = 100.0


class SeparateObjective(Objective):
    """Base of the methods that give every modality a representation (b, width) of its own."""

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], width: int):
        super().__init__()
        encoders = build_encoders(settings, modalities)
        self.encoders = module_dict(encoders)
        self.projections = module_dict(
            {name: nn.Linear(encoder.width, width) for name, encoder in encoders.items()}
        )

    def project(self, name: str, samples: Samples) -> Tensor:
        """A modality's representation (b, width)."""
        projected: Tensor = self.projections[name](mean_token(self.encoders[name](samples)))
        return projected

    def project_views(self, name: str, views: Sequence[View]) -> Tensor:
        """The representations (views, b, width) of one modality in several augmented views, encoded in one
        pass."""
        return torch.stack(
            self.project(name, along_batch([view[name] for view in views])).tensor_split(len(views))
        )

    def encode(self, name: str, samples: Samples) -> Tokens:
        return Tokens(self.project(name, samples)[:, None])

    def fuse(self, tokens: Mapping[str, Tokens]) -> Tensor:
        return torch.cat([tokens[name].values[:, 0] for name in self.encoders if name in tokens], -1)


class HeadSettings(Protocol):
    """Widths of a modality's representation, of the head's hidden layer and of the embedding that the loss
    sees."""

    @property
    def width(self) -> int: ...
    @property
    def hidden(self) -> int: ...
    @property
    def head_width(self) -> int: ...


def self_head(method: HeadSettings) -> nn.Sequential:
    """The head (Linear, ReLU, Linear) behind which augmented views of one modality are contrasted (Chen et
    al., 2020)."""
    return nn.Sequential(
        nn.Linear(method.width, method.hidden), nn.ReLU(), nn.Linear(method.hidden, method.head_width)
    )


def log_scale(initial_temperature: float) -> nn.Parameter:
    """The learned factor of CLIP's similarities, as its logarithm."""
    return nn.Parameter(torch.tensor(-math.log(initial_temperature)))


def bounded_scale(logarithm: Tensor) -> Tensor:
    """The factor itself, at most 100 as in CLIP: above it training is unstable."""
    return logarithm.exp().clamp(max=LARGEST_SCALE)


def check_two(settings: ExperimentSettings, modalities: Sequence[Modality], what: str = "aligns") -> None:
    """Raises `SettingsError` unless there are exactly two modalities."""
    if len(modalities) != 2:
        names = ", ".join(modality.name for modality in modalities)
        raise SettingsError(f"{settings.objective.name} {what} exactly two modalities; got {names}")


def chosen_modality(
    settings: ExperimentSettings, modalities: Sequence[Modality], name: str | None
) -> Modality:
    """The modality of that name; without one the first image, else the first modality. Raises
    `SettingsError`."""
    if name is None:
        return next((m for m in modalities if m.kind == "image"), modalities[0])
    for modality in modalities:
        if modality.name == name:
            return modality
    there = ", ".join(modality.name for modality in modalities)
    raise SettingsError(f"{settings.objective.name} has no modality '{name}' to work on; choose from {there}")
