"""What runs, their data and their methods are called wherever they are named. Pure functions."""

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from app.wording.fields import title
from engine.presets.preset import method_names
from engine.settings.base import members_of
from engine.settings.dataset import DatasetSettings
from engine.settings.objective import ObjectiveSettings
from storage.run import Run


def run_name(run: Run) -> str:
    """What a run is called where it stands alone: "InfMasking, seed 0"."""
    return f"{method_label(run.method)}, seed {run.seed}"


def experiment_label(run: Run) -> str:
    """The title, without the method and seed that stand beside it where it was made of them: "bits-quick ·
    comm · seed 0" as "bits-quick"."""
    ours = run.title == run_title(run.study, run.method, run.seed)
    return run.study if ours else run.title


def run_title(study: str, method: str, seed: int) -> str:
    """The title of a run that is started in a study: "MOSI · comm · seed 0"."""
    return f"{study} · {method} · seed {seed}"


def data_label(run: Run) -> str:
    """The data set as its owners write it; the user's own file goes by its name."""
    path = run.settings.get("data", {}).get("path")
    return PurePath(path).name if path and run.dataset == "paired_file" else dataset_label(run.dataset)


def dataset_label(name: str) -> str:
    """The data set as its owners write it ("ur_funny" → "UR-FUNNY"); a name that is not known any more in
    words."""
    datasets = members_of(DatasetSettings)
    return datasets[name].LABEL if name in datasets else title(name)


def method_label(name: str) -> str:
    """The method as papers write it ("comm" → "CoMM"); a name that is not known any more stays as it is."""
    methods = members_of(ObjectiveSettings)
    return methods[name].LABEL if name in methods else name


def in_order(methods: Iterable[str]) -> list[str]:
    """Distinct methods in the order of the settings, unknown ones last."""
    names = method_names()
    return sorted(set(methods), key=lambda name: (names.index(name) if name in names else len(names), name))


def show_seeds(seeds: Sequence[int]) -> str:
    """(0, 1, 2, 7) as "0-2, 7"."""
    words: list[str] = []
    for seed in sorted(seeds):
        first, _, last = words[-1].partition("-") if words else ("", "", "")
        if words and int(last or first) == seed - 1:
            words[-1] = f"{first}-{seed}"
        else:
            words.append(str(seed))
    return ", ".join(words)
