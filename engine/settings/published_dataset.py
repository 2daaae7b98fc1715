"""Settings of the published benchmarks, read from the files as their owners publish them.

Adding one: a class here, which says where its files are expected, how one gets them and what they are, and a
file of its name in `engine/datasets/`. Nothing is ever downloaded for the user: some owners ask for an
agreement first.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

from pydantic import field_validator

from engine.settings.base import setting
from engine.settings.dataset import DataFilesSettings
from engine.settings.kinds import ModalityKind
from engine.settings.paths import local_path

PARTS = "datasets"
"""Folder of the data home where published files are looked for."""

_MULTIBENCH = (
    "MultiBench publishes it with its processed affect data: follow the link in the README of "
    "github.com/pliang279/MultiBench."
)
_MODELS = (
    "the two models are on huggingface.co, openai/clip-vit-base-patch32 and "
    "sentence-transformers/clip-ViT-B-32-multilingual-v1: config.json, model.safetensors and the text "
    "model's tokenizer.json."
)


class ExpectedFile(NamedTuple):
    """A file or folder that a data set is read from: where, what it holds, and its format."""

    path: Path
    holds: str
    format: Literal["file", "pickle", "episodes", "folder"]


class PublishedSettings(DataFilesSettings):
    """Base: where the file or folder of a published data set is.

    FILE: the name under which it is published; SOURCE: how one gets it.
    """

    FILE: ClassVar[str]
    SOURCE: ClassVar[str]

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
        return local_path(self.path) if self.path else home / PARTS / self.name / self.FILE

    def expected_files(self, home: Path) -> list[ExpectedFile]:
        """What has to be there; one file of any content, where a data set says no more."""
        return [ExpectedFile(self.location(home), "the data set", "file")]

    def files(self, home: Path) -> tuple[Path, ...]:
        """The published file or folder."""
        return (self.location(home),)


class SeveralModalitiesSettings(PublishedSettings):
    """Base of the sets with more than two modalities, of which two or more are used.

    ALLOWED: name → kind of each.
    """

    ALLOWED: ClassVar[Mapping[str, ModalityKind]]

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
    def modality_kinds(self) -> Mapping[str, ModalityKind | None]:
        """Name → kind of each modality."""
        return {name: self.ALLOWED[name] for name in self.modalities}


class AffectSettings(SeveralModalitiesSettings):
    """Base of MultiBench's affect sets: aligned sequences of vision, audio and text, in one pickle."""

    ALLOWED: ClassVar[Mapping[str, ModalityKind]] = {
        "vision": "sequence",
        "audio": "sequence",
        "text": "sequence",
    }
    SOURCE: ClassVar[str] = _MULTIBENCH

    modalities: tuple[str, ...] = setting(
        ("vision", "text"),
        "Modalities to use: two or three of vision, audio, text.",
        min_length=2,
        max_length=3,
    )

    def expected_files(self, home: Path) -> list[ExpectedFile]:
        """One pickle."""
        return [ExpectedFile(self.location(home), "one pickle of NumPy arrays", "pickle")]


class MosiSettings(AffectSettings):
    """CMU-MOSI (Zadeh et al., 2016), from MultiBench: is the sentiment of an opinion video's utterance
    positive?"""

    LABEL: ClassVar[str] = "CMU-MOSI"
    FILE: ClassVar[str] = "mosi_data.pkl"

    name: Literal["mosi"] = "mosi"


class UrFunnySettings(AffectSettings):
    """UR-FUNNY (Hasan et al., 2019), from MultiBench: does the audience laugh at the end of what a TED
    speaker says?"""

    LABEL: ClassVar[str] = "UR-FUNNY"
    FILE: ClassVar[str] = "humor.pkl"

    name: Literal["ur_funny"] = "ur_funny"


class MustardSettings(AffectSettings):
    """MUStARD (Castro et al., 2019), from MultiBench: is an utterance of a TV show sarcastic?"""

    LABEL: ClassVar[str] = "MUStARD"
    FILE: ClassVar[str] = "sarcasm.pkl"

    name: Literal["mustard"] = "mustard"


class MimicSettings(PublishedSettings):
    """MIMIC-III (Johnson et al., 2016), from MultiBench: a patient's table and first day in intensive care,
    hour by hour."""

    LABEL: ClassVar[str] = "MIMIC-III"
    FILE: ClassVar[str] = "im.pk"
    SOURCE: ClassVar[str] = (
        "Its owners ask for training and an agreement (physionet.org); who has both gets im.pk from "
        "MultiBench's authors, as the README of github.com/pliang279/MultiBench says."
    )

    name: Literal["mimic"] = "mimic"
    task: int = setting(
        7,
        "What is predicted: the ICD-9 group with this number (0 to 19), or -1: mortality in six classes.",
        ge=-1,
        le=19,
    )

    @property
    def modality_kinds(self) -> Mapping[str, ModalityKind | None]:
        """Name → kind of each modality."""
        return {"tabular": "vector", "time_series": "sequence"}

    def expected_files(self, home: Path) -> list[ExpectedFile]:
        """One pickle."""
        return [ExpectedFile(self.location(home), "one pickle of NumPy arrays", "pickle")]


class VisionTouchSettings(SeveralModalitiesSettings):
    """Vision&Touch (Lee et al., 2019): a robot arm inserts a peg; what is at the next step?"""

    LABEL: ClassVar[str] = "Vision&Touch"
    FILE: ClassVar[str] = "triangle_real_data"
    SOURCE: ClassVar[str] = (
        "Stanford publishes it: run dataset/download_data.sh of "
        "github.com/stanford-iprl-lab/multimodal_representation, or datasets/robotics/download_data.sh of "
        "MultiBench."
    )
    ALLOWED: ClassVar[Mapping[str, ModalityKind]] = {
        "image": "image",
        "force": "sequence",
        "proprioception": "vector",
    }

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

    def expected_files(self, home: Path) -> list[ExpectedFile]:
        """A folder of episodes."""
        return [ExpectedFile(self.location(home), "a folder of .h5 files, one an episode", "episodes")]


class ImageTextSettings(PublishedSettings):
    """Base of the sets of images with a text each, read by pretrained models that the user has on disk.

    LISTS: files that say which samples there are; IMAGES: the folder of the images.
    """

    LISTS: ClassVar[tuple[str, ...]]
    IMAGES: ClassVar[str]

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
    def modality_kinds(self) -> Mapping[str, ModalityKind | None]:
        """Name → kind of each modality."""
        return {"image": "image", "text": "text"}

    def model_folders(self, home: Path) -> tuple[Path, Path]:
        """Folders of the image and the text model."""
        models = home / "models"
        image = local_path(self.image_model) if self.image_model else models / "clip-vit-base-patch32"
        text = local_path(self.text_model) if self.text_model else models / "clip-ViT-B-32-multilingual-v1"
        return image, text

    def expected_files(self, home: Path) -> list[ExpectedFile]:
        """The lists, the images, and what the two models are made of."""
        root, (image_model, text_model) = self.location(home), self.model_folders(home)
        of_image, of_text = (
            ("config.json", "model.safetensors"),
            ("config.json", "model.safetensors", "tokenizer.json"),
        )
        return [
            *(ExpectedFile(root / name, "which samples there are", "file") for name in self.LISTS),
            ExpectedFile(root / self.IMAGES, "the images", "folder"),
            *(ExpectedFile(image_model / name, "the image model", "file") for name in of_image),
            *(ExpectedFile(text_model / name, "the text model", "file") for name in of_text),
        ]


class MmImdbSettings(ImageTextSettings):
    """MM-IMDb (Arevalo et al., 2017): the genres of a film from its poster and plot; 23 labels."""

    LABEL: ClassVar[str] = "MM-IMDb"
    FILE: ClassVar[str] = "mmimdb"
    LISTS: ClassVar[tuple[str, ...]] = ("split.json",)
    IMAGES: ClassVar[str] = "dataset"
    SOURCE: ClassVar[str] = f"Its authors publish mmimdb.tar.gz at lisi1.unal.edu.co/mmimdb; {_MODELS}"

    name: Literal["mm_imdb"] = "mm_imdb"


class HatefulMemesSettings(ImageTextSettings):
    """Hateful Memes (Kiela et al., 2020): is a meme hateful? Neither its picture nor its text alone tells."""

    LABEL: ClassVar[str] = "Hateful Memes"
    FILE: ClassVar[str] = "hateful_memes"
    LISTS: ClassVar[tuple[str, ...]] = ("train.jsonl", "dev.jsonl")
    IMAGES: ClassVar[str] = "img"
    SOURCE: ClassVar[str] = (
        f"Meta publishes it to who agrees to its licence, at hatefulmemeschallenge.com; {_MODELS}"
    )

    name: Literal["hateful_memes"] = "hateful_memes"
    validation_share: float = setting(
        0.1,
        "Share of the training samples carved off for model selection; the published dev split is the test.",
        ge=0.02,
        le=0.5,
    )
