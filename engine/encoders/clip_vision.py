"""The image tower of CLIP (Radford et al., 2021) from a Hugging Face folder: token embeddings, not the pooled
one."""

from typing import Any

import torch
from torch import Tensor, nn

from engine.augmentation import IMAGENET_MEAN, IMAGENET_STD
from engine.dataset import Modality, Samples
from engine.encoder import Encoder, EncoderError, Tokens
from engine.nets.pretrained import Backbone, is_augmented, load_model, model_folder
from engine.settings.encoder import ClipVisionSettings

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
"""What CLIP's images are normalised by; views are normalised by ImageNet's statistics, so the encoder changes
over."""


class ClipVision(Encoder):
    """Images (b, 3, s, s) → the last hidden states of the class token and all patches (b, 1 + n, width), a
    set: CLIP has its own positions."""

    scale: Tensor
    shift: Tensor

    def __init__(self, model: nn.Module, settings: ClipVisionSettings, width: int, augmented: bool):
        super().__init__()
        self.width = width
        self.backbone = Backbone(model, settings, _last_hidden, augmented)
        mean, std = torch.tensor([IMAGENET_MEAN, IMAGENET_STD])
        clip_mean, clip_std = torch.tensor([CLIP_MEAN, CLIP_STD])
        self.register_buffer("scale", (std / clip_std)[:, None, None], persistent=False)
        self.register_buffer("shift", ((mean - clip_mean) / clip_std)[:, None, None], persistent=False)

    def forward(self, samples: Samples) -> Tokens:
        return Tokens(self.backbone(samples.values * self.scale + self.shift, None))


def _last_hidden(model: nn.Module, images: Tensor, is_padding: Tensor | None) -> Tensor:
    tokens: Tensor = model(pixel_values=images).last_hidden_state
    return tokens


def _choose(transformers: Any, kind: str) -> Any:
    if kind not in ("clip", "clip_vision_model"):
        raise EncoderError(
            f"clip_vision reads models of type clip or clip_vision_model; the folder's is {kind}"
        )
    return transformers.CLIPVisionModel


def build(settings: ClipVisionSettings, modality: Modality) -> ClipVision:
    """The encoder; raises `EncoderError` for a folder without such a model, and other
    image sizes."""
    if modality.shape[0] != 3:
        raise EncoderError(
            f"clip_vision reads images of 3 channels; modality '{modality.name}' is a {modality.kind} "
            f"{modality.shape}"
        )
    folder = model_folder(settings, modality)
    model = load_model(folder, _choose)
    config: Any = model.config
    if modality.shape[1:] != (config.image_size, config.image_size):
        raise EncoderError(
            f"{folder} reads images of {config.image_size} × {config.image_size} px; "
            f"'{modality.name}' has {modality.shape[1]} × {modality.shape[2]}"
        )
    return ClipVision(model, settings, config.hidden_size, is_augmented(modality))
