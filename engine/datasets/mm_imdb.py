"""MM-IMDb (Arevalo et al., 2017): posters and plots of films, with their genres as labels, in the published
splits.

Departure from the public code, which draws one of a film's plots on every access: here the seed draws one for
each film, so that a sample is one and the same in every epoch and in the probe.
"""

import re
from pathlib import Path

from engine.dataset import DatasetError, MultimodalDataset, Task
from engine.datasets.image_text.assembling import Record, assemble
from engine.datasets.image_text.images import confined
from engine.datasets.image_text.records import texts_of
from engine.files.json_text import parse_json, read_text
from engine.files.presence import check_there
from engine.randomness import derive_seed
from engine.settings.published_dataset import MmImdbSettings

GENRES = (  # noqa: SIM905  (a list of 23 lines says no more)
    "drama comedy romance thriller crime action adventure horror documentary mystery sci-fi music fantasy "
    "family biography war history animation musical western sport short film-noir"
).split(" ")
MOST_SPLIT_BYTES, MOST_RECORD_BYTES = 50_000_000, 5_000_000
_ID = re.compile(r"[\w-]{1,64}")


def load(settings: MmImdbSettings, home: Path) -> MultimodalDataset:
    """The data set in the folder; images stay on disk. Raises `DatasetError` for what is missing or not of
    its format."""
    folder = check_there(settings, home)
    listed = parse_json(read_text(folder / "split.json", MOST_SPLIT_BYTES), "split.json")
    parts = []
    for part in ("train", "dev", "test"):
        films = texts_of(listed, part, "split.json")
        parts.append([record_of(settings, folder / "dataset", film) for film in films])
    return assemble(
        settings, home, Task("genres", "multilabel", classes=len(GENRES), class_names=tuple(GENRES)), parts
    )


def record_of(settings: MmImdbSettings, folder: Path, film: str) -> Record:
    """One film: `ID.json` with a list of plots and a list of genres, of which others than the 23 are ignored,
    and `ID.jpeg`."""
    file, image = confined(folder, f"{film}.json"), confined(folder, f"{film}.jpeg")
    if not _ID.fullmatch(film) or file is None or image is None:
        raise DatasetError(
            f"split.json names the film {film[:80]!r}, which leads out of the folder or is no name of a file"
        )
    content = parse_json(read_text(file, MOST_RECORD_BYTES), file.name)
    plots, genres = (
        texts_of(content, "plot", file.name),
        {genre.lower() for genre in texts_of(content, "genres", file.name)},
    )
    plot = plots[derive_seed(settings.seed, f"mm_imdb/plot/{film}") % len(plots)]
    return Record(image, plot, tuple(int(genre in genres) for genre in GENRES))
