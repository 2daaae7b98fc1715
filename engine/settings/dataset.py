"""Settings of the data sets that are built in or the user's own; the published ones stand in
`published_dataset.py`.

Adding one: a class here, and a file of its name in `engine/datasets/`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import field_validator, model_validator

from engine.settings.base import Settings, setting
from engine.settings.kinds import ModalityKind
from engine.settings.paths import local_path


class DatasetSettings(Settings):
    """Base of the settings of all data sets. LABEL: the data set as its owners write it."""

    LABEL: ClassVar[str]

    name: str

    @property
    def modality_kinds(self) -> Mapping[str, ModalityKind | None]:
        """Name → kind of each modality, known without loading anything; None where only the file tells.

        Every data set says its own.
        """
        raise TypeError(f"{type(self).__name__} does not say its modalities")


class TrifeatureSettings(DatasetSettings):
    """Pairs of rendered images with a shape, a colour and a texture each (Hermann & Lampinen, 2020)."""

    LABEL: ClassVar[str] = "Trifeature"

    name: Literal["trifeature"] = "trifeature"
    image_size: int = setting(224, "Side of the square images.", unit="px", ge=32, le=512)
    biased: bool = setting(
        True,
        "Train only on pairs whose second colour is decided by the first texture, so that synergy can be "
        "learned.",
    )
    pairs: int = setting(
        10_000, "Training pairs drawn without replacement.", unit="pairs", ge=64, le=1_000_000
    )
    probe_pairs: int = setting(
        10_000, "Unbiased pairs the linear probe is fitted on.", unit="pairs", ge=100, le=1_000_000
    )
    test_pairs: int = setting(
        3_800,
        "Unbiased pairs of the 200 held-out images the probe is tested on; there are 3,800.",
        unit="pairs",
        ge=100,
        le=3_800,
    )
    validation_share: float = setting(
        0.1,
        "Share of the training images carved off for early stopping and model selection.",
        ge=0.02,
        le=0.5,
    )
    seed: int = setting(
        0,
        "Seed of rendering, split and pairing; runs with other training seeds share the data.",
        ge=0,
        le=2**31 - 1,
    )

    @property
    def modality_kinds(self) -> Mapping[str, ModalityKind | None]:
        """Name → kind of each modality."""
        return {"image1": "image", "image2": "image"}


class BitsSettings(DatasetSettings):
    """Synthetic observations of latent symbols with known partial information."""

    LABEL: ClassVar[str] = "Bits"

    name: Literal["bits"] = "bits"
    synergy: Literal["pairing", "xor"] = setting(
        "pairing", "Synergy label: 1[b = π(a)] over the symbols (h(1/k) bits), or a ⊕ b of two bits (1 bit)."
    )
    redundant_symbols: int = setting(
        10, "Alphabet of the symbol both modalities carry.", unit="symbols", ge=2, le=64
    )
    unique_symbols: int = setting(10, "Alphabet of each modality's own symbol.", unit="symbols", ge=2, le=64)
    synergy_symbols: int = setting(
        10, "Alphabet k of the symbols a and b (xor always uses 2).", unit="symbols", ge=2, le=64
    )
    features: int = setting(128, "Width of each modality's observation.", unit="features", ge=8, le=4096)
    noise: float = setting(0.1, "Standard deviation of the noise added to every feature.", ge=0.0, le=10.0)
    biased: bool = setting(
        True, "Train only on pairs with a positive synergy label, as Trifeature does; probes see all pairs."
    )
    samples: int = setting(10_000, "Training samples.", unit="samples", ge=64, le=5_000_000)
    probe_samples: int = setting(
        4_000, "Labelled samples the linear probe is fitted on.", unit="samples", ge=100, le=1_000_000
    )
    test_samples: int = setting(
        4_000, "Labelled samples the probe is tested on.", unit="samples", ge=100, le=1_000_000
    )
    validation_share: float = setting(
        0.1, "Samples drawn besides for model selection, as a share of the training samples.", ge=0.02, le=0.5
    )
    seed: int = setting(
        0,
        "Seed of maps, symbols and noise; runs with other training seeds share the data.",
        ge=0,
        le=2**31 - 1,
    )

    @property
    def modality_kinds(self) -> Mapping[str, ModalityKind | None]:
        """Name → kind of each modality."""
        return {"x1": "vector", "x2": "vector"}


class DataFilesSettings(DatasetSettings):
    """Base of the data sets that are read from files.

    `fingerprint` says what those held when the settings became a run's: it is part of the configuration, so
    that runs on other bytes are other configurations, and loading other bytes under it is refused.
    """

    fingerprint: str | None = setting(
        None, "Fingerprint of the files' content; filled in when a run is made.", filled_in=True
    )

    def files(self, home: Path) -> tuple[Path, ...]:
        """The files and folders whose content the data set is."""
        raise TypeError(f"{type(self).__name__} does not say its files")


class PairedFileSettings(DataFilesSettings):
    """The user's own aligned arrays: one `.npz`, `.safetensors` or `.parquet`, or a train and a test file."""

    LABEL: ClassVar[str] = "Your own file"

    name: Literal["paired_file"] = "paired_file"
    path: str = setting(
        ..., "File with the arrays (or the training file when a test file is named).", min_length=1
    )
    test_path: str | None = setting(None, "File with the test rows, if they are apart.")
    modalities: tuple[str, ...] = setting(
        ..., "Names of the arrays to use as modalities, at least two.", min_length=2, max_length=6
    )
    label: str = setting(..., "Name of the label array.", min_length=1)
    label_kind: Literal["guess", "classes", "values", "multilabel"] = setting(
        "guess",
        "What the label holds: classes (a column, or one-hot columns), values (numbers to predict) or "
        "a multilabel (columns of 0 and 1). A guess is told on the data page and in the run's log.",
    )
    missing_label: str | None = setting(
        None,
        "A value of the label that stands for none, besides NaN and empty text; such rows are trained on "
        "only.",
    )
    group: str | None = setting(
        None,
        "Array that says which rows belong together (a patient, a video): no split and no fold parts them. "
        "Empty: equal rows are kept together.",
    )
    standardise: bool = setting(
        True, "Give every numeric feature mean 0 and standard deviation 1, fitted on the training rows."
    )
    test_share: float = setting(
        0.2, "Share of rows held out for the test when the file names no split.", ge=0.05, le=0.5
    )
    validation_share: float = setting(
        0.15, "Share of the training rows kept for model selection.", ge=0.02, le=0.5
    )
    max_gigabytes: float = setting(4.0, "Largest file that is read.", unit="GB", gt=0, le=512)
    seed: int = setting(0, "Seed of the split.", ge=0, le=2**31 - 1)

    @property
    def modality_kinds(self) -> Mapping[str, ModalityKind | None]:
        """Name → kind of each modality; only the file tells the kinds."""
        return dict.fromkeys(self.modalities)

    def files(self, home: Path) -> tuple[Path, ...]:
        """The file, or the training and the test file."""
        return tuple(local_path(path) for path in (self.path, self.test_path) if path)

    @field_validator("missing_label", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        """−9 as "-9": a number is as good as its text."""
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _names_differ(self) -> "PairedFileSettings":
        if len(set(self.modalities)) < len(self.modalities):
            raise ValueError(f"modalities must differ; got {', '.join(self.modalities)}")
        if self.label in self.modalities:
            raise ValueError(f"the label '{self.label}' is also named as a modality")
        if self.group in (*self.modalities, self.label):
            raise ValueError(f"the group '{self.group}' is also named as a modality or the label")
        return self
