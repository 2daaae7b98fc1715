"""From records of (image file, text, label) to a data set: images checked, texts tokenised, models
recommended."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from engine.dataset import DatasetError, Items, Modality, MultimodalDataset, Split, Task
from engine.datasets.image_text.images import ImageFiles, broken_images, told
from engine.nets.pretrained import load_tokenizer
from engine.settings.augmentation import NoAugmentation, SimclrAugmentation, TokenMaskingAugmentation
from engine.settings.encoder import ClipTextSettings, ClipVisionSettings
from engine.settings.published_dataset import ImageTextSettings

LEAST_SAMPLES = 4
TEXTS_AT_ONCE = 1000


class Record(NamedTuple):
    """One sample: its image file, its text, its label (a class, or a 0/1 for each of several)."""

    image: Path
    text: str
    label: int | tuple[int, ...]


def assemble(
    settings: ImageTextSettings, home: Path, task: Task, parts: Sequence[Sequence[Record]]
) -> MultimodalDataset:
    """The data set of train, validation and test records; raises `DatasetError` for images that cannot be
    used."""
    kept = [usable(settings, part) for part in parts]
    for name, part in zip(("train", "validation", "test"), kept, strict=True):
        if len(part) < LEAST_SAMPLES:
            raise DatasetError(
                f"{len(part)} samples are there for {name}; at least {LEAST_SAMPLES} are needed"
            )
    records = [record for part in kept for record in part]
    image_folder, text_folder = settings.model_folders(home)
    tokenizer = load_tokenizer(text_folder)
    ids, lengths = tokenise(tokenizer, [record.text for record in records], settings.text_tokens)
    items: dict[str, Items] = {
        "image": ImageFiles([record.image for record in records], settings.image_size),
        "text": ids,
    }
    labels = torch.tensor([record.label for record in records])
    mask = tokenizer.mask_token_id
    special = tuple(sorted(set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}))
    text = Modality(
        name="text",
        kind="text",
        shape=(ids.shape[1],),
        encoder=ClipTextSettings(path=str(text_folder)),
        augmentation=NoAugmentation() if mask is None else TokenMaskingAugmentation(),
        mask_token=mask,
        special_tokens=special,
    )
    side = settings.image_size
    image = Modality(
        "image", "image", (3, side, side), ClipVisionSettings(path=str(image_folder)), SimclrAugmentation()
    )
    bounds = torch.tensor([0, *(len(part) for part in kept)]).cumsum(0).tolist()

    def split(part: int) -> Split:
        rows = torch.arange(bounds[part], bounds[part + 1])
        return Split(items, dict.fromkeys(items, rows), {task.name: labels[rows]}, {"text": lengths})

    return MultimodalDataset(
        modalities=(image, text),
        tasks=(task,),
        train=split(0),
        validation=split(1),
        probe_train=split(0),
        probe_validation=split(1),
        probe_test=split(2),
    )


def usable(settings: ImageTextSettings, records: Sequence[Record]) -> list[Record]:
    """The records whose images can be used; raises `DatasetError` with the others unless those may be left
    out."""
    files = [record.image for record in records]
    broken = broken_images(files, settings.image_size, decode=settings.leave_out_broken)
    if broken and not settings.leave_out_broken:
        raise DatasetError(f"{told(broken, len(files))}. Mend them, or set leave_out_broken")
    return [record for position, record in enumerate(records) if position not in broken]


def tokenise(tokenizer: object, texts: Sequence[str], longest: int) -> tuple[Tensor, Tensor]:
    """Token ids (n, t) int64, padded at the end to the longest text, and lengths (n,); texts are cut at
    `longest` tokens."""
    rows: list[list[int]] = []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        encoded = tokenizer(list(texts[start : start + TEXTS_AT_ONCE]), truncation=True, max_length=longest)  # type: ignore[operator]
        rows += encoded["input_ids"]
    lengths = torch.tensor([len(row) for row in rows])
    if not int(lengths.min()):
        raise DatasetError(f"text {int(lengths.argmin())} has no tokens at all")
    padding = getattr(tokenizer, "pad_token_id", None) or 0
    ids = torch.full((len(rows), int(lengths.max())), padding, dtype=torch.long)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
    return ids, lengths
