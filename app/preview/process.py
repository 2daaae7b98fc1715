"""The process that makes previews: it may import torch, take memory and die, so that the dashboard need not.

    python -m app.preview.process file|data|views|cost|end|check|importance FOLDER HOME < request.json

Writes facts.json and the pictures it names into FOLDER. A mistake of the user's is one line on stderr and
exit code 2. Each kind imports what it needs: looking into a file starts without torch.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from app.child_process import REFUSED
from app.error_lines import one_line
from engine.errors import UserError

TIMED_STEPS = 5
Facts = dict[str, Any]


def file(request: Mapping[str, Any], _folder: Path, _home: Path) -> Facts:
    """The arrays of a user's file; the request holds its path and the gigabytes that are read."""
    from engine.files.contents import Entry, describe_file

    entries = describe_file(Path(request["path"]), request["max_gigabytes"])
    return {"entries": TypeAdapter(list[Entry]).dump_python(entries, mode="json")}


def data(request: Mapping[str, Any], folder: Path, home: Path) -> Facts:
    """What a data set is, with pictures of some of its samples."""
    from app.preview.data import describe
    from engine.settings.experiment import parse_data

    return describe(parse_data(request), folder, home)


def views(request: Mapping[str, Any], folder: Path, home: Path) -> Facts:
    """Augmented and masked views of some samples, drawn as the first step of a training would."""
    from app.preview.views import show_views
    from engine.settings.experiment import parse

    return show_views(parse(request), folder, home)


def cost(request: Mapping[str, Any], _folder: Path, home: Path) -> Facts:
    """Seconds a step, steps and bytes of the weights, measured on this machine now."""
    from app.preview.trying import timed

    return timed(request, home, TIMED_STEPS)


def end(request: Mapping[str, Any], _folder: Path, home: Path) -> Facts:
    """Seconds that probing and decomposing take on this machine, measured now."""
    from app.preview.trying import timed_end

    return timed_end(request, home)


def check(request: Mapping[str, Any], folder: Path, home: Path) -> Facts:
    """What is wrong with settings that read well, found by setting up their training on the data: one line a
    mistake."""
    from app.preview.trying import mistakes_of
    from engine.settings.experiment import parse_data

    return {"mistakes": mistakes_of(parse_data(request["data"]), request["runs"].values(), folder, home)}


def importance(request: Mapping[str, Any], _folder: Path, _home: Path) -> Facts:
    """How much of what differs between configurations involves each setting; scikit-learn stays here."""
    from app.preview.importance import importance as shares_of

    return shares_of(request)


MAKERS: Mapping[str, Callable[[Mapping[str, Any], Path, Path], Facts]] = {
    "file": file,
    "data": data,
    "views": views,
    "cost": cost,
    "end": end,
    "check": check,
    "importance": importance,
}


def main() -> int:
    """Exit code 0 when the preview is made."""
    kind, folder, home = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    _die_first()
    try:
        facts = MAKERS[kind](json.load(sys.stdin), folder, home)
    except (UserError, OSError, MemoryError) as error:
        print(one_line(error), file=sys.stderr)
        return REFUSED
    (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    return 0


def _die_first() -> None:
    """Where memory runs out, Linux shall end this process and not the dashboard or a training."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    sys.exit(main())
