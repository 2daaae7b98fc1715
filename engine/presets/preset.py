"""Study plans, and the presets: the plans that ship, one TOML file each in `engine/presets/`.

A plan says what is compared: a title and a question, methods, seeds, the data sets, `[common.…]` settings for
all runs, `[method.NAME.…]` for one method, `[dataset.NAME.…]` for one data set, and in `[[vary]]` tables the
settings that take several values. `expansion.py` makes the runs of it, `plan_file.py` reads and writes it.
"""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError, field_validator, model_validator

from engine.presets.layers import Layer, lay, nest
from engine.presets.plan_checks import OF_DATASET, check_layer, methods_of
from engine.presets.ranges import LARGEST_SEED, read_seeds
from engine.settings.base import Settings, members_of, setting
from engine.settings.dataset import DatasetSettings
from engine.settings.experiment import ExperimentSettings, SettingsError, explain, explain_each, parse
from engine.settings.objective import ObjectiveSettings

FOLDER = Path(__file__).parent
TABLES = FOLDER / "tables"
MOST_RUNS = 500
"""Runs of one plan; more are a typing mistake."""
MOST_DATASETS, MOST_AXES = 50, 20
LONGEST_NAME = 80


class StudyPlan(Settings):
    """What a study compares; `experiment` gives the complete settings of one run before anything is varied.

    A later layer wins: the preset's common settings, the preset's for the method, then this plan's `common`,
    `[dataset.NAME]`, `[method.NAME]` and `[dataset.NAME.method.NAME]`.
    """

    name: str = setting("", "What the study is called.", max_length=LONGEST_NAME)
    title: str = setting("", "What people read.", max_length=200)
    question: str = setting("", "What the study is to answer.", max_length=2000)
    description: str = setting("", "What one should know of it.", max_length=4000)
    preset: str | None = setting(None, "Preset whose settings lie below all others.")
    methods: tuple[str, ...] = setting(..., "Methods that are compared.", min_length=1, max_length=100)
    seeds: tuple[int, ...] = setting(..., "Seeds of every configuration.", min_length=1, max_length=MOST_RUNS)
    published: str | None = setting(None, "Published table of its one data set (published_results.json).")
    common: Layer = setting({}, "Settings of all runs.")
    method: dict[str, Layer] = setting({}, "Settings of one method's runs.")
    dataset: dict[str, Layer] = setting({}, "Data sets, each with settings of its own.", max_length=50)
    vary: tuple[Layer, ...] = setting((), "Axes: dotted path → list or range.", max_length=MOST_AXES)
    drawn: int | None = setting(
        None, "Combinations drawn from all; none: all of them.", ge=1, le=MOST_RUNS, unit="combinations"
    )
    draw_seed: int = setting(0, "Seed of the draw.", ge=0, le=2**31 - 1)

    @field_validator("seeds")
    @classmethod
    def _seeds_can_be(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        """Each once."""
        if wrong := [seed for seed in seeds if not 0 <= seed <= LARGEST_SEED]:
            raise ValueError(f"a seed is a whole number from 0 to {LARGEST_SEED:,}; got {wrong[0]}")
        return tuple(dict.fromkeys(seeds))

    @model_validator(mode="after")
    def _names_are_known(self) -> "StudyPlan":
        for where, layer in self._layers():
            check_layer(where, layer)
        of_datasets = ((*methods_of(layer), *layer.get("methods", ())) for layer in self.dataset.values())
        for name in (*self.methods, *self.method, *(name for names in of_datasets for name in names)):
            check_choice("objective", name, method_names())
        for name in filter(None, (self.preset, *(layer.get("preset") for layer in self.dataset.values()))):
            check_choice("preset", name, preset_names())
        for name in self.dataset:
            if not name or len(name) > LONGEST_NAME:
                raise ValueError(f"dataset: a name has 1 to {LONGEST_NAME} characters; got {name[:90]!r}")
        if self.dataset and self.published:
            raise ValueError("published: with several data sets each [dataset.NAME] says its own")
        return self

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of its data sets, in their order; one without a name where no `[dataset.NAME]` is there."""
        return tuple(self.dataset) or ("",)

    def methods_on(self, dataset: str = "") -> tuple[str, ...]:
        """The methods that are trained on a data set, each once."""
        names = self.dataset.get(dataset, {}).get("methods") or self.methods
        return tuple(dict.fromkeys(names))

    def preset_of(self, dataset: str = "") -> str | None:
        """The preset that the settings on a data set come from; a preset's own come from itself."""
        of_dataset = self.dataset.get(dataset, {}).get("preset") or self.preset
        if of_dataset is None and self.name in preset_names() and self == load_preset(self.name):
            return self.name
        return of_dataset

    def published_of(self, dataset: str = "") -> str | None:
        """The published table of a data set."""
        layer = self.dataset.get(dataset, {})
        base = layer.get("preset") or self.preset
        return layer.get("published") or self.published or (load_preset(base).published if base else None)

    def content(self, method: str, dataset: str = "") -> Layer:
        """The plain settings of a method on a data set, as far as they are given. Raises `SettingsError`."""
        check_choice("objective", method, method_names())
        if dataset or self.dataset:
            check_choice("data set", dataset, list(self.dataset))
        on_dataset = self.dataset.get(dataset, {})
        base = on_dataset.get("preset") or self.preset
        below = load_preset(base) if base else None
        result: Layer = {}
        for layer in (
            below.common if below else {},
            {"objective": {"name": method}},
            below.method.get(method, {}) if below else {},
            self.common,
            {key: value for key, value in on_dataset.items() if key not in OF_DATASET},
            self.method.get(method, {}),
            on_dataset.get("method", {}).get(method, {}),
        ):
            result = lay(result, layer)
        return result

    def experiment(
        self, method: str, seed: int, changes: Mapping[str, Any] | None = None, dataset: str | None = None
    ) -> ExperimentSettings:
        """Settings of one run, with `changes` (dotted path → value) on top; on the first data set where none
        is named. Raises `SettingsError` for an unknown method, path or value."""
        content = self.content(method, self.datasets[0] if dataset is None else dataset)
        return parse(lay(content, nest(changes or {})) | {"seed": seed})

    def _layers(self) -> list[tuple[str, Layer]]:
        """Every layer with where it stands in the file."""
        return [
            ("common", self.common),
            *((f"method.{name}", layer) for name, layer in self.method.items()),
            *((f"dataset.{name}", layer) for name, layer in self.dataset.items()),
            *(
                (f"dataset.{name}.method.{method}", layer)
                for name, on_dataset in self.dataset.items()
                for method, layer in methods_of(on_dataset).items()
            ),
        ]


def check_choice(what: str, name: str, allowed: Sequence[str]) -> None:
    """Raises `SettingsError` in the house's wording when `name` is not among `allowed`."""
    if name not in allowed:
        near = difflib.get_close_matches(name, allowed, 1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        raise SettingsError(f"no {what} '{name[:80]}'{hint}; choose from {', '.join(allowed)}")


def method_names() -> list[str]:
    """Every objective there is, InfMasking first."""
    return list(members_of(ObjectiveSettings))


def dataset_names() -> list[str]:
    """Every data set there is, the published ones last."""
    return list(members_of(DatasetSettings))


@cache
def preset_names() -> tuple[str, ...]:
    """Every preset there is, the quick one first, then by name."""
    names = (file.stem for file in FOLDER.glob("*.toml"))
    return tuple(sorted(names, key=lambda name: (name != "bits-quick", name)))


@cache
def table_names() -> tuple[str, ...]:
    """Every published table of several data sets that there is a plan of, by name."""
    return tuple(sorted(file.stem for file in TABLES.glob("*.toml")))


@cache
def load_preset(name: str) -> StudyPlan:
    """The preset of that name; raises `SettingsError` when there is none."""
    check_choice("preset", name, preset_names())
    return _load(FOLDER, name)


@cache
def load_table(name: str) -> StudyPlan:
    """The plan of a published table; raises `SettingsError` when there is none of that name."""
    check_choice("table", name, table_names())
    return _load(TABLES, name)


def _load(folder: Path, name: str) -> StudyPlan:
    return plan_of({**tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")), "name": name})


def plan_of(content: Mapping[str, Any]) -> StudyPlan:
    """A plan from plain data; methods and seeds are its preset's where it names none. Raises `SettingsError`
    with one line a mistake."""
    content = dict(content)
    if isinstance(content.get("seeds"), str):
        content["seeds"] = read_seeds(content["seeds"], MOST_RUNS)
    if isinstance(content.get("preset"), str):
        check_choice("preset", content["preset"], preset_names())
        base = load_preset(content["preset"])
        content = {"methods": base.methods, "seeds": base.seeds} | content
    try:
        return StudyPlan.model_validate(content)
    except ValidationError as error:
        raise SettingsError(explain(error, StudyPlan), explain_each(error, StudyPlan)) from None
