"""Settings of every encoder. Adding one: a class here, its name in `EncoderSettings`, a file in `engine/encoders/`."""

from typing import Annotated, Literal

from pydantic import Discriminator

from engine.settings.base import Settings, setting


class AlexnetSettings(Settings):
    """AlexNet's five convolutions (Krizhevsky, 2014): 224 px images become 6 × 6 features of width 256."""

    name: Literal["alexnet"] = "alexnet"


class SmallCnnSettings(Settings):
    """Strided 3 × 3 convolutions for small images: each stage halves the side, so 64 px become 4 × 4 after four."""

    name: Literal["small_cnn"] = "small_cnn"
    channels: tuple[int, ...] = setting(
        (32, 64, 128, 128), "Channels of each stage; each halves the side.", min_length=1, max_length=6
    )


class MlpSettings(Settings):
    """Fully connected layers: a vector becomes several tokens; a sequence, one token a step."""

    name: Literal["mlp"] = "mlp"
    hidden: tuple[int, ...] = setting((256,), "Widths of the hidden layers.", max_length=8)
    tokens: int = setting(16, "Tokens made of a vector; masking hides whole tokens.", unit="tokens", ge=1, le=512)
    width: int = setting(64, "Width of a token.", unit="features", ge=4, le=4096)


EncoderSettings = Annotated[AlexnetSettings | SmallCnnSettings | MlpSettings, Discriminator("name")]
