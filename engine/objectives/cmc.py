"""CMC, contrastive multiview coding (Tian et al., ECCV 2020): aligns every modality with every other one."""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

from engine.dataset import Modality, Task
from engine.gathering import gather_batch
from engine.losses.contrastive import Contrast, info_nce
from engine.objective import NO_LABELS, Labels, Progress, StepOutput, View
from engine.objectives.bases.separate import SeparateObjective
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import CmcSettings


def cmc_terms(embeddings: Sequence[Tensor], temperature: float) -> list[Contrast]:
    """CMC's terms (Tian et al., 2020): InfoNCE of every pair of modalities (N, E), in the order (1, 2), (1,
    3), …, (2, 3), …"""
    return [info_nce(first, second, temperature) for first, second in itertools.combinations(embeddings, 2)]


class Cmc(SeparateObjective):
    """Loss: mean over the pairs of modalities i < j of InfoNCE(z_i, z_j), on one augmented view of each
    modality.

    z are the linear projections. With two modalities it is Cross with InfoNCE in the place of CLIP's loss.
    """

    augmented_views = 1

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], method: CmcSettings):
        super().__init__(settings, modalities, method.width)
        self.method = method
        self.term_names = [
            f"align_{first}_{second}" for first, second in itertools.combinations(self.encoders, 2)
        ]

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        local = torch.stack([self.project(name, views[0][name]) for name in self.encoders])
        losses, accuracies = zip(
            *cmc_terms(gather_batch(local).unbind(), self.method.temperature), strict=True
        )
        shown = dict(zip(self.term_names, (loss.detach() for loss in losses), strict=True))
        return StepOutput(torch.stack(losses).mean(), shown | {"accuracy": torch.stack(accuracies).mean()})


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> Cmc:
    """The objective, for two modalities or more."""
    assert isinstance(settings.objective, CmcSettings)
    return Cmc(settings, modalities, settings.objective)
