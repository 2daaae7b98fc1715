"""Hateful Memes (Kiela et al., 2020): a picture and the text on it; the published dev split is the test."""

from pathlib import Path

from engine.dataset import DatasetError, MultimodalDataset, Task
from engine.datasets.image_text.assembling import Record, assemble
from engine.datasets.image_text.images import confined
from engine.datasets.image_text.records import field
from engine.files.json_text import parse_json, read_text
from engine.files.presence import check_there
from engine.randomness import numpy_generator
from engine.settings.published_dataset import HatefulMemesSettings

MOST_LIST_BYTES = 50_000_000


def load(settings: HatefulMemesSettings, home: Path) -> MultimodalDataset:
    """The data set in the folder; images stay on disk. Raises `DatasetError` for what is missing or not of
    its format."""
    folder = check_there(settings, home)
    train, test = (records_of(folder, name) for name in ("train.jsonl", "dev.jsonl"))
    order = numpy_generator(settings.seed, "hateful_memes/validation").permutation(len(train)).tolist()
    carved = set(order[: max(1, round(settings.validation_share * len(train)))])
    parts = (
        [record for place, record in enumerate(train) if place not in carved],
        [record for place, record in enumerate(train) if place in carved],
        test,
    )
    task = Task("hateful", "classification", classes=2, chance=0.5, class_names=("not hateful", "hateful"))
    for name, part in (("train", parts[0]), ("test", parts[2])):
        if len({record.label for record in part}) < 2:
            raise DatasetError(f"the {name} part has one class only; both are needed")
    return assemble(settings, home, task, parts)


def records_of(folder: Path, name: str) -> list[Record]:
    """One JSON object a line, with `img`, `text` and `label`."""
    records = []
    for number, line in enumerate(read_text(folder / name, MOST_LIST_BYTES).split("\n"), 1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        content = parse_json(line, where)
        image = confined(folder, field(content, "img", str, where))
        if image is None:
            raise DatasetError(f"{where}: 'img' is {content['img'][:80]!r}, which leads out of the folder")
        label = field(content, "label", int, where)
        if label not in (0, 1):
            raise DatasetError(f"{where}: 'label' is {label}; allowed are 0 and 1")
        records.append(Record(image, field(content, "text", str, where), label))
    return records
