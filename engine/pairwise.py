"""What Cross and Cross+Self share: one encoder and one linear projection a modality, no fusion.

A modality's representation is its mean token, projected. That of several is their projections side by side, not normalised:
the projection is the layer that the loss shaped (the published uniqueness of Cross, near chance, is only to be had behind
it), and a probe may use the lengths that the loss ignores.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from engine.dataset import Modality, Samples
from engine.encoder import Tokens
from engine.multimodal import module_dict
from engine.objective import Objective, build_encoders
from engine.settings.experiment import ExperimentSettings, SettingsError
from engine.tokenizer import mean_token


class PairwiseObjective(Objective):
    """Base of the methods that align exactly two modalities with each other; raises `SettingsError` for any other number."""

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], width: int):
        super().__init__()
        if len(modalities) != 2:
            names = ", ".join(modality.name for modality in modalities)
            raise SettingsError(f"{settings.objective.name} aligns exactly two modalities; got {names}")
        encoders = build_encoders(settings, modalities)
        self.encoders = module_dict(encoders)
        self.projections = module_dict({name: nn.Linear(encoder.width, width) for name, encoder in encoders.items()})

    def project(self, name: str, samples: Samples) -> Tensor:
        """A modality's representation (b, width)."""
        projected: Tensor = self.projections[name](mean_token(self.encoders[name](samples)))
        return projected

    def encode(self, name: str, samples: Samples) -> Tokens:
        return Tokens(self.project(name, samples)[:, None])

    def fuse(self, tokens: Mapping[str, Tokens]) -> Tensor:
        return torch.cat([tokens[name].values[:, 0] for name in self.encoders if name in tokens], -1)
