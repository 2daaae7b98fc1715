"""HRIL (Dai, Wen et al., NeurIPS 2026): CoMM-Align, and an interaction of the modalities that no single
rank-one term dominates."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.dataset import Modality, Task
from engine.losses.alignment import interaction_loss
from engine.objectives.bases.aligned import AlignedFusionObjective
from engine.settings.experiment import ExperimentSettings, SettingsError
from engine.settings.objective import HrilSettings

MOST_ENTRIES = 2**20
"""Of the interaction tensor, rank^modalities."""


class Hril(AlignedFusionObjective):
    """Loss: CoMM-Align's + λ_s L_syn (docs/method.md#losses). frames: P_m (M, E, r), drawn once and fixed."""

    frames: Tensor

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], method: HrilSettings):
        super().__init__(settings, modalities, method)
        self.interaction = method
        drawn = torch.randn(len(modalities), method.projection.width, method.rank)
        self.register_buffer("frames", torch.linalg.qr(drawn)[0])

    def more(self, first: Sequence[Tensor], second: Sequence[Tensor]) -> dict[str, tuple[float, Tensor]]:
        term = interaction_loss(first, second, self.frames.unbind(), self.interaction.share)
        return {"interaction": (self.interaction.synergy_weight, term)}


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> Hril:
    """The objective; raises `SettingsError` for an interaction of one modality, one wider than the embedding,
    or one of too many entries."""
    method = settings.objective
    assert isinstance(method, HrilSettings)
    if len(modalities) < 2:
        raise SettingsError("hril needs at least two modalities: it is about their interaction")
    if method.rank > method.projection.width:
        raise SettingsError(
            f"hril: rank {method.rank} is more than the projection's width {method.projection.width}"
        )
    if method.rank ** len(modalities) > MOST_ENTRIES:
        most = int(MOST_ENTRIES ** (1 / len(modalities)) + 1e-9)
        raise SettingsError(
            f"hril: with {len(modalities)} modalities the rank is at most {most}; got {method.rank}"
        )
    return Hril(settings, modalities, method)
