"""Settings of the augmentations a modality can have. Adding one: a class here, and a file of its name in
`engine/augmentations/`."""

from typing import ClassVar, Literal

from engine.settings.base import Settings, setting
from engine.settings.kinds import ModalityKind


class AugmentationSettings(Settings):
    """Base of the settings of all augmentations. READS: the kinds of modality that it can change."""

    READS: ClassVar[tuple[ModalityKind, ...]]

    name: str


class SimclrAugmentation(AugmentationSettings):
    """SimCLR's image pipeline (Chen et al., 2020): crop, flip, colour jitter, grey, blur."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("image",)

    name: Literal["simclr"] = "simclr"
    smallest_crop: float = setting(0.08, "Smallest share of the image a random crop keeps.", gt=0.0, le=1.0)
    colour: float = setting(1.0, "Strength of the colour jitter; 1 is (.4, .4, .4, .1).", ge=0.0, le=2.0)
    colour_probability: float = setting(0.8, "Probability of the colour jitter.", ge=0.0, le=1.0)
    grey_probability: float = setting(0.2, "Probability of dropping the colour.", ge=0.0, le=1.0)
    blur_probability: float = setting(
        0.5, "Probability of a Gaussian blur (σ .1 to 2 at 224 px, scaled with the side).", ge=0.0, le=1.0
    )
    flip_probability: float = setting(0.5, "Probability of a horizontal flip.", ge=0.0, le=1.0)


class NoiseAugmentation(AugmentationSettings):
    """Gaussian noise and dropped steps (or features, for vectors), each applied with its own probability."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("vector", "sequence")

    name: Literal["noise"] = "noise"
    noise: float = setting(0.1, "Standard deviation of the added noise.", ge=0.0, le=10.0)
    noise_probability: float = setting(0.5, "Probability that a view gets the noise.", ge=0.0, le=1.0)
    drop: float = setting(
        0.0,
        "Largest share of steps (vectors: features) zeroed; the share is drawn from 0 to this.",
        ge=0.0,
        le=1.0,
    )
    drop_probability: float = setting(0.5, "Probability that a view gets the drop.", ge=0.0, le=1.0)


class TokenMaskingAugmentation(AugmentationSettings):
    """Text tokens replaced by the tokenizer's mask token, each with the same probability (Devlin et al.,
    2019)."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("text",)

    name: Literal["token_masking"] = "token_masking"
    probability: float = setting(0.15, "Probability that a token is masked.", ge=0.0, le=1.0)


class NoAugmentation(AugmentationSettings):
    """The two views of a sample are the sample itself."""

    READS: ClassVar[tuple[ModalityKind, ...]] = ("vector", "sequence", "image", "text")

    name: Literal["none"] = "none"
