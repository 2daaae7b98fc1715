"""Settings of every encoder. Adding one: a class here, and a file of its name in `engine/encoders/`."""

from typing import ClassVar, Literal

from pydantic import model_validator

from engine.settings.base import Settings, setting
from engine.settings.kinds import ModalityKind


class EncoderSettings(Settings):
    """Base of the settings of all encoders. READS: the kinds of modality that the encoder reads."""

    READS: ClassVar[tuple[ModalityKind, ...]]

    name: str


class AlexnetSettings(EncoderSettings):
    """AlexNet's five convolutions (Krizhevsky, 2014): 224 px images become 6 × 6 features of width 256."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("image",)

    name: Literal["alexnet"] = "alexnet"


class SmallCnnSettings(EncoderSettings):
    """Strided 3 × 3 convolutions for small images: each stage halves the side, so 64 px become 4 × 4 after
    four."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("image",)

    name: Literal["small_cnn"] = "small_cnn"
    channels: tuple[int, ...] = setting(
        (32, 64, 128, 128), "Channels of each stage; each halves the side.", min_length=1, max_length=6
    )


class MlpSettings(EncoderSettings):
    """Fully connected layers: a vector becomes several tokens; a sequence, one token a step."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("vector", "sequence")

    name: Literal["mlp"] = "mlp"
    hidden: tuple[int, ...] = setting((256,), "Widths of the hidden layers.", max_length=8)
    tokens: int = setting(
        16, "Tokens made of a vector; masking hides whole tokens.", unit="tokens", ge=1, le=512
    )
    width: int = setting(64, "Width of a token.", unit="features", ge=4, le=4096)


class SequenceTransformerSettings(EncoderSettings):
    """A transformer over the steps of a sequence, without positions: what the affect sets are read with."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("sequence",)

    name: Literal["sequence_transformer"] = "sequence_transformer"
    width: int = setting(40, "Width every step is projected to.", unit="features", ge=4, le=4096)
    layers: int = setting(5, "Encoder layers.", ge=1, le=48)
    heads: int = setting(5, "Attention heads; they divide the width.", ge=1, le=128)
    feed_forward: int = setting(
        2048, "Width of the layers between; PyTorch's default.", unit="features", ge=4, le=65_536
    )
    dropout: float = setting(
        0.1, "Share of activations dropped in training; PyTorch's default.", ge=0.0, lt=1.0
    )

    @model_validator(mode="after")
    def _heads_divide_width(self) -> "SequenceTransformerSettings":
        if self.width % self.heads:
            raise ValueError(f"heads ({self.heads}) must divide width ({self.width})")
        return self


class TabularSettings(EncoderSettings):
    """An MLP over a table's row, then one token for each feature it gives: value × learned weight + bias."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("vector",)

    name: Literal["tabular"] = "tabular"
    hidden: tuple[int, ...] = setting((10,), "Widths of the hidden layers.", max_length=8)
    features: int = setting(10, "Features the MLP gives; each becomes a token.", unit="tokens", ge=1, le=512)
    width: int = setting(512, "Width of a token.", unit="features", ge=4, le=4096)


class GruSettings(EncoderSettings):
    """A gated recurrent unit (Cho et al., 2014) over a time series: one token a step."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("sequence",)

    name: Literal["gru"] = "gru"
    width: int = setting(512, "Width of the state, which is a step's token.", unit="features", ge=4, le=4096)
    layers: int = setting(1, "Layers of recurrent units.", ge=1, le=16)


class Resnet18Settings(EncoderSettings):
    """ResNet-18 (He et al., 2016) without pooling, from scratch: 128 px images become 4 × 4 features of width
    512."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("image",)

    name: Literal["resnet18"] = "resnet18"


class ForceSettings(EncoderSettings):
    """Five strided causal convolutions (Lee et al., 2019): 32 force readings become one token."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("sequence",)

    name: Literal["force"] = "force"
    width: int = setting(512, "Width of the token.", unit="features", ge=4, le=4096)


class ProprioceptionSettings(EncoderSettings):
    """An MLP of four layers (Lee et al., 2019): a robot arm's own state becomes one token."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("vector",)

    name: Literal["proprioception"] = "proprioception"
    width: int = setting(512, "Width of the token.", unit="features", ge=4, le=4096)


class PretrainedSettings(EncoderSettings):
    """Base of the encoders whose weights come from a Hugging Face folder on disk; nothing is downloaded."""

    path: str | None = setting(
        None,
        "Folder with config.json and model.safetensors. Empty: the model that the data set names.",
        min_length=1,
    )
    frozen: bool = setting(
        True, "Keep the pretrained weights as they are; they then stay out of checkpoints."
    )
    cache_gigabytes: float = setting(
        4.0,
        "Memory for the tokens of samples that a frozen model has seen; pays where a modality is not "
        "augmented.",
        unit="GB",
        ge=0,
        le=512,
    )


class ClipVisionSettings(PretrainedSettings):
    """The image tower of a CLIP model (Radford et al., 2021): one token a patch, and one for the whole."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("image",)

    name: Literal["clip_vision"] = "clip_vision"


class ClipTextSettings(PretrainedSettings):
    """A text model, of CLIP or made to fit it (Reimers & Gurevych, 2020): one token for each of the
    text's."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("text",)

    name: Literal["clip_text"] = "clip_text"
