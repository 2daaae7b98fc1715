"""The user's own file: named by a path or uploaded, shown as the arrays in it, and turned into data settings.

Used by the launch and data pages. The URL keeps the path (`path=FILE`), so that a view of a file is a link.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from app.error_lines import one_line
from app.launch.label_controls import label_controls
from app.launch.uploads import MOST_UPLOADED_MB, TYPES, look_into, take_upload
from app.preview.requests import PreviewError
from app.wording.text import plain
from engine.errors import UserError
from engine.files.contents import Entry
from engine.settings.paths import PathError, local_path

KEPT_SECONDS = 600


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
        st.error(plain(problem), icon=":material/error:")
    if not path:
        return None
    try:
        file = local_path(path)
        facts = file.stat()
        found = _looked_into(str(file), facts.st_size, facts.st_mtime_ns, str(home))
        if not isinstance(found, str):
            return file, found
        st.error(plain(found), icon=":material/error:")
    except (OSError, PathError) as error:
        st.error(plain(one_line(error)), icon=":material/error:")
    return None


def _take_path(path: str) -> None:
    st.query_params["path"] = st.session_state[f"own_file_path:{path}"].strip()


def _take_upload(home: Path, key: str) -> None:
    upload = st.session_state[key]
    if upload is None:
        return
    try:
        st.query_params["path"] = str(take_upload(home, upload.name, upload))
    except (UserError, OSError) as error:
        st.session_state["own_file_problem"] = one_line(error)
    st.session_state["own_file_version"] += 1


@st.cache_data(max_entries=32, ttl=KEPT_SECONDS, show_spinner="Reading the file …")
def _looked_into(path: str, size: int, changed: int, home: str) -> list[Entry] | str:
    """What is in the file, or why nothing is: a file that takes minutes to be refused is not read at every
    click."""
    try:
        return look_into(Path(path), Path(home))
    except PreviewError as error:
        return str(error)


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
            "As the label": entry.as_label or "–",
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
    st.session_state["own_file_kinds"] = {
        entry.name: "vector" if entry.kind == "flags" else entry.kind
        for entry in entries
        if entry.can_be_modality
    }
    usable = _names(entry for entry in entries if entry.can_be_modality)
    labels = _names(entry for entry in entries if entry.can_be_label)
    if len(usable) < 2 or not labels:
        st.error(
            f"{plain(path.name)} has {len(usable)} usable modalities and {len(labels)} usable labels; at "
            "least 2 "
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
            f"{plain(wrong)}; choose at least two modalities and another array as the label",
            icon=":material/error:",
        )
        return None
    chosen = {
        "path": str(path),
        "test_path": test_path.strip() or None,
        "modalities": modalities,
        "label": label,
        **label_controls(path, entries, [*modalities, label], label, content),
    }
    kept = {key: value for key, value in content.items() if key != "fingerprint"}
    return {**kept, "name": "paired_file", **chosen}


def _names(entries: Any) -> list[str]:
    return list(dict.fromkeys(entry.name for entry in entries))


def _prefer(labels: Sequence[str], wanted: Any) -> str:
    """The label asked for, else one that is called so, else the first that is no vector."""
    usual = [name for name in labels if re.search(r"label|target|class|^y$", name, re.IGNORECASE)]
    return wanted if wanted in labels else [*usual, *labels][0]
