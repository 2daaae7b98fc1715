"""Train one run into a folder, on a host that has torch but neither database nor dashboard.

    python -m engine settings.json results/

The weights file that it leaves can be imported into a dashboard elsewhere. An interrupted run goes on when
started again.
"""

import sys
from pathlib import Path

from engine.errors import UserError, one_line
from engine.experiment import run_experiment
from engine.files.settings_file import read_settings
from engine.recorders.folder import FolderRecorder
from engine.settings.experiment import parse


def main() -> int:
    """Exit code 0 when the run finished or was stopped as asked, 2 for anything the user can mend."""
    if len(sys.argv) != 3:
        print("usage: python -m engine SETTINGS.json FOLDER", file=sys.stderr)
        return 2
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        settings = parse(read_settings(source))
        outcome = run_experiment(settings, FolderRecorder(folder, echo=True), folder)
    except (OSError, UserError) as error:
        print(one_line(str(error)), file=sys.stderr)
        return 2
    print(outcome)
    return 0


if __name__ == "__main__":
    sys.exit(main())
