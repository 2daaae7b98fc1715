"""How a checkpoint is used elsewhere, as Python to copy: from the file to a representation, for the
modalities that it was trained on. No Streamlit here."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args

from engine.files.json_text import parse_json
from engine.files.safetensors_header import HeaderError, parse_header
from engine.settings.kinds import ModalityKind
from engine.training.checkpoint_header import MOST_MODALITIES
from storage.artifacts import Artifact, read_chunks
from storage.database import Database

SAMPLES = 2
"""As many as the snippet encodes."""
_LENGTH_BYTES = 8


class Read(NamedTuple):
    """A modality as a checkpoint describes it: its name, kind, the shape of one item, and of a text the
    folder of its pretrained model."""

    name: str
    kind: ModalityKind
    shape: tuple[int, ...]
    folder: str | None = None


def modalities_of(db: Database, artifact: Artifact) -> list[Read]:
    """What the file says of its modalities; none where it says nothing that can be read.

    Raises `DatabaseError`.
    """

    def first(count: int) -> bytes:
        return b"".join(read_chunks(db, artifact.id, 0, min(count, artifact.size)))

    length = _LENGTH_BYTES + int.from_bytes(first(_LENGTH_BYTES), "little")
    if length > artifact.size:
        return []
    try:
        # the longest header that there may be is bounded before it is read
        metadata = parse_header(io.BytesIO(first(length)), artifact.size, artifact.name).metadata
        described = parse_json(metadata.get("modalities", "[]"), "modalities", HeaderError)
        settings = parse_json(metadata.get("settings", "{}"), "settings", HeaderError)
        encoders = settings.get("encoders", {})
        return [
            _read(one, encoders.get(one["name"]) or one["encoder"]) for one in described[:MOST_MODALITIES]
        ]
    except (HeaderError, AttributeError, KeyError, TypeError, ValueError):
        return []


def _read(described: Mapping[str, Any], encoder: Mapping[str, Any]) -> Read:
    """Raises `ValueError` for what is no modality."""
    kind, shape = described["kind"], tuple(map(int, described["shape"]))
    if kind not in get_args(ModalityKind):
        raise ValueError(kind)
    folder = encoder.get("path") or described["encoder"].get("path")
    return Read(str(described["name"]), kind, shape, None if folder is None else str(folder))


def loading_snippet(artifact: Artifact, modalities: Sequence[Read] = ()) -> str:
    """Python that opens the file and encodes samples; of a training state, which is for resuming, it lists
    what is in it."""
    if artifact.kind == "state":
        opening = 'with safe_open(file, "pt") as state:\n    print(*state.keys())'
        return f"from safetensors import safe_open\n\nfile = {artifact.name!r}\n{opening}"
    texts = [one for one in modalities if one.kind == "text" and one.folder is not None]
    lines = ["from pathlib import Path", "", "import torch"]
    if any(one.kind == "sequence" for one in modalities) or texts:
        lines.append("from engine.dataset import Samples")
    if texts:
        lines.append("from engine.datasets.image_text.assembling import tokenise")
        lines.append("from engine.nets.pretrained import load_tokenizer")
    lines += [
        "from engine.training.checkpoint import load_checkpoint",
        "",
        f"file = {artifact.name!r}",
        "checkpoint = load_checkpoint(Path(file))  # the model, rebuilt from the settings in the file",
    ]
    if not modalities:
        return "\n".join([*lines, "print(checkpoint.modalities)  # what it reads"])
    lines += ["", f"n = {SAMPLES}  # drawn at random here; yours are scaled as they were for training"]
    for place, one in enumerate(texts):
        lines.append(f"tokenizer = load_tokenizer(Path({one.folder!r}))")
        lines.append(
            f'ids{place}, lengths{place} = tokenise(tokenizer, ["some words", "and others"], {one.shape[0]})'
        )
    lines.append("samples = {")
    for one in modalities:
        number = str(texts.index(one)) if one in texts else ""
        lines.append(f"    {one.name!r}: {_values(one, number)},  # {_words(one)}")
    lines += [
        "}",
        "representation = checkpoint.represent(samples)  # (n, width), as the probes saw it",
        "print(tuple(representation.shape))",
        "",
        "# The samples of the run's own test split, where its data are on this machine:",
        "# from engine.dataset import load_dataset",
        '# data = load_dataset(checkpoint.settings.data, Path("infmasking-data"))',
        "# samples = data.probe_test.batch(torch.arange(n))",
    ]
    return "\n".join(lines)


def _values(one: Read, place: str) -> str:
    """Samples of a modality as an expression."""
    shape = ", ".join(map(str, one.shape))
    if one.kind == "image":
        return f"torch.randint(0, 256, (n, {shape}), dtype=torch.uint8)"
    if one.kind == "text":
        if not place:
            return f"torch.ones(n, {shape}, dtype=torch.long)"
        return f"Samples(ids{place}, torch.arange(ids{place}.shape[1]) >= lengths{place}[:, None])"
    if one.kind == "sequence":
        return f"Samples(torch.randn(n, {shape}), torch.zeros(n, {one.shape[0]}, dtype=torch.bool))"
    return f"torch.randn(n, {shape})"


def _words(one: Read) -> str:
    """What stands behind a line: the kind and the shape of an item."""
    if one.kind == "image":
        return f"images as they are: {one.shape[0]} channels of {one.shape[1]} × {one.shape[2]} px"
    if one.kind == "text":
        return f"texts as token ids, at most {one.shape[0]}"
    if one.kind == "sequence":
        return "sequences, and which steps are padding"
    return f"vectors of {one.shape[0]} features" if len(one.shape) == 1 else "vectors"
