"""Cross+Self: aligns the two modalities with each other, and two augmented views of each modality with themselves."""

from collections.abc import Sequence

import torch
from torch import nn

from engine.dataset import Modality, Samples
from engine.gathering import gather_batch
from engine.losses import cross_self_terms
from engine.multimodal import along_batch, module_dict
from engine.objective import Progress, StepOutput, View
from engine.pairwise import PairwiseObjective
from engine.settings.experiment import ExperimentSettings
from engine.settings.objective import CrossSelfSettings


class CrossSelf(PairwiseObjective):
    """Loss: InfoNCE(modality 1, modality 2) + self_weight · ½[InfoNCE of two views of modality 1 + same for modality 2].

    Embeddings are a head's (Linear, ReLU, Linear) on each modality's representation; the pair is taken from the first view.
    """

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], own: CrossSelfSettings):
        super().__init__(settings, modalities, own.width)
        self.own = own
        self.heads = module_dict(
            {
                name: nn.Sequential(nn.Linear(own.width, own.hidden), nn.ReLU(), nn.Linear(own.hidden, own.head_width))
                for name in self.encoders
            }
        )

    def forward(self, views: Sequence[View], progress: Progress) -> StepOutput:
        (first, first_again), (second, second_again) = (
            self._embed(name, [view[name] for view in views]) for name in self.encoders
        )
        pair, *alone = cross_self_terms((first, second), (first, first_again), (second, second_again), self.own.temperature)
        loss = pair.loss + self.own.self_weight * torch.stack([term.loss for term in alone]).mean()
        shown = {"cross": pair.loss.detach()}
        shown |= {f"self_{name}": term.loss.detach() for name, term in zip(self.encoders, alone, strict=True)}
        return StepOutput(loss, shown | {"accuracy": pair.accuracy})

    def _embed(self, name: str, samples: Sequence[Samples]) -> tuple[torch.Tensor, torch.Tensor]:
        """Embeddings (N, head width) of the two views of one modality, over the global batch."""
        embedded = self.heads[name](self.project(name, along_batch(samples)))
        first, second = gather_batch(torch.stack(embedded.tensor_split(2)))
        return first, second


def build(settings: ExperimentSettings, modalities: Sequence[Modality]) -> CrossSelf:
    """The objective; raises `SettingsError` unless there are two modalities."""
    assert isinstance(settings.objective, CrossSelfSettings)
    return CrossSelf(settings, modalities, settings.objective)
