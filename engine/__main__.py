"""Train one run into a folder, on a host that has torch but neither database nor dashboard.

    python -m engine settings.json results/

The weights file that it leaves can be imported into a dashboard elsewhere. An interrupted run goes on when
started again with the same settings; a folder holds one run.
"""

import os
import sys
from pathlib import Path

from engine.errors import UserError, one_line
from engine.experiment import run_experiment
from engine.files.fingerprint import pin_data
from engine.files.settings_file import read_settings
from engine.recorders.folder import FolderRecorder
from engine.settings.differences import differences, told
from engine.settings.experiment import ExperimentSettings, SettingsError, parse

HELD = "run.json"
"""The file of a folder that says which settings its run has."""


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
            claim(folder, settings)
        outcome = run_experiment(settings, recorder, folder)
    except (OSError, UserError) as error:
        print(one_line(str(error)), file=sys.stderr)
        return 2
    lost = recorder.close()
    if lost:
        print(f"{lost} lines could not be written to {folder}", file=sys.stderr)
    print(outcome)
    return 0


def claim(folder: Path, settings: ExperimentSettings) -> None:
    """Make the folder this run's; raises `SettingsError` where it is another's.

    A run that left nothing yet (its settings did not fit the data) does not hold the folder; one from before
    folders said whose they are is known by its state.
    """
    held = folder / HELD
    if any(folder.glob("*.safetensors")) or (folder / "metrics.jsonl").exists():
        changed = differences(parse(read_settings(held)), settings) if held.exists() else []
        if changed:
            raise SettingsError(
                f"{folder} holds a run with other settings: {told(changed)}; name another folder, or go on "
                f"with those in {held}"
            )
        return
    partial = held.with_suffix(".partial")
    partial.write_text(settings.model_dump_json(indent=2), encoding="utf-8")
    os.replace(partial, held)


if __name__ == "__main__":
    sys.exit(main())
