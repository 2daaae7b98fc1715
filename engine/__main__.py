"""Train one run into a folder, on a host that has torch but neither database nor dashboard.

    python -m engine settings.json results/

The folder holds the whole run (docs/run-folder.md): `infmasking import results/` takes it into a dashboard
elsewhere, also while it trains. An interrupted run goes on when started again with the same settings; a
folder holds one run.
"""

import json
import os
import platform
import sys
import time
import uuid
from pathlib import Path

from engine.errors import UserError, one_line
from engine.experiment import run_experiment
from engine.files.code_version import code_version
from engine.files.fingerprint import pin_data
from engine.files.settings_file import read_settings
from engine.recorders.folder import FolderRecorder
from engine.recorders.layout import FORMAT, MACHINE, METRICS, RUN, STATE, VERSION, replace_json
from engine.recorders.machine import machine_facts
from engine.settings.differences import differences, told
from engine.settings.experiment import ExperimentSettings, SettingsError, parse
from engine.training.trainer import Outcome


def main() -> int:
    """Exit code 0 when the run finished or was stopped as asked, 2 for anything the user can mend."""
    if len(sys.argv) != 3:
        print("usage: python -m engine SETTINGS.json FOLDER", file=sys.stderr)
        return 2
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        settings = pin_data(parse(read_settings(source)), folder)
        recorder = FolderRecorder(folder, echo=True)
        if int(os.environ.get("RANK", "0")) == 0:
            attempts = claim(folder, settings)
            outcome = train(settings, recorder, folder, attempts)
        else:
            outcome = run_experiment(settings, recorder, folder)
    except (OSError, UserError) as error:
        print(one_line(str(error)), file=sys.stderr)
        return 2
    lost = recorder.close()
    if lost:
        print(f"{lost} lines could not be written to {folder}", file=sys.stderr)
    print(outcome)
    return 0


def train(settings: ExperimentSettings, recorder: FolderRecorder, folder: Path, attempts: int) -> Outcome:
    """Train, and leave word of how it ended: finished, stopped or failed. Raises what the training raises."""
    recorder.begin(attempts=attempts, host=platform.node(), pid=os.getpid(), code_version=code_version())
    try:
        outcome = run_experiment(settings, recorder, folder)
    except KeyboardInterrupt:
        recorder.end("stopped")
        raise
    except BaseException as error:
        recorder.end("failed", one_line(str(error) or type(error).__name__))
        raise
    recorder.end(outcome)
    return outcome


def claim(folder: Path, settings: ExperimentSettings) -> int:
    """Make the folder this run's, and say where it trains; which attempt of the run this is, from 1.

    Raises `SettingsError` where the folder is another run's. A run that left nothing yet (its settings did
    not fit the data) does not hold the folder; one from before folders said whose they are is known by its
    state.
    """
    held = folder / RUN
    former = read_settings(held) if held.exists() else {}
    holds = any(folder.glob("*.safetensors")) or (folder / METRICS).exists()
    if holds and former:
        changed = differences(parse(former.get("settings", former)), settings)
        if changed:
            raise SettingsError(
                f"{folder} holds a run with other settings: {told(changed)}; name another folder, or go on "
                f"with those in {held}"
            )
    if not holds or former.get("version") != VERSION:
        identity = {"uid": uuid.uuid4().hex, "created_at": time.time_ns() // 1_000_000}
        content = settings.model_dump(mode="json")
        replace_json(held, {"format": FORMAT, "version": VERSION, **identity, "settings": content})
    replace_json(folder / MACHINE, machine_facts(_gpus()))
    return _attempts(folder) + 1


def _attempts(folder: Path) -> int:
    try:
        return int(json.loads((folder / STATE).read_text(encoding="utf-8"))["attempts"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _gpus() -> list[str]:
    import torch

    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]


if __name__ == "__main__":
    sys.exit(main())
