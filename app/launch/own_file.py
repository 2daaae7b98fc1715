"""The user's own file: named by a path or uploaded, shown as the arrays in it, and turned into data settings.

Used by the launch and data pages. The URL keeps the path (`path=FILE`), so that a view of a file is a link.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import streamlit as st

from engine.errors import DatasetError
from engine.files.contents import Entry, describe_file
from engine.settings.dataset import PairedFileSettings

TYPES = ("npz", "safetensors", "parquet")
MOST_UPLOADED_MB = 200
MOST_READ_GB = float(PairedFileSettings.model_fields["max_gigabytes"].default)
PIECE = 2**20


def store_upload(folder: Path, name: str, content: BinaryIO) -> Path:
    """Keeps an upload under a name that is safe on any file system and says what is in it, so that twice the
    same is one file.

    Raises `DatasetError` for a type that is not read, or an upload that is too large.
    """
    suffix = Path(name).suffix.lower()
    if suffix.removeprefix(".") not in TYPES:
        raise DatasetError(f"'{Path(name).name}' is no file of arrays; allowed are .{', .'.join(TYPES)}")
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, prefix="uploading-", delete=False) as file:
        try:
            while piece := content.read(PIECE):
                size += len(piece)
                if size > MOST_UPLOADED_MB * 2**20:
                    raise DatasetError(
                        f"the upload is larger than {MOST_UPLOADED_MB} MB; give its path instead"
                    )
                digest.update(piece)
                file.write(piece)
            stem = re.sub(r"[^A-Za-z0-9_]+", "-", Path(name).stem).strip("-")[:60] or "file"
            kept = folder / f"{stem}-{digest.hexdigest()[:12]}{suffix}"
            os.replace(file.name, kept)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return kept


def pick_file(home: Path, path: str) -> tuple[Path, list[Entry]] | None:
    """Controls for a path and an upload; the file with its arrays, or None, with the reason on the page."""
    version = st.session_state.setdefault("own_file_version", 0)
    upload_key = f"own_file_upload:{version}"
    left, right = st.columns([3, 2])
    left.text_input(
        "Path of the file",
        path,
        key=f"own_file_path:{path}",
        on_change=_take_path,
        args=(path,),
        placeholder="/data/features.npz",
    )
    left.caption(
        "On the machine that runs this dashboard. Arrays named by modality, rows aligned; at least two "
        "modalities and a label."
    )
    right.file_uploader(
        "Or upload it",
        TYPES,
        key=upload_key,
        max_upload_size=MOST_UPLOADED_MB,
        on_change=_take_upload,
        args=(home, upload_key),
    )
    if problem := st.session_state.pop("own_file_problem", None):
        st.error(problem, icon=":material/error:")
    if not path:
        return None
    file = Path(path).expanduser()
    try:
        facts = file.stat()
        return file, _described(str(file), facts.st_size, facts.st_mtime_ns)
    except OSError as error:
        st.error(f"{file}: {error.strerror}", icon=":material/error:")
    except DatasetError as error:
        st.error(str(error), icon=":material/error:")
    return None


def _take_path(path: str) -> None:
    st.query_params["path"] = st.session_state[f"own_file_path:{path}"].strip()


def _take_upload(home: Path, key: str) -> None:
    upload = st.session_state[key]
    if upload is None:
        return
    try:
        kept = store_upload(home / "uploads", upload.name, upload)
        try:
            describe_file(kept, MOST_READ_GB)
        except DatasetError:
            kept.unlink()
            raise
        st.query_params["path"] = str(kept)
    except (DatasetError, OSError) as error:
        st.session_state["own_file_problem"] = str(error)
    st.session_state["own_file_version"] += 1


@st.cache_data(max_entries=32, show_spinner="Reading the file …")
def _described(path: str, _size: int, _changed: int) -> list[Entry]:
    return describe_file(Path(path), MOST_READ_GB)


def show_arrays(entries: Sequence[Entry]) -> None:
    """Every array with its shape, kind and range, and what is wrong with it."""
    rows = [
        {
            "Array": entry.name,
            "Part": entry.part or "all",
            "Kind": entry.kind,
            "Shape": " × ".join(f"{size:,}" for size in entry.shape) or "–",
            "Type": entry.dtype,
            "Range": "–"
            if entry.minimum is None or entry.maximum is None
            else f"{entry.minimum:.4g} … {entry.maximum:.4g}",
            "Problems": "; ".join(entry.problems) or "none",
        }
        for entry in entries
    ]
    st.dataframe(pl.DataFrame(rows), hide_index=True, height="content")


def choose_file(home: Path, content: Mapping[str, Any]) -> dict[str, Any] | None:
    """Data settings for a file of the user's: which arrays are modalities and which is the label. None until
    all is chosen.

    content: settings to start from; its path counts unless the URL has another.
    """
    found = pick_file(home, st.query_params.get("path") or str(content.get("path", "")))
    if found is None:
        return None
    path, entries = found
    show_arrays(entries)
    usable = _names(entry for entry in entries if entry.can_be_modality)
    labels = _names(entry for entry in entries if entry.can_be_label)
    if len(usable) < 2 or not labels:
        st.error(
            f"{path.name} has {len(usable)} usable modalities and {len(labels)} usable labels; at least 2 "
            "and 1 are needed"
        )
        return None
    left, middle, right = st.columns([3, 2, 3])
    label = _prefer(labels, content.get("label"))
    modalities = left.multiselect(
        "Modalities",
        usable,
        [name for name in content.get("modalities", usable) if name in usable and name != label][:6],
        key=f"own_file_modalities:{path}",
        max_selections=6,
        placeholder="Choose at least two",
    )
    label = middle.selectbox("Label", labels, labels.index(label), key=f"own_file_label:{path}")
    test_path = right.text_input(
        "Test file, if it is apart", content.get("test_path") or "", key=f"own_file_test:{path}"
    )
    if len(modalities) < 2 or label in modalities:
        wrong = (
            f"'{label}' is both a modality and the label"
            if label in modalities
            else "fewer than two modalities are chosen"
        )
        st.error(
            f"{wrong}; choose at least two modalities and another array as the label", icon=":material/error:"
        )
        return None
    chosen = {
        "path": str(path),
        "test_path": test_path.strip() or None,
        "modalities": modalities,
        "label": label,
    }
    return {**content, "name": "paired_file", **chosen}


def _names(entries: Any) -> list[str]:
    return list(dict.fromkeys(entry.name for entry in entries))


def _prefer(labels: Sequence[str], wanted: Any) -> str:
    """The label asked for, else one that is called so, else the first that is no vector."""
    usual = [name for name in labels if re.search(r"label|target|class|^y$", name, re.IGNORECASE)]
    return wanted if wanted in labels else [*usual, *labels][0]
