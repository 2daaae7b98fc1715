"""Settings of every objective, in the order in which they are shown. Adding one: a class here, and a file of
its name in `engine/objectives/`."""

from typing import ClassVar, Literal

from pydantic import model_validator

from engine.settings.base import Settings, setting


class ProjectionSettings(Settings):
    """Projection head d → hidden → hidden → width (Linear, BatchNorm, ReLU twice, then Linear); dropped after
    training."""

    hidden: int = setting(512, "Width of the two hidden layers.", unit="features", ge=8, le=8192)
    width: int = setting(256, "Width of the embedding the loss sees.", unit="features", ge=8, le=4096)


class ObjectiveSettings(Settings):
    """What the settings of all objectives say.

    LABEL: the method as papers write it. NEEDS_LABELS: it trains with labels, so it is a reference and no
    competitor. BATCH_SPLITS: no term compares samples, so a batch may be computed in parts.
    """

    LABEL: ClassVar[str]
    NEEDS_LABELS: ClassVar[bool] = False
    BATCH_SPLITS: ClassVar[bool] = False

    name: str


class InfmaskingSettings(ObjectiveSettings):
    """InfMasking (Wen, Dai et al., NeurIPS 2025): CoMM plus alignment with many randomly masked fused
    views."""

    LABEL: ClassVar[str] = "InfMasking"

    name: Literal["infmasking"] = "infmasking"
    temperature: float = setting(0.1, "τ: divides every similarity.", gt=0.0, le=10.0)
    masks: int = setting(6, "T: randomly masked versions of every view.", unit="views", ge=1, le=256)
    mask_ratio: float = setting(0.7, "ρ: share of each modality's tokens that is hidden.", ge=0.0, le=1.0)
    variance_weight: float = setting(
        1.0, "λ: weight of the variance over masked views, ramped up to the last epoch.", ge=0.0, le=100.0
    )
    cross_views: bool = setting(
        False, "Align a view with the masked versions of the other view instead of its own."
    )
    uniformity_weight: float = setting(
        0.0, "Weight of the entropy of the embeddings; 0 in every published run.", ge=0.0, le=10.0
    )
    term_weights: tuple[float, ...] | None = setting(
        None,
        "Weight of each term: two masked ones, one a modality, then the fusion. Empty means 1 each.",
        min_length=4,
        max_length=10,
    )
    projection: ProjectionSettings = ProjectionSettings()


class CommSettings(ObjectiveSettings):
    """CoMM (Dufumier, Castillo-Navarro et al., ICLR 2025): aligns two augmented views of the fused
    representation."""

    LABEL: ClassVar[str] = "CoMM"

    name: Literal["comm"] = "comm"
    temperature: float = setting(0.1, "τ: divides every similarity.", gt=0.0, le=10.0)
    term_weights: tuple[float, ...] | None = setting(
        None,
        "Weight of each term: one a modality, then the fusion. Empty means 1 each.",
        min_length=2,
        max_length=8,
    )
    projection: ProjectionSettings = ProjectionSettings()


class CrossSettings(ObjectiveSettings):
    """Cross, the CLIP loss (Radford et al., 2021): aligns one modality with the other, by a learned scale."""

    LABEL: ClassVar[str] = "Cross"

    name: Literal["cross"] = "cross"
    width: int = setting(256, "Width of each modality's linear projection.", unit="features", ge=8, le=4096)
    initial_temperature: float = setting(0.07, "Start of the learned temperature 1/scale.", gt=0.0, le=10.0)


class CrossSelfSettings(ObjectiveSettings):
    """Cross+Self: InfoNCE between the modalities plus InfoNCE between two augmentations of each."""

    LABEL: ClassVar[str] = "Cross+Self"

    name: Literal["cross_self"] = "cross_self"
    temperature: float = setting(0.1, "τ: divides every similarity.", gt=0.0, le=10.0)
    self_weight: float = setting(
        1.0, "Weight of the mean of the two single-modality terms.", ge=0.0, le=100.0
    )
    width: int = setting(256, "Width of each modality's representation.", unit="features", ge=8, le=4096)
    hidden: int = setting(
        1024, "Width of the projection head's hidden layer.", unit="features", ge=8, le=8192
    )
    head_width: int = setting(256, "Width of the embedding the loss sees.", unit="features", ge=8, le=4096)


class CmcSettings(ObjectiveSettings):
    """CMC (Tian et al., ECCV 2020): InfoNCE between every pair of modalities, however many there are."""

    LABEL: ClassVar[str] = "CMC"

    name: Literal["cmc"] = "cmc"
    temperature: float = setting(0.1, "τ: divides every similarity.", gt=0.0, le=10.0)
    width: int = setting(256, "Width of each modality's linear projection.", unit="features", ge=8, le=4096)


class SimclrSettings(ObjectiveSettings):
    """SimCLR (Chen et al., ICML 2020): InfoNCE between two augmentations of one modality; the others are not
    read."""

    LABEL: ClassVar[str] = "SimCLR"

    name: Literal["simclr"] = "simclr"
    modality: str | None = setting(
        None, "Modality that is trained and probed; empty: the first image, else the first of all."
    )
    temperature: float = setting(0.1, "τ: divides every similarity.", gt=0.0, le=10.0)
    width: int = setting(256, "Width of the representation.", unit="features", ge=8, le=4096)
    hidden: int = setting(
        1024, "Width of the projection head's hidden layer.", unit="features", ge=8, le=8192
    )
    head_width: int = setting(256, "Width of the embedding the loss sees.", unit="features", ge=8, le=4096)


class SlipSettings(ObjectiveSettings):
    """SLIP (Mu et al., ECCV 2022): the CLIP loss of two modalities plus SimCLR on one of them."""

    LABEL: ClassVar[str] = "SLIP"

    name: Literal["slip"] = "slip"
    modality: str | None = setting(
        None, "Modality that SimCLR trains; empty: the first image, else the first of all."
    )
    self_weight: float = setting(1.0, "Weight of the SimCLR term.", ge=0.0, le=100.0)
    temperature: float = setting(0.1, "τ of the SimCLR term.", gt=0.0, le=10.0)
    initial_temperature: float = setting(
        0.07, "Start of the CLIP term's learned temperature 1/scale.", gt=0.0, le=10.0
    )
    width: int = setting(256, "Width of each modality's linear projection.", unit="features", ge=8, le=4096)
    hidden: int = setting(1024, "Width of the SimCLR head's hidden layer.", unit="features", ge=8, le=8192)
    head_width: int = setting(
        256, "Width of the embedding the SimCLR term sees.", unit="features", ge=8, le=4096
    )


class FactorclSettings(ObjectiveSettings):
    """FactorCL (Liang et al., NeurIPS 2023): shared and unique factors of two modalities, by bounds on mutual
    information."""

    LABEL: ClassVar[str] = "FactorCL"

    name: Literal["factorcl"] = "factorcl"
    width: int = setting(
        128, "Width of each factor; a modality has a shared and a unique one.", unit="features", ge=4, le=4096
    )
    critic_hidden: int = setting(
        512,
        "Width of the critics' hidden layer; memory grows with batch² × this.",
        unit="features",
        ge=8,
        le=8192,
    )
    critic_steps: int = setting(
        1, "Updates of the upper bounds' critics before each update of the encoders.", ge=1, le=100
    )


class MaeSettings(ObjectiveSettings):
    """MAE (He et al., CVPR 2022; MultiMAE, Bachmann et al., ECCV 2022): rebuilds all modalities from a part
    of their tokens."""

    LABEL: ClassVar[str] = "MAE"
    BATCH_SPLITS: ClassVar[bool] = True

    name: Literal["mae"] = "mae"
    mask_ratio: float = setting(
        0.75, "ρ: share of all modalities' tokens that the fusion does not see.", gt=0.0, lt=1.0
    )
    patch: int = setting(
        16,
        "Largest side of the patches that images are rebuilt in; larger ones are averaged down.",
        unit="px",
        ge=1,
        le=64,
    )
    decoder_width: int = setting(128, "Width of the decoder's one block.", unit="features", ge=8, le=4096)
    decoder_heads: int = setting(4, "Attention heads of the decoder; they divide its width.", ge=1, le=128)

    @model_validator(mode="after")
    def _heads_divide_width(self) -> "MaeSettings":
        if self.decoder_width % self.decoder_heads:
            raise ValueError(
                f"decoder_heads ({self.decoder_heads}) must divide decoder_width ({self.decoder_width})"
            )
        return self


class SupervisedSettings(ObjectiveSettings):
    """Supervised training of the same fusion encoder, with a linear head and labels: the ceiling, not a
    competitor."""

    LABEL: ClassVar[str] = "Supervised"
    NEEDS_LABELS: ClassVar[bool] = True
    BATCH_SPLITS: ClassVar[bool] = True

    name: Literal["supervised"] = "supervised"
    task: str | None = setting(
        None, "Task whose labels train; empty: all of the data set's tasks at once, a head each."
    )


class AlignedSettings(ObjectiveSettings):
    """What CoMM-Align and HRIL share. The published text leaves the weights open."""

    temperature: float = setting(0.1, "τ: divides every similarity.", gt=0.0, le=10.0)
    align_weight: float = setting(
        1.0, "λ_a: weight of the agreement of both views; not published, so 1.", ge=0.0, le=100.0
    )
    spread: float = setting(
        0.5, "γ: standard deviation over the batch that every dimension is to have.", ge=0.0, le=10.0
    )
    projection: ProjectionSettings = ProjectionSettings()


class CommAlignSettings(AlignedSettings):
    """CoMM-Align (Dai, Wen et al., NeurIPS 2026): each modality aligned with the fusion of the other view,
    and both views of all modalities with each other."""

    LABEL: ClassVar[str] = "CoMM-Align"

    name: Literal["comm_align"] = "comm_align"


class HrilSettings(AlignedSettings):
    """HRIL (Dai, Wen et al., NeurIPS 2026): CoMM-Align, and an interaction of the modalities that no single
    rank-one term dominates."""

    LABEL: ClassVar[str] = "HRIL"

    name: Literal["hril"] = "hril"
    synergy_weight: float = setting(
        1.0, "λ_s: weight of the interaction's term; not published, so 1.", ge=0.0, le=100.0
    )
    share: float = setting(
        0.5, "ξ: least share of the interaction outside its largest component.", gt=0.0, le=1.0
    )
    rank: int = setting(
        24, "Directions of each modality that interact, drawn once.", unit="directions", ge=2, le=256
    )


class SynibSettings(ObjectiveSettings):
    """SynIB (Kontras et al., 2026): supervised, and unsure of the label where one modality is destroyed."""

    LABEL: ClassVar[str] = "SynIB"
    NEEDS_LABELS: ClassVar[bool] = True

    name: Literal["synib"] = "synib"
    task: str | None = setting(
        None, "Task whose labels train; empty: all with classes or labels at once, a head each."
    )
    confidence_weight: float = setting(
        0.1,
        "λ: weight of the confidence; 0 is the first control, plain supervised training.",
        ge=0.0,
        le=100.0,
    )
    destroy: Literal["tokens", "none"] = setting(
        "tokens", "What is destroyed; none is the second control, confidence on intact inputs."
    )
    share: float = setting(0.3, "π: share of a modality's tokens that is destroyed.", gt=0.0, le=1.0)
