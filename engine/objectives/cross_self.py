"""Cross+Self: aligns the two modalities with each other, and two augmented views of each modality with
themselves."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.dataset import Modality, Task
from engine.gathering import gather_batch
from engine.losses.contrastive import Contrast, info_nce
from engine.objective import NO_LABELS, Labels, Progress, StepOutput, View
from engine.objectives.bases.fused import module_dict
from engine.objectives.bases.separate import SeparateObjective, check_two, self_head
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import CrossSelfSettings


def cross_self_terms(
    pair: tuple[Tensor, Tensor],
    first_views: tuple[Tensor, Tensor],
    second_views: tuple[Tensor, Tensor],
    temperature: float,
) -> list[Contrast]:
    """Cross+Self's terms: InfoNCE of the pair of modalities, then of two views of the first and of the
    second, all (N, E)."""
    return [
        info_nce(*pair, temperature),
        info_nce(*first_views, temperature),
        info_nce(*second_views, temperature),
    ]


class CrossSelf(SeparateObjective):
    """Loss: InfoNCE(modality 1, modality 2) + self_weight · ½[InfoNCE of two views of modality 1 + same for
    modality 2].

    Embeddings are a head's (Linear, ReLU, Linear) on each modality's representation; the pair is taken from
    the first view.
    """

    def __init__(
        self, settings: ExperimentSettings, modalities: Sequence[Modality], method: CrossSelfSettings
    ):
        check_two(settings, modalities)
        super().__init__(settings, modalities, method.width)
        self.method = method
        self.heads = module_dict({name: self_head(method) for name in self.encoders})

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        """InfoNCE between the modalities plus the weighted mean of InfoNCE of two views of each;
        reads two views."""
        (first, first_again), (second, second_again) = (
            gather_batch(self.heads[name](self.project_views(name, views))).unbind() for name in self.encoders
        )
        pair, *alone = cross_self_terms(
            (first, second), (first, first_again), (second, second_again), self.method.temperature
        )
        loss = pair.loss + self.method.self_weight * torch.stack([term.loss for term in alone]).mean()
        shown = {"cross": pair.loss.detach()}
        shown |= {f"self_{name}": term.loss.detach() for name, term in zip(self.encoders, alone, strict=True)}
        return StepOutput(loss, shown | {"accuracy": pair.accuracy})


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> CrossSelf:
    """The objective; raises `SettingsError` unless there are two modalities."""
    assert isinstance(settings.objective, CrossSelfSettings)
    return CrossSelf(settings, modalities, settings.objective)
