"""Settings of the fusion transformer."""

from typing import Literal

from pydantic import model_validator

from engine.settings.base import Settings, setting


class FusionSettings(Settings):
    """The transformer over [CLS; tokens of all modalities]."""

    width: int = setting(
        512, "Width d of tokens and of the fused representation.", unit="features", ge=4, le=8192
    )
    heads: int = setting(8, "Attention heads; they divide the width.", ge=1, le=128)
    layers: int = setting(1, "Transformer blocks; one block has the fast one-pass path.", ge=1, le=48)
    pool: Literal["cls", "mean"] = setting(
        "cls", "What becomes the representation: the CLS token or the mean of all tokens."
    )
    bias_kv: bool = setting(False, "Add one learned key and value to every attention.")

    @model_validator(mode="after")
    def _heads_divide_width(self) -> "FusionSettings":
        if self.width % self.heads:
            raise ValueError(f"heads ({self.heads}) must divide width ({self.width})")
        return self
