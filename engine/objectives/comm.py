"""CoMM (Dufumier, Castillo-Navarro et al., ICLR 2025): aligns two augmented views of the fused
representation."""

from collections.abc import Sequence

import torch

from engine.dataset import Modality, Task
from engine.losses.contrastive import comm_terms, weighted_mean
from engine.objective import NO_LABELS, Labels, Progress, StepOutput, View
from engine.objectives.bases.fused import ContrastiveFusionObjective, check_term_weights
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import CommSettings


class Comm(ContrastiveFusionObjective):
    """Loss: mean of weight × term over the modalities and the fusion (docs/method.md#losses)."""

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], method: CommSettings):
        super().__init__(settings, modalities, method.projection, masks=False)
        self.method = method
        self.term_names = [f"align_{name}" for name in [*self.encoders, "fusion"]]
        check_term_weights(method.term_weights, self.term_names)

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        first, second = self.embed(views).plain
        terms = comm_terms(first.unbind(), second.unbind(), self.method.temperature)
        losses = [term.loss for term in terms]
        shown = dict(zip(self.term_names, (loss.detach() for loss in losses), strict=True))
        accuracy = torch.stack([term.accuracy for term in terms]).mean()
        return StepOutput(weighted_mean(losses, self.method.term_weights), shown | {"accuracy": accuracy})


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> Comm:
    """The objective; raises `SettingsError` for a wrong number of term weights."""
    assert isinstance(settings.objective, CommSettings)
    return Comm(settings, modalities, settings.objective)
