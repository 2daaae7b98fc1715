"""What the label of the user's own file means, and which rows belong together: as guessed, or as said
here."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from app.wording.text import plain
from engine.files.contents import Entry
from engine.settings.dataset import PairedFileSettings

KINDS = {
    "guess": "As it looks",
    "classes": "Classes",
    "values": "Numbers to predict",
    "multilabel": "Several labels at once",
}
SETTINGS = ("label_kind", "missing_label", "group")
"""The settings that are chosen here, and that a link to the form carries."""


def label_controls(
    path: Path, entries: Sequence[Entry], taken: Sequence[str], label: str, content: Mapping[str, Any]
) -> dict[str, Any]:
    """Controls for the settings in `SETTINGS`, with what the label would be taken for as it looks.

    taken: arrays that are used already, as the label or as modalities.
    """
    helps = {name: PairedFileSettings.model_fields[name].description or "" for name in SETTINGS}
    left, middle, right = st.columns(3)
    kind = content.get("label_kind", "guess")
    kind = left.selectbox(
        "The label holds",
        list(KINDS),
        list(KINDS).index(kind) if kind in KINDS else 0,
        format_func=KINDS.__getitem__,
        key=f"own_file_label_kind:{path}:{label}",
        help=plain(helps["label_kind"]),
    )
    missing = middle.text_input(
        "Stands for no label",
        str(content.get("missing_label") or ""),
        key=f"own_file_missing:{path}:{label}",
        placeholder="NaN and empty text do",
        help=plain(helps["missing_label"]),
    )
    groups = [None, *dict.fromkeys(e.name for e in entries if e.can_be_group and e.name not in taken)]
    group = content.get("group")
    group = right.selectbox(
        "Rows belong together by",
        groups,
        groups.index(group) if group in groups else 0,
        format_func=lambda name: name or "Equal rows only",
        key=f"own_file_group:{path}",
        help=plain(helps["group"]),
    )
    told = next((entry.as_label for entry in entries if entry.name == label), "")
    if kind == "guess" and told:
        st.caption(plain(told))
    return {"label_kind": kind, "missing_label": missing.strip() or None, "group": group}
