"""InfMasking (Wen, Dai et al., NeurIPS 2025): CoMM plus alignment of the fusion with randomly masked versions
of itself."""

from collections.abc import Sequence

import torch

from engine.dataset import Modality, Task
from engine.losses.contrastive import infmasking_terms, ramp, uniformity, weighted_mean
from engine.nets.masking import draw_kept
from engine.objective import NO_LABELS, Labels, Progress, StepOutput, View
from engine.objectives.bases.fused import FusedObjective, check_term_weights
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import InfmaskingSettings


class Infmasking(FusedObjective):
    """Loss: mean of weight × term over the two masked terms, the modalities and the fusion
    (docs/method.md#losses).

    Only the fusion of all modalities is masked; masks are drawn anew for every sample, view and step.
    """

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], own: InfmaskingSettings):
        super().__init__(settings, modalities, own.projection, masks=True)
        self.own = own
        self.term_names = [
            "mask_view1",
            "mask_view2",
            *(f"align_{name}" for name in [*self.encoders, "fusion"]),
        ]
        check_term_weights(own.term_weights, self.term_names)

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        """Masked terms of both views, then the CoMM terms of each modality and the fusion; their weighted
        mean."""
        own = self.own
        device = self.fusion.norm.weight.device
        generator = progress.generator("masks", device)
        plain, masked = self.embed(
            views, lambda tokens: draw_kept(tokens, own.mask_ratio, own.masks, generator)
        )
        mask_terms, align_terms = infmasking_terms(
            plain[0].unbind(),
            plain[1].unbind(),
            *masked,
            own.temperature,
            ramp(own.variance_weight, progress.epoch, progress.epochs),
            own.cross_views,
        )
        losses = [*mask_terms, *(term.loss for term in align_terms)]
        loss = weighted_mean(losses, own.term_weights)
        shown = dict(zip(self.term_names, (term.detach() for term in losses), strict=True))
        shown["accuracy"] = torch.stack([term.accuracy for term in align_terms]).mean()
        if own.uniformity_weight:
            entropy = uniformity([*plain[0].unbind(), *plain[1].unbind()])
            loss = loss - own.uniformity_weight * entropy
            shown["uniformity"] = entropy.detach()
        return StepOutput(loss, shown)


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> Infmasking:
    """The objective; raises `SettingsError` for a wrong number of term weights."""
    assert isinstance(settings.objective, InfmaskingSettings)
    return Infmasking(settings, modalities, settings.objective)
