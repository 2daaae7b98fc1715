"""The process that makes previews; it imports torch so that the dashboard need not.

    python -m app.preview.process data|views|cost|check FOLDER HOME < request.json

Writes facts.json and the pictures it names into FOLDER. A mistake of the user's is one line on stderr and
exit code 2.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from accelerate.state import PartialState
from pydantic import TypeAdapter

from app.preview.data import describe
from app.preview.views import show_views
from app.training.devices import cores
from app.training.processes import host_name
from engine.dataset import load_dataset
from engine.errors import UserError
from engine.objective import build_objective
from engine.recorders.folder import SilentRecorder
from engine.settings.dataset import DatasetSettings
from engine.settings.experiment import parse
from engine.training.processes import build_accelerator
from engine.training.step_cost import measure_step
from engine.training.trainer import Trainer

_DATA: TypeAdapter[Any] = TypeAdapter(DatasetSettings)
TIMED_STEPS = 5
Facts = dict[str, Any]


def data(request: Mapping[str, Any], folder: Path, home: Path) -> Facts:
    """What a data set is, with pictures of some of its samples."""
    return describe(_DATA.validate_python(request), folder, home)


def views(request: Mapping[str, Any], folder: Path, home: Path) -> Facts:
    """Augmented and masked views of some samples, drawn as the first step of a training would."""
    return show_views(parse(request), folder, home)


def cost(request: Mapping[str, Any], _folder: Path, home: Path) -> Facts:
    """Seconds a step, steps and bytes of the weights, measured on this machine now."""
    measured = measure_step(parse(request), home, TIMED_STEPS)
    device = "a GPU" if PartialState().device.type == "cuda" else "the CPU"
    busy = os.getloadavg()[0] > cores()
    return measured._asdict() | {
        "host": host_name(),
        "device": device,
        "busy": busy,
        "timed_steps": TIMED_STEPS,
    }


def check(request: Mapping[str, Any], folder: Path, home: Path) -> Facts:
    """What is wrong with settings that read well, found by setting up their training on the data: one line a
    mistake."""
    mistakes: dict[str, None] = {}
    dataset = load_dataset(_DATA.validate_python(request["data"]), home)
    runs = [parse(content) for content in request["runs"].values()]
    accelerator = build_accelerator(runs[0].training.alone())
    for settings in runs:
        try:
            Trainer(
                build_objective(settings, dataset.modalities, dataset.tasks),
                dataset,
                settings,
                accelerator,
                SilentRecorder(),
                folder,
            )
        except UserError as error:
            mistakes[str(error)] = None
    return {"mistakes": list(mistakes)}


MAKERS: Mapping[str, Callable[[Mapping[str, Any], Path, Path], Facts]] = {
    "data": data,
    "views": views,
    "cost": cost,
    "check": check,
}


def main() -> int:
    """Exit code 0 when the preview is made."""
    kind, folder, home = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    try:
        facts = MAKERS[kind](json.load(sys.stdin), folder, home)
    except (UserError, OSError, MemoryError) as error:
        print(" ".join(str(error).split()) or type(error).__name__, file=sys.stderr)
        return 2
    (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
