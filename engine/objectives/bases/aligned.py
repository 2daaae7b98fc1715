"""What `comm_align` and `hril` share: each modality aligned with the fusion of the other view, and both views
with each other."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.dataset import Modality
from engine.losses.alignment import alignment_loss
from engine.losses.contrastive import comm_terms
from engine.objective import NO_LABELS, Labels, Progress, StepOutput, View
from engine.objectives.bases.fused import ContrastiveFusionObjective
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import AlignedSettings


class AlignedFusionObjective(ContrastiveFusionObjective):
    """Loss: sum over modalities of CoMM's term, without the one between fusions, + λ_a L_align + what `more`
    adds (docs/method.md#losses)."""

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], method: AlignedSettings):
        super().__init__(settings, modalities, method.projection, masks=False)
        self.method = method

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        first, second = (view.unbind() for view in self.embed(views).plain)
        contrasts = comm_terms(first, second, self.method.temperature)[:-1]
        names = [f"align_{name}" for name in self.encoders]
        terms = dict(zip(names, (contrast.loss for contrast in contrasts), strict=True))
        agreement = alignment_loss(first[:-1], second[:-1], self.method.spread)
        added = self.more(first[:-1], second[:-1])
        loss = torch.stack(list(terms.values())).sum() + self.method.align_weight * agreement
        for weight, term in added.values():
            loss = loss + weight * term
        terms |= {"agreement": agreement} | {name: term for name, (_, term) in added.items()}
        accuracy = torch.stack([contrast.accuracy for contrast in contrasts]).mean()
        return StepOutput(
            loss, {name: term.detach() for name, term in terms.items()} | {"accuracy": accuracy}
        )

    def more(self, first: Sequence[Tensor], second: Sequence[Tensor]) -> dict[str, tuple[float, Tensor]]:
        """Further terms by name, each with its weight, of the modalities' embeddings (N, E) in both views."""
        return {}
