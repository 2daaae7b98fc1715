"""Widgets generated from settings models: label, unit, help and bounds come from the model, a union becomes a
choice of name. A number takes a value, a list, a range or a link; a choice or a switch takes several.

A form starts from the settings of every method on every data set and keeps what was edited, by path; text is
read where the plan is made (`app/launch/plan.py`).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from app.launch.draft import Edit
from app.launch.starts import Cell
from app.wording.fields import Field, fields_of, read_list, show_list, summary, title
from app.wording.text import plain
from engine.presets.layers import MISSING, value_at
from engine.presets.ranges import show_value
from engine.settings.base import Settings
from engine.settings.kinds import ModalityKind

COLUMNS = 3
SEVERAL = "A list (0.3, 0.5), a range (0.1…0.9 by 0.2, 1e-4…1e-2 log 5) or another setting (= its name)."
"""What a number takes besides a value, for its help."""
SWITCH = {"true": "On", "false": "Off"}
OWN, AS_IT_IS = "", "as it is"
"""Kinds of an encoder or augmentation: the data set's own, and what methods start with where they differ."""


@dataclass
class Form:
    """One drawing of a form.

    key: starts every widget's key, so that another start gives fresh widgets. cells: what it starts from.
    given: edits to begin with, of a link. modalities: name → kind (None: not known) of what the settings by
    modality are offered for. edits: what was edited; mistakes: lines about lists that cannot be read.
    """

    key: str
    cells: Sequence[Cell]
    given: Mapping[str, Edit] = field(default_factory=dict)
    modalities: Mapping[str, ModalityKind | None] = field(default_factory=dict)
    edits: dict[str, Edit] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def group(
        self, model: type[Settings], path: str, scope: str = "", leave_out: Collection[str] = ()
    ) -> None:
        """Controls for all settings of a model but those left out; plain ones in columns, nested ones below.

        scope: the method or data set that they are for, as it stands before a path ("method.comm.").
        """
        fields = [item for item in fields_of(model) if item.name not in leave_out]
        nested = [item for item in fields if item.kind in {"group", "kinds", "named_kinds"}]
        self.row([(item, f"{path}.{item.name}") for item in fields if item not in nested], scope)
        for item in nested:
            if item.model is not None:
                st.markdown(f"**{plain(item.label)}**", help=summary(item.model))
                self.group(item.model, f"{path}.{item.name}", scope)

    def row(self, items: Sequence[tuple[Field, str]], scope: str = "") -> None:
        """Plain settings, each with its path, side by side."""
        for start in range(0, len(items), COLUMNS):
            columns = st.columns(COLUMNS, vertical_alignment="bottom")
            for column, (item, path) in zip(columns, items[start : start + COLUMNS], strict=False):
                with column:
                    self.control(item, path, scope)

    def control(self, item: Field, path: str, scope: str = "") -> None:
        """The widget of one plain setting."""
        values = self._values(path, scope) or [item.default]
        shown = {
            "label": plain(item.label),
            "key": f"{self.key}:{scope}{path}",
            "help": plain(item.help) or None,
            "persist_state": "session",
        }
        if item.kind in {"switch", "choice"}:
            edit = self._choice(item, values, self.given.get(scope + path), shown)
        elif item.kind in {"integer", "number"}:
            edit = self._number(item, values, self.given.get(scope + path), shown)
        else:
            edit = self._text(item, values, self.given.get(scope + path), shown)
        if edit is not None:
            self.edits[scope + path] = edit

    def by_modality(self, item: Field, scope: str = "") -> None:
        """One choice of kind a modality, or the data set's own recommendation, which leaves the setting
        out; then that kind's settings."""
        chosen: dict[str, str] = {}
        for start in range(0, len(self.modalities), COLUMNS):
            names = list(self.modalities)[start : start + COLUMNS]
            for column, name in zip(st.columns(COLUMNS), names, strict=False):
                with column:
                    chosen[name] = self._kind(item, name, scope)
        for name, kind in chosen.items():
            if kind in item.kinds:
                what = f"{title(item.name.removesuffix('s'))} of {name}: {title(kind)}"
                st.markdown(f"**{plain(what)}**", help=summary(item.kinds[kind]))
                self.group(item.kinds[kind], _path_of(item.name, name), scope)

    def _kind(self, item: Field, name: str, scope: str) -> str:
        """The kind that is chosen for a modality; an edit where it is another than the form starts with."""
        path = _path_of(item.name, name)
        starts = self._values(f"{path}.name", scope)
        lacking = len([c for c in self._cells(scope) if value_at(c.content, f"{path}.name") is MISSING])
        differs = len(starts) > 1 or bool(starts and lacking)
        now = AS_IT_IS if differs else str(starts[0]) if starts else OWN
        fitting = [
            key for key, model in item.kinds.items() if key == now or _reads(model, self.modalities[name])
        ]
        options = [*([AS_IT_IS] if differs else []), OWN, *fitting]
        given = self.given.get(f"{scope}{path}.name", OWN if self.given.get(scope + path) == [None] else now)
        words = {OWN: "The data set's own", AS_IT_IS: "As each method has it"}
        kind = st.selectbox(
            plain(f"{title(item.name.removesuffix('s'))} of {name}"),
            options,
            options.index(given) if given in options else options.index(now),
            format_func=lambda kind: words.get(kind) or title(kind),
            key=f"{self.key}:{scope}{path}.name",
            help=plain(item.help),
            persist_state="session",
        )
        if kind != now:
            edit: tuple[str, Edit] = (
                (f"{scope}{path}", [None]) if kind == OWN else (f"{scope}{path}.name", kind)
            )
            self.edits[edit[0]] = edit[1]
        return kind

    def _number(
        self, item: Field, values: list[Any], given: Edit | None, shown: Mapping[str, Any]
    ) -> Edit | None:
        """A field of text: the plan refuses what is no number, in a line of its own."""
        start = show_value(values[0]) if len(values) == 1 else ""
        help = " ".join(filter(None, (item.help, _allowed(item), SEVERAL)))
        text = st.text_input(
            value=given if isinstance(given, str) else start,
            placeholder=start or _differing(values),
            **{**shown, "help": plain(help)},
        ).strip()
        return None if text in ("", start) else text

    def _choice(
        self, item: Field, values: list[Any], given: Edit | None, shown: Mapping[str, Any]
    ) -> Edit | None:
        """One of several words; more than one of them is an axis."""
        options = list(SWITCH) if item.kind == "switch" else list(item.choices)
        start = [show_value(values[0])] if len(values) == 1 else []
        words = [word.strip() for word in given.split(",")] if isinstance(given, str) else start
        picked = st.multiselect(
            options=options,
            default=[word for word in words if word in options],
            format_func=lambda word: SWITCH.get(word, word),
            placeholder=start[0] if start else _differing(values),
            **shown,
        )
        return None if picked in ([], start) else ", ".join(picked)

    def _text(
        self, item: Field, values: list[Any], given: Edit | None, shown: Mapping[str, Any]
    ) -> Edit | None:
        """Words, or a tuple with commas between; not varied here."""
        start = values[0] if len(values) == 1 else None
        begin = given[0] if isinstance(given, list) else start
        if item.kind != "list":
            text = st.text_input(value=begin or "", placeholder=_differing(values), **shown)
            value = text or (None if item.optional else "")
            return None if value == (start or value if len(values) > 1 else start) else [value]
        placeholder = "Each 1" if item.optional else None
        text = st.text_input(value=show_list(begin), placeholder=placeholder, **shown)
        try:
            items = read_list(item, text)
        except ValueError as error:
            self.mistakes.append(str(error))
            return None
        same = items == (None if start is None else list(start)) or (len(values) > 1 and not text)
        return None if same else [items]

    def _cells(self, scope: str) -> list[Cell]:
        """The methods and data sets that a control is for."""
        return [
            cell
            for cell in self.cells
            if scope in ("", f"method.{cell.method}.", f"dataset.{_quoted(cell.dataset)}.")
        ]

    def _values(self, path: str, scope: str) -> list[Any]:
        """The different values that a setting starts with."""
        found: list[Any] = []
        for cell in self._cells(scope):
            value = value_at(cell.content, path)
            if value is not MISSING and value not in found:
                found.append(value)
        return found


def scope_of(kind: str, name: str) -> str:
    """What stands before the path of a setting that is for one method or data set alone."""
    return f"{kind}.{_quoted(name)}."


def _quoted(name: str) -> str:
    return f'"{name}"' if "." in name else name


def _path_of(group: str, modality: str) -> str:
    return f"{group}.{_quoted(modality)}"


def _differing(values: Sequence[Any]) -> str | None:
    """What an empty field stands for where methods or data sets differ."""
    return f"differs: {' · '.join(map(show_value, values[:4]))}" if len(values) > 1 else None


def _allowed(item: Field) -> str:
    """The bounds of a number, for its help."""
    low, high = (None if bound is None else f"{bound:,g}" for bound in (item.low, item.high))
    if low is None and high is None:
        return ""
    return f"From {low} to {high}." if low and high else f"From {low}." if low else f"Up to {high}."


def _reads(model: type[Settings], kind: ModalityKind | None) -> bool:
    """Whether an encoder or augmentation is for this kind of modality, as far as the kind is known."""
    return kind is None or kind in getattr(model, "READS", (kind,))
