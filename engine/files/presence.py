"""Which published data sets are there, where their files are expected, how one gets them, and what is wrong
with one.

Looks at names, sizes and first bytes, and reads nothing large: the data page asks on every visit. Imports no
torch.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DatasetError
from engine.settings.dataset import PUBLISHED
from engine.settings.published_dataset import ImageTextSettings, PublishedSettings

_AFFECT = (
    "MultiBench publishes it with its processed affect data: follow the link in the README of "
    "github.com/pliang279/MultiBench."
)
_MODELS = (
    "the two models are on huggingface.co, openai/clip-vit-base-patch32 and "
    "sentence-transformers/clip-ViT-B-32-multilingual-v1: "
    "config.json, model.safetensors and the text model's tokenizer.json."
)
SOURCES: dict[str, str] = {
    "mosi": _AFFECT,
    "ur_funny": _AFFECT,
    "mustard": _AFFECT,
    "mimic": "Its owners ask for training and an agreement (physionet.org); who has both gets im.pk from "
    "MultiBench's authors, "
    "as the README of github.com/pliang279/MultiBench says.",
    "vision_touch": "Stanford publishes it: run dataset/download_data.sh of "
    "github.com/stanford-iprl-lab/multimodal_representation, or datasets/robotics/download_data.sh of "
    "MultiBench.",
    "mm_imdb": "Its authors publish mmimdb.tar.gz at lisi1.unal.edu.co/mmimdb; " + _MODELS,
    "hateful_memes": "Meta publishes it to who agrees to its licence, at hatefulmemeschallenge.com; "
    + _MODELS,
}
"""How one gets each data set. Nothing is ever downloaded for the user: some owners ask for an agreement
first."""


HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class ExpectedFile:
    """A file or folder of a data set: whether it is there, its bytes (a folder's: None), and what is wrong
    with it."""

    path: Path
    holds: str
    is_present: bool
    size: int | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Presence:
    """What there is of a data set, and how one gets the rest."""

    dataset: str
    files: tuple[ExpectedFile, ...]
    source: str

    @property
    def is_ready(self) -> bool:
        """Whether all files are there and none looks wrong; what is inside is checked when it is loaded."""
        return all(file.is_present and not file.problem for file in self.files)


def describe_presence(home: Path) -> list[Presence]:
    """Every published data set, at its place in the data home."""
    return [presence_of(model(), home) for model in PUBLISHED]


def presence_of(settings: PublishedSettings, home: Path) -> Presence:
    """One data set, at the place that the settings name."""
    name: str = getattr(settings, "name")  # noqa: B009  (every member of the union has one)
    return Presence(name, tuple(_LOOKS[name](settings, home)), SOURCES[name])


def check_there(settings: PublishedSettings, home: Path) -> Path:
    """Where the data set is; raises `DatasetError` with how one gets it where there is nothing."""
    path = settings.location(home)
    if not path.exists():
        raise DatasetError(f"there is no {path}. {SOURCES[getattr(settings, 'name')]}")  # noqa: B009
    return path


def _look(path: Path, holds: str, problem: Callable[[Path, int], str | None]) -> ExpectedFile:
    """One file, with its problem by its path and size."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            return ExpectedFile(path, holds, True, None, "is not a file")
        found = "is empty" if size == 0 else problem(path, size)
    except FileNotFoundError:
        return ExpectedFile(path, holds, False)
    except OSError as error:
        return ExpectedFile(path, holds, True, None, f"cannot be read: {error.strerror}")
    return ExpectedFile(path, holds, True, size, found)


def _pickle(settings: PublishedSettings, home: Path) -> Iterator[ExpectedFile]:
    def problem(file: Path, size: int) -> str | None:
        """What the first and last byte give away; nothing is unpickled."""
        if size > settings.most_bytes:
            return f"has {size / 1e9:,.2f} GB; {settings.max_gigabytes:g} GB are allowed"
        with file.open("rb") as stream:
            first = stream.read(1)
            stream.seek(-1, 2)
            last = stream.read(1)
        if first not in (b"\x80", b"(", b"c", b"}", b"]"):
            return "is no pickle"
        return None if last == b"." else "is cut off: its end is missing"

    yield _look(settings.location(home), "one pickle of NumPy arrays", problem)


def _episodes(settings: PublishedSettings, home: Path) -> Iterator[ExpectedFile]:
    path = settings.location(home)
    holds = "a folder of .h5 files, one an episode"
    if not path.exists():
        yield ExpectedFile(path, holds, False)
        return
    files = sorted(path.glob("*.h5"))
    if not files:
        yield ExpectedFile(
            path, holds, True, None, "holds no .h5 files" if path.is_dir() else "is not a folder"
        )
        return
    broken = [file.name for file in files if not _starts_with(file, HDF5_SIGNATURE)]
    problem = (
        f"{len(broken)} of {len(files)} files are no HDF5 files, the first is {broken[0]}" if broken else None
    )
    yield ExpectedFile(path, f"{len(files):,} episodes, one .h5 file each", True, None, problem)


def _starts_with(file: Path, signature: bytes) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(len(signature)) == signature
    except OSError:
        return False


def _image_text(settings: PublishedSettings, home: Path) -> Iterator[ExpectedFile]:
    assert isinstance(settings, ImageTextSettings)
    path = settings.location(home)
    lists, images = _IMAGE_TEXT[settings.FILE]
    for name in lists:
        yield _look(path / name, "which samples there are", lambda file, size: None)
    there = (path / images).is_dir()
    empty = there and next((path / images).iterdir(), None) is None
    yield ExpectedFile(path / images, "the images", there, None, "is empty" if empty else None)
    image_model, text_model = settings.model_folders(home)
    for file in (image_model / "config.json", image_model / "model.safetensors"):
        yield _look(file, "the image model", lambda file, size: None)
    for file in (text_model / "config.json", text_model / "model.safetensors", text_model / "tokenizer.json"):
        yield _look(file, "the text model", lambda file, size: None)


_IMAGE_TEXT = {
    "mmimdb": (("split.json",), "dataset"),
    "hateful_memes": (("train.jsonl", "dev.jsonl"), "img"),
}
_LOOKS: dict[str, Callable[[PublishedSettings, Path], Iterator[ExpectedFile]]] = {
    "mosi": _pickle,
    "ur_funny": _pickle,
    "mustard": _pickle,
    "mimic": _pickle,
    "vision_touch": _episodes,
    "mm_imdb": _image_text,
    "hateful_memes": _image_text,
}
