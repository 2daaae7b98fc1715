"""From what the form of a new study holds to a plan: edits become settings of a layer or axes, and every
mistake one line. No Streamlit here."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.launch.draft import Draft, Edit
from app.launch.starts import Cell
from app.wording.fields import show_list
from app.wording.names import method_label
from engine.presets.axes import AxisPath, read_path
from engine.presets.layers import MISSING, RESET, Layer, lay, nest, value_at
from engine.presets.preset import MOST_RUNS, StudyPlan, plan_of
from engine.presets.ranges import is_several, read_seeds, read_value, show_value
from engine.settings.experiment import SettingsError

_WITH = re.compile(r"(.*\S)\s+with\s+(\S.*)", re.DOTALL)


def plan_from(start: StudyPlan, draft: Draft, cells: Sequence[Cell]) -> StudyPlan:
    """The plan of a start with what was filled in. cells: the start's methods on its data sets, which tell
    what a link to an unchanged setting stands for.

    Raises `SettingsError` whose `lines` name every mistake once.
    """
    mistakes: dict[str, None] = {}
    layers: dict[tuple[str | None, str | None], dict[str, Edit]] = {}
    axes: dict[str, dict[str, Any]] = {}
    for written, edit in draft.edits.items():
        try:
            path = read_path(written)
            kind, value = _read(edit, written, draft.edits, cells)
        except SettingsError as error:
            mistakes |= dict.fromkeys(error.lines)
            continue
        if kind == "axis":
            axes.setdefault(value[1], {})[written] = value[0]
        else:
            layers.setdefault((path.dataset, path.method), {})[path.path] = value
    content = _with_layers(start, layers) | {"vary": [_target_first(table, on) for on, table in axes.items()]}
    try:
        content |= _heading(start, draft)
    except SettingsError as error:
        mistakes |= dict.fromkeys(error.lines)
    if mistakes:
        raise SettingsError(next(iter(mistakes)), list(mistakes))
    return plan_of(content)


def _heading(start: StudyPlan, draft: Draft) -> dict[str, Any]:
    """Name, question, methods, seeds and the draw. Raises `SettingsError`."""
    name = (start.name if draft.name is None else draft.name).strip()
    methods = start.methods if draft.methods is None else draft.methods
    lines = [] if name else ["name: give this study a name"]
    lines += [] if methods else ["methods: choose at least one"]
    seeds: tuple[int, ...] = start.seeds
    try:
        seeds = start.seeds if draft.seeds is None else read_seeds(draft.seeds, MOST_RUNS)
    except SettingsError as error:
        lines += error.lines
    if lines:
        raise SettingsError(lines[0], lines)
    question = start.question if draft.question is None else draft.question.strip()
    return {
        "name": name,
        "title": start.title,
        "question": question,
        "methods": methods,
        "seeds": seeds,
        "drawn": draft.drawn,
        "draw_seed": draft.draw_seed,
    }


def _read(
    edit: Edit, written: str, edits: Mapping[str, Edit], cells: Sequence[Cell], depth: int = 0
) -> tuple[str, Any]:
    """("value", what a setting is set to), or ("axis", (its list or range, the path whose axis it is on)).
    Raises `SettingsError`."""
    if isinstance(edit, list):
        return "value", edit
    text = edit.strip()
    if text.startswith("="):
        return _linked(text[1:].strip(), written, edits, cells, depth)
    if joined := _WITH.fullmatch(text):
        target = _target(joined[2], written, edits, cells)
        values = edits.get(target)
        if not isinstance(values, str) or not is_several(values):
            raise SettingsError(f"{written}: '{target}' has no list or range to move together with")
        return "axis", (joined[1], _root(target, edits, cells))
    if is_several(text):
        return "axis", (text, written)
    return "value", [read_value(text)]


def _linked(
    name: str, written: str, edits: Mapping[str, Edit], cells: Sequence[Cell], depth: int
) -> tuple[str, Any]:
    """What a setting is that equals another one: on its axis, or with its value."""
    target = _target(name, written, edits, cells)
    if depth > len(edits):
        raise SettingsError(f"{written}: '= {name}' leads back to itself")
    if target in edits:
        kind, value = _read(edits[target], target, edits, cells, depth + 1)
        return kind, value
    path = read_path(target)
    found = _values(path, cells)
    if len(found) > 1:
        raise SettingsError(f"{written}: '{target}' is not the same for all methods and data sets")
    return "value", [found[0]]


def _root(target: str, edits: Mapping[str, Edit], cells: Sequence[Cell]) -> str:
    """The setting whose axis a setting is on."""
    kind, value = _read(edits[target], target, edits, cells, 1)
    return str(value[1]) if kind == "axis" else target


def _target(name: str, written: str, edits: Mapping[str, Edit], cells: Sequence[Cell]) -> str:
    """The path that a link names: whole, or by its last words where only one setting is called so, in the
    same group or at all."""
    wanted = re.sub(r"\s+", "_", name.strip())
    known = dict.fromkeys([*edits, *(path for cell in cells for path in _paths(cell.content))])
    if wanted in known and wanted != written:
        return wanted
    ending = [path for path in known if path.lower().endswith(f".{wanted.lower()}") and path != written]
    beside = [path for path in ending if path.rpartition(".")[0] == written.rpartition(".")[0]]
    if len(ending) == 1 or len(beside) == 1:
        return (beside or ending)[0]
    words = f"could be {', '.join(ending[:5])}" if ending else "is no setting here"
    raise SettingsError(f"{written}: '{name[:80]}' {words}; write it whole, such as = training.learning_rate")


def _paths(content: Mapping[str, Any], above: str = "") -> list[str]:
    found: list[str] = []
    for key, value in content.items():
        part = f'"{key}"' if "." in key else key
        if isinstance(value, Mapping) and value:
            found += _paths(value, f"{above}{part}.")
        else:
            found.append(f"{above}{part}")
    return found


def _values(path: AxisPath, cells: Sequence[Cell]) -> list[Any]:
    """The different values that a setting starts with, among the methods and data sets that have it."""
    found: list[Any] = []
    for cell in cells:
        value = value_at(cell.content, path.path)
        if path.is_for(cell.method, cell.dataset) and value is not MISSING and value not in found:
            found.append(value)
    return found


def _with_layers(
    start: StudyPlan, layers: Mapping[tuple[str | None, str | None], Mapping[str, Edit]]
) -> dict[str, Any]:
    """The start's plain content with the edited settings on top of each of its layers."""
    content: dict[str, Any] = start.model_dump()
    for (dataset, method), edits in layers.items():
        holder: dict[str, Any] = content
        if dataset is not None:
            holder = content["dataset"].setdefault(dataset, {})
        below = holder.setdefault("method", {}).get(method, {}) if method else holder
        if dataset is None and method is None:
            below = content["common"]
        laid = _laid(below, edits)
        if method is not None:
            holder["method"][method] = laid
        elif dataset is not None:
            content["dataset"][dataset] = laid
        else:
            content["common"] = laid
    return content


def _laid(below: Layer, edits: Mapping[str, Edit]) -> Layer:
    """A layer with edits on top; what is taken away goes to its `reset`."""
    taken = [path for path, edit in edits.items() if edit == [None]]
    values = {path: edit[0] for path, edit in edits.items() if edit != [None]}
    former = [path for path in below.get(RESET, []) if path not in taken]
    laid = lay({key: value for key, value in below.items() if key != RESET}, nest(values) | {RESET: taken})
    return laid | ({RESET: [*former, *taken]} if former or taken else {})


def _target_first(table: Mapping[str, Any], on: str) -> dict[str, Any]:
    """The settings of an axis, the one that the others are linked to before them."""
    return {on: table[on], **{path: given for path, given in table.items() if path != on}}


def shown_edits(edits: Mapping[str, Edit], cells: Sequence[Cell]) -> list[str]:
    """What was edited, one line a setting: "training.epochs: 5 → 2, 4", with the method or data set that it
    is for before it."""
    lines = []
    for written, edit in edits.items():
        path = read_path(written)
        before = " or ".join(words_of([value]) for value in _values(path, cells)[:3]) or "the default"
        whose = path.dataset or (method_label(path.method) if path.method else "")
        lines.append(f"{whose}: {path.path}: {before} → {words_of(edit)}".removeprefix(": "))
    return lines


def words_of(edit: Edit) -> str:
    if isinstance(edit, str):
        return edit
    words = {None: "default", True: "on", False: "off"}
    (value,) = edit
    if isinstance(value, Mapping):
        return str(value.get("name"))
    if value is None or isinstance(value, bool):
        return words[value]
    return show_list(value) or "empty" if isinstance(value, list | tuple) else show_value(value)
