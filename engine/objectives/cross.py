"""Cross, the CLIP loss (Radford et al., 2021): aligns one modality with the other; what only one of them holds is lost."""

import math
from collections.abc import Sequence

import torch
from torch import nn

from engine.dataset import Modality
from engine.gathering import gather_batch
from engine.losses import clip_loss
from engine.objective import Progress, StepOutput, View
from engine.separate import SeparateObjective, check_two
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import CrossSettings

LARGEST_SCALE = 100.0


class Cross(SeparateObjective):
    """Loss: symmetric cross-entropy of cosine similarities × a learned scale, on one augmented view of each modality.

    The scale is kept as its logarithm and never exceeds 100, as in CLIP: above it training is unstable.
    """

    augmented_views = 1

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], own: CrossSettings):
        check_two(settings, modalities)
        super().__init__(settings, modalities, own.width)
        self.log_scale = nn.Parameter(torch.tensor(-math.log(own.initial_temperature)))

    def forward(self, views: Sequence[View], progress: Progress) -> StepOutput:
        first, second = (gather_batch(self.project(name, views[0][name])) for name in self.encoders)
        scale = self.log_scale.exp().clamp(max=LARGEST_SCALE)
        loss, accuracy = clip_loss(first, second, scale)
        return StepOutput(loss, {"contrast": loss.detach(), "accuracy": accuracy, "scale": scale.detach()})


def build(settings: ExperimentSettings, modalities: Sequence[Modality]) -> Cross:
    """The objective; raises `SettingsError` unless there are two modalities."""
    assert isinstance(settings.objective, CrossSettings)
    return Cross(settings, modalities, settings.objective)
