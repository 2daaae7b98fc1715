"""What configurations and data sets are called inside a study: by what differs, and nothing else. No
Streamlit here.

A study has *axes*: the settings that differ among its runs. A group is called by its method and its values on
the axes ("InfMasking, mask ratio 0.5, masks 4"); axes of the data name the data set instead ("Bits, noise
0.3"). Names do not change when other runs come: an axis that comes later remembers the values of the runs
that were there before, and those stay unsaid.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from app.wording.fields import flatten
from app.wording.names import data_label, method_label
from storage.run import Run

UNNAMED = ("seed", "objective.name", "data.name", "data.path", "data.test_path")
"""Settings that are said otherwise, or tell runs of one group apart."""
ABSENT = "absent"
LONGEST_VALUE = 24
"""Characters of one value in a name."""


class Axis(NamedTuple):
    """A setting that names runs. usual: by method (of the data: by data set) the values that are not said."""

    path: str
    usual: Mapping[str, Any] = {}

    @property
    def of_data(self) -> bool:
        """Whether it names the data set and not the group."""
        return self.path.startswith("data.")


def read_axes(stored: Iterable[Mapping[str, Any]]) -> tuple[Axis, ...]:
    """Axes as a study stores them: {"path": …, "usual": {…}} each."""
    return tuple(Axis(str(axis["path"]), dict(axis.get("usual", {}))) for axis in stored)


def write_axes(axes: Sequence[Axis]) -> list[dict[str, Any]]:
    """The inverse of `read_axes`."""
    return [{"path": axis.path, "usual": dict(axis.usual)} for axis in axes]


def axes_with(axes: Sequence[Axis], there: Sequence[Run], new: Sequence[Run]) -> tuple[Axis, ...]:
    """The axes when `new` runs come to those that are `there`: the old ones in their order, then the settings
    in which runs of one method (for the data: on one data set) differ now."""
    known = {axis.path for axis in axes}
    added = [path for path in _differing([*there, *new]) if path not in known]
    return (*axes, *(Axis(path, _usual(path, there)) for path in added))


def _differing(runs: Sequence[Run]) -> list[str]:
    """Paths with more than one value among runs of one method, or on one data set, in the settings' order; a
    setting that some of them lack differs too."""
    values: dict[tuple[str, str], list[Any]] = {}
    having: Counter[tuple[str, str]] = Counter()
    kinds: Counter[str] = Counter()
    for run in runs:
        kinds.update({run.method, data_label(run)})
        for path, value in flatten(run.settings).items():
            if path not in UNNAMED:
                key = (path, _kind(path, run))
                having[key] += 1
                seen = values.setdefault(key, [])
                if value not in seen:
                    seen.append(value)
    return list(
        dict.fromkeys(
            path for (path, kind), seen in values.items() if len(seen) > 1 or having[path, kind] < kinds[kind]
        )
    )


def _usual(path: str, there: Sequence[Run]) -> dict[str, Any]:
    """The values of runs that are there already; none where they differ themselves, for then all are said."""
    usual: dict[str, Any] = {}
    for run in there:
        value = flatten(run.settings).get(path, ABSENT)
        if usual.setdefault(_kind(path, run), value) != value:
            return {}
    return usual


def _kind(path: str, run: Run) -> str:
    return data_label(run) if path.startswith("data.") else run.method


def group_name(run: Run, axes: Sequence[Axis]) -> str:
    """ "InfMasking, mask ratio 0.5": the method and the values on the axes that are not of the data."""
    return ", ".join([method_label(run.method), *_said(run, axes, of_data=False)])


def data_name(run: Run, axes: Sequence[Axis]) -> str:
    """ "Bits, noise 0.3": the data set and the values on the axes of the data."""
    return ", ".join([data_label(run), *_said(run, axes, of_data=True)])


def values_on(run: Run, axes: Sequence[Axis]) -> dict[str, Any]:
    """Path → value of this run, for the axes whose setting it has."""
    settings = flatten(run.settings)
    return {axis.path: settings[axis.path] for axis in axes if axis.path in settings}


def _said(run: Run, axes: Sequence[Axis], *, of_data: bool) -> list[str]:
    settings = flatten(run.settings)
    words = []
    for axis in axes:
        value = settings.get(axis.path, ABSENT)
        kind = _kind(axis.path, run)
        usual = kind in axis.usual and axis.usual[kind] == value
        if axis.of_data == of_data and value != ABSENT and not usual:
            words.append(f"{setting_words(axis.path)} {value_words(value)}")
    return words


def setting_words(path: str) -> str:
    """A setting as a name says it, by its path alone: "objective.mask_ratio" as "mask ratio",
    "objective.projection.width" as "projection width", "probe.folds" as "probe folds"."""
    if path == "data.fingerprint":
        return "content"
    group, _, rest = path.partition(".")
    said = rest if rest and group in {"objective", "training", "data", "encoders", "augmentations"} else path
    return said.replace(".", " ").replace("_", " ")


def value_words(value: Any) -> str:
    """A setting's value in a name: bounded, on one line."""
    if value is None:
        return "default"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        text = "·".join(map(value_words, value))
    else:
        text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
