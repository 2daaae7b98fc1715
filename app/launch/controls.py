"""Widgets generated from settings models: label, unit, help and bounds come from the model, a union becomes a
choice of name.

Every function takes the values to start from as plain data and returns plain data of the same shape, which
`engine.settings.experiment.parse` then checks as a whole. Text that cannot be read is reported in `mistakes`.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import streamlit as st

from app.wording.fields import Field, fields_of, read_list, show_list, summary, title
from app.wording.text import plain
from engine.settings.base import Settings
from engine.settings.kinds import ModalityKind

COLUMNS = 3


@dataclass
class Form:
    """One drawing of a form. `key` starts every widget's key, so that another start gives fresh widgets.

    modalities: name → kind (None: not known) of what the settings by modality are offered for; mistakes:
    lines about text that cannot be read.
    """

    key: str
    modalities: Mapping[str, ModalityKind | None] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def group(
        self, model: type[Settings], values: Mapping[str, Any], path: str, leave_out: Collection[str] = ()
    ) -> dict[str, Any]:
        """Controls for all settings of a model but those left out; plain ones in columns, nested ones
        below."""
        fields = [item for item in fields_of(model) if item.name not in leave_out]
        plain = [item for item in fields if item.kind not in {"group", "kinds", "named_kinds"}]
        result: dict[str, Any] = {"name": values["name"]} if "name" in model.model_fields else {}
        for start in range(0, len(plain), COLUMNS):
            for column, item in zip(
                st.columns(COLUMNS, vertical_alignment="bottom"), plain[start : start + COLUMNS], strict=False
            ):
                with column:
                    result[item.name] = self.control(
                        item, values.get(item.name, item.default), f"{path}.{item.name}"
                    )
        for item in fields:
            if item not in plain:
                result[item.name] = self._nested(
                    item, values.get(item.name, item.default), f"{path}.{item.name}"
                )
        return result

    def _nested(self, item: Field, value: Any, path: str) -> Any:
        if item.kind == "group":
            assert item.model is not None
            st.markdown(f"**{plain(item.label)}**", help=summary(item.model))
            return self.group(item.model, _plain(value), path)
        if item.kind == "kinds":
            return self.kinds(item.label, item.kinds, _plain(value), path)
        return self.by_modality(item, _plain(value), path)

    def kinds(
        self,
        label: str,
        kinds: Mapping[str, type[Settings]],
        values: Mapping[str, Any],
        path: str,
        help: str | None = None,
    ) -> dict[str, Any]:
        """A choice of kind, then that kind's settings; another kind starts from its own defaults."""
        names = list(kinds)
        chosen = st.selectbox(
            plain(label),
            names,
            names.index(values["name"]),
            format_func=title,
            key=self._key(f"{path}.name"),
            help=None if help is None else plain(help),
        )
        st.caption(summary(kinds[chosen]))
        kept = values if chosen == values["name"] else {"name": chosen}
        return self.group(kinds[chosen], kept, f"{path}.{chosen}")

    def by_modality(self, item: Field, values: Mapping[str, Any], path: str) -> dict[str, Any]:
        """One choice of kind a modality, or the data set's own recommendation, which leaves the setting
        out."""
        result: dict[str, Any] = {}
        chosen: dict[str, str] = {}
        for column, (name, kind) in zip(
            st.columns(max(len(self.modalities), 2)), self.modalities.items(), strict=False
        ):
            now = values.get(name, {"name": ""})["name"]
            fitting = [key for key, model in item.kinds.items() if key == now or _reads(model, kind)]
            chosen[name] = column.selectbox(
                plain(f"{title(item.name.removesuffix('s'))} of {name}"),
                ["", *fitting],
                ["", *fitting].index(now),
                format_func=lambda kind: title(kind) if kind else "The data set's own",
                key=self._key(f"{path}.{name}.name"),
                help=plain(item.help),
                persist_state="session",
            )
        for name, choice in chosen.items():
            if choice:
                what = title(item.name.removesuffix("s"))
                st.markdown(
                    f"**{plain(f'{what} of {name}: {title(choice)}')}**",
                    help=summary(item.kinds[choice]),
                )
                kept = (
                    values.get(name, {}) if choice == values.get(name, {}).get("name") else {"name": choice}
                )
                result[name] = self.group(item.kinds[choice], kept, f"{path}.{name}.{choice}")
        return result

    def control(self, item: Field, value: Any, path: str) -> Any:
        """The widget of one plain setting; returns its value as plain data."""
        shown: dict[str, Any] = {
            "label": plain(item.label),
            "key": self._key(path),
            "help": plain(item.help) or None,
            "persist_state": "session",
        }
        if item.kind == "switch":
            return st.toggle(value=bool(value), **shown)
        if item.kind == "choice":
            return st.selectbox(options=item.choices, index=item.choices.index(value), **shown)
        if item.kind in {"integer", "number"}:
            return self._number(item, value, shown)
        if item.kind == "list":
            text = st.text_input(
                value=show_list(value), placeholder="Each 1" if item.optional else None, **shown
            )
            try:
                return read_list(item, text)
            except ValueError as error:
                self.mistakes.append(str(error))
                return value
        return st.text_input(value=value or "", **shown) or (None if item.optional else "")

    def _number(self, item: Field, value: Any, shown: Mapping[str, Any]) -> int | float:
        """A whole or real number, whatever it is: a widget that knew the bounds would keep a number beyond
        them in the browser, and the form would start with the one before. The model refuses it, in a line of
        its own."""
        step = 1.0 if item.kind == "integer" else step_for(float(value))
        help = " ".join(filter(None, (item.help, _allowed(item)))) or None
        number = st.number_input(value=float(value), step=step, format="%g", **{**shown, "help": help})
        if item.kind == "number":
            return float(number)
        if number != round(number):
            self.mistakes.append(f"{title(item.name)}: a whole number; got {number:g}")
            return cast(int, value)
        return int(number)

    def _key(self, path: str) -> str:
        return f"{self.key}:{path}"


def _allowed(item: Field) -> str:
    """The bounds of a number, for its help."""
    low, high = (None if bound is None else f"{bound:,g}" for bound in (item.low, item.high))
    if low is None and high is None:
        return ""
    return f"From {low} to {high}." if low and high else f"From {low}." if low else f"Up to {high}."


def _reads(model: type[Settings], kind: ModalityKind | None) -> bool:
    """Whether an encoder or augmentation is for this kind of modality, as far as the kind is known."""
    return kind is None or kind in getattr(model, "READS", (kind,))


def step_for(value: float) -> float:
    """A step of one in the leading digit's place: 3e-4 → 1e-4, 0.7 → 0.1; 0 → 0.01."""
    return 10.0 ** math.floor(math.log10(abs(value)) + 1e-9) if value else 0.01


def _plain(value: Any) -> Mapping[str, Any]:
    """Plain data of nested settings, whether they come as a model (a default) or as stored content."""
    plain: Mapping[str, Any] = value.model_dump(mode="json") if isinstance(value, Settings) else value
    return plain
