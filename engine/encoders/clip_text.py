"""A text model from a Hugging Face folder: CLIP's text tower, or an encoder made to fit it (multilingual
CLIP's DistilBERT)."""

from typing import Any

from torch import Tensor, nn

from engine.dataset import Modality, Samples
from engine.encoder import Encoder, EncoderError, Tokens
from engine.nets.pretrained import Backbone, is_augmented, load_model, model_folder
from engine.settings.encoder import ClipTextSettings


class ClipText(Encoder):
    """Token ids (b, t) → the last hidden states (b, t, width), a set: the model has its own positions.
    Padding is kept."""

    def __init__(self, model: nn.Module, settings: ClipTextSettings, width: int, augmented: bool):
        super().__init__()
        self.width = width
        self.backbone = Backbone(model, settings, _last_hidden, augmented)

    def forward(self, samples: Samples) -> Tokens:
        return Tokens(self.backbone(samples.values, samples.is_padding), samples.is_padding)


def _last_hidden(model: nn.Module, ids: Tensor, is_padding: Tensor | None) -> Tensor:
    tokens: Tensor = model(
        input_ids=ids, attention_mask=None if is_padding is None else (~is_padding).long()
    ).last_hidden_state
    return tokens


def _choose(transformers: Any, kind: str) -> Any:
    return transformers.CLIPTextModel if kind in ("clip", "clip_text_model") else transformers.AutoModel


def build(settings: ClipTextSettings, modality: Modality) -> ClipText:
    """The encoder; raises `EncoderError` for a folder without such a model, and too long
    texts."""
    folder = model_folder(settings, modality)
    model = load_model(folder, _choose)
    config: Any = model.config
    longest = getattr(config, "max_position_embeddings", modality.shape[0])
    if modality.shape[0] > longest:
        raise EncoderError(
            f"{folder} reads at most {longest} tokens; '{modality.name}' has {modality.shape[0]}: lower "
            "text_tokens"
        )
    return ClipText(model, settings, config.hidden_size, is_augmented(modality))
