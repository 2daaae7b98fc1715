"""Where the form of a new study may start: a preset, a published table, a data set, a run, or a study. Each
is a plan; no Streamlit here."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.wording.names import dataset_label
from engine.presets.axes import flat_axis, read_path
from engine.presets.layers import RESET, Layer
from engine.presets.preset import StudyPlan, load_preset, method_names, plan_of, preset_names
from engine.settings.experiment import SettingsError
from storage.run import Run
from storage.studies import Study


class Cell(NamedTuple):
    """A method on a data set of a plan, with its complete plain settings."""

    dataset: str
    method: str
    content: Layer


def from_presets(names: Sequence[str]) -> StudyPlan:
    """A start from one preset, or from several: a data set each."""
    first = load_preset(names[0])
    content: dict[str, Any] = {
        "name": first.name,
        "title": first.title,
        "question": first.question,
        "methods": first.methods,
        "seeds": first.seeds,
    }
    if len(names) == 1:
        return plan_of(content | {"preset": first.name})
    return plan_of(content | {"name": "", "dataset": {name: {"preset": name} for name in names}})


def from_dataset(content: Mapping[str, Any], title: str) -> StudyPlan:
    """A start from a data set alone: every other setting has its default, every method is offered."""
    methods = tuple(method_names()[:2])
    return plan_of(
        {
            "name": title,
            "title": title,
            "methods": methods,
            "seeds": (0, 1, 2),
            "common": {"data": dict(content)},
        }
    )


def from_run(run: Run) -> StudyPlan:
    """A start from a stored run: its settings, with the other methods' own from the preset that it came
    from."""
    settings = {key: value for key, value in run.settings.items() if key not in {"seed", "objective"}}
    settings["data"] = {key: value for key, value in settings["data"].items() if key != "fingerprint"}
    return plan_of(
        {
            "name": run.study,
            "title": run.study,
            "preset": run.preset if run.preset in preset_names() else None,
            "methods": (run.method,),
            "seeds": (run.seed,),
            "common": settings | {RESET: ["encoders", "augmentations"]},
            "method": {run.method: {"objective": run.settings["objective"]}},
        }
    )


def from_study(study: Study) -> StudyPlan:
    """A start from a study's plan. Raises `SettingsError` where it has none."""
    if study.plan is None:
        raise SettingsError(f"study '{study.name}' has no plan; clone one of its runs")
    return plan_of(study.plan | {"name": study.name})


def with_file(start: StudyPlan, data: Mapping[str, Any]) -> StudyPlan:
    """A start with the user's own file as its data."""
    return start.model_copy(update={"common": {**start.common, "data": dict(data)}})


def with_presets(start: StudyPlan, more: Sequence[str]) -> StudyPlan:
    """A start with the data sets of presets beside its own."""
    if not more:
        return start
    own = dict(start.dataset) or {_name_of(start): _as_dataset(start)}
    beside = {name: {"preset": name} for name in more if name not in own}
    content = start.model_dump() | {"dataset": {**own, **beside}, "vary": start.vary}
    if not start.dataset:
        content |= {"preset": None, "published": None, "common": {}, "method": {}}
    return plan_of(content)


def _as_dataset(start: StudyPlan) -> Layer:
    """A plan's settings on its one data set, as the layer of a data set."""
    layer: Layer = {**start.common, "method": start.method}
    given = {"preset": start.preset, "published": start.published}
    return layer | {name: value for name, value in given.items() if value}


def _name_of(start: StudyPlan) -> str:
    return start.preset or dataset_label(str(start.common.get("data", {}).get("name", "data")))


def edits_of(start: StudyPlan) -> dict[str, str | list[Any]]:
    """What a plan varies, as the form has it typed: the first setting of an axis its list or range, the
    others "LIST with PATH"."""
    edits: dict[str, str | list[Any]] = {}
    for table in start.vary:
        paths = [(read_path(written), given) for written, given in flat_axis(table)]
        for number, (path, given) in enumerate(paths):
            text = given if isinstance(given, str) else ", ".join(map(str, given))
            edits[path.written] = text if number == 0 else f"{text} with {paths[0][0].written}"
    return edits


def cells_of(start: StudyPlan, methods: Sequence[str]) -> list[Cell]:
    """Every chosen method on every data set. Raises `SettingsError` for a plan that cannot be."""
    return [
        Cell(dataset, method, start.experiment(method, 0, dataset=dataset).model_dump(mode="json"))
        for dataset in start.datasets
        for method in methods
    ]
