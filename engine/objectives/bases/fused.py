"""What methods that fuse share: encoders → tokenizers → fusion; and CoMM and InfMasking besides: a projection
head behind it, and all embeddings of a step at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from engine.dataset import Modality, Samples
from engine.encoder import Tokens
from engine.gathering import gather_batch
from engine.nets.by_name import ByName
from engine.nets.fusion import Fusion
from engine.nets.masking import JoinedTokens, join, masked_views, unmasked_views
from engine.nets.projection import projection_head
from engine.nets.tokenizer import build_tokenizer
from engine.objective import Objective, View, build_encoders
from engine.settings.experiment import ExperimentSettings, SettingsError
from engine.settings.objective import ProjectionSettings

DrawKept = Callable[[JoinedTokens], Tensor]


class Embeddings(NamedTuple):
    """A step's embeddings over the global batch.

    plain[a] (M + 1, N, E): of augmented view a, each modality alone, then all together. masked[a] (T, N, E):
    its masked views.
    """

    plain: tuple[Tensor, Tensor]
    masked: tuple[Tensor, Tensor]


class FusionObjective(Objective):
    """Base of the methods whose representation is the fusion of all modalities' tokens."""

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], *, masks: bool = False):
        super().__init__()
        encoders = build_encoders(settings, modalities)
        self.encoders = module_dict(encoders)
        width = settings.fusion.width
        self.tokenizers = module_dict(
            {name: build_tokenizer(encoder, width) for name, encoder in encoders.items()}
        )
        self.fusion = Fusion(settings.fusion, masks)

    def encode(self, name: str, samples: Samples) -> Tokens:
        tokens: Tokens = self.tokenizers[name](self.encoders[name](samples))
        return tokens

    def fuse(self, tokens: Mapping[str, Tokens]) -> Tensor:
        joined = join([tokens[name] for name in self.encoders if name in tokens])
        fused: Tensor = self.fusion(joined.values, unmasked_views(joined, alone=False))[0]
        return fused


class ContrastiveFusionObjective(FusionObjective):
    """Base of the methods that contrast fused representations of two augmented views."""

    augmented_views = 2

    def __init__(
        self,
        settings: ExperimentSettings,
        modalities: Sequence[Modality],
        projection: ProjectionSettings,
        *,
        masks: bool,
    ):
        super().__init__(settings, modalities, masks=masks)
        self.head = projection_head(settings.fusion.width, projection)

    def embed(self, views: Sequence[View], draw_kept: DrawKept | None = None) -> Embeddings:
        """Every embedding of a step: tokens made once a view, then all views in one fusion pass and one pass
        through the head.

        draw_kept: from the joined tokens of both augmented views (2b, n, d) to the tokens the masked views
        keep (2b, T, n).
        """
        joined = join(
            [self.encode(name, along_batch([view[name] for view in views])) for name in self.encoders]
        )
        weights = [unmasked_views(joined, alone=True)]
        if draw_kept is not None:
            weights.append(masked_views(joined, draw_kept(joined)))
        fused = self.fusion(joined.values, torch.cat(weights, 1))
        # the head sees view 1, view 2, then the masked versions of view 1 and of view 2: the order of its
        # running statistics
        plain, masked = (_by_view(part) for part in fused.tensor_split([len(self.encoders) + 1]))
        embedded = gather_batch(self.head(torch.cat([plain, masked])))
        plain, masked = embedded.tensor_split([len(plain)])
        return Embeddings(_halves(plain), _halves(masked))


def along_batch(samples: Sequence[Samples]) -> Samples:
    padding = [s.is_padding for s in samples if s.is_padding is not None]
    return Samples(torch.cat([s.values for s in samples]), torch.cat(padding) if padding else None)


def _by_view(fused: Tensor) -> Tensor:
    """(v, 2b, d) with both augmented views along the batch → (2v, b, d), the first one's rows before the
    second's."""
    return fused.view(len(fused), 2, fused.shape[1] // 2, fused.shape[2]).transpose(0, 1).flatten(0, 1)


def _halves(embeddings: Tensor) -> tuple[Tensor, Tensor]:
    first, second = embeddings.tensor_split(2)
    return first, second


def module_dict(modules: Mapping[str, nn.Module]) -> nn.ModuleDict:
    """One module a modality, whatever its name."""
    result = ByName()
    for name, module in modules.items():
        result[name] = module
    return result


def check_term_weights(weights: Sequence[float] | None, terms: Sequence[str]) -> None:
    """Raises `SettingsError` unless there is one weight a term, or none at all."""
    if weights is not None and len(weights) != len(terms):
        raise SettingsError(
            f"term_weights needs {len(terms)} weights ({', '.join(terms)}); got {len(weights)}"
        )
