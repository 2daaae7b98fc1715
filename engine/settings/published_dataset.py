"""Settings of the published benchmarks, read from the files as their owners publish them
(docs/data.md#published-files)."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import field_validator

from engine.settings.base import Settings, setting
from engine.settings.paths import local_path

PARTS = "datasets"
"""Folder of the data home where published files are looked for."""


class PublishedSettings(Settings):
    """Base: where the file or folder of a published data set is."""

    FILE: ClassVar[str]

    path: str | None = setting(
        None, "Where the published file or folder is. Empty: under `datasets` in the data home.", min_length=1
    )
    max_gigabytes: float = setting(16.0, "Largest file that is read.", unit="GB", gt=0, le=512)

    @property
    def most_bytes(self) -> int:
        """The largest file that is read, in bytes."""
        return int(self.max_gigabytes * 1e9)

    def location(self, home: Path) -> Path:
        """The file or folder: as named, or HOME/datasets/NAME with the file's published name."""
        return (
            local_path(self.path) if self.path else home / PARTS / str(getattr(self, "name", "")) / self.FILE
        )


class SeveralModalitiesSettings(PublishedSettings):
    """Base of the sets with more than two modalities, of which two or more are used."""

    ALLOWED: ClassVar[tuple[str, ...]]

    modalities: tuple[str, ...] = setting(..., "Modalities to use, at least two.", min_length=2, max_length=3)

    @field_validator("modalities")
    @classmethod
    def _are_there(cls, modalities: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(modalities)) < len(modalities) or not set(modalities) <= set(cls.ALLOWED):
            raise ValueError(
                f"choose two or more different ones of {', '.join(cls.ALLOWED)}; got {', '.join(modalities)}"
            )
        return modalities

    @property
    def modality_names(self) -> tuple[str, ...]:
        """Names of the modalities, known without loading anything."""
        return self.modalities


class AffectSettings(SeveralModalitiesSettings):
    """Base of MultiBench's affect sets: aligned sequences of vision, audio and text, in one pickle."""

    ALLOWED: ClassVar[tuple[str, ...]] = ("vision", "audio", "text")

    modalities: tuple[str, ...] = setting(
        ("vision", "text"),
        "Modalities to use: two or three of vision, audio, text.",
        min_length=2,
        max_length=3,
    )


class MosiSettings(AffectSettings):
    """CMU-MOSI (Zadeh et al., 2016), from MultiBench: is the sentiment of an opinion video's utterance
    positive?"""

    FILE: ClassVar[str] = "mosi_data.pkl"

    name: Literal["mosi"] = "mosi"


class UrFunnySettings(AffectSettings):
    """UR-FUNNY (Hasan et al., 2019), from MultiBench: does the audience laugh at the end of what a TED
    speaker says?"""

    FILE: ClassVar[str] = "humor.pkl"

    name: Literal["ur_funny"] = "ur_funny"


class MustardSettings(AffectSettings):
    """MUStARD (Castro et al., 2019), from MultiBench: is an utterance of a TV show sarcastic?"""

    FILE: ClassVar[str] = "sarcasm.pkl"

    name: Literal["mustard"] = "mustard"


class MimicSettings(PublishedSettings):
    """MIMIC-III (Johnson et al., 2016), from MultiBench: a patient's table and first day in intensive care,
    hour by hour."""

    FILE: ClassVar[str] = "im.pk"

    name: Literal["mimic"] = "mimic"
    task: int = setting(
        7,
        "What is predicted: the ICD-9 group with this number (0 to 19), or -1: mortality in six classes.",
        ge=-1,
        le=19,
    )

    @property
    def modality_names(self) -> tuple[str, ...]:
        """Names of the modalities, known without loading anything."""
        return ("tabular", "time_series")


class VisionTouchSettings(SeveralModalitiesSettings):
    """Vision&Touch (Lee et al., 2019): a robot arm inserts a peg; what is at the next step?"""

    FILE: ClassVar[str] = "triangle_real_data"
    ALLOWED: ClassVar[tuple[str, ...]] = ("image", "force", "proprioception")

    name: Literal["vision_touch"] = "vision_touch"
    modalities: tuple[str, ...] = setting(
        ("image", "proprioception"),
        "Modalities to use: two or three of image, force, proprioception.",
        min_length=2,
        max_length=3,
    )
    task: Literal["contact_next", "ee_yaw_next"] = setting(
        "contact_next",
        "What is predicted of the next step: whether there is contact, or where the arm is (a regression).",
    )
    validation_share: float = setting(
        0.1,
        "Share of the training episodes carved off for early stopping and model selection.",
        ge=0.02,
        le=0.5,
    )
    seed: int = setting(0, "Seed of which training episodes those are.", ge=0, le=2**31 - 1)


class ImageTextSettings(PublishedSettings):
    """Base of the sets of images with a text each, read by pretrained models that the user has on disk."""

    image_model: str | None = setting(
        None,
        "Hugging Face folder of the image model. Empty: `models/clip-vit-base-patch32` in the data home.",
        min_length=1,
    )
    text_model: str | None = setting(
        None,
        "The text model's folder, with its tokenizer. Empty: `models/clip-ViT-B-32-multilingual-v1` in the "
        "data home.",
        min_length=1,
    )
    image_size: int = setting(224, "Side the images are resized and cropped to.", unit="px", ge=16, le=1024)
    text_tokens: int = setting(128, "Longest text; what is longer is cut.", unit="tokens", ge=4, le=4096)
    leave_out_broken: bool = setting(
        False,
        "Leave out samples whose image is missing or broken, after reading every image once. Otherwise they "
        "are refused.",
    )
    seed: int = setting(
        0,
        "Seed of what the published files leave open: one of several texts, validation samples.",
        ge=0,
        le=2**31 - 1,
    )

    @property
    def modality_names(self) -> tuple[str, ...]:
        """Names of the modalities, known without loading anything."""
        return ("image", "text")

    def model_folders(self, home: Path) -> tuple[Path, Path]:
        """Folders of the image and the text model."""
        models = home / "models"
        image = local_path(self.image_model) if self.image_model else models / "clip-vit-base-patch32"
        text = local_path(self.text_model) if self.text_model else models / "clip-ViT-B-32-multilingual-v1"
        return image, text


class MmImdbSettings(ImageTextSettings):
    """MM-IMDb (Arevalo et al., 2017): the genres of a film from its poster and plot; 23 labels."""

    FILE: ClassVar[str] = "mmimdb"

    name: Literal["mm_imdb"] = "mm_imdb"


class HatefulMemesSettings(ImageTextSettings):
    """Hateful Memes (Kiela et al., 2020): is a meme hateful? Neither its picture nor its text alone tells."""

    FILE: ClassVar[str] = "hateful_memes"

    name: Literal["hateful_memes"] = "hateful_memes"
    validation_share: float = setting(
        0.1,
        "Share of the training samples carved off for model selection; the published dev split is the test.",
        ge=0.02,
        le=0.5,
    )
