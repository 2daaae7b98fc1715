"""One run's complete settings, how they are read, and how a mistake in them is told.

`parse` is the only way in for what people write (forms, TOML, command line, stored JSON): it turns pydantic's
report into one clear line, `SettingsError`.
"""

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError, model_validator
from pydantic_core import ErrorDetails

from engine.errors import UserError
from engine.settings.base import Settings, members_of, setting
from engine.settings.choices import AnyAugmentation, AnyDataset, AnyEncoder, AnyObjective
from engine.settings.dataset import DatasetSettings
from engine.settings.decomposition import DecompositionSettings
from engine.settings.fusion import FusionSettings
from engine.settings.probe import ProbeSettings
from engine.settings.training import TrainingSettings


class SettingsError(UserError):
    """A setting that cannot be; the message is one line with what came and what is allowed, `lines` one for
    each mistake."""

    def __init__(self, message: str, lines: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.lines = tuple(lines) or (message,)


LATER = (
    ("", "decomposition"),
    ("training", "machines"),
    ("training", "main_address"),
    ("training", "main_port"),
    ("training", "compile"),
    ("training", "on_full_disk"),
)
"""Settings (group, name) that came after the first runs were stored: with their usual value they are not in a
digest, so that runs from before and after stay repetitions of one configuration."""

LATER_OF_DATA = ("label_kind", "missing_label", "group", "fingerprint")
"""Such settings of data sets."""


class ExperimentSettings(Settings):
    """Everything that decides a run's result, besides the code and the machine."""

    data: AnyDataset
    objective: AnyObjective
    encoders: dict[str, AnyEncoder] = setting(
        {}, "Encoder of each modality; what is missing gets the data set's default."
    )
    augmentations: dict[str, AnyAugmentation] = setting(
        {}, "Augmentation of each modality; what is missing gets the data set's default."
    )
    shared_augmentation: bool = setting(
        False, "One draw of noise and dropped steps serves all modalities, time steps aligned."
    )
    fusion: FusionSettings = FusionSettings()
    training: TrainingSettings = TrainingSettings()
    probe: ProbeSettings = ProbeSettings()
    decomposition: DecompositionSettings = DecompositionSettings()
    seed: int = setting(0, "Seed of the initial weights, order, augmentations and masks.", ge=0, le=2**31 - 1)

    @model_validator(mode="after")
    def _batch_may_come_in_parts(self) -> "ExperimentSettings":
        if self.training.accumulation > 1 and not self.objective.BATCH_SPLITS:
            raise ValueError(
                f"training.accumulation is {self.training.accumulation}, but {self.objective.name} compares "
                "all samples of a batch: in parts it would see fewer negatives and be another loss; choose "
                "1, or more processes"
            )
        return self

    def digest(self) -> str:
        """16 hex digits of the settings without the seed: runs that share it are repetitions of one
        configuration."""
        content = self.model_dump(mode="json", exclude={"seed"})
        standard = ExperimentSettings.model_construct(data=self.data, objective=self.objective).model_dump(
            mode="json"
        )
        for group, name in LATER:
            holder, usual = (content, standard) if not group else (content[group], standard[group])
            if holder[name] == usual[name]:
                del holder[name]
        for name in LATER_OF_DATA:
            if (
                name in content["data"]
                and content["data"][name] == type(self.data).model_fields[name].default
            ):
                del content["data"][name]
        if content["data"].get("fingerprint"):  # the same bytes are the same data, wherever they stand
            for name in ("path", "test_path"):
                content["data"].pop(name, None)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def parse(content: Mapping[str, Any]) -> ExperimentSettings:
    """Settings from plain data; raises `SettingsError` with one line about the first mistake."""
    try:
        return ExperimentSettings.model_validate(content)
    except ValidationError as error:
        raise SettingsError(
            explain(error, ExperimentSettings), explain_each(error, ExperimentSettings)
        ) from None


def changed(settings: ExperimentSettings, groups: Mapping[str, Mapping[str, Any]]) -> ExperimentSettings:
    """The settings with some of some groups changed; raises `SettingsError` as `parse` does."""
    content = settings.model_dump(mode="json")
    return parse(content | {group: {**content[group], **values} for group, values in groups.items()})


_GROUP_WORDS = {
    "data": "data set",
    "objective": "objective",
    "encoders": "encoder",
    "augmentations": "augmentation",
}


def parse_data(content: Mapping[str, Any]) -> DatasetSettings:
    """Settings of a data set alone; raises `SettingsError` as `parse` does."""
    kinds = members_of(DatasetSettings)
    name = content.get("name")
    if name not in kinds:
        raise SettingsError(f"no data set {str(name)[:80]!r}; choose from {', '.join(kinds)}")
    try:
        return kinds[name].model_validate(content)
    except ValidationError as error:
        raise SettingsError(explain(error, kinds[name]), explain_each(error, kinds[name])) from None


def explain(error: ValidationError, model: type[Settings]) -> str:
    """One line: where, what came, what is allowed, and how many more mistakes there are."""
    lines = explain_each(error, model)
    more = len(lines) - 1
    return lines[0] + (f" (and {more} more mistake{'s' if more > 1 else ''})" if more else "")


def explain_each(error: ValidationError, model: type[Settings]) -> list[str]:
    """One such line for every mistake."""
    return [_explain(mistake, model) for mistake in error.errors(include_url=False)]


def _explain(mistake: ErrorDetails, model: type[Settings]) -> str:
    where = ".".join(str(part) for part in mistake["loc"])
    kind, came, context = mistake["type"], mistake.get("input"), mistake.get("ctx", {})
    if kind == "union_tag_invalid":
        allowed = [word.strip(" '") for word in context["expected_tags"].split(",")]
        word = _GROUP_WORDS.get(str(mistake["loc"][0]) if mistake["loc"] else "", "choice")
        return f"no {word} '{context['tag']}'; choose from {', '.join(sorted(allowed))}"
    if kind == "union_tag_not_found":
        return f"{where}: a 'name' is missing that says which kind it is"
    if kind == "extra_forbidden":
        allowed = _allowed_names(model, mistake["loc"][:-1])
        near = difflib.get_close_matches(str(mistake["loc"][-1]), allowed, 1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        return f"no setting '{where}'{hint}; allowed here: {', '.join(allowed)}"
    if kind == "missing":
        return f"{where} is missing"
    said = mistake["msg"].removeprefix("Value error, ")
    return (f"{where}: {said}" if where else said) + (
        "" if kind == "value_error" else f"; got {str(came)[:80]!r}"
    )


def _allowed_names(model: type[Settings], path: tuple[int | str, ...]) -> list[str]:
    """Names allowed at a path into the settings; union tags and dictionary keys in it are followed through
    the schema."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})

    def resolve(node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            node = definitions[node["$ref"].rsplit("/", 1)[-1]]
        return node

    node = resolve(schema)
    for part in path:
        node = resolve(node)
        if "discriminator" in node and part in node["discriminator"]["mapping"]:
            node = definitions[node["discriminator"]["mapping"][str(part)].rsplit("/", 1)[-1]]
        elif str(part) in node.get("properties", {}):
            node = node["properties"][str(part)]
        elif isinstance(node.get("additionalProperties"), dict):
            node = node["additionalProperties"]
    return sorted(resolve(node).get("properties", {}))
